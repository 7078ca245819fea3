#include "row.h"

#include "json.h"

void row_put_json(struct text *out, const struct store_row *row)
{
	struct json_text json = json_row(row);
	out->broken = out->broken || !json.at.at;
	text_put(out, json.at);
	json_text_free(&json);
	text_put(out, str_of("\n"));
}

/* A field of RFC 4180, with `before` in front of it. */
static void put_field(struct text *out, const char *before, struct str field)
{
	bool quoted = false;
	for (size_t i = 0; i < field.len && !quoted; i++)
		quoted = strchr("\",\r\n", field.at[i]) != NULL;
	text_put(out, str_of(before));
	if (!quoted) {
		text_put(out, field);
		return;
	}
	text_put(out, str_of("\""));
	for (size_t i = 0; i < field.len; i++) {
		text_put(out, (struct str){field.at + i, 1});
		if (field.at[i] == '"')
			text_put(out, str_of("\""));
	}
	text_put(out, str_of("\""));
}

void row_put_csv(struct text *out, const struct store_row *row)
{
	char ts[JSON_TS_SIZE];
	json_ts(ts, row->ts);
	text_printf(out, "%lld", (long long)row->id);
	put_field(out, ",", row->room);
	put_field(out, ",", row->nickname);
	put_field(out, ",", row->text);
	put_field(out, ",", row->client_id);
	put_field(out, ",", row->msg_id);
	text_printf(out, ",%s\r\n", ts);
}
