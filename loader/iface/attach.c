// SPDX-License-Identifier: GPL-2.0-only
/* attach.c - attach: all or nothing. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "host/msg.h"
#include "rfs/ents.h"
#include "maps/queues.h"
#include "maps/rings.h"
#include "maps/rps_cpus.h"
#include "iface/settings.h"
#include "iface/steer.h"
#include "iface/internal.h"
#include "iface/polls.h"
#include "xdp/xdp.h"

/* The kind of the queues' maps, which the verifier asks for; not used otherwise. */
struct prototypes {
	int dev_flow;
	int rings;
	int cpumap;
};

static int make_prototypes(struct prototypes *p, unsigned int flow_cnt, unsigned int nr_cpus)
{
	p->dev_flow = queue_dev_flow(flow_cnt);
	p->rings = queue_rings(nr_cpus);
	p->cpumap = queue_cpumap(nr_cpus);
	return p->dev_flow < 0 ? p->dev_flow
	       : p->rings < 0  ? p->rings
	       : p->cpumap < 0 ? p->cpumap
			       : 0;
}

static void close_prototypes(struct prototypes *p)
{
	const int fds[] = { p->dev_flow, p->rings, p->cpumap };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int set_outer(struct bpf_map *outer, unsigned int queues, int prototype)
{
	int err = bpf_map__set_max_entries(outer, queues);

	return err ? err : bpf_map__set_inner_map_fd(outer, prototype);
}

/* Sizes, constants and the recorder's maps, before the object is loaded. */
static int configure(struct rfs_steer *skel, const struct rfs_config *config,
		     const struct recorder *r, unsigned int nr_cpus, const struct prototypes *p)
{
	int err;

	memcpy((void *)skel->rodata->hash_key, r->settings.hash_key,
	       sizeof(skel->rodata->hash_key));
	skel->rodata->flow_cnt = config->flow_cnt;
	skel->rodata->nr_cpus = nr_cpus;
	skel->rodata->sock_sets = rps_sets(r->settings.sock_flow_entries);
	skel->rodata->owner_netns = config->netns_cookie;
	skel->rodata->owner_ifindex = config->ifindex;
	skel->rodata->shared_queues = config->mode == RFS_MODE_GENERIC;
	skel->rodata->stack_proto = config->tcp == RFS_TCP_STACK ? IPPROTO_TCP : 0;
	/* With the kernel's RFS behind it, what is passed may be queued once more, out of sight. */
	skel->rodata->stay_here = config->mode != RFS_MODE_GENERIC && config->tcp != RFS_TCP_STACK;

	bpf_map__set_autocreate(skel->maps.dev_flow_queue, false);
	bpf_map__set_autocreate(skel->maps.ring_queue, false);
	err = bpf_map__reuse_fd(skel->maps.rps_sock_flow, r->sock_flow);
	if (!err)
		err = bpf_map__reuse_fd(skel->maps.rps_sock_ents, r->sock_ents);
	if (!err)
		err = bpf_map__reuse_fd(skel->maps.napi_pass, r->napi_pass);
	if (!err)
		err = set_outer(skel->maps.rps_dev_flow, config->queues, p->dev_flow);
	if (!err)
		err = set_outer(skel->maps.rps_ring, config->queues, p->rings);
	if (!err)
		err = set_outer(skel->maps.cpumap, config->queues, p->cpumap);
	return err;
}

static int pin_maps(struct rfs_steer *skel, const char *dir)
{
	const struct {
		const struct bpf_map *map;
		const char *pin;
	} maps[] = {
		{ skel->maps.rfs_config, RFS_PIN_CONFIG },
		{ skel->maps.rps_cpus, RFS_PIN_CPUS },
		{ skel->maps.rfs_stats, RFS_PIN_STATS },
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(maps) / sizeof(maps[0]); i++)
		err = pins_put(bpf_map__fd(maps[i].map), "%s/%s", dir, maps[i].pin);
	return err;
}

/* The tables of one queue: made, pinned, known to the recorder and to the XDP program. */
static int add_queue(struct rfs_steer *skel, const char *dir, const struct recorder *r,
		     const struct rfs_config *config, const struct cpuset *cpus, __u32 queue,
		     unsigned int nr_cpus)
{
	int dev_flow, rings, cpumap, err;
	__u32 id = 0;

	dev_flow = queue_dev_flow(config->flow_cnt);
	rings = queue_rings(nr_cpus);
	cpumap = queue_cpumap(nr_cpus);
	err = dev_flow < 0 ? dev_flow : rings < 0 ? rings : cpumap < 0 ? cpumap : 0;
	if (err) {
		rfs_error("cannot make the tables of RX queue %u: %s", queue, strerror(-err));
		goto out;
	}
	err = queue_dev_flow_clear(dev_flow, config->flow_cnt);
	if (!err)
		err = map_id(cpumap, &id);
	if (!err)
		err = queue_rings_init(rings, nr_cpus, id);
	if (err) {
		rfs_error("cannot fill the tables of RX queue %u: %s", queue, strerror(-err));
		goto out;
	}
	err = queue_mkdir(dir, queue);
	if (!err)
		err = queue_put(cpumap, dir, queue, RFS_PIN_CPUMAP);
	if (!err)
		err = queue_put(dev_flow, dir, queue, RFS_PIN_DEV_FLOW);
	if (!err)
		err = queue_put(rings, dir, queue, RFS_PIN_RING);
	if (!err)
		err = add_cpumap_entries(cpumap, cpus, config->qsize);
	if (err)
		goto out;

	/* The recorder first: no frame may go through a ring that it does not count. */
	if (bpf_map_update_elem(r->rings, &id, &rings, BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(skel->maps.rps_ring), &queue, &rings, BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(skel->maps.rps_dev_flow), &queue, &dev_flow, BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(skel->maps.cpumap), &queue, &cpumap, BPF_ANY)) {
		err = -errno;
		rfs_error("cannot add RX queue %u: %s%s", queue, strerror(-err),
			  err == -E2BIG ? "; too many RX queues on all interfaces together" : "");
	}
out:
	if (dev_flow >= 0)
		close(dev_flow);
	if (rings >= 0)
		close(rings);
	if (cpumap >= 0)
		close(cpumap);
	return err;
}

/*
 * Attach in config->mode. With may_fall_back, a driver that lacks it gives -EOPNOTSUPP without a
 * message.
 */
static int attach_mode(const struct netif *nif, const char *dir, const struct recorder *r,
		       const struct cpuset *wanted, struct rfs_config *config, int saved,
		       bool may_fall_back)
{
	struct xdp_attachment a = { .mode = config->mode };
	bool native = config->mode == RFS_MODE_NATIVE, stack = config->tcp == RFS_TCP_STACK;
	const struct settings_wish wish = {
		.native = native,
		.flow_cnt = stack ? config->flow_cnt : 0,
		.sock_flow_entries = r->settings.sock_flow_entries,
	};
	unsigned int nr_cpus = recorder_nr_cpus();
	struct rfs_steer *skel = rfs_steer__open();
	struct prototypes protos;
	struct cpuset cpus;
	int err, fd;

	if (!skel) {
		err = -errno;
		rfs_error("cannot open the steering program: %s", strerror(-err));
		return err;
	}
	err = make_prototypes(&protos, config->flow_cnt, nr_cpus);
	if (!err)
		err = configure(skel, config, r, nr_cpus, &protos);
	if (err)
		rfs_error("cannot prepare the steering program's maps: %s", strerror(-err));
	else if (!native)
		err = settings_change(nif->name, dir, saved, &wish);
	if (err)
		goto out;
	/* Attached with its gate closed: it passes everything. */
	err = xdp_attach(skel, nif, dir, &a);
	if (err == -EOPNOTSUPP && may_fall_back)
		goto out;
	if (err)
		xdp_attach_error(skel, nif, config->mode, err);
	/*
	 * After the driver has accepted: a change of its VLAN settings may take the link down. In
	 * generic mode before, as the kernel changes a setting when it attaches.
	 */
	else if (native)
		err = settings_change(nif->name, dir, saved, &wish);
	if (err)
		goto out;
	config->dispatcher = a.dispatcher;
	fd = bpf_map__fd(skel->maps.rfs_config);
	err = usable_cpus(wanted, &cpus);
	if (!err)
		err = update_config(fd, config);
	if (!err)
		err = pin_maps(skel, dir);
	if (!err)
		err = pins_mkdir("%s/%s", dir, RFS_PIN_QUEUE_MAPS);
	for (__u32 q = 0; !err && q < config->queues; q++)
		err = add_queue(skel, dir, r, config, &cpus, q, nr_cpus);
	if (!err)
		err = sched_kthreads(dir, config, &config->kthread_sched, rfs_error);
	if (!err)
		err = rps_cpus_write(bpf_map__fd(skel->maps.rps_cpus), RPS_CPUS_WANTED, wanted);
	if (!err)
		err = publish_cpus(bpf_map__fd(skel->maps.rps_cpus), fd, config, &cpus);
	if (err)
		goto out;

	/*
	 * First note in the slots which flows pass where they are; when all polls do so, steer.
	 * A flow's first ring is then entered in order as well.
	 */
	config->gate = RFS_GATE_DRAIN;
	err = update_config(fd, config);
	if (err)
		goto out;
	wait_for_polls();
	config->gate = RFS_GATE_OPEN;
	config->state = RFS_STATE_READY;
	err = update_config(fd, config);
out:
	close_prototypes(&protos);
	rfs_steer__destroy(skel);
	return err;
}

/* Generic mode in the place of native mode, which the driver does not have, or not now. */
static int fall_back(const struct netif *nif, const char *dir, const struct recorder *r,
		     const struct cpuset *wanted, struct rfs_config *config, int saved)
{
	int err = xdp_fall_back(nif);

	if (err)
		return err;
	config->mode = RFS_MODE_GENERIC;
	return attach_mode(nif, dir, r, wanted, config, saved, false);
}

int steer_attach(const struct netif *nif, const char *dir, const struct recorder *r,
		 const struct steer_opts *opts, struct rfs_config *config)
{
	struct netns ns;
	int err, saved;

	memset(config, 0, sizeof(*config));
	config->abi = RFS_ABI;
	config->state = RFS_STATE_ATTACHING;
	config->ifindex = nif->ifindex;
	config->queues = nif->rx_queues;
	config->qsize = opts->qsize ? opts->qsize : QSIZE_DEFAULT;
	config->flow_cnt = opts->flow_cnt;
	config->kthread_sched = opts->kthread_sched;
	config->tcp = opts->tcp;
	strcpy(config->name, nif->name);
	if (!config->flow_cnt)
		config->flow_cnt = rfs_roundup_pow2(
			(r->settings.sock_flow_entries + config->queues - 1) / config->queues);
	err = netns_current(&ns);
	if (err) {
		rfs_error("cannot identify the network namespace: %s", strerror(-err));
		return err;
	}
	config->netns_cookie = ns.cookie;
	config->netns_ino = ns.ino;

	err = pins_mkdir("%s", dir);
	if (err)
		return err;
	saved = settings_open(dir);
	if (saved < 0) {
		err = saved;
	} else {
		config->mode = opts->mode == RFS_MODE_AUTO ? RFS_MODE_NATIVE : opts->mode;
		if (config->mode == RFS_MODE_GENERIC)
			xdp_warn_generic(nif);
		err = attach_mode(nif, dir, r, &opts->cpus, config, saved,
				  opts->mode == RFS_MODE_AUTO);
		if (err == -EOPNOTSUPP && opts->mode == RFS_MODE_AUTO)
			err = fall_back(nif, dir, r, &opts->cpus, config, saved);
		close(saved);
	}
	if (err)
		steer_detach(dir);
	return err;
}
