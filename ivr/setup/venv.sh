#!/bin/sh
# Makes the virtual environment in the folder $1 with the pinned versions. Needs Python 3.11 or newer with venv.
set -eu
folder=$1

usable() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

python=
for name in python3 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null && usable "$name"; then
        python=$name
        break
    fi
done

if [ -z "$python" ]; then
    line="apt-get install --yes --no-install-recommends python3 python3-venv"
    if [ "$(id -u)" = 0 ]; then
        apt-get -q update && DEBIAN_FRONTEND=noninteractive $line
    elif sudo -n true 2>/dev/null; then
        sudo apt-get -q update && sudo DEBIAN_FRONTEND=noninteractive $line
    else
        echo "Python 3.11 or newer with venv is missing; run this line, then try again:" >&2
        echo "  sudo apt-get update && sudo $line" >&2
        exit 1
    fi
    python=python3
    usable "$python" || { echo "python3 of this system is older than 3.11" >&2; exit 1; }
fi

echo "Python packages ($($python --version)) …"
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
