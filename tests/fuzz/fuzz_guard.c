/*
 * fuzz_guard.c: any bytes on any topic are judged, and whatever the broker's plugin lets through
 * names nobody else, as the logger will read it.
 *
 * The input is a topic or a filter, a NUL, and a payload.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "chat/message.h"
#include "guard/rules.h"
#include "guard/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A guest's name, since the logger of an open chat takes none with "@". */
static const struct token people = {
    .sub = "~k3", .nick = "Ann", .pid = "p1", .role = TOKEN_GUEST, .all_rooms = true};
static const struct token device = {
    .sub = "~d1", .nick = "door", .role = TOKEN_DEVICE, .all_rooms = true};
static const struct token confined = {
    .sub = "~k3", .nick = "Ann", .pid = "p1", .role = TOKEN_GUEST, .rooms = "lab "};

static bool is_name(struct str name, const char *own, const char *other)
{
	return str_eq(name, str_of(own)) || (other && str_eq(name, str_of(other)));
}

/* What the logger makes of it. */
static void check_message(const struct token *token, struct str topic, struct str payload)
{
	struct message m;
	bool gives_names = token->role != TOKEN_DEVICE;
	if (message_parse(&m, topic, payload, true) == MESSAGE_OK) {
		assert(is_name(m.nickname, token->nick, gives_names ? NULL : "mqtt"));
		assert(m.client_id.at ? is_name(m.client_id, token->sub, NULL) : !gives_names);
	}
	message_free(&m);
}

static void check_publish(const struct token *token, struct str topic, struct str payload)
{
	struct view_topic view;
	enum verdict kept = rules_publish(token, topic, payload, true);
	enum verdict verdict = rules_publish(token, topic, payload, false);
	assert(verdict_text(verdict) && verdict_text(kept));
	assert(kept || !verdict); /* who may keep it may say it */
	if (verdict)
		return;
	assert(view_topic(topic, &view) && message_room_valid(view.room));
	assert(rules_read(token, topic) == VERDICT_OK);
	assert(payload.len <= MESSAGE_BYTES_MAX && utf8_count(payload) >= 0);
	assert(token_has_room(token, view.room));
	if (!kept)
		assert(view.leaf == VIEW_PRESENCE && is_name(view.id, token->pid, NULL));
	if (view.leaf == VIEW_MESSAGE)
		check_message(token, topic, payload);
	else
		assert(payload.len <= RULES_SMALL_MAX);
}

static void check_filter(const struct token *token, struct str filter)
{
	if (rules_subscribe(token, filter) != VERDICT_OK)
		return;
	assert(str_starts(filter, "chat/") && filter.len <= 5 + 64 + 10 + 64);
	assert(!memchr(filter.at, '#', filter.len) && !memchr(filter.at, '\0', filter.len));
	assert(token->all_rooms || str_starts(filter, "chat/lab"));
}

static void check_view(struct str payload)
{
	struct view_payload view;
	view_payload(payload, &view);
	assert((view.kind == VIEW_OBJECT) == (view.object != NULL));
	assert(view.object || (!view.nickname.at && !view.client_id.at && !view.msg_id.at));
	assert(utf8_count(view.msg_id) >= 0); /* it goes into a notice */
	view_payload_free(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct token *const tokens[] = {&people, &device, &confined};
	const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
	size_t length = nul ? (size_t)(nul - data) : size;
	size_t skip = nul ? length + 1 : size;
	struct str topic = {(const char *)data, length};
	struct str payload = {(const char *)data + skip, size - skip};
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		check_publish(tokens[i], topic, payload);
		check_filter(tokens[i], topic);
	}
	check_view(payload);
	return 0;
}
