#!/usr/bin/env bash
# Builds a package that asks for the product StellaEngine alone, runs it, and fails when anything was built with it that an
# embedder must never have to build: a web framework, a database, a command line, YAML.
#
#     bash Scripts/embedding-check.sh
#
# Exit status: 0 all well, 1 something failed, 3 a missing package.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 3
bash Scripts/packages.sh || exit 3

# Of its own, so that the default build's modules aren't taken for the embedder's; within .build, so that it goes with it.
scratch=$PWD/.build/embedding
forbidden='Hummingbird|GRDB|ArgumentParser|NIO|AsyncHTTPClient|Yams|Subprocess|CPostgres|CNATS'

swift build --package-path Tests/EmbeddingCheck --scratch-path "$scratch" --product EmbeddingCheck < /dev/null || { echo "The embedder's build failed." >&2; exit 1; }
binaries=$(swift build --package-path Tests/EmbeddingCheck --scratch-path "$scratch" --show-bin-path)

# SwiftPM plans every product of the package and gives each module a folder; a module that was built has objects in it.
modules=$(find "$binaries"/*.build -name '*.o' | sed -E "s|^$binaries/([^/]*)\.build/.*|\1|" | sort -u)
linked=$(sed -E "s|.*/([^/]*)\.build/.*|\1|" "$binaries/EmbeddingCheck.product/Objects.LinkFileList" | sort -u)
for needed in StellaEngine StellaDetection; do
  grep -qx "$needed" <<< "$modules" && grep -qx "$needed" <<< "$linked" ||
    { echo "$needed was not found among what was built in $binaries; this check no longer knows where to look." >&2; exit 1; }
done
found=$(grep -E "^_?($forbidden)" <<< "$modules"$'\n'"$linked" | sort -u)
if [ -n "$found" ]; then
  echo "Building StellaEngine alone also builds:" >&2
  echo "$found" >&2
  exit 1
fi
"$binaries/EmbeddingCheck" | grep -q '"rule":"embedding.check"' || { echo "The embedder's program doesn't run." >&2; exit 1; }
alone=$(wc -l <<< "$modules")

# The same with a logger, which brings swift-log and nothing else.
swift build --package-path Tests/EmbeddingCheck --scratch-path "$scratch" --product LoggingCheck < /dev/null ||
  { echo "The build of the embedder with a logger failed." >&2; exit 1; }
linked=$(sed -E "s|.*/([^/]*)\.build/.*|\1|" "$binaries/LoggingCheck.product/Objects.LinkFileList" | sort -u)
found=$(grep -E "^_?($forbidden)" <<< "$linked")
if [ -n "$found" ]; then
  echo "StellaLogging also links:" >&2
  echo "$found" >&2
  exit 1
fi
"$binaries/LoggingCheck" | grep -q '"rule":"logging.check"' || { echo "The embedder with a logger doesn't run." >&2; exit 1; }
echo "StellaEngine alone builds $alone modules, none of them forbidden."
