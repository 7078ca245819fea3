/*
 * sqlite.h: what the files of the SQLite store share (sqlite_*.c). Only they include it, and only
 * they know sqlite3.
 */
#ifndef CHAT_STORE_SQLITE_H
#define CHAT_STORE_SQLITE_H

#include <sqlite3.h>

#include "store/store.h"

/* The statements, each prepared once: the first for every store, the rest for writers. */
enum stmt {
	STMT_BEGIN_READ,
	STMT_COMMIT,
	STMT_ROLLBACK,
	STMT_IDS_BEFORE,
	STMT_IDS_FROM,
	STMT_IDS_SINCE,
	STMT_ROWS,
	STMT_READ_SIGNS,
	STMT_READ_NOTE,
	STMT_NEWEST,
	STMT_COUNT_SINCE,
	STMT_READ_FIGURES,
	STMT_ROOMS,
	STMT_TOPICS,
	STMT_HISTORY,
	STMT_HISTORY_OF_ROOM,
	STMT_READ_VERSION,
	STMT_PROGRESS,
	STMT_SCAN,
	STMT_SCAN_ROOM,
	STMT_RUN,
	STMT_TIME,
	STMT_FREE_PAGES,
	STMT__READER_MAX,
	STMT_BEGIN_WRITE = STMT__READER_MAX,
	STMT_INSERT,
	STMT_INSERT_MANY,
	STMT_SAVEPOINT,
	STMT_RELEASE,
	STMT_ROLLBACK_TO,
	STMT_FIND,
	STMT_FIND_COPY,
	STMT_REJECT,
	STMT_TRIM_REJECTED,
	STMT_COUNTED,
	STMT_COUNT_ROOMS,
	STMT_COUNT_ROOM,
	STMT_SPAN,
	STMT_TIMES,
	STMT_SPAN_NARROW,
	STMT_SPAN_FORGET,
	STMT_ADD_FIGURES,
	STMT_WRITE_NOTE,
	STMT_UNINDEXED,
	STMT_INDEX_ROW,
	STMT_INDEX_MERGE,
	STMT_INDEX_STATE,
	STMT_INDEX_EMPTY,
	STMT_INDEX_ANEW,
	STMT_INDEX_UNICODE,
	STMT_ONE_ROW,
	STMT_UNINDEX_ROW,
	STMT_DELETE,
	STMT_SET_TOPIC,
	STMT__MAX
};

enum { INSERT_VALUES = 6, INSERT_MANY = 16 }; /* of each message; messages in one statement */

struct store {
	sqlite3 *db;
	sqlite3_stmt *stmts[STMT__MAX];
	int wal_pages;		   /* after the last commit */
	int64_t counted;	   /* the last id that the table rooms counts; -1: not known yet */
	struct store_figures last; /* of the last commit, which is not in the database yet */
	int64_t newest_id;	   /* a writer's: of the messages */
	int64_t indexed_id;	   /* the messages up to this one are in the index */
	int unmerged;		   /* see store_unmerged() */
	int search_ms;		   /* STORE_SEARCH_MS, but in a test */
	struct search *search;	   /* what sqlite_search.c keeps; NULL until the first search */
	int64_t data_version;	   /* SQLite's, of the last transaction: another one tells that */
	int64_t tidy_version;	   /* ... another process has committed since; for store_tidy() */
	bool editor;
	bool index_renewed; /* see store_index_renewed() */
	bool unsynced;	    /* the commit under way does not wait for the disk */
	char error[STORE_ERROR_SIZE];
};

/* The SQL of a statement. */
const char *sql_text(enum stmt which);

/* What SQLite's result code `rc` means for the callers of store.h. */
enum store_status sql_status(int rc);

/* What the operator can do about it: one phrase. */
const char *sql_advice(enum store_status status);

/* Notes what SQLite said about the last call that failed, and gives it as a status. */
enum store_status sql_fail(struct store *store, int rc);

/* Binds `s`, which must live until the statement is finished; NULL where it is absent. */
void sql_bind_str(sqlite3_stmt *stmt, int place, struct str s);

/* A column of the present row, valid until the next step. */
struct str sql_column_str(sqlite3_stmt *stmt, int column);

/* A row of STMT_ROWS, or of a statement that begins with its columns, until the next step. */
struct store_row sql_column_row(sqlite3_stmt *stmt);

/* Ends a statement's run, whatever came of it, so that it holds neither locks nor our pointers. */
void sql_finish(sqlite3_stmt *stmt);

enum {
	BUSY_TIMEOUT_MS = 5000,
	EDITOR_TIMEOUT_MS = 2000,
	CHECKPOINT_PAGES = 1000, /* of the -wal file */
};

/*
 * Begins to write. What is remembered from the transaction before is read anew where another
 * process has written since.
 */
int sql_begin_write(struct store *store);

/* Ends it: commits, or takes back what was done where `rc` is an error. */
enum store_status sql_end_write(struct store *store, int rc);

/*
 * Makes a writer's commits durable, as sqlite_durability.c tells: WAL mode, synchronous, its
 * checkpoints.
 */
enum store_status sql_make_durable(struct store *store);

/* Copies the whole -wal file to the database. `wait`: for readers that are in the way, else not. */
enum store_status sql_empty_wal(struct store *store, bool wait);

/*
 * Does `work` in a transaction of its own whose commit does not wait for the disk, so that a power
 * cut may undo it. `work` returns SQLite's code.
 */
enum store_status sql_write_unsynced(
    struct store *store, int (*work)(struct store *store, void *arg), void *arg);

/* After changes of the index: as many pages of the merging that they have put off. */
int sql_index_merge(struct store *store, int pages);

/* Whether a database of this version's schema can become one of today's. */
bool sql_can_migrate(int64_t version);

/* Makes it one; an older copy is beside it then. */
enum store_status sql_migrate(struct store *store, int64_t version);

/* The same for a file that is a copy itself; where it is of an older schema that is known. */
int sql_migrate_copy(struct store *copy);

/* The number in the first row of any statement; `out` is left alone where there is none. */
int sql_read_number(sqlite3 *db, const char *sql, int64_t *out);

/* Reads how far the index is. */
int sql_read_progress(struct store *store);

/* Empties the index where another version of Unicode than this program's has filled it. */
enum store_status sql_follow_unicode(struct store *store);

/*
 * Puts a message, the present row (id, text, nickname, room) of `from`, into an index by `insert`,
 * which takes the same.
 */
int sql_index_row(sqlite3_stmt *insert, sqlite3_stmt *from);

/* What the table spans says of messages that are not counted yet: in sqlite_spans.c. */
int spans_add(struct store *store, const struct store_entry *entries, size_t count, int64_t after);
int spans_add_anew(struct store *store, int64_t after);

/* The block of the table spans that the id is in; and the first id that a block has. */
int64_t spans_block(int64_t id);
int64_t spans_first_id(int64_t block);

/* Looks again at a block from which messages were deleted. */
int spans_narrow(struct store *store, int64_t block);

/* Makes the table anew, of any database; the caller has a transaction. */
int spans_make(sqlite3 *db);

/* Ids between which times grow with ids; last < first: there are none. */
struct spans_run {
	int64_t first, last;
};

/*
 * The newest run of the ids up to `high`, of which the table knows nothing behind it. It may end
 * behind `high`, or begin there.
 */
int spans_find_run(struct store *store, int64_t high, struct spans_run *run);

/* The first id of the run from which on no message of it is older than `ts`; last + 1: all are. */
int spans_find_time(struct store *store, struct spans_run run, int64_t ts, int64_t *id);

/* Frees what sqlite_search.c keeps. */
void sql_search_close(struct store *store);

/* Runs a statement that gives no rows, with what is bound to it, and finishes it. */
int sql_run(struct store *store, enum stmt which);

/* Runs a statement with what is bound to it and finishes it: the number in its first row, or 0. */
int sql_number(struct store *store, enum stmt which, int64_t *out);

/* A batch begins; what is not in the database yet is in `figures` already. */
void figures_begin(struct store_figures *figures, const struct store_entry *entries, size_t count);

/* Counts what became of an entry that was kept; `known`: it was stored already. */
void figures_count(struct store_figures *figures, const struct store_entry *entry, bool known);

/* Adds the figures to those in the database. */
int figures_add(struct store *store, const struct store_figures *figures);

/* Runs COMMIT, and notes in store->last how long it took. */
int figures_commit(struct store *store);

#endif
