// SPDX-License-Identifier: GPL-2.0-only
/* recorder.c - load, pin, open and remove the recorder. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "host/cpuset.h"
#include "host/msg.h"
#include "maps/pins.h"
#include "recorder/recorder.h"
#include "maps/rings.h"
#include "maps/value.h"
#include "rfs/ents.h"
#include "rfs_recorder.skel.h"

/* Which programs of the object belong to one hook, and which may be missing. */
enum want {
	WANT_ALWAYS,
	WANT_IF_THERE,
	WANT_FENTRY,
	WANT_FENTRY_IF_THERE,
	WANT_TRACEPOINT,
};

static const struct {
	const char *program;
	enum want want;
} programs[] = {
	{ "tcp_recvmsg", WANT_FENTRY },
	{ "tcp_sendmsg", WANT_FENTRY },
	{ "tcp_splice_read", WANT_FENTRY_IF_THERE },
	{ "udp_recvmsg", WANT_FENTRY },
	{ "udp_sendmsg", WANT_FENTRY },
	{ "udpv6_recvmsg", WANT_FENTRY_IF_THERE }, /* a kernel without IPv6 */
	{ "udpv6_sendmsg", WANT_FENTRY_IF_THERE },
	{ "inet_accept", WANT_FENTRY_IF_THERE },
	{ "inet_unhash", WANT_FENTRY_IF_THERE },
	{ "udp_lib_unhash", WANT_FENTRY_IF_THERE },
	{ "__udp_disconnect", WANT_FENTRY_IF_THERE },
	{ "sock_recv_length", WANT_TRACEPOINT },
	{ "sock_send_length", WANT_TRACEPOINT },
	{ "inet_sock_set_state", WANT_TRACEPOINT },
	{ "xdp_cpumap_kthread", WANT_ALWAYS },
	{ "xdp_cpumap_enqueue", WANT_ALWAYS },
	{ "xdp_redirect_err", WANT_IF_THERE },
	{ "xdp_redirect_map_err", WANT_IF_THERE },
	{ "napi_poll", WANT_ALWAYS },
};

#define N_PROGRAMS (sizeof(programs) / sizeof(programs[0]))

const char *recorder_hook_name(unsigned int hook)
{
	return hook == RFS_HOOK_FENTRY ? "fentry" : "tracepoint";
}

unsigned int recorder_nr_cpus(void)
{
	struct cpuset possible;
	unsigned int n = 1;

	if (!cpuset_possible(&possible)) {
		cpuset_for_each(cpu, &possible) n = cpu + 1;
	}
	return n;
}

/*
 * Does the running kernel have what the program attaches to? libbpf_find_vmlinux_btf_id() would
 * answer, but reads all of the kernel's BTF for each question.
 */
static bool target_exists(const struct btf *btf, const struct bpf_program *prog)
{
	const char *target = strchr(bpf_program__section_name(prog), '/') + 1;
	char tracepoint[80];

	if (bpf_program__expected_attach_type(prog) != BPF_TRACE_RAW_TP)
		return btf__find_by_name_kind(btf, target, BTF_KIND_FUNC) > 0;
	snprintf(tracepoint, sizeof(tracepoint), "btf_trace_%s", target);
	return btf__find_by_name_kind(btf, tracepoint, BTF_KIND_TYPEDEF) > 0;
}

/* The kernel's bits of napi_struct.state are an enum without a name, which CO-RE cannot find. */
static int enumerator(const struct btf *btf, const char *name)
{
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (!btf_is_enum(t) || t->name_off)
			continue;
		for (int i = 0; i < btf_vlen(t); i++)
			if (!strcmp(btf__name_by_offset(btf, btf_enum(t)[i].name_off), name))
				return btf_enum(t)[i].val;
	}
	return -ENOENT;
}

static bool is_of_hook(enum want want, unsigned int hook)
{
	if (want == WANT_FENTRY || want == WANT_FENTRY_IF_THERE)
		return hook == RFS_HOOK_FENTRY;
	return want != WANT_TRACEPOINT || hook == RFS_HOOK_TRACEPOINT;
}

static bool may_be_missing(enum want want)
{
	return want == WANT_IF_THERE || want == WANT_FENTRY_IF_THERE;
}

static int choose_programs(struct bpf_object *obj, const struct btf *btf, unsigned int hook)
{
	int err = 0;

	for (size_t i = 0; !err && i < N_PROGRAMS; i++) {
		struct bpf_program *prog =
			bpf_object__find_program_by_name(obj, programs[i].program);
		bool load = is_of_hook(programs[i].want, hook);

		if (load && !target_exists(btf, prog)) {
			if (!may_be_missing(programs[i].want))
				err = -ENOENT;
			load = false;
		}
		bpf_program__set_autoload(prog, load);
	}
	return err;
}

/* What is taken from the running kernel before the object is loaded. */
static int fit_kernel(struct rfs_recorder *skel, unsigned int hook)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int err = libbpf_get_error(btf), bit;

	if (err)
		return err;
	err = choose_programs(skel->obj, btf, hook);
	bit = enumerator(btf, "NAPI_STATE_IN_BUSY_POLL");
	if (bit >= 0)
		skel->rodata->napi_busy_poll = 1UL << bit;
	btf__free(btf);
	return err;
}

static int load(unsigned int hook, const struct rfs_global *settings, struct rfs_recorder **out)
{
	unsigned int nr_cpus = recorder_nr_cpus();
	struct rfs_recorder *skel = rfs_recorder__open();
	int proto, threads, err;

	if (!skel)
		return -errno;
	/* Rings are made per RX queue; the map of them only needs to know their kind. */
	proto = queue_rings(nr_cpus);
	threads = rings_threads(nr_cpus);
	err = proto < 0 ? proto : threads < 0 ? threads : 0;
	if (err)
		goto fail;
	memcpy((void *)skel->rodata->hash_key, settings->hash_key, sizeof(settings->hash_key));
	skel->rodata->nr_cpus = nr_cpus;
	skel->rodata->sock_sets = rps_sets(settings->sock_flow_entries);
	err = bpf_map__set_max_entries(skel->maps.rps_sock_flow, settings->sock_flow_entries);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.rps_sock_ents, skel->rodata->sock_sets);
	if (!err)
		err = bpf_map__set_inner_map_fd(skel->maps.rings, proto);
	if (!err)
		err = bpf_map__set_inner_map_fd(skel->maps.threads, threads);
	if (!err)
		err = fit_kernel(skel, hook);
	if (!err)
		err = rfs_recorder__load(skel);
	if (!err)
		err = rfs_recorder__attach(skel);
fail:
	if (proto >= 0)
		close(proto);
	if (threads >= 0)
		close(threads);
	if (err)
		rfs_recorder__destroy(skel);
	else
		*out = skel;
	return err;
}

static int load_error(int err, unsigned int hook)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		rfs_error("this kernel has no BTF of itself (/sys/kernel/btf/vmlinux); it must be "
			  "built with CONFIG_DEBUG_INFO_BTF");
	else if (err == -EPERM && geteuid())
		rfs_error("loading BPF programs needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN; "
			  "run as root");
	else if (err == -EPERM && hook == RFS_HOOK_FENTRY)
		rfs_error("this kernel refuses fentry programs (locked down?); take "
			  "--recorder tracepoint or auto");
	else if (err == -EPERM)
		rfs_error("the kernel refuses BPF tracing programs: capabilities are missing, or "
			  "it is locked down to confidentiality");
	else if (err == -ENOENT && hook == RFS_HOOK_TRACEPOINT)
		rfs_error("this kernel lacks the tracepoints sock_recv_length and "
			  "sock_send_length (Linux 6.3); take --recorder fentry or auto");
	else if (err == -ENOENT)
		rfs_error("this kernel lacks functions or tracepoints that the recorder attaches "
			  "to (Linux 6.1 or later is needed)");
	else if (err == -ENOMEM)
		rfs_error("no memory for the recorder's maps; try fewer --sock-flow-entries");
	else
		rfs_error("cannot load the recorder: %s%s%s", strerror(-err),
			  *rfs_libbpf_last() ? "; " : "", rfs_libbpf_last());
	return err;
}

static int pin_all(struct rfs_recorder *skel, const struct rfs_global *settings)
{
	const struct {
		const struct bpf_map *map;
		const char *pin;
	} maps[] = {
		{ skel->maps.rfs_global, RFS_PIN_GLOBAL },
		{ skel->maps.rps_sock_flow, RFS_PIN_SOCK_FLOW },
		{ skel->maps.rps_sock_ents, RFS_PIN_SOCK_ENTS },
		{ skel->maps.rfs_locality, RFS_PIN_LOCALITY },
		{ skel->maps.rings, RFS_PIN_RINGS },
		{ skel->maps.threads, RFS_PIN_THREADS },
		{ skel->maps.rfs_napi, RFS_PIN_NAPI },
	};
	struct rfs_global ready = *settings;
	__u32 zero = 0;
	int err;

	err = pins_mkdir("%s", "");
	if (!err)
		err = pins_mkdir("%s", RFS_PIN_RECORDER_DIR);
	for (size_t i = 0; !err && i < sizeof(maps) / sizeof(maps[0]); i++)
		err = pins_put(bpf_map__fd(maps[i].map), "%s", maps[i].pin);
	for (int i = 0; !err && i < skel->skeleton->prog_cnt; i++) {
		struct bpf_link *link = *skel->skeleton->progs[i].link;

		if (link)
			err = pins_put(bpf_link__fd(link), "%s/%s", RFS_PIN_RECORDER_DIR,
				       skel->skeleton->progs[i].name);
	}
	if (err)
		return err;
	ready.ready = 1;
	return bpf_map_update_elem(bpf_map__fd(skel->maps.rfs_global), &zero, &ready, BPF_ANY)
		       ? -errno
		       : 0;
}

int recorder_start(const struct recorder_opts *opts, bool pin, struct recorder *r)
{
	struct rfs_global settings = {
		.abi = RFS_ABI,
		.hook = opts->hook,
		.sock_flow_entries = opts->sock_flow_entries ? opts->sock_flow_entries
							     : SOCK_FLOW_ENTRIES_DEFAULT,
	};
	struct rfs_recorder *skel = NULL;
	__u32 zero = 0;
	int err;

	if (getrandom(settings.hash_key, sizeof(settings.hash_key), 0) !=
	    sizeof(settings.hash_key)) {
		rfs_error("no random numbers for the hash key: %s", strerror(errno));
		return -EIO;
	}
	if (!opts->hook)
		settings.hook = RFS_HOOK_FENTRY;
	err = load(settings.hook, &settings, &skel);
	if (err && !opts->hook && err != -ENOMEM) {
		settings.hook = RFS_HOOK_TRACEPOINT;
		err = load(settings.hook, &settings, &skel);
	}
	if (err || !skel)
		return load_error(err, settings.hook);

	if (bpf_map_update_elem(bpf_map__fd(skel->maps.rfs_global), &zero, &settings, BPF_ANY))
		err = -errno;
	if (!err && pin)
		err = pin_all(skel, &settings);
	if (err) {
		rfs_recorder__destroy(skel);
		if (pin)
			recorder_remove();
		return err;
	}
	r->settings = settings;
	r->global = dup(bpf_map__fd(skel->maps.rfs_global));
	r->sock_flow = dup(bpf_map__fd(skel->maps.rps_sock_flow));
	r->sock_ents = dup(bpf_map__fd(skel->maps.rps_sock_ents));
	r->locality = dup(bpf_map__fd(skel->maps.rfs_locality));
	r->rings = dup(bpf_map__fd(skel->maps.rings));
	r->threads = dup(bpf_map__fd(skel->maps.threads));
	r->napi = dup(bpf_map__fd(skel->maps.rfs_napi));
	/* Pinned links stay; those of an unpinned recorder must live as long as this process. */
	if (pin)
		rfs_recorder__destroy(skel);
	return 0;
}

/* A map that is not there is of a start that was cut short; one that cannot be opened is there. */
static int worst_of(const struct recorder *r)
{
	const int fds[] = {
		r->sock_flow, r->sock_ents, r->locality, r->rings, r->threads, r->napi
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] < 0 && (!err || err == -EAGAIN))
			err = fds[i] == -ENOENT ? -EAGAIN : fds[i];
	return err;
}

int recorder_open(struct recorder *r)
{
	struct recorder open = { -1, -1, -1, -1, -1, -1, -1, {} };
	int err;

	*r = open;
	r->global = pins_get("%s", RFS_PIN_GLOBAL);
	if (r->global == -ENOENT)
		return r->global;
	if (r->global == -EPERM || r->global == -EACCES) {
		rfs_error("not allowed to open what is pinned in %s/%s: CAP_BPF is needed; run as "
			  "root",
			  env.bpffs, RFS_PIN_DIR);
		return r->global;
	}
	err = r->global;
	/* Another version's may be longer. */
	if (err >= 0)
		err = value_read(r->global, 0, &r->settings, sizeof(r->settings));
	if (!err && !r->settings.ready)
		err = -EAGAIN;
	else if (!err && r->settings.abi != RFS_ABI)
		err = -EPROTO;
	if (err)
		goto fail;
	r->sock_flow = pins_get("%s", RFS_PIN_SOCK_FLOW);
	r->sock_ents = pins_get("%s", RFS_PIN_SOCK_ENTS);
	r->locality = pins_get("%s", RFS_PIN_LOCALITY);
	r->rings = pins_get("%s", RFS_PIN_RINGS);
	r->threads = pins_get("%s", RFS_PIN_THREADS);
	r->napi = pins_get("%s", RFS_PIN_NAPI);
	err = worst_of(r);
	if (!err)
		return 0;
fail:
	recorder_close(r);
	if (err != -EAGAIN && err != -EPROTO)
		rfs_error("cannot open the recorder's maps in %s/%s: %s", env.bpffs, RFS_PIN_DIR,
			  strerror(-err));
	return err;
}

void recorder_close(struct recorder *r)
{
	int *fds[] = { &r->global, &r->sock_flow, &r->sock_ents, &r->locality,
		       &r->rings,  &r->threads,	  &r->napi };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/* All that is not an interface's, whatever version called it. */
static int remove_maps(void)
{
	char **all;
	int n = pins_list("", false, &all), err = n < 0 ? n : 0;

	for (int i = 0; i < n; i++) {
		int one = pins_is_iface_dir(all[i]) ? 0 : pins_remove("%s", all[i]);

		err = err ? err : one;
	}
	pins_free_list(all, n > 0 ? n : 0);
	return err;
}

int recorder_remove(void)
{
	/* The programs first, so that none runs on maps that nobody finds any more. */
	int err = pins_remove("%s", RFS_PIN_RECORDER_DIR);

	if (!err)
		err = remove_maps();
	if (!err)
		pins_remove_root();
	return err;
}

/* 1 or 0; -errno if that cannot be told. */
static int is_running(const char *program)
{
	int fd = pins_get("%s/%s", RFS_PIN_RECORDER_DIR, program), running = 1;
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		running = -errno;
	close(fd);
	return running;
}

/* Of a program that may be missing: does it run wherever the kernel has what it attaches to? */
static int has_target(const char *program)
{
	struct rfs_recorder *skel = rfs_recorder__open();
	struct btf *btf = btf__load_vmlinux_btf();
	int err = libbpf_get_error(btf), has = err;

	if (!skel)
		has = -ENOMEM;
	else if (!err)
		has = target_exists(btf, bpf_object__find_program_by_name(skel->obj, program));
	if (!err)
		btf__free(btf);
	rfs_recorder__destroy(skel);
	return has;
}

int recorder_stopped(unsigned int hook, const char *names[RECORDER_PROGRAMS_MAX])
{
	int n = 0;

	_Static_assert(N_PROGRAMS <= RECORDER_PROGRAMS_MAX, "room for the names");
	for (size_t i = 0; i < N_PROGRAMS; i++) {
		const char *program = programs[i].program;
		int running;

		if (!is_of_hook(programs[i].want, hook))
			continue;
		running = is_running(program);
		/* The kernel's BTF is long to read; mostly there is no need to. */
		if (!running && may_be_missing(programs[i].want)) {
			int has = has_target(program);

			running = has < 0 ? has : !has;
		}
		if (running < 0)
			return running;
		if (!running)
			names[n++] = program;
	}
	return n;
}
