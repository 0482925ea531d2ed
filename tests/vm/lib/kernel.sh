# shellcheck shell=bash disable=SC2154 # lab, apt: set by common.sh and apt.sh
# SPDX-License-Identifier: GPL-2.0-only
# Stock Debian kernels, unpacked to build/vm/kern/RELEASE:
#	vmlinux			the kernel as ELF
#	config			what it was built with, where the packages tell
#	lib/modules/RELEASE	its modules
#	initrd			made by initrd.sh when the kernel is first booted
#	packages		what it was made of

# kernel_package SPEC: the image package of the newest kernel that SPEC names,
# signed if there is such a one. Flavours (rt, cloud) are passed over unless SPEC
# is such a release, and so are meta packages: after SPEC a release goes on with a
# number.
kernel_package() {
	local spec=${1//./\\.} names others=
	[[ $1 != *-@(rt|cloud)-* ]] || others='^$'
	spec=${spec//+/\\+}
	names=$(lab_apt apt-cache search --names-only '^linux-image-[0-9]' | awk '{ print $1 }' |
		grep -E "^linux-image-($spec|${spec}[.+-][0-9][0-9.+~-]*(deb[0-9.]+)?-amd64)(-unsigned)?$" |
		grep -vE -- "${others:--(rt|cloud)-}" | sort -V) || return
	# Each list is preferred to those before it. The +deb12 builds of 6.12 are
	# bookworm's copies of trixie's kernel.
	{
		grep -e '-unsigned$' <<<"$names" || true
		grep -ve '-unsigned$' <<<"$names" || true
		grep -vE -e '-unsigned$|\+deb12' <<<"$names" || true
	} | tail -n 1
}

# kernel_packages IMAGE: the image and, since 6.19, the packages which it is
# split into
kernel_packages() {
	printf '%s\n' "$1"
	lab_apt apt-cache depends --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances "$1" |
		sed -nE 's/^ *Depends: (linux-(binary|modules|base)-[0-9].*)/\1/p'
}

# extract_vmlinux BZIMAGE: the ELF inside. QEMU enters it by its PVH note and
# the guest need not unpack itself, which is slow under emulation.
# The offsets are those of Documentation/arch/x86/boot.rst.
extract_vmlinux() {
	local setup offset length magic unpack
	setup=$(od -An -tu1 -j $((0x1f1)) -N 1 "$1")
	offset=$(od -An -tu4 -j $((0x248)) -N 4 "$1")
	length=$(od -An -tu4 -j $((0x24c)) -N 4 "$1")
	offset=$(((setup + 1) * 512 + offset))
	magic=$(od -An -tx1 -j "$offset" -N 4 "$1" | tr -d ' ')
	case $magic in
	fd377a58) unpack=(xz -dc --single-stream) ;;
	28b52ffd) unpack=(zstd -qdc) ;;
	1f8b*) unpack=(gzip -qdc) ;;
	*)
		say "$1: payload of an unknown kind: $magic"
		return 1
		;;
	esac
	# The payload's last 4 bytes are its unpacked size, no part of the stream.
	dd if="$1" iflag=skip_bytes,count_bytes skip="$offset" count=$((length - 4)) \
		bs=1M status=none | "${unpack[@]}"
}

# unpack_kernel RELEASE DEBS DIR
unpack_kernel() {
	local release=$1 debs=$2 dir=$3 deb image path
	mkdir -p "$dir/unpacked" "$dir/lib/modules" || return
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$dir/unpacked" || return
	done

	for path in "$dir/unpacked"/{usr/,}lib/modules/"$release"; do
		[ ! -d "$path" ] || mv "$path" "$dir/lib/modules/" || return
	done
	# kmod looks in lib or in usr/lib, as its builder chose.
	ln -s . "$dir/usr" || return

	for path in "$dir/unpacked/boot/vmlinuz-$release" "$dir/lib/modules/$release/vmlinuz"; do
		[ ! -e "$path" ] || image=$path
	done
	[ -n "${image-}" ] || {
		say "no kernel image in the packages of $release"
		return 1
	}
	extract_vmlinux "$image" >"$dir/vmlinux" || return
	depmod -b "$dir" "$release" || return
	mv "$dir/unpacked/boot/config-$release" "$dir/config" 2>/dev/null || true
	rm -rf "$dir/unpacked"
}

# fetch_kernel SPEC: status 77 if it can't be had
fetch_kernel() {
	local spec=$1 dir image release packages
	local debs=$lab/kern.debs part=$lab/kern.part
	if dir=$(kernel_dir "$spec"); then
		say "kernel $spec: ${dir##*/} is there"
		return
	fi
	need depmod dpkg-deb od xz zstd
	apt_update || return 77
	image=$(kernel_package "$spec") || image=
	[ -n "$image" ] || {
		say "kernel $spec: no such linux-image in the package lists of this system's mirror"
		return 77
	}
	release=${image#linux-image-}
	release=${release%-unsigned}
	mapfile -t packages < <(kernel_packages "$image")

	say "kernel $spec: downloading ${packages[*]}"
	rm -rf "$debs" "$part"
	mkdir -p "$debs" "$part" "$lab/kern" || return 1
	(cd "$debs" && lab_apt apt-get -q download "${packages[@]}" >&2) || {
		say "kernel $spec: download of $release failed"
		return 77
	}
	say "kernel $spec: unpacking"
	unpack_kernel "$release" "$debs" "$part" || return 1
	(cd "$debs" && printf '%s\n' *.deb) >"$part/packages"
	# Last, so that whatever stands under kern/ is whole.
	mv -T "$part" "$lab/kern/$release" || return 1
	rm -rf "$debs"
	say "kernel $spec: $release is ready"
}
