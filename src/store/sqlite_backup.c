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

static enum store_status copy_snapshot(struct store *store, const char *path, sqlite3 *to,
    store_progress_fn *progress, void *arg, char *error)
{
	int64_t newest;
	int rc = sql_run(store, STMT_BEGIN_READ);
	if (!rc)
		rc = sql_number(store, STMT_NEWEST, &newest);
	if (rc) {
		enum store_status status = sql_fail(store, rc);
		snprintf(error, STORE_ERROR_SIZE, "%s", store->error);
		return status;
	}
	rc = copy_pages(store->db, to, progress, arg);
	if (!rc)
		rc = sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	return rc ? explain(to, path, rc, error) : STORE_OK;
}

enum store_status store_backup(struct store *store, const char *path, store_progress_fn *progress,
    void *arg, char error[STORE_ERROR_SIZE])
{
	sqlite3 *to = NULL;
	enum store_status status = create_copy(path, &to, error);
	bool made = to != NULL;
	if (!status)
		status = copy_snapshot(store, path, to, progress, arg, error);
	if (!sqlite3_get_autocommit(store->db))
		sql_run(store, STMT_COMMIT);
	sqlite3_close(to);
	if (status && made)
		unlink(path);
	return status;
}

enum store_status store_revive(const char *path, int64_t newest_id, char error[STORE_ERROR_SIZE])
{
	sqlite3 *db = NULL;
	char sql[400];
	/* Without messages there may be no row for the table yet. */
	snprintf(sql, sizeof(sql),
	    "INSERT INTO sqlite_sequence (name, seq) SELECT 'messages', 0"
	    " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'messages');"
	    "UPDATE sqlite_sequence SET seq = max(seq, %lld) WHERE name = 'messages';"
	    "PRAGMA journal_mode = WAL;",
	    (long long)newest_id);
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (!rc)
		rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	enum store_status status = rc ? explain(db, path, rc, error) : STORE_OK;
	sqlite3_close(db);
	return status;
}
