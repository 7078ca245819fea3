/* connect.c: who comes in: whoever has a token, and our own programs by the Unix socket. */
#include <stdlib.h>

#include "base/text.h"
#include "guard/guard.h"

/* The broker gives a Unix listener's path for the address; of a WebSocket it may believe a header.
 */
static bool by_unix_socket(const struct mosquitto *client)
{
	const char *address = mosquitto_client_address(client);
	return address && address[0] == '/' && mosquitto_client_protocol(client) == mp_mqtt;
}

/* Whom to count and ban: whom the token names, otherwise who is at the other end and not here. */
static void find_address(
    const struct mosquitto *client, const struct token *token, char out[ADDRESS_MAX + 1])
{
	bool native = mosquitto_client_protocol(client) == mp_mqtt;
	const char *peer = native ? mosquitto_client_address(client) : NULL;
	address_group(str_of(token->ip[0] ? token->ip : peer), out);
	if (!token->ip[0] && (str_starts(str_of(out), "127.") || str_eq(str_of(out), str_of("::"))))
		out[0] = '\0';
}

static void put_short(struct text *out, struct str s)
{
	enum { SHORT = 100 };
	text_put_visible(out, s.len > SHORT ? (struct str){s.at, SHORT} : s);
}

/* Says in the log who was refused and why, without letting him fill it. */
static int refuse(
    struct guard *guard, const struct mosquitto *client, struct str user, const char *why)
{
	char line[1000];
	struct text text = TEXT_IN(line);
	if (buckets_take(guard->log, str_of("refused"), guard_now_ms()) > 0) {
		guard->unlogged++;
		return MOSQ_ERR_AUTH;
	}
	put_short(&text, user);
	text_puts(&text, " from ");
	put_short(&text, str_of(mosquitto_client_address(client)));
	mosquitto_log_printf(
	    MOSQ_LOG_NOTICE, "mqtt-chat guard: refused %.*s: %s", (int)text.len, text.at, why);
	if (guard->unlogged > 0)
		mosquitto_log_printf(MOSQ_LOG_NOTICE,
		    "mqtt-chat guard: and %u more since the line before", guard->unlogged);
	guard->unlogged = 0;
	return MOSQ_ERR_AUTH;
}

/* On a reload the broker asks for everybody once more: this client, where it is in already. */
static struct client *find_inside(
    struct guard *guard, const struct mosquitto *client, const struct token *token)
{
	struct client *inside = clients_find(guard->clients, client, guard_client_id(client));
	bool same = inside && inside->state != CLIENT_GONE &&
		    strcmp(inside->token.id, token->id) == 0 && token->until > guard_now_s();
	return same && guard->reloading ? inside : NULL;
}

/* Whether somebody else is known under this client id, whom the new connection would end. */
static bool is_taken(const struct guard *guard, struct str id, const struct token *token)
{
	const struct client *other = clients_named(guard->clients, id);
	return other && strcmp(other->token.sub, token->sub) != 0;
}

/* What is wrong with a token that is the key's, or NULL. */
static const char *judge(const struct guard *guard, struct str id, struct str user,
    const struct token *token, const char *address)
{
	if (!str_eq(user, str_of(token->sub)))
		return "the token is somebody else's";
	if (!id.at || id.len > CLIENT_ID_BYTES)
		return "the client id is too long";
	if (token->cid[0] && !str_eq(id, str_of(token->cid)))
		return "the token is for another client id";
	if (is_taken(guard, id, token))
		return "the client id is somebody else's";
	if (bans_find(guard->bans, BAN_REVOKE, str_of(token->id), guard_now_s()))
		return "the token is revoked";
	if (guard_ban(guard, BAN_BAN, token, address))
		return "banned";
	return NULL;
}

/* The one before under the same id is on its way out; its device keeps what it subscribed to. */
static void replace(struct guard *guard, const struct mosquitto *client, struct client *before)
{
	struct client *now = clients_find(guard->clients, client, str_of(before->id));
	if (now == before)
		return;
	if (!mosquitto_client_clean_session(client)) {
		memcpy(now->filters, before->filters, sizeof(now->filters));
		now->filter_count = before->filter_count;
	}
	if (before->state != CLIENT_GONE)
		before->since = guard_now_ms();
	before->state = CLIENT_GONE;
}

static int enter(struct guard *guard, const struct mosquitto *client, const struct token *token,
    const char *address)
{
	struct str id = guard_client_id(client);
	struct client *before = clients_named(guard->clients, id);
	struct client *now = clients_add(guard->clients, client, id);
	if (!now)
		return MOSQ_ERR_AUTH;
	now->token = *token;
	memcpy(now->address, address, sizeof(now->address));
	if (before)
		replace(guard, client, before);
	return MOSQ_ERR_SUCCESS;
}

int connect_check(
    struct guard *guard, struct mosquitto *client, const char *user_name, const char *password)
{
	char address[ADDRESS_MAX + 1];
	struct token token;
	struct str user = str_of(user_name);
	if (!user.at || !password)
		return refuse(guard, client, str_of("who gives no name"), "no token");
	if (guard_is_program(user))
		return by_unix_socket(client)
			   ? MOSQ_ERR_PLUGIN_DEFER
			   : refuse(guard, client, user, "only by the broker's Unix socket");
	enum token_result result = token_read(guard->key, str_of(password), guard_now_s(), &token);
	struct client *inside = find_inside(guard, client, &token);
	/* A token's time is for coming in alone. */
	if (result != TOKEN_OK && !(result == TOKEN_EXPIRED && inside))
		return refuse(guard, client, user, token_result_text(result));
	find_address(client, &token, address);
	const char *wrong = judge(guard, guard_client_id(client), user, &token, address);
	if (wrong)
		return refuse(guard, client, user, wrong);
	return inside ? MOSQ_ERR_SUCCESS : enter(guard, client, &token, address);
}

void connect_ended(struct guard *guard, const struct mosquitto *client)
{
	struct client *known = clients_find(guard->clients, client, guard_client_id(client));
	if (!known || known->state != CLIENT_HERE)
		return;
	bool waits = known->token.role == TOKEN_DEVICE && !known->ended &&
		     !mosquitto_client_clean_session(client);
	known->state = waits ? CLIENT_WAITING : CLIENT_GONE;
	known->since = guard_now_ms();
}
