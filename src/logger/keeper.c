#include "logger/keeper.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

#define WAL_WARN_BYTES (128LL * 1024 * 1024)

/* One line when it fails, or fails otherwise, and one when it is well again. */
static void note(struct keeper *keeper, const char *error)
{
	if (error[0] && strcmp(error, keeper->error) != 0)
		log_error("%s; nothing is acknowledged meanwhile, and the broker keeps it", error);
	if (!error[0] && keeper->error[0])
		log_info("the database can be written again");
	snprintf(keeper->error, sizeof(keeper->error), "%s", error);
}

void keeper_close(struct keeper *keeper)
{
	store_close(keeper->store);
	keeper->store = NULL;
}

/* Returns false with the reason in `error`, which is left alone otherwise. */
static bool open_store(struct keeper *keeper, char error[STORE_ERROR_SIZE])
{
	if (store_open(&keeper->store, keeper->path, STORE_WRITER, error))
		return false;
	if (batch_restore(keeper->batch, keeper->store, &keeper->known) == STORE_OK)
		return true;
	snprintf(error, STORE_ERROR_SIZE, "%s", store_error(keeper->store));
	keeper_close(keeper);
	return false;
}

bool keeper_need(struct keeper *keeper)
{
	char error[STORE_ERROR_SIZE];
	if (keeper->store || open_store(keeper, error))
		return true;
	note(keeper, error);
	return false;
}

/*
 * What a failed transaction has left in the file shows only when it is opened again; and if that
 * fails, it tells the cause better than the transaction did.
 */
static void after_failure(struct keeper *keeper, enum store_status status)
{
	char error[STORE_ERROR_SIZE];
	snprintf(error, sizeof(error), "%s", store_error(keeper->store));
	if (status != STORE_BUSY) {
		char cause[STORE_ERROR_SIZE];
		keeper_close(keeper);
		if (!open_store(keeper, cause))
			memcpy(error, cause, sizeof(error));
	}
	note(keeper, error);
}

static void watch_wal(struct keeper *keeper)
{
	bool large = store_pending_bytes(keeper->store) >= WAL_WARN_BYTES;
	if (large && !keeper->wal_warned)
		log_warning("%s-wal has grown over %lld MiB, because another program reads the "
			    "database for long: end its transaction",
		    keeper->path, WAL_WARN_BYTES >> 20);
	keeper->wal_warned = large;
}

bool keeper_store(struct keeper *keeper)
{
	enum store_status status =
	    batch_store(keeper->batch, keeper->store, clock_ms(CLOCK_REALTIME));
	keeper->alive = clock_ms(CLOCK_MONOTONIC);
	if (status) {
		after_failure(keeper, status);
		return false;
	}
	note(keeper, "");
	watch_wal(keeper);
	return true;
}
