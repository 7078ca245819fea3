/*
 * sqlite_salvage.c: what can be read of a damaged database goes into a new one. It looks at each
 * page by itself, so that a page that leads nowhere costs nothing but what stood on it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/utf8.h"
#include "chat/limits.h"
#include "store/schema_sql.h"
#include "store/sqlite.h"
#include "store/sqlite_pages.h"
#include "store/store_admin.h"

#define TELL_PAGES 256

struct salvage {
	struct pages from;
	sqlite3 *to;
	sqlite3_stmt *insert;
	struct store_salvaged *out;
	int64_t newest_id; /* that was given, as far as is known */
	int rc;
};

static bool are(const struct pages_row *row, const enum pages_type *types, int count)
{
	for (int i = 0; i < count; i++)
		if (row->types[i] != types[i])
			return false;
	return true;
}

static bool is_message(const struct pages_row *row)
{
	static const enum pages_type types[] = {
	    PAGES_NULL, PAGES_INTEGER, PAGES_TEXT, PAGES_TEXT, PAGES_TEXT};
	if (row->index || row->columns < 7 || !are(row, types, 5) || row->id < 1)
		return false;
	for (int i = 3; i < 7; i++)
		if (row->types[i] != PAGES_NULL &&
		    (row->types[i] != PAGES_TEXT || utf8_count(row->texts[i]) < 0))
			return false;
	return message_room_valid(row->texts[2]);
}

/* What a constraint of the schema refuses is no message of ours. */
static int take_message(struct salvage *s, const struct pages_row *row)
{
	sqlite3_bind_int64(s->insert, 1, row->id);
	sqlite3_bind_int64(s->insert, 2, row->integers[1]);
	for (int i = 2; i < 7; i++)
		sql_bind_str(
		    s->insert, i + 1, row->types[i] == PAGES_TEXT ? row->texts[i] : str_of(NULL));
	sqlite3_step(s->insert);
	s->rc = sqlite3_reset(s->insert);
	return s->rc;
}

static void take_newest(struct salvage *s, int64_t id)
{
	if (id > s->newest_id && id <= LIMITS_ID_MAX)
		s->newest_id = id;
}

static bool is_note(const struct pages_row *row)
{
	return !row->index && row->id == 1 && row->columns >= 4 && row->types[0] == PAGES_NULL &&
	       row->types[1] == PAGES_INTEGER && row->types[2] <= PAGES_INTEGER &&
	       row->types[3] == PAGES_OTHER;
}

static int64_t integer_or_0(const struct pages_row *row, int column)
{
	bool is = column < row->columns && row->types[column] == PAGES_INTEGER;
	return is ? row->integers[column] : 0;
}

/* With it the logger knows what the broker may deliver again. */
static int take_note(struct salvage *s, const struct pages_row *row)
{
	sqlite3_stmt *stmt = NULL;
	s->rc = sqlite3_prepare_v2(s->to, sql_text(STMT_WRITE_NOTE), -1, &stmt, NULL);
	sqlite3_bind_blob64(stmt, 1, row->texts[3].at, row->texts[3].len, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, row->integers[1]);
	sqlite3_bind_int64(stmt, 3, integer_or_0(row, 2));
	sqlite3_bind_int64(stmt, 4, integer_or_0(row, 4));
	if (!s->rc && sqlite3_step(stmt) != SQLITE_DONE)
		s->rc = sqlite3_errcode(s->to);
	sqlite3_finalize(stmt);
	return s->rc;
}

static bool is_topic(const struct pages_row *row)
{
	static const enum pages_type types[] = {PAGES_NULL, PAGES_TEXT, PAGES_TEXT};
	return !row->index && row->columns == 3 && are(row, types, 3) && row->id > 0 &&
	       message_room_valid(row->texts[1]) &&
	       (row->texts[2].len == 0 || message_topic_valid(row->texts[2]));
}

/* Where an older page has one as well, the last change counts. */
static int take_topic(struct salvage *s, const struct pages_row *row)
{
	sqlite3_stmt *stmt = NULL;
	s->rc = sqlite3_prepare_v2(s->to,
	    "REPLACE INTO topics SELECT ?1, ?2, ?3 WHERE NOT EXISTS"
	    " (SELECT 1 FROM topics WHERE room = ?2 AND number > ?1)",
	    -1, &stmt, NULL);
	sqlite3_bind_int64(stmt, 1, row->id);
	sql_bind_str(stmt, 2, row->texts[1]);
	sql_bind_str(stmt, 3, row->texts[2]);
	if (!s->rc && sqlite3_step(stmt) != SQLITE_DONE)
		s->rc = sqlite3_errcode(s->to);
	sqlite3_finalize(stmt);
	return s->rc;
}

/*
 * The rows of messages, topics, rooms, logger_note and sqlite_sequence are known by their shapes.
 */
static int take_row(void *arg, const struct pages_row *row)
{
	static const enum pages_type room[] = {
	    PAGES_TEXT, PAGES_INTEGER, PAGES_INTEGER, PAGES_INTEGER};
	static const enum pages_type sequence[] = {PAGES_TEXT, PAGES_INTEGER};
	struct salvage *s = arg;
	if (is_message(row))
		return take_message(s, row);
	if (is_note(row))
		return take_note(s, row);
	if (is_topic(row))
		return take_topic(s, row);
	if (row->index && row->columns == 4 && are(row, room, 4) &&
	    message_room_valid(row->texts[0])) {
		s->out->counted += row->integers[1];
		take_newest(s, row->integers[2]);
	} else if (!row->index && row->columns == 2 && are(row, sequence, 2) &&
		   str_eq(row->texts[0], str_of("messages"))) {
		take_newest(s, row->integers[1]);
	}
	return 0;
}

static void read_pages(struct salvage *s, store_progress_fn *progress, void *arg)
{
	for (uint32_t number = 1; number <= s->from.count && !s->rc; number++) {
		if (!pages_free(&s->from, number))
			pages_rows(&s->from, number, take_row, s);
		if (progress && number % TELL_PAGES == 0)
			progress(arg, number, s->from.count);
	}
}

/* Until it is filled nobody needs the new file, so it goes without a journal. */
static int begin(struct salvage *s, const char *path)
{
	int rc = sqlite3_open_v2(path, &s->to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (!rc)
		rc = sqlite3_exec(s->to, schema_sql, NULL, NULL, NULL);
	if (!rc)
		rc = sqlite3_exec(s->to,
		    "PRAGMA journal_mode = DELETE; PRAGMA journal_mode = OFF;"
		    "PRAGMA synchronous = OFF; BEGIN",
		    NULL, NULL, NULL);
	if (!rc)
		rc = sqlite3_prepare_v2(s->to,
		    "INSERT OR IGNORE INTO messages (id, ts, room, nickname, text, client_id, msg_id)"
		    " VALUES (?, ?, ?, ?, ?, ?, ?)",
		    -1, &s->insert, NULL);
	return rc;
}

/* What is missing between the first id and the last one that was given. */
static int find_gaps(struct salvage *s)
{
	sqlite3_stmt *stmt = NULL;
	struct store_salvaged *out = s->out;
	int rc = sqlite3_prepare_v2(s->to,
	    "SELECT id + 1, next - 1, sum(next - id - 1) OVER () FROM"
	    " (SELECT id, lead(id, 1, max(id, ?1) + 1) OVER (ORDER BY id) AS next FROM messages)"
	    " WHERE next > id + 1 ORDER BY next - id DESC, id",
	    -1, &stmt, NULL);
	sqlite3_bind_int64(stmt, 1, s->newest_id);
	while (!rc && (rc = sqlite3_step(stmt)) == SQLITE_ROW && out->gap_count < STORE_GAPS) {
		out->gaps[out->gap_count].first = sqlite3_column_int64(stmt, 0);
		out->gaps[out->gap_count++].last = sqlite3_column_int64(stmt, 1);
		out->missing = sqlite3_column_int64(stmt, 2);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int count_rooms(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, sql_text(STMT_COUNT_ROOMS), -1, &stmt, NULL);
	sqlite3_bind_int64(stmt, 1, 0);
	if (!rc)
		rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Ids go on after those that were given. Without messages there is no row for the table yet. */
static int finish(struct salvage *s)
{
	char sql[300];
	snprintf(sql, sizeof(sql),
	    "INSERT INTO sqlite_sequence (name, seq) SELECT 'messages', 0"
	    " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'messages');"
	    "UPDATE sqlite_sequence SET seq = max(seq, %lld) WHERE name = 'messages';"
	    "COMMIT; PRAGMA journal_mode = WAL",
	    (long long)s->newest_id);
	int rc = count_rooms(s->to);
	if (!rc)
		rc = spans_make(s->to);
	if (!rc)
		rc = sqlite3_exec(s->to, sql, NULL, NULL, NULL);
	if (!rc)
		rc = sql_read_number(s->to, "SELECT count(*) FROM messages", &s->out->messages);
	return rc ? rc : find_gaps(s);
}

static enum store_status sync_file(const char *path, char *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool synced = fd >= 0 && fsync(fd) == 0;
	if (!synced)
		snprintf(error, STORE_ERROR_SIZE, "%s: %m", path);
	if (fd >= 0)
		close(fd);
	return synced ? STORE_OK : STORE_FAILED;
}

static enum store_status fill(
    struct salvage *s, const char *path, store_progress_fn *progress, void *arg, char *error)
{
	s->rc = begin(s, path);
	if (!s->rc)
		read_pages(s, progress, arg);
	if (!s->rc)
		s->rc = finish(s);
	if (s->rc)
		snprintf(error, STORE_ERROR_SIZE, "%s: %s; %s", path, sqlite3_errmsg(s->to),
		    sql_advice(sql_status(s->rc)));
	sqlite3_finalize(s->insert);
	sqlite3_close(s->to);
	return s->rc ? sql_status(s->rc) : sync_file(path, error);
}

enum store_status store_salvage(const char *from, const char *to, store_progress_fn *progress,
    void *arg, struct store_salvaged *out, char error[STORE_ERROR_SIZE])
{
	struct salvage s = {.out = out};
	*out = (struct store_salvaged){0};
	int fd = -1;
	if (pages_open(&s.from, from) != 0)
		snprintf(error, STORE_ERROR_SIZE, "database %s: %m", from);
	else if ((fd = open(to, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640)) < 0)
		snprintf(error, STORE_ERROR_SIZE, "%s: %m", to);
	enum store_status status = fd < 0 ? STORE_DENIED : fill(&s, to, progress, arg, error);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && status)
		unlink(to);
	pages_close(&s.from);
	return status;
}
