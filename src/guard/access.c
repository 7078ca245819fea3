/* access.c: what a client may publish, subscribe to and be given, and how fast. */
#include <stdio.h>

#include "base/time.h"
#include "guard/guard.h"
#include "guard/rules.h"
#include "guard/view.h"
#include "output/json.h"

enum { ID_BYTES = 4 * MESSAGE_ID_MAX };

/* ---- telling a sender ---- */

/*
 * Gives it to the client alone. The broker frees the payload and counts what it frees, so that it
 * has to be of its memory: of mosquitto_broker_publish_copy() it does not count the copy, and with
 * a memory_limit 2.0.11 and 2.0.21 take that for more than all memory after some thousand of them.
 */
static void deliver(const char *client_id, const char *topic, struct str payload)
{
	char *copy = mosquitto_malloc(payload.len);
	if (!copy)
		return;
	memcpy(copy, payload.at, payload.len);
	if (mosquitto_broker_publish(client_id, topic, (int)payload.len, copy, 1, false, NULL))
		mosquitto_free(copy);
}

/* What the sender has to know of his message, or nothing where it has no msgId. */
static void put_notice(struct text *out, struct str user, struct str payload, struct str why)
{
	struct view_payload view;
	view_payload(payload, &view);
	if (view.msg_id.len > 0 && view.msg_id.len <= ID_BYTES && view.client_id.len <= ID_BYTES) {
		json_begin(out, '{');
		json_member(out, "msgId", view.msg_id);
		json_member(out, "clientId", view.client_id.len > 0 ? view.client_id : user);
		json_member(out, "reason", why);
		json_end(out, '}');
	}
	view_payload_free(&view);
}

/* {"msgId","clientId","reason"} on chat/<room>/rejected, where it was a message. */
static void tell(struct guard *guard, const struct client *client, struct str topic,
    struct str payload, struct str why)
{
	char where[MESSAGE_ROOM_MAX + 20];
	struct view_topic view;
	struct text notice = {0};
	struct str user = str_of(client->token.sub);
	if (client->state != CLIENT_HERE || !view_topic(topic, &view) ||
	    view.leaf != VIEW_MESSAGE || !rates_may_tell(guard->rates, user, guard_now_ms()))
		return;
	put_notice(&notice, user, payload, why);
	snprintf(where, sizeof(where), "chat/%.*s/rejected", (int)view.room.len, view.room.at);
	if (notice.len > 0 && !notice.broken)
		deliver(client->id, where, text_str(&notice));
	text_free(&notice);
}

/* ---- how fast ---- */

static void put_mute(struct text *why, const struct ban *mute)
{
	text_puts(why, "you are muted");
	if (mute->until > 0) {
		char until[TIME_SIZE];
		time_write(until, mute->until * 1000);
		text_printf(why, " until %s", until);
	}
	if (mute->reason.len > 0) {
		text_puts(why, ": ");
		text_put(why, mute->reason);
	}
}

/* Whether the client may say this now, which is counted. If not, `why` has the reason. */
static bool may_speak(struct guard *guard, const struct client *client,
    const struct view_topic *topic, struct text *why)
{
	struct str none = {NULL, 0};
	const struct ban *mute = guard_ban(guard, BAN_MUTE, &client->token, client->address);
	if (mute && topic->leaf != VIEW_PRESENCE) {
		put_mute(why, mute);
		return false;
	}
	int64_t wait = rates_take(guard->rates, str_of(client->token.sub), str_of(client->address),
	    topic->leaf == VIEW_MESSAGE ? topic->room : none, guard_now_ms());
	if (wait > 0)
		text_printf(why, "too fast, try again in %lld s", (long long)(wait + 999) / 1000);
	return wait == 0;
}

/* The same; the sender is told. */
static bool count(
    struct guard *guard, const struct client *client, struct str topic, struct str payload)
{
	struct view_topic view;
	struct text why = {0};
	bool may = view_topic(topic, &view) && may_speak(guard, client, &view, &why);
	if (!may)
		tell(guard, client, topic, payload, text_str(&why));
	text_free(&why);
	return may;
}

int access_count(struct guard *guard, const struct mosquitto_evt_message *event)
{
	struct str topic = str_of(event->topic), payload = {event->payload, event->payloadlen};
	const struct client *client =
	    clients_find(guard->clients, event->client, guard_client_id(event->client));
	if (!client)
		return guard_is_program(guard_user_name(event->client)) ? MOSQ_ERR_SUCCESS
									: MOSQ_ERR_ACL_DENIED;
	return count(guard, client, topic, payload) ? MOSQ_ERR_SUCCESS : MOSQ_ERR_ACL_DENIED;
}

/* ---- what ---- */

/*
 * A message of a client that is connected, or its will, which comes when it is gone. The first is
 * counted afterwards, by access_count().
 */
static bool may_publish(
    struct guard *guard, const struct client *client, const struct mosquitto_evt_acl_check *event)
{
	struct str topic = str_of(event->topic), payload = {event->payload, event->payloadlen};
	const struct token *token = &client->token;
	if (client->ended)
		return rules_clears_presence(token, topic, payload);
	enum verdict verdict = rules_publish(token, topic, payload, event->retain);
	if (verdict)
		tell(guard, client, topic, payload, str_of(verdict_text(verdict)));
	return !verdict && (client->state == CLIENT_HERE || count(guard, client, topic, payload));
}

/*
 * Whether what the broker keeps may still be given out. It asks with the sender's id and name
 * alone; of who is not known any more it is out of date.
 */
static bool may_stay(const struct guard *guard, const struct mosquitto_evt_acl_check *event)
{
	struct str payload = {event->payload, event->payloadlen};
	const struct client *sender = clients_named(guard->clients, guard_client_id(event->client));
	return sender && str_eq(guard_user_name(event->client), str_of(sender->token.sub)) &&
	       rules_publish(&sender->token, str_of(event->topic), payload, event->retain) ==
		   VERDICT_OK;
}

static bool may_subscribe(struct client *client, const struct mosquitto_evt_acl_check *event)
{
	struct str filter = str_of(event->topic);
	/* The broker's own count is that of the most there ever were. */
	return rules_subscribe(&client->token, filter) == VERDICT_OK &&
	       mosquitto_client_sub_count(event->client) <= CLIENT_FILTERS_MAX &&
	       client_subscribe(client, filter);
}

static bool decide(
    struct guard *guard, struct client *client, const struct mosquitto_evt_acl_check *event)
{
	switch (event->access) {
	case MOSQ_ACL_READ:
		return rules_read(&client->token, str_of(event->topic)) == VERDICT_OK;
	case MOSQ_ACL_WRITE:
		return may_publish(guard, client, event);
	case MOSQ_ACL_SUBSCRIBE:
		return may_subscribe(client, event);
	case MOSQ_ACL_UNSUBSCRIBE:
		client_unsubscribe(client, str_of(event->topic));
		return true;
	default:
		return false;
	}
}

static bool is_control(const struct mosquitto_evt_acl_check *event)
{
	return event->access == MOSQ_ACL_WRITE && strcmp(event->topic, GUARD_CONTROL_TOPIC) == 0 &&
	       guard_is_logger(event->client);
}

int access_check(struct guard *guard, const struct mosquitto_evt_acl_check *event)
{
	struct client *client =
	    clients_find(guard->clients, event->client, guard_client_id(event->client));
	if (client)
		return decide(guard, client, event) ? MOSQ_ERR_SUCCESS : MOSQ_ERR_ACL_DENIED;
	/* The acl_file's `topic readwrite #` does not match what begins with "$". */
	if (guard_is_program(guard_user_name(event->client)))
		return is_control(event) ? MOSQ_ERR_SUCCESS : MOSQ_ERR_PLUGIN_DEFER;
	bool stays = event->access == MOSQ_ACL_WRITE && may_stay(guard, event);
	return stays ? MOSQ_ERR_SUCCESS : MOSQ_ERR_ACL_DENIED;
}
