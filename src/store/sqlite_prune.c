/*
 * sqlite_prune.c: messages are taken out here, in slices, with their words in the index of the
 * search; and the room that they leave in the file is given back.
 */
#include <stdio.h>

#include "store/sqlite.h"

struct prune_slice {
	int64_t ids[STORE_SLICE_MAX]; /* those that the filter selects */
	int count;
	int64_t last; /* the last one that was looked at */
	bool done;    /* there are no more */
};

static bool selects(const struct store_filter *filter, sqlite3_stmt *stmt)
{
	if (filter->before && sqlite3_column_int64(stmt, 1) >= filter->before)
		return false;
	return !filter->nickname.at || str_eq(filter->nickname, sql_column_str(stmt, 2));
}

static int find_slice(struct store *store, const struct store_filter *filter, int limit,
    int64_t cursor, struct prune_slice *slice)
{
	sqlite3_stmt *stmt = store->stmts[filter->room.at ? STMT_SCAN_ROOM : STMT_SCAN];
	int rc, left = limit < STORE_SLICE_MAX ? limit : STORE_SLICE_MAX;
	sqlite3_bind_int64(stmt, 1, cursor);
	sqlite3_bind_int64(stmt, 2, filter->until ? filter->until : INT64_MAX);
	sqlite3_bind_int(stmt, 3, left);
	sqlite3_bind_int64(stmt, 4, filter->before ? filter->before : INT64_MAX);
	if (filter->room.at)
		sql_bind_str(stmt, 5, filter->room);
	slice->last = cursor;
	slice->count = 0;
	for (; (rc = sqlite3_step(stmt)) == SQLITE_ROW; left--) {
		slice->last = sqlite3_column_int64(stmt, 0);
		if (selects(filter, stmt))
			slice->ids[slice->count++] = slice->last;
	}
	slice->done = left > 0;
	sql_finish(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int unindex(struct store *store, int64_t id)
{
	sqlite3_stmt *stmt = store->stmts[STMT_ONE_ROW];
	sqlite3_bind_int64(stmt, 1, id);
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		rc = sql_index_row(store->stmts[STMT_UNINDEX_ROW], stmt);
	sql_finish(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int narrow_spans(struct store *store, const struct prune_slice *slice)
{
	int rc = SQLITE_OK;
	for (int i = 0; i < slice->count && !rc; i++)
		if (i == 0 || spans_block(slice->ids[i]) != spans_block(slice->ids[i - 1]))
			rc = spans_narrow(store, spans_block(slice->ids[i]));
	return rc;
}

static int delete_slice(struct store *store, void *arg)
{
	const struct prune_slice *slice = arg;
	int rc = SQLITE_OK;
	for (int i = 0; i < slice->count && !rc; i++) {
		if (slice->ids[i] <= store->indexed_id)
			rc = unindex(store, slice->ids[i]);
		sqlite3_bind_int64(store->stmts[STMT_DELETE], 1, slice->ids[i]);
		if (!rc)
			rc = sql_run(store, STMT_DELETE);
	}
	if (!rc)
		rc = narrow_spans(store, slice);
	return rc ? rc : sql_index_merge(store, slice->count / 4 + 1);
}

enum store_status store_match(struct store *store, const struct store_filter *filter, int limit,
    int64_t *cursor, int64_t *matched, bool *done)
{
	struct prune_slice slice;
	int rc = find_slice(store, filter, limit, *cursor, &slice);
	if (rc)
		return sql_fail(store, rc);
	*cursor = slice.last;
	*matched += slice.count;
	*done = slice.done;
	return STORE_OK;
}

/* What there is to delete is looked for before the lock is taken: nobody else deletes or changes
 * it. */
enum store_status store_prune(struct store *store, const struct store_filter *filter, int limit,
    int64_t *cursor, int64_t *matched, bool *done)
{
	struct prune_slice slice;
	int rc = find_slice(store, filter, limit, *cursor, &slice);
	enum store_status status = rc ? sql_fail(store, rc) : STORE_OK;
	if (!status && slice.count)
		status = sql_write_unsynced(store, delete_slice, &slice);
	if (status)
		return status;
	*cursor = slice.last;
	*matched += slice.count;
	*done = slice.done;
	return STORE_OK;
}

static int vacuum(struct store *store, void *pages)
{
	char sql[48];
	snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%d)", *(const int *)pages);
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL);
}

enum store_status store_shrink(struct store *store, int pages, int64_t *left)
{
	enum store_status status = STORE_OK;
	int rc = sql_number(store, STMT_FREE_PAGES, left);
	if (!rc && *left && pages > 0) {
		status = sql_write_unsynced(store, vacuum, &pages);
		rc = sql_number(store, STMT_FREE_PAGES, left);
	}
	return rc && !status ? sql_fail(store, rc) : status;
}
