// SPDX-License-Identifier: GPL-2.0-only
/* cpus.c - the CPUs that an interface's packets may go to: chosen, given rings, published. */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "host/msg.h"
#include "iface/internal.h"
#include "iface/polls.h"
#include "maps/rps_cpus.h"

int publish_cpus(int cpus_fd, int config_fd, struct rfs_config *config, const struct cpuset *cpus,
		 const struct cpuset *wanted)
{
	struct rfs_config next = *config;
	int err;

	next.active = !config->active;
	/* The last change may have left polls that still read the set which is not in use. */
	err = wait_for_polls();
	if (err) {
		rfs_error("cannot wait until the CPU list is out of use: %s", strerror(-err));
		return err;
	}
	err = rps_cpus_write(cpus_fd, next.active, cpus, wanted);
	if (!err)
		err = update_config(config_fd, &next);
	if (!err)
		*config = next;
	return err;
}

int usable_cpus(const struct cpuset *wanted, struct cpuset *usable)
{
	struct cpuset online, isolated = {}, none;
	int err = cpuset_online(&online);

	if (err) {
		rfs_error("cannot find out which CPUs are online: %s", strerror(-err));
		return err;
	}
	if (!cpuset_count(wanted))
		err = cpuset_isolated(&isolated);
	if (err) {
		rfs_error("cannot find out which CPUs are isolated: %s; --cpus names them",
			  strerror(-err));
		return err;
	}
	*usable = cpuset_usable(wanted, &online, &isolated);
	none = cpuset_and(usable, &isolated);
	if (cpuset_count(&none))
		rfs_warn("all CPUs that are online are isolated; steering to all of them");
	none = cpuset_and(usable, wanted);
	if (cpuset_count(wanted) && !cpuset_count(&none))
		rfs_warn("none of the CPUs to steer to is online; steering to all that are");
	return 0;
}

int add_cpumap_entries(int cpumap, int prog, const struct cpuset *cpus, unsigned int qsize)
{
	struct bpf_cpumap_val value = { .qsize = qsize, .bpf_prog.fd = prog };

	cpuset_for_each(cpu, cpus)
	{
		struct bpf_cpumap_val old;
		__u32 key = cpu;

		/* Replacing a live entry would start a second kthread while the first drains. */
		bool is_there = !bpf_map_lookup_elem(cpumap, &key, &old);

		if (is_there && old.qsize)
			continue;
		if ((!is_there && errno != ENOENT) ||
		    bpf_map_update_elem(cpumap, &key, &value, BPF_ANY)) {
			int err = -errno;

			rfs_error("cannot make the ring to CPU %u: %s", cpu, strerror(-err));
			return err;
		}
	}
	return 0;
}
