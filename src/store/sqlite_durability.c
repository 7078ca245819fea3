/*
 * sqlite_durability.c: what "stored" means, and all that is done for it. SQLite in WAL mode
 * (https://sqlite.org/wal.html): a commit appends to the -wal file, a checkpoint copies what is
 * there to the database file.
 *
 * - A batch of messages commits with synchronous = FULL: it is on the disk when COMMIT returns, and
 *   only then acknowledged.
 * - What can be done again commits without waiting: slices of the search's index, deletions, and
 *   all that an editor (the administrator's command) writes. In the -wal file it stands before
 *   every later commit, so the fsync of a later batch covers it. A power cut before that undoes it
 *   whole. An editor ends with store_sync().
 * - The logger alone checkpoints, and only after a commit that waited: a checkpoint that could not
 *   sync would leave a hole in the -wal file, and nobody would know.
 * - A writer begins with an empty -wal file. If an fsync of it failed before, its frames may be in
 *   the page cache, marked clean, and not on the disk: later commits would stand behind a hole.
 *   Copied to the database file they are written once more.
 */
#include <stdio.h>

#include "store/sqlite.h"

#define PAGE_BYTES 4096	      /* SQLite's default, which schema.sql leaves */
#define WAL_LARGE_PAGES 16384 /* 64 MiB */

/*
 * SQLite's own checkpoint never starts the -wal file anew while one reader follows another; so once
 * it is large, each commit tries, without waiting for anybody.
 */
static int checkpoint(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *store = arg;
	store->wal_pages = pages;
	if (store->editor || pages < CHECKPOINT_PAGES || store->unsynced)
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

/* A file from a backup, or after somebody's PRAGMA, is not in WAL mode until a writer opens it. */
static int enter_wal(struct store *store)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(store->db, "PRAGMA journal_mode = WAL", -1, &stmt, NULL);
	if (!rc && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		rc = str_eq(sql_column_str(stmt, 0), str_of("wal")) ? SQLITE_OK : SQLITE_IOERR;
	sqlite3_finalize(stmt);
	return rc;
}

static enum store_status not_wal(struct store *store, int rc)
{
	enum store_status status = sql_status(rc);
	snprintf(store->error, sizeof(store->error),
	    "database %s: it cannot be put into WAL mode (%s); end the programs that read it, and "
	    "keep it on a local disk",
	    sqlite3_db_filename(store->db, NULL), sqlite3_errstr(rc));
	return status;
}

enum store_status sql_make_durable(struct store *store)
{
	int rc = enter_wal(store);
	if (rc)
		return not_wal(store, rc);
	/* A writer that ends leaves the -wal file: readers that cannot create it depend on it. */
	int on = 1;
	rc = sqlite3_exec(store->db,
	    store->editor ? "PRAGMA synchronous = NORMAL"
			  : "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216",
	    NULL, NULL, NULL);
	if (!rc)
		rc = sqlite3_file_control(store->db, NULL, SQLITE_FCNTL_PERSIST_WAL, &on);
	if (store->editor)
		sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_wal_hook(store->db, checkpoint, store);
	return rc ? sql_fail(store, rc) : STORE_OK;
}

enum store_status sql_empty_wal(struct store *store, bool wait)
{
	int rc = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if ((rc & 0xff) == SQLITE_BUSY && !wait)
		return STORE_OK;
	return rc ? sql_fail(store, rc) : STORE_OK;
}

static int sync_commits(struct store *store, bool wait)
{
	store->unsynced = !wait;
	if (store->editor)
		return SQLITE_OK;
	return sqlite3_exec(store->db,
	    wait ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
}

/* Once the -wal file is due for a checkpoint the commit waits after all, so that there is one. */
enum store_status sql_write_unsynced(
    struct store *store, int (*work)(struct store *store, void *arg), void *arg)
{
	int rc = sync_commits(store, store->wal_pages >= CHECKPOINT_PAGES);
	if (!rc)
		rc = sql_begin_write(store);
	if (!rc)
		rc = work(store, arg);
	enum store_status status = sql_end_write(store, rc);
	rc = sync_commits(store, true);
	return rc && !status ? sql_fail(store, rc) : status;
}

enum store_status store_sync(struct store *store)
{
	sqlite3_file *wal = NULL;
	int rc = sqlite3_file_control(store->db, NULL, SQLITE_FCNTL_JOURNAL_POINTER, &wal);
	if (!rc && wal && wal->pMethods)
		rc = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
	return rc ? sql_fail(store, rc) : STORE_OK;
}

enum store_status store_tidy(struct store *store)
{
	int64_t version = 0;
	int rc = sql_number(store, STMT_READ_VERSION, &version);
	if (rc || (!store->editor && version == store->tidy_version))
		return rc ? sql_fail(store, rc) : STORE_OK;
	store->tidy_version = version;
	if (!store->editor && (rc = sql_read_progress(store)))
		return sql_fail(store, rc);
	rc = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return rc && (rc & 0xff) != SQLITE_BUSY ? sql_fail(store, rc) : STORE_OK;
}

int64_t store_pending_bytes(const struct store *store)
{
	return (int64_t)store->wal_pages * PAGE_BYTES;
}
