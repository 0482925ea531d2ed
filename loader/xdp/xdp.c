// SPDX-License-Identifier: GPL-2.0-only
/*
 * xdp.c - attach by libxdp's dispatcher, which lets several XDP programs share an interface, where
 * the kernel allows programs of type EXT; else by a bpf_link of our own, which goes away by itself
 * if we are killed before it is pinned, or with its interface.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "host/msg.h"
#include "maps/pins.h"
#include "xdp/xdp.h"

/* Behind programs that drop or count, which keep libxdp's default of 50. */
#define RUN_PRIO  90
#define PROG_NAME "rfs_steer"

static enum xdp_attach_mode libxdp_mode(unsigned int mode)
{
	return mode == RFS_MODE_GENERIC ? XDP_MODE_SKB : XDP_MODE_NATIVE;
}

/*
 * Multi-buffer packets: jumbo frames, and drivers that need it. Not in generic mode: there the flag
 * makes the kernel (6.9 and later) copy the skb without its mac_len, by which the CPUMAP then fails
 * to strip the Ethernet header, and the packet is dropped. Without it the skb is linearized.
 */
static bool wants_frags(unsigned int mode)
{
	return mode != RFS_MODE_GENERIC;
}

bool xdp_can_share(void)
{
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_EXT, NULL) == 1;
}

/*
 * libbpf tries once whether the kernel takes names, and takes a lack of memory for a no. Then
 * libxdp would load its dispatcher without one and, as it knows it by its name, never find it
 * again.
 */
static int check_names(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "rfs_name", 4, 4, 1, NULL), err = 0;
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		err = -errno;
	else if (!*info.name)
		err = -ENOMEM;
	close(fd);
	return err;
}

static int attach_dispatcher(struct rfs_steer *skel, const struct netif *nif, unsigned int mode)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts, .obj = skel->obj, .prog_name = PROG_NAME);
	struct xdp_program *prog;
	int err = check_names();

	if (err)
		return err;
	prog = xdp_program__create(&opts);
	err = libxdp_get_error(prog);
	if (err)
		return err;
	err = xdp_program__set_run_prio(prog, RUN_PRIO);
	if (!err)
		err = xdp_program__set_xdp_frags_support(prog, wants_frags(mode));
	if (!err)
		err = xdp_program__attach(prog, nif->ifindex, libxdp_mode(mode), 0);
	/* The object is the skeleton's; libxdp leaves it alone. */
	xdp_program__close(prog);
	return err;
}

/*
 * The kernel gives its reason for a refusal to those who ask by netlink, which libxdp does, and not
 * to those who ask for a link. So ask again; should it say yes this time, undo that.
 */
static void ask_why(int prog, unsigned int ifindex, __u32 flags)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = prog);

	if (!bpf_xdp_attach(ifindex, prog, flags | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL))
		bpf_xdp_detach(ifindex, flags, &opts);
}

static int attach_link(struct rfs_steer *skel, const struct netif *nif, const char *dir,
		       unsigned int mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts,
		    .flags = mode == RFS_MODE_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);
	int fd, prog, err = 0;

	if (wants_frags(mode))
		err = bpf_program__set_flags(skel->progs.rfs_steer, BPF_F_XDP_HAS_FRAGS);
	if (!err)
		err = rfs_steer__load(skel);
	if (err)
		return err;
	prog = bpf_program__fd(skel->progs.rfs_steer);
	fd = bpf_link_create(prog, nif->ifindex, BPF_XDP, &opts);
	if (fd < 0) {
		err = -errno;
		if (err != -EBUSY && err != -EEXIST)
			ask_why(prog, nif->ifindex, opts.flags);
		return err;
	}
	err = pins_put(fd, "%s/%s", dir, RFS_PIN_XDP_LINK);
	close(fd);
	return err;
}

static int is_attached_by_dispatcher(const struct netif *nif, bool *yes)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex(nif->ifindex);
	int err = libxdp_get_error(mp);

	if (err)
		return err;
	*yes = !xdp_multiprog__is_legacy(mp);
	xdp_multiprog__close(mp);
	return 0;
}

int xdp_neighbours(unsigned int ifindex)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex(ifindex);
	int n = libxdp_get_error(mp);

	if (n)
		return n;
	n = xdp_multiprog__is_legacy(mp) ? -ENOENT : xdp_multiprog__program_count(mp) - 1;
	xdp_multiprog__close(mp);
	return n;
}

int xdp_attach(struct rfs_steer *skel, const struct netif *nif, const char *dir,
	       struct xdp_attachment *a)
{
	bool dispatcher = xdp_can_share();
	int err = 0;

	rfs_kernel_words_clear();
	/* Frames go from the one program to the other. */
	if (wants_frags(a->mode))
		err = bpf_program__set_flags(skel->progs.rfs_cpumap, BPF_F_XDP_HAS_FRAGS);
	if (err)
		return err;
	err = dispatcher ? attach_dispatcher(skel, nif, a->mode)
			 : attach_link(skel, nif, dir, a->mode);
	a->dispatcher = false;
	/* What fails so before the program is loaded is no word of the driver's. */
	a->refused = err == -EOPNOTSUPP && a->mode == RFS_MODE_NATIVE &&
		     bpf_program__fd(skel->progs.rfs_steer) >= 0;
	return err || !dispatcher ? err : is_attached_by_dispatcher(nif, &a->dispatcher);
}

/*
 * Was what libxdp takes for a foreign program a dispatcher that it could not read, with the
 * steering program in it? It takes so any error on the way to the pinned programs.
 */
static int check_foreign(struct xdp_program *main, const struct xdp_owner *on)
{
	int ours = xdp_dispatcher_holds_ours(xdp_program__id(main), on);

	return ours > 0 ? -EAGAIN : ours;
}

/*
 * The steering program made for this interface, as libxdp sees it; NULL if it is not there.
 * -errno if that cannot be told.
 */
static int find_program(struct xdp_multiprog *mp, const struct xdp_owner *on,
			struct xdp_program **found)
{
	struct xdp_program *main = xdp_multiprog__main_prog(mp), *prog;
	bool legacy = xdp_multiprog__is_legacy(mp);
	int owned;

	*found = NULL;
	/* No main program: offloaded to hardware, or libxdp could not read its BTF. */
	if (!main)
		return legacy ? 0 : -EAGAIN;
	prog = legacy ? main : xdp_multiprog__next_prog(NULL, mp);
	while (prog) {
		owned = xdp_owned(xdp_program__fd(prog), on);
		if (owned > 0)
			*found = prog;
		if (owned)
			return owned < 0 ? owned : 0;
		prog = legacy ? NULL : xdp_multiprog__next_prog(prog, mp);
	}
	return legacy ? check_foreign(main, on) : 0;
}

/*
 * Is the steering program attached by libxdp? With @mp, as libxdp sees what is there, and @prog;
 * both NULL if not.
 */
static int open_libxdp(unsigned int ifindex, const struct xdp_owner *owner,
		       struct xdp_multiprog **mp, struct xdp_program **prog)
{
	int err;

	*prog = NULL;
	*mp = xdp_multiprog__get_from_ifindex(ifindex);
	err = libxdp_get_error(*mp);
	if (err) {
		*mp = NULL;
		return err == -ENOENT ? 0 : err;
	}
	err = find_program(*mp, owner, prog);
	if (err || !*prog) {
		xdp_multiprog__close(*mp);
		*mp = NULL;
	}
	return err;
}

int xdp_running_prog(unsigned int ifindex, __u32 *id)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	int err = bpf_xdp_query(ifindex, 0, &opts);

	*id = opts.drv_prog_id ? opts.drv_prog_id : opts.skb_prog_id;
	return err;
}

/* After a move to another index, libxdp is shown the way first. */
static int detach_libxdp(unsigned int ifindex, const struct xdp_owner *owner)
{
	char name[IF_NAMESIZE] = "the interface";
	struct xdp_multiprog *mp = NULL;
	struct xdp_program *prog = NULL;
	__u32 id = 0;
	int err = xdp_running_prog(ifindex, &id);

	if_indextoname(ifindex, name);
	if (!err && id && ifindex != owner->ifindex)
		err = xdp_dispatcher_follow(id, ifindex);
	if (!err)
		err = open_libxdp(ifindex, owner, &mp, &prog);
	if (err) {
		rfs_error("cannot see which XDP programs %s has: %s; if it stays so, "
			  "'xdp-loader unload %s --all' takes off all",
			  name, strerror(-err), name);
		return err;
	}
	if (!prog)
		return 0;
	/* Those that stay get a new dispatcher. */
	if (xdp_multiprog__program_count(mp) > 1)
		err = check_names();
	if (!err)
		err = xdp_program__detach(prog, ifindex, xdp_multiprog__attach_mode(mp), 0);
	xdp_multiprog__close(mp);
	if (err)
		rfs_error("cannot detach the XDP program from %s: %s", name, strerror(-err));
	return err;
}

static int read_link(int fd, struct xdp_link_state *link)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	*link = (struct xdp_link_state){ .ifindex = info.xdp.ifindex, .prog_id = info.prog_id };
	return 0;
}

int xdp_link_read(const char *dir, struct xdp_link_state *link)
{
	int fd = pins_get("%s/%s", dir, RFS_PIN_XDP_LINK), err;

	if (fd < 0)
		return fd;
	err = read_link(fd, link);
	close(fd);
	return err;
}

int xdp_is_ours(unsigned int ifindex, const struct xdp_link_state *link,
		const struct xdp_owner *owner)
{
	__u32 id;
	int err = xdp_running_prog(ifindex, &id);

	if (err || !id)
		return err;
	return link ? id == link->prog_id : xdp_dispatcher_holds_ours(id, owner);
}

int xdp_detach(const char *dir, const struct xdp_owner *owner, unsigned int ifindex)
{
	int fd = pins_get("%s/%s", dir, RFS_PIN_XDP_LINK), err = 0;

	if (fd >= 0) {
		if (bpf_link_detach(fd) && errno != ENOLINK)
			err = -errno;
		close(fd);
		if (!err)
			return pins_remove("%s/%s", dir, RFS_PIN_XDP_LINK);
		rfs_error("%s: cannot detach the XDP program: %s", dir, strerror(-err));
		return err;
	}
	if (fd != -ENOENT)
		return fd;
	return ifindex ? detach_libxdp(ifindex, owner) : 0;
}

static int prog_of_link(const struct xdp_link_state *link)
{
	int fd = link->ifindex ? bpf_prog_get_fd_by_id(link->prog_id) : -ENOENT;

	return fd < 0 && link->ifindex ? -errno : fd;
}

/* Of an interface whose index is another now, by which libxdp does not find it. */
static int moved_program(unsigned int ifindex, const struct xdp_owner *owner)
{
	__u32 id = 0;
	int err = xdp_running_prog(ifindex, &id);

	return err ? err : id ? xdp_dispatcher_program(id, owner) : -ENOENT;
}

int xdp_steering_program(const char *dir, const struct xdp_owner *owner, unsigned int ifindex)
{
	struct xdp_link_state link = {};
	struct xdp_multiprog *mp;
	struct xdp_program *prog;
	int err = xdp_link_read(dir, &link), fd;

	if (!err)
		return prog_of_link(&link);
	if (err != -ENOENT || !ifindex)
		return err;
	if (ifindex != owner->ifindex)
		return moved_program(ifindex, owner);
	err = open_libxdp(ifindex, owner, &mp, &prog);
	if (err || !prog)
		return err ? err : -ENOENT;
	fd = fcntl(xdp_program__fd(prog), F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		fd = -errno;
	xdp_multiprog__close(mp);
	return fd;
}

bool xdp_is_attached(const char *dir, const struct xdp_owner *owner, unsigned int ifindex)
{
	int fd = xdp_steering_program(dir, owner, ifindex);

	/* When in doubt, yes: nobody attaches a second time or forgets the first then. */
	if (fd >= 0)
		close(fd);
	return fd != -ENOENT;
}
