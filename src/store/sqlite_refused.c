/*
 * sqlite_refused.c: what a refusal has to know, and what is known of refusals.
 */
#include "store/sqlite.h"

bool store_is_stored(struct store *store, const struct message *message)
{
	sqlite3_stmt *stmt = store->stmts[STMT_FIND];
	if (!message->msg_id.at)
		return false;
	sql_bind_str(stmt, 1, message->msg_id);
	sql_bind_str(stmt, 2, message->client_id);
	bool stored = sqlite3_step(stmt) == SQLITE_ROW;
	sql_finish(stmt);
	return stored;
}

enum store_status store_rejected_reasons(struct store *store, store_reason_fn *reason, void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(
	    store->db, "SELECT reason, count(*) FROM rejected GROUP BY reason", -1, &stmt, NULL);
	while (!rc && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		reason(arg, sql_column_str(stmt, 0), sqlite3_column_int64(stmt, 1));
		rc = SQLITE_OK;
	}
	enum store_status status = rc == SQLITE_DONE ? STORE_OK : sql_fail(store, rc);
	sqlite3_finalize(stmt);
	return status;
}
