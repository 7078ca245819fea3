/*
 * redelivery.h: tells a message that the broker delivers again from one that is new, where the
 * sender gave it no id.
 *
 * Between our COMMIT and the broker reading our PUBACK, the message is stored here and owed there.
 * If the connection ends in between, the broker delivers it again on the next one, under the same
 * packet identifier (MQTT 3.1.1, [MQTT-4.4.0-1]). So each batch leaves marks, kept in its own
 * transaction: packet identifier, digest, and what the message became.
 *
 * Two facts bound their use. A broker delivers again in the order of the first time, and before
 * anything new ([MQTT-4.6.0-1]): what is repeated is the beginning of a connection, and the first
 * message without the DUP flag, or with neither a mark nor an id of its sender's, ends it. And once
 * the broker has answered a packet that we sent after the acknowledgements, it has read them: those
 * marks are settled, and go.
 */
#ifndef CHAT_REDELIVERY_H
#define CHAT_REDELIVERY_H

#include <stdint.h>

#include "base/str.h"

enum {
	REDELIVERY_MARKS_MAX = 2000, /* twice what a broker may have unacknowledged */
	REDELIVERY_MARK_SIZE = 26,   /* bytes of an encoded mark */
	REDELIVERY_NOTE_MAX = REDELIVERY_MARKS_MAX * REDELIVERY_MARK_SIZE,
};

struct redelivery_mark {
	uint16_t packet_id;
	uint64_t digest; /* of topic and payload */
	int64_t id;	 /* of the message; 0 where it was rejected */
	int64_t ts;
	uint64_t batch; /* in which it was acknowledged on this connection; not encoded */
};

struct redelivery {
	struct redelivery_mark marks[REDELIVERY_MARKS_MAX];
	size_t count;
	bool repeating; /* everything on this connection has been a repetition so far */
};

/* 64 bits of FNV-1a over topic and payload. */
uint64_t redelivery_digest(struct str topic, struct str payload);

/*
 * A connection begins. Where the broker did not resume the session it will repeat nothing, and all
 * marks go.
 */
void redelivery_begin(struct redelivery *r, bool session_resumed);

/*
 * Asks of a message that the broker calls a duplicate, as it arrives. Returns its mark if it is a
 * repetition: then it was stored, and is acknowledged again in batch number `batch`. Otherwise
 * returns NULL, and nothing that follows on this connection is one. The mark is valid until the
 * next call.
 */
const struct redelivery_mark *redelivery_find(
    struct redelivery *r, uint16_t packet_id, uint64_t digest, uint64_t batch);

/* A message arrives that is no duplicate: nothing that follows on this connection is one. */
void redelivery_end(struct redelivery *r);

/* Makes `to` what `from` is. Mostly few of the marks are in use, and all of them are 80 kB. */
void redelivery_copy(struct redelivery *to, const struct redelivery *from);

/* Adds a mark for what is new in a batch. Beyond REDELIVERY_MARKS_MAX the older half goes. */
void redelivery_add(struct redelivery *r, struct redelivery_mark mark);

/* The broker has read all acknowledgements up to those of batch number `batch`. */
void redelivery_settle(struct redelivery *r, uint64_t batch);

/* Writes all marks as bytes. Returns the length. */
size_t redelivery_encode(const struct redelivery *r, unsigned char out[REDELIVERY_NOTE_MAX]);

/* Reads what redelivery_encode() wrote; what is left over of a broken note is ignored. */
void redelivery_decode(struct redelivery *r, struct str note);

#endif
