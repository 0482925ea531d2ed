# shellcheck shell=bash disable=SC2154,SC2034 # variables shared with run
# SPDX-License-Identifier: GPL-2.0-only
# The virtual machine as a process: its arguments, start and end.

qemu_args() {
	local append=(
		console=ttyS0 loglevel=5
		# a panic ends QEMU at once, by -no-reboot
		panic=-1
		# an emulated clock can't be compared with anything
		tsc=reliable
		# nothing to defend here, and it costs time
		mitigations=off
		# each BPF program loaded makes two lines of log
		audit=0
		# whatever is said to /dev/kmsg, and all of it
		printk.devkmsg=on log_buf_len=4M
	)
	[ -z "$params" ] || append+=("$params")
	# shellcheck disable=SC2054 # the commas are QEMU's
	args=(
		-M q35 -accel "tcg,thread=$qemu_threads"
		# five levels of page tables are slower to walk than four
		-cpu max,la57=off
		-smp "$cpus" -m "$memory"
		-nodefaults -no-user-config -display none -no-reboot
		-kernel "$dir/vmlinux" -initrd "$dir/initrd" -append "${append[*]}"
		-fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap
		-device virtio-9p-pci,fsdev=root,mount_tag=root
		# in QEMU's options a comma stands for itself when doubled
		-fsdev "local,id=job,path=${job//,/,,},security_model=none"
		-device virtio-9p-pci,fsdev=job,mount_tag=job
		-object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng
	)
	if [ "${#argv[@]}" -gt 0 ]; then
		# shellcheck disable=SC2054
		args+=(
			-serial "file:${job//,/,,}/console"
			# not chardev stdio, which takes the end of its input for
			# that of its output
			-device virtio-serial-pci -chardev file,id=out,path=/dev/stdout
			-device virtserialport,chardev=out,name=out
		)
	else
		args+=(-serial mon:stdio)
	fi
	args+=("${nic_args[@]}")
}

# start SECONDS: start QEMU in the background, so that this shell goes on to hear signals, for so long
# (0: for ever). If this shell is killed with no chance to clean up, QEMU goes with it.
#
# The time is timeout's to watch: bash's "wait -n" for QEMU or a clock was once seen to sleep on when
# QEMU had ended.
start() {
	local with_me=(setpriv --pdeathsig KILL --)
	local command=("${nic_enter[@]}" "${with_me[@]}" timeout --foreground -k 5 "$1"
		"${with_me[@]}" "${qemu[@]}" "${args[@]}")
	if [ "${#argv[@]}" -gt 0 ]; then
		# By way of a pipe: QEMU opens its output anew and would cut a file.
		exec {out}> >(exec cat)
		copier=$!
		"${command[@]}" </dev/null >&"$out" {out}>&- &
		pid=$!
		exec {out}>&-
	else
		exec {in}<&0
		"${command[@]}" <&"$in" {in}<&- &
		pid=$!
	fi
}

# ended: wait for QEMU's end; false if it had to be ended. Sets qemu_status
ended() {
	qemu_status=0
	wait "$pid" || qemu_status=$?
	pid=
	# timeout's, and that of a QEMU which it had to kill
	[ "$qemu_status" != 124 ] && [ "$qemu_status" != 137 ]
}

stop() {
	[ -n "$pid" ] || return 0
	kill "$pid" 2>/dev/null || true
	ended || true
}
