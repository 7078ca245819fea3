/* control.c: who has to go: whose time is over, and whom the list of bans names. */
#include <stdio.h>

#include "guard/guard.h"

enum { LOOK_MS = 500 }; /* the broker's loop turns at least ten times a second */

static void replace_bans(struct guard *guard, struct bans *bans)
{
	bans_free(guard->bans);
	guard->bans = bans;
	guard->news = true;
}

bool control_load(struct guard *guard, char error[GUARD_ERROR_SIZE])
{
	char cause[BANS_ERROR_SIZE];
	struct bans *bans = NULL;
	if (guard->bans_file && !bans_load(&bans, guard->bans_file, cause)) {
		snprintf(error, GUARD_ERROR_SIZE, "%s", cause);
		return false;
	}
	replace_bans(guard, bans);
	return true;
}

/* An empty list is no news by itself: the file says whether there are no more bans. */
static bool read_news(
    struct guard *guard, const struct mosquitto_evt_control *event, char error[GUARD_ERROR_SIZE])
{
	char cause[BANS_ERROR_SIZE];
	struct bans *bans;
	if (event->payloadlen == 0)
		return control_load(guard, error);
	if (!bans_parse(&bans, (struct str){event->payload, event->payloadlen}, cause)) {
		snprintf(error, GUARD_ERROR_SIZE, "%s", cause);
		return false;
	}
	replace_bans(guard, bans);
	return true;
}

static void log_wrong(const char *error)
{
	mosquitto_log_printf(
	    MOSQ_LOG_ERR, "mqtt-chat guard: the new list of bans does not count: %s", error);
}

/* Always succeeds: 2.0.x ends the connection of whom it tells of a failure, and that is the logger.
 */
int control_receive(struct guard *guard, const struct mosquitto_evt_control *event)
{
	char error[GUARD_ERROR_SIZE];
	if (!guard_is_logger(event->client))
		return MOSQ_ERR_ACL_DENIED;
	if (!read_news(guard, event, error))
		log_wrong(error);
	return MOSQ_ERR_SUCCESS;
}

static const char *why_end(const struct guard *guard, const struct client *client)
{
	int64_t now = guard_now_s();
	if (client->token.until <= now)
		return "its token's time is over";
	if (!guard->news)
		return NULL;
	if (bans_find(guard->bans, BAN_REVOKE, str_of(client->token.id), now))
		return "its token is revoked";
	if (guard_ban(guard, BAN_BAN, &client->token, client->address))
		return "banned";
	return NULL;
}

/* With its will, so that it does not stay among those who are present. */
static void look(struct client *client, void *context)
{
	struct guard *guard = context;
	const char *why = client->state == CLIENT_GONE ? NULL : why_end(guard, client);
	if (!why)
		return;
	mosquitto_log_printf(
	    MOSQ_LOG_NOTICE, "mqtt-chat guard: %s has to go: %s", client->token.sub, why);
	bool here = client->state == CLIENT_HERE;
	client->ended = true;
	client->state = CLIENT_GONE;
	client->since = guard_now_ms();
	if (here)
		mosquitto_kick_client_by_clientid(client->id, true);
}

void control_reload(struct guard *guard)
{
	char error[GUARD_ERROR_SIZE];
	guard->reloading = true;
	if (!control_load(guard, error))
		log_wrong(error);
}

void control_tick(struct guard *guard)
{
	int64_t now = guard_now_ms();
	guard->reloading = false;
	if (!guard->news && now - guard->looked < LOOK_MS)
		return;
	guard->looked = now;
	clients_each(guard->clients, look, guard);
	guard->news = false;
	clients_forget(guard->clients, now);
}
