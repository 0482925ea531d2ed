// SPDX-License-Identifier: GPL-2.0-only
/* tag.c - unit tests of rfs/tag.h: what a frame carries through a CPU's ring. */
#include "unit.h"
#include "rfs/tag.h"

/* Whatever has a tag gets its queue and EtherType back; no two have the same. */
static void test_all(void **state)
{
	static __u8 seen[RFS_TAG_NONE + 1];
	__u32 n = 0;

	(void)state;
	for (__u32 queue = 0; queue <= RFS_TAG_QUEUES; queue += queue < 40 ? 1 : 37) {
		for (__u32 type = 0; type <= 0xffff; type++) {
			__u16 tag = rfs_tag(queue, type);

			if (tag == RFS_TAG_NONE)
				continue;
			n += queue == 0;
			assert_int_equal(rfs_tag_queue(tag), queue);
			assert_int_equal(rfs_tag_eth_type(tag), type);
			assert_int_equal(seen[tag]++, 0);
		}
	}
	assert_int_equal(n, 5);
}

static void test_none(void **state)
{
	(void)state;
	assert_int_equal(rfs_tag(0, ETH_P_ARP), RFS_TAG_NONE);
	assert_int_not_equal(rfs_tag(RFS_TAG_QUEUES - 1, ETH_P_PPP_SES), RFS_TAG_NONE);
	assert_int_equal(rfs_tag(RFS_TAG_QUEUES, ETH_P_IP), RFS_TAG_NONE);
	assert_int_equal(rfs_tag(0xffffffff, ETH_P_IP), RFS_TAG_NONE);
	assert_int_equal(rfs_tag_eth_type(RFS_TAG_NONE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("tag", tests, NULL, NULL);
}
