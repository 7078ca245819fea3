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
#include "chat/message.h"

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
	IMPORT_BROKEN, /* `raw` is not of the format, `error` says why; there may be more behind it
			*/
	IMPORT_END,
	IMPORT_FAILED /* `error` says why */
};

enum {
	IMPORT_COLUMNS = 64,
	IMPORT_ERROR_SIZE = 300,
	IMPORT_MSG_ID_SIZE = 4 * 64 + 1, /* so many bytes may 64 code points have */
	IMPORT_NAMES = 3,
};

struct import {
	const struct import_format *format;
	FILE *in;
	struct str fields[IMPORT__FIELDS]; /* valid until the next call, as is raw */
	struct str raw;
	unsigned given; /* the fields that the record, or the head, names: bits by import_field */
	int64_t lines;	/* that were read */
	int64_t at;	/* the line that the record begins in, from 1 */
	int columns[IMPORT_COLUMNS]; /* which field each one is; -1: none of ours */
	int column_count;	     /* 0: the head was not read yet */
	bool crlf;		     /* so its head ends */
	bool marked;		     /* CSV: its head is that of our export, whose marks come off */
	struct str left;	     /* CSV: of the present line */
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

/*
 * Makes the msgId of a record that brings none, in `out`; at == NULL where it brings no id, either.
 * `source` is what the ids belong to, NULL where nobody said.
 */
struct str import_msg_id(
    const struct import *import, const char *source, char out[IMPORT_MSG_ID_SIZE]);

/* The msgIds under which a message of our own export may have been imported before. */
struct import_names {
	struct str msg_ids[IMPORT_NAMES]; /* at == NULL: none */
	char memory[IMPORT_NAMES][IMPORT_MSG_ID_SIZE];
};

/*
 * Writes those of the record, and returns the id that it had where it was exported. 0, without
 * names, where it has a msgId of its own, by which it is known anyway, or is of another's history.
 */
int64_t import_known_as(const struct import *import, struct import_names *names);

/* The field that a fault is of; IMPORT__FIELDS: of none alone. */
enum import_field import_field_at_fault(enum message_fault fault);

/* ---- for the formats ---- */

/* Writes what is wrong to `error`, and gives `result`. */
enum import_result import_say(struct import *import, enum import_result result, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/*
 * The next line with its end, in import->line; the first one without a byte-order mark. False at
 * the end, or with `error`.
 */
bool import_line(struct import *import, struct str *line);

/* The field that a column is for, by its name in an export or in the original's table; -1: none. */
int import_field(struct str name);

/* Takes in the head. False with `error` where what cannot be missed is missing. */
bool import_head(struct import *import, const struct str *names, int count);

/* Sets the fields from the columns of a record, or says how many there should be. */
enum import_result import_columns(struct import *import, const struct str *values, int count);

extern const struct import_format import_csv, import_mariadb, import_ndjson;

#endif
