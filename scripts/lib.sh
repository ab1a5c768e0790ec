# shellcheck shell=bash disable=SC2034
# Shared by the scripts in this folder: source it, do not run it.
# Afterwards the working folder is the top of the checkout.

set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
top=$PWD
# Messages that we read must not depend on the machine's language.
export LC_ALL=C.UTF-8
python=/usr/bin/python3   # the first python3 on PATH may belong to somebody's pyenv

say() { printf '%s\n' "$*" >&2; }
die() { say "carrel: $*"; exit 1; }

# as_root COMMAND...: as it is for root, through sudo for others.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        # Without a terminal sudo must not wait for a password.
        if [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi
    else
        return 127
    fi
}

# packages GROUP...: the names of the Debian packages of these groups.
packages() {
    local group
    for group in "$@"; do
        awk -v group="$group" '$1 == group { print $2 }' scripts/debian-packages.txt
    done
}

# missing PACKAGE...: those that are not installed.
missing() {
    # dpkg-query fails when it has never heard of a package: that is an answer here.
    local installed
    installed=$({ dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true; } |
        sed -n 's/^installed //p')
    printf '%s\n' "$@" | grep -vxF -e "${installed:-none}" || true
}

# digest PATH...: one hash over the contents and names of files and folders.
digest() {
    find "$@" -type f -not -path '*/node_modules/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-32
}
