// SPDX-License-Identifier: GPL-2.0-only
#include "pace.h"
#include "run.h"

/* A sender that was held up catches up on no more than this. */
#define CATCH_UP_NS	(10 * NSEC_PER_MSEC)

/* Pauses and the load between them: around this, so that rings drain and fill. */
#define ONOFF_NS	(5 * NSEC_PER_MSEC)

/* A sweep goes from the least to the most and back in this time. */
#define SWEEP_NS	(2 * NSEC_PER_SEC)

void pacer_init(struct pacer *p, const struct opts *o, uint64_t share, unsigned int index)
{
	*p = (struct pacer) {
		.gap_ns = o->rate ? 1e9 * o->flows / ((double)o->rate * share) : 0,
		.pattern = o->pattern,
		.start_ns = now_ns(),
		.rng = rng_seed(index),
	};
	p->due_ns = p->start_ns;
	p->pause_ns = p->start_ns + rng_around(&p->rng, ONOFF_NS);
}

static double gap_at(struct pacer *p, uint64_t now)
{
	double at;

	switch (p->pattern) {
	case PATTERN_ONOFF:
		/* Half of the time is pauses: twice the load keeps the rate. */
		return p->gap_ns / 2;
	case PATTERN_SWEEP:
		at = (double)((now - p->start_ns) % SWEEP_NS) / SWEEP_NS;
		return p->gap_ns / (0.1 + 1.8 * (at < 0.5 ? 2 * at : 2 - 2 * at));
	default:
		return p->gap_ns;
	}
}

bool pacer_wait(struct pacer *p, uint64_t units)
{
	uint64_t now = now_ns();

	if (p->pattern == PATTERN_ONOFF && now >= p->pause_ns) {
		p->due_ns = now + rng_around(&p->rng, ONOFF_NS);
		p->pause_ns = p->due_ns + rng_around(&p->rng, ONOFF_NS);
	}
	if (p->due_ns > now)
		run_sleep_until(p->due_ns);
	else if (now - p->due_ns > CATCH_UP_NS)
		p->due_ns = now - CATCH_UP_NS;

	p->due_ns += gap_at(p, now) * units;
	return !run_over();
}
