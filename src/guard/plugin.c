/*
 * plugin.c: what mosquitto loads and calls. Where anything is missing the broker does not start:
 * nobody gets in because the plugin could not read its key.
 *
 *   plugin .../guard.so
 *   plugin_opt_key FILE      the public key that tokens are verified with (key.h); has to be there
 *   plugin_opt_bans FILE     the list of bans (bans.h); one that is not there is empty
 */
#include "guard/guard.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

struct plugin {
	struct guard guard;
	mosquitto_plugin_id_t *id;
};

/* ---- what guard.h promises ---- */

struct str guard_client_id(const struct mosquitto *client)
{
	return str_of(mosquitto_client_id(client));
}

struct str guard_user_name(const struct mosquitto *client)
{
	return str_of(mosquitto_client_username(client));
}

int64_t guard_now_s(void)
{
	return clock_ms(CLOCK_REALTIME) / 1000;
}

int64_t guard_now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

bool guard_is_program(struct str user_name)
{
	return str_eq(user_name, str_of("logger")) || str_eq(user_name, str_of("post"));
}

bool guard_is_logger(const struct mosquitto *client)
{
	return str_eq(guard_user_name(client), str_of("logger"));
}

const struct ban *guard_ban(
    const struct guard *guard, enum ban_kind kind, const struct token *token, const char *address)
{
	int64_t now = guard_now_s();
	const struct ban *ban = bans_find(guard->bans, kind, str_of(token->sub), now);
	return ban ? ban : bans_find(guard->bans, kind, str_of(address), now);
}

/* ---- what the broker calls ---- */

static int on_basic_auth(int kind, void *data, void *user)
{
	const struct mosquitto_evt_basic_auth *event = data;
	(void)kind;
	return connect_check(user, event->client, event->username, event->password);
}

static int on_acl_check(int kind, void *data, void *user)
{
	(void)kind;
	return access_check(user, data);
}

static int on_message(int kind, void *data, void *user)
{
	(void)kind;
	return access_count(user, data);
}

static int on_control(int kind, void *data, void *user)
{
	(void)kind;
	return control_receive(user, data);
}

static int on_reload(int kind, void *data, void *user)
{
	(void)kind;
	(void)data;
	control_reload(user);
	return MOSQ_ERR_SUCCESS;
}

static int on_tick(int kind, void *data, void *user)
{
	(void)kind;
	(void)data;
	control_tick(user);
	return MOSQ_ERR_SUCCESS;
}

static int on_disconnect(int kind, void *data, void *user)
{
	const struct mosquitto_evt_disconnect *event = data;
	(void)kind;
	connect_ended(user, event->client);
	return MOSQ_ERR_SUCCESS;
}

static const struct callback {
	int event;
	MOSQ_FUNC_generic_callback function;
	const char *data;
} callbacks[] = {
    {MOSQ_EVT_BASIC_AUTH, on_basic_auth, NULL},
    {MOSQ_EVT_ACL_CHECK, on_acl_check, NULL},
    {MOSQ_EVT_MESSAGE, on_message, NULL},
    {MOSQ_EVT_CONTROL, on_control, GUARD_CONTROL_TOPIC},
    {MOSQ_EVT_RELOAD, on_reload, NULL},
    {MOSQ_EVT_TICK, on_tick, NULL},
    {MOSQ_EVT_DISCONNECT, on_disconnect, NULL},
};

enum { CALLBACKS = sizeof(callbacks) / sizeof(callbacks[0]) };

/* ---- beginning and end ---- */

static bool fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool fail(const char *format, ...)
{
	char line[GUARD_ERROR_SIZE + 100];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	mosquitto_log_printf(
	    MOSQ_LOG_ERR, "mqtt-chat guard: %s; the broker does not start without it", line);
	return false;
}

static bool load_key(struct guard *guard, const char *file)
{
	char error[TOKEN_ERROR_SIZE];
	if (!file)
		return fail("plugin_opt_key is missing: the file of the public key");
	guard->key = token_key_load_public(file, error);
	return guard->key || fail("%s", error);
}

static bool load_bans(struct guard *guard, const char *file)
{
	char error[GUARD_ERROR_SIZE];
	guard->bans_file = file ? strdup(file) : NULL;
	if (file && !guard->bans_file)
		return fail("out of memory");
	return control_load(guard, error) || fail("%s", error);
}

static bool read_options(
    const struct mosquitto_opt *options, int count, const char **key, const char **bans)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(options[i].key, "key") == 0)
			*key = options[i].value;
		else if (strcmp(options[i].key, "bans") == 0)
			*bans = options[i].value;
		else
			return fail(
			    "there is no plugin_opt_%s, only _key and _bans", options[i].key);
	}
	return true;
}

static bool make_tables(struct guard *guard)
{
	guard->clients = clients_new();
	guard->rates = rates_new();
	guard->log = buckets_new(1, 10, 1);
	return (guard->clients && guard->rates && guard->log) || fail("out of memory");
}

static bool register_all(struct plugin *plugin)
{
	for (int i = 0; i < CALLBACKS; i++) {
		int rc = mosquitto_callback_register(plugin->id, callbacks[i].event,
		    callbacks[i].function, callbacks[i].data, &plugin->guard);
		if (rc != MOSQ_ERR_SUCCESS)
			return fail("the broker takes no event %d (%d)", callbacks[i].event, rc);
	}
	return true;
}

static void free_plugin(struct plugin *plugin)
{
	for (int i = 0; i < CALLBACKS; i++)
		mosquitto_callback_unregister(
		    plugin->id, callbacks[i].event, callbacks[i].function, callbacks[i].data);
	token_key_free(plugin->guard.key);
	bans_free(plugin->guard.bans);
	free(plugin->guard.bans_file);
	clients_free(plugin->guard.clients);
	rates_free(plugin->guard.rates);
	buckets_free(plugin->guard.log);
	free(plugin);
}

int mosquitto_plugin_version(int count, const int *versions)
{
	for (int i = 0; i < count; i++)
		if (versions[i] == MOSQ_PLUGIN_VERSION)
			return MOSQ_PLUGIN_VERSION;
	return -1;
}

int mosquitto_plugin_init(
    mosquitto_plugin_id_t *id, void **user, struct mosquitto_opt *options, int count)
{
	const char *key = NULL, *bans = NULL;
	struct plugin *plugin = calloc(1, sizeof(*plugin));
	if (!plugin)
		return MOSQ_ERR_NOMEM;
	plugin->id = id;
	struct guard *guard = &plugin->guard;
	if (!read_options(options, count, &key, &bans) || !load_key(guard, key) ||
	    !load_bans(guard, bans) || !make_tables(guard) || !register_all(plugin)) {
		free_plugin(plugin);
		return MOSQ_ERR_INVAL;
	}
	*user = plugin;
	mosquitto_log_printf(MOSQ_LOG_NOTICE,
	    "mqtt-chat guard: nobody comes in without a token; on the list of bans: %zu",
	    bans_count(guard->bans));
	return MOSQ_ERR_SUCCESS;
}

int mosquitto_plugin_cleanup(void *user, struct mosquitto_opt *options, int count)
{
	(void)options;
	(void)count;
	free_plugin(user);
	return MOSQ_ERR_SUCCESS;
}
