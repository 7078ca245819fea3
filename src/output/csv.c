#include "output/csv.h"

#include "base/time.h"

static bool is_formula(struct str s)
{
	static const char *const wide[] = {"＝", "＋", "－", "＠"};
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (s.len >= 3 && memcmp(s.at, wide[i], 3) == 0)
			return true;
	return s.len > 0 && s.at[0] && strchr("=+-@\t\r\n", s.at[0]);
}

/* What has a ' of its own in front gets one more, so that one can always be taken off. */
static bool needs_mark(struct str field)
{
	while (field.len > 0 && field.at[0] == '\'')
		field = (struct str){field.at + 1, field.len - 1};
	return is_formula(field);
}

struct str csv_unmark(struct str field)
{
	bool marked = field.len > 0 && field.at[0] == '\'' && needs_mark(field);
	return marked ? (struct str){field.at + 1, field.len - 1} : field;
}

/* A field of RFC 4180, with `before` in front of it. */
static void put_field(struct text *out, const char *before, struct str field)
{
	bool quoted = false;
	for (const char *at = field.at; at < field.at + field.len && !quoted; at++)
		quoted = *at == '"' || *at == ',' || *at == '\r' || *at == '\n';
	text_puts(out, before);
	if (quoted)
		text_puts(out, "\"");
	if (needs_mark(field))
		text_puts(out, "'");
	if (!quoted) {
		text_put(out, field);
		return;
	}
	for (const char *quote; (quote = memchr(field.at, '"', field.len)) != NULL;) {
		size_t len = (size_t)(quote - field.at) + 1;
		text_put(out, (struct str){field.at, len});
		text_puts(out, "\"");
		field = (struct str){field.at + len, field.len - len};
	}
	text_put(out, field);
	text_puts(out, "\"");
}

void csv_row(struct text *out, const struct store_row *row)
{
	char ts[TIME_SIZE];
	time_write(ts, row->ts);
	text_printf(out, "%lld", (long long)row->id);
	put_field(out, ",", row->room);
	put_field(out, ",", row->nickname);
	put_field(out, ",", row->text);
	put_field(out, ",", row->client_id);
	put_field(out, ",", row->msg_id);
	text_printf(out, ",%s\r\n", ts);
}
