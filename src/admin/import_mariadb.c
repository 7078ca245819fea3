/*
 * import_mariadb.c: what `mariadb --batch` prints: names of columns first, then a row a line,
 * columns between tabs; \n \t \\ and \0 are escaped, and NULL is the word.
 */
#include "admin/import.h"

/* What a backslash and this character stand for; -1: for themselves. */
static int meaning(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case '0':
		return '\0';
	case '\\':
		return '\\';
	default:
		return -1;
	}
}

/* In its place. */
static struct str unescape(char *at, size_t length)
{
	size_t n = 0;
	for (size_t i = 0; i < length; i++) {
		int known = at[i] == '\\' && i + 1 < length ? meaning(at[i + 1]) : -1;
		if (known >= 0)
			i++;
		at[n++] = (char)(known >= 0 ? known : at[i]);
	}
	return (struct str){at, n};
}

static int split(char *line, size_t length, struct str *values)
{
	int count = 0;
	for (char *at = line, *end = line + length; count < IMPORT_COLUMNS; count++) {
		char *tab = memchr(at, '\t', (size_t)(end - at));
		size_t size = (size_t)((tab ? tab : end) - at);
		values[count] = size == 4 && memcmp(at, "NULL", 4) == 0 ? (struct str){NULL, 0}
									: unescape(at, size);
		if (!tab)
			return count + 1;
		at = tab + 1;
	}
	return count + 1;
}

/*
 * A CR at the end of a row may be the last column's own, since mariadb does not escape it: it is a
 * line's end where the head has one, too.
 */
static struct str without_end(struct import *import, struct str line)
{
	if (line.len > 0 && line.at[line.len - 1] == '\n')
		line.len--;
	bool cr = line.len > 0 && line.at[line.len - 1] == '\r';
	if (!import->column_count)
		import->crlf = cr;
	return (struct str){line.at, line.len - (cr && import->crlf)};
}

static enum import_result next(struct import *import)
{
	struct str values[IMPORT_COLUMNS + 1], line;
	while (import_line(import, &line)) {
		line = without_end(import, line);
		import->at = import->lines;
		import->record.len = 0;
		text_put(&import->record, line);
		import->raw = text_str(&import->record);
		int count = split((char *)line.at, line.len, values);
		if (import->column_count)
			return import_columns(import, values, count);
		if (count > IMPORT_COLUMNS)
			return import_say(import, IMPORT_FAILED,
			    "its first line names more than %d columns", IMPORT_COLUMNS);
		if (!import_head(import, values, count))
			return IMPORT_FAILED;
	}
	return IMPORT_END;
}

const struct import_format import_mariadb = {"mariadb", next, NULL};
