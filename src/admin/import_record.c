/*
 * import_record.c: what the formats share: which field a column is, and times.
 */
#include "admin/import.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/time.h"

int import_field(struct str name)
{
	static const struct {
		const char *name;
		enum import_field field;
	} table[] = {
	    {"id", IMPORT_ID},
	    {"room", IMPORT_ROOM},
	    {"nickname", IMPORT_NICKNAME},
	    {"text", IMPORT_TEXT},
	    {"clientId", IMPORT_CLIENT_ID},
	    {"client_id", IMPORT_CLIENT_ID},
	    {"msgId", IMPORT_MSG_ID},
	    {"msg_id", IMPORT_MSG_ID},
	    {"ts", IMPORT_TS},
	    {"created_at", IMPORT_TS},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (str_eq(name, str_of(table[i].name)))
			return (int)table[i].field;
	return -1;
}

static bool has_column(const struct import *import, enum import_field field)
{
	for (int i = 0; i < import->column_count; i++)
		if (import->columns[i] == (int)field)
			return true;
	return false;
}

bool import_head(struct import *import, const struct str *names, int count)
{
	import->column_count = count;
	for (int i = 0; i < count; i++)
		import->columns[i] = import_field(names[i]);
	const char *missing = !has_column(import, IMPORT_TEXT) ? "text"
			      : !has_column(import, IMPORT_TS) ? "ts or created_at"
			      : !has_column(import, IMPORT_ID) && !has_column(import, IMPORT_MSG_ID)
				  ? "id or msgId"
				  : NULL;
	if (missing)
		snprintf(import->error, sizeof(import->error),
		    "its first line must name the columns, and has none called %s", missing);
	return !missing;
}

enum import_result import_columns(struct import *import, const struct str *values, int count)
{
	if (count != import->column_count)
		return IMPORT_BROKEN;
	for (int i = 0; i < count; i++)
		if (import->columns[i] >= 0)
			import->fields[import->columns[i]] = values[i];
	return IMPORT_RECORD;
}

/* 1795455665 or 1795455665.123 */
static bool read_seconds(const char *text, int64_t *ts)
{
	char *end;
	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	double seconds = strtod(text, &end);
	if (errno || *end || seconds > 253402300799.0)
		return false;
	*ts = (int64_t)(seconds * 1000 + 0.5);
	return true;
}

bool import_time(struct str s, int64_t *ts)
{
	char text[48];
	if (!s.at || s.len == 0 || s.len > 40)
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)s.len, s.at);
	if (s.len > 10 && text[10] == ' ') {
		text[10] = 'T';
		memcpy(text + s.len, "Z", 2);
	}
	return time_read(str_of(text), ts) || read_seconds(text, ts);
}
