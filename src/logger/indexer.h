/*
 * indexer.h: when the logger puts messages into the index of the search. Never before their
 * acknowledgement, and best when there is nothing else to do; but what waits is bounded, because
 * each search has to go through it.
 */
#ifndef CHAT_INDEXER_H
#define CHAT_INDEXER_H

#include "store/store.h"

enum {
	INDEXER_SLICE = 250,	   /* messages in a transaction: a few milliseconds */
	INDEXER_IDLE = 500,	   /* that many wait before it is worth a slice in a quiet moment */
	INDEXER_BUSY = 5000,	   /* beyond that many, there is a large one at any time: */
	INDEXER_BUSY_SLICE = 2500, /* two full batches and more, to catch up */
	INDEXER_UNMERGED = 64, /* so many of those are not merged until there is a quiet moment */
	INDEXER_MERGE_PAGES = 64, /* that are merged in a transaction then: a few milliseconds */
	INDEXER_RETRY_MS = 600000,
};

struct indexer {
	int64_t not_before; /* monotonic ms: it failed, and is tried again then */
	bool failed;	    /* last time; told once */
};

/* Whether there is something to do in a quiet moment. */
bool indexer_due(const struct indexer *indexer, const struct store *store);

/*
 * Does what is due: a slice where it is `quiet`, and more where too much waits. To be called when
 * all that is stored is acknowledged. A failure is logged, and keeps nobody from storing; then it
 * returns false, and the store has to be opened again.
 */
bool indexer_run(struct indexer *indexer, struct store *store, bool quiet);

#endif
