#include "output/csv.h"

#include "base/time.h"

/* A field of RFC 4180, with `before` in front of it. */
static void put_field(struct text *out, const char *before, struct str field)
{
	bool quoted = false;
	for (const char *at = field.at; at < field.at + field.len && !quoted; at++)
		quoted = *at == '"' || *at == ',' || *at == '\r' || *at == '\n';
	text_puts(out, before);
	if (!quoted) {
		text_put(out, field);
		return;
	}
	text_puts(out, "\"");
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
