# shellcheck shell=bash disable=SC2154 # what run and common.sh set
# SPDX-License-Identifier: GPL-2.0-only
# The job: a directory which host and guest (/vmjob) share.
#	job		what to do, as shell variables; stage2 does it
#	status		of the command; there is none if the guest died
#	kernel.log	the guest's kernel log, as it comes
#	console		what the guest's serial console said
#	netns		the name of the network namespace of the NIC's other end

prepare_job() {
	release=${dir##*/}
	if [ -n "$keep" ]; then
		mkdir -p "$keep"
		job=$(readlink -f "$keep")
		rm -f "$job"/{status,kernel.log,console,netns}
	else
		job=$(mktemp -d)
	fi
	: >"$job/console"
	cp "$here/guest/stage2" "$job/stage2"
	{
		printf '%s=%q\n' release "$release" modules "$dir/lib/modules/$release" \
			path "$PATH" cwd "$PWD" nic "${nic_netns:+$nic_mac}" queues "$queues" systemd "$systemd" \
			term "${TERM:-dumb}" terminal "$(terminal_size)"
		printf 'argv=('
		[ "${#argv[@]}" -eq 0 ] || printf '%q ' "${argv[@]}"
		printf ')\n'
	} >"$job/job"
	[ -z "$nic_netns" ] || printf '%s\n' "$nic_netns" >"$job/netns"
}

# as the words of stty(1): a serial console can't tell the guest
terminal_size() {
	stty size 2>/dev/null | sed -E 's/(.*) (.*)/rows \1 cols \2/' || true
}

# The log of each kernel's last run outlives the job's directory.
save_log() {
	local file
	mkdir -p "$lab/log"
	for file in kernel.log console; do
		[ ! -s "$job/$file" ] || cp "$job/$file" "$lab/log/$release.${file%.log}.log"
	done
}
