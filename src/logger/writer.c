#include "logger/writer.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "chat/fold.h"
#include "chat/limits.h"
#include "logger/indexer.h"
#include "logger/journal.h"
#include "logger/upkeep.h"

struct writer {
	const char *path;
	struct batch *batch;
	struct admission admission;
	struct store *store; /* NULL: it has to be opened again */
	struct indexer indexer;
	struct upkeep upkeep;
	struct journal journal;
	bool known;	     /* it has stored before, so the broker has had a session for it */
	bool wal_warned;     /* of a reader that holds back the -wal file */
	int64_t alive;	     /* monotonic ms of the last sign of life that was tried to store */
	int64_t alive_clock; /* the same, as the clock said: ms since 1970, UTC */
	uint64_t taken;	     /* messages */
	uint64_t released;   /* of these, those whose memory went back to the system */
	char error[STORE_ERROR_SIZE]; /* of the last batch; empty where it was stored */
};

/* ---- the store, and how it comes back ---- */

/* One line for each failure that is another, and one when it is well again. */
static void tell_state(struct writer *writer, const char *error)
{
	if (error[0] && strcmp(error, writer->error) != 0)
		log_error("%s; nothing is acknowledged meanwhile, and the broker keeps it", error);
	if (!error[0] && writer->error[0])
		log_info("the database can be written again");
	snprintf(writer->error, sizeof(writer->error), "%s", error);
}

static void close_store(struct writer *writer)
{
	store_close(writer->store);
	writer->store = NULL;
}

static void tell_index(const struct store *store)
{
	if (store_index_renewed(store))
		log_info(
		    "the index of the search is made anew: what is in it was folded by another "
		    "version of Unicode than %s",
		    fold_version());
}

/* Reads from the store that was opened what is known of messages before. */
static bool restore(struct writer *writer)
{
	return batch_restore(writer->batch, writer->store, &writer->known) == STORE_OK &&
	       store_newest(writer->store, &writer->journal.newest) == STORE_OK;
}

/* Returns false with the reason in `error`, which is left alone otherwise. */
static bool open_store(struct writer *writer, char error[STORE_ERROR_SIZE])
{
	if (store_open(&writer->store, writer->path, STORE_WRITER, error))
		return false;
	tell_index(writer->store);
	if (restore(writer))
		return true;
	snprintf(error, STORE_ERROR_SIZE, "%s", store_error(writer->store));
	close_store(writer);
	return false;
}

struct writer *writer_open(const struct writer_config *config, struct store *store)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	struct batch *batch = batch_open();
	bool memory = writer && batch;
	if (memory) {
		*writer = (struct writer){.path = config->database,
		    .batch = batch,
		    .admission = {.path = config->database,
			.min_free = config->min_free,
			.max_rate = config->max_rate},
		    .store = store,
		    .upkeep = {.days = config->retention_days,
			.messages = config->retention_messages,
			.clock = {.ahead_max = reckoning_ahead_max(config->retention_days)}}};
		batch_limit(batch, &writer->admission);
		if (config->bound)
			batch_bind(batch);
	}
	tell_index(store);
	if (memory && restore(writer)) {
		writer->upkeep.clock.at = batch_reckoned(batch);
		return writer;
	}
	log_error("%s", memory ? store_error(store) : "out of memory");
	store_close(store);
	batch_close(batch);
	free(writer);
	return NULL;
}

void writer_close(struct writer *writer)
{
	if (!writer)
		return;
	journal_end(&writer->journal, clock_ms(CLOCK_MONOTONIC));
	close_store(writer);
	batch_close(writer->batch);
	free(writer);
}

bool writer_ready(struct writer *writer)
{
	char error[STORE_ERROR_SIZE] = "";
	struct reckoning *clock = &writer->upkeep.clock;
	bool open = writer->store || open_store(writer, error);
	reckoning_keep(clock, clock_ms(CLOCK_REALTIME), clock_ms(CLOCK_MONOTONIC));
	batch_reckon(writer->batch, clock->at);
	if (!open)
		tell_state(writer, error);
	return open;
}

/* ---- the batch ---- */

void writer_connected(struct writer *writer, bool session_present)
{
	if (writer->known && !session_present) {
		batch_session_lost(writer->batch, clock_ms(CLOCK_REALTIME));
		log_warning("the broker has forgotten this logger's session: what was sent while "
			    "the logger was away is not stored, unless its sender sends it again; "
			    "check `persistence` in mosquitto.conf");
	}
	batch_begin(writer->batch, session_present);
}

bool writer_awaits_repetition(const struct writer *writer)
{
	return batch_awaits_repetition(writer->batch);
}

bool writer_take(
    struct writer *writer, struct str topic, struct str payload, const struct delivery *delivery)
{
	writer->taken++;
	return batch_add(writer->batch, topic, payload, delivery, clock_ms(CLOCK_REALTIME));
}

size_t writer_waiting(const struct writer *writer)
{
	return batch_count(writer->batch);
}

bool writer_full(const struct writer *writer)
{
	return batch_full(writer->batch);
}

/*
 * What a failed transaction has left in the file shows only when it is opened again; and if that
 * fails, it tells the cause better than the transaction did.
 */
static void after_failure(struct writer *writer, enum store_status status)
{
	char error[STORE_ERROR_SIZE];
	snprintf(error, sizeof(error), "%s", store_error(writer->store));
	if (status != STORE_BUSY) {
		char cause[STORE_ERROR_SIZE];
		close_store(writer);
		if (!open_store(writer, cause))
			memcpy(error, cause, sizeof(error));
	}
	tell_state(writer, error);
	batch_drop_unacknowledged(writer->batch);
}

static void watch_wal(struct writer *writer)
{
	bool large = store_pending_bytes(writer->store) >= LIMITS_WAL_WARN_BYTES;
	if (large && !writer->wal_warned)
		log_warning("%s-wal has grown over %d MiB, because another program reads the "
			    "database for long: end its transaction",
		    writer->path, LIMITS_WAL_WARN_MIB);
	writer->wal_warned = large;
}

bool writer_store(struct writer *writer)
{
	writer->alive_clock = clock_ms(CLOCK_REALTIME);
	enum store_status status = batch_store(writer->batch, writer->store, writer->alive_clock);
	writer->alive = clock_ms(CLOCK_MONOTONIC);
	if (status) {
		after_failure(writer, status);
		return false;
	}
	tell_state(writer, "");
	journal_note(&writer->journal, batch_entries(writer->batch), batch_count(writer->batch),
	    writer->alive);
	watch_wal(writer);
	return true;
}

void writer_answer(struct writer *writer, batch_publish_fn *publish, void *arg)
{
	if (publish)
		batch_answer(writer->batch, publish, arg);
	batch_clear(writer->batch);
}

uint64_t writer_batch(const struct writer *writer)
{
	return batch_number(writer->batch);
}

void writer_settle(struct writer *writer, uint64_t number)
{
	batch_settle(writer->batch, number);
}

void writer_forget_marks(struct writer *writer)
{
	batch_begin(writer->batch, false);
	if (writer->store)
		writer_store(writer);
}

bool writer_show_life(struct writer *writer)
{
	/* One that is in the future by now, because the clock was set back, tells nothing. */
	bool due = clock_ms(CLOCK_MONOTONIC) - writer->alive >= LIMITS_ALIVE_MS ||
		   clock_ms(CLOCK_REALTIME) < writer->alive_clock;
	if (!(due || !writer->known) || !writer->store || batch_count(writer->batch) > 0)
		return false;
	bool stored = writer_store(writer);
	writer->known = stored || writer->known;
	return stored;
}

void writer_tell(struct writer *writer)
{
	journal_tell(&writer->journal, clock_ms(CLOCK_MONOTONIC));
}

const char *writer_error(const struct writer *writer)
{
	return writer->error;
}

enum message_fault writer_refuses(const struct writer *writer)
{
	return admission_state(&writer->admission);
}

/* ---- in between ---- */

static bool index_due(const struct writer *writer)
{
	return writer->store && indexer_due(&writer->indexer, writer->store);
}

int writer_wait_ms(const struct writer *writer, int ms)
{
	return index_due(writer) ? 0
				 : upkeep_wait_ms(&writer->upkeep, clock_ms(CLOCK_MONOTONIC), ms);
}

/* After a flood, most of what the logger has is pages of the database. */
static void give_memory_back(struct writer *writer)
{
	if (writer->released == writer->taken)
		return;
	writer->released = writer->taken;
	store_release(writer->store);
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

bool writer_work(struct writer *writer, bool quiet, bool waited_for)
{
	if (!writer->store)
		return true;
	/* With something due, the round began without a wait. */
	bool idle = quiet && !index_due(writer);
	if (!indexer_run(&writer->indexer, writer->store, quiet) ||
	    !upkeep_run(&writer->upkeep, writer->store, clock_ms(CLOCK_MONOTONIC), waited_for)) {
		close_store(writer);
		return false;
	}
	if (idle)
		give_memory_back(writer);
	return true;
}

struct store *writer_lend(struct writer *writer)
{
	return writer->store;
}
