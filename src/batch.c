#include "batch.h"

#include <stdio.h>
#include <stdlib.h>

#include "json.h"

struct batch {
	struct store_entry entries[BATCH_MESSAGES_MAX];
	unsigned char qos[BATCH_MESSAGES_MAX];
	size_t count;
	size_t bytes;
};

struct batch *batch_open(void)
{
	return calloc(1, sizeof(struct batch));
}

void batch_close(struct batch *batch)
{
	if (!batch)
		return;
	batch_clear(batch);
	free(batch);
}

static void free_entry(struct store_entry *entry)
{
	message_free(&entry->message);
	free((char *)entry->topic.at);
}

/* Topic and head stand in one piece of memory, which entry->topic.at is the start of. */
static bool keep_origin(struct store_entry *entry, struct str topic, struct str payload)
{
	size_t head = payload.len < BATCH_HEAD_MAX ? payload.len : BATCH_HEAD_MAX;
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

bool batch_add(struct batch *batch, struct str topic, struct str payload, int qos, int64_t ts)
{
	struct store_entry entry = {.size = payload.len, .ts = ts};
	entry.fault = message_parse(&entry.message, topic, payload);
	if (entry.fault == MESSAGE_NO_MEMORY || !keep_origin(&entry, topic, payload)) {
		free_entry(&entry);
		return false;
	}
	batch->entries[batch->count] = entry;
	batch->qos[batch->count] = (unsigned char)qos;
	batch->count++;
	batch->bytes += topic.len + payload.len;
	return true;
}

size_t batch_count(const struct batch *batch)
{
	return batch->count;
}

bool batch_full(const struct batch *batch)
{
	return batch->count == BATCH_MESSAGES_MAX || batch->bytes >= BATCH_BYTES_MAX;
}

enum store_status batch_store(struct batch *batch, struct store *store)
{
	return store_insert_batch(store, batch->entries, batch->count);
}

static void publish_to(
    struct str room, const char *kind, struct str payload, batch_publish_fn *publish, void *arg)
{
	char topic[sizeof("chat//rejected") + MESSAGE_ROOM_MAX];
	snprintf(topic, sizeof(topic), "chat/%.*s/%s", (int)room.len, room.at, kind);
	publish(arg, topic, payload);
}

static void answer_rejected(const struct store_entry *entry, batch_publish_fn *publish, void *arg)
{
	if (!message_room_valid(entry->message.room))
		return;
	struct json_text text = json_rejection(entry);
	if (text.at.at)
		publish_to(entry->message.room, "rejected", text.at, publish, arg);
	json_text_free(&text);
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

static void answer_room(
    const struct batch *batch, size_t first, batch_publish_fn *publish, void *arg)
{
	struct str room = batch->entries[first].message.room;
	struct json_list *list = json_list_open();
	for (size_t i = first; list && i < batch->count; i++)
		if (stored_in(&batch->entries[i], room))
			json_list_add_receipt(list, &batch->entries[i]);
	struct json_text text = json_list_close(list);
	if (text.at.at)
		publish_to(room, "stored", text.at, publish, arg);
	json_text_free(&text);
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
	size_t kept = 0;
	batch->bytes = 0;
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->qos[i] > 0) {
			free_entry(&batch->entries[i]);
			continue;
		}
		batch->bytes += batch->entries[i].topic.len + batch->entries[i].size;
		batch->entries[kept] = batch->entries[i];
		batch->qos[kept++] = 0;
	}
	batch->count = kept;
}
