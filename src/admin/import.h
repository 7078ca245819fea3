/*
 * import.h: records of other histories, one after the other: NDJSON and CSV as they are
 * exported, and what `mariadb --batch` prints of a table.
 */
#ifndef CHAT_IMPORT_H
#define CHAT_IMPORT_H

#include <stdint.h>
#include <stdio.h>

#include "base/str.h"
#include "base/text.h"

enum import_field {
	IMPORT_ID,
	IMPORT_ROOM,
	IMPORT_NICKNAME,
	IMPORT_TEXT,
	IMPORT_CLIENT_ID,
	IMPORT_MSG_ID,
	IMPORT_TS,
	IMPORT__FIELDS
};

enum import_result {
	IMPORT_RECORD, /* `fields` holds the next one; at == NULL is what is absent or NULL */
	IMPORT_BROKEN, /* `raw` is not of the format; there may be more behind it */
	IMPORT_END,
	IMPORT_FAILED /* `error` says why */
};

enum { IMPORT_COLUMNS = 64, IMPORT_ERROR_SIZE = 300 };

struct import {
	const struct import_format *format;
	FILE *in;
	struct str fields[IMPORT__FIELDS]; /* valid until the next call, as is raw */
	struct str raw;
	int columns[IMPORT_COLUMNS]; /* which field each one is; -1: none of ours */
	int column_count;	     /* 0: the head was not read yet */
	char *line;
	size_t line_size;
	struct text record;
	void *owner; /* of what the fields point to */
	char error[IMPORT_ERROR_SIZE];
};

struct import_format {
	const char *name;
	enum import_result (*next)(struct import *import);
	void (*end)(struct import *import); /* NULL: nothing is left to be freed */
};

/* The format called `name`, or NULL. */
const struct import_format *import_format(const char *name);

/* Reads the next record. */
enum import_result import_next(struct import *import);

void import_end(struct import *import);

/* The field that a column is for, by its name in an export or in the original's table; -1: none. */
int import_field(struct str name);

/* Takes in the head. False with `error` where what cannot be missed is missing. */
bool import_head(struct import *import, const struct str *names, int count);

/* Sets the fields from the columns of a record. */
enum import_result import_columns(struct import *import, const struct str *values, int count);

/*
 * Reads a time: RFC 3339, 2026-11-23 17:41:05 (UTC), or seconds since 1970. Writes ms since 1970
 * and returns true.
 */
bool import_time(struct str s, int64_t *ts);

extern const struct import_format import_csv, import_mariadb, import_ndjson;

#endif
