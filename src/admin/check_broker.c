/*
 * check_broker.c: whether the broker answers, and who can do what there. Its configuration is ours
 * but for what somebody has put into /etc/mqtt-chat/broker.d or the acl_file.
 */
#include <errno.h>
#include <stdlib.h>

#include "admin/broker.h"
#include "admin/check.h"

struct listener {
	int port; /* 0: a Unix socket */
	bool websockets;
};

struct check_lines {
	struct check *check;
	bool answers;		  /* the broker does */
	struct listener listener; /* the last one */
};

/* Whether the broker answers. */
static bool check_visit(struct check *check)
{
	static const struct mqtt_events events = {.connected = broker_connected,
	    .subscribed = broker_subscribed,
	    .message = broker_ignored};
	struct broker broker;
	char error[BROKER_ERROR_SIZE];
	bool answers =
	    broker_visit(&broker, &check->admin->settings, "chat/+/stored", &events, error) == 0;
	if (!answers)
		check_tell(check, CHECK_FAULT, "broker",
		    "start it: systemctl start mqtt-chat-broker; if it ends, journalctl -u "
		    "mqtt-chat-broker says why; `broker`, `username` and `password-file` have to be "
		    "the broker's",
		    "%s", error);
	else
		check_tell(
		    check, CHECK_OK, "broker", NULL, "it answers, and knows the logger's name");
	broker_leave(&broker);
	return answers;
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

/* Whether a rule (what stands behind `topic` or `pattern`) lets publish what is the logger's. */
static bool rule_forges(const char *rule)
{
	static const char *const ours[] = {
	    "chat/messages/stored", "chat/messages/rejected", "chat/messages/topic"};
	char filter[256];
	if (strncmp(rule, "read ", 5) == 0 || strncmp(rule, "deny ", 5) == 0)
		return false;
	const char *space = strchr(rule, ' ');
	snprintf(filter, sizeof(filter), "%s", space ? space + 1 : rule);
	/* A client chooses its id and its name. */
	for (char *at = filter; (at = strchr(at, '%'));)
		if (at[1] == 'c' || at[1] == 'u')
			*at = '+', memmove(at + 1, at + 2, strlen(at + 2) + 1);
		else
			at++;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (filter_takes(filter, ours[i]))
			return true;
	return false;
}

/* By the rules for all, and those before the first `user`, which are for clients without a name. */
static bool acl_lets_forge(char *rest)
{
	char *line;
	bool general = true;
	while (check_next_line(&rest, &line)) {
		const char *topic = check_value(line, "topic"), *all = check_value(line, "pattern");
		if (check_value(line, "user"))
			general = false;
		if ((all && rule_forges(all)) || (general && topic && rule_forges(topic)))
			return true;
	}
	return false;
}

static void check_acl(struct check *check, const char *path)
{
	struct text acl = {0};
	if (check_read_config(path, "include", &acl) != 0)
		check_tell(check, CHECK_FAULT, "broker",
		    "put it back, readable for the broker: it comes with mqtt-chat",
		    "acl_file %s: %s", path, strerror(errno));
	else if (acl_lets_forge(acl.at))
		check_tell(check, CHECK_FAULT, "broker",
		    "let nobody but the logger write chat/+/stored, rejected and topic: use the "
		    "mqtt-chat.acl that comes with mqtt-chat",
		    "%s lets anybody publish receipts or topics", path);
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

/* `table` is a file of the kernel's. `openly`: on another address than loopback. */
static bool listens(const char *table, int port, bool openly)
{
	char line[512], address[64], local[16], state[16];
	bool found = false;
	FILE *file = fopen(table, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " %*[0-9]: %63[0-9A-F]:%15[0-9A-F] %*s %15s", address, local,
			state) == 3 &&
		    strcmp(state, "0A") == 0 && (int)strtoul(local, NULL, 16) == port &&
		    !(openly && is_loopback(address)))
			found = true;
	if (file)
		fclose(file);
	return found;
}

static bool listens_anywhere(int port, bool openly)
{
	return listens("/proc/net/tcp", port, openly) || listens("/proc/net/tcp6", port, openly);
}

/* Of the listener whose lines have been read. */
static void check_listener(const struct check_lines *lines)
{
	struct check *check = lines->check;
	const struct listener *listener = &lines->listener;
	if (!listener->port || !listens_anywhere(listener->port, lines->answers))
		return;
	if (!lines->answers)
		check_tell(check, CHECK_FAULT, "broker",
		    "`ss -ltnp` as root names it: end it, or choose another port in "
		    "/etc/mqtt-chat/ports, run /usr/libexec/mqtt-chat/arrange, and start the broker",
		    "port %d, which the broker needs, is another program's", listener->port);
	else if (listener->websockets)
		check_tell(check, CHECK_FAULT, "broker",
		    "give that listener the address 127.0.0.1 and `socket_domain ipv4`, and restart "
		    "the broker: nginx checks who comes, the broker does not",
		    "the WebSocket port %d can be reached from other machines", listener->port);
	else
		check_tell(check, CHECK_WARNING, "broker",
		    "if that is not meant: `bind_interface lo` below that listener; for devices, "
		    "`require_certificate true`, or a firewall before it",
		    "port %d can be reached from other machines: who reaches it may chat",
		    listener->port);
}

static void check_line(struct check_lines *lines, const char *line)
{
	const char *value;
	if ((value = check_value(line, "listener"))) {
		check_listener(lines);
		lines->listener = (struct listener){.port = (int)strtol(value, NULL, 10)};
	} else if ((value = check_value(line, "protocol"))) {
		lines->listener.websockets = strncmp(value, "websockets", 10) == 0;
	} else if ((value = check_value(line, "acl_file"))) {
		check_acl(lines->check, value);
	} else if ((value = check_value(line, "per_listener_settings"))) {
		if (strncmp(value, "true", 4) == 0)
			check_tell(lines->check, CHECK_FAULT, "broker",
			    "take that line out: give users and topics their rights in the acl_file",
			    "per_listener_settings is true: what is sent while the logger is away "
			    "is lost");
	}
}

static void check_config(struct check *check, const char *path, bool answers)
{
	struct text text = {0};
	char *line;
	int before = check->faults + check->warnings;
	if (check_read_config(path, "include_dir", &text) != 0) {
		check_tell(check, CHECK_SKIPPED, "broker",
		    "say where it is: --broker-config=FILE; or run this as root", "%s: %s", path,
		    strerror(errno));
		text_free(&text);
		return;
	}
	struct check_lines lines = {.check = check, .answers = answers};
	for (char *rest = text.at; check_next_line(&rest, &line);)
		check_line(&lines, line);
	check_listener(&lines);
	if (check->faults + check->warnings == before)
		check_tell(check, CHECK_OK, "broker", NULL, "%s is safe", path);
	text_free(&text);
}

void check_broker(struct check *check)
{
	bool answers = check_visit(check);
	if (answers)
		check_identity(check);
	check_config(check, check_path(check, "broker-config", BROKER_FILE), answers);
}
