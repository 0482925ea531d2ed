# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Shared by fetch and run: where things are, and how to say so.
# The caller sets `here` (the folder tests/vm) before it sources this file.

me=${0##*/}
: "${here:?}"

# Everything that is downloaded or built goes here; removing it is always safe.
lab=${RFS_VM_DIR:-$(git -C "$here" rev-parse --show-toplevel 2>/dev/null || readlink -f "$here/../..")/build/vm}
case $lab in
/*) ;;
*) lab=$PWD/$lab ;;
esac

# A tool of /sbin is out of reach of many an ordinary PATH.
PATH=$PATH:/usr/sbin:/sbin

say() {
	printf '%s: %s\n' "$me" "$*" >&2
}

# die STATUS TEXT...
die() {
	local status=$1
	shift
	say "$@"
	exit "$status"
}

# need TOOL...: name every missing tool at once, not one per attempt
need() {
	local tool missing=
	for tool; do
		command -v "$tool" >/dev/null || missing+=" $tool"
	done
	[ -z "$missing" ] || die 2 "missing on this host:$missing (see tests/vm/README.md)"
}

# kernel_dir SPEC: the newest fetched kernel which SPEC names, either a whole
# release or the start of one up to a separator (6.1 is not 6.12, nor 6.1.0-1-rt-amd64)
kernel_dir() {
	local dir newest=
	while read -r dir; do
		[ -e "$dir/vmlinux" ] && newest=$dir
	done < <(find "$lab/kern" -mindepth 1 -maxdepth 1 -type d \
		\( -name "$1" -o -name "$1[.+-]*" ! -name '*-rt-*' ! -name '*-cloud-*' \) \
		2>/dev/null | sort -V)
	[ -n "$newest" ] && printf '%s\n' "$newest"
}
