/*
 * reckoning.h: what time it should be: the time of the logger's last sign of life, and what the
 * monotonic clock has counted since. A clock that is far ahead of that is wrong, or the machine was
 * off for long; nothing is deleted by its age until somebody has said which.
 */
#ifndef CHAT_RECKONING_H
#define CHAT_RECKONING_H

#include <stdbool.h>
#include <stdint.h>

/* All zero but for the first two: as it is at the start. */
struct reckoning {
	int64_t at;	   /* ms since 1970, UTC: what time it should be; 0: not known */
	int64_t ahead_max; /* ms: a clock that is further ahead is doubted; 0: none is */
	int64_t monotonic; /* ms, when it was `at`; 0: not yet */
	int64_t behind;	   /* ms, for which the clock has been behind */
	bool doubted;
};

/*
 * How far the clock may be ahead, in ms, where messages are kept for so many days: half of them, so
 * that half of the messages outlast a clock that is wrong, and at most 30.
 */
int64_t reckoning_ahead_max(int64_t days);

/* To be called at least every ten minutes, with what both clocks say, in ms. Sets `doubted`. */
void reckoning_keep(struct reckoning *r, int64_t clock, int64_t monotonic);

/* The clock is right. */
void reckoning_accept(struct reckoning *r, int64_t clock);

#endif
