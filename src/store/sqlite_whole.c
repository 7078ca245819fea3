/*
 * sqlite_whole.c: what is read beyond a page: the rooms, their topic lines, and the history from
 * end to end.
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
		    .topic = sql_column_str(stmt, 4),
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

enum store_status store_topics(
    struct store *store, int64_t after, int limit, store_topic_fn *topic, void *arg)
{
	sqlite3_stmt *stmt = store->stmts[STMT_TOPICS];
	sqlite3_bind_int64(stmt, 1, after);
	sqlite3_bind_int(stmt, 2, limit);
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		topic(arg, &(struct store_topic){.number = sqlite3_column_int64(stmt, 0),
			       .room = sql_column_str(stmt, 1),
			       .topic = sql_column_str(stmt, 2)});
	enum store_status status = rc == SQLITE_DONE ? STORE_OK : sql_fail(store, rc);
	sql_finish(stmt);
	return status;
}

static int set_topic(struct store *store, void *arg)
{
	const struct store_topic *topic = arg;
	sql_bind_str(store->stmts[STMT_SET_TOPIC], 1, topic->room);
	sql_bind_str(store->stmts[STMT_SET_TOPIC], 2, topic->topic);
	return sql_run(store, STMT_SET_TOPIC);
}

enum store_status store_set_topic(struct store *store, struct str room, struct str topic)
{
	return sql_write_unsynced(
	    store, set_topic, &(struct store_topic){.room = room, .topic = topic});
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
