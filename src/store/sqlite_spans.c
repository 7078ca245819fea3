/*
 * sqlite_spans.c: between which times the messages of a block of ids lie (the table spans), so that
 * a time leads to messages whatever order they came in. A block may be told wider than it is, and a
 * run shorter, never the other way round; deletions make neither wrong.
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

/* ---- writing ---- */

/* Messages that were taken one by one, and stand behind all that the table knows. */
struct taken {
	sqlite3_stmt *put;
	int64_t block, first_id; /* of the block: the first of those taken */
	int64_t first_ts, last_ts;
	int64_t run_first; /* of those taken, in whatever blocks */
	int64_t id, ts;	   /* the last one; id 0: none was */
};

static int put_block(const struct taken *t)
{
	if (t->id == 0)
		return SQLITE_OK;
	sqlite3_bind_int64(t->put, 1, t->block);
	sqlite3_bind_int64(t->put, 2, t->first_ts);
	sqlite3_bind_int64(t->put, 3, t->last_ts);
	sqlite3_bind_int64(t->put, 4, t->run_first);
	sqlite3_bind_int64(t->put, 5, t->run_first > t->first_id ? INT64_MIN : t->first_ts);
	sqlite3_bind_int64(t->put, 6, t->id);
	sqlite3_step(t->put);
	return sqlite3_reset(t->put);
}

static int take(struct taken *t, int64_t id, int64_t ts)
{
	bool begins = t->id == 0 || t->block != spans_block(id);
	int rc = begins ? put_block(t) : SQLITE_OK;
	if (t->id == 0 || ts < t->ts)
		t->run_first = id;
	if (begins) {
		t->block = spans_block(id);
		t->first_id = id;
		t->first_ts = t->last_ts = ts;
	}
	t->first_ts = ts < t->first_ts ? ts : t->first_ts;
	t->last_ts = ts > t->last_ts ? ts : t->last_ts;
	t->id = id;
	t->ts = ts;
	return rc;
}

/* Adds the entries that have ids `after` the last one that was counted, which grow. */
int spans_add(struct store *store, const struct store_entry *entries, size_t count, int64_t after)
{
	struct taken taken = {.put = store->stmts[STMT_SPAN]};
	int rc = SQLITE_OK;
	for (size_t i = 0; i < count && !rc; i++)
		if (entries[i].id > after)
			rc = take(&taken, entries[i].id, entries[i].ts);
	return rc ? rc : put_block(&taken);
}

static int add_times(sqlite3_stmt *times, sqlite3_stmt *put, int64_t after)
{
	struct taken taken = {.put = put};
	int rc = SQLITE_OK, step = SQLITE_DONE;
	sqlite3_bind_int64(times, 1, after);
	while (!rc && (step = sqlite3_step(times)) == SQLITE_ROW)
		rc = take(&taken, sqlite3_column_int64(times, 0), sqlite3_column_int64(times, 1));
	sqlite3_reset(times);
	if (!rc && step != SQLITE_DONE)
		rc = step;
	return rc ? rc : put_block(&taken);
}

/* The same for all messages `after` an id, whoever inserted them. */
int spans_add_anew(struct store *store, int64_t after)
{
	return add_times(store->stmts[STMT_TIMES], store->stmts[STMT_SPAN], after);
}

int spans_make(sqlite3 *db)
{
	sqlite3_stmt *times = NULL, *put = NULL;
	int rc = sqlite3_exec(db, "DELETE FROM spans", NULL, NULL, NULL);
	if (!rc)
		rc = sqlite3_prepare_v2(db, sql_text(STMT_TIMES), -1, &times, NULL);
	if (!rc)
		rc = sqlite3_prepare_v2(db, sql_text(STMT_SPAN), -1, &put, NULL);
	if (!rc)
		rc = add_times(times, put, 0);
	sqlite3_finalize(times);
	sqlite3_finalize(put);
	return rc;
}

int spans_narrow(struct store *store, int64_t block)
{
	sqlite3_bind_int64(store->stmts[STMT_SPAN_FORGET], 1, block);
	sqlite3_bind_int64(store->stmts[STMT_SPAN_NARROW], 1, block);
	int rc = sql_run(store, STMT_SPAN_FORGET);
	return rc ? rc : sql_run(store, STMT_SPAN_NARROW);
}

enum store_status store_renew_spans(struct store *store)
{
	int rc = sql_begin_write(store);
	return sql_end_write(store, rc ? rc : spans_make(store->db));
}

/* ---- reading ---- */

/* Runs a statement for the two numbers in its first row; without one they are left alone. */
static int read_pair(struct store *store, enum stmt which, int64_t *a, int64_t *b)
{
	sqlite3_stmt *stmt = store->stmts[which];
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*a = sqlite3_column_int64(stmt, 0);
		*b = sqlite3_column_int64(stmt, 1);
	}
	sql_finish(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int spans_find_run(struct store *store, int64_t high, struct spans_run *run)
{
	*run = (struct spans_run){1, 0};
	sqlite3_bind_int64(store->stmts[STMT_RUN], 1, spans_block(high));
	return read_pair(store, STMT_RUN, &run->first, &run->last);
}

int spans_find_time(struct store *store, struct spans_run run, int64_t ts, int64_t *id)
{
	sqlite3_stmt *stmt = store->stmts[STMT_TIME];
	int64_t low = ts == INT64_MAX ? run.last + 1 : run.first;
	int64_t high = ts == INT64_MIN ? 0 : run.last;
	int rc = SQLITE_OK;
	while (low <= high && !rc) {
		int64_t middle = low + (high - low) / 2, found = 0, time = 0;
		sqlite3_bind_int64(stmt, 1, middle);
		sqlite3_bind_int64(stmt, 2, high);
		rc = read_pair(store, STMT_TIME, &found, &time);
		if (found && time < ts)
			low = found + 1;
		else
			high = middle - 1;
	}
	*id = low;
	return rc;
}
