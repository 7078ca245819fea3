/*
 * sqlite_search.c: a search, from one snapshot: in the index, and in the tail of messages that are
 * not in it yet, of which each reader keeps an index of its own in memory.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "chat/snippet.h"
#include "store/sqlite.h"

#define DEADLINE_STEPS 200 /* of SQLite's virtual machine, between looks at the clock */

/* As in schema.sql. */
#define COLUMNS                                                                                    \
	"text, nickname, room, columnsize = 0, "                                                   \
	"tokenize = \"unicode61 remove_diacritics 0 categories 'L* M* N* Co So'\""

#define MATCHES(table)                                                                             \
	"SELECT m.id FROM " table " AS found CROSS JOIN messages AS m ON m.id = found.rowid"       \
	" WHERE found." table " MATCH ?1 AND found.rowid BETWEEN ?2 AND ?3"                        \
	" AND m.ts >= ?4 AND m.ts < ?5 ORDER BY found.rowid DESC LIMIT ?6"

enum {
	IN_INDEX,
	IN_TAIL,
	SPANS,
	TAIL_ROWS,
	TAIL_ADD,
	TAIL_CLEAR,
	PAGE_ROW,
	PAGE_ADD,
	PAGE_HITS,
	PAGE_CLEAR,
	SEARCH__MAX
};

static const char *const statements[SEARCH__MAX] = {
    [IN_INDEX] = MATCHES("search"),
    [IN_TAIL] = MATCHES("search_tail"),
    [SPANS] = "SELECT block FROM spans WHERE last_ts >= ?1 AND first_ts < ?2 AND block <= ?3"
	      " ORDER BY block DESC",
    [TAIL_ROWS] = "SELECT id, text, nickname, room FROM messages WHERE id > ?1 ORDER BY id",
    [TAIL_ADD] = "INSERT INTO search_tail (rowid, text, nickname, room) VALUES (?1, ?2, ?3, ?4)",
    [TAIL_CLEAR] = "INSERT INTO search_tail (search_tail) VALUES ('delete-all')",
    [PAGE_ROW] = "SELECT id, text, nickname, room FROM messages WHERE id = ?1",
    [PAGE_ADD] = "INSERT INTO search_page (rowid, text, nickname, room) VALUES (?1, ?2, ?3, ?4)",
    [PAGE_HITS] = "SELECT m.id, m.ts, m.room, m.nickname, m.text, m.client_id, m.msg_id,"
		  " highlight(search_page, 0, char(2), char(3))"
		  " FROM search_page CROSS JOIN messages AS m ON m.id = search_page.rowid"
		  " WHERE search_page MATCH ?1 ORDER BY search_page.rowid",
    [PAGE_CLEAR] = "DELETE FROM search_page",
};

/* The tail and the page are tables in memory, of this connection alone. */
static const char tables[] =
    "PRAGMA temp_store = MEMORY;"
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_tail USING fts5 (content = '', " COLUMNS ");"
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_page USING fts5 (" COLUMNS ");";

struct search {
	sqlite3_stmt *stmts[SEARCH__MAX];
	int64_t tail_first, tail_last; /* the tail has the messages after the first, to the last */
	bool tail_unknown;	       /* a transaction failed that wrote to it */
	int64_t deadline;
};

/* One search on its way. */
struct task {
	struct store *store;
	const struct search_query *query;
	int64_t high; /* the last id that may match */
	int64_t ids[STORE_PAGE_MAX + 1];
	int count, most;
};

/* ---- start-up ---- */

void sql_search_close(struct store *store)
{
	if (!store->search)
		return;
	for (int i = 0; i < SEARCH__MAX; i++)
		sqlite3_finalize(store->search->stmts[i]);
	free(store->search);
	store->search = NULL;
}

static int open_search(struct store *store)
{
	int rc = sqlite3_exec(store->db, tables, NULL, NULL, NULL);
	for (int i = 0; i < SEARCH__MAX && !rc; i++)
		rc = sqlite3_prepare_v3(store->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
		    &store->search->stmts[i], NULL);
	return rc;
}

static int need_search(struct store *store)
{
	if (store->search)
		return SQLITE_OK;
	store->search = calloc(1, sizeof(*store->search));
	int rc = store->search ? open_search(store) : SQLITE_NOMEM;
	if (rc)
		sql_search_close(store);
	return rc;
}

static int run_statement(struct store *store, int which)
{
	sqlite3_stmt *stmt = store->search->stmts[which];
	sqlite3_step(stmt);
	return sqlite3_reset(stmt);
}

/* ---- the tail ---- */

static int extend_tail(struct store *store)
{
	struct search *search = store->search;
	sqlite3_stmt *stmt = search->stmts[TAIL_ROWS];
	sqlite3_bind_int64(stmt, 1, search->tail_last);
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		search->tail_last = sqlite3_column_int64(stmt, 0);
		rc = sql_index_row(search->stmts[TAIL_ADD], stmt);
		if (rc)
			break;
	}
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* What the index has by now stays in the tail until it is much, and is not looked for there. */
static int update_tail(struct store *store)
{
	struct search *search = store->search;
	bool useless = search->tail_unknown || store->indexed_id >= search->tail_last ||
		       store->indexed_id < search->tail_first ||
		       search->tail_last - search->tail_first > 2LL * STORE_UNINDEXED_MAX;
	if (useless) {
		int rc = run_statement(store, TAIL_CLEAR);
		if (rc)
			return rc;
		search->tail_first = search->tail_last = store->indexed_id;
		search->tail_unknown = false;
	}
	return extend_tail(store);
}

/* ---- what matches ---- */

static int past_deadline(void *arg)
{
	const struct search *search = arg;
	return clock_ms(CLOCK_MONOTONIC) >= search->deadline;
}

/* Appends the matches in one of the two indexes from `low` to `high`, newest first. */
static int find_matches(struct task *task, int which, int64_t low, int64_t high)
{
	sqlite3_stmt *stmt = task->store->search->stmts[which];
	const struct search_query *query = task->query;
	int rc = SQLITE_DONE;
	if (low > high || task->count >= task->most)
		return SQLITE_OK;
	sql_bind_str(stmt, 1, str_of(query->match));
	sqlite3_bind_int64(stmt, 2, low);
	sqlite3_bind_int64(stmt, 3, high);
	sqlite3_bind_int64(stmt, 4, query->since);
	sqlite3_bind_int64(stmt, 5, query->until);
	sqlite3_bind_int(stmt, 6, task->most - task->count);
	while (task->count < task->most && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		task->ids[task->count++] = sqlite3_column_int64(stmt, 0);
	sql_finish(stmt);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int find_between(struct task *task, int64_t low, int64_t high)
{
	int64_t indexed = task->store->indexed_id;
	int rc = find_matches(task, IN_TAIL, low > indexed ? low : indexed + 1, high);
	return rc ? rc : find_matches(task, IN_INDEX, low, high < indexed ? high : indexed);
}

static int64_t min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int find_in_blocks(struct task *task, int64_t first, int64_t last, int64_t high)
{
	int64_t low = spans_first_id(first);
	return find_between(task, low > 0 ? low : 1, min(spans_first_id(last + 1) - 1, high));
}

/* Up to `high`: in blocks that can have messages of the wanted times, as many at once as follow
 * each other, the newest first. Rows are compared all the same. */
static int find_in_spans(struct task *task, int64_t high)
{
	sqlite3_stmt *stmt = task->store->search->stmts[SPANS];
	int64_t first = 0, last = -1; /* the blocks so far */
	int rc = SQLITE_OK, step = SQLITE_DONE;
	sqlite3_bind_int64(stmt, 1, task->query->since);
	sqlite3_bind_int64(stmt, 2, task->query->until);
	sqlite3_bind_int64(stmt, 3, spans_block(high));
	while (!rc && task->count < task->most && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		int64_t block = sqlite3_column_int64(stmt, 0);
		if (last >= 0 && block != first - 1)
			rc = find_in_blocks(task, first, last, high);
		if (last < 0 || block != first - 1)
			last = block;
		first = block;
	}
	sql_finish(stmt);
	if (!rc && step != SQLITE_DONE && step != SQLITE_ROW)
		rc = step;
	return rc || last < 0 ? rc : find_in_blocks(task, first, last, high);
}

/* Where times grow with ids, those that are wanted have ids that follow each other. */
static int find_in_run(struct task *task, struct spans_run run)
{
	int64_t end;
	int rc = spans_find_time(task->store, run, task->query->since, &run.first);
	if (!rc)
		rc = spans_find_time(task->store, run, task->query->until, &end);
	return rc ? rc : find_between(task, run.first, end - 1);
}

/* First what the table spans does not know yet, last what is before the last step of times back. */
static int find_in_times(struct task *task)
{
	struct spans_run run;
	int rc = spans_find_run(task->store, task->high, &run);
	if (!rc)
		rc = find_between(task, run.last + 1, task->high);
	int64_t before = min(run.first - 1, task->high);
	run.last = min(run.last, task->high);
	if (!rc)
		rc = find_in_run(task, run);
	return rc ? rc : find_in_spans(task, before);
}

static int find_all(struct task *task)
{
	struct store *store = task->store;
	bool timed = task->query->since > INT64_MIN || task->query->until < INT64_MAX;
	store->search->deadline = clock_ms(CLOCK_MONOTONIC) + store->search_ms;
	sqlite3_progress_handler(store->db, DEADLINE_STEPS, past_deadline, store->search);
	int rc = timed ? find_in_times(task) : find_between(task, 1, task->high);
	sqlite3_progress_handler(store->db, 0, NULL, NULL);
	return rc;
}

/* ---- the page ---- */

/* FTS5 marks what matches in a table that has the text, so the page becomes one. */
static int fill_page(struct task *task)
{
	sqlite3_stmt *stmt = task->store->search->stmts[PAGE_ROW];
	int rc = run_statement(task->store, PAGE_CLEAR);
	for (int i = 0; i < task->count && !rc; i++) {
		sqlite3_bind_int64(stmt, 1, task->ids[i]);
		rc = sqlite3_step(stmt);
		if (rc == SQLITE_ROW)
			rc = sql_index_row(task->store->search->stmts[PAGE_ADD], stmt);
		sql_finish(stmt);
	}
	return rc;
}

static int show_page(const struct task *task, store_hit_fn *hit, void *arg)
{
	sqlite3_stmt *stmt = task->store->search->stmts[PAGE_HITS];
	char snippet[SNIPPET_SIZE];
	sql_bind_str(stmt, 1, str_of(task->query->match));
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct store_row row = sql_column_row(stmt);
		struct str part = snippet_make(row.text, sql_column_str(stmt, 7), snippet);
		if (hit(arg, &row, part) != 0) {
			rc = SQLITE_ABORT;
			break;
		}
	}
	sql_finish(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static void describe(struct task *task, int limit, struct store_page *page)
{
	page->older = task->count > limit;
	page->newer = false;
	if (page->older)
		task->count = limit;
	page->last = task->count ? task->ids[0] : 0;
	page->first = task->count ? task->ids[task->count - 1] : 1;
}

static int answer(
    struct task *task, int limit, struct store_page *page, store_hit_fn *hit, void *arg)
{
	int rc = update_tail(task->store);
	if (!rc)
		rc = find_all(task);
	if (rc)
		return rc;
	describe(task, limit, page);
	rc = fill_page(task);
	return rc ? rc : show_page(task, hit, arg);
}

/* Whether so much waits for the index that looking through it would take too long. */
static bool behind(struct store *store)
{
	if (store_unindexed(store) <= STORE_UNINDEXED_MAX)
		return false;
	snprintf(store->error, sizeof(store->error),
	    "database %s: %lld messages wait for the index of the search; look what holds the "
	    "logger up",
	    sqlite3_db_filename(store->db, NULL), (long long)store_unindexed(store));
	return true;
}

static void end_search(struct store *store, bool well)
{
	if (!well && store->search)
		store->search->tail_unknown = true;
	if (!sqlite3_get_autocommit(store->db))
		sql_run(store, well ? STMT_COMMIT : STMT_ROLLBACK);
}

enum store_status store_search(struct store *store, const struct search_query *query,
    int64_t before, int limit, struct store_page *page, store_hit_fn *hit, void *arg)
{
	struct task task = {.store = store, .query = query, .high = before - 1, .most = limit + 1};
	enum store_status status = STORE_OK;
	int rc = need_search(store);
	if (!rc)
		rc = sql_run(store, STMT_BEGIN_READ);
	if (!rc)
		rc = sql_read_progress(store);
	if (!rc && behind(store))
		status = STORE_BEHIND;
	else if (!rc)
		rc = answer(&task, limit, page, hit, arg);
	if (rc)
		status = sql_fail(store, rc);
	end_search(store, rc == SQLITE_OK || (rc & 0xff) == SQLITE_INTERRUPT);
	return status;
}
