# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The guest's NIC. Its other end is a tap in a network namespace of its own, so
# traffic reaches nothing but the guest. Host side 10.77.0.1, guest 10.77.0.2.

nic_mac=52:54:00:77:00:02
nic_netns=

# nic_create QUEUES DRIVER PROPERTIES: sets the arrays `nic_args` (for QEMU) and `nic_enter`
# (the command prefix which enters the namespace)
nic_create() {
	local queues=$1 driver=$2 props=$3 mode=(mode tap vnet_hdr) ends=
	need ip nsenter
	if [ "$driver" = virtio-net-pci ] && [ "$queues" -gt 1 ]; then
		# One end of the tap per queue. The other models spread packets
		# over their queues themselves.
		mode+=(multi_queue)
		ends=,queues=$queues
		driver+=,mq=on,vectors=$((2 * queues + 2))
	fi
	nic_netns=rfs-vm-$$-$RANDOM
	ip netns add "$nic_netns" || {
		nic_netns=
		return 1
	}
	ip -n "$nic_netns" link set lo up &&
		ip -n "$nic_netns" tuntap add dev tap0 "${mode[@]}" &&
		ip -n "$nic_netns" addr add 10.77.0.1/24 dev tap0 &&
		ip -n "$nic_netns" link set tap0 up || return
	# shellcheck disable=SC2034 # read by run
	nic_args=(-netdev "tap,id=nic,ifname=tap0,script=no,downscript=no,vhost=off$ends"
		-device "$driver,netdev=nic,mac=$nic_mac${props:+,$props}")
	# Not `ip netns exec`, which would mount another /sys.
	# shellcheck disable=SC2034 # read by run
	nic_enter=(nsenter "--net=/run/netns/$nic_netns" --)
}

nic_remove() {
	[ -z "$nic_netns" ] || ip netns del "$nic_netns"
	nic_netns=
}
