/*
 * json.h: the JSON that goes out, over MQTT and over HTTP. Made with json-c; the payload that comes
 * in is read in message.c.
 */
#ifndef CHAT_JSON_H
#define CHAT_JSON_H

#include "base/text.h"
#include "store/store.h"

struct json_object;

/* Rendered JSON, and what keeps it alive. at.at == NULL: memory ran out. */
struct json_text {
	struct str at;
	struct json_object *owner; /* either of these, or none where it lives elsewhere */
	char *bytes;
};

void json_text_free(struct json_text *text);

/* An array that grows item by item. */
struct json_list;

/* A new, empty list, or NULL without memory. */
struct json_list *json_list_open(void);

/* Appends {"id","room","nickname","text","clientId","msgId","ts"}; 0, or -1 without memory. */
int json_list_add_row(struct json_list *list, const struct store_row *row);

/* Appends {"room","messages","lastId","lastTs"}; 0, or -1 without memory. */
int json_list_add_room(struct json_list *list, const struct store_room *room);
/*
 * The same, and "snippet": [{"text","match":true}, …] of a `snippet` as store_search() has it;
 * "match" only where it is one.
 */
int json_list_add_hit(struct json_list *list, const struct store_row *row, struct str snippet);

/* Appends {"id","msgId","clientId","ts"}; 0, or -1 without memory. */
int json_list_add_receipt(struct json_list *list, const struct store_entry *entry);

/* Renders the list and frees it. NULL is allowed, and gives no text. */
struct json_text json_list_close(struct json_list *list);

/* Puts {"id","room","nickname","text","clientId","msgId","ts"}. */
void json_put_row(struct text *out, const struct store_row *row);

/* {"msgId","clientId","reason"} */
struct json_text json_rejection(const struct store_entry *entry);

/* {"status","schema","loggerAliveAt","loggerAgeSeconds","sessionLostAt"}; `now` as the signs. */
struct json_text json_health(const struct store_signs *signs, bool session_lost, int64_t now);

/* {"error":{"code","message"}} */
struct json_text json_error(const char *code, const char *message);

enum { JSON_TS_SIZE = 32 };

/* Writes `ts` (ms since 1970, UTC) as RFC 3339 with milliseconds: 2026-11-23T17:41:05.123Z. */
void json_ts(char out[JSON_TS_SIZE], int64_t ts);

#endif
