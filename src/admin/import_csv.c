/*
 * import_csv.c: RFC 4180 with a head; lines may end in LF alone. An empty field is an absent one.
 */
#include "admin/import.h"

struct record {
	size_t ends[IMPORT_COLUMNS]; /* of the fields, in import->record */
	int count;
	bool broken; /* something behind a closing quote, or too many fields */
};

static void end_field(struct import *import, struct record *record)
{
	if (record->count < IMPORT_COLUMNS)
		record->ends[record->count++] = import->record.len;
	else
		record->broken = true;
}

static void put_char(struct import *import, int c)
{
	char byte = (char)c;
	text_put(&import->record, (struct str){&byte, 1});
}

/* Reads a field from behind its opening quote; returns what comes behind the closing one. */
static int read_quoted(struct import *import)
{
	int c;
	while ((c = getc(import->in)) != EOF) {
		if (c == '"' && (c = getc(import->in)) != '"')
			return c;
		put_char(import, c);
	}
	return '"'; /* it was never closed */
}

/* Reads one record; false at the end. */
static bool read_record(struct import *import, struct record *record)
{
	int c = getc(import->in);
	*record = (struct record){.count = 0};
	import->record.len = 0;
	if (c == EOF)
		return false;
	for (bool first = true;; c = getc(import->in)) {
		if (first && c == '"') {
			c = read_quoted(import);
			record->broken = record->broken || (c != EOF && !strchr(",\r\n", c));
		}
		if (c == '\r') {
			int after = getc(import->in);
			if (after == '\n')
				c = '\n';
			else
				ungetc(after, import->in);
		}
		first = c == ',';
		if (c == ',' || c == '\n' || c == EOF)
			end_field(import, record);
		else
			put_char(import, c);
		if (c == '\n' || c == EOF)
			return true;
	}
}

static int split(const struct import *import, const struct record *record, struct str *values)
{
	size_t begin = 0;
	for (int i = 0; i < record->count; begin = record->ends[i++]) {
		size_t length = record->ends[i] - begin;
		values[i] = (struct str){length ? import->record.at + begin : NULL, length};
	}
	return record->count;
}

static enum import_result next(struct import *import)
{
	struct str values[IMPORT_COLUMNS];
	struct record record;
	while (read_record(import, &record)) {
		if (record.count == 1 && import->record.len == 0)
			continue; /* an empty line */
		int count = split(import, &record, values);
		import->raw = text_str(&import->record);
		if (import->record.broken) {
			snprintf(import->error, sizeof(import->error), "out of memory");
			return IMPORT_FAILED;
		}
		if (import->column_count)
			return record.broken ? IMPORT_BROKEN
					     : import_columns(import, values, count);
		if (!import_head(import, values, count))
			return IMPORT_FAILED;
	}
	return IMPORT_END;
}

const struct import_format import_csv = {"csv", next, NULL};
