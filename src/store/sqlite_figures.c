/*
 * sqlite_figures.c: what the writer counts of itself, for /metrics and for a person with a shell.
 */
#include <sys/stat.h>

#include "base/clock.h"
#include "store/sqlite.h"

const double store_commit_bounds[STORE_COMMIT_BOUNDS] = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1};

/* The places of the values in both statements. */
enum { STORED, REPEATED, REJECTED, BATCHES, BATCH_AGE, COMMITS, COMMIT_SECONDS, WITHIN };

void figures_begin(struct store_figures *figures, const struct store_entry *entries, size_t count)
{
	int64_t now = clock_ms(CLOCK_REALTIME), oldest = now;
	for (size_t i = 0; i < count; i++)
		if (!entries[i].repeated && entries[i].ts < oldest)
			oldest = entries[i].ts;
	figures->batch_age_ms = now - oldest;
	figures->batches = count > 0;
}

void figures_count(struct store_figures *figures, const struct store_entry *entry, bool known)
{
	if (entry->fault)
		figures->rejected++;
	else if (known)
		figures->repeated++;
	else
		figures->stored++;
}

int figures_add(struct store *store, const struct store_figures *figures)
{
	sqlite3_stmt *stmt = store->stmts[STMT_ADD_FIGURES];
	sqlite3_bind_int64(stmt, STORED + 1, figures->stored);
	sqlite3_bind_int64(stmt, REPEATED + 1, figures->repeated);
	sqlite3_bind_int64(stmt, REJECTED + 1, figures->rejected);
	sqlite3_bind_int64(stmt, BATCHES + 1, figures->batches);
	sqlite3_bind_int64(stmt, BATCH_AGE + 1, figures->batch_age_ms);
	sqlite3_bind_int64(stmt, COMMITS + 1, figures->commits);
	sqlite3_bind_double(stmt, COMMIT_SECONDS + 1, figures->commit_seconds);
	for (int i = 0; i < STORE_COMMIT_BOUNDS; i++)
		sqlite3_bind_int64(stmt, WITHIN + i + 1, figures->within[i]);
	return sql_run(store, STMT_ADD_FIGURES);
}

int figures_commit(struct store *store)
{
	struct store_figures *last = &store->last;
	int64_t begin = clock_ns(CLOCK_MONOTONIC);
	int rc = sql_run(store, STMT_COMMIT);
	double took = (double)(clock_ns(CLOCK_MONOTONIC) - begin) / 1e9;
	*last = (struct store_figures){.commits = 1, .commit_seconds = took};
	for (int i = 0; i < STORE_COMMIT_BOUNDS; i++)
		last->within[i] = took <= store_commit_bounds[i];
	return rc;
}

enum store_status store_read_figures(struct store *store, struct store_figures *out)
{
	sqlite3_stmt *stmt = store->stmts[STMT_READ_FIGURES];
	int rc = sqlite3_step(stmt);
	*out = (struct store_figures){0};
	if (rc == SQLITE_ROW) {
		out->stored = sqlite3_column_int64(stmt, STORED);
		out->repeated = sqlite3_column_int64(stmt, REPEATED);
		out->rejected = sqlite3_column_int64(stmt, REJECTED);
		out->batches = sqlite3_column_int64(stmt, BATCHES);
		out->batch_age_ms = sqlite3_column_int64(stmt, BATCH_AGE);
		out->commits = sqlite3_column_int64(stmt, COMMITS);
		out->commit_seconds = sqlite3_column_double(stmt, COMMIT_SECONDS);
		for (int i = 0; i < STORE_COMMIT_BOUNDS; i++)
			out->within[i] = sqlite3_column_int64(stmt, WITHIN + i);
	}
	enum store_status status = sql_status(rc) ? sql_fail(store, rc) : STORE_OK;
	sql_finish(stmt);
	return status;
}

int64_t store_wal_bytes(const struct store *store)
{
	struct stat wal;
	const char *path = sqlite3_filename_wal(sqlite3_db_filename(store->db, NULL));
	return stat(path, &wal) == 0 ? wal.st_size : 0;
}
