/*
 * journal.h: what the log tells of messages: who was rejected and why, so many lines a minute at
 * most; and, while there are messages, once a minute how many were stored. Texts are never logged.
 */
#ifndef CHAT_JOURNAL_H
#define CHAT_JOURNAL_H

#include "store/store.h"

enum {
	JOURNAL_MINUTE_MS = 60000,
	JOURNAL_REJECTED_LINES = 10, /* a minute; those above are counted */
	JOURNAL_ROOMS = 8,	     /* that are named in a minute's line */
};

/* All zero: nothing has happened. */
struct journal {
	int64_t newest; /* the highest id so far: what comes with a lower one was stored before */
	int64_t began;	/* monotonic ms of the first message that the next line counts */
	int64_t stored, repeated, rejected;
	char rooms[JOURNAL_ROOMS][MESSAGE_ROOM_MAX + 1];
	int room_count;
	bool more_rooms; /* than have a place in `rooms` */
};

/*
 * Takes notice of the entries of a batch that was stored at `now` (monotonic ms), and logs what was
 * rejected. At the level debug each of the others gets a line as well.
 */
void journal_note(
    struct journal *journal, const struct store_entry *entries, size_t count, int64_t now);

/* Logs what there was since the last time, where there was something, and a minute is over. */
void journal_tell(struct journal *journal, int64_t now);

/* The same, whether a minute is over or not. */
void journal_end(struct journal *journal, int64_t now);

#endif
