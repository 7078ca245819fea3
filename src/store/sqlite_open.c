/*
 * sqlite_open.c: start-up: open → configure → check or create the schema → prepare → empty the
 * -wal.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/schema_sql.h"
#include "store/sqlite.h"

#define APPLICATION_ID 1297171272
#define PAGE_BYTES 4096	      /* SQLite's default, which schema.sql leaves */
#define WAL_LARGE_PAGES 16384 /* 64 MiB */

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

static int read_mode(struct store *store)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(store->db, "PRAGMA journal_mode", -1, &stmt, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		store->wal = str_eq(sql_column_str(stmt, 0), str_of("wal"));
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
		    (long long)version, STORE_SCHEMA_VERSION,
		    version > STORE_SCHEMA_VERSION ? "install a newer mqtt-chat"
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
	return rc ? sql_fail(store, rc) : STORE_OK;
}

static enum store_status check_schema(struct store *store, enum store_mode mode)
{
	int64_t application = 0, version = 0, tables = 0;
	int rc = read_mode(store);
	if (!rc)
		rc = read_number(store->db, "PRAGMA application_id", &application);
	if (!rc)
		rc = read_number(store->db, "PRAGMA user_version", &version);
	if (!rc)
		rc = read_number(store->db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (rc)
		return sql_fail(store, rc);
	if (tables == 0 && application == 0)
		return mode == STORE_CREATOR ? create_schema(store) : missing(store);
	if (application != APPLICATION_ID || version != STORE_SCHEMA_VERSION)
		return wrong_version(store, application, version);
	return STORE_OK;
}

/*
 * After each commit whose pages are on the disk: a checkpoint that could not sync them would leave
 * a hole in the -wal file, and nobody would know. SQLite's own checkpoint never starts the -wal
 * file anew while one reader follows another; so once it is large, each commit tries, without
 * waiting for anybody.
 */
static int checkpoint(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *store = arg;
	store->wal_pages = pages;
	if (pages < CHECKPOINT_PAGES || store->unsynced)
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

static int note_pages(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *store = arg;
	(void)db;
	(void)name;
	store->wal_pages = pages;
	return SQLITE_OK;
}

/* It leaves the -wal file to the logger, and waits for it less long than the logger would for it.
 */
static enum store_status configure_editor(struct store *store)
{
	int on = 1;
	store->editor = true;
	sqlite3_busy_timeout(store->db, EDITOR_TIMEOUT_MS);
	sqlite3_wal_hook(store->db, note_pages, store);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	int rc = sqlite3_exec(store->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
	if (!rc)
		rc = sqlite3_file_control(store->db, NULL, SQLITE_FCNTL_PERSIST_WAL, &on);
	return rc ? sql_fail(store, rc) : STORE_OK;
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
	if (mode == STORE_EDITOR)
		return configure_editor(store);
	sqlite3_wal_hook(store->db, checkpoint, store);
	int rc = sqlite3_exec(store->db,
	    "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216;", NULL, NULL, NULL);
	if (!rc)
		rc = sqlite3_file_control(store->db, NULL, SQLITE_FCNTL_PERSIST_WAL, &on);
	return rc ? sql_fail(store, rc) : STORE_OK;
}

static enum store_status prepare(struct store *store, enum store_mode mode)
{
	int count = mode == STORE_READER ? STMT__READER_MAX : STMT__MAX;
	for (int i = 0; i < count; i++) {
		int rc = sqlite3_prepare_v3(store->db, sql_text((enum stmt)i), -1,
		    SQLITE_PREPARE_PERSISTENT, &store->stmts[i], NULL);
		if (rc)
			return sql_fail(store, rc);
	}
	int rc = mode == STORE_READER ? SQLITE_OK : sql_read_progress(store);
	store->unmerged = 1;
	return rc ? sql_fail(store, rc) : STORE_OK;
}

/* SQLite makes files that everybody may read; the -wal and -shm files take over this one's mode. */
static void create_file(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);
	if (fd >= 0)
		close(fd);
}

/* Nobody reads SQLite's statistics of memory, which cost a lock at each malloc() and free(). */
static void configure_library(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static enum store_status open_file(struct store *store, const char *path, enum store_mode mode)
{
	static const int flags[] = {
	    [STORE_READER] = SQLITE_OPEN_READONLY,
	    [STORE_WRITER] = SQLITE_OPEN_READWRITE,
	    [STORE_EDITOR] = SQLITE_OPEN_READWRITE,
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
	    sqlite3_errstr(rc), sql_advice(sql_status(rc)));
	return sql_status(rc);
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
	return rc ? sql_fail(store, rc) : STORE_OK;
}

enum store_status store_open(
    struct store **out, const char *path, enum store_mode mode, char error[STORE_ERROR_SIZE])
{
	static pthread_once_t configured = PTHREAD_ONCE_INIT;
	*out = NULL;
	error[0] = '\0';
	pthread_once(&configured, configure_library);
	struct store *store = calloc(1, sizeof(*store));
	if (!store) {
		snprintf(error, STORE_ERROR_SIZE, "database %s: out of memory", path);
		return STORE_FAILED;
	}
	store->counted = -1;
	store->search_ms = STORE_SEARCH_MS;
	enum store_status status = open_file(store, path, mode);
	if (!status)
		status = configure(store, mode);
	if (!status)
		status = check_schema(store, mode);
	if (!status)
		status = prepare(store, mode);
	if (!status && (mode == STORE_WRITER || mode == STORE_CREATOR))
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
	sql_search_close(store);
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

void store_release(struct store *store)
{
	sqlite3_db_release_memory(store->db);
}

int64_t store_pending_bytes(const struct store *store)
{
	return (int64_t)store->wal_pages * PAGE_BYTES;
}
