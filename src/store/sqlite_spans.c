/*
 * sqlite_spans.c: between which times the messages of a block of ids lie (the table spans), so that
 * a time leads to messages whatever order they came in. A block may be told wider than it is, never
 * narrower.
 */
#include "store/sqlite.h"
#include "store/store_admin.h"

#define BLOCK_BITS 12 /* as in schema.sql, and in the statements */

int64_t spans_block(int64_t id)
{
	return id >> BLOCK_BITS;
}

int64_t spans_first_id(int64_t block)
{
	return block << BLOCK_BITS;
}

static int add(struct store *store, int64_t block, int64_t first_ts, int64_t last_ts)
{
	sqlite3_stmt *stmt = store->stmts[STMT_SPAN];
	sqlite3_bind_int64(stmt, 1, block);
	sqlite3_bind_int64(stmt, 2, first_ts);
	sqlite3_bind_int64(stmt, 3, last_ts);
	return sql_run(store, STMT_SPAN);
}

/* Adds the entries that have ids `after` the last one that was counted, which grow. */
int spans_add(struct store *store, const struct store_entry *entries, size_t count, int64_t after)
{
	int64_t first = INT64_MAX, last = INT64_MIN, block = -1;
	int rc = SQLITE_OK;
	for (size_t i = 0; i < count && !rc; i++) {
		if (entries[i].id <= after)
			continue;
		if (block >= 0 && block != spans_block(entries[i].id)) {
			rc = add(store, block, first, last);
			first = INT64_MAX;
			last = INT64_MIN;
		}
		block = spans_block(entries[i].id);
		first = entries[i].ts < first ? entries[i].ts : first;
		last = entries[i].ts > last ? entries[i].ts : last;
	}
	return rc || block < 0 ? rc : add(store, block, first, last);
}

static int add_range(struct store *store, int64_t after, int64_t until)
{
	sqlite3_bind_int64(store->stmts[STMT_SPANS], 1, after);
	sqlite3_bind_int64(store->stmts[STMT_SPANS], 2, until);
	return sql_run(store, STMT_SPANS);
}

/* The same for all messages `after` an id, whoever inserted them. */
int spans_add_anew(struct store *store, int64_t after)
{
	return add_range(store, after, INT64_MAX);
}

int spans_narrow(struct store *store, int64_t block)
{
	sqlite3_bind_int64(store->stmts[STMT_SPAN_FORGET], 1, block);
	int rc = sql_run(store, STMT_SPAN_FORGET);
	return rc ? rc : add_range(store, spans_first_id(block) - 1, spans_first_id(block + 1) - 1);
}

enum store_status store_renew_spans(struct store *store)
{
	int rc = sql_begin_write(store);
	if (!rc)
		rc = sqlite3_exec(store->db, "DELETE FROM spans", NULL, NULL, NULL);
	if (!rc)
		rc = spans_add_anew(store, 0);
	return sql_end_write(store, rc);
}
