#!/usr/bin/env bash
# Looks for data races in what embedding hosts use: under the Thread Sanitizer it first runs an engine under load from many
# threads at once, which ends in the middle of it, then the tests of logging, metrics and embedding.
#
#     bash Scripts/sanitize-threads.sh [--seconds N] [--load-only]
#
# --seconds is how long the load lasts, 60 without it; --load-only leaves out the tests, whose build takes longest. Exit status:
# 0 nothing was found, 1 something was found or failed, 3 usage or a missing package.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 3

seconds=60
tests=yes
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) case "${2:-}" in '' | *[!0-9]* | 0) echo "--seconds needs a number above zero" >&2; exit 3 ;; esac; seconds=$2; shift ;;
    --load-only) tests=no ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "unknown option $1; there are --seconds N and --load-only" >&2; exit 3 ;;
  esac
  shift
done
command -v swift > /dev/null || { echo "There is no swift on the PATH. Install Swift 6.2 or later: https://swift.org/install" >&2; exit 3; }
bash Scripts/packages.sh || exit 3

# Of its own, so that no other build's objects are mixed with these.
scratch=$PWD/.build/tsan
build=(swift build --sanitize=thread --scratch-path "$scratch")
# A report doesn't end the program: one run tells of all of them, and the status is 66 then.
export TSAN_OPTIONS="halt_on_error=0:exitcode=66:second_deadlock_stack=1${TSAN_OPTIONS:+:$TSAN_OPTIONS}"
failures=()

# Runs a command and says what the sanitizer found in it.
checked() {
  local name=$1
  shift
  local log="$scratch/$name.log"
  "$@" < /dev/null > "$log" 2>&1
  local status=$?
  grep -ahE 'Test run with [0-9]+ tests?|^\{"sent"' "$log"
  if grep -q 'WARNING: ThreadSanitizer' "$log"; then
    grep -A 12 'WARNING: ThreadSanitizer' "$log" | head -60
    failures+=("$name: $(grep -c 'WARNING: ThreadSanitizer' "$log") reports; all of them are in $log")
  elif [ "$status" -ne 0 ]; then
    tail -20 "$log"
    failures+=("$name: ended with $status; see $log")
  fi
}

"${build[@]}" --product EmbeddingCost < /dev/null || { echo "The build under the Thread Sanitizer failed." >&2; exit 1; }
binaries=$("${build[@]}" --show-bin-path)
echo "An engine under load from many threads, for $seconds s:"
checked load "$binaries/EmbeddingCost" threads "$seconds"

if [ "$tests" = yes ]; then
  "${build[@]}" --build-tests < /dev/null || { echo "The tests' build under the Thread Sanitizer failed." >&2; exit 1; }
  echo "The tests of logging, metrics and embedding:"
  checked tests swift test --skip-build --sanitize=thread --scratch-path "$scratch" \
    --filter '^(StellaLoggingTests|StellaMetricsTests)\.|\.(LogBufferTests|Embedded[A-Za-z]*Tests|Host[A-Za-z]*Tests|EnginePrivacyTests|InMemoryRunStoreTests|ExampleShopTests|StellaOperatorRoutesTests)/'
  grep -aqE 'Test run with [1-9][0-9]* tests?' "$scratch/tests.log" || failures+=("tests: none ran")
fi

if [ "${#failures[@]}" -gt 0 ]; then
  printf 'FAILED\n'
  printf '  %s\n' "${failures[@]}"
  exit 1
fi
echo "The Thread Sanitizer found nothing."
