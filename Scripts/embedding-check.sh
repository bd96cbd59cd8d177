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

swift build --package-path Tests/EmbeddingCheck --scratch-path "$scratch" < /dev/null || { echo "The embedder's build failed." >&2; exit 1; }
binaries=$(swift build --package-path Tests/EmbeddingCheck --scratch-path "$scratch" --show-bin-path)

# Every module that was compiled has a folder, and every step of the build stands in the description.
modules=$(find "$binaries" -maxdepth 1 -name '*.build' -exec basename {} .build \; | sort)
grep -qx StellaEngine <<< "$modules" || { echo "The engine's modules were not found in $binaries." >&2; exit 1; }
found=$({
  grep -E "^_?($forbidden)" <<< "$modules"
  grep -oE "/checkouts/[^/\"]*(hummingbird|GRDB|argument-parser|swift-nio|async-http-client|Yams|subprocess)[^/\"]*" "$scratch/debug.yaml"
} | sort -u)
if [ -n "$found" ]; then
  echo "Building StellaEngine alone also builds:" >&2
  echo "$found" >&2
  exit 1
fi
"$binaries/EmbeddingCheck" | grep -q '"rule":"embedding.check"' || { echo "The embedder's program doesn't run." >&2; exit 1; }
echo "StellaEngine alone builds $(wc -l <<< "$modules") modules, none of them forbidden."
