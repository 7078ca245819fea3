/*
 * command_send.c: says something as any client would, and waits for the receipt. What has none
 * after two seconds is sent again under the same msgId.
 */
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>

#include "admin/admin.h"
#include "admin/broker.h"
#include "base/clock.h"
#include "base/text.h"
#include "chat/message.h"

#define AGAIN_MS 2000
#define PACKET_MAX 65000 /* a broker may take no more in one packet */

static const struct admin_option options[] = {
    {"room", "ROOM", "where (default: messages)"},
    {"nickname", "NAME", "as whom (default: the user's name)"},
    {"timeout", "SECONDS", "how long to wait for the receipt (default: 10)"},
    {0},
};

struct sending {
	struct broker broker; /* has to come first */
	int64_t timeout_ms;
	char msg_id[33];
	enum message_fault fault; /* by which the logger will reject it */
	bool answered, rejected;
	char detail[200]; /* the id that it got, or why it was rejected */
};

static bool is_ours(const struct sending *s, struct json_object *item)
{
	struct json_object *id;
	return json_object_object_get_ex(item, "msgId", &id) && id &&
	       strcmp(json_object_get_string(id), s->msg_id) == 0;
}

static void take_answer(struct sending *s, struct json_object *item, const char *member)
{
	struct json_object *detail = NULL;
	if (!is_ours(s, item))
		return;
	json_object_object_get_ex(item, member, &detail);
	snprintf(s->detail, sizeof(s->detail), "%s", detail ? json_object_get_string(detail) : "");
	s->answered = true;
}

static bool ends_with(struct str s, const char *end)
{
	size_t length = strlen(end);
	return s.len >= length && memcmp(s.at + s.len - length, end, length) == 0;
}

static void take_message(
    void *arg, struct str topic, struct str payload, const struct delivery *delivery)
{
	struct sending *s = arg;
	(void)delivery;
	struct json_tokener *tokener = json_tokener_new();
	if (!tokener)
		return;
	struct json_object *value = json_tokener_parse_ex(tokener, payload.at, (int)payload.len);
	json_tokener_free(tokener);
	if (ends_with(topic, "/stored") && json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			take_answer(s, json_object_array_get_idx(value, i), "id");
	} else if (ends_with(topic, "/rejected") && json_object_is_type(value, json_type_object)) {
		take_answer(s, value, "reason");
		s->rejected = s->answered;
	}
	json_object_put(value);
}

static int make_id(char out[33])
{
	unsigned char random[16];
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -1;
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(out + 2 * i, 3, "%02x", random[i]);
	return 0;
}

static struct json_object *make_payload(
    const struct admin *admin, const struct sending *s, struct str text)
{
	const char *nickname = admin_option(admin, "nickname");
	const char *user = getenv("USER");
	struct json_object *object = json_object_new_object();
	json_object_object_add(object, "nickname",
	    json_object_new_string(nickname	   ? nickname
				   : user && *user ? user
						   : "admin"));
	json_object_object_add(
	    object, "text", json_object_new_string_len(text.len ? text.at : "", (int)text.len));
	json_object_object_add(object, "clientId", json_object_new_string("mqtt-chat"));
	json_object_object_add(object, "msgId", json_object_new_string(s->msg_id));
	return object;
}

/* What will be rejected is sent, too, once: the logger keeps it, and may know a better reason. */
static int exchange(struct sending *s, const char *topic, struct str payload)
{
	int64_t wait = s->fault && s->timeout_ms > AGAIN_MS ? AGAIN_MS : s->timeout_ms;
	int64_t end = clock_ms(CLOCK_MONOTONIC) + wait;
	while (!s->answered && clock_ms(CLOCK_MONOTONIC) < end) {
		int64_t left = end - clock_ms(CLOCK_MONOTONIC);
		if (mqtt_publish(s->broker.mqtt, topic, payload) != 0 ||
		    broker_wait(&s->broker, &s->answered, left < AGAIN_MS ? (int)left : AGAIN_MS) !=
			0)
			return admin_fail("lost the broker: %s", mqtt_error(s->broker.mqtt));
	}
	if (!s->answered && s->fault)
		return admin_fail("it was rejected: %s", message_fault_text(s->fault));
	if (!s->answered)
		return admin_fail(
		    "no receipt: it was sent, and may be stored later; does the logger "
		    "run? See mqtt-chat check");
	if (s->rejected)
		return admin_fail("it was rejected: %s", s->detail);
	printf("stored as %s\n", s->detail);
	return ADMIN_OK;
}

static int send_payload(
    struct sending *s, const struct admin *admin, const char *room, struct str payload)
{
	static const struct mqtt_events events = {.connected = broker_connected,
	    .subscribed = broker_subscribed,
	    .message = take_message};
	char topic[MESSAGE_ROOM_MAX + 8], filter[MESSAGE_ROOM_MAX + 8], error[BROKER_ERROR_SIZE];
	struct message m;
	snprintf(topic, sizeof(topic), "chat/%s", room);
	snprintf(filter, sizeof(filter), "chat/%s/+", room);
	s->fault = message_parse(&m, str_of(topic), payload, false);
	bool told = m.msg_id.at && payload.len < PACKET_MAX;
	message_free(&m);
	if (s->fault && !told)
		return admin_fail("it was rejected: %s", message_fault_text(s->fault));
	int result = broker_visit(&s->broker, &admin->settings, filter, &events, error) == 0
			 ? exchange(s, topic, payload)
			 : admin_fail("%s", error);
	broker_leave(&s->broker);
	return result;
}

static int send_text(const struct admin *admin, const char *room, struct str text, int64_t timeout)
{
	struct sending s = {.timeout_ms = timeout * 1000};
	if (make_id(s.msg_id) != 0)
		return admin_fail("no random numbers");
	struct json_object *object = make_payload(admin, &s, text);
	int result = send_payload(&s, admin, room, str_of(json_object_to_json_string(object)));
	json_object_put(object);
	return result;
}

static int send(struct admin *admin)
{
	struct str room;
	struct text text = {0};
	int64_t timeout;
	if (admin_room(admin, &room) != 0 ||
	    admin_number(admin, "timeout", 1, 3600, 10, &timeout) != 0)
		return ADMIN_USAGE;
	for (int i = 0; i < admin->arg_count; i++)
		text_printf(&text, "%s%s", i ? " " : "", admin->args[i]);
	int result = text.broken ? admin_fail("out of memory")
				 : send_text(admin, room.at ? room.at : "messages", text_str(&text),
				       timeout);
	text_free(&text);
	return result;
}

const struct admin_command command_send = {
    "send", "TEXT...", 1, INT_MAX, "say something, and wait until it is stored", options, send};
