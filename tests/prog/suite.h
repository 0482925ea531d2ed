/* SPDX-License-Identifier: GPL-2.0-only */
/* suite.h - the list of tests, filled by the files that have them; each row is one test. */
#ifndef RFS_TEST_SUITE_H
#define RFS_TEST_SUITE_H

#include "bench.h"

/** run_on() - this CPU only, until the test ends, also if it fails */
void run_on(__u32 cpu);

/** suite_add() - add a test; both benches are reset before it runs */
void suite_add(const char *name, CMUnitTestFunction test, const void *row);

void add_row_tests(void);
void add_truncation_tests(void);
void add_fuzz_tests(void);
void add_state_tests(void);
void add_queue_tests(void);
void add_cpus_tests(void);
void add_ents_tests(void);
void add_here_tests(void);
void add_switch_tests(void);
void add_generic_tests(void);
void add_stack_tests(void);
void add_polls_tests(void);
void add_watch_tests(void);
void add_places_tests(void);
void add_cpumap_tests(void);

#endif /* RFS_TEST_SUITE_H */
