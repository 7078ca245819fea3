/*
 * view.h: what the broker's plugin sees of a topic, a filter and a payload: whose name stands in
 * it, and for which room it is. Pure functions of untrusted bytes.
 */
#ifndef CHAT_GUARD_VIEW_H
#define CHAT_GUARD_VIEW_H

#include "base/str.h"

/* What stands behind chat/<room>. */
enum view_leaf {
	VIEW_MESSAGE, /* nothing */
	VIEW_STORED,
	VIEW_REJECTED,
	VIEW_TOPIC_LINE,
	VIEW_TYPING,
	VIEW_PRESENCE, /* presence/<id> */
	VIEW__LEAVES
};

/* Points into the topic or filter. */
struct view_topic {
	enum view_leaf leaf;
	struct str room;
	struct str id; /* of VIEW_PRESENCE */
};

/*
 * Takes apart the topic of a message: the room has a room's name, the id is 1 to 64 of
 * [A-Za-z0-9_-]. False where it is none of the above.
 */
bool view_topic(struct str topic, struct view_topic *out);

/* The same of a filter (MQTT 5, 4.7), in which room and id may be "+" each. */
bool view_filter(struct str filter, struct view_topic *out);

/* Whether it is the "+" of a filter. */
bool view_is_any(struct str name);

enum view_kind {
	VIEW_PLAIN,  /* text, or JSON that is no object: the logger names its sender */
	VIEW_OBJECT, /* a JSON object (RFC 8259) */
	VIEW_UNCLEAR /* not UTF-8, with NUL, or nested so deep that nobody can say who it names */
};

/*
 * The members that say who sent it: absent (or null) where at == NULL, and empty where it is no
 * string. The strings are as sent, without escapes, and not trimmed. Of a repeated member the last
 * counts, as in message.h. They point into `object`, which view_payload_free() gives back.
 */
struct view_payload {
	enum view_kind kind;
	struct str nickname;
	struct str client_id;
	struct str msg_id;
	struct json_object *object;
};

/*
 * Looks into a payload of any length as the logger and the page do. Without memory it is
 * VIEW_UNCLEAR. Whoever calls frees it with view_payload_free().
 */
void view_payload(struct str payload, struct view_payload *out);

/* Frees what view_payload() took; a zeroed view is allowed. */
void view_payload_free(struct view_payload *view);

#endif
