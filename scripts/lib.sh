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

# free_mib FOLDER: how much room the disk has that holds it.
free_mib() { df -Pm "$1" 2>/dev/null | awk 'NR == 2 { print $4 }'; }

# check_place: whether this user can build here at all. Said before anything is begun, and in one sentence.
check_place() {
    local folder free
    for folder in "$top" "$top/build" "$top/web"; do
        [ ! -e "$folder" ] || [ -w "$folder" ] ||
            die "$folder cannot be written by $(id -un); use a checkout of your own, or have its owner run this"
    done
    free=$(free_mib "$top")
    [ -f build/release/carrel ] || [ "${free:-1024}" -ge 1024 ] || {
        explained=yes
        die "the disk of $top has $free MiB free, and the first build needs about 1 GiB; make room there, and try again"
    }
}

# What a program prints whose disk has just become full is seldom what to do about it.
explain_full_disk() {
    local status=$? folder free
    [ "$status" != 0 ] && [ -z "$explained" ] && [ "$first_script" = $$ ] || return 0
    for folder in "$top" "${TMPDIR:-/tmp}" /var "${HOME:-/}"; do
        free=$(free_mib "$folder")
        [ "${free:-1024}" -ge 64 ] || { say "carrel: the disk of $folder is full; make room there, and try again"; break; }
    done
}
explained=
export first_script=${first_script:-$$}   # Of scripts that call each other one explains.
trap explain_full_disk EXIT

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
