#!/usr/bin/env bash
# Installs the Debian packages that Scripts/debian-packages.txt, or the list given, names and that are missing.
# Does nothing, also offline, when all are there. Exit status: 0 all there, 3 not all there.
#
#     bash Scripts/packages.sh [LIST]
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 3
list=${1:-Scripts/debian-packages.txt}
[ -r "$list" ] || { echo "$list can't be read" >&2; exit 3; }

missing_packages() {
  while read -r package proof rest; do
    case "$package" in '' | '#'*) continue ;; esac
    [ -e "$proof" ] || printf '%s ' "$package"
  done < "$list"
}

missing=$(missing_packages)
[ -z "$missing" ] && exit 0
# One word per package from here on.
read -ra packages <<< "$missing"

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  # Never ask for a password where nobody can type one.
  if command -v sudo > /dev/null && { [ -t 0 ] || sudo -n true 2> /dev/null; }; then
    as_root=(sudo)
  else
    as_root=(none)
  fi
fi

explain() {
  echo "Stella needs these Debian packages, which are not installed$1. Install them with:" >&2
  echo "    sudo apt-get install ${packages[*]}" >&2
  exit 3
}

command -v apt-get > /dev/null || explain " (and there is no apt-get here; your system may name them differently)"
[ "${as_root[*]}" = none ] && explain " and can't be installed without root"

echo "Installing Debian packages: ${packages[*]}" >&2
install() {
  DEBIAN_FRONTEND=noninteractive ${as_root[@]+"${as_root[@]}"} \
    apt-get install -y -q --no-install-recommends "${packages[@]}" < /dev/null >&2
}
# Package lists may be old or empty, as on a fresh machine or image: get them and try once more.
install || { ${as_root[@]+"${as_root[@]}"} apt-get update -q < /dev/null >&2 && install; } || explain " and apt-get failed"

missing=$(missing_packages)
if [ -n "$missing" ]; then
  read -ra packages <<< "$missing"
  explain " although apt-get reported success"
fi
