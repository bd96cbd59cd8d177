#!/usr/bin/env bash
# Tests what stands behind the package traits Postgres and NATS, against real servers that it starts on the loopback
# interface and stops again. Installs the Debian packages that this needs and that the default build never does.
#
#     bash Scripts/test-traits.sh [--scratch-path DIR]
#
# Builds beside the default build, in .build-traits, because traits change how every target is compiled. With CI=true it builds
# in .build, where nobody builds again afterwards and the packages are built already. Exit status: 0 all well, 1 something
# failed, 3 usage or a missing package.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 3

scratch=.build-traits
[ "${CI:-}" = true ] && scratch=.build
while [ $# -gt 0 ]; do
  case "$1" in
    --scratch-path) [ $# -ge 2 ] || { echo "--scratch-path needs a directory" >&2; exit 3; }; scratch=$2; shift ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "unknown option $1; there is --scratch-path DIR" >&2; exit 3 ;;
  esac
  shift
done

bash Scripts/packages.sh || exit 3
bash Scripts/packages.sh Scripts/debian-packages-traits.txt || exit 3

work=$(mktemp -d) || exit 3
postgres_bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
nats=
# PostgreSQL refuses to run as root.
as_postgres=()
if [ "$(id -u)" -eq 0 ]; then
  as_postgres=(runuser -u postgres --)
  chown postgres "$work"
fi
as_server() { (cd / && ${as_postgres[@]+"${as_postgres[@]}"} "$@"); }

stop() {
  [ -n "$nats" ] && kill "$nats" 2> /dev/null && wait "$nats" 2> /dev/null
  [ -f "$work/postgres/postmaster.pid" ] && as_server "$postgres_bin/pg_ctl" -D "$work/postgres" -m immediate stop > /dev/null
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

fail() {
  echo "$1" >&2
  shift
  [ $# -gt 0 ] && tail -n 20 "$@" >&2
  exit 1
}

as_server "$postgres_bin/initdb" -D "$work/postgres" -U stella -A trust -E UTF8 --locale=C --no-sync > "$work/initdb.log" 2>&1 ||
  fail "initdb failed" "$work/initdb.log"
# Nobody hands out a free port, so ports are tried.
for _ in 1 2 3 4 5; do
  port=$((20000 + RANDOM % 20000))
  as_server "$postgres_bin/pg_ctl" -D "$work/postgres" -w -l "$work/postgres/server.log" \
    -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories= -c fsync=off" start > "$work/start.log" 2>&1 && break
  port=
done
[ -n "$port" ] || fail "PostgreSQL doesn't start" "$work/start.log" "$work/postgres/server.log"
export STELLA_TEST_POSTGRES="host=127.0.0.1 port=$port user=stella dbname=postgres"

mkdir "$work/nats"
nats-server --addr 127.0.0.1 --port -1 --jetstream --store_dir "$work/nats" --ports_file_dir "$work/nats" \
  > "$work/nats.log" 2>&1 &
nats=$!
for _ in $(seq 100); do
  ports=$(find "$work/nats" -name '*.ports' -size +0)
  [ -n "$ports" ] && break
  kill -0 "$nats" 2> /dev/null || break
  sleep 0.1
done
[ -n "$ports" ] || fail "nats-server doesn't start" "$work/nats.log"
STELLA_TEST_NATS=$(grep -o 'nats://[^"]*' "$ports" | head -n 1)
export STELLA_TEST_NATS

log=$work/test.log
swift test --scratch-path "$scratch" --traits Postgres,NATS --filter '^(StellaPostgresTests|StellaNATSTests|StellaNotifyTests\.NATS)' < /dev/null 2>&1 | tee "$log"
[ "${PIPESTATUS[0]}" -eq 0 ] || fail "FAILED"
# A filter that matches nothing is no proof.
for suite in "A PostgreSQL connection" "A PostgreSQL target" "A PostgreSQL commit that is cut off" \
  "Moving users to new ids in PostgreSQL" "JetStream" "Notifications to NATS"; do
  grep -aqF "Suite \"$suite\" passed" "$log" || fail "FAILED: the suite “$suite” did not run"
done
echo "PASSED"
