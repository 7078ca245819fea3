/*
 * sqlite_version.c: whether anything was committed since. PRAGMA data_version knows, and takes a
 * read lock to find out: two system calls, and a mutex that all connections of a process share.
 * Most times a look at the head of the -shm file spares it that: no commit leaves that as it was
 * (https://sqlite.org/walformat.html, 2.1: it counts changes, and holds sums of all the rest).
 */
#include "store/sqlite.h"

/* The first region of the -shm file has this size; the head is its beginning, and a copy of it. */
#define REGION_BYTES 32768

static bool read_head(const struct store *store, struct wal_head *out)
{
	if (!store->wal_head)
		return false;
	for (int i = 0; i < WAL_HEAD_WORDS; i++)
		out->words[i] = __atomic_load_n(&store->wal_head[i], __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	for (int i = 0; i < WAL_HEAD_WORDS; i++)
		if (out->words[i] !=
		    __atomic_load_n(&store->wal_head[WAL_HEAD_WORDS + i], __ATOMIC_RELAXED))
			return false; /* a commit is writing it */
	return true;
}

/*
 * SQLite's own mapping, which stays for as long as the connection is open: it has read, and while
 * it is there nobody can leave WAL mode. (A mapping of ours would need a descriptor of ours, and
 * closing that would drop the locks of all connections of this process.)
 */
static void find_head(struct store *store)
{
	sqlite3_file *file = NULL;
	volatile void *region = NULL;
	if (store->wal_head || !store->wal ||
	    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK)
		return;
	int rc = file->pMethods->xShmMap(file, 0, REGION_BYTES, 0, &region);
	if ((rc == SQLITE_OK || rc == SQLITE_READONLY) && region)
		store->wal_head = region;
}

enum store_status store_version(struct store *store, int64_t *out)
{
	struct wal_head head;
	bool known = read_head(store, &head);
	if (known && store->version_known &&
	    memcmp(&head, &store->version_head, sizeof(head)) == 0) {
		*out = store->version;
		return STORE_OK;
	}
	/* The head is older than the version: a commit in between costs one more look. */
	sqlite3_stmt *stmt = store->stmts[STMT_READ_VERSION];
	int rc = sqlite3_step(stmt);
	*out = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
	enum store_status status = sql_status(rc) ? sql_fail(store, rc) : STORE_OK;
	sqlite3_reset(stmt);
	store->version = *out;
	store->version_head = head;
	store->version_known = known && !status;
	find_head(store);
	return status;
}
