/*
 * rules.h: what who has a token may do at the broker. Pure functions; nothing here knows the
 * broker.
 */
#ifndef CHAT_GUARD_RULES_H
#define CHAT_GUARD_RULES_H

#include "auth/token.h"
#include "base/str.h"

enum {
	RULES_SMALL_MAX = 1024, /* bytes of what is said about typing and presence */
};

enum verdict {
	VERDICT_OK,
	VERDICT_TOPIC,	  /* nobody may, whoever it is */
	VERDICT_ROOM,	  /* not one of the token's */
	VERDICT_RETAINED, /* what is not the own presence */
	VERDICT_SIZE,
	VERDICT_UNCLEAR,   /* nobody can say whom the payload names */
	VERDICT_NICKNAME,  /* is not the token's, or not there */
	VERDICT_CLIENT_ID, /* the same */
	VERDICT_PRESENCE,  /* somebody else's */
	VERDICT__MAX
};

/*
 * Whether the token lets somebody publish `payload` on `topic`, as a client or by its will:
 *
 *   chat/<room>                 at most 64 KiB. A JSON object's nickname and clientId, where given,
 *                               are the token's nick and sub; guests, users and moderators give
 *                               both, so they send nothing but objects.
 *   chat/<room>/typing          at most 1 KiB, with names as above where given
 *   chat/<room>/presence/<pid>  the token's own, retained or not; the same, or empty
 *
 * and nothing else. What is retained is the own presence alone.
 */
enum verdict rules_publish(
    const struct token *token, struct str topic, struct str payload, bool retained);

/* Whether `topic` and `payload` only take the token's own presence away. */
bool rules_clears_presence(const struct token *token, struct str topic, struct str payload);

/*
 * Whether the token lets somebody subscribe to `filter`: chat/R, chat/R/stored, /rejected, /topic,
 * /typing or /presence/P, where R is a room of the token, or "+" where it has all, and P an id or
 * "+". No "#", "$share" or "$SYS".
 */
enum verdict rules_subscribe(const struct token *token, struct str filter);

/* Whether what comes on `topic` may be delivered to who has the token. */
enum verdict rules_read(const struct token *token, struct str topic);

/* The verdict as a sentence for the sender: static, UTF-8. */
const char *verdict_text(enum verdict verdict);

#endif
