/*
 * sqlite_migrate.c: a database of an older schema becomes one of today's: a copy is laid beside it,
 * then all steps are done in one transaction. Killed at any point, the next start begins again.
 *
 * Each step is a function that makes of its version the next one. What it makes anew is made by the
 * text of schema.sql, so that afterwards nothing tells the database from a new one.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "store/schema_sql.h"
#include "store/sqlite.h"
#include "store/store_admin.h"

struct migration {
	struct store *store;
	sqlite3 *wanted; /* an empty database of today's schema, in memory */
	int64_t from;
};

static int run(struct migration *m, const char *sql)
{
	return sqlite3_exec(m->store->db, sql, NULL, NULL, NULL);
}

/* Makes a table as in schema.sql. */
static int create(struct migration *m, const char *table)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(
	    m->wanted, "SELECT sql FROM sqlite_schema WHERE name = ?1", -1, &stmt, NULL);
	sql_bind_str(stmt, 1, str_of(table));
	if (!rc && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		rc = run(m, (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return rc;
}

/* The same for one that is there, and has these columns; what is new is NULL. */
static int make_anew(struct migration *m, const char *table, const char *columns)
{
	char sql[300];
	snprintf(sql, sizeof(sql), "CREATE TEMP TABLE kept AS SELECT * FROM %s; DROP TABLE %s",
	    table, table);
	int rc = run(m, sql);
	if (!rc)
		rc = create(m, table);
	snprintf(sql, sizeof(sql), "INSERT INTO %s (%s) SELECT %s FROM kept; DROP TABLE kept",
	    table, columns, columns);
	return rc ? rc : run(m, sql);
}

/*
 * Version 2 knows between which times blocks of messages lie (spans), whose a rejected message was,
 * what time it should be by the logger's account, and topic lines of rooms. It folds what the
 * search looks for otherwise: the index is filled again behind the messages.
 */
static int from_1(struct migration *m)
{
	int rc = create(m, "spans");
	if (!rc)
		rc = spans_make(m->store->db);
	if (!rc)
		rc = create(m, "message_redated");
	if (!rc)
		rc = create(m, "topics");
	if (!rc)
		rc = make_anew(m, "rejected", "id, ts, topic, reason, size, head");
	if (!rc)
		rc = make_anew(m, "logger_note", "one, alive_at, session_lost_at, note");
	if (!rc)
		rc = run(m, "DROP TABLE search; DROP TABLE search_state");
	if (!rc)
		rc = create(m, "search");
	if (!rc)
		rc = create(m, "search_state");
	return rc ? rc
		  : run(m, "INSERT INTO search (search, rank) VALUES ('automerge', 0),"
			   " ('crisismerge', 256);"
			   "INSERT INTO search_state (one, indexed_id) VALUES (1, 0)");
}

static int (*const steps[STORE_SCHEMA_VERSION])(struct migration *m) = {[1] = from_1};

static int do_steps(struct migration *m)
{
	char version[48];
	snprintf(version, sizeof(version), "PRAGMA user_version = %d", STORE_SCHEMA_VERSION);
	int rc = run(m, "BEGIN IMMEDIATE");
	for (int64_t v = m->from; v < STORE_SCHEMA_VERSION && !rc; v++)
		rc = steps[v](m);
	if (!rc)
		rc = run(m, version);
	if (!rc)
		rc = run(m, "COMMIT");
	return rc;
}

static int migrate(struct store *store, int64_t from)
{
	struct migration m = {.store = store, .from = from};
	int rc = sqlite3_open(":memory:", &m.wanted);
	if (!rc)
		rc = sqlite3_exec(m.wanted, schema_sql, NULL, NULL, NULL);
	if (!rc)
		rc = do_steps(&m);
	sqlite3_close(m.wanted);
	return rc;
}

/* Beside the file. What an earlier try has left is replaced. */
static enum store_status lay_copy(struct store *store, const char *path, int64_t version)
{
	char copy[PATH_MAX], making[PATH_MAX + 8], error[STORE_ERROR_SIZE];
	snprintf(copy, sizeof(copy), "%s.schema-%lld", path, (long long)version);
	snprintf(making, sizeof(making), "%s.making", copy);
	unlink(making);
	enum store_status status = store_backup(store, making, NULL, NULL, error);
	if (!status && rename(making, copy) != 0) {
		snprintf(error, sizeof(error), "%s: %s", copy, strerror(errno));
		unlink(making);
		status = STORE_DENIED;
	}
	if (status)
		snprintf(store->error, sizeof(store->error),
		    "database %.200s: its schema has to change, and the copy that is made before "
		    "that failed: %.200s",
		    path, error);
	else
		log_info(
		    "%s is a copy of it as the version before had it; delete it when all is well",
		    copy);
	return status;
}

bool sql_can_migrate(int64_t version)
{
	return version > 0 && version < STORE_SCHEMA_VERSION;
}

enum store_status sql_migrate(struct store *store, int64_t version)
{
	const char *path = sqlite3_db_filename(store->db, NULL);
	log_info(
	    "database %s: its schema changes from version %lld to %d; until that is done nothing "
	    "is stored, and the search is filled anew behind it",
	    path, (long long)version, STORE_SCHEMA_VERSION);
	enum store_status status = lay_copy(store, path, version);
	int rc = status ? SQLITE_OK : migrate(store, version);
	if (rc)
		status = sql_fail(store, rc);
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	if (!status)
		log_info("database %s: its schema is version %d now", path, STORE_SCHEMA_VERSION);
	return status;
}

int sql_migrate_copy(struct store *copy)
{
	int64_t version = 0;
	int rc = sql_read_number(copy->db, "PRAGMA user_version", &version);
	return rc || !sql_can_migrate(version) ? rc : migrate(copy, version);
}
