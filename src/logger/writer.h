/*
 * writer.h: the logger's side of the database: the batch that waits, the store that it goes to, how
 * that comes back after a failure, and what is done to it in between.
 */
#ifndef CHAT_WRITER_H
#define CHAT_WRITER_H

#include "logger/batch.h"

struct writer;

struct writer_config {
	const char
	    *database; /* its path, to open it again after it has failed; outlives the writer */
	int64_t retention_days; /* as in struct settings */
	int64_t retention_messages;
	int64_t min_free, max_rate; /* the same */
	bool bound;		    /* as in message_parse() */
};

/*
 * A writer on `store`, which it takes over. NULL where memory runs out or the database fails, which
 * is logged; the store is closed then.
 */
struct writer *writer_open(const struct writer_config *config, struct store *store);

/* Closes the store, too; NULL is allowed. */
void writer_close(struct writer *writer);

/*
 * To be called each round: opens the store where it is not open, and keeps account of the time (see
 * reckoning.h). False where it cannot be opened, which is logged once.
 */
bool writer_ready(struct writer *writer);

/* A connection to the broker begins; `session_present` as in MQTT 3.1.1, 3.2.2.2. */
void writer_connected(struct writer *writer, bool session_present);

/* Whether the next message on this connection may be a repetition. */
bool writer_awaits_repetition(const struct writer *writer);

/* Takes a message into the batch; see batch_add(). */
bool writer_take(
    struct writer *writer, struct str topic, struct str payload, const struct delivery *delivery);

/* How many messages wait in the batch, and whether it should be stored before more come. */
size_t writer_waiting(const struct writer *writer);
bool writer_full(const struct writer *writer);

/*
 * Stores the batch, see batch_store(); the store has to be open. False where that fails, which is
 * logged once: then what the broker will send again is forgotten, and the store was opened again or
 * is not open.
 */
bool writer_store(struct writer *writer);

/* Publishes the receipts of the batch that was stored, unless `publish` is NULL, and empties it. */
void writer_answer(struct writer *writer, batch_publish_fn *publish, void *arg);

/*
 * The number of the last batch that was stored; and that the broker has read its acknowledgements.
 */
uint64_t writer_batch(const struct writer *writer);
void writer_settle(struct writer *writer, uint64_t number);

/* The broker has read every acknowledgement, so it will deliver nothing again. */
void writer_forget_marks(struct writer *writer);

/*
 * Stores a sign of life where one is due, and tells whether it did. The first one tells that the
 * broker has a session for us.
 */
bool writer_show_life(struct writer *writer);

/* Logs once a minute what was stored. To be called each round. */
void writer_tell(struct writer *writer);

/* Why the last batch could not be stored; empty where it was. */
const char *writer_error(const struct writer *writer);

/* Why messages are being refused; MESSAGE_OK: they are not. */
enum message_fault writer_refuses(const struct writer *writer);

/*
 * How long the logger may wait for messages before writer_work() has something to do: at most `ms`.
 */
int writer_wait_ms(const struct writer *writer, int ms);

/*
 * Does a slice of what is done when all that is stored is acknowledged: the search's index,
 * retention, others' commits. `quiet`: the round brought nothing; `waited_for`: messages are there
 * to be read by now. False: what is on the disk is not known until the store is opened again, for a
 * new connection.
 */
bool writer_work(struct writer *writer, bool quiet, bool waited_for);

/* The store, to be read until the next call of one of these; NULL where it is not open. */
struct store *writer_lend(struct writer *writer);

#endif
