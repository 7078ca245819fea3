/*
 * sqlite_backup.c: a copy of the database while it is in use, and back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "store/sqlite.h"
#include "store/store_admin.h"

#define STEP_PAGES 256

static enum store_status explain(sqlite3 *db, const char *path, int rc, char *error)
{
	snprintf(error, STORE_ERROR_SIZE, "%s: %s; %s", path,
	    db ? sqlite3_errmsg(db) : sqlite3_errstr(rc), sql_advice(sql_status(rc)));
	return sql_status(rc);
}

/* An empty file that nobody else has; SQLite would make one that everybody may read. */
static enum store_status create_copy(const char *path, sqlite3 **out, char *error)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);
	if (fd < 0) {
		snprintf(error, STORE_ERROR_SIZE, "%s: %s", path, strerror(errno));
		return STORE_DENIED;
	}
	close(fd);
	int rc = sqlite3_open_v2(path, out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	return rc ? explain(*out, path, rc, error) : STORE_OK;
}

/* The source has begun to read, so that what others commit does not make it start again. */
static int copy_pages(sqlite3 *from, sqlite3 *to, store_progress_fn *progress, void *arg)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	if (!backup)
		return sqlite3_errcode(to);
	int rc;
	while ((rc = sqlite3_backup_step(backup, STEP_PAGES)) == SQLITE_OK) {
		int64_t total = sqlite3_backup_pagecount(backup);
		if (progress)
			progress(arg, total - sqlite3_backup_remaining(backup), total);
	}
	int finished = sqlite3_backup_finish(backup);
	return rc == SQLITE_DONE ? finished : rc;
}

/* From one snapshot: its statements may not be prepared yet, where the schema is an older one. */
static int copy_snapshot(sqlite3 *from, sqlite3 *to, store_progress_fn *progress, void *arg)
{
	int rc = sqlite3_exec(from, "BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
	if (!rc)
		rc = copy_pages(from, to, progress, arg);
	if (!sqlite3_get_autocommit(from))
		sqlite3_exec(from, "COMMIT", NULL, NULL, NULL);
	return rc;
}

enum store_status store_backup(struct store *store, const char *path, store_progress_fn *progress,
    void *arg, char error[STORE_ERROR_SIZE])
{
	sqlite3 *to = NULL;
	enum store_status status = create_copy(path, &to, error);
	bool made = to != NULL;
	int rc = status ? SQLITE_OK : copy_snapshot(store->db, to, progress, arg);
	if (!status && !rc)
		rc = sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	if (rc)
		status = explain(to, path, rc, error);
	sqlite3_close(to);
	if (status && made)
		unlink(path);
	return status;
}

/* Opens what may be of an older schema. */
static enum store_status open_raw(struct store *store, const char *path, int flags, char *error)
{
	int rc = sqlite3_open_v2(path, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	return rc ? explain(store->db, path, rc, error) : STORE_OK;
}

enum store_status store_last_id(const char *path, int64_t *id, char error[STORE_ERROR_SIZE])
{
	struct store store = {0};
	enum store_status status = open_raw(&store, path, SQLITE_OPEN_READONLY, error);
	int rc = SQLITE_OK;
	if (!status)
		rc = sql_read_number(store.db,
		    "SELECT max(ifnull((SELECT max(seq) FROM sqlite_sequence WHERE name = 'messages'), 0),"
		    " ifnull((SELECT max(id) FROM messages), 0))",
		    id);
	if (rc)
		status = explain(store.db, path, rc, error);
	sqlite3_close(store.db);
	return status;
}

static int revive(struct store *store, int64_t last_id)
{
	char sql[400];
	/* Without messages there may be no row for the table yet. */
	snprintf(sql, sizeof(sql),
	    "INSERT INTO sqlite_sequence (name, seq) SELECT 'messages', 0"
	    " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'messages');"
	    "UPDATE sqlite_sequence SET seq = max(seq, %lld) WHERE name = 'messages';"
	    "PRAGMA journal_mode = WAL;",
	    (long long)last_id);
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL);
}

enum store_status store_restore(
    const char *from, const char *path, int64_t last_id, char error[STORE_ERROR_SIZE])
{
	struct store source = {0}, copy = {0};
	enum store_status status = open_raw(&source, from, SQLITE_OPEN_READONLY, error);
	if (!status)
		status = create_copy(path, &copy.db, error);
	int rc = status ? SQLITE_OK : copy_snapshot(source.db, copy.db, NULL, NULL);
	if (!status && !rc)
		rc = sql_migrate_copy(&copy);
	if (!status && !rc)
		rc = revive(&copy, last_id);
	if (rc)
		status = explain(copy.db, from, rc, error);
	sqlite3_close(source.db);
	sqlite3_close(copy.db);
	return status;
}
