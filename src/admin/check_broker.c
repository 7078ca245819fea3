/*
 * check_broker.c: whether the broker answers, how it is configured, and who can reach it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "admin/broker.h"
#include "admin/check.h"

#define LISTENERS 16
#define INFLIGHT_MAX 1000 /* the logger remembers as many as it may have to tell again */

struct listener {
	int port;
	bool anonymous, password;
	char acl_file[512];
};

struct broker_config {
	struct listener listeners[LISTENERS];
	int count;
	char per_listener[8], persistence[8], upgrade[8];
	int64_t queued, inflight;
};

static void no_message(
    void *arg, struct str topic, struct str payload, const struct delivery *delivery)
{
	(void)arg;
	(void)topic;
	(void)payload;
	(void)delivery;
}

static void check_visit(struct check *check)
{
	static const struct mqtt_events events = {
	    broker_connected, broker_subscribed, no_message, NULL, NULL};
	struct broker broker;
	char error[BROKER_ERROR_SIZE];
	if (broker_visit(&broker, &check->admin->settings, "chat/+/stored", &events, error) != 0)
		check_tell(check, CHECK_FAULT, "broker",
		    "start it: systemctl start mosquitto; or set `broker`, `port`, `username` and "
		    "`password-file` as the broker has them",
		    "%s", error);
	else
		check_tell(
		    check, CHECK_OK, "broker", NULL, "it answers, and knows the logger's name");
	broker_leave(&broker);
}

static void copy_word(char *out, size_t size, const char *value)
{
	snprintf(out, size, "%.*s", (int)strcspn(value, " \t"), value);
}

static void take_global(struct broker_config *config, const char *line)
{
	const char *value;
	if ((value = check_value(line, "per_listener_settings")))
		copy_word(config->per_listener, sizeof(config->per_listener), value);
	else if ((value = check_value(line, "persistence")))
		copy_word(config->persistence, sizeof(config->persistence), value);
	else if ((value = check_value(line, "upgrade_outgoing_qos")))
		copy_word(config->upgrade, sizeof(config->upgrade), value);
	else if ((value = check_value(line, "max_queued_messages")))
		config->queued = strtoll(value, NULL, 10);
	else if ((value = check_value(line, "max_inflight_messages")))
		config->inflight = strtoll(value, NULL, 10);
}

static void take_listener(struct broker_config *config, const char *line)
{
	const char *value = check_value(line, "listener");
	if (value && config->count < LISTENERS)
		config->listeners[config->count++].port = (int)strtol(value, NULL, 10);
	if (config->count == 0)
		return;
	struct listener *last = &config->listeners[config->count - 1];
	if ((value = check_value(line, "allow_anonymous")))
		last->anonymous = strncmp(value, "true", 4) == 0;
	else if (check_value(line, "password_file"))
		last->password = true;
	else if ((value = check_value(line, "acl_file")))
		copy_word(last->acl_file, sizeof(last->acl_file), value);
}

static void read_lines(struct broker_config *config, char *rest)
{
	char *line;
	*config = (struct broker_config){.queued = 1000, .inflight = 20};
	while (check_next_line(&rest, &line)) {
		take_global(config, line);
		take_listener(config, line);
	}
}

static void check_globals(struct check *check, const struct broker_config *config)
{
	const struct {
		bool wrong;
		const char *what, *remedy;
	} table[] = {
	    {strcmp(config->per_listener, "true") != 0,
		"per_listener_settings is not true: the last listener's rules hold for all",
		"set `per_listener_settings true` in mosquitto.conf, before the listeners"},
	    {strcmp(config->persistence, "true") != 0,
		"persistence is not true: what is queued for the logger is lost when the broker "
		"ends",
		"set `persistence true` in mosquitto.conf"},
	    {config->queued != 0,
		"max_queued_messages is not 0: what is above is dropped silently while the logger "
		"is away",
		"set `max_queued_messages 0` and bound it with max_queued_bytes"},
	    {config->inflight < 1 || config->inflight > INFLIGHT_MAX,
		"max_inflight_messages is not from 1 to 1000: the logger may store messages twice",
		"set `max_inflight_messages 1000` in mosquitto.conf"},
	    {strcmp(config->upgrade, "true") != 0,
		"upgrade_outgoing_qos is not true: what is sent at QoS 0 is lost while the logger "
		"is away",
		"set `upgrade_outgoing_qos true` in mosquitto.conf"},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].wrong)
			check_tell(
			    check, CHECK_FAULT, "broker", table[i].remedy, "%s", table[i].what);
}

/* Whether an MQTT filter takes a topic. */
static bool filter_takes(const char *filter, const char *topic)
{
	for (; *filter; filter++) {
		if (*filter == '#')
			return true;
		if (*filter == '+') {
			topic += strcspn(topic, "/");
		} else if (*filter == *topic) {
			topic++;
		} else {
			return false;
		}
	}
	return !*topic;
}

/* Whether a client without a name may publish receipts, by the rules before the first `user`. */
static bool acl_lets_forge(char *rest)
{
	char *line;
	bool general = true;
	while (check_next_line(&rest, &line)) {
		const char *topic = check_value(line, "topic");
		if (check_value(line, "user"))
			general = false;
		if (!topic || !general)
			continue;
		if (strncmp(topic, "read ", 5) == 0 || strncmp(topic, "deny ", 5) == 0)
			continue;
		const char *filter = strchr(topic, ' ');
		if (filter_takes(filter ? filter + 1 : topic, "chat/messages/stored"))
			return true;
	}
	return false;
}

static void check_acl(struct check *check, const struct listener *listener)
{
	struct text acl = {0};
	if (!listener->acl_file[0])
		check_tell(check, CHECK_FAULT, "broker",
		    "give that listener the acl_file that mqtt-chat installs, mqtt-chat.acl",
		    "the listener on port %d lets anybody in and has no acl_file: receipts can be "
		    "forged",
		    listener->port);
	else if (check_read_config(listener->acl_file, "include", &acl) != 0)
		check_tell(check, CHECK_FAULT, "broker",
		    "put it back, readable for the broker: it comes with mqtt-chat",
		    "acl_file %s: %s", listener->acl_file, strerror(errno));
	else if (acl_lets_forge(acl.at))
		check_tell(check, CHECK_FAULT, "broker",
		    "let nobody but the logger write chat/+/stored: use the mqtt-chat.acl that "
		    "comes with mqtt-chat",
		    "%s lets anybody publish receipts", listener->acl_file);
	text_free(&acl);
}

/* The address in /proc/net/tcp, hexadecimal in the machine's order: whether it is loopback. */
static bool is_loopback(const char *hex)
{
	static const char mapped[] = "0000000000000000FFFF0000";
	if (strcmp(hex, "00000000000000000000000001000000") == 0)
		return true;
	if (strncmp(hex, mapped, strlen(mapped)) == 0)
		hex += strlen(mapped);
	return strlen(hex) == 8 && (strtoul(hex, NULL, 16) & 0xff) == 127;
}

static bool listens_openly(const char *table, int port)
{
	char line[512], address[64], local[16], state[16];
	bool open = false;
	FILE *file = fopen(table, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " %*[0-9]: %63[0-9A-F]:%15[0-9A-F] %*s %15s", address, local,
			state) == 3 &&
		    strcmp(state, "0A") == 0 && (int)strtoul(local, NULL, 16) == port &&
		    !is_loopback(address))
			open = true;
	if (file)
		fclose(file);
	return open;
}

static void check_listener(struct check *check, const struct listener *listener, bool acl_checked)
{
	if (listens_openly("/proc/net/tcp", listener->port) ||
	    listens_openly("/proc/net/tcp6", listener->port))
		check_tell(check, listener->anonymous ? CHECK_FAULT : CHECK_WARNING, "broker",
		    "give the listener the address 127.0.0.1 and `socket_domain ipv4`, and restart "
		    "the broker; or put a firewall before it",
		    "port %d can be reached from other machines", listener->port);
	if (listener->anonymous && !acl_checked)
		check_acl(check, listener);
	if (listener->port == check->admin->settings.port &&
	    (listener->anonymous || !listener->password))
		check_tell(check, CHECK_FAULT, "broker",
		    "set `allow_anonymous false` and its password_file on that listener",
		    "the logger's listener, port %d, takes anybody: the queue can be stolen",
		    listener->port);
}

static void check_config(struct check *check, const char *path)
{
	struct text text = {0};
	struct broker_config config;
	int before = check->faults + check->warnings;
	if (check_read_config(path, "include_dir", &text) != 0) {
		check_tell(check, CHECK_SKIPPED, "broker",
		    "say where it is: --broker-config=FILE; or run this as root", "%s: %s", path,
		    strerror(errno));
		text_free(&text);
		return;
	}
	read_lines(&config, text.at);
	check_globals(check, &config);
	for (int i = 0; i < config.count; i++) {
		bool checked = false;
		for (int k = 0; k < i; k++)
			checked = checked || (config.listeners[k].anonymous &&
						 !strcmp(config.listeners[k].acl_file,
						     config.listeners[i].acl_file));
		check_listener(check, &config.listeners[i], checked);
	}
	if (check->faults + check->warnings == before)
		check_tell(check, CHECK_OK, "broker", NULL,
		    "%s has what the logger needs, %d listeners", path, config.count);
	text_free(&text);
}

void check_broker(struct check *check)
{
	check_visit(check);
	check_config(check, check_path(check, "broker-config", BROKER_FILE));
}
