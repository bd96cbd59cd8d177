#!/usr/bin/env bash
# Installs what is missing, builds Stella and shows it at work.
#
#     bash Scripts/quickstart.sh              watches the sample logs that ship, to their end, and proposes a repair
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

# A chat in which a user sees nothing, because the records are filed under an old id; it stays there to be played with.
repair() {
  local demo run
  if ! bash Scripts/packages.sh Scripts/debian-packages-demo.txt; then
    say "Without sqlite3 the demonstration of a repair is left out. README.md has it as well: Repair what is found."
    return 0
  fi
  demo=$(mktemp -d "${TMPDIR:-/tmp}/stella-demo.XXXXXX")
  sqlite3 "$demo/app.db" <Scripts/sample/app.sql
  cp Scripts/sample/app.jsonl "$demo"
  cat >"$demo/stella.yaml" <<END
rules: ["$root/Rules/data"]
fixes: ["$root/Fixes/data"]
targets:
  app-db: { kind: sqlite, path: app.db }
users:
  you: { uids: [$(id -u)], roles: [approver] }
policies:
  - { name: alone, max_rows: 2000, four_eyes: [] }
log: { anchors: [stella.anchor] }
END
  cd "$demo"
  say ""
  say "And a chat whose user1 sees no conversations, with its database, in $demo:"
  say "  stella fixes target init app-db"
  say "  stella watch --no-follow --propose app.jsonl"
  say ""
  "$binaries/stella" fixes target init app-db >&2
  "$binaries/stella" watch --no-follow --propose app.jsonl
  run=$("$binaries/stella" approvals list --output json | sed -n '1s/.*"id":"\(r-[0-9a-f]*\)".*/\1/p')
  say ""
  say "Nothing has changed yet. What would, and the command that approves exactly that:"
  say "  stella approvals show $run"
  say ""
  "$binaries/stella" approvals show "$run"
  cat >&2 <<END

To go on with it:

  export PATH="$binaries:\$PATH"
  cd $demo
  stella approvals approve …                  as the screen above says it, with a reason of yours
  stella runs execute $run              carries it out and checks that it helped
  stella runs rollback $run             asks for all of it to be taken back
  stella log verify                           proves that nobody has changed what is on record
END
}
# In a shell of its own, that the working directory stays; not after `||`, where it would not end at what fails.
set +e
(set -e; repair)
repaired=$?
set -e

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
  stella fixes test                           run the tests beside the fixes
  stella doctor                               see what is missing
END
((code == 0)) || exit "$code"
exit "$repaired"
