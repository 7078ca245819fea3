/*
 * guard.h: the broker's plugin: nobody publishes or reads what his token does not let him.
 *
 * plugin.c is what the broker calls; connect.c decides who comes in, access.c what he may do,
 * control.c who has to go. All of it runs in the broker's one thread. Only these files know
 * mosquitto, and nothing that 2.0.11 does not have.
 */
#ifndef CHAT_GUARD_GUARD_H
#define CHAT_GUARD_GUARD_H

#include <mosquitto.h>
#include <stdbool.h>
#include <stdint.h>

/* What the broker looks for in us; the rest is not to be seen. */
#pragma GCC visibility push(default)
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#pragma GCC visibility pop

#include "auth/bans.h"
#include "auth/bucket.h"
#include "auth/token.h"
#include "guard/clients.h"
#include "guard/rates.h"

/* The logger tells here what the list of bans is now. */
#define GUARD_CONTROL_TOPIC "$CONTROL/mqtt-chat/v1"

enum { GUARD_ERROR_SIZE = 600 };

struct guard {
	struct token_key *key;
	char *bans_file; /* or NULL */
	struct bans *bans;
	struct clients *clients;
	struct rates *rates;
	struct buckets *log; /* refused connections, of which the log shows some */
	unsigned unlogged;   /* those that it did not show since then */
	bool reloading;	     /* until the next tick: the broker asks for everybody once more */
	bool news;	     /* the list of bans is another since the last look at the clients */
	int64_t looked;	     /* ms of the monotonic clock: when that was */
};

/* What the broker gives of a client, which may be NULL, as a str: absent for NULL. */
struct str guard_client_id(const struct mosquitto *client);
struct str guard_user_name(const struct mosquitto *client);

/* Unix time, and ms of the monotonic clock. */
int64_t guard_now_s(void);
int64_t guard_now_ms(void);

/*
 * Whether this is the name of one of our own programs: they have a password and come by the
 * broker's Unix socket, and the acl_file says what they may do.
 */
bool guard_is_program(struct str user_name);
bool guard_is_logger(const struct mosquitto *client);

/* What holds against a client's user or address, of this kind (BAN_BAN or BAN_MUTE), or NULL. */
const struct ban *guard_ban(
    const struct guard *guard, enum ban_kind kind, const struct token *token, const char *address);

/* ---- connect.c, access.c, control.c: each returns what the broker's callback has to ---- */

int connect_check(
    struct guard *guard, struct mosquitto *client, const char *user_name, const char *password);
void connect_ended(struct guard *guard, const struct mosquitto *client);

int access_check(struct guard *guard, const struct mosquitto_evt_acl_check *event);
int access_count(struct guard *guard, const struct mosquitto_evt_message *event);

/* Reads the list of bans from its file. False with one line in `error`; the list stays then. */
bool control_load(struct guard *guard, char error[GUARD_ERROR_SIZE]);
void control_reload(struct guard *guard);
int control_receive(struct guard *guard, const struct mosquitto_evt_control *event);
void control_tick(struct guard *guard);

#endif
