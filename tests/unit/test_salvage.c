/* test_salvage.c: what store_salvage() takes into the new database, what it leaves, what it tells.
 */
#include "history.h"
#include "store/store_admin.h"

static struct store_salvaged found;
static char error[STORE_ERROR_SIZE];

static enum store_status salvage(void)
{
	int next = unit_next_fd();
	unlink(unit_path("to"));
	enum store_status status =
	    store_salvage(unit_path("from"), unit_path("to"), NULL, NULL, &found, error);
	expect(unit_next_fd() == next, "something stayed open");
	return status;
}

static void expect_salvaged(int messages)
{
	enum store_status status = salvage();
	expect(status == STORE_OK, "status %d: %s", status, error);
	assert_int_equal(found.messages, messages);
	assert_int_equal(raw_number(unit_path("to"), "SELECT count(*) FROM messages"), messages);
}

/* The same rows are in both. */
static void expect_equal(const char *columns, const char *table)
{
	char sql[400], from[20000];
	snprintf(sql, sizeof(sql),
	    "SELECT group_concat(row, x'0a') FROM (SELECT %s AS row FROM %s)", columns, table);
	snprintf(from, sizeof(from), "%s", raw_text(unit_path("from"), sql));
	assert_string_equal(raw_text(unit_path("to"), sql), from);
}

static void make_from(int count)
{
	struct store *store = open_store(unit_path("from"), STORE_CREATOR);
	for (int i = 1; i <= count; i++) {
		struct store_entry entry = entry_with(i % 3 ? "lab" : "den",
		    i % 2 ? "Mökki ☕" : "x", i % 5 ? "client" : NULL, i % 4 ? "msg" : NULL);
		char id[20];
		snprintf(id, sizeof(id), "m-%d", i);
		if (entry.message.msg_id.at)
			entry.message.msg_id = str_of(id);
		entry.ts = TS + i;
		store_one(store, &entry);
	}
	store_close(store);
}

static void harm(const char *sql)
{
	raw_run(unit_path("from"), sql);
}

TEST(messages_are_what_they_were_and_ids_go_on)
{
	make_from(60);
	expect_salvaged(60);
	expect_equal("id || ts || room || nickname || text || ifnull(client_id, '-') ||"
		     " ifnull(msg_id, '-')",
	    "messages");
	expect_equal("room || messages || '|' || last_id || '|' || last_ts", "rooms");
	assert_int_equal(found.counted, 60);
	assert_int_equal(found.missing, 0);
	assert_int_equal(found.gap_count, 0);
	struct store *store = open_store(unit_path("to"), STORE_WRITER);
	int findings = 0;
	assert_int_equal(store_inspect(store, NULL, NULL, &findings), STORE_OK);
	assert_int_equal(findings, 0);
	assert_int_equal(add_message(store, "lab", "Next"), 61);
	store_close(store);
	struct stat about;
	assert_int_equal(stat(unit_path("to"), &about), 0);
	assert_int_equal(about.st_mode & 0777 & ~0640, 0);
	assert_string_equal(raw_text(unit_path("to"), "PRAGMA journal_mode"), "wal");
}

TEST(no_id_is_given_twice_whichever_table_knows_the_last)
{
	make_from(30);
	harm("DELETE FROM messages WHERE id > 20; UPDATE sqlite_sequence SET seq = 90");
	expect_salvaged(20);
	assert_int_equal(raw_number(unit_path("to"), "SELECT seq FROM sqlite_sequence"), 90);
	harm("UPDATE sqlite_sequence SET seq = 9007199254740992"); /* more than there can be */
	expect_salvaged(20);
	assert_int_equal(raw_number(unit_path("to"), "SELECT seq FROM sqlite_sequence"), 20);
	harm("UPDATE sqlite_sequence SET seq = 9007199254740991");
	expect_salvaged(20);
	assert_int_equal(
	    raw_number(unit_path("to"), "SELECT seq FROM sqlite_sequence"), 9007199254740991);
	harm("DELETE FROM sqlite_sequence; UPDATE rooms SET last_id = 70 WHERE room = 'lab'");
	expect_salvaged(20);
	assert_int_equal(raw_number(unit_path("to"), "SELECT seq FROM sqlite_sequence"), 70);
	harm("DELETE FROM rooms; INSERT INTO sqlite_sequence VALUES ('other', 500)");
	expect_salvaged(20);
	assert_int_equal(raw_number(unit_path("to"), "SELECT seq FROM sqlite_sequence"), 20);
	assert_int_equal(found.counted, 0);
}

TEST(a_database_without_messages_has_its_last_id)
{
	make_from(3);
	harm("DELETE FROM messages");
	expect_salvaged(0);
	assert_int_equal(raw_number(unit_path("to"), "SELECT seq FROM sqlite_sequence"), 3);
	assert_int_equal(found.gap_count, 0);
}

TEST(the_longest_gaps_are_told_first)
{
	make_from(100);
	harm("DELETE FROM messages WHERE id IN (2, 40, 41, 42, 60, 61) OR id > 95");
	expect_salvaged(89);
	assert_int_equal(found.gap_count, 4);
	static const int64_t gaps[][2] = {{96, 100}, {40, 42}, {60, 61}, {2, 2}};
	for (size_t i = 0; i < COUNT(gaps); i++) {
		assert_int_equal(found.gaps[i].first, gaps[i][0]);
		assert_int_equal(found.gaps[i].last, gaps[i][1]);
	}
	assert_int_equal(found.missing, 11);
	harm("DELETE FROM messages WHERE id % 10 = 5");
	expect_salvaged(79);
	assert_int_equal(found.gap_count, STORE_GAPS);
	assert_int_equal(found.missing, 21);
	assert_int_equal(found.gaps[STORE_GAPS - 1].first, 35);
}

/* ---- what the logger and an administrator keep ---- */

static void expect_note(const char *values, const char *expected)
{
	char sql[300];
	snprintf(sql, sizeof(sql),
	    "DELETE FROM logger_note; INSERT INTO logger_note (one, alive_at, session_lost_at, note,"
	    " reckoned_at) VALUES (1, %s)",
	    values);
	harm(sql);
	expect_salvaged(1);
	const char *note = raw_text(unit_path("to"),
	    "SELECT one || ' ' || alive_at || ' ' || ifnull(session_lost_at, '-') || ' ' ||"
	    " hex(note) || ' ' || ifnull(reckoned_at, '-') FROM logger_note");
	assert_string_equal(note, expected);
}

TEST(the_loggers_note_is_kept)
{
	make_from(1);
	expect_note("77, 66, x'0102', 55", "1 77 66 0102 55");
	expect_note("1795455665123, NULL, x'', 1795455665000", "1 1795455665123 -  1795455665000");
	harm("DELETE FROM logger_note");
	expect_salvaged(1);
	assert_int_equal(raw_number(unit_path("to"), "SELECT count(*) FROM logger_note"), 0);
}

TEST(topics_are_kept_and_the_last_change_counts)
{
	make_from(1);
	harm("INSERT INTO topics VALUES (4, 'lab', 'Soldering'), (7, 'den', ''), (9, 'x', 'é')");
	expect_salvaged(1);
	expect_equal("number || room || '|' || topic", "topics");
	/* As an older page of the table would have it; what is no topic is left out. */
	harm("CREATE TABLE old (number INTEGER PRIMARY KEY, room, topic);"
	     "INSERT INTO old VALUES (2, 'lab', 'Old'), (8, 'den', 'Newer'), (10, 'No', 'x'),"
	     " (11, 'y', 'two' || char(10) || 'lines'), (-1, 'z', 'x'), (12, 'w', x'78')");
	expect_salvaged(1);
	assert_string_equal(
	    raw_text(unit_path("to"), "SELECT group_concat(number || room || topic) FROM topics"),
	    "4labSoldering,8denNewer,9xé");
}

/* ---- what is no message ---- */

TEST(what_only_looks_like_a_message_is_left_out)
{
	static const char *const rows[] = {
	    "(11, 1, 'Lab', 'Ann', 'Hi', NULL, NULL)",
	    "(12, 1, 'lab', x'78', 'Hi', NULL, NULL)",
	    "(13, 1, 'lab', 'Ann', 7, NULL, NULL)",
	    "(14, 1, 'lab', 'Ann', 'Hi', 7, NULL)",
	    "(15, 1, 'lab', 'Ann', 'Hi', NULL, x'78')",
	    "(16, 'x', 'lab', 'Ann', 'Hi', NULL, NULL)",
	    "(17, 1, 'lab', CAST(x'ff' AS TEXT), 'Hi', NULL, NULL)",
	    "(18, 1, 'lab', 'Ann', CAST(x'ff' AS TEXT), NULL, NULL)",
	    "(19, 1, 'lab', 'Ann', 'Hi', CAST(x'ff' AS TEXT), NULL)",
	    "(20, 1, 'lab', 'Ann', 'Hi', NULL, CAST(x'ff' AS TEXT))",
	    "(21, 1, 'lab', '', 'Hi', NULL, NULL)",
	    "(22, 1, 'lab', 'Ann', '', NULL, NULL)",
	    "(0, 1, 'lab', 'Ann', 'Hi', NULL, NULL)",
	    "(-5, 1, 'lab', 'Ann', 'Hi', NULL, NULL)",
	};
	make_from(3);
	harm("CREATE TABLE like (id INTEGER PRIMARY KEY, a, b, c, d, e, f);"
	     "CREATE TABLE short (id INTEGER PRIMARY KEY, a, b, c, d, e);"
	     "INSERT INTO short VALUES (31, 1, 'lab', 'Ann', 'Hi', NULL)");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char sql[200];
		snprintf(sql, sizeof(sql), "DELETE FROM like; INSERT INTO like VALUES %s", rows[i]);
		harm(sql);
		assert_int_equal(salvage(), STORE_OK);
		expect(found.messages == 3, "%s is a message", rows[i]);
	}
	harm("INSERT OR REPLACE INTO like VALUES (1, 1, 'lab', 'Ann', 'Another', NULL, NULL),"
	     " (40, 1, 'lab', 'Ann', 'Hi', NULL, NULL)");
	expect_salvaged(4);
	expect_equal("id || text", "messages WHERE id = 1");
}

/* ---- how it goes ---- */

static void tell(void *arg, int64_t done, int64_t total)
{
	int64_t *told = arg;
	assert_int_equal(done, 256 * ++told[0]);
	told[1] = total;
}

TEST(progress_is_told_now_and_then)
{
	int64_t told[2] = {0};
	make_from(1);
	harm("CREATE TABLE large (a); INSERT INTO large VALUES (zeroblob(3000000))");
	int64_t pages = raw_number(unit_path("from"), "PRAGMA page_count");
	assert_int_equal(
	    store_salvage(unit_path("from"), unit_path("to"), tell, told, &found, error), STORE_OK);
	assert_int_equal(told[0], pages / 256);
	assert_true(told[0] >= 2);
	assert_int_equal(told[1], pages);
}

TEST(what_is_there_is_not_written_to)
{
	make_from(1);
	unit_write(unit_path("to"), str_of("mine"));
	assert_int_not_equal(
	    store_salvage(unit_path("from"), unit_path("to"), NULL, NULL, &found, error), STORE_OK);
	expect(strstr(error, "to: File exists"), "%s", error);
	char content[20];
	unit_read(unit_path("to"), content, sizeof(content));
	assert_string_equal(content, "mine");
}

TEST(what_cannot_be_read_is_told_and_nothing_is_made)
{
	assert_int_not_equal(salvage(), STORE_OK);
	expect(strstr(error, "from: No such file"), "%s", error);
	assert_false(unit_exists(unit_path("to")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(messages_are_what_they_were_and_ids_go_on),
	    IN_DIR(no_id_is_given_twice_whichever_table_knows_the_last),
	    IN_DIR(a_database_without_messages_has_its_last_id),
	    IN_DIR(the_longest_gaps_are_told_first),
	    IN_DIR(the_loggers_note_is_kept),
	    IN_DIR(topics_are_kept_and_the_last_change_counts),
	    IN_DIR(what_only_looks_like_a_message_is_left_out),
	    IN_DIR(progress_is_told_now_and_then),
	    IN_DIR(what_is_there_is_not_written_to),
	    IN_DIR(what_cannot_be_read_is_told_and_nothing_is_made),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
