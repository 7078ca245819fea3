/*
 * token.h: the signed statement who somebody is. token.fcgi and `mqtt-chat token` sign it; it is
 * the MQTT password, and the broker's plugin reads it at CONNECT.
 *
 * A token is base64url(JSON) "." base64url(signature): RFC 4648 section 5 without padding, and
 * Ed25519 (RFC 8032) over the ASCII characters before the point. The JSON is one object:
 *
 *   id     1-32 of [A-Za-z0-9_-], unique: what a revocation names
 *   sub    user name, see token_sub_valid(): "@ann", a guest's "~k3..."
 *   nick   nickname, see message_nickname_valid(); of a device its name
 *   cid    MQTT client id, 1-64 of [A-Za-z0-9_-]; absent: any
 *   pid    presence id, 1-64 of [A-Za-z0-9_-]; absent: no presence
 *   role   "guest", "user", "mod" or "device"; absent: device
 *   rooms  array of at most 32 names of rooms; absent: all rooms
 *   ip     address of IPv4 or IPv6, for rate limits alone
 *   exp    Unix seconds: a CONNECT is accepted before then
 *   until  Unix seconds: the connection ends then; absent: at exp
 *
 * Members may have any order, and unknown ones are ignored. id, sub and exp are there always, nick
 * but for a device whose name is its sub without the "@": so a device's token stays within
 * TOKEN_SMALL. An empty string is as good as an absent member.
 */
#ifndef CHAT_AUTH_TOKEN_H
#define CHAT_AUTH_TOKEN_H

#include <stdint.h>

#include "auth/key.h"
#include "base/str.h"
#include "chat/message.h"

/* Bytes, without the NUL, where nothing else is said. */
enum {
	TOKEN_MAX = 1024,  /* of a token as text */
	TOKEN_SMALL = 180, /* of a device's: CONNECT in the 256 bytes that PubSubClient has */
	TOKEN_ID_MAX = 32,
	TOKEN_SUB_MAX = MESSAGE_ID_MAX, /* it is the clientId of what the user says */
	TOKEN_NICK_MAX = 4 * MESSAGE_NICKNAME_MAX,
	TOKEN_CID_MAX = 64,
	TOKEN_PID_MAX = 64,
	TOKEN_IP_MAX = 45,
	TOKEN_ROOMS_MAX = 32,
	/* JSON that fits a token, so no list of names in it is longer. */
	TOKEN_JSON_MAX = (TOKEN_MAX - 1 - 86) * 3 / 4,
};

enum token_role { TOKEN_GUEST, TOKEN_USER, TOKEN_MOD, TOKEN_DEVICE, TOKEN__ROLES };

enum token_result {
	TOKEN_OK,
	TOKEN_MALFORMED, /* not a token, or what is signed is none */
	TOKEN_FORGED,	 /* the signature is not the key's */
	TOKEN_EXPIRED,
	TOKEN__MAX
};

/*
 * What a token says; a plain value, which may be copied. All strings end with NUL and hold none;
 * what is absent is empty. All zero: nobody, in no room.
 */
struct token {
	char id[TOKEN_ID_MAX + 1];
	char sub[TOKEN_SUB_MAX + 1];
	char nick[TOKEN_NICK_MAX + 1];
	char cid[TOKEN_CID_MAX + 1];
	char pid[TOKEN_PID_MAX + 1];
	char ip[TOKEN_IP_MAX + 1];
	enum token_role role;
	bool all_rooms;			/* `rooms` means nothing then */
	char rooms[TOKEN_JSON_MAX + 1]; /* names, a space behind each: see the two functions */
	int64_t exp;
	int64_t until; /* of what was read never 0; 0 for token_sign(): at exp */
};

/*
 * Writes the token, with a NUL, into `out`. Absent `nick` and `until` of a device are left out, and
 * so is all that is absent or what a reader assumes anyway. False, with `out` empty, where a member
 * is not valid as the table above has it, the token would be longer than TOKEN_MAX, the key is a
 * public one, or memory is short.
 */
bool token_sign(const struct token_key *key, const struct token *token, char out[TOKEN_MAX + 1]);

/*
 * Reads `text`, which may be anything, at the time `now_s` (Unix seconds). Verifies the signature
 * before it looks at the JSON. The JSON must be RFC 8259 in UTF-8 without NUL, also escaped, with
 * no member twice, its times integers from 1 to 2^53 - 1. TOKEN_EXPIRED is at and after `exp` or
 * `until`. `out` is what the token says on TOKEN_OK and TOKEN_EXPIRED, otherwise all zero.
 */
enum token_result token_read(
    const struct token_key *key, struct str text, int64_t now_s, struct token *out);

/* The result as a few words for a log: static. */
const char *token_result_text(enum token_result result);

/* The role's name as in the JSON: static. */
const char *token_role_name(enum token_role role);

/*
 * Whether `sub` is a user's name: "@" or "~" and 1 or more characters of UTF-8 that are visible
 * each, none of them white space, a control, of the direction of text, or one of / + # " \;
 * TOKEN_SUB_MAX bytes as a whole.
 */
bool token_sub_valid(struct str sub);

/* Whether `id` is 1 to `max` of [A-Za-z0-9_-]. */
bool token_id_valid(struct str id, size_t max);

/* Whether the token lets into the room: all rooms, or it is one of its own. */
bool token_has_room(const struct token *token, struct str room);

/*
 * Adds a room to the token's own. False where that is no room's name, there are TOKEN_ROOMS_MAX
 * already, or there is no space for more.
 */
bool token_add_room(struct token *token, struct str room);

/*
 * What token_read() does once the signature is verified, without a look at the time: whether `json`
 * is a token's JSON. For the fuzzer; whoever calls has made sure where it comes from.
 */
bool token_parse(struct str json, struct token *out);

#endif
