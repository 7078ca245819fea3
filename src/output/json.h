/*
 * json.h: JSON on its way out (RFC 8259), written into a text. It is what json-c would write of the
 * same values (PLAIN, NOSLASHESCAPE), byte for byte; docs/design.md says why it is not json-c that
 * writes.
 *
 * Commas come by themselves: a value or a key is preceded by one unless it is the first of its
 * object or array, or follows its key.
 */
#ifndef CHAT_JSON_H
#define CHAT_JSON_H

#include <stdint.h>

#include "base/text.h"
#include "store/store.h"

/* '{', '}', '[' or ']'. */
void json_begin(struct text *out, char bracket);
void json_end(struct text *out, char bracket);

/* A member's name: plain ASCII, which needs no escape. */
void json_key(struct text *out, const char *key);

/* A string, or null where `s` is absent. It has to be UTF-8. */
void json_string(struct text *out, struct str s);
void json_number(struct text *out, int64_t n);
void json_boolean(struct text *out, bool b);

/* A member whole: its name and its value. json_time() writes RFC 3339 in UTC. */
void json_member(struct text *out, const char *key, struct str s);
void json_member_number(struct text *out, const char *key, int64_t n);
void json_member_boolean(struct text *out, const char *key, bool b);
void json_member_time(struct text *out, const char *key, int64_t ts);

/* {"id","room","nickname","text","clientId","msgId","ts"} */
void json_row(struct text *out, const struct store_row *row);

/* The same, and a line feed: NDJSON. */
void json_line(struct text *out, const struct store_row *row);

/*
 * The same, and "snippet": [{"text","match":true}, …] of a `snippet` as store_search() has it;
 * "match" only where it is one.
 */
void json_hit(struct text *out, const struct store_row *row, struct str snippet);

#endif
