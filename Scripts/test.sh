#!/usr/bin/env bash
# Installs what is missing, builds, lints and runs every test. CI runs exactly this.
#
#     bash Scripts/test.sh [--fast] [--filter REGEX]
#
# --fast skips the lint, the embedder's build and the package traits; --filter runs only the tests that match, and skips those
# builds as well. Exit status: 0 all well, 1 something failed, 3 usage or a missing package.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 3

lint=yes
embedding=yes
traits=yes
filter=()
while [ $# -gt 0 ]; do
  case "$1" in
    --fast) lint=no embedding=no traits=no ;;
    --filter) [ $# -ge 2 ] || { echo "--filter needs an expression" >&2; exit 3; }; filter=(--filter "$2") embedding=no traits=no; shift ;;
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "unknown option $1; there are --fast and --filter REGEX" >&2; exit 3 ;;
  esac
  shift
done

command -v swift > /dev/null || { echo "There is no swift on the PATH. Install Swift 6.2 or later: https://swift.org/install" >&2; exit 3; }
bash Scripts/packages.sh || exit 3
bash Scripts/packages.sh Scripts/debian-packages-demo.txt || exit 3
bash Scripts/packages.sh Scripts/debian-packages-browser.txt || exit 3
bash Scripts/clients.sh || exit 3

logs=$(mktemp -d) || exit 3
trap 'rm -rf "$logs"' EXIT
began=$(date +%s)
failures=()

step() { printf '\n== %s\n' "$1"; }

# Runs a command with its output in a log and on the screen; the status is the command's.
logged() {
  local log=$1
  shift
  "$@" < /dev/null 2>&1 | tee "$log"
  return "${PIPESTATUS[0]}"
}

step "build"
if ! logged "$logs/build" swift build --build-tests; then
  echo "The build failed." >&2
  exit 1
fi
# Warnings count where we wrote the source: not in packages, which lie in .build. A warning is printed only when its file
# is compiled, so CI, which builds from nothing, sees all of them.
root=$(pwd -P)
grep -E "^($root/)?(Sources|Tests|Package\.swift)[^ ]*: warning:" "$logs/build" | sort -u > "$logs/warnings"
if [ -s "$logs/warnings" ]; then
  echo "Warnings in our own sources:" >&2
  cat "$logs/warnings" >&2
  failures+=("build: $(wc -l < "$logs/warnings") warnings in our own sources")
fi

if [ "$lint" = yes ]; then
  step "lint"
  if ! logged "$logs/lint" swift format lint --strict -r Sources Tests Benchmarks Package.swift; then
    failures+=("lint: $(grep -cE ': (error|warning):' "$logs/lint") findings; most go away with: swift format -i -r Sources Tests Benchmarks Package.swift")
  fi
fi

step "test"
# Without a bound every test begins at once, and whatever awaits something stands behind all of them each time it goes on.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-$(($(nproc) * 4))}
# Minutes after which tests are taken to hang: without a bound nobody would be told which ones.
patience=${STELLA_TEST_PATIENCE:-40}
tests() {
  local log=$1 status=0
  shift
  logged "$logs/$log" timeout --foreground --signal=INT --kill-after=30 "${patience}m" swift test --skip-build "$@" || status=$?
  case "$status" in
    0) ;;
    124 | 137)
      failures+=("test: not done within $patience minutes")
      unended "$logs/$log" | head -40 | sed 's/^/  has not ended: /'
      ;;
    *) failures+=("test: failed") ;;
  esac
}
# The tests that a log of Swift Testing tells the start of, and not the end.
unended() {
  LC_ALL=C comm -23 \
    <(LC_ALL=C sed -nE 's/^[^a-zA-Z]*Test (".*") started\.$/\1/p' "$1" | LC_ALL=C sort -u) \
    <(LC_ALL=C sed -nE 's/^[^a-zA-Z]*Test (".*") (with [0-9]+ test cases? )?(passed|failed) after .*$/\1/p' "$1" | LC_ALL=C sort -u)
}
if [ "${#filter[@]}" -gt 0 ]; then
  tests test "${filter[@]}"
else
  # Tests that run the program wait for it on the threads that all tests share, so they have a process of their own.
  tests test --skip '^StellaCommandsTests\.'
  tests test-commands --filter '^StellaCommandsTests\.'
fi

if [ "$embedding" = yes ]; then
  step "embedding"
  if ! logged "$logs/embedding" bash Scripts/embedding-check.sh; then
    failures+=("embedding: failed")
  fi
fi

if [ "$traits" = yes ]; then
  step "traits"
  if ! logged "$logs/traits" bash Scripts/test-traits.sh; then
    failures+=("traits: failed")
  fi
fi

step "summary"
# Swift Testing ends with "Test run with N tests in M suites passed|failed after …".
grep -ahE "Test run with [0-9]+ tests?" "$logs"/test* | sed 's/^[^T]*//'
# What a test said of its failure follows in lines that begin with an arrow.
cat "$logs"/test* | LC_ALL=C awk '
  /^[^a-zA-Z]*Test .* recorded an issue|Fatal error|unexpected signal/ { sub(/^[^a-zA-Z]*/, "  "); print; told = 1; next }
  told && /\342\206\263/ { print "    " substr($0, 1, 800); next }
  { told = 0 }' | head -80
for log in "$logs"/test*; do
  grep -aqE "Test run with [1-9][0-9]* tests?" "$log" || failures+=("test: no test ran in $(basename "$log")")
done
echo "took $(($(date +%s) - began)) s"
if [ "${#failures[@]}" -gt 0 ]; then
  printf 'FAILED\n'
  printf '  %s\n' "${failures[@]}"
  exit 1
fi
echo "PASSED"
