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
	int rc = sql_read_number(store->db, "PRAGMA application_id", &application);
	if (!rc)
		rc = sql_read_number(store->db, "PRAGMA user_version", &version);
	if (!rc)
		rc = sql_read_number(store->db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (rc)
		return sql_fail(store, rc);
	if (tables == 0 && application == 0)
		return mode == STORE_CREATOR ? create_schema(store) : missing(store);
	if (application == APPLICATION_ID && mode == STORE_CREATOR && sql_can_migrate(version))
		return sql_migrate(store, version);
	if (application != APPLICATION_ID || version != STORE_SCHEMA_VERSION)
		return wrong_version(store, application, version);
	return STORE_OK;
}

static void configure(struct store *store, enum store_mode mode)
{
	store->editor = mode == STORE_EDITOR;
	sqlite3_busy_timeout(store->db, store->editor ? EDITOR_TIMEOUT_MS : BUSY_TIMEOUT_MS);
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
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
	if (!status) {
		configure(store, mode);
		status = check_schema(store, mode);
	}
	if (!status && mode != STORE_READER)
		status = sql_make_durable(store);
	if (!status)
		status = prepare(store, mode);
	/* After a failure a reader that is in the way is waited for, at the start it is not. */
	if (!status && (mode == STORE_WRITER || mode == STORE_CREATOR))
		status = sql_empty_wal(store, mode == STORE_WRITER);
	if (!status && (mode == STORE_WRITER || mode == STORE_CREATOR))
		status = sql_follow_unicode(store);
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
