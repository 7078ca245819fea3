#include "logger/topics.h"

#include <json-c/json.h>
#include <stdio.h>

#include "base/log.h"

#define PREFIX "chat/"
#define SUFFIX "/topic"
#define SLICE 50 /* topics, and a pause after them: each goes to every page that is open */
#define PAUSE_MS 50
#define LOOK_MS 500 /* between two looks for changes */
#define FAILED_MS 60000

struct slice {
	struct topics *topics;
	topics_publish_fn *publish;
	void *arg;
	int count;
};

static bool valid_room(struct str room, char key[MESSAGE_ROOM_MAX + 1])
{
	if (!message_room_valid(room))
		return false;
	snprintf(key, MESSAGE_ROOM_MAX + 1, "%.*s", (int)room.len, room.at);
	return true;
}

void topics_begin(struct topics *topics)
{
	topics_end(topics);
	*topics = (struct topics){.told = topics->told, .kept = json_object_new_object()};
}

void topics_end(struct topics *topics)
{
	json_object_put(topics->kept);
	topics->kept = NULL;
}

void topics_note(struct topics *topics, struct str topic, struct str payload)
{
	const size_t around = strlen(PREFIX SUFFIX);
	char key[MESSAGE_ROOM_MAX + 1];
	struct str room = {topic.at + strlen(PREFIX), topic.len > around ? topic.len - around : 0};
	if (topics->phase != TOPICS_LISTENING || !topics->kept || !valid_room(room, key))
		return;
	if (payload.len > 0)
		json_object_object_add(
		    topics->kept, key, json_object_new_string_len(payload.at, (int)payload.len));
	else
		json_object_object_del(topics->kept, key);
}

void topics_listed(struct topics *topics)
{
	if (topics->phase == TOPICS_LISTENING && topics->kept)
		topics->phase = TOPICS_COMPARING;
}

static void publish(const struct slice *slice, struct str room, struct str topic)
{
	char name[sizeof(PREFIX SUFFIX) + MESSAGE_ROOM_MAX];
	snprintf(name, sizeof(name), PREFIX "%.*s" SUFFIX, (int)room.len, room.at);
	slice->publish(slice->arg, name, topic);
}

/* From what the broker keeps, which is compared then. */
static bool differs(struct topics *topics, const struct store_topic *topic)
{
	char key[MESSAGE_ROOM_MAX + 1];
	struct json_object *kept = NULL;
	struct str has = {"", 0};
	if (!valid_room(topic->room, key))
		return false;
	if (json_object_object_get_ex(topics->kept, key, &kept))
		has = (struct str){
		    json_object_get_string(kept), (size_t)json_object_get_string_len(kept)};
	bool same = str_eq(has, topic->topic);
	json_object_object_del(topics->kept, key);
	return !same;
}

static void take_topic(void *arg, const struct store_topic *topic)
{
	struct slice *slice = arg;
	struct topics *topics = slice->topics;
	slice->count++;
	topics->number = topic->number;
	if (topics->phase == TOPICS_FOLLOWING || differs(topics, topic))
		publish(slice, topic->room, topic->topic);
}

/* What the database knows nothing of, as after a restore. */
static void clear_unknown(struct slice *slice)
{
	struct json_object *kept = slice->topics->kept;
	json_object_object_foreach(kept, room, topic)
	{
		(void)topic;
		if (slice->count == SLICE)
			return;
		slice->count++;
		publish(slice, str_of(room), (struct str){"", 0});
		json_object_object_del(kept, room);
	}
}

void topics_run(struct topics *topics, struct store *store, int64_t now,
    topics_publish_fn *publish_fn, void *arg)
{
	struct slice slice = {.topics = topics, .publish = publish_fn, .arg = arg};
	if (topics->phase == TOPICS_LISTENING || !store || now < topics->next_at)
		return;
	enum store_status status = store_topics(store, topics->number, SLICE, take_topic, &slice);
	if (status && !topics->told)
		log_warning("topics of rooms: %s", store_error(store));
	topics->told = status != STORE_OK;
	if (!status)
		clear_unknown(&slice);
	topics->more = !status && slice.count == SLICE;
	if (!status && !topics->more)
		topics->phase = TOPICS_FOLLOWING;
	topics->next_at = now + (status ? FAILED_MS : topics->more ? PAUSE_MS : LOOK_MS);
}

int topics_wait_ms(const struct topics *topics, int64_t now, int ms)
{
	int64_t left = topics->next_at - now;
	return !topics->more || left > ms ? ms : left < 1 ? 1 : (int)left;
}
