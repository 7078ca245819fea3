/*
 * topics.h: the topic lines of rooms, on their way from the database, where the administrator's
 * command sets them, to the broker, which keeps them for whoever comes.
 *
 * On each connect the broker tells what it keeps. That is compared with the database, and only what
 * differs is published, so a broker that has lost them gets them again and nobody else is bothered.
 * From then on what changes is published.
 */
#ifndef CHAT_TOPICS_H
#define CHAT_TOPICS_H

#include "store/store.h"

enum topics_phase {
	TOPICS_LISTENING, /* the broker has not told all yet */
	TOPICS_COMPARING, /* with the database, from the first change on */
	TOPICS_FOLLOWING, /* what changes */
};

/* All zero: there is no connection. */
struct json_object;
struct topics {
	enum topics_phase phase;
	struct json_object *kept; /* by room: what the broker keeps and was not compared yet */
	int64_t number;		  /* the last change that was looked at */
	int64_t next_at;	  /* monotonic ms: not before */
	bool more;		  /* there is more to do then */
	bool told;		  /* that the database cannot be read */
};

/* A connection begins. topics_end() frees what is known of it. */
void topics_begin(struct topics *topics);
void topics_end(struct topics *topics);

/* The broker keeps `payload` on "chat/<room>/topic"; and it has told all that it keeps. */
void topics_note(struct topics *topics, struct str topic, struct str payload);
void topics_listed(struct topics *topics);

/* To publish what the broker is to keep; nothing any more where the payload is empty. */
typedef void topics_publish_fn(void *arg, const char *topic, struct str payload);

/*
 * Does the next slice where it is due; `now` is monotonic ms, `store` may be NULL. A failure is
 * logged once, and tried again later: it keeps nobody from storing.
 */
void topics_run(
    struct topics *topics, struct store *store, int64_t now, topics_publish_fn *publish, void *arg);

/* How long the logger may wait for messages: at most `ms`. */
int topics_wait_ms(const struct topics *topics, int64_t now, int ms);

#endif
