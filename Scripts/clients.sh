#!/usr/bin/env bash
# Installs what tests let talk to Stella, senders and fuzzers: Debian packages, with CI=true daemons too, which Debian starts, and
# Python packages in .build/clients. Does nothing, also offline, when all are there. Exit status: 0 all there, 3 not all there.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 3
bash Scripts/packages.sh Scripts/debian-packages-clients.txt || exit 3
if [ "${CI:-}" = true ]; then bash Scripts/packages.sh Scripts/debian-packages-daemons.txt || exit 3; fi
place=.build/clients
cmp -s Scripts/python-packages-clients.txt "$place/installed.txt" && exit 0
echo "Installing Python packages into $place" >&2
python3 -m venv --clear "$place" &&
  "$place/bin/pip" install --quiet --disable-pip-version-check -r Scripts/python-packages-clients.txt >&2 &&
  cp Scripts/python-packages-clients.txt "$place/installed.txt" && exit 0
echo "The Python packages that tests of senders need can't be installed; see Scripts/python-packages-clients.txt" >&2
exit 3
