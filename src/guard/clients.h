/*
 * clients.h: what is known of each client at the broker: whose it is, what it subscribed to, and
 * whether it is still there. A client is known by the broker's handle for its connection and by its
 * MQTT client id, because a will and a retained message are judged when the connection is over.
 */
#ifndef CHAT_GUARD_CLIENTS_H
#define CHAT_GUARD_CLIENTS_H

#include <stdint.h>

#include "auth/address.h"
#include "auth/token.h"
#include "base/str.h"

enum {
	CLIENT_ID_BYTES = 128,	   /* the longest client id, without the NUL */
	CLIENT_FILTERS_MAX = 20,   /* subscriptions */
	CLIENTS_GONE_MS = 2000,	   /* that one is remembered: the broker sends its will */
	CLIENTS_WAITING_MAX = 1024 /* sessions of devices that are away */
};

enum client_state {
	CLIENT_HERE,
	CLIENT_GONE,	/* soon forgotten */
	CLIENT_WAITING, /* a device that is away, for which the broker queues */
};

struct client {
	const void *handle; /* never looked into */
	char id[CLIENT_ID_BYTES + 1];
	char address[ADDRESS_MAX + 1]; /* as address_group() writes it, or empty */
	struct token token;
	enum client_state state;
	bool ended;    /* by us: it may take its presence away, and nothing else */
	int64_t since; /* ms of a monotonic clock: when it went */
	uint64_t filters[CLIENT_FILTERS_MAX]; /* their digests */
	unsigned filter_count;
	struct client *next; /* the older ones of the same digest */
};

struct clients;

/* None. NULL without memory; whoever calls frees it with clients_free(). */
struct clients *clients_new(void);
void clients_free(struct clients *clients);

/*
 * Enters a client that has just come, and returns it with handle and id set and the rest zero: lent
 * until it is forgotten. One of the same handle and id was another, and gives its place. NULL
 * without memory. `id` is at most CLIENT_ID_BYTES long.
 */
struct client *clients_add(struct clients *clients, const void *handle, struct str id);

/* The client of this handle and id, or NULL. */
struct client *clients_find(const struct clients *clients, const void *handle, struct str id);

/* The one of this id that came last, or NULL. */
struct client *clients_named(const struct clients *clients, struct str id);

/* Calls `look` for each; it may change the client, and neither adds nor forgets any. */
void clients_each(struct clients *clients, void (*look)(struct client *, void *), void *context);

/* Forgets who is gone for CLIENTS_GONE_MS, and of those that wait all above CLIENTS_WAITING_MAX. */
void clients_forget(struct clients *clients, int64_t now_ms);

/* Enters a subscription; false where the client has CLIENT_FILTERS_MAX others. */
bool client_subscribe(struct client *client, struct str filter);
void client_unsubscribe(struct client *client, struct str filter);

#endif
