// SPDX-License-Identifier: GPL-2.0-only
/* steer.c - attach, detach and change the steering of one interface. */
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "msg.h"
#include "rfs/rules.h"
#include "rings.h"
#include "settings.h"
#include "steer.h"
#include "xdp.h"

#define DRAIN_LIMIT_MS 2000

static const __u32 zero;

/*
 * Wait until every NAPI poll that may have seen the old state of a map has ended. A poll runs with
 * softirqs off, which RCU takes for a reader. MEMBARRIER_CMD_GLOBAL is synchronize_rcu(); where
 * nohz_full CPUs make the kernel refuse it, a while that no poll lasts must do.
 */
static void wait_for_polls(void)
{
	if (syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(200 * 1000);
}

static int update_config(int fd, const struct rfs_config *config)
{
	if (!bpf_map_update_elem(fd, &zero, config, BPF_ANY))
		return 0;
	rfs_error("cannot write the configuration map: %s", strerror(errno));
	return -errno;
}

/* ---- CPUs ---- */

static void fill_cpus(struct rps_cpus *out, const struct cpuset *cpus)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->allowed, cpus->bits, sizeof(out->allowed));
	cpuset_for_each(cpu, cpus)
		out->cpu[out->n++] = cpu;
}

/* Fill the set that is not in use, then turn over. */
static int publish_cpus(int cpus_fd, int config_fd, struct rfs_config *config,
			const struct cpuset *cpus)
{
	struct rps_cpus *value = malloc(sizeof(*value));
	__u32 other = !config->active;
	int err = 0;

	if (!value)
		return -ENOMEM;
	fill_cpus(value, cpus);
	if (bpf_map_update_elem(cpus_fd, &other, value, BPF_ANY)) {
		err = -errno;
		rfs_error("cannot write the CPU list: %s", strerror(-err));
	}
	free(value);
	if (err)
		return err;
	config->active = other;
	err = update_config(config_fd, config);
	/* The next change may overwrite the set that polls are reading now. */
	wait_for_polls();
	return err;
}

static int add_cpumap_entries(int cpumap, const struct cpuset *cpus, unsigned int qsize)
{
	struct bpf_cpumap_val value = { .qsize = qsize };

	cpuset_for_each(cpu, cpus) {
		struct bpf_cpumap_val old;
		__u32 key = cpu;

		/* Replacing a live entry would start a second kthread while the first drains. */
		if (!bpf_map_lookup_elem(cpumap, &key, &old) && old.qsize)
			continue;
		if (bpf_map_update_elem(cpumap, &key, &value, BPF_ANY)) {
			int err = -errno;

			rfs_error("cannot make the ring to CPU %u: %s", cpu, strerror(-err));
			return err;
		}
	}
	return 0;
}

/* ---- attach ---- */

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
	return p->dev_flow < 0 ? p->dev_flow : p->rings < 0 ? p->rings : p->cpumap < 0 ? p->cpumap : 0;
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
	skel->rodata->shared_queues = config->mode == RFS_MODE_GENERIC;

	bpf_map__set_autocreate(skel->maps.dev_flow_queue, false);
	bpf_map__set_autocreate(skel->maps.ring_queue, false);
	err = bpf_map__reuse_fd(skel->maps.rps_sock_flow, r->sock_flow);
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
	err = pins_mkdir("%s/%s/%u", dir, RFS_PIN_QUEUE_MAPS, queue);
	if (!err)
		err = pins_put(cpumap, "%s/%s/%u/%s", dir, RFS_PIN_QUEUE_MAPS, queue,
			       RFS_PIN_CPUMAP);
	if (!err)
		err = pins_put(dev_flow, "%s/%s/%u/%s", dir, RFS_PIN_QUEUE_MAPS, queue,
			       RFS_PIN_DEV_FLOW);
	if (!err)
		err = pins_put(rings, "%s/%s/%u/%s", dir, RFS_PIN_QUEUE_MAPS, queue, RFS_PIN_RING);
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
		       const struct cpuset *cpus, struct rfs_config *config, int saved,
		       bool may_fall_back)
{
	struct xdp_attachment a = { .mode = config->mode };
	unsigned int nr_cpus = recorder_nr_cpus();
	struct rfs_steer *skel = rfs_steer__open();
	struct prototypes protos;
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
	else
		err = settings_clear(nif->name, saved, config->mode == RFS_MODE_NATIVE);
	if (err)
		goto out;
	/* Attached with its gate closed: it passes everything. */
	err = xdp_attach(skel, nif, dir, &a);
	if (err == -EOPNOTSUPP && may_fall_back) {
		settings_restore(nif->name, saved);
		goto out;
	}
	if (err) {
		xdp_attach_error(skel, nif, config->mode, err);
		goto out;
	}
	config->dispatcher = a.dispatcher;
	fd = bpf_map__fd(skel->maps.rfs_config);
	err = update_config(fd, config);
	if (!err)
		err = pin_maps(skel, dir);
	if (!err)
		err = pins_mkdir("%s/%s", dir, RFS_PIN_QUEUE_MAPS);
	for (__u32 q = 0; !err && q < config->queues; q++)
		err = add_queue(skel, dir, r, config, cpus, q, nr_cpus);
	if (!err)
		err = publish_cpus(bpf_map__fd(skel->maps.rps_cpus), fd, config, cpus);
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

int steer_attach(const struct netif *nif, const char *dir, const struct recorder *r,
		 const struct steer_opts *opts, struct rfs_config *config)
{
	struct netns ns;
	struct cpuset cpus = opts->cpus;
	int err, saved;

	memset(config, 0, sizeof(*config));
	config->abi = RFS_ABI;
	config->state = RFS_STATE_ATTACHING;
	config->ifindex = nif->ifindex;
	config->queues = nif->rx_queues;
	config->qsize = opts->qsize ? opts->qsize : QSIZE_DEFAULT;
	config->flow_cnt = opts->flow_cnt;
	strcpy(config->name, nif->name);
	if (!config->flow_cnt)
		config->flow_cnt = rfs_roundup_pow2((r->settings.sock_flow_entries +
						     config->queues - 1) / config->queues);
	err = netns_current(&ns);
	if (!err && !cpuset_count(&cpus))
		err = cpuset_online(&cpus);
	if (err) {
		rfs_error("cannot find out the network namespace and the online CPUs: %s",
			  strerror(-err));
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
		err = attach_mode(nif, dir, r, &cpus, config, saved, opts->mode == RFS_MODE_AUTO);
		if (err == -EOPNOTSUPP && opts->mode == RFS_MODE_AUTO) {
			rfs_warn("%s: driver %s has no native XDP; steering in generic mode, which "
				 "turns GRO off for the whole interface and costs more per packet",
				 nif->name, *nif->driver ? nif->driver : "(unknown)");
			config->mode = RFS_MODE_GENERIC;
			err = attach_mode(nif, dir, r, &cpus, config, saved, false);
		}
		close(saved);
	}
	if (err)
		steer_detach(dir);
	return err;
}

/* ---- detach ---- */

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Let flows leave their rings in order, until none has a frame in flight or the time is up. */
static void drain(const char *dir, int config_fd, struct rfs_config *config)
{
	long long limit = now_ms() + DRAIN_LIMIT_MS;
	unsigned int nr_cpus = recorder_nr_cpus();
	__u64 left;

	config->gate = RFS_GATE_DRAIN;
	if (update_config(config_fd, config))
		return;
	wait_for_polls();
	while ((left = rings_in_flight(dir, config->queues, nr_cpus))) {
		if (now_ms() >= limit) {
			rfs_warn("%s: %llu frames were still in flight after %d s; their flows may "
				 "see these behind later ones", dir, (unsigned long long)left,
				 DRAIN_LIMIT_MS / 1000);
			return;
		}
		usleep(1000);
	}
}

static void forget_rings(const char *dir, unsigned int queues)
{
	int rings = pins_get("%s", RFS_PIN_RINGS);

	if (rings < 0)
		return;
	for (unsigned int q = 0; q < queues; q++) {
		int fd = pins_get("%s/%s/%u/%s", dir, RFS_PIN_QUEUE_MAPS, q, RFS_PIN_CPUMAP);
		__u32 id;

		if (fd < 0)
			continue;
		if (!map_id(fd, &id))
			bpf_map_delete_elem(rings, &id);
		close(fd);
	}
	close(rings);
}

/* In the interface's network namespace: take the program off, restore the settings. */
static int detach_here(const char *dir, const struct rfs_config *config, const struct netns *ns)
{
	unsigned int ifindex = steer_ifindex(dir, config, ns);
	char name[IF_NAMESIZE];
	int saved, err;

	err = xdp_detach(ifindex, dir);
	if (!ifindex || !if_indextoname(ifindex, name))
		return err;
	saved = pins_get("%s/%s", dir, RFS_PIN_SAVED);
	if (saved >= 0) {
		settings_restore(name, saved);
		close(saved);
	}
	return err;
}

static int detach_in_netns(const char *dir, const struct rfs_config *config)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), err;
	struct netns ns;

	err = netns_current(&ns);
	if (err)
		goto out;
	if (config->netns_cookie && config->netns_cookie != ns.cookie) {
		err = netns_enter(config->netns_ino);
		if (!err)
			err = netns_current(&ns);
		if (err || ns.cookie != config->netns_cookie) {
			/* The namespace is gone, and its interface and settings with it. */
			memset(&ns, 0, sizeof(ns));
			err = 0;
		}
	}
	err = detach_here(dir, config, &ns);
	if (home >= 0 && setns(home, CLONE_NEWNET))
		rfs_warn("cannot return to the network namespace: %s", strerror(errno));
out:
	if (home >= 0)
		close(home);
	return err;
}

int steer_detach(const char *dir)
{
	struct rfs_config config = {};
	int fd, err;

	fd = pins_get("%s/%s", dir, RFS_PIN_CONFIG);
	if (fd >= 0 && !bpf_map_lookup_elem(fd, &zero, &config)) {
		config.state = RFS_STATE_DETACHING;
		drain(dir, fd, &config);
	}
	err = detach_in_netns(dir, &config);
	if (err)
		goto out;
	if (fd >= 0) {
		config.gate = RFS_GATE_CLOSED;
		update_config(fd, &config);
	}
	forget_rings(dir, config.queues);
	pins_remove("%s", dir);
out:
	if (fd >= 0)
		close(fd);
	return err;
}

/* ---- change, find ---- */

int steer_config(const char *dir, struct rfs_config *config)
{
	int fd = pins_get("%s/%s", dir, RFS_PIN_CONFIG), err = 0;

	memset(config, 0, sizeof(*config));
	if (fd < 0)
		return fd;
	if (bpf_map_lookup_elem(fd, &zero, config))
		err = -errno;
	else if (config->abi != RFS_ABI)
		err = -EPROTO;
	close(fd);
	return err;
}

int steer_set_cpus(const char *dir, const struct cpuset *cpus)
{
	struct rfs_config config;
	int err = steer_config(dir, &config), config_fd, cpus_fd;

	if (err || config.state != RFS_STATE_READY) {
		rfs_error("%s is not attached in full; attach or detach it first", dir);
		return err ? err : -EAGAIN;
	}
	for (unsigned int q = 0; !err && q < config.queues; q++) {
		int fd = pins_get("%s/%s/%u/%s", dir, RFS_PIN_QUEUE_MAPS, q, RFS_PIN_CPUMAP);

		if (fd < 0) {
			rfs_error("%s: the CPUMAP of RX queue %u is not pinned any more", dir, q);
			return fd;
		}
		/* Entries of CPUs that leave the set stay: slots may still lead there. */
		err = add_cpumap_entries(fd, cpus, config.qsize);
		close(fd);
	}
	if (err)
		return err;
	config_fd = pins_get("%s/%s", dir, RFS_PIN_CONFIG);
	cpus_fd = pins_get("%s/%s", dir, RFS_PIN_CPUS);
	if (config_fd < 0 || cpus_fd < 0) {
		err = -ENOENT;
		rfs_error("%s: the configuration is not pinned any more", dir);
	} else {
		err = publish_cpus(cpus_fd, config_fd, &config, cpus);
	}
	if (config_fd >= 0)
		close(config_fd);
	if (cpus_fd >= 0)
		close(cpus_fd);
	return err;
}

unsigned int steer_ifindex(const char *dir, const struct rfs_config *config,
			   const struct netns *here)
{
	char name[PIN_NAME_LEN];

	if (config->netns_cookie) {
		if (config->netns_cookie != here->cookie || !if_indextoname(config->ifindex, name))
			return 0;
		return config->ifindex;
	}
	/* A killed attach left no more than the folder; its name tells. */
	snprintf(name, sizeof(name), "%s", dir);
	name[strcspn(name, "@")] = 0;
	for (char *c = name; *c; c++)
		if (*c == ':')
			*c = '.';
	return if_nametoindex(name);
}

int steer_find(const char *name, const struct netns *here, char *dir)
{
	unsigned int ifindex = if_nametoindex(name);
	struct rfs_config config;
	int n, err = -ENOENT;
	char **dirs;

	n = pins_list("", true, &dirs);
	/* By ifindex first: an interface may have been renamed since. */
	for (int i = 0; err && ifindex && i < n; i++) {
		steer_config(dirs[i], &config);
		if (config.ifindex == ifindex && config.netns_cookie == here->cookie) {
			strcpy(dir, dirs[i]);
			err = 0;
		}
	}
	for (int pass = 0; err && pass < 2; pass++) {
		if (pass)
			snprintf(dir, PIN_NAME_LEN, "%s", name);
		else
			pins_iface_dir(dir, name, here);
		for (int i = 0; err && i < n; i++)
			if (!strcmp(dirs[i], dir))
				err = 0;
	}
	pins_free_list(dirs, n > 0 ? n : 0);
	return err;
}
