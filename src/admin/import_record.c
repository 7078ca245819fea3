/*
 * import_record.c: what the formats share: which field a column is, or a fault is of.
 */
#include "admin/import.h"

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

bool import_head(struct import *import, const struct str *names, int count)
{
	import->column_count = count;
	for (int i = 0; i < count; i++) {
		import->columns[i] = import_field(names[i]);
		if (import->columns[i] >= 0)
			import->given |= 1u << import->columns[i];
	}
	const char *missing = !(import->given & 1u << IMPORT_TEXT) ? "text"
			      : !(import->given & 1u << IMPORT_TS) ? "ts or created_at"
			      : !(import->given & (1u << IMPORT_ID | 1u << IMPORT_MSG_ID))
				  ? "id or msgId"
				  : NULL;
	if (missing)
		import_say(import, IMPORT_FAILED,
		    "its first line must name the columns, and has none called %s", missing);
	return !missing;
}

enum import_result import_columns(struct import *import, const struct str *values, int count)
{
	if (count != import->column_count)
		return import_say(import, IMPORT_BROKEN,
		    "the first line names %d columns, this one has %d", import->column_count,
		    count);
	for (int i = 0; i < count; i++)
		if (import->columns[i] >= 0)
			import->fields[import->columns[i]] = values[i];
	return IMPORT_RECORD;
}

enum import_field import_field_at_fault(enum message_fault fault)
{
	switch (fault) {
	case MESSAGE_BAD_ROOM:
		return IMPORT_ROOM;
	case MESSAGE_BAD_NICKNAME:
		return IMPORT_NICKNAME;
	case MESSAGE_BAD_TEXT:
		return IMPORT_TEXT;
	case MESSAGE_BAD_CLIENT_ID:
		return IMPORT_CLIENT_ID;
	case MESSAGE_BAD_MSG_ID:
		return IMPORT_MSG_ID;
	case MESSAGE_BAD_TIME:
		return IMPORT_TS;
	default:
		return IMPORT__FIELDS;
	}
}
