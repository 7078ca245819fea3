#include "chat/message.h"

#include <json-c/json.h>
#include <stdlib.h>

#include "base/json_check.h"
#include "base/utf8.h"
#include "chat/limits.h"

#define TOPIC_PREFIX "chat/"

/* So that what is not looked into, and may not be JSON, is a fault as a text as well. */
_Static_assert((int)JSON_LEVELS_MAX > MESSAGE_TEXT_MAX, "a text may be nested deeper");

static const char *const fault_texts[MESSAGE__MAX] = {
    [MESSAGE_OK] = "ok",
    [MESSAGE_BAD_ROOM] =
	"the room's name must be 1 to 64 of a-z 0-9 _ -; those that begin with _ or - are reserved",
    [MESSAGE_TOO_LARGE] = "the payload is larger than 64 KiB",
    [MESSAGE_BAD_UTF8] = "the payload is not UTF-8",
    [MESSAGE_NUL] = "the payload holds a NUL character",
    [MESSAGE_TOO_DEEP] = "the JSON is nested too deeply",
    [MESSAGE_BAD_NICKNAME] = "nickname must be a string of 1 to 64 characters",
    [MESSAGE_BAD_TEXT] = "text must be a string of 1 to 4000 characters",
    [MESSAGE_UNSEEN] = "nothing of the nickname or of the text is visible",
    [MESSAGE_TURNED] = "the nickname turns the direction of the text around it",
    [MESSAGE_BAD_CLIENT_ID] = "clientId must be a string of 1 to 64 characters",
    [MESSAGE_BAD_MSG_ID] = "msgId must be a string of 1 to 64 characters",
    [MESSAGE_RESERVED_CLIENT_ID] = "clientId must not begin with @, which is reserved for accounts",
    [MESSAGE_RESERVED_MSG_ID] =
	"msgId must not begin with import:, which is reserved for imported messages",
    [MESSAGE_ID_USED] = "msgId used before: for another message of the same clientId",
    [MESSAGE_NO_ID] = "neither msgId nor id says which record it is",
    [MESSAGE_BAD_TIME] = "the time must be one of RFC 3339, or seconds since 1970",
    [MESSAGE_BAD_RECORD] = "the record is not of the format",
    [MESSAGE_REFUSED] = "the database refused it",
    [MESSAGE_NO_SPACE] = "the server's disk is nearly full; try again later",
    [MESSAGE_TOO_FAST] = "more messages come than the server takes; try again in a minute",
    [MESSAGE_NO_MEMORY] = "out of memory",
};

const char *message_fault_text(enum message_fault fault)
{
	return fault_texts[fault];
}

static bool room_char(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (!first && (c == '_' || c == '-'));
}

bool message_room_valid(struct str room)
{
	if (room.len < 1 || room.len > MESSAGE_ROOM_MAX)
		return false;
	for (size_t i = 0; i < room.len; i++)
		if (!room_char(room.at[i], i == 0))
			return false;
	return true;
}

bool message_topic_valid(struct str topic)
{
	ssize_t length = utf8_count(topic);
	if (length < 1 || length > MESSAGE_TOPIC_MAX || !utf8_is_visible(topic) ||
	    utf8_turns(topic))
		return false;
	while (topic.len > 0)
		if (utf8_is_control(utf8_take(&topic)))
			return false;
	return true;
}

static struct str room_of(struct str topic)
{
	size_t prefix = strlen(TOPIC_PREFIX);
	if (!str_starts(topic, TOPIC_PREFIX))
		return (struct str){NULL, 0};
	return (struct str){topic.at + prefix, topic.len - prefix};
}

/* Of UTF-8, which whoever calls has made sure of. */
static enum message_fault check_text(struct str s, size_t max, enum message_fault fault)
{
	if (s.len > 0 && memchr(s.at, '\0', s.len))
		return MESSAGE_NUL;
	size_t points = utf8_length(s);
	return points >= 1 && points <= max ? MESSAGE_OK : fault;
}

/* Copies the members, which may point anywhere, into memory that `m` owns. */
static enum message_fault own_members(struct message *m)
{
	struct str *members[] = {&m->room, &m->nickname, &m->text, &m->client_id, &m->msg_id};
	const size_t count = sizeof(members) / sizeof(members[0]);
	size_t size = 1;
	for (size_t i = 0; i < count; i++)
		size += members[i]->len;
	char *end = m->memory = malloc(size);
	for (size_t i = 0; i < count; i++) {
		if (!m->memory)
			*members[i] = (struct str){NULL, 0};
		if (!members[i]->at)
			continue;
		memcpy(end, members[i]->at, members[i]->len);
		members[i]->at = end;
		end += members[i]->len;
	}
	return m->memory ? MESSAGE_OK : MESSAGE_NO_MEMORY;
}

/* Of what people read, which check_text() has passed. */
static enum message_fault check_shown(struct str s, bool nickname)
{
	if (nickname && utf8_turns(s))
		return MESSAGE_TURNED;
	return utf8_is_visible(s) ? MESSAGE_OK : MESSAGE_UNSEEN;
}

bool message_nickname_valid(struct str nickname)
{
	return utf8_count(nickname) >= 0 && utf8_trim(nickname).len == nickname.len &&
	       !check_text(nickname, MESSAGE_NICKNAME_MAX, MESSAGE_BAD_NICKNAME) &&
	       !check_shown(nickname, true);
}

struct member {
	const char *key;
	size_t max;
	bool optional;
	enum message_fault fault;
};

/* Leaves `out` alone unless the member is there and valid. */
static enum message_fault read_member(
    struct json_object *object, const struct member *member, struct str *out)
{
	struct json_object *value;
	if (!json_object_object_get_ex(object, member->key, &value) || !value)
		return member->optional ? MESSAGE_OK : member->fault;
	if (!json_object_is_type(value, json_type_string))
		return member->fault;
	struct str s = {json_object_get_string(value), (size_t)json_object_get_string_len(value)};
	s = utf8_trim(s);
	enum message_fault fault = check_text(s, member->max, member->fault);
	if (!fault && !member->optional)
		fault = check_shown(s, member->fault == MESSAGE_BAD_NICKNAME);
	if (!fault)
		*out = s;
	return fault;
}

/* One that nobody may take by saying so. */
static enum message_fault check_reserved(const struct message *m)
{
	return str_starts(m->msg_id, LIMITS_IMPORT_PREFIX) ? MESSAGE_RESERVED_MSG_ID : MESSAGE_OK;
}

/* The ids come first, so that a sender can be told what was wrong with the rest. */
static enum message_fault read_members(struct json_object *object, struct message *m)
{
	static const struct member table[] = {
	    {"clientId", MESSAGE_ID_MAX, true, MESSAGE_BAD_CLIENT_ID},
	    {"msgId", MESSAGE_ID_MAX, true, MESSAGE_BAD_MSG_ID},
	    {"nickname", MESSAGE_NICKNAME_MAX, false, MESSAGE_BAD_NICKNAME},
	    {"text", MESSAGE_TEXT_MAX, false, MESSAGE_BAD_TEXT},
	};
	struct str *const places[] = {&m->client_id, &m->msg_id, &m->nickname, &m->text};
	enum message_fault first = MESSAGE_OK;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		enum message_fault fault = read_member(object, &table[i], places[i]);
		if (!first)
			first = fault;
	}
	return first ? first : check_reserved(m);
}

static enum message_fault read_plain_text(struct message *m, struct str payload)
{
	m->nickname = str_of(LIMITS_DEVICE_NICKNAME);
	m->text = payload;
	enum message_fault fault = check_text(payload, MESSAGE_TEXT_MAX, MESSAGE_BAD_TEXT);
	if (!fault)
		fault = check_shown(payload, false);
	if (fault)
		m->text = (struct str){NULL, 0};
	return own_members(m) ? MESSAGE_NO_MEMORY : fault;
}

/*
 * The JSON value that `payload` is: json-c of any version takes what json_check() does. NULL
 * without memory. The thread keeps its tokener: making one takes a tenth of what parsing does.
 */
static struct json_object *parse_json(struct str payload)
{
	static _Thread_local struct json_tokener *tokener;
	if (!tokener && !(tokener = json_tokener_new_ex(JSON_LEVELS)))
		return NULL;
	struct json_object *value = json_tokener_parse_ex(tokener, payload.at, (int)payload.len);
	json_tokener_reset(tokener);
	return value;
}

/* json-c cuts a name at \u0000, so that escape is a fault wherever it is. */
static enum message_fault read_json(struct message *m, struct str payload, bool nul)
{
	struct json_object *object = parse_json(payload);
	enum message_fault fault = object ? read_members(object, m) : MESSAGE_NO_MEMORY;
	if (!fault && nul)
		fault = MESSAGE_NUL;
	enum message_fault copied = own_members(m);
	json_object_put(object);
	return copied ? copied : fault;
}

/* What begins like an object. */
static enum message_fault read_object(struct message *m, struct str payload)
{
	enum json_kind kind = json_check(payload);
	if (kind == JSON_NOT)
		return read_plain_text(m, payload);
	if (kind == JSON_DEEP)
		return own_members(m) ? MESSAGE_NO_MEMORY : MESSAGE_TOO_DEEP;
	return read_json(m, payload, kind == JSON_NUL);
}

static enum message_fault parse(struct message *out, struct str topic, struct str payload)
{
	struct str room = room_of(topic);
	if (!message_room_valid(room))
		return MESSAGE_BAD_ROOM;
	out->room = room;
	if (payload.len > MESSAGE_BYTES_MAX)
		return own_members(out) ? MESSAGE_NO_MEMORY : MESSAGE_TOO_LARGE;
	if (utf8_count(payload) < 0)
		return own_members(out) ? MESSAGE_NO_MEMORY : MESSAGE_BAD_UTF8;
	if (payload.len > 0 && memchr(payload.at, '\0', payload.len))
		return own_members(out) ? MESSAGE_NO_MEMORY : MESSAGE_NUL;
	payload = utf8_trim(payload);
	if (payload.len > 0 && payload.at[0] == '{')
		return read_object(out, payload);
	return read_plain_text(out, payload);
}

enum message_fault message_parse(
    struct message *out, struct str topic, struct str payload, bool bound)
{
	*out = (struct message){0};
	enum message_fault fault = parse(out, topic, payload);
	return !fault && !bound && str_starts(out->client_id, "@") ? MESSAGE_RESERVED_CLIENT_ID
								   : fault;
}

/* Leaves `out` alone unless the member is valid. */
static enum message_fault copy_member(
    struct str s, size_t max, enum message_fault fault, struct str *out)
{
	if (!s.at)
		return MESSAGE_OK;
	if (utf8_count(s) < 0)
		return MESSAGE_BAD_UTF8;
	s = utf8_trim(s);
	fault = check_text(s, max, fault);
	if (!fault)
		*out = s;
	return fault;
}

enum message_fault message_copy(struct message *out, const struct message *fields)
{
	*out = (struct message){0};
	if (!message_room_valid(fields->room))
		return MESSAGE_BAD_ROOM;
	out->room = fields->room;
	enum message_fault faults[] = {
	    copy_member(fields->client_id, MESSAGE_ID_MAX, MESSAGE_BAD_CLIENT_ID, &out->client_id),
	    copy_member(fields->msg_id, MESSAGE_ID_MAX, MESSAGE_BAD_MSG_ID, &out->msg_id),
	    copy_member(
		fields->nickname, MESSAGE_NICKNAME_MAX, MESSAGE_BAD_NICKNAME, &out->nickname),
	    copy_member(fields->text, MESSAGE_TEXT_MAX, MESSAGE_BAD_TEXT, &out->text),
	    str_starts(fields->client_id, "@") ? MESSAGE_RESERVED_CLIENT_ID : MESSAGE_OK,
	    fields->nickname.at ? MESSAGE_OK : MESSAGE_BAD_NICKNAME,
	    fields->text.at ? MESSAGE_OK : MESSAGE_BAD_TEXT,
	};
	enum message_fault first = MESSAGE_OK;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]) && !first; i++)
		first = faults[i];
	return own_members(out) ? MESSAGE_NO_MEMORY : first;
}

void message_free(struct message *m)
{
	free(m->memory);
	*m = (struct message){0};
}
