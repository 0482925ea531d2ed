// SPDX-License-Identifier: GPL-2.0-only
/* attach.c - attach: a chain of steps, all or nothing. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "host/ifname.h"
#include "host/kthread_sched.h"
#include "host/msg.h"
#include "host/sysfs.h"
#include "iface/internal.h"
#include "iface/journal.h"
#include "iface/polls.h"
#include "iface/queue.h"
#include "iface/settings.h"
#include "iface/steer.h"
#include "maps/rings.h"
#include "rfs/ents.h"
#include "xdp/xdp.h"

/* The kind of the queues' maps, which the verifier asks for; not used otherwise. */
struct prototypes {
	int dev_flow;
	int rings;
	int cpumap; /* no prototype only: it is the CPUMAP of all queues */
};

/* An attach that is under way. */
struct attach {
	const struct netif *nif;
	const char *dir;
	const struct recorder *r;
	const struct steer_opts *opts;
	struct rfs_config *config;
	int journal;
	unsigned int nr_cpus;
	struct rfs_steer *skel;
	struct prototypes protos;
	bool refused; /* by the driver, which has not the mode; nothing was said yet */
};

/* ---- the program ---- */

static int make_prototypes(struct attach *a)
{
	struct prototypes *p = &a->protos;

	p->dev_flow = queue_dev_flow(a->config->flow_cnt);
	p->rings = queue_rings(a->nr_cpus);
	p->cpumap = rings_cpumap(a->nr_cpus);
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

/* Room for all queues that the device was made with: drivers put more into use, also for XDP. */
static unsigned int outer_queues(const struct attach *a)
{
	return a->nif->num_rx_queues > a->config->queues ? a->nif->num_rx_queues
							 : a->config->queues;
}

static void set_constants(struct attach *a)
{
	const struct rfs_config *config = a->config;
	const struct rfs_global *recorder = &a->r->settings;
	struct rfs_steer__rodata *ro = a->skel->rodata;
	bool generic = config->mode == RFS_MODE_GENERIC, stack = config->tcp == RFS_TCP_STACK;

	memcpy((void *)ro->hash_key, recorder->hash_key, sizeof(ro->hash_key));
	ro->flow_cnt = config->flow_cnt;
	ro->nr_cpus = a->nr_cpus;
	ro->nr_queues = outer_queues(a);
	ro->sock_sets = rps_sets(recorder->sock_flow_entries);
	ro->owner_netns = config->netns_cookie;
	ro->owner_ifindex = config->ifindex;
	ro->owner_sysfs = netif_sysfs_ino(config->ifindex);
	ro->shared_queues = generic;
	ro->missing_max = rps_missing_max(generic, a->nr_cpus);
	ro->stack_proto = stack ? IPPROTO_TCP : 0;
	/* With the kernel's RFS behind it, what is passed may be queued once more, out of sight. */
	ro->stay_here = !generic && !stack;
}

static int set_outer(const struct attach *a, struct bpf_map *outer, int prototype)
{
	int err = bpf_map__set_max_entries(outer, outer_queues(a));

	return err ? err : bpf_map__set_inner_map_fd(outer, prototype);
}

static int set_maps(struct attach *a)
{
	struct rfs_steer *skel = a->skel;
	int err;

	bpf_map__set_autocreate(skel->maps.dev_flow_queue, false);
	bpf_map__set_autocreate(skel->maps.ring_queue, false);
	err = bpf_map__reuse_fd(skel->maps.rps_sock_flow, a->r->sock_flow);
	if (!err)
		err = bpf_map__reuse_fd(skel->maps.rps_sock_ents, a->r->sock_ents);
	if (!err)
		err = bpf_map__reuse_fd(skel->maps.rfs_napi, a->r->napi);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.rps_thread, a->nr_cpus);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.rps_place, a->config->flow_cnt);
	if (!err)
		err = set_outer(a, skel->maps.rps_dev_flow, a->protos.dev_flow);
	if (!err)
		err = set_outer(a, skel->maps.rps_ring, a->protos.rings);
	if (!err)
		err = set_outer(a, skel->maps.cpumap, a->protos.cpumap);
	return err;
}

static int open_program(struct attach *a)
{
	int err;

	a->skel = rfs_steer__open();
	if (!a->skel) {
		err = -errno;
		rfs_error("cannot open the steering program: %s", strerror(-err));
		return err;
	}
	err = make_prototypes(a);
	if (!err) {
		set_constants(a);
		err = set_maps(a);
	}
	if (err)
		rfs_error("cannot prepare the steering program's maps: %s", strerror(-err));
	return err;
}

/* Attached with its gate closed: it passes everything. */
static int put_on(struct attach *a)
{
	struct xdp_attachment x = { .mode = a->config->mode };
	int err = xdp_attach(a->skel, a->nif, a->dir, &x);

	a->refused = x.refused;
	a->config->dispatcher = x.dispatcher;
	/* The one error after which another mode may be tried. */
	if (err &&
	    !(a->refused && a->opts->mode == RFS_MODE_AUTO && a->config->mode == RFS_MODE_NATIVE))
		xdp_attach_error(a->skel, a->nif, &x, err);
	return err;
}

/* ---- around it ---- */

static int change_settings(struct attach *a)
{
	const struct settings_wish wish = {
		.native = a->config->mode == RFS_MODE_NATIVE,
		.flow_cnt = a->config->tcp == RFS_TCP_STACK ? a->config->flow_cnt : 0,
		.sock_flow_entries = a->r->settings.sock_flow_entries,
	};

	return settings_change(a->nif->ifindex, a->nif->name, a->dir, a->journal, &wish);
}

/* Some drivers, as virtio_net, put more RX queues into use when XDP is attached. */
static int count_queues(struct attach *a)
{
	char name[IF_NAMESIZE]; /* it may have been renamed since */
	struct netif now;
	int err = ifname_now(a->nif->ifindex, name);

	if (!err)
		err = netif_read(name, &now);
	if (!err && now.ifindex != a->nif->ifindex)
		err = -ENODEV;
	if (err)
		rfs_error("%s: cannot count its RX queues: %s", a->nif->name, strerror(-err));
	else
		a->config->queues = now.rx_queues;
	return err;
}

static int pin_maps(struct attach *a)
{
	const struct {
		const struct bpf_map *map;
		const char *pin;
	} maps[] = {
		{ a->skel->maps.rfs_config, RFS_PIN_CONFIG },
		{ a->skel->maps.rps_cpus, RFS_PIN_CPUS },
		{ a->skel->maps.rfs_stats, RFS_PIN_STATS },
		{ a->skel->maps.rps_dev_flow, RFS_PIN_DEV_FLOW },
		{ a->skel->maps.rps_ring, RFS_PIN_RING },
		{ a->skel->maps.cpumap, RFS_PIN_CPUMAPS },
		{ a->skel->maps.rps_thread, RFS_PIN_THREAD },
		{ a->skel->maps.rps_place, RFS_PIN_PLACE },
	};
	int err;

	/* What a killed attach leaves is read as it is pinned. */
	err = queue_dev_flow_clear(bpf_map__fd(a->skel->maps.rps_place), a->config->flow_cnt);
	if (!err)
		err = update_config(bpf_map__fd(a->skel->maps.rfs_config), a->config);
	for (size_t i = 0; !err && i < sizeof(maps) / sizeof(maps[0]); i++)
		err = pins_put(bpf_map__fd(maps[i].map), "%s/%s", a->dir, maps[i].pin);
	if (!err)
		err = pins_put(bpf_program__fd(a->skel->progs.rfs_cpumap), "%s/%s", a->dir,
			       RFS_PIN_CPUMAP_PROG);
	if (!err)
		err = pins_put(a->protos.cpumap, "%s/%s", a->dir, RFS_PIN_CPUMAP);
	if (!err)
		err = pins_mkdir("%s/%s", a->dir, RFS_PIN_QUEUE_MAPS);
	return err;
}

/* The recorder first, as of the queues' rings. */
static int add_rings(struct attach *a, const struct cpuset *cpus)
{
	int threads = bpf_map__fd(a->skel->maps.rps_thread), err;
	__u32 id;

	err = map_id(a->protos.cpumap, &id);
	if (!err && bpf_map_update_elem(a->r->threads, &id, &threads, BPF_ANY))
		err = -errno;
	if (err) {
		rfs_error("%s: the recorder cannot be told of its rings: %s", a->nif->name,
			  strerror(-err));
		return err;
	}
	return add_cpumap_entries(a->protos.cpumap, bpf_program__fd(a->skel->progs.rfs_cpumap),
				  cpus, a->config->qsize);
}

static int add_queues(struct attach *a)
{
	const struct queue_tables t = {
		.dev_flow = bpf_map__fd(a->skel->maps.rps_dev_flow),
		.rings = bpf_map__fd(a->skel->maps.rps_ring),
		.cpumaps = bpf_map__fd(a->skel->maps.cpumap),
		.by_id = a->r->rings,
		.cpumap = a->protos.cpumap,
	};
	int cpus_fd = bpf_map__fd(a->skel->maps.rps_cpus), err;
	struct cpuset cpus;

	err = usable_cpus(&a->opts->cpus, &cpus);
	if (!err)
		err = add_rings(a, &cpus);
	for (__u32 q = 0; !err && q < a->config->queues; q++)
		err = queue_add(&t, a->dir, a->config, q);
	/* As the kernel makes them they are, and need not be seen, which they are not in
	 * containers. */
	if (!err && memcmp(&a->config->kthread_sched, &kthread_sched_default,
			   sizeof(kthread_sched_default)))
		err = sched_kthreads(a->dir, &a->config->kthread_sched, rfs_error);
	if (!err)
		err = publish_cpus(cpus_fd, bpf_map__fd(a->skel->maps.rfs_config), a->config, &cpus,
				   &a->opts->cpus);
	return err;
}

/*
 * First note in the slots which flows pass where they are; when all polls do so, steer. A flow's
 * first ring is then entered in order as well.
 */
static int open_gate(struct attach *a)
{
	int fd = bpf_map__fd(a->skel->maps.rfs_config), err;

	a->config->gate = RFS_GATE_DRAIN;
	err = update_config(fd, a->config);
	if (err)
		return err;
	err = wait_for_polls();
	if (err) {
		rfs_error("%s: cannot wait until all polls note where flows pass: %s", a->nif->name,
			  strerror(-err));
		return err;
	}
	a->config->gate = RFS_GATE_OPEN;
	a->config->state = RFS_STATE_READY;
	return update_config(fd, a->config);
}

static int watch(struct attach *a)
{
	return watch_attached(a->dir, a->config);
}

/* ---- the chain ---- */

typedef int step_fn(struct attach *a);

/* Settings when the driver has accepted: a change of its VLAN settings may take the link down. */
static step_fn *const native_steps[] = { open_program, put_on,	 change_settings,
					 count_queues, pin_maps, add_queues,
					 open_gate,    watch,	 NULL };

/* Settings first, as the kernel itself changes one when it attaches. */
static step_fn *const generic_steps[] = { open_program, change_settings, put_on,
					  count_queues, pin_maps,	 add_queues,
					  open_gate,	watch,		 NULL };

static int attach_in(struct attach *a, unsigned int mode)
{
	step_fn *const *step = mode == RFS_MODE_NATIVE ? native_steps : generic_steps;
	int err = 0;

	a->config->mode = mode;
	a->skel = NULL;
	a->protos = (struct prototypes){ -1, -1, -1 };
	for (; !err && *step; step++)
		err = (*step)(a);
	close_prototypes(&a->protos);
	rfs_steer__destroy(a->skel);
	return err;
}

/* Generic mode takes the place of native mode where the driver has not that; for no later error. */
static int attach_auto(struct attach *a)
{
	int err = attach_in(a, RFS_MODE_NATIVE);

	if (!err || !a->refused)
		return err;
	err = xdp_fall_back(a->nif, NULL);
	return err ? err : attach_in(a, RFS_MODE_GENERIC);
}

static void first_config(const struct attach *a, const struct netns *ns)
{
	const struct steer_opts *opts = a->opts;
	struct rfs_config *config = a->config;

	memset(config, 0, sizeof(*config));
	config->abi = RFS_ABI;
	config->state = RFS_STATE_ATTACHING;
	config->ifindex = a->nif->ifindex;
	config->netns_cookie = ns->cookie;
	config->netns_ino = ns->ino;
	strcpy(config->name, a->nif->name);
	config->queues = a->nif->rx_queues;
	config->qsize = opts->qsize ? opts->qsize : QSIZE_DEFAULT;
	config->kthread_sched = opts->kthread_sched;
	config->tcp = opts->tcp;
	config->flow_cnt = opts->flow_cnt;
	if (!config->flow_cnt)
		config->flow_cnt = rfs_roundup_pow2(
			(a->r->settings.sock_flow_entries + config->queues - 1) / config->queues);
}

static int begin_journal(struct attach *a)
{
	struct iface_id id = { .netns_cookie = a->config->netns_cookie,
			       .netns_ino = a->config->netns_ino,
			       .sysfs_ino = netif_sysfs_ino(a->nif->ifindex),
			       .ifindex = a->nif->ifindex };
	int err = pins_mkdir("%s", a->dir);

	strcpy(id.name, a->nif->name);
	a->journal = err ? err : journal_create(a->dir, &id);
	return a->journal < 0 ? a->journal : 0;
}

int steer_attach(const struct netif *nif, const char *dir, const struct recorder *r,
		 const struct steer_opts *opts, struct rfs_config *config)
{
	struct attach a = { .nif = nif,
			    .dir = dir,
			    .r = r,
			    .opts = opts,
			    .config = config,
			    .nr_cpus = recorder_nr_cpus() };
	struct netns ns;
	int err = netns_current(&ns);

	if (err) {
		rfs_error("cannot identify the network namespace: %s", strerror(-err));
		return err;
	}
	first_config(&a, &ns);
	err = begin_journal(&a);
	if (!err) {
		if (opts->mode == RFS_MODE_GENERIC)
			xdp_warn_generic(nif);
		err = opts->mode == RFS_MODE_AUTO ? attach_auto(&a) : attach_in(&a, opts->mode);
		close(a.journal);
	}
	if (err)
		steer_detach(dir);
	return err;
}
