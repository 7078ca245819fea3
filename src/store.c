/*
 * store.c: the store in an SQLite file, in WAL mode. The only file that knows sqlite3.
 *
 * start-up: store_open() → configure → check or create the schema → prepare every statement once.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "schema_sql.h"

#define SCHEMA_VERSION 1
#define APPLICATION_ID 1297171272
#define BUSY_TIMEOUT_MS 5000
#define REJECTED_ROWS "1000"
#define PAGE_BYTES 4096 /* SQLite's default, which schema.sql leaves */
#define CHECKPOINT_PAGES 1000
#define WAL_LARGE_PAGES 16384 /* 64 MiB */

enum stmt {
	STMT_BEGIN_READ,
	STMT_COMMIT,
	STMT_ROLLBACK,
	STMT_IDS_BEFORE,
	STMT_IDS_FROM,
	STMT_ROWS,
	STMT__READER_MAX,
	STMT_BEGIN_WRITE = STMT__READER_MAX,
	STMT_INSERT,
	STMT_FIND,
	STMT_REJECT,
	STMT_TRIM_REJECTED,
	STMT_WRITE_NOTE,
	STMT_READ_NOTE,
	STMT__MAX
};

static const char *const statements[STMT__MAX] = {
    [STMT_BEGIN_READ] = "BEGIN",
    [STMT_COMMIT] = "COMMIT",
    [STMT_ROLLBACK] = "ROLLBACK",
    [STMT_IDS_BEFORE] = "SELECT id FROM messages WHERE room = ?1 AND id < ?2"
			" ORDER BY id DESC LIMIT ?3",
    [STMT_IDS_FROM] = "SELECT id FROM messages WHERE room = ?1 AND id >= ?2"
		      " ORDER BY id LIMIT ?3",
    [STMT_ROWS] = "SELECT id, ts, room, nickname, text, client_id, msg_id FROM messages"
		  " WHERE room = ?1 AND id BETWEEN ?2 AND ?3 ORDER BY id",
    [STMT_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [STMT_INSERT] = "INSERT INTO messages (ts, room, nickname, text, client_id, msg_id)"
		    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
		    " ON CONFLICT (msg_id, ifnull(client_id, '')) WHERE msg_id IS NOT NULL"
		    " DO NOTHING",
    [STMT_FIND] = "SELECT id, ts FROM messages"
		  " WHERE msg_id = ?1 AND ifnull(client_id, '') = ifnull(?2, '')",
    [STMT_REJECT] = "INSERT INTO rejected (ts, topic, reason, size, head)"
		    " VALUES (?1, ?2, ?3, ?4, ?5)",
    [STMT_TRIM_REJECTED] =
	"DELETE FROM rejected WHERE id <= (SELECT max(id) FROM rejected) - " REJECTED_ROWS,
    [STMT_WRITE_NOTE] = "REPLACE INTO logger_note (one, note) VALUES (1, ?1)",
    [STMT_READ_NOTE] = "SELECT note FROM logger_note",
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *stmts[STMT__MAX];
	int wal_pages; /* after the last commit */
	char error[STORE_ERROR_SIZE];
};

static enum store_status status_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return STORE_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return STORE_BUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_CANTOPEN:
		return STORE_DENIED;
	case SQLITE_FULL:
		return STORE_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return STORE_CORRUPT;
	default:
		return STORE_FAILED;
	}
}

static const char *advice(enum store_status status)
{
	switch (status) {
	case STORE_BUSY:
		return "another program holds its lock: end that program's transaction";
	case STORE_DENIED:
		return "check owner and mode of the file and of its folder";
	case STORE_FULL:
		return "make room on that disk";
	case STORE_CORRUPT:
		return "restore it from a backup, or save what can be read with `sqlite3 FILE "
		       ".recover`";
	default:
		return "check the disk";
	}
}

/* Notes what SQLite said about the last call, and gives it as a status. */
static enum store_status fail(struct store *store, int rc)
{
	enum store_status status = status_of(rc);
	snprintf(store->error, sizeof(store->error), "database %s: %s; %s",
	    sqlite3_db_filename(store->db, NULL), sqlite3_errmsg(store->db), advice(status));
	return status;
}

const char *store_error(const struct store *store)
{
	return store->error;
}

static void bind_str(sqlite3_stmt *stmt, int place, struct str s)
{
	if (s.at)
		sqlite3_bind_text64(stmt, place, s.at, s.len, SQLITE_STATIC, SQLITE_UTF8);
	else
		sqlite3_bind_null(stmt, place);
}

static struct str column_str(sqlite3_stmt *stmt, int column)
{
	const char *at = (const char *)sqlite3_column_text(stmt, column);
	return (struct str){at, at ? (size_t)sqlite3_column_bytes(stmt, column) : 0};
}

/* Ends a statement's run, whatever came of it, so that it holds neither locks nor our pointers. */
static void finish(sqlite3_stmt *stmt)
{
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

/* Runs a statement that gives no rows, with what is bound to it. */
static int run(struct store *store, enum stmt which)
{
	sqlite3_stmt *stmt = store->stmts[which];
	sqlite3_step(stmt);
	int rc = sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return rc;
}

/* ---- opening ---- */

static int read_number(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		*out = sqlite3_column_int64(stmt, 0);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	return rc;
}

static enum store_status wrong_version(struct store *store, int64_t application, int64_t version)
{
	const char *path = sqlite3_db_filename(store->db, NULL);
	if (application != APPLICATION_ID)
		snprintf(store->error, sizeof(store->error),
		    "database %s: not a database of mqtt-chat; set `database` to another file",
		    path);
	else
		snprintf(store->error, sizeof(store->error),
		    "database %s: its schema is version %lld and this program knows %d; %s", path,
		    (long long)version, SCHEMA_VERSION,
		    version > SCHEMA_VERSION ? "install a newer mqtt-chat"
					     : "start this version's logger first");
	return STORE_VERSION;
}

static enum store_status missing(struct store *store)
{
	snprintf(store->error, sizeof(store->error),
	    "database %s: it is empty; start the logger, which makes it",
	    sqlite3_db_filename(store->db, NULL));
	return STORE_MISSING;
}

static enum store_status create_schema(struct store *store)
{
	int rc = sqlite3_exec(store->db, schema_sql, NULL, NULL, NULL);
	return rc ? fail(store, rc) : STORE_OK;
}

static enum store_status check_schema(struct store *store, enum store_mode mode)
{
	int64_t application = 0, version = 0, tables = 0;
	int rc = read_number(store->db, "PRAGMA application_id", &application);
	if (!rc)
		rc = read_number(store->db, "PRAGMA user_version", &version);
	if (!rc)
		rc = read_number(store->db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (rc)
		return fail(store, rc);
	if (tables == 0 && application == 0)
		return mode == STORE_CREATOR ? create_schema(store) : missing(store);
	if (application != APPLICATION_ID || version != SCHEMA_VERSION)
		return wrong_version(store, application, version);
	return STORE_OK;
}

/*
 * After each commit. SQLite's own checkpoint never starts the -wal file anew while one reader
 * follows another; so once it is large, each commit tries, without waiting for anybody.
 */
static int checkpoint(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *store = arg;
	store->wal_pages = pages;
	if (pages < CHECKPOINT_PAGES)
		return SQLITE_OK;
	bool large = pages >= WAL_LARGE_PAGES;
	sqlite3_busy_timeout(db, 0);
	int rc = sqlite3_wal_checkpoint_v2(
	    db, name, large ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
	if (large && rc == SQLITE_OK)
		store->wal_pages = 0;
	return SQLITE_OK;
}

static enum store_status configure(struct store *store, enum store_mode mode)
{
	/* A writer that ends must leave the -wal file: readers that cannot create it depend on it.
	 */
	int on = 1;
	sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (mode == STORE_READER)
		return STORE_OK;
	sqlite3_wal_hook(store->db, checkpoint, store);
	int rc = sqlite3_exec(store->db,
	    "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216;", NULL, NULL, NULL);
	if (!rc)
		rc = sqlite3_file_control(store->db, NULL, SQLITE_FCNTL_PERSIST_WAL, &on);
	return rc ? fail(store, rc) : STORE_OK;
}

static enum store_status prepare(struct store *store, enum store_mode mode)
{
	int count = mode == STORE_READER ? STMT__READER_MAX : STMT__MAX;
	for (int i = 0; i < count; i++) {
		int rc = sqlite3_prepare_v3(store->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
		    &store->stmts[i], NULL);
		if (rc)
			return fail(store, rc);
	}
	return STORE_OK;
}

/* SQLite makes files that everybody may read; the -wal and -shm files take over this one's mode. */
static void create_file(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);
	if (fd >= 0)
		close(fd);
}

static enum store_status open_file(struct store *store, const char *path, enum store_mode mode)
{
	static const int flags[] = {
	    [STORE_READER] = SQLITE_OPEN_READONLY,
	    [STORE_WRITER] = SQLITE_OPEN_READWRITE,
	    [STORE_CREATOR] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
	};
	if (mode != STORE_CREATOR && access(path, F_OK) != 0 && errno == ENOENT) {
		snprintf(store->error, sizeof(store->error),
		    "database %s: there is none; start the logger, which makes it", path);
		return STORE_MISSING;
	}
	if (mode == STORE_CREATOR)
		create_file(path);
	int rc = sqlite3_open_v2(path, &store->db, flags[mode] | SQLITE_OPEN_NOMUTEX, NULL);
	/* SQLite opens for reading what it may not write. */
	if (rc == SQLITE_OK && mode != STORE_READER && sqlite3_db_readonly(store->db, "main"))
		rc = SQLITE_READONLY;
	if (rc == SQLITE_OK)
		return STORE_OK;
	snprintf(store->error, sizeof(store->error), "database %s: %s; %s", path,
	    sqlite3_errstr(rc), advice(status_of(rc)));
	return status_of(rc);
}

/*
 * A writer begins with an empty -wal file. If an fsync of it failed before, its frames may be in
 * the page cache, marked clean, and not on the disk: later commits would stand behind a hole.
 * Copied to the database file they are written once more. After a failure a reader that is in the
 * way is waited for, at the start he is not.
 */
static enum store_status empty_wal(struct store *store, enum store_mode mode)
{
	int rc = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if ((rc & 0xff) == SQLITE_BUSY && mode == STORE_CREATOR)
		return STORE_OK;
	return rc ? fail(store, rc) : STORE_OK;
}

enum store_status store_open(
    struct store **out, const char *path, enum store_mode mode, char error[STORE_ERROR_SIZE])
{
	*out = NULL;
	error[0] = '\0';
	struct store *store = calloc(1, sizeof(*store));
	if (!store) {
		snprintf(error, STORE_ERROR_SIZE, "database %s: out of memory", path);
		return STORE_FAILED;
	}
	enum store_status status = open_file(store, path, mode);
	if (!status)
		status = configure(store, mode);
	if (!status)
		status = check_schema(store, mode);
	if (!status)
		status = prepare(store, mode);
	if (!status && mode != STORE_READER)
		status = empty_wal(store, mode);
	if (status) {
		snprintf(error, STORE_ERROR_SIZE, "%s", store->error);
		store_close(store);
		return status;
	}
	*out = store;
	return STORE_OK;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (int i = 0; i < STMT__MAX; i++)
		sqlite3_finalize(store->stmts[i]);
	sqlite3_close(store->db);
	free(store);
}

bool store_moved(const struct store *store)
{
	int moved = 0;
	sqlite3_file_control(store->db, NULL, SQLITE_FCNTL_HAS_MOVED, &moved);
	return moved != 0;
}

int64_t store_pending_bytes(const struct store *store)
{
	return (int64_t)store->wal_pages * PAGE_BYTES;
}

/* ---- writing ---- */

static int reject(struct store *store, const struct store_entry *entry)
{
	sqlite3_stmt *stmt = store->stmts[STMT_REJECT];
	sqlite3_bind_int64(stmt, 1, entry->ts);
	bind_str(stmt, 2, entry->topic);
	bind_str(stmt, 3, str_of(message_fault_text(entry->fault)));
	sqlite3_bind_int64(stmt, 4, (sqlite3_int64)entry->size);
	sqlite3_bind_blob64(
	    stmt, 5, entry->head.len ? entry->head.at : "", entry->head.len, SQLITE_STATIC);
	int rc = run(store, STMT_REJECT);
	return rc ? rc : run(store, STMT_TRIM_REJECTED);
}

/* Sets the entry's id and ts to those of the copy that is stored already. */
static int find_first(struct store *store, struct store_entry *entry)
{
	sqlite3_stmt *stmt = store->stmts[STMT_FIND];
	bind_str(stmt, 1, entry->message.msg_id);
	bind_str(stmt, 2, entry->message.client_id);
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		entry->id = sqlite3_column_int64(stmt, 0);
		entry->ts = sqlite3_column_int64(stmt, 1);
		rc = SQLITE_OK;
	} else if (rc == SQLITE_DONE) {
		rc = SQLITE_INTERNAL;
	}
	finish(stmt);
	return rc;
}

static int insert(struct store *store, struct store_entry *entry)
{
	const struct message *m = &entry->message;
	sqlite3_stmt *stmt = store->stmts[STMT_INSERT];
	sqlite3_bind_int64(stmt, 1, entry->ts);
	bind_str(stmt, 2, m->room);
	bind_str(stmt, 3, m->nickname);
	bind_str(stmt, 4, m->text);
	bind_str(stmt, 5, m->client_id);
	bind_str(stmt, 6, m->msg_id);
	int rc = run(store, STMT_INSERT);
	if (rc)
		return rc;
	if (sqlite3_changes(store->db) == 0)
		return find_first(store, entry);
	entry->id = sqlite3_last_insert_rowid(store->db);
	return SQLITE_OK;
}

static int keep(struct store *store, struct store_entry *entry)
{
	if (entry->repeated)
		return SQLITE_OK;
	entry->id = 0;
	if (entry->fault)
		return reject(store, entry);
	int rc = insert(store, entry);
	if ((rc & 0xff) != SQLITE_CONSTRAINT)
		return rc;
	entry->fault = MESSAGE_REFUSED;
	return reject(store, entry);
}

static int write_note(struct store *store, struct str note)
{
	sqlite3_bind_blob64(
	    store->stmts[STMT_WRITE_NOTE], 1, note.len ? note.at : "", note.len, SQLITE_STATIC);
	return run(store, STMT_WRITE_NOTE);
}

/* Where the file at the path is another by now, what is written here would be lost. */
static enum store_status gone(struct store *store)
{
	snprintf(store->error, sizeof(store->error),
	    "database %s: it was moved, replaced or deleted; put it back, or start the logger "
	    "again "
	    "to make a new one",
	    sqlite3_db_filename(store->db, NULL));
	return STORE_MISSING;
}

enum store_status store_insert_batch(
    struct store *store, struct store_entry *entries, size_t count, store_note_fn *note, void *arg)
{
	if (store_moved(store))
		return gone(store);
	int rc = run(store, STMT_BEGIN_WRITE);
	for (size_t i = 0; i < count && !rc; i++)
		rc = keep(store, &entries[i]);
	if (!rc && note)
		rc = write_note(store, note(arg));
	if (!rc)
		rc = run(store, STMT_COMMIT);
	if (!rc)
		return STORE_OK;
	enum store_status status = fail(store, rc);
	if (!sqlite3_get_autocommit(store->db))
		run(store, STMT_ROLLBACK);
	return status;
}

enum store_status store_read_note(struct store *store, char *out, size_t size, ssize_t *length)
{
	sqlite3_stmt *stmt = store->stmts[STMT_READ_NOTE];
	int rc = sqlite3_step(stmt);
	*length = -1;
	if (rc == SQLITE_ROW) {
		size_t have = (size_t)sqlite3_column_bytes(stmt, 0);
		*length = (ssize_t)(have < size ? have : size);
		if (have)
			memcpy(out, sqlite3_column_blob(stmt, 0), (size_t)*length);
		rc = SQLITE_DONE;
	}
	enum store_status status = rc == SQLITE_DONE ? STORE_OK : fail(store, rc);
	finish(stmt);
	return status;
}

/* ---- reading ---- */

struct ids {
	int64_t at[STORE_PAGE_MAX + 1];
	int count;
};

/* The first `limit` ids of the room that lie before `id`, or from it on. */
static int find_ids(
    struct store *store, enum stmt which, struct str room, int64_t id, int limit, struct ids *out)
{
	sqlite3_stmt *stmt = store->stmts[which];
	bind_str(stmt, 1, room);
	sqlite3_bind_int64(stmt, 2, id);
	sqlite3_bind_int(stmt, 3, limit);
	int rc;
	for (out->count = 0; (rc = sqlite3_step(stmt)) == SQLITE_ROW; out->count++)
		out->at[out->count] = sqlite3_column_int64(stmt, 0);
	finish(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int min(int a, int b)
{
	return a < b ? a : b;
}

/*
 * A page lies around a pivot: what is before it and what starts with it. One id more than wanted is
 * looked for on each side, which tells whether there is more.
 */
static int find_page(struct store *store, const struct store_query *query, struct store_page *page)
{
	int want_older = query->selector == STORE_AFTER ? 0 : query->limit;
	int want_newer =
	    query->selector == STORE_AFTER || query->selector == STORE_AROUND ? query->limit : 0;
	int64_t pivot = query->selector == STORE_NEWEST	 ? INT64_MAX
			: query->selector == STORE_AFTER ? query->id + 1
							 : query->id;
	struct ids older, newer;
	int rc = find_ids(store, STMT_IDS_BEFORE, query->room, pivot, want_older + 1, &older);
	if (!rc)
		rc = find_ids(store, STMT_IDS_FROM, query->room, pivot, want_newer + 1, &newer);
	if (rc)
		return rc;

	/* Around: half on each side, and what one side lacks goes to the other. */
	int take_newer =
	    min(newer.count, query->selector == STORE_AROUND ? (query->limit + 1) / 2 : want_newer);
	int take_older = min(older.count, min(want_older, query->limit - take_newer));
	take_newer = min(newer.count, min(want_newer, query->limit - take_older));

	page->first = take_older ? older.at[take_older - 1] : pivot;
	page->last = take_newer ? newer.at[take_newer - 1] : pivot - 1;
	page->older = older.count > take_older;
	page->newer = newer.count > take_newer;
	return SQLITE_OK;
}

static int read_rows(struct store *store, struct str room, const struct store_page *page,
    store_row_fn *row, void *arg)
{
	sqlite3_stmt *stmt = store->stmts[STMT_ROWS];
	bind_str(stmt, 1, room);
	sqlite3_bind_int64(stmt, 2, page->first);
	sqlite3_bind_int64(stmt, 3, page->last);
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct store_row r = {
		    .id = sqlite3_column_int64(stmt, 0),
		    .ts = sqlite3_column_int64(stmt, 1),
		    .room = column_str(stmt, 2),
		    .nickname = column_str(stmt, 3),
		    .text = column_str(stmt, 4),
		    .client_id = column_str(stmt, 5),
		    .msg_id = column_str(stmt, 6),
		};
		if (row(arg, &r) != 0) {
			rc = SQLITE_ABORT;
			break;
		}
	}
	finish(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

enum store_status store_page(struct store *store, const struct store_query *query,
    struct store_page *page, store_row_fn *row, void *arg)
{
	int rc = run(store, STMT_BEGIN_READ);
	if (!rc)
		rc = find_page(store, query, page);
	if (!rc && page->first <= page->last)
		rc = read_rows(store, query->room, page, row, arg);
	enum store_status status = rc ? fail(store, rc) : STORE_OK;
	if (!sqlite3_get_autocommit(store->db))
		run(store, STMT_COMMIT);
	return status;
}
