#include "output/json.h"

#include "base/time.h"
#include "chat/words.h"

static void separate(struct text *out)
{
	char last = '[';
	if (out->len > 0)
		last = out->at[out->len - 1];
	if (last != '[' && last != '{' && last != ':' && last != '\n')
		text_puts(out, ",");
}

void json_begin(struct text *out, char bracket)
{
	separate(out);
	text_put(out, (struct str){&bracket, 1});
}

void json_end(struct text *out, char bracket)
{
	text_put(out, (struct str){&bracket, 1});
}

void json_key(struct text *out, const char *key)
{
	separate(out);
	text_puts(out, "\"");
	text_puts(out, key);
	text_puts(out, "\":");
}

/* ---- values ---- */

/* A control character, a quote or a backslash. */
static void put_escape(struct text *out, char c)
{
	static const char plain[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
	static const char hex[] = "0123456789abcdef";
	const char *found = c ? strchr(plain, c) : NULL;
	char escape[] = {'\\', 'u', '0', '0', hex[c >> 4 & 15], hex[c & 15]};
	if (found)
		escape[1] = letters[found - plain];
	text_put(out, (struct str){escape, found ? 2 : sizeof(escape)});
}

static void put_characters(struct text *out, struct str s)
{
	size_t begin = 0;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		if ((unsigned char)c >= ' ' && c != '"' && c != '\\')
			continue;
		text_put(out, (struct str){s.at + begin, i - begin});
		put_escape(out, c);
		begin = i + 1;
	}
	text_put(out, (struct str){s.at + begin, s.len - begin});
}

void json_string(struct text *out, struct str s)
{
	separate(out);
	if (!s.at) {
		text_puts(out, "null");
		return;
	}
	text_puts(out, "\"");
	put_characters(out, s);
	text_puts(out, "\"");
}

void json_number(struct text *out, int64_t n)
{
	char digits[24], *end = digits + sizeof(digits), *at = end;
	uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;
	separate(out);
	do
		*--at = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (n < 0)
		*--at = '-';
	text_put(out, (struct str){at, (size_t)(end - at)});
}

void json_boolean(struct text *out, bool b)
{
	separate(out);
	text_puts(out, b ? "true" : "false");
}

/* ---- members ---- */

void json_member(struct text *out, const char *key, struct str s)
{
	json_key(out, key);
	json_string(out, s);
}

void json_member_number(struct text *out, const char *key, int64_t n)
{
	json_key(out, key);
	json_number(out, n);
}

void json_member_boolean(struct text *out, const char *key, bool b)
{
	json_key(out, key);
	json_boolean(out, b);
}

void json_member_time(struct text *out, const char *key, int64_t ts)
{
	char time[TIME_SIZE];
	time_write(time, ts);
	json_member(out, key, str_of(time));
}

/* ---- messages ---- */

static void put_members(struct text *out, const struct store_row *row)
{
	json_member_number(out, "id", row->id);
	json_member(out, "room", row->room);
	json_member(out, "nickname", row->nickname);
	json_member(out, "text", row->text);
	json_member(out, "clientId", row->client_id);
	json_member(out, "msgId", row->msg_id);
	json_member_time(out, "ts", row->ts);
}

void json_row(struct text *out, const struct store_row *row)
{
	json_begin(out, '{');
	put_members(out, row);
	json_end(out, '}');
}

void json_line(struct text *out, const struct store_row *row)
{
	json_row(out, row);
	text_puts(out, "\n");
}

/* Takes what comes before the first `at` off `s`, and that one. */
static struct str take_until(struct str *s, char at)
{
	const char *end = memchr(s->at, at, s->len);
	struct str part = {s->at, end ? (size_t)(end - s->at) : s->len};
	size_t taken = part.len + (end != NULL);
	*s = (struct str){s->at + taken, s->len - taken};
	return part;
}

static void put_segment(struct text *out, struct str segment, bool match)
{
	json_begin(out, '{');
	json_key(out, "text");
	text_puts(out, "\"");
	put_characters(out, segment);
	text_puts(out, "\"");
	if (match)
		json_member_boolean(out, "match", true);
	json_end(out, '}');
}

void json_hit(struct text *out, const struct store_row *row, struct str snippet)
{
	json_begin(out, '{');
	put_members(out, row);
	json_key(out, "snippet");
	json_begin(out, '[');
	for (bool match = false; snippet.len > 0; match = !match) {
		struct str segment = take_until(&snippet, match ? WORDS_END : WORDS_BEGIN);
		if (segment.len > 0)
			put_segment(out, segment, match);
	}
	json_end(out, ']');
	json_end(out, '}');
}
