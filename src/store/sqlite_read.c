/*
 * sqlite_read.c: pages of a room, each from one snapshot; the writer's signs of life; and
 * whether anything was committed since.
 */
#include "store/sqlite.h"

struct ids {
	int64_t at[STORE_PAGE_MAX + 1];
	int count;
};

/* The first `limit` ids of the query's room that lie before `id`, or from it on. */
static int find_ids(struct store *store, enum stmt which, const struct store_query *query,
    int64_t id, int limit, struct ids *out)
{
	sqlite3_stmt *stmt = store->stmts[which];
	sql_bind_str(stmt, 1, query->room);
	sqlite3_bind_int64(stmt, 2, id);
	sqlite3_bind_int(stmt, 3, limit);
	if (which == STMT_IDS_SINCE)
		sqlite3_bind_int64(stmt, 4, query->since);
	int rc;
	for (out->count = 0; (rc = sqlite3_step(stmt)) == SQLITE_ROW; out->count++)
		out->at[out->count] = sqlite3_column_int64(stmt, 0);
	sql_finish(stmt);
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
	int rc = find_ids(store, query->since ? STMT_IDS_SINCE : STMT_IDS_FROM, query, pivot,
	    want_newer + 1, &newer);
	/* What is too old before the first of a time is not of the page; without one, all is. */
	if (query->since)
		pivot = newer.count ? newer.at[0] : INT64_MAX;
	if (!rc)
		rc = find_ids(store, STMT_IDS_BEFORE, query, pivot, want_older + 1, &older);
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

static int read_rows(struct store *store, const struct store_query *query,
    const struct store_page *page, store_row_fn *row, void *arg)
{
	sqlite3_stmt *stmt = store->stmts[STMT_ROWS];
	sql_bind_str(stmt, 1, query->room);
	sqlite3_bind_int64(stmt, 2, page->first);
	sqlite3_bind_int64(stmt, 3, page->last);
	sqlite3_bind_int64(stmt, 4, query->since ? query->since : INT64_MIN);
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct store_row r = sql_column_row(stmt);
		if (row(arg, &r) != 0) {
			rc = SQLITE_ABORT;
			break;
		}
	}
	sql_finish(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

enum store_status store_page(struct store *store, const struct store_query *query,
    struct store_page *page, store_row_fn *row, void *arg)
{
	int rc = sql_run(store, STMT_BEGIN_READ);
	if (!rc)
		rc = find_page(store, query, page);
	if (!rc && page->first <= page->last)
		rc = read_rows(store, query, page, row, arg);
	enum store_status status = rc ? sql_fail(store, rc) : STORE_OK;
	if (!sqlite3_get_autocommit(store->db))
		sql_run(store, STMT_COMMIT);
	return status;
}

enum store_status store_count_since(struct store *store, int64_t since, int64_t *count)
{
	sqlite3_bind_int64(store->stmts[STMT_COUNT_SINCE], 1, since);
	int rc = sql_number(store, STMT_COUNT_SINCE, count);
	return rc ? sql_fail(store, rc) : STORE_OK;
}

enum store_status store_read_signs(struct store *store, struct store_signs *out)
{
	sqlite3_stmt *stmt = store->stmts[STMT_READ_SIGNS];
	int rc = sqlite3_step(stmt);
	*out = (struct store_signs){0};
	if (rc == SQLITE_ROW)
		*out = (struct store_signs){sqlite3_column_int64(stmt, 0),
		    sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2)};
	enum store_status status = sql_status(rc) ? sql_fail(store, rc) : STORE_OK;
	sql_finish(stmt);
	return status;
}

enum store_status store_version(struct store *store, int64_t *out)
{
	int rc = sql_number(store, STMT_READ_VERSION, out);
	return rc ? sql_fail(store, rc) : STORE_OK;
}
