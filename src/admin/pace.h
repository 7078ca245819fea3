/*
 * pace.h: how an editor writes beside a logger that people wait for: in transactions of a few
 * milliseconds, with pauses in between; faster while nobody says anything, and at full speed where
 * no logger runs.
 */
#ifndef CHAT_PACE_H
#define CHAT_PACE_H

#include "store/store.h"

struct pace {
	struct store *store;
	const char *database;
	int rows;	  /* how many in the next transaction */
	bool alone;	  /* no logger runs */
	int64_t asked_at; /* whether that is so, monotonic us; 0: never */
	int64_t newest;	  /* message after the last slice */
	int64_t talk_at;  /* when somebody else stored one, monotonic us */
};

/* One transaction, of at most `rows`. */
typedef enum store_status pace_slice_fn(void *arg, int rows);

/*
 * Runs one slice and waits as long as is fair. Where the database is busy it tries again for a
 * minute.
 */
enum store_status pace_slice(struct pace *pace, pace_slice_fn *slice, void *arg);

#endif
