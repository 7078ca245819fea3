/*
 * import_csv.c: RFC 4180 with a head; lines may end in LF alone. An empty field is an absent one.
 */
#include "admin/import.h"
#include "output/csv.h"

/* The columns of our own export, one behind the other. */
#define OUR_COLUMNS "idroomnicknametextclientIdmsgIdts"

struct record {
	size_t ends[IMPORT_COLUMNS]; /* of the fields, in import->record */
	int count;
	const char *broken; /* why; NULL: it is not */
};

static void end_field(struct import *import, struct record *record)
{
	if (record->count < IMPORT_COLUMNS)
		record->ends[record->count++] = import->record.len;
	else
		record->broken = "it has more than 64 columns";
}

static int next_char(struct import *import)
{
	if (import->left.len == 0 && !import_line(import, &import->left))
		return EOF;
	if (import->left.len == 0) /* of the first line only its mark was there */
		return EOF;
	int c = (unsigned char)import->left.at[0];
	import->left = (struct str){import->left.at + 1, import->left.len - 1};
	return c;
}

/* The same, with CRLF as LF. */
static int next_unquoted(struct import *import)
{
	int c = next_char(import);
	bool end = import->left.len == 0 || import->left.at[0] == '\n';
	if (c != '\r' || !end)
		return c;
	c = next_char(import);
	return c == EOF ? '\n' : c;
}

static void put_char(struct import *import, int c)
{
	char byte = (char)c;
	text_put(&import->record, (struct str){&byte, 1});
}

/* Reads a field from behind its opening quote; returns what comes behind the closing one. */
static int read_quoted(struct import *import, struct record *record)
{
	int c;
	while ((c = next_char(import)) != EOF) {
		if (c != '"') {
			put_char(import, c);
			continue;
		}
		c = next_unquoted(import);
		if (c != EOF && !strchr("\",\n", c))
			record->broken = "something follows a closing quote";
		if (c != '"')
			return c;
		put_char(import, c);
	}
	record->broken = "a quote is not closed";
	return EOF;
}

/* Reads one record; false at the end. */
static bool read_record(struct import *import, struct record *record)
{
	int c = next_unquoted(import);
	*record = (struct record){.count = 0};
	import->record.len = 0;
	import->at = import->lines;
	if (c == EOF)
		return false;
	for (bool first = true;; c = next_unquoted(import)) {
		if (first && c == '"')
			c = read_quoted(import, record);
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
		if (import->marked)
			values[i] = csv_unmark(values[i]);
	}
	return record->count;
}

static bool read_head(
    struct import *import, const struct record *record, const struct str *values, int count)
{
	if (record->broken)
		import_say(import, IMPORT_FAILED, "its first line: %s", record->broken);
	import->marked = str_eq(import->raw, str_of(OUR_COLUMNS));
	return !record->broken && import_head(import, values, count);
}

static enum import_result next(struct import *import)
{
	struct str values[IMPORT_COLUMNS];
	struct record record;
	while (read_record(import, &record)) {
		if (record.count == 1 && import->record.len == 0 && !record.broken)
			continue; /* an empty line */
		int count = split(import, &record, values);
		import->raw = text_str(&import->record);
		if (import->error[0])
			return IMPORT_FAILED; /* in the middle of the record */
		if (import->record.broken)
			return import_say(import, IMPORT_FAILED, "out of memory");
		if (import->column_count && record.broken)
			return import_say(import, IMPORT_BROKEN, "%s", record.broken);
		if (import->column_count)
			return import_columns(import, values, count);
		if (!read_head(import, &record, values, count))
			return IMPORT_FAILED;
	}
	return IMPORT_END;
}

const struct import_format import_csv = {"csv", next, NULL};
