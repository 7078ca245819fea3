/*
 * sqlite_whole.c: what is read beyond a page: the rooms, and the history from end to end.
 */
#include "store/sqlite.h"

enum store_status store_rooms(
    struct store *store, struct str part, int limit, store_room_fn *room, void *arg)
{
	sqlite3_stmt *stmt = store->stmts[STMT_ROOMS];
	sqlite3_bind_int(stmt, 1, limit);
	sql_bind_str(stmt, 2, part);
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct store_room r = {
		    .room = sql_column_str(stmt, 0),
		    .messages = sqlite3_column_int64(stmt, 1),
		    .last_id = sqlite3_column_int64(stmt, 2),
		    .last_ts = sqlite3_column_int64(stmt, 3),
		};
		if (room(arg, &r) != 0) {
			rc = SQLITE_ABORT;
			break;
		}
	}
	enum store_status status = rc == SQLITE_DONE ? STORE_OK : sql_fail(store, rc);
	sql_finish(stmt);
	return status;
}

enum store_status store_newest(struct store *store, int64_t *id)
{
	int rc = sql_number(store, STMT_NEWEST, id);
	return rc ? sql_fail(store, rc) : STORE_OK;
}

enum store_status store_history(
    struct store *store, const struct store_range *range, store_row_fn *row, void *arg)
{
	enum stmt which = range->room.at ? STMT_HISTORY_OF_ROOM : STMT_HISTORY;
	sqlite3_stmt *stmt = store->stmts[which];
	sqlite3_bind_int64(stmt, 1, range->after);
	sqlite3_bind_int64(stmt, 2, range->until);
	if (range->room.at)
		sql_bind_str(stmt, 3, range->room);
	int rc, told = 0;
	while (told == 0 && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct store_row r = sql_column_row(stmt);
		told = row(arg, &r);
	}
	if (told)
		rc = told > 0 ? SQLITE_DONE : SQLITE_ABORT;
	enum store_status status = rc == SQLITE_DONE ? STORE_OK : sql_fail(store, rc);
	sql_finish(stmt);
	return status;
}
