/*
 * message.h: the payload contract: what arrived on a topic becomes a message or a named fault.
 */
#ifndef CHAT_MESSAGE_H
#define CHAT_MESSAGE_H

#include <stdbool.h>

#include "base/str.h"

enum {
	MESSAGE_NICKNAME_MAX = 64, /* code points, as are the others */
	MESSAGE_TEXT_MAX = 4000,
	MESSAGE_ID_MAX = 64,
	MESSAGE_ROOM_MAX = 64,
	MESSAGE_TOPIC_MAX = 200,   /* of a room's topic line */
	MESSAGE_BYTES_MAX = 65536, /* of a payload */
};

enum message_fault {
	MESSAGE_OK,
	MESSAGE_BAD_ROOM,
	MESSAGE_TOO_LARGE,
	MESSAGE_BAD_UTF8,
	MESSAGE_NUL,
	MESSAGE_TOO_DEEP,
	MESSAGE_BAD_NICKNAME,
	MESSAGE_BAD_TEXT,
	MESSAGE_UNSEEN, /* nothing of the nickname, or of the text, is visible */
	MESSAGE_TURNED, /* the nickname has a control of the direction of text */
	MESSAGE_BAD_CLIENT_ID,
	MESSAGE_BAD_MSG_ID,
	MESSAGE_RESERVED_CLIENT_ID, /* it begins with @ */
	MESSAGE_RESERVED_MSG_ID,    /* it begins with import: */
	MESSAGE_ID_USED,	    /* the store has another message with the same ids */
	MESSAGE_NO_ID,		    /* only of an import, as are the next two */
	MESSAGE_BAD_TIME,
	MESSAGE_BAD_RECORD, /* not of the format */
	MESSAGE_REFUSED,  /* by a constraint of the database that the checks here did not foresee */
	MESSAGE_NO_SPACE, /* for now, as is the next: it may be sent again */
	MESSAGE_TOO_FAST,
	MESSAGE_NO_MEMORY,
	MESSAGE__MAX
};

/*
 * Absent members (client_id, msg_id) have at == NULL. All members point into `memory`, which
 * message_free() gives back.
 */
struct message {
	struct str room;
	struct str nickname;
	struct str text;
	struct str client_id;
	struct str msg_id;
	char *memory;
};

/*
 * Reads `payload`, as it came on `topic` ("chat/<room>"), into `out`.
 *
 * A payload that is a JSON object (RFC 8259) must be
 * {"nickname","text"[,"clientId"][,"msgId"]}: strings, trimmed, within the limits above; null
 * counts as absent, other members are ignored, of a repeated one the last counts. Escapes of half a
 * surrogate pair become U+FFFD; that of NUL is a fault wherever it stands, and so are more than
 * JSON_LEVELS values inside each other; and so is a msgId that begins with import: or a clientId
 * with
 * @, which are given, not claimed, unless the broker has `bound` each clientId to whose it is. A
 * nickname or a text of which nothing is visible is a fault, and so is a nickname with a character
 * that turns the direction of text. Anything else is a device's plain text, with the nickname
 * "mqtt". The page gives the same verdicts: tests/vectors/payloads.txt.
 *
 * Returns MESSAGE_OK, or what is wrong; then `out` holds room, client_id and msg_id as far as they
 * are known and valid, so that the sender can be told. Either way the caller calls message_free().
 */
enum message_fault message_parse(
    struct message *out, struct str topic, struct str payload, bool bound);

/*
 * The same for a message whose members are known already, in `fields`, which is lent: checks, trims
 * and copies them. Only client_id and msg_id may be absent. What is imported was stored once, and
 * need not be visible.
 */
enum message_fault message_copy(struct message *out, const struct message *fields);

/* Frees what message_parse() allocated; a zeroed message is allowed. */
void message_free(struct message *m);

/* The fault as a sentence for people: static, UTF-8. */
const char *message_fault_text(enum message_fault fault);

/* Whether `room` is a room's name: [a-z0-9][a-z0-9_-]{0,63}. */
bool message_room_valid(struct str room);

/*
 * Whether `nickname`, any bytes, is one as message_parse() leaves it: UTF-8 without NUL, trimmed, 1
 * to MESSAGE_NICKNAME_MAX code points, with something to see, nothing that turns the direction of
 * text. Trim it first where a person wrote it.
 */
bool message_nickname_valid(struct str nickname);

/*
 * Whether `topic` can be a room's topic line: UTF-8, at most MESSAGE_TOPIC_MAX code points on one
 * line, with something to see, and without controls, also of the direction of text.
 */
bool message_topic_valid(struct str topic);

#endif
