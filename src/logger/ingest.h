/*
 * ingest.h: the logger's loop. What the broker delivers is stored, and only what is stored is
 * acknowledged.
 *
 * A round: wait → read while there is something to read and the batch has room → one transaction,
 * on the disk → write acknowledgements and receipts. Nothing is written while a batch is open.
 * What is not acknowledged, the broker sends again.
 */
#ifndef CHAT_INGEST_H
#define CHAT_INGEST_H

#include <signal.h>
#include <stdint.h>

#include "logger/writer.h"

struct ingest_config {
	const char *broker; /* a host, or the path of a Unix socket */
	uint16_t port;
	const char *client_id;
	const char *username; /* empty: none */
	const char *password;
	struct writer_config writer;
	const volatile sig_atomic_t *stop; /* turns non-zero when it is time to end */
	const sigset_t *wait_mask; /* the signals to block while waiting, all others get in */
};

enum ingest_status {
	INGEST_STOPPED,	    /* as asked: all that was read is stored and acknowledged */
	INGEST_UNREACHABLE, /* the broker was not there, or refused, at the first attempt */
	INGEST_UNGUARDED,   /* clientIds are to be bound, and the broker lets in whoever comes */
	INGEST_FAILED,	    /* no memory, or the database failed, at the start */
};

/*
 * Runs until *stop, on a store that can be written, which it closes. A broker that goes away later
 * is waited for (see retry.h). Logs what happens, "ready:" once each time the subscription is in
 * force.
 */
enum ingest_status ingest_run(const struct ingest_config *config, struct store *store);

#endif
