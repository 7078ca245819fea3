/*
 * signs.h: what the logger's signs of life tell, whatever the store: whether it lives, and whether
 * its clock is in doubt. Everybody who says that it is well asks here.
 */
#ifndef CHAT_SIGNS_H
#define CHAT_SIGNS_H

#include "store/store.h"

enum signs_life {
	SIGNS_ALIVE,
	SIGNS_NEVER,  /* it has given none yet */
	SIGNS_SILENT, /* the last one is too old */
	SIGNS_AHEAD,  /* the last one is in the future: the clock was set back, and none came since
		       */
};

/*
 * `now` is in ms since 1970, UTC. A logger that lives gives a new sign within a second after the
 * clock was set back.
 */
enum signs_life signs_life(const struct store_signs *signs, int64_t now);

/* The age of the last sign, in seconds; 0 for one in the future, -1 where there is none. */
int64_t signs_age(const struct store_signs *signs, int64_t now);

/* Whether `ts` lies within `span` ms of `now`, on either side: clocks were wrong, too. */
bool signs_within(int64_t ts, int64_t now, int64_t span);

/*
 * How far the clock was ahead of the logger's reckoning when it gave the last sign, in ms; 0 where
 * the logger did not doubt it. While it does, it deletes nothing by age.
 */
int64_t signs_doubt(const struct store_signs *signs);

#endif
