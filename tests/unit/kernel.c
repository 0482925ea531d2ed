// SPDX-License-Identifier: GPL-2.0-only
/* kernel.c - is it a PREEMPT_RT kernel? By this one's types, and by such as others have. */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "host/kernel.h"
#include "unit.h"

/* What uname says is free text, but the kernels that tests run on say it. */
static void test_running(void **state)
{
	struct utsname u;

	(void)state;
	uname(&u);
	assert_int_equal(kernel_is_rt(), !!strstr(u.version, "PREEMPT_RT"));
}

/* spinlock_t with one member of this type */
static struct btf *kernel_with(const char *type, const char *lock)
{
	struct btf *btf = btf__new_empty();
	int member;

	assert_non_null(btf);
	member = btf__add_struct(btf, type, 4);
	btf__add_struct(btf, lock, 4);
	btf__add_field(btf, "lock", member, 0, 0);
	return btf;
}

static void test_types(void **state)
{
	static const struct {
		const char *type, *lock;
		int rt;
	} rows[] = {
		{ "rt_mutex_base", "spinlock", 1 },
		{ "raw_spinlock", "spinlock", 0 },
		{ "rt_mutex_base", "rwlock", -ENOENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct btf *btf = kernel_with(rows[i].type, rows[i].lock);

		assert_int_equal(btf_is_rt(btf), rows[i].rt);
		btf__free(btf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_running),
		cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests_name("kernel", tests, NULL, NULL);
}
