#include "logger/reckoning.h"

#define DAY_MS 86400000LL
#define LIVED_MAX_MS 600000 /* between two calls; in more, the machine slept */

int64_t reckoning_ahead_max(int64_t days)
{
	return days < 60 ? days * DAY_MS / 2 : 30 * DAY_MS;
}

/* Behind for a whole day, it is the reckoning that was wrong: a clock that was ahead was believed.
 */
static bool behind_for_long(struct reckoning *r, int64_t clock, int64_t lived)
{
	r->behind = clock < r->at ? r->behind + lived : 0;
	return r->behind > DAY_MS;
}

void reckoning_keep(struct reckoning *r, int64_t clock, int64_t monotonic)
{
	int64_t lived = r->monotonic ? monotonic - r->monotonic : 0;
	if (lived > LIVED_MAX_MS)
		lived = 0;
	r->monotonic = monotonic;
	r->at = r->at ? r->at + lived : clock;
	r->doubted = r->ahead_max && clock - r->at > r->ahead_max;
	if (behind_for_long(r, clock, lived) || (clock > r->at && !r->doubted))
		reckoning_accept(r, clock);
}

void reckoning_accept(struct reckoning *r, int64_t clock)
{
	r->at = clock;
	r->behind = 0;
	r->doubted = false;
}
