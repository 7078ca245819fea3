#include "logger/batch.h"

#include <stdio.h>
#include <stdlib.h>

#include "chat/limits.h"
#include "logger/redelivery.h"
#include "output/json.h"

#define RECEIPTS_BYTES ((size_t)31 * 1024) /* from here on more of them go into another packet */

struct batch {
	struct store_entry entries[BATCH_MESSAGES_MAX];
	struct delivery deliveries[BATCH_MESSAGES_MAX]; /* of the entries, one to one */
	uint64_t digests[BATCH_MESSAGES_MAX];		/* 0: its sender's id tells it again */
	size_t count;
	size_t bytes;
	uint64_t number;
	struct store_signs signs;
	struct admission *admission;  /* NULL: all is stored */
	bool bound;		      /* clientIds are, by the broker */
	struct redelivery redelivery; /* as it was after the last batch that was stored */
	struct redelivery next;	      /* as it will be after this one */
	unsigned char note[REDELIVERY_NOTE_MAX];
};

struct batch *batch_open(void)
{
	return calloc(1, sizeof(struct batch));
}

void batch_bind(struct batch *batch)
{
	batch->bound = true;
}

void batch_close(struct batch *batch)
{
	if (!batch)
		return;
	batch_clear(batch);
	free(batch);
}

void batch_limit(struct batch *batch, struct admission *admission)
{
	batch->admission = admission;
}

static void free_entry(struct store_entry *entry)
{
	message_free(&entry->message);
	free((char *)entry->topic.at);
}

/*
 * Copies what is told of a payload that cannot be stored. Topic and head stand in one piece of
 * memory, which entry->topic.at is the start of.
 */
static bool copy_origin(struct store_entry *entry, struct str topic, struct str payload)
{
	size_t head = payload.len < LIMITS_REJECTED_HEAD ? payload.len : LIMITS_REJECTED_HEAD;
	char *memory = malloc(topic.len + head + 1);
	if (!memory)
		return false;
	memcpy(memory, topic.at, topic.len);
	if (head)
		memcpy(memory + topic.len, payload.at, head);
	entry->topic = (struct str){memory, topic.len};
	entry->head = (struct str){memory + topic.len, head};
	return true; /* cppcheck-suppress memleak ; entry->topic.at owns it */
}

enum store_status batch_restore(struct batch *batch, struct store *store, bool *known)
{
	ssize_t length;
	char *note = (char *)batch->note;
	enum store_status status = store_read_note(store, note, sizeof(batch->note), &length);
	if (!status)
		status = store_read_signs(store, &batch->signs);
	if (!status && batch->admission)
		admission_open(batch->admission, batch->signs.alive_at);
	*known = length >= 0;
	if (status)
		return status;
	struct str bytes = {note, length > 0 ? (size_t)length : 0};
	redelivery_decode(&batch->redelivery, bytes);
	if (!batch->signs.reckoned_at)
		batch->signs.reckoned_at = batch->signs.alive_at;
	return STORE_OK;
}

int64_t batch_reckoned(const struct batch *batch)
{
	return batch->signs.reckoned_at;
}

void batch_reckon(struct batch *batch, int64_t at)
{
	batch->signs.reckoned_at = at;
}

void batch_begin(struct batch *batch, bool session_resumed)
{
	redelivery_begin(&batch->redelivery, session_resumed);
}

bool batch_awaits_repetition(const struct batch *batch)
{
	return batch->redelivery.repeating;
}

bool batch_add(struct batch *batch, struct str topic, struct str payload,
    const struct delivery *delivery, int64_t ts)
{
	if (batch->count == BATCH_MESSAGES_MAX)
		return false;
	struct store_entry entry = {.size = payload.len, .ts = ts};
	entry.fault = message_parse(&entry.message, topic, payload, batch->bound);
	if (entry.fault == MESSAGE_NO_MEMORY ||
	    (entry.fault && !copy_origin(&entry, topic, payload))) {
		free_entry(&entry);
		return false;
	}
	batch->entries[batch->count] = entry;
	batch->deliveries[batch->count] = *delivery;
	bool known_again = !entry.fault && entry.message.msg_id.at;
	batch->digests[batch->count] = known_again ? 0 : redelivery_digest(topic, payload);
	batch->count++;
	batch->bytes += payload.len;
	return true;
}

size_t batch_count(const struct batch *batch)
{
	return batch->count;
}

const struct store_entry *batch_entries(const struct batch *batch)
{
	return batch->entries;
}

bool batch_full(const struct batch *batch)
{
	return batch->count == BATCH_MESSAGES_MAX || batch->bytes >= BATCH_BYTES_MAX;
}

static const struct redelivery_mark *find_mark(struct batch *batch, size_t i)
{
	const struct delivery *delivery = &batch->deliveries[i];
	if (!delivery->packet_id || (delivery->duplicate && !batch->digests[i]))
		return NULL;
	if (delivery->duplicate)
		return redelivery_find(
		    &batch->next, delivery->packet_id, batch->digests[i], batch->number + 1);
	redelivery_end(&batch->next);
	return NULL;
}

/* Tells the entries that were stored when the broker delivered them first. */
static void find_repeated(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct store_entry *entry = &batch->entries[i];
		const struct redelivery_mark *mark = find_mark(batch, i);
		entry->repeated = mark != NULL;
		if (mark) {
			entry->id = mark->id;
			entry->ts = mark->ts;
		}
		if (mark && !mark->id && !entry->fault)
			entry->fault = MESSAGE_REFUSED; /* it was, for whatever reason */
	}
}

static struct store_note mark_entries(void *arg)
{
	struct batch *batch = arg;
	for (size_t i = 0; i < batch->count; i++) {
		const struct store_entry *entry = &batch->entries[i];
		const struct delivery *delivery = &batch->deliveries[i];
		if (delivery->packet_id && batch->digests[i] && !entry->repeated)
			redelivery_add(&batch->next,
			    (struct redelivery_mark){delivery->packet_id, batch->digests[i],
				entry->id, entry->ts, batch->number + 1});
	}
	size_t length = redelivery_encode(&batch->next, batch->note);
	return (struct store_note){batch->signs, {(char *)batch->note, length}};
}

void batch_session_lost(struct batch *batch, int64_t now)
{
	batch->signs.session_lost_at = now;
}

enum store_status batch_store(struct batch *batch, struct store *store, int64_t now)
{
	batch->signs.alive_at = now;
	redelivery_copy(&batch->next, &batch->redelivery);
	find_repeated(batch);
	if (batch->admission)
		admission_check(batch->admission, store, batch->entries, batch->count, now);
	enum store_status status =
	    store_insert_batch(store, batch->entries, batch->count, mark_entries, batch);
	if (status)
		return status;
	redelivery_copy(&batch->redelivery, &batch->next);
	batch->number++;
	if (batch->admission)
		admission_stored(batch->admission, now);
	return STORE_OK;
}

uint64_t batch_number(const struct batch *batch)
{
	return batch->number;
}

void batch_settle(struct batch *batch, uint64_t number)
{
	redelivery_settle(&batch->redelivery, number);
}

/* Publishes `payload`, unless memory ran out for it, and frees it. */
static void publish_to(
    struct str room, const char *kind, struct text *payload, batch_publish_fn *publish, void *arg)
{
	char topic[sizeof("chat//rejected") + MESSAGE_ROOM_MAX];
	snprintf(topic, sizeof(topic), "chat/%.*s/%s", (int)room.len, room.at, kind);
	if (!payload->broken)
		publish(arg, topic, text_str(payload));
	text_free(payload);
}

/* {"msgId","clientId","reason"} */
static void answer_rejected(const struct store_entry *entry, batch_publish_fn *publish, void *arg)
{
	if (!message_room_valid(entry->message.room))
		return;
	struct text text = {0};
	json_begin(&text, '{');
	json_member(&text, "msgId", entry->message.msg_id);
	json_member(&text, "clientId", entry->message.client_id);
	json_member(&text, "reason", str_of(message_fault_text(entry->fault)));
	json_end(&text, '}');
	publish_to(entry->message.room, "rejected", &text, publish, arg);
}

static bool stored_in(const struct store_entry *entry, struct str room)
{
	return entry->id != 0 && str_eq(entry->message.room, room);
}

/* Whether an entry before `end` was stored in the same room, which was answered with it. */
static bool answered(const struct batch *batch, size_t end)
{
	for (size_t i = 0; i < end; i++)
		if (stored_in(&batch->entries[i], batch->entries[end].message.room))
			return true;
	return false;
}

/* {"id","msgId","clientId","ts","prev"} */
static void put_receipt(struct text *out, const struct store_entry *entry)
{
	json_begin(out, '{');
	json_member_number(out, "id", entry->id);
	json_member(out, "msgId", entry->message.msg_id);
	json_member(out, "clientId", entry->message.client_id);
	json_member_time(out, "ts", entry->ts);
	json_member_number(out, "prev", entry->prev);
	json_end(out, '}');
}

static void answer_room(
    const struct batch *batch, size_t first, batch_publish_fn *publish, void *arg)
{
	struct str room = batch->entries[first].message.room;
	struct text text = {0};
	for (size_t i = first; i < batch->count; i++) {
		if (!stored_in(&batch->entries[i], room))
			continue;
		if (text.len == 0)
			json_begin(&text, '[');
		put_receipt(&text, &batch->entries[i]);
		if (text.len < RECEIPTS_BYTES)
			continue;
		json_end(&text, ']');
		publish_to(room, "stored", &text, publish, arg);
	}
	if (text.len == 0)
		return;
	json_end(&text, ']');
	publish_to(room, "stored", &text, publish, arg);
}

void batch_answer(const struct batch *batch, batch_publish_fn *publish, void *arg)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->entries[i].fault)
			answer_rejected(&batch->entries[i], publish, arg);
		else if (!answered(batch, i))
			answer_room(batch, i, publish, arg);
	}
}

void batch_clear(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		free_entry(&batch->entries[i]);
	batch->count = 0;
	batch->bytes = 0;
}

void batch_drop_unacknowledged(struct batch *batch)
{
	size_t left = 0;
	batch->bytes = 0;
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->deliveries[i].packet_id) {
			free_entry(&batch->entries[i]);
			continue;
		}
		batch->bytes += batch->entries[i].size;
		batch->entries[left] = batch->entries[i];
		batch->deliveries[left] = batch->deliveries[i];
		batch->digests[left++] = batch->digests[i];
	}
	batch->count = left;
}
