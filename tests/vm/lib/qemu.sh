# shellcheck shell=bash disable=SC2154 # lab, apt: set by common.sh and apt.sh
# SPDX-License-Identifier: GPL-2.0-only
# The emulator. QEMU before 11 loses its way with -accel tcg,thread=multi when a
# guest patches code that another virtual CPU runs (static keys, fentry): the
# guest dies of "Oops: int3". So QEMU 11 is taken from trixie-backports and
# unpacked to build/vm/qemu with every library it needs, down to libc.

qemu_private=$lab/qemu
qemu_packages=(qemu-system-x86 qemu-system-common qemu-system-data seabios)

qemu_major() {
	"$@" --version 2>/dev/null | sed -nE '1s/.*version ([0-9]+).*/\1/p'
}

# qemu_select: sets the array `qemu` to the command, `qemu_version` to its major
# version and `qemu_threads` to the kind of TCG it bears
qemu_select() {
	local root=$qemu_private/usr
	local libs=$root/lib/x86_64-linux-gnu
	if [ -d "$qemu_private" ]; then
		# Its own loader: the host's libc may be older than the one it wants.
		qemu=("$libs/ld-linux-x86-64.so.2" --library-path "$libs"
			"$root/bin/qemu-system-x86_64"
			-L "$root/share/qemu" -L "$root/share/seabios" -L "$root/lib/ipxe/qemu")
	elif command -v qemu-system-x86_64 >/dev/null; then
		qemu=(qemu-system-x86_64)
	else
		return 1
	fi
	qemu_version=$(qemu_major "${qemu[@]}")
	[ -n "$qemu_version" ] || return 1
	# shellcheck disable=SC2034 # read by run
	if [ "$qemu_version" -ge 11 ]; then qemu_threads=multi; else qemu_threads=single; fi
}

fetch_qemu() {
	local part=$lab/qemu.part deb major
	[ ! -d "$qemu_private" ] || {
		say 'QEMU is there'
		return 0
	}
	major=$(qemu_major qemu-system-x86_64)
	[ "${major:-0}" -lt 11 ] || {
		say "QEMU $major of this system will do"
		return 0
	}
	say 'QEMU: downloading'
	if ! apt_update || ! lab_apt apt-get -q -y -o APT::Default-Release=trixie install \
		--download-only --no-install-recommends "${qemu_packages[@]/%//trixie-backports}" |
		grep -E '^(Get|Fetched|Err)' >&2; then
		[ -n "$major" ] || {
			say "QEMU: not to be had, and this system has none"
			return 77
		}
		say "QEMU: not to be had; run falls back to this system's QEMU $major, on one thread"
		return 0
	fi
	say 'QEMU: unpacking'
	rm -rf "$part"
	for deb in "$apt"/cache/archives/*.deb; do
		dpkg-deb -x "$deb" "$part" || return 1
	done
	[ -x "$part/usr/bin/qemu-system-x86_64" ] || {
		say 'QEMU: not in the packages'
		return 1
	}
	# Last, so that a directory of this name is whole.
	mv -T "$part" "$qemu_private" || return 1
	rm -f "$apt"/cache/archives/*.deb
	say "QEMU: $(qemu_select && "${qemu[@]}" --version | head -n 1)"
}
