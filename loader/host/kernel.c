// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel.c - how the running kernel was built, told by its types.
 *
 * They are always there, as the recorder cannot be loaded without. /proc/config.gz often is not,
 * /sys/kernel/realtime came to kernels without the RT patches late, and uname -v is free text.
 */
#include <errno.h>
#include <string.h>

#include <bpf/btf.h>

#include "host/kernel.h"

/* With CONFIG_PREEMPT_RT a spinlock_t is an rt_mutex, include/linux/spinlock_types.h. */
int btf_is_rt(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "spinlock", BTF_KIND_STRUCT);
	const struct btf_type *lock = id > 0 ? btf__type_by_id(btf, id) : NULL;
	const struct btf_member *m = lock ? btf_members(lock) : NULL;

	if (!m || !btf_vlen(lock))
		return -ENOENT;
	for (int i = 0; i < btf_vlen(lock); i++) {
		const struct btf_type *t = btf__type_by_id(btf, m[i].type);

		if (btf_is_struct(t) &&
		    !strcmp(btf__name_by_offset(btf, t->name_off), "rt_mutex_base"))
			return 1;
	}
	return 0;
}

int kernel_is_rt(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int rt;

	if (!btf)
		return -errno;
	rt = btf_is_rt(btf);
	btf__free(btf);
	return rt;
}
