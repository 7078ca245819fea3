/*
 * keeper.h: how batches get into the database while the logger runs: what is told of it where that
 * fails, and how the database comes back afterwards.
 */
#ifndef CHAT_KEEPER_H
#define CHAT_KEEPER_H

#include "logger/batch.h"

/* The first three are the owner's to set, and the batch to close; the rest is zero at the start. */
struct keeper {
	const char *path;
	struct batch *batch;
	struct store *store; /* NULL: it has to be opened again */
	bool known;	     /* it has stored before, so the broker has had a session for it */
	bool wal_warned;     /* of a reader that holds back the -wal file */
	int64_t alive;	     /* monotonic ms of the last sign of life that was tried to store */
	char error[STORE_ERROR_SIZE]; /* of the last batch; empty where it was stored */
};

/* Opens the store where it is not open. False where that fails, which is logged. */
bool keeper_need(struct keeper *keeper);

/*
 * Stores the batch, see batch_store(); the store has to be open. False where that fails, which is
 * logged once; then it was opened again, or is not open.
 */
bool keeper_store(struct keeper *keeper);

/* Closes the store, because what is on the disk is not known until it is opened again; or for good.
 */
void keeper_close(struct keeper *keeper);

#endif
