// SPDX-License-Identifier: GPL-2.0-only
/* refusal.c - why an interface does not take the XDP program, and what helps. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "host/mode.h"
#include "host/msg.h"
#include "xdp/xdp.h"

/* The kernel's words where a driver has no ndo_bpf; all others are of drivers that have it. */
#define NO_NATIVE_XDP "driver does not support XDP in native mode"

static const char *driver_name(const struct netif *nif)
{
	return *nif->driver ? nif->driver : "(unknown)";
}

/* "; the kernel says: ...", or "" where it gave no reason. */
static const char *kernel_says(char *buf, size_t len)
{
	snprintf(buf, len, "%s%s", *rfs_kernel_words() ? "; the kernel says: " : "",
		 rfs_kernel_words());
	return buf;
}

/*
 * Is a program attached that is not libxdp's dispatcher? Its id, or 0; and ip(8)'s word for its
 * mode: "xdp off" takes none off that is in generic mode where the driver has native XDP.
 */
static __u32 foreign_prog(const struct netif *nif, const char **mode)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex(nif->ifindex);
	__u32 id = 0;

	if (libxdp_get_error(mp))
		return 0;
	if (xdp_multiprog__is_legacy(mp))
		id = xdp_program__id(xdp_multiprog__main_prog(mp));
	*mode = xdp_multiprog__attach_mode(mp) == XDP_MODE_SKB ? "xdpgeneric" : "xdpdrv";
	xdp_multiprog__close(mp);
	return id;
}

static void already_attached(const struct netif *nif)
{
	const char *mode;
	__u32 id = foreign_prog(nif, &mode);

	if (id)
		rfs_error("%s: XDP program %u is attached already and cannot share the "
			  "interface%s; take it off first (bpftool net; ip link set dev %s %s off)",
			  nif->name, id,
			  xdp_can_share() ? ", as it was not attached by libxdp"
					  : ", as this kernel refuses libxdp's dispatcher",
			  nif->name, mode);
	else
		rfs_error("%s: another XDP program is attached, or one in the other mode; take "
			  "it off first (bpftool net)",
			  nif->name);
}

/* After a refusal of native mode: what the driver lacks, as the beginning of a message. */
static const char *no_native(const struct netif *nif, char *buf, size_t len)
{
	const char *words = rfs_kernel_words();

	if (strstr(words, NO_NATIVE_XDP))
		snprintf(buf, len, "driver %s has no native XDP", driver_name(nif));
	else if (*words)
		snprintf(buf, len,
			 "driver %s has native XDP, but not with the interface's present settings; "
			 "the kernel says: %s",
			 driver_name(nif), words);
	else
		snprintf(
			buf, len,
			"driver %s has no native XDP, or not with the interface's present settings",
			driver_name(nif));
	return buf;
}

/* What can be done so that native XDP is taken; "" where only the kernel's words help. */
static const char *remedy(const struct netif *nif)
{
	/* Its guest offloads are the hypervisor's until that lets the guest turn them off. */
	if (!strcmp(nif->driver, "virtio_net") && !strstr(rfs_kernel_words(), NO_NATIVE_XDP))
		return "; in the hypervisor, let the guest turn its offloads off "
		       "(QEMU: ctrl_guest_offloads=on), or turn them off there (guest_csum, "
		       "guest_tso4, guest_tso6, guest_ecn, guest_ufo, guest_uso4, guest_uso6)";
	return "";
}

void xdp_attach_error(const struct rfs_steer *skel, const struct netif *nif,
		      const struct xdp_attachment *a, int err)
{
	char why[512];

	if (a->refused) {
		rfs_error("%s: %s%s; %stake --mode generic", nif->name,
			  no_native(nif, why, sizeof(why)), remedy(nif), *remedy(nif) ? "or " : "");
		return;
	}
	if (bpf_program__fd(skel->progs.rfs_steer) < 0 && err != -EBUSY && err != -EEXIST) {
		rfs_error("%s: the kernel does not load the steering program: %s%s%s", nif->name,
			  strerror(-err), *rfs_libbpf_last() ? "; " : "", rfs_libbpf_last());
		return;
	}
	switch (-err) {
	case EBUSY:
	case EEXIST:
		already_attached(nif);
		break;
	case ENOSPC:
		rfs_error(
			"%s: driver %s has too few queues for XDP (ethtool -l %s); a veth needs as many RX queues as its peer has TX queues%s",
			nif->name, driver_name(nif), nif->name, kernel_says(why, sizeof(why)));
		break;
	case ERANGE:
	case E2BIG:
		rfs_error(
			"%s: the MTU of %u is too large for XDP with driver %s; lower it (ip link set %s mtu ...)%s",
			nif->name, nif->mtu, driver_name(nif), nif->name,
			kernel_says(why, sizeof(why)));
		break;
	case EINVAL:
		rfs_error(
			"%s: driver %s refuses XDP in %s mode: mostly the MTU (%u) is too large for it, LRO is on (ethtool -k), or there are too few queues (ethtool -l)%s",
			nif->name, driver_name(nif), mode_name(a->mode), nif->mtu,
			kernel_says(why, sizeof(why)));
		break;
	case EPERM:
	case EACCES:
		rfs_error("%s: not allowed to attach XDP programs: CAP_NET_ADMIN, CAP_BPF and "
			  "CAP_PERFMON are needed; run as root",
			  nif->name);
		break;
	default:
		rfs_error("%s: cannot attach in %s mode: %s%s%s", nif->name, mode_name(a->mode),
			  strerror(-err), *rfs_libbpf_last() ? "; " : "", rfs_libbpf_last());
	}
}

int xdp_fall_back(const struct netif *nif, const char *why)
{
	const char *helps = why ? "" : remedy(nif);
	char words[512];

	if (!why)
		why = no_native(nif, words, sizeof(words));
	if (nif->gro_hw_fixed) {
		rfs_error("%s: %s%s; generic mode is yours to choose (--mode generic): rx-gro-hw "
			  "cannot be turned off, of which the kernel then writes a WARNING to its "
			  "log, and panics with panic_on_warn",
			  nif->name, why, helps);
		return -EOPNOTSUPP;
	}
	rfs_warn("%s: %s%s; steering in generic mode, which turns GRO off for the whole interface "
		 "and costs more per packet",
		 nif->name, why, helps);
	return 0;
}

void xdp_warn_generic(const struct netif *nif)
{
	if (nif->gro_hw_fixed)
		rfs_warn("%s: rx-gro-hw is on and cannot be turned off, of which the kernel "
			 "writes a WARNING to its log (failed to disable GRO_HW); nothing follows "
			 "from that",
			 nif->name);
}
