/*
 * batch.h: what has been received and is not stored yet. It is the logger's unit of work: filled
 * from the broker, stored in one transaction, answered with receipts, emptied.
 */
#ifndef CHAT_BATCH_H
#define CHAT_BATCH_H

#include "broker/mqtt.h"
#include "logger/admission.h"
#include "store/store.h"

enum {
	BATCH_MESSAGES_MAX = 1000,	   /* entries */
	BATCH_BYTES_MAX = 4 * 1024 * 1024, /* of payloads */
};

struct batch;

/* A new, empty batch, or NULL without memory. The caller frees it with batch_close(). */
struct batch *batch_open(void);

/* From here on the broker has bound each clientId to whose it is: see message_parse(). */
void batch_bind(struct batch *batch);

/* Frees the batch and what is in it; NULL is allowed. */
void batch_close(struct batch *batch);

/* From here on `admission`, which outlives the batch, tells what may be stored; before, all may. */
void batch_limit(struct batch *batch, struct admission *admission);

/*
 * Reads back from the store what the broker may deliver again; see redelivery.h. To be called for
 * each store that is opened, before the connection on which it is used begins. *known tells
 * whether anything was ever stored there.
 */
enum store_status batch_restore(struct batch *batch, struct store *store, bool *known);

/*
 * What time it should be by the logger's reckoning, in ms since 1970, UTC, which is stored with
 * each batch: as batch_restore() found it, 0 where it found none; and as it is now.
 */
int64_t batch_reckoned(const struct batch *batch);
void batch_reckon(struct batch *batch, int64_t at);

/* A connection to the broker begins. */
void batch_begin(struct batch *batch, bool session_resumed);

/* Whether the next message on this connection may be a repetition. */
bool batch_awaits_repetition(const struct batch *batch);

/*
 * Takes in a message that arrived on `topic` at `ts` (ms since 1970, UTC). Nothing of the arguments
 * is kept. Returns false where memory ran out or the batch is full, and is then unchanged.
 */
bool batch_add(struct batch *batch, struct str topic, struct str payload,
    const struct delivery *delivery, int64_t ts);

/* The number of entries. */
size_t batch_count(const struct batch *batch);

/* The entries, as they are until the batch changes. */
const struct store_entry *batch_entries(const struct batch *batch);

/* Whether it should be stored before more is taken in. */
bool batch_full(const struct batch *batch);

/* The broker had a session for us, and has forgotten it, at `now` (ms since 1970, UTC). */
void batch_session_lost(struct batch *batch, int64_t now);

/*
 * Stores all entries but those that the broker delivered before and were stored then; see
 * store_insert_batch(). The entries stay, with their ids. An empty batch is a sign of life, too.
 */
enum store_status batch_store(struct batch *batch, struct store *store, int64_t now);

/* The number of the last batch that was stored, counted from 1. */
uint64_t batch_number(const struct batch *batch);

/* The broker has read the acknowledgements up to those of batch `number`. */
void batch_settle(struct batch *batch, uint64_t number);

/* Publishes one message; `payload` is lent for the time of the call. */
typedef void batch_publish_fn(void *arg, const char *topic, struct str payload);

/*
 * Once stored: publishes the receipts, one array a room on chat/<room>/stored, and what was
 * rejected, each on chat/<room>/rejected where the room has a valid name.
 */
void batch_answer(const struct batch *batch, batch_publish_fn *publish, void *arg);

/* Forgets all entries. */
void batch_clear(struct batch *batch);

/*
 * Forgets what the broker will send again because it was not acknowledged: all but the entries of
 * QoS 0, which nobody sends again.
 */
void batch_drop_unacknowledged(struct batch *batch);

#endif
