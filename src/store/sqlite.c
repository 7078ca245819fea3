#include "store/sqlite.h"

#include <stdio.h>

#define INSERT "INSERT INTO messages (ts, room, nickname, text, client_id, msg_id) VALUES "
#define VALUES_4 "(?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)"
/* Messages by their blocks in the table spans; they come in order without being sorted. */
#define OF_SPAN "m.id BETWEEN s.block << 12 AND (s.block << 12) + 4095"
#define OF_BLOCK "id BETWEEN ?1 << 12 AND (?1 << 12) + 4095"
#define SPANS_FROM "spans AS s CROSS JOIN messages AS m ON "
#define SPANS_ORDER " ORDER BY s.block, m.id "
#define SCAN                                                                                       \
	" WHERE s.block BETWEEN ?1 >> 12 AND ?2 >> 12 AND s.first_ts < ?4"                         \
	" AND m.id > ?1 AND m.id <= ?2" SPANS_ORDER
#define ROW "SELECT id, ts, room, nickname, text, client_id, msg_id FROM messages"

static const char *const statements[STMT__MAX] = {
    [STMT_BEGIN_READ] = "BEGIN",
    [STMT_COMMIT] = "COMMIT",
    [STMT_ROLLBACK] = "ROLLBACK",
    [STMT_IDS_BEFORE] = "SELECT id FROM messages WHERE room = ?1 AND id < ?2"
			" ORDER BY id DESC LIMIT ?3",
    [STMT_IDS_FROM] = "SELECT id FROM messages WHERE room = ?1 AND id >= ?2"
		      " ORDER BY id LIMIT ?3",
    [STMT_IDS_SINCE] = "SELECT m.id FROM " SPANS_FROM OF_SPAN " AND m.room = ?1"
		       " WHERE s.block >= ?2 >> 12 AND s.last_ts >= ?4 AND m.id >= ?2"
		       " AND m.ts >= ?4" SPANS_ORDER "LIMIT ?3",
    [STMT_ROWS] = ROW " WHERE room = ?1 AND id BETWEEN ?2 AND ?3 AND ts >= ?4 ORDER BY id",
    [STMT_READ_SIGNS] = "SELECT alive_at, session_lost_at, reckoned_at FROM logger_note",
    [STMT_NEWEST] = "SELECT max(id) FROM messages",
    [STMT_COUNT_SINCE] =
	"SELECT count(*) FROM " SPANS_FROM OF_SPAN " WHERE s.last_ts >= ?1 AND m.ts >= ?1",
    [STMT_READ_FIGURES] =
	"SELECT stored, repeated, rejected, batches, batch_age_ms, commits, commit_seconds,"
	" within_500us, within_1ms, within_2500us, within_5ms, within_10ms, within_25ms,"
	" within_50ms, within_100ms, within_250ms, within_1s FROM logger_figures",
    [STMT_ROOMS] = "SELECT room, messages, last_id, last_ts, nullif(topic, '') FROM rooms"
		   " LEFT JOIN topics USING (room) WHERE instr(room, lower(?2))"
		   " ORDER BY last_id DESC LIMIT ?1",
    [STMT_TOPICS] = "SELECT number, room, topic FROM topics WHERE number > ?1"
		    " ORDER BY number LIMIT ?2",
    [STMT_HISTORY] = ROW " WHERE id > ?1 AND id <= ?2 ORDER BY id",
    [STMT_HISTORY_OF_ROOM] = ROW " WHERE id > ?1 AND id <= ?2 AND room = ?3 ORDER BY id",
    [STMT_READ_VERSION] = "PRAGMA data_version",
    [STMT_PROGRESS] = "SELECT indexed_id, (SELECT max(id) FROM messages) FROM search_state",
    [STMT_SCAN] = "SELECT m.id, m.ts, m.nickname FROM " SPANS_FROM OF_SPAN SCAN "LIMIT ?3",
    [STMT_SCAN_ROOM] =
	"SELECT m.id, m.ts, m.nickname FROM " SPANS_FROM OF_SPAN " AND m.room = ?5" SCAN "LIMIT ?3",
    [STMT_RUN] = "SELECT run_first, run_last FROM spans WHERE block <= ?1"
		 " ORDER BY block DESC LIMIT 1",
    [STMT_TIME] = "SELECT id, ts FROM messages WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 1",
    [STMT_FREE_PAGES] = "PRAGMA freelist_count",
    [STMT_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [STMT_INSERT] = INSERT "(?, ?, ?, ?, ?, ?)"
			   " ON CONFLICT (msg_id, ifnull(client_id, '')) WHERE msg_id IS NOT NULL"
			   " DO NOTHING",
    [STMT_INSERT_MANY] = INSERT VALUES_4 ", " VALUES_4 ", " VALUES_4 ", " VALUES_4,
    [STMT_SAVEPOINT] = "SAVEPOINT many",
    [STMT_RELEASE] = "RELEASE many",
    [STMT_ROLLBACK_TO] = "ROLLBACK TO many",
    [STMT_FIND] = "SELECT id, ts, room = ?3 AND nickname = ?4 AND text = ?5 FROM messages"
		  " WHERE msg_id = ?1 AND ifnull(client_id, '') = ifnull(?2, '')",
    /* By the ids alone: of a ts there may be any number. */
    [STMT_FIND_COPY] = "SELECT 1 FROM (SELECT ts, room, nickname, text FROM messages WHERE id = ?1"
		       " AND msg_id IS NULL"
		       " UNION ALL SELECT ts, room, nickname, text FROM messages"
		       " WHERE msg_id IN (?2, ?3, ?4))"
		       " WHERE +ts = ?5 AND +room = ?6 AND nickname = ?7 AND text = ?8 LIMIT 1",
    [STMT_REJECT] = "INSERT INTO rejected (ts, topic, client_id, reason, size, head)"
		    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    /* Of each sender in each room the newest has place 1, the one before it place 2. */
    [STMT_TRIM_REJECTED] =
	"DELETE FROM rejected WHERE id IN (SELECT id FROM (SELECT id, row_number()"
	" OVER (PARTITION BY topic, client_id ORDER BY id DESC) AS place FROM rejected)"
	" ORDER BY place DESC, id LIMIT max(0, (SELECT count(*) FROM rejected) - ?1))",
    [STMT_COUNTED] = "SELECT max(last_id) FROM rooms",
    /* With max(), SQLite takes the other columns from the row that has it. */
    [STMT_COUNT_ROOMS] = "INSERT INTO rooms SELECT room, count(*), max(id), ts FROM messages"
			 " NOT INDEXED WHERE id > ?1 GROUP BY room"
			 " ON CONFLICT (room) DO UPDATE SET last_id = excluded.last_id,"
			 " last_ts = excluded.last_ts, messages = messages + excluded.messages",
    [STMT_COUNT_ROOM] = "INSERT INTO rooms VALUES (?1, ?2, ?3, ?4)"
			" ON CONFLICT (room) DO UPDATE SET last_id = excluded.last_id,"
			" last_ts = excluded.last_ts, messages = messages + excluded.messages",
    /* Behind all others: a run whose last_ts is ?5 or less goes on, else one begins at ?4. */
    [STMT_SPAN] = "INSERT INTO spans VALUES (?1, ?2, ?3, ifnull((SELECT CASE WHEN last_ts <= ?5"
		  " THEN run_first END FROM spans WHERE block < ?1 ORDER BY block DESC LIMIT 1),"
		  " ?4), ?6)"
		  " ON CONFLICT (block) DO UPDATE SET first_ts = min(first_ts, ?2),"
		  " last_ts = max(last_ts, ?3), run_last = ?6,"
		  " run_first = CASE WHEN last_ts <= ?5 THEN run_first ELSE ?4 END",
    [STMT_TIMES] = "SELECT id, ts FROM messages NOT INDEXED WHERE id > ?1 ORDER BY id",
    [STMT_SPAN_NARROW] = "UPDATE spans SET (first_ts, last_ts) = (SELECT min(ts), max(ts)"
			 " FROM messages NOT INDEXED WHERE " OF_BLOCK ") WHERE block = ?1",
    [STMT_SPAN_FORGET] = "DELETE FROM spans WHERE block = ?1 AND NOT EXISTS"
			 " (SELECT 1 FROM messages WHERE " OF_BLOCK ")",
    [STMT_ADD_FIGURES] = "UPDATE logger_figures SET stored = stored + ?1, repeated = repeated + ?2,"
			 " rejected = rejected + ?3, batches = batches + ?4, batch_age_ms = ?5,"
			 " commits = commits + ?6, commit_seconds = commit_seconds + ?7,"
			 " within_500us = within_500us + ?8, within_1ms = within_1ms + ?9,"
			 " within_2500us = within_2500us + ?10, within_5ms = within_5ms + ?11,"
			 " within_10ms = within_10ms + ?12, within_25ms = within_25ms + ?13,"
			 " within_50ms = within_50ms + ?14, within_100ms = within_100ms + ?15,"
			 " within_250ms = within_250ms + ?16, within_1s = within_1s + ?17",
    [STMT_WRITE_NOTE] = "REPLACE INTO logger_note (one, note, alive_at, session_lost_at,"
			" reckoned_at) VALUES (1, ?1, ?2, nullif(?3, 0), nullif(?4, 0))",
    [STMT_READ_NOTE] = "SELECT note FROM logger_note",
    [STMT_UNINDEXED] = "SELECT id, text, nickname, room FROM messages WHERE id > ?1"
		       " ORDER BY id LIMIT ?2",
    [STMT_INDEX_ROW] = "INSERT INTO search (rowid, text, nickname, room) VALUES (?1, ?2, ?3, ?4)",
    [STMT_INDEX_MERGE] = "INSERT INTO search (search, rank) VALUES ('merge', ?1)",
    [STMT_INDEX_STATE] = "UPDATE search_state SET indexed_id = ?1",
    [STMT_INDEX_EMPTY] = "INSERT INTO search (search) VALUES ('delete-all')",
    [STMT_INDEX_ANEW] = "UPDATE search_state SET indexed_id = 0, unicode = ?1",
    [STMT_INDEX_UNICODE] = "SELECT unicode = ?1 FROM search_state",
    [STMT_ONE_ROW] = "SELECT id, text, nickname, room FROM messages WHERE id = ?1",
    [STMT_UNINDEX_ROW] = "INSERT INTO search (search, rowid, text, nickname, room)"
			 " VALUES ('delete', ?1, ?2, ?3, ?4)",
    [STMT_DELETE] = "DELETE FROM messages WHERE id = ?1",
    [STMT_SET_TOPIC] = "REPLACE INTO topics SELECT ifnull(max(number), 0) + 1, ?1, ?2 FROM topics",
};

const char *sql_text(enum stmt which)
{
	return statements[which];
}

enum store_status sql_status(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return STORE_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return STORE_BUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_CANTOPEN:
		return STORE_DENIED;
	case SQLITE_INTERRUPT:
		return STORE_SLOW;
	case SQLITE_FULL:
		return STORE_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return STORE_CORRUPT;
	default:
		return STORE_FAILED;
	}
}

const char *sql_advice(enum store_status status)
{
	switch (status) {
	case STORE_BUSY:
		return "another program holds its lock: end that program's transaction";
	case STORE_DENIED:
		return "check owner and mode of the file and of its folder";
	case STORE_FULL:
		return "make room on that disk";
	case STORE_CORRUPT:
		return "restore it from a backup, or save what can be read: mqtt-chat salvage FILE";
	default:
		return "check the disk";
	}
}

enum store_status sql_fail(struct store *store, int rc)
{
	enum store_status status = sql_status(rc);
	snprintf(store->error, sizeof(store->error), "database %s: %s; %s",
	    sqlite3_db_filename(store->db, NULL), sqlite3_errmsg(store->db), sql_advice(status));
	return status;
}

const char *store_error(const struct store *store)
{
	return store->error;
}

void sql_bind_str(sqlite3_stmt *stmt, int place, struct str s)
{
	if (s.at)
		sqlite3_bind_text64(stmt, place, s.at, s.len, SQLITE_STATIC, SQLITE_UTF8);
	else
		sqlite3_bind_null(stmt, place);
}

struct str sql_column_str(sqlite3_stmt *stmt, int column)
{
	const char *at = (const char *)sqlite3_column_text(stmt, column);
	return (struct str){at, at ? (size_t)sqlite3_column_bytes(stmt, column) : 0};
}

struct store_row sql_column_row(sqlite3_stmt *stmt)
{
	return (struct store_row){
	    .id = sqlite3_column_int64(stmt, 0),
	    .ts = sqlite3_column_int64(stmt, 1),
	    .room = sql_column_str(stmt, 2),
	    .nickname = sql_column_str(stmt, 3),
	    .text = sql_column_str(stmt, 4),
	    .client_id = sql_column_str(stmt, 5),
	    .msg_id = sql_column_str(stmt, 6),
	};
}

void sql_finish(sqlite3_stmt *stmt)
{
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

int sql_run(struct store *store, enum stmt which)
{
	sqlite3_stmt *stmt = store->stmts[which];
	sqlite3_step(stmt);
	int rc = sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return rc;
}

int sql_number(struct store *store, enum stmt which, int64_t *out)
{
	sqlite3_stmt *stmt = store->stmts[which];
	int rc = sqlite3_step(stmt);
	*out = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
	sql_finish(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int sql_read_number(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		*out = sqlite3_column_int64(stmt, 0);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int sql_read_progress(struct store *store)
{
	sqlite3_stmt *stmt = store->stmts[STMT_PROGRESS];
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		store->indexed_id = sqlite3_column_int64(stmt, 0);
		store->newest_id = sqlite3_column_int64(stmt, 1);
		rc = SQLITE_OK;
	} else if (rc == SQLITE_DONE) {
		rc = SQLITE_CORRUPT;
	}
	sql_finish(stmt);
	return rc;
}

int sql_begin_write(struct store *store)
{
	int64_t version = 0;
	int rc = sql_run(store, STMT_BEGIN_WRITE);
	if (!rc)
		rc = sql_number(store, STMT_READ_VERSION, &version);
	if (rc || version == store->data_version)
		return rc;
	store->data_version = version;
	store->counted = -1;
	return sql_read_progress(store);
}

enum store_status sql_end_write(struct store *store, int rc)
{
	if (!rc)
		rc = sql_run(store, STMT_COMMIT);
	enum store_status status = rc ? sql_fail(store, rc) : STORE_OK;
	if (!sqlite3_get_autocommit(store->db))
		sql_run(store, STMT_ROLLBACK);
	return status;
}
