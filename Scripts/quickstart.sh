#!/usr/bin/env bash
# Installs what is missing, builds Stella and shows it at work.
#
#     bash Scripts/quickstart.sh              watches the sample logs that ship, to their end
#     bash Scripts/quickstart.sh FILE…        watches these files (- is standard input) until Ctrl-C
#
# The exit code is that of `stella watch`; 3 when Swift is missing, 10 when the build fails.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
say() { printf '%s\n' "$*" >&2; }

if [[ ${1-} == -h || ${1-} == --help ]]; then
  sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit 0
fi

bash "$root/Scripts/packages.sh"

if ! command -v swift >/dev/null; then
  say "Stella is built with Swift 6.2 or newer, and there is no \`swift\` on the PATH."
  say "Install it from https://www.swift.org/install/linux/ and run this again."
  exit 3
fi

# One line of progress on a terminal, a sign of life every half minute elsewhere; the log only when the build fails.
build() {
  local log pid code=0 seconds=0 line width
  log=$(mktemp "${TMPDIR:-/tmp}/stella-build.XXXXXX")
  say "Building Stella (release). The first time takes some minutes."
  swift build --package-path "$root" -c release --product stella >"$log" 2>&1 </dev/null &
  pid=$!
  trap 'kill "$pid" 2>/dev/null || true; rm -f "$log"; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    if [[ -t 2 ]]; then
      line=$(tail -n 1 "$log" | tr -d '\000-\037\177')
      width=$(tput cols 2>/dev/null || echo 80)
      printf '\r\033[K%s' "${line:0:$((width - 1))}" >&2
    elif ((seconds > 0 && seconds % 30 == 0)); then
      say "  still building, $seconds s"
    fi
    sleep 1
    seconds=$((seconds + 1))
  done
  wait "$pid" || code=$?
  trap - INT TERM
  [[ -t 2 ]] && printf '\r\033[K' >&2
  if ((code != 0)); then
    say "The build failed. The end of its log:"
    tail -n 40 "$log" >&2
    say "The whole log: $log"
    exit 10
  fi
  rm -f "$log"
}

build
binaries=$(swift build --package-path "$root" -c release --show-bin-path)

if (($# > 0)); then
  exec "$binaries/stella" watch --rules "$root/Rules" "$@"
fi

cd "$root"
samples=(Scripts/sample/service.jsonl Scripts/sample/sshd.log Scripts/sample/nginx-access.log)
say ""
say "Half an hour of an online shop's logs, with trouble in it:"
say "  stella watch --no-follow --from start ${samples[*]}"
say ""
code=0
"$binaries/stella" watch --no-follow --from start --rules Rules "${samples[@]}" || code=$?
((code == 130)) && exit "$code"

cat >&2 <<END

What to type next (in $root):

  export PATH="$binaries:\$PATH"

  stella watch /var/log/auth.log              follow a log of yours; alerts appear as they fire
  journalctl -f | stella watch -              or whatever can write to a pipe
  stella watch --output json FILE | jq .      one JSON object per change of an alert
  stella tail --where 'status >= 500' FILE    look at events the way rules see them
  stella rules list                           the rules that ship
  stella rules lint Rules                     after you wrote one: start from a copy of one in Rules/
  stella rules test Rules                     run the tests beside the rules
END
exit "$code"
