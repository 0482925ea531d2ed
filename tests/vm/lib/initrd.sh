# shellcheck shell=bash disable=SC2154 # here: set by the caller
# SPDX-License-Identifier: GPL-2.0-only
# The initrd: a static busybox, guest/init and the modules needed to reach the
# 9p root. All others are loaded from the root, by the host's own modprobe.

initrd_modules=(virtio_pci 9pnet_virtio 9p overlay)

# unpack MODULE: as the kernel wants it from busybox
unpack() {
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -qdc "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

# make_initrd KERNEL-DIR: unless there is one that is newer than its sources
make_initrd() {
	local initrd=$1/initrd
	[ ! "$initrd" -nt "$here/guest/init" ] || [ ! "$initrd" -nt "$here/lib/initrd.sh" ] || return 0
	need busybox cpio gzip modprobe xz zstd
	! ldd "$(command -v busybox)" >/dev/null 2>&1 ||
		die 2 'busybox is not static (package busybox-static)'
	# Under its name only when it is whole: another run may be about to boot it.
	pack_initrd "$1" >"$initrd.$$"
	mv "$initrd.$$" "$initrd"
}

# a subshell, for its own trap
pack_initrd() (
	from=$1
	n=0
	root=$(mktemp -d)
	trap 'rm -rf "$root"' EXIT
	mkdir "$root"/{bin,dev,proc,sys,modules,lower,upper,new}
	cp "$(command -v busybox)" "$root/bin/busybox"
	cp "$here/guest/init" "$root/init"
	chmod 755 "$root/init"
	# In the order of loading; what is built in needs no line.
	while read -r kind path _; do
		[ "$kind" = insmod ] || continue
		name=${path##*/}
		name=${name%%.ko*}.ko
		# a dependency which several of them share
		[ -z "$(find "$root/modules" -name "*-$name")" ] || continue
		n=$((n + 1))
		unpack "$path" >"$root/modules/$(printf '%02d' "$n")-$name"
	done < <(for name in "${initrd_modules[@]}"; do
		modprobe -d "$from" -S "${from##*/}" --show-depends "$name"
	done)
	cd "$root" || exit
	find . | cpio -o -H newc --quiet | gzip -1
)
