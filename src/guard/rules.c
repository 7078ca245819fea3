#include "guard/rules.h"

#include "guard/view.h"

static const char *const texts[VERDICT__MAX] = {
    [VERDICT_OK] = "ok",
    [VERDICT_TOPIC] = "nobody may use this topic",
    [VERDICT_ROOM] = "this room is not one of yours",
    [VERDICT_RETAINED] = "a message must not be retained",
    [VERDICT_SIZE] = "the payload is too large",
    [VERDICT_UNCLEAR] = "the payload is not UTF-8, holds a NUL character or is nested too deeply",
    [VERDICT_NICKNAME] = "nickname must be the one you signed in with",
    [VERDICT_CLIENT_ID] = "clientId must be the user you signed in as",
    [VERDICT_PRESENCE] = "this presence is somebody else's",
};

const char *verdict_text(enum verdict verdict)
{
	return texts[verdict];
}

/* Whether the member is the token's; one that is not there is where it may be left out. */
static bool is_own(struct str member, const char *own, bool required)
{
	return member.at ? str_eq(member, str_of(own)) : !required;
}

static enum verdict check_names(const struct token *token, struct str payload, bool required)
{
	struct view_payload view;
	enum verdict verdict = VERDICT_OK;
	view_payload(payload, &view);
	if (view.kind == VIEW_UNCLEAR)
		verdict = VERDICT_UNCLEAR;
	else if (!is_own(view.nickname, token->nick, required))
		verdict = VERDICT_NICKNAME;
	else if (!is_own(view.client_id, token->sub, required))
		verdict = VERDICT_CLIENT_ID;
	view_payload_free(&view);
	return verdict;
}

static enum verdict check_payload(
    const struct token *token, const struct view_topic *topic, struct str payload)
{
	bool message = topic->leaf == VIEW_MESSAGE;
	if (payload.len > (message ? (size_t)MESSAGE_BYTES_MAX : (size_t)RULES_SMALL_MAX))
		return VERDICT_SIZE;
	return check_names(token, payload, message && token->role != TOKEN_DEVICE);
}

enum verdict rules_publish(
    const struct token *token, struct str topic, struct str payload, bool retained)
{
	struct view_topic view;
	if (!view_topic(topic, &view))
		return VERDICT_TOPIC;
	if (!token_has_room(token, view.room))
		return VERDICT_ROOM;
	if (view.leaf == VIEW_PRESENCE && !str_eq(view.id, str_of(token->pid)))
		return VERDICT_PRESENCE;
	if (view.leaf != VIEW_MESSAGE && view.leaf != VIEW_TYPING && view.leaf != VIEW_PRESENCE)
		return VERDICT_TOPIC;
	if (retained && view.leaf != VIEW_PRESENCE)
		return VERDICT_RETAINED;
	return check_payload(token, &view, payload);
}

bool rules_clears_presence(const struct token *token, struct str topic, struct str payload)
{
	struct view_topic view;
	return payload.len == 0 && view_topic(topic, &view) && view.leaf == VIEW_PRESENCE &&
	       str_eq(view.id, str_of(token->pid));
}

enum verdict rules_subscribe(const struct token *token, struct str filter)
{
	struct view_topic view;
	if (!view_filter(filter, &view))
		return VERDICT_TOPIC;
	bool allowed = view_is_any(view.room) ? token->all_rooms : token_has_room(token, view.room);
	return allowed ? VERDICT_OK : VERDICT_ROOM;
}

enum verdict rules_read(const struct token *token, struct str topic)
{
	struct view_topic view;
	if (!view_topic(topic, &view))
		return VERDICT_TOPIC;
	return token_has_room(token, view.room) ? VERDICT_OK : VERDICT_ROOM;
}
