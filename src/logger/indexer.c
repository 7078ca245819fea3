#include "logger/indexer.h"

#include "base/clock.h"
#include "base/log.h"

enum { BUSY_MS = 1000 };

bool indexer_due(const struct indexer *indexer, const struct store *store)
{
	return (store_unindexed(store) >= INDEXER_IDLE || store_unmerged(store) > 0) &&
	       clock_ms(CLOCK_MONOTONIC) >= indexer->not_before;
}

static void tell_state(struct indexer *indexer, struct store *store, enum store_status status)
{
	if (status && !indexer->failed)
		log_error("the index of the search: %s; messages are stored all the same",
		    store_error(store));
	if (!status && indexer->failed)
		log_info("the index of the search can be written again");
	indexer->failed = status != STORE_OK;
	if (status)
		indexer->not_before = clock_ms(CLOCK_MONOTONIC) + INDEXER_RETRY_MS;
}

static enum store_status write_slice(struct store *store)
{
	bool merge = store_unmerged(store) >= INDEXER_UNMERGED;
	if (store_unindexed(store) > INDEXER_BUSY)
		return store_index(
		    store, INDEXER_BUSY_SLICE, merge ? STORE_MERGE : STORE_MERGE_LATER);
	if (store_unindexed(store) >= INDEXER_IDLE)
		return store_index(store, INDEXER_SLICE, STORE_MERGE);
	return store_merge(store, INDEXER_MERGE_PAGES);
}

bool indexer_run(struct indexer *indexer, struct store *store, bool quiet)
{
	bool busy = store_unindexed(store) > INDEXER_BUSY;
	if (!indexer_due(indexer, store) || !(quiet || busy))
		return true;
	enum store_status status = write_slice(store);
	if (status == STORE_BUSY) {
		indexer->not_before = clock_ms(CLOCK_MONOTONIC) + BUSY_MS;
		return true;
	}
	tell_state(indexer, store, status);
	return status == STORE_OK;
}
