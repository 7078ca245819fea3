/*
 * upkeep.h: what the logger does between rounds, a slice of a few milliseconds at a time: old
 * messages go, their room is given back to the disk, and what other processes wrote is copied into
 * the file.
 */
#ifndef CHAT_UPKEEP_H
#define CHAT_UPKEEP_H

#include "logger/reckoning.h"
#include "store/store.h"

enum upkeep_phase {
	UPKEEP_REST,
	UPKEEP_AGE,    /* messages older than `days` */
	UPKEEP_ROOMS,  /* those of rooms that have more than `messages` */
	UPKEEP_SHRINK, /* empty pages */
};

/* All zero but for the first two, and what time it should be: as it is at the start. */
struct upkeep {
	int64_t days, messages; /* 0: keep all */
	struct reckoning clock; /* who doubts it deletes nothing by age */
	enum upkeep_phase phase;
	int64_t next_at;  /* monotonic ms: not before */
	int64_t tidy_at;  /* the same, for store_tidy() */
	int64_t cursor;	  /* of UPKEEP_AGE */
	int64_t left;	  /* empty pages after the last slice; -1: not known */
	int64_t deleted;  /* since the log told of it, once a day */
	bool told;	  /* that it fails; until a whole pass went well */
	int64_t doubt_at; /* monotonic ms of when a doubt of the clock was told last; 0: of none */
};

/* How long the logger may wait for messages: at most `ms`. */
int upkeep_wait_ms(const struct upkeep *upkeep, int64_t now, int ms);

/*
 * Does the next slice where it is due; `now` is monotonic ms. `waited_for`: a message has come in,
 * so only what has waited long is done. False: the store has to be opened again; the log says why.
 */
bool upkeep_run(struct upkeep *upkeep, struct store *store, int64_t now, bool waited_for);

#endif
