/*
 * sqlite_admin.c: figures, and the search for damage.
 */
#include "store/store_admin.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include "chat/words.h"
#include "store/schema_sql.h"
#include "store/sqlite.h"

#define SAMPLES 200

static int64_t size_of(const char *path)
{
	struct stat about;
	return path && stat(path, &about) == 0 ? (int64_t)about.st_size : 0;
}

static bool is_wal(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	bool wal = sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL) == SQLITE_OK &&
		   sqlite3_step(stmt) == SQLITE_ROW &&
		   str_eq(sql_column_str(stmt, 0), str_of("wal"));
	sqlite3_finalize(stmt);
	return wal;
}

enum store_status store_overview(struct store *store, struct store_overview *out)
{
	*out = (struct store_overview){0};
	int64_t page = 0, free_pages = 0;
	const struct {
		const char *sql;
		int64_t *to;
	} table[] = {
	    {"SELECT sum(messages) FROM rooms", &out->messages},
	    {"SELECT count(*) FROM rooms", &out->rooms},
	    {"SELECT count(*) FROM rejected", &out->rejected},
	    {"SELECT max(ts) FROM rejected", &out->last_rejected_ts},
	    {"SELECT max(id) FROM messages", &out->newest_id},
	    {"SELECT ts FROM messages ORDER BY id DESC LIMIT 1", &out->newest_ts},
	    {"SELECT indexed_id FROM search_state", &out->indexed_id},
	    {"PRAGMA page_size", &page},
	    {"PRAGMA freelist_count", &free_pages},
	};
	int rc = sql_run(store, STMT_BEGIN_READ);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]) && !rc; i++)
		rc = sql_read_number(store->db, table[i].sql, table[i].to);
	enum store_status status = rc ? sql_fail(store, rc) : STORE_OK;
	if (!sqlite3_get_autocommit(store->db))
		sql_run(store, STMT_COMMIT);
	const char *path = sqlite3_db_filename(store->db, NULL);
	out->free_bytes = page * free_pages;
	out->file_bytes = size_of(path);
	out->wal = is_wal(store->db);
	out->wal_bytes = size_of(sqlite3_filename_wal(path));
	return status;
}

const char *store_engine(void)
{
	static char text[40];
	snprintf(text, sizeof(text), "SQLite %s", sqlite3_libversion());
	return text;
}

/* ---- damage ---- */

struct inspection {
	struct store *store;
	store_finding_fn *finding;
	void *arg;
	int count;
};

static void report(struct inspection *in, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void report(struct inspection *in, const char *remedy, const char *format, ...)
{
	char what[400];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	in->count++;
	in->finding(in->arg, what, remedy);
}

/* A row of text for each finding; SQLite says "ok" where there is none. */
static int inspect_pages(struct inspection *in)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(in->store->db, "PRAGMA integrity_check(3)", -1, &stmt, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(stmt);
		struct str said = rc == SQLITE_ROW ? sql_column_str(stmt, 0) : str_of("ok");
		if (!str_eq(said, str_of("ok")))
			report(
			    in, sql_advice(STORE_CORRUPT), "the file is damaged: %.200s", said.at);
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Against a database that was just made. */
static int compare_schema(struct inspection *in)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *wanted = NULL;
	int rc = sqlite3_open(":memory:", &wanted);
	if (!rc)
		rc = sqlite3_exec(wanted, schema_sql, NULL, NULL, NULL);
	if (!rc)
		rc = sqlite3_prepare_v2(
		    wanted, "SELECT type, name, sql FROM sqlite_schema", -1, &stmt, NULL);
	while (!rc && sqlite3_step(stmt) == SQLITE_ROW) {
		sqlite3_stmt *have = NULL;
		rc = sqlite3_prepare_v2(in->store->db,
		    "SELECT 1 FROM main.sqlite_schema WHERE name = ?1 AND sql IS ?2", -1, &have,
		    NULL);
		sql_bind_str(have, 1, sql_column_str(stmt, 1));
		sql_bind_str(have, 2, sql_column_str(stmt, 2));
		if (!rc && sqlite3_step(have) != SQLITE_ROW)
			report(in,
			    "make it as in schema.sql, or restore a backup: mqtt-chat restore FILE",
			    "the %s `%s` is missing or not as in the schema",
			    (const char *)sqlite3_column_text(stmt, 0),
			    (const char *)sqlite3_column_text(stmt, 1));
		sqlite3_finalize(have);
	}
	sqlite3_finalize(stmt);
	sqlite3_close(wanted);
	return rc;
}

static int inspect_rooms(struct inspection *in)
{
	int64_t wrong = 0;
	int rc = sql_read_number(in->store->db,
	    "SELECT count(*) FROM rooms r WHERE r.messages IS NOT"
	    " (SELECT count(*) FROM messages m WHERE m.room = r.room AND m.id <= r.last_id)",
	    &wrong);
	if (!rc && wrong)
		report(in,
		    "delete its rows while the logger runs; it counts anew with the next message",
		    "the table `rooms` counts %lld rooms wrong", (long long)wrong);
	return rc;
}

static int inspect_spans(struct inspection *in)
{
	int64_t wrong = 0;
	int rc = sql_read_number(in->store->db,
	    "SELECT count(*) FROM messages AS m LEFT JOIN spans AS s ON s.block = m.id >> 12"
	    " WHERE m.ts BETWEEN s.first_ts AND s.last_ts IS NOT 1"
	    " OR m.id <= (SELECT max(run_last) FROM spans) AND m.ts < (SELECT ts FROM messages"
	    " WHERE id < m.id AND id >= s.run_first ORDER BY id DESC LIMIT 1)",
	    &wrong);
	if (!rc && wrong)
		report(in, "make it anew: mqtt-chat reindex",
		    "the table `spans` misses the times of %lld messages", (long long)wrong);
	return rc;
}

/* Whether the index finds the message by its room. */
static int sample(sqlite3_stmt *row, sqlite3_stmt *search, int64_t *lost)
{
	char match[WORDS_ROOM_SIZE(MESSAGE_ROOM_MAX) + 16], word[WORDS_ROOM_SIZE(MESSAGE_ROOM_MAX)];
	struct str room = sql_column_str(row, 1);
	if (!message_room_valid(room))
		return SQLITE_OK;
	room = words_room(room, word);
	snprintf(match, sizeof(match), "room:\"%.*s\"", (int)room.len, room.at);
	sqlite3_bind_text(search, 1, match, -1, SQLITE_STATIC);
	sqlite3_bind_int64(search, 2, sqlite3_column_int64(row, 0));
	int rc = sqlite3_step(search);
	if (rc == SQLITE_DONE)
		++*lost;
	sql_finish(search);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int inspect_samples(struct inspection *in)
{
	sqlite3_stmt *rows = NULL, *search = NULL;
	int64_t lost = 0;
	int rc = sqlite3_prepare_v2(in->store->db,
	    "WITH span AS (SELECT min(id) a, (SELECT indexed_id FROM search_state) b FROM messages)"
	    ", n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)"
	    " SELECT DISTINCT m.id, m.room FROM n, span JOIN messages m ON m.id ="
	    " (SELECT id FROM messages WHERE id >= a + (b - a) * i / (?1 - 1) AND id <= b"
	    "  ORDER BY id LIMIT 1)",
	    -1, &rows, NULL);
	sqlite3_bind_int(rows, 1, SAMPLES);
	if (!rc)
		rc = sqlite3_prepare_v2(in->store->db,
		    "SELECT 1 FROM search WHERE search MATCH ?1 AND rowid = ?2", -1, &search, NULL);
	while (!rc && sqlite3_step(rows) == SQLITE_ROW)
		rc = sample(rows, search, &lost);
	sqlite3_finalize(rows);
	sqlite3_finalize(search);
	if (!rc && lost)
		report(in, "make it anew: mqtt-chat reindex",
		    "the index of the search lacks %lld of %d messages that were tried",
		    (long long)lost, SAMPLES);
	return rc;
}

static int inspect_progress(struct inspection *in)
{
	int64_t newest = 0, indexed = 0;
	int rc = sql_read_number(
	    in->store->db, "SELECT max(seq) FROM sqlite_sequence WHERE name='messages'", &newest);
	if (!rc)
		rc = sql_read_number(
		    in->store->db, "SELECT max(indexed_id) FROM search_state", &indexed);
	if (!rc && indexed > newest)
		report(in, "make it anew: mqtt-chat reindex",
		    "the index of the search claims to be at %lld, beyond the last message, %lld",
		    (long long)indexed, (long long)newest);
	return rc;
}

enum store_status store_inspect(
    struct store *store, store_finding_fn *finding, void *arg, int *count)
{
	struct inspection in = {store, finding, arg, 0};
	static int (*const steps[])(struct inspection *) = {inspect_pages, compare_schema,
	    inspect_rooms, inspect_spans, inspect_progress, inspect_samples};
	int rc = SQLITE_OK;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !rc; i++)
		rc = steps[i](&in);
	enum store_status status = rc ? sql_fail(store, rc) : STORE_OK;
	*count = in.count;
	return status;
}

int64_t store_take_written(struct store *store)
{
	int pages = 0, highest;
	sqlite3_db_status(store->db, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &highest, 1);
	return pages;
}

enum store_status store_has_rejected(struct store *store, struct str topic, bool *has)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(
	    store->db, "SELECT 1 FROM rejected WHERE topic = ?1", -1, &stmt, NULL);
	if (!rc) {
		sql_bind_str(stmt, 1, topic);
		rc = sqlite3_step(stmt);
	}
	*has = rc == SQLITE_ROW;
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? STORE_OK : sql_fail(store, rc);
}

enum store_status store_has_copy(struct store *store, const struct store_entry *entry, int64_t id,
    const struct str msg_ids[3], bool *has)
{
	sqlite3_stmt *stmt = store->stmts[STMT_FIND_COPY];
	const struct message *m = &entry->message;
	sqlite3_bind_int64(stmt, 1, id);
	for (int i = 0; i < 3; i++)
		sql_bind_str(stmt, 2 + i, msg_ids[i]);
	sqlite3_bind_int64(stmt, 5, entry->ts);
	sql_bind_str(stmt, 6, m->room);
	sql_bind_str(stmt, 7, m->nickname);
	sql_bind_str(stmt, 8, m->text);
	int rc = sqlite3_step(stmt);
	*has = rc == SQLITE_ROW;
	sql_finish(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? STORE_OK : sql_fail(store, rc);
}
