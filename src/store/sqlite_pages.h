/*
 * sqlite_pages.h: a database page by page and row by row, without SQLite, which ends where it finds
 * damage. The format is that of https://sqlite.org/fileformat2.html.
 */
#ifndef CHAT_SQLITE_PAGES_H
#define CHAT_SQLITE_PAGES_H

#include <stdint.h>

#include "base/str.h"

struct pages {
	int file, wal;	  /* -1: there is none */
	uint32_t size;	  /* of a page, in bytes */
	uint32_t count;	  /* numbers are from 1 to this one */
	uint32_t *frames; /* of each page: its last frame in the -wal file, from 1; 0: none */
	bool mapped;	  /* pages tell which of them are free: auto_vacuum */
	unsigned char *map;
	uint32_t map_number; /* of the page that `map` holds; 0: none */
};

enum { PAGES_SIZE_MAX = 65536 };

/*
 * Opens the file at `path` and its -wal file, where there is one. Returns 0, or -1 with errno set;
 * pages_close() is to be called in both cases.
 */
int pages_open(struct pages *pages, const char *path);
void pages_close(struct pages *pages);

/*
 * Reads a page, as the last transaction in the -wal file left it. False where the disk or the end
 * of the file stands against it.
 */
bool pages_read(const struct pages *pages, uint32_t number, unsigned char *out);

/* Whether it holds nothing any more, but what was deleted. */
bool pages_free(struct pages *pages, uint32_t number);

enum { PAGES_COLUMNS_MAX = 8, PAGES_ROW_MAX = 65536 };

enum pages_type { PAGES_NULL, PAGES_INTEGER, PAGES_TEXT, PAGES_OTHER };

/* The row of a table, or of its index. */
struct pages_row {
	bool index;  /* from here: it has no id */
	int64_t id;  /* the rowid */
	int columns; /* at most PAGES_COLUMNS_MAX; what is beyond is left out */
	enum pages_type types[PAGES_COLUMNS_MAX];
	int64_t integers[PAGES_COLUMNS_MAX];
	struct str texts[PAGES_COLUMNS_MAX]; /* any bytes; lent for the time of the call */
};

/* Returns 0, or anything else to break off. */
typedef int pages_row_fn(void *arg, const struct pages_row *row);

/*
 * Calls `visit` for each row on a page that can be read, whatever table it is of. Rows of more than
 * PAGES_ROW_MAX bytes, and entries of an index that go on on another page, are left out. Returns
 * what the last `visit` did.
 */
int pages_rows(const struct pages *pages, uint32_t number, pages_row_fn *visit, void *arg);

#endif
