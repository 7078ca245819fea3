#include "guard/view.h"

#include <json-c/json.h>

#include "auth/token.h"
#include "base/json_check.h"
#include "base/utf8.h"
#include "chat/message.h"

/* Takes what stands before the next "/" off the front of `rest`, and the "/" with it. */
static struct str take_level(struct str *rest)
{
	const char *slash = rest->len > 0 ? memchr(rest->at, '/', rest->len) : NULL;
	size_t length = slash ? (size_t)(slash - rest->at) : rest->len;
	struct str level = {rest->at, length};
	size_t skipped = slash ? length + 1 : length;
	*rest =
	    slash ? (struct str){rest->at + skipped, rest->len - skipped} : (struct str){NULL, 0};
	return level;
}

bool view_is_any(struct str name)
{
	return name.len == 1 && name.at[0] == '+';
}

static bool find_leaf(struct str name, enum view_leaf *out)
{
	static const char *const names[VIEW__LEAVES] = {
	    [VIEW_STORED] = "stored",
	    [VIEW_REJECTED] = "rejected",
	    [VIEW_TOPIC_LINE] = "topic",
	    [VIEW_TYPING] = "typing",
	    [VIEW_PRESENCE] = "presence",
	};
	for (int i = 0; i < VIEW__LEAVES; i++)
		if (names[i] && str_eq(name, str_of(names[i]))) {
			*out = (enum view_leaf)i;
			return true;
		}
	return false;
}

static bool take_apart(struct str topic, bool filter, struct view_topic *out)
{
	struct str rest = topic;
	*out = (struct view_topic){.leaf = VIEW_MESSAGE};
	if (!str_eq(take_level(&rest), str_of("chat")) || !rest.at)
		return false;
	out->room = take_level(&rest);
	if (!message_room_valid(out->room) && !(filter && view_is_any(out->room)))
		return false;
	if (!rest.at)
		return true;
	if (!find_leaf(take_level(&rest), &out->leaf))
		return false;
	if (out->leaf != VIEW_PRESENCE)
		return !rest.at;
	out->id = rest;
	return token_id_valid(out->id, TOKEN_PID_MAX) || (filter && view_is_any(out->id));
}

bool view_topic(struct str topic, struct view_topic *out)
{
	return take_apart(topic, false, out);
}

bool view_filter(struct str filter, struct view_topic *out)
{
	return take_apart(filter, true, out);
}

/* ---- payloads ---- */

static struct str read_member(struct json_object *object, const char *key)
{
	struct json_object *value;
	if (!json_object_object_get_ex(object, key, &value) || !value)
		return (struct str){NULL, 0};
	if (!json_object_is_type(value, json_type_string))
		return (struct str){"", 0};
	return (struct str){
	    json_object_get_string(value), (size_t)json_object_get_string_len(value)};
}

static struct json_object *parse(struct str payload)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_LEVELS);
	if (!tokener)
		return NULL;
	struct json_object *value = json_tokener_parse_ex(tokener, payload.at, (int)payload.len);
	json_tokener_free(tokener);
	return value;
}

static void read_object(struct str payload, struct view_payload *out)
{
	out->object = parse(payload);
	if (!json_object_is_type(out->object, json_type_object))
		return;
	out->kind = VIEW_OBJECT;
	out->nickname = read_member(out->object, "nickname");
	out->client_id = read_member(out->object, "clientId");
	out->msg_id = read_member(out->object, "msgId");
}

void view_payload(struct str payload, struct view_payload *out)
{
	*out = (struct view_payload){.kind = VIEW_UNCLEAR};
	if (payload.len > MESSAGE_BYTES_MAX || utf8_count(payload) < 0)
		return;
	if (payload.len > 0 && memchr(payload.at, '\0', payload.len))
		return;
	payload = utf8_trim(payload);
	enum json_kind kind =
	    payload.len > 0 && payload.at[0] == '{' ? json_check(payload) : JSON_NOT;
	if (kind == JSON_NOT)
		out->kind = VIEW_PLAIN;
	else if (kind == JSON_GOOD)
		read_object(payload, out);
}

void view_payload_free(struct view_payload *view)
{
	json_object_put(view->object);
	*view = (struct view_payload){0};
}
