/*
 * admission.h: whether what came in may be stored now. There has to be room on the disk, and the
 * operator may have set how many messages a minute he takes. What is refused is rejected with the
 * reason; its sender may send it again, under the same msgId.
 */
#ifndef CHAT_ADMISSION_H
#define CHAT_ADMISSION_H

#include "base/disk.h"
#include "store/store.h"

/* A time in which messages are refused for one reason; the log tells when it begins and ends. */
struct admission_spell {
	bool on;
	int64_t last;	 /* when a message was refused */
	int64_t refused; /* how many were */
};

/* Set the first three, and the rest to zero. All times are ms since 1970, UTC. */
struct admission {
	const char *path; /* of the database, whose disk is watched; outlives this */
	int64_t min_free; /* percent of the disk that stay free; 0: it is not watched */
	int64_t max_rate; /* messages a minute; 0: any number */

	int64_t stored_at; /* when a batch was stored last; 0: never */
	int64_t allowance; /* in 1/60000 messages, after that batch */
	int64_t left;	   /* of it, in the batch under way */
	int64_t room;	   /* bytes that this batch may take from the disk */
	bool low;	   /* the disk has no room */
	struct admission_spell no_space, too_fast;
};

/*
 * Starts with a minute's messages. `stored_at`: when the logger last stored something, or gave a
 * sign of life; 0: never. What the broker kept for the logger meanwhile is within the rate. Does
 * nothing where a batch was stored since.
 */
void admission_open(struct admission *a, int64_t stored_at);

/*
 * A batch of `count` messages is about to be stored. `disk` as disk_look() has it; NULL: it is not
 * known, and taken for one with room.
 */
void admission_begin(struct admission *a, const struct disk *disk, size_t count, int64_t now);

/* Whether a message whose payload has `size` bytes may be stored: MESSAGE_OK, or why not. */
enum message_fault admission_ask(struct admission *a, size_t size);

/*
 * Both for a batch: sets the fault of each entry that may not be stored, and of all but the first
 * 100 also that it leaves no row. One that is stored already, or stands in the batch before, takes
 * no room: it is left to the store, for its receipt.
 */
void admission_check(struct admission *a, struct store *store, struct store_entry *entries,
    size_t count, int64_t now);

/* The batch was stored. Without this the next one is taken for the same. */
void admission_stored(struct admission *a, int64_t now);

/* Why messages are being refused at present; MESSAGE_OK: they are not. */
enum message_fault admission_state(const struct admission *a);

#endif
