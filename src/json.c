#include "json.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* json_list is json-c's array under a name of ours: no memory of its own. */
static struct json_object *array_of(struct json_list *list)
{
	return (struct json_object *)list;
}

void json_ts(char out[JSON_TS_SIZE], int64_t ts)
{
	int64_t ms = ts % 1000;
	if (ms < 0)
		ms += 1000;
	time_t seconds = (time_t)((ts - ms) / 1000);
	struct tm utc;
	char date[JSON_TS_SIZE - 6] = "";
	if (gmtime_r(&seconds, &utc))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(out, JSON_TS_SIZE, "%s.%03dZ", date, (int)ms);
}

/* Adds a member; takes over `value`. With NULL as `value` the member is null. */
static int add(struct json_object *object, const char *key, struct json_object *value)
{
	return json_object_object_add_ex(
	    object, key, value, JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

static int add_str(struct json_object *object, const char *key, struct str s)
{
	if (!s.at)
		return add(object, key, NULL);
	struct json_object *value = json_object_new_string_len(s.at, (int)s.len);
	return value ? add(object, key, value) : -1;
}

static int add_int(struct json_object *object, const char *key, int64_t number)
{
	struct json_object *value = json_object_new_int64(number);
	return value ? add(object, key, value) : -1;
}

/* 0 is null: nothing happened in 1970. */
static int add_time(struct json_object *object, const char *key, int64_t ts)
{
	char text[JSON_TS_SIZE];
	json_ts(text, ts);
	return add_str(object, key, ts ? str_of(text) : (struct str){NULL, 0});
}

static int add_ts(struct json_object *object, const char *key, int64_t ts)
{
	char text[JSON_TS_SIZE];
	json_ts(text, ts);
	return add_str(object, key, str_of(text));
}

/* Renders `object`, which the text then owns; one that is NULL or `broken` is given up. */
static struct json_text render(struct json_object *object, bool broken)
{
	struct json_text text = {{NULL, 0}, object};
	if (object && !broken)
		text.at.at = json_object_to_json_string_length(
		    object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &text.at.len);
	return text;
}

void json_text_free(struct json_text *text)
{
	json_object_put(text->owner);
	*text = (struct json_text){{NULL, 0}, NULL};
}

struct json_list *json_list_open(void)
{
	return (struct json_list *)json_object_new_array();
}

static int append(struct json_list *list, struct json_object *item, bool broken)
{
	if (!broken && json_object_array_add(array_of(list), item) == 0)
		return 0;
	json_object_put(item);
	return -1;
}

static struct json_object *row_object(const struct store_row *row, bool *broken)
{
	struct json_object *item = json_object_new_object();
	*broken = !item || add_int(item, "id", row->id) || add_str(item, "room", row->room) ||
		  add_str(item, "nickname", row->nickname) || add_str(item, "text", row->text) ||
		  add_str(item, "clientId", row->client_id) ||
		  add_str(item, "msgId", row->msg_id) || add_ts(item, "ts", row->ts);
	return item;
}

int json_list_add_row(struct json_list *list, const struct store_row *row)
{
	bool broken;
	struct json_object *item = row_object(row, &broken);
	return append(list, item, broken);
}

struct json_text json_row(const struct store_row *row)
{
	bool broken;
	struct json_object *item = row_object(row, &broken);
	return render(item, broken);
}

int json_list_add_room(struct json_list *list, const struct store_room *room)
{
	struct json_object *item = json_object_new_object();
	bool broken = !item || add_str(item, "room", room->room) ||
		      add_int(item, "messages", room->messages) ||
		      add_int(item, "lastId", room->last_id) ||
		      add_ts(item, "lastTs", room->last_ts);
	return append(list, item, broken);
}

int json_list_add_receipt(struct json_list *list, const struct store_entry *entry)
{
	struct json_object *item = json_object_new_object();
	bool broken = !item || add_int(item, "id", entry->id) ||
		      add_str(item, "msgId", entry->message.msg_id) ||
		      add_str(item, "clientId", entry->message.client_id) ||
		      add_ts(item, "ts", entry->ts);
	return append(list, item, broken);
}

struct json_text json_list_close(struct json_list *list)
{
	return render(array_of(list), false);
}

struct json_text json_rejection(const struct store_entry *entry)
{
	struct json_object *object = json_object_new_object();
	bool broken = !object || add_str(object, "msgId", entry->message.msg_id) ||
		      add_str(object, "clientId", entry->message.client_id) ||
		      add_str(object, "reason", str_of(message_fault_text(entry->fault)));
	return render(object, broken);
}

struct json_text json_health(const struct store_signs *signs, bool session_lost, int64_t now)
{
	struct json_object *object = json_object_new_object();
	bool broken = !object ||
		      add_str(object, "status", str_of(session_lost ? "session_lost" : "ok")) ||
		      add_int(object, "schema", STORE_SCHEMA_VERSION) ||
		      add_time(object, "loggerAliveAt", signs->alive_at) ||
		      add_int(object, "loggerAgeSeconds", (now - signs->alive_at) / 1000) ||
		      add_time(object, "sessionLostAt", signs->session_lost_at);
	return render(object, broken);
}

struct json_text json_error(const char *code, const char *message)
{
	struct json_object *object = json_object_new_object();
	struct json_object *error = json_object_new_object();
	bool broken = !object || !error || add_str(error, "code", str_of(code)) ||
		      add_str(error, "message", str_of(message)) || add(object, "error", error);
	if (broken)
		json_object_put(error);
	return render(object, broken);
}
