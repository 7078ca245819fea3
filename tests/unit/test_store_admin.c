/* test_store_admin.c: figures of a database, each damage that is looked for, and its copies. */
#include "store/store_admin.h"

#include "writing.h"

static struct store_overview overview_of(struct store *store)
{
	struct store_overview overview;
	assert_int_equal(store_overview(store, &overview), STORE_OK);
	return overview;
}

TEST(figures_of_an_empty_database_are_none)
{
	struct store_overview o = overview_of(writer);
	assert_int_equal(o.messages, 0);
	assert_int_equal(o.rooms, 0);
	assert_int_equal(o.newest_id, 0);
	assert_int_equal(o.newest_ts, 0);
	assert_int_equal(o.last_rejected_ts, 0);
	assert_int_equal(o.indexed_id, 0);
	assert_true(o.wal);
}

TEST(figures_are_those_of_the_tables_and_the_files)
{
	struct store_entry late = entry_with("den", "Hi", NULL, NULL);
	for (int i = 0; i < 4; i++)
		add_message(writer, i % 2 ? "lab" : "hall", "Hi");
	late.ts = TS - 5;
	store_one(writer, &late);
	assert_int_equal(store_index(writer, 3, STORE_MERGE), STORE_OK);
	raw_run(path,
	    "INSERT INTO rejected (ts, topic, reason, size, head) VALUES (71, 't', 'r', 1,"
	    " x'00'), (70, 't', 'r', 1, x'00'); CREATE TABLE large (a);"
	    " INSERT INTO large VALUES (zeroblob(50000)); DROP TABLE large");
	struct store_overview o = overview_of(writer);
	assert_int_equal(o.messages, 5);
	assert_int_equal(o.rooms, 3);
	assert_int_equal(o.rejected, 2);
	assert_int_equal(o.last_rejected_ts, 71);
	assert_int_equal(o.newest_id, 5);
	assert_int_equal(o.newest_ts, TS - 5);
	assert_int_equal(o.indexed_id, 3);
	int64_t empty = raw_number(path, "PRAGMA freelist_count");
	assert_true(empty > 10);
	assert_int_equal(o.free_bytes, empty * 4096);
	struct stat about;
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(o.file_bytes, about.st_size);
	assert_int_equal(stat(unit_path("db-wal"), &about), 0);
	assert_true(about.st_size > 0);
	assert_int_equal(o.wal_bytes, about.st_size);
	/* It leaves no transaction open. */
	assert_int_equal(raw_number(path, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
}

TEST(another_journal_is_told)
{
	store_close(writer);
	raw_run(path, "PRAGMA journal_mode = DELETE");
	writer = open_store(path, STORE_READER);
	struct store_overview o = overview_of(writer);
	assert_false(o.wal);
	assert_int_equal(o.wal_bytes, 0);
	assert_int_equal(store_wal_bytes(writer), 0);
}

TEST(a_table_that_is_gone_is_told_and_no_transaction_stays_open)
{
	struct store_overview o;
	raw_run(path, "DROP TABLE rejected");
	assert_int_equal(store_overview(writer, &o), STORE_FAILED);
	expect(strstr(store_error(writer), "no such table: rejected"), "%s", store_error(writer));
	add_message(writer, "lab", "Hi");
	int64_t count;
	struct store *reader = open_store(path, STORE_READER);
	assert_int_equal(store_count_since(reader, TS, &count), STORE_OK);
	assert_int_equal(count, 1);
	assert_int_equal(store_count_since(reader, TS + 1, &count), STORE_OK);
	assert_int_equal(count, 0);
	raw_run(path, "PRAGMA legacy_alter_table = on; ALTER TABLE messages RENAME TO away");
	assert_int_equal(store_count_since(reader, TS, &count), STORE_FAILED);
	assert_int_equal(store_newest(reader, &count), STORE_FAILED);
	store_close(reader);
}

/* ---- damage ---- */

static char said[4000];

static void tell(void *arg, const char *what, const char *remedy)
{
	size_t length = strlen(said);
	assert_ptr_equal(arg, said);
	snprintf(said + length, sizeof(said) - length, "%s: %s\n", what, remedy);
}

/* Harms it and looks; `found` are the lines. */
static void expect_finding(const char *sql, const char *found)
{
	int count = 99, lines = 0;
	char pragmas[2000];
	snprintf(pragmas, sizeof(pragmas), "PRAGMA writable_schema = on; %s", sql);
	raw_run(path, pragmas);
	reopen();
	said[0] = '\0';
	assert_int_equal(store_inspect(writer, tell, said, &count), STORE_OK);
	expect(strcmp(said, found) == 0, "%s: %s", sql, said);
	for (const char *at = said; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(count, lines);
}

static void say_much(int count)
{
	for (int i = 0; i < count; i++)
		add_message(writer, i % 2 ? "lab" : "hall", "Hi");
	while (store_unindexed(writer) > 0)
		assert_int_equal(store_index(writer, 100, STORE_MERGE), STORE_OK);
}

#define REINDEX ": make it anew: mqtt-chat reindex\n"

TEST(what_is_well_has_no_findings)
{
	expect_finding("", "");
	say_much(30);
	expect_finding("", "");
	raw_run(path, "DELETE FROM messages WHERE id IN (1, 7, 30)");
	expect_finding("", "");
}

TEST(what_is_not_as_in_the_schema_is_told)
{
	say_much(3);
	expect_finding("DROP INDEX messages_room; DROP TRIGGER message_redated",
	    "the index `messages_room` is missing or not as in the schema: make it as in schema.sql,"
	    " or restore a backup: mqtt-chat restore FILE\n"
	    "the trigger `message_redated` is missing or not as in the schema: make it as in"
	    " schema.sql, or restore a backup: mqtt-chat restore FILE\n");
}

TEST(rooms_that_are_counted_wrong_are_told)
{
	say_much(4);
	expect_finding("UPDATE rooms SET messages = messages - 1 WHERE room = 'lab'",
	    "the table `rooms` counts 1 rooms wrong: delete its rows while the logger runs; it "
	    "counts anew with the next message\n");
	expect_finding("UPDATE rooms SET messages = 7",
	    "the table `rooms` counts 2 rooms wrong: delete its rows while the logger runs; it "
	    "counts anew with the next message\n");
}

TEST(messages_that_the_search_lacks_are_told)
{
	say_much(10);
	expect_finding("UPDATE messages SET room = 'den' WHERE id = 4",
	    "the table `rooms` counts 1 rooms wrong: delete its rows while the logger runs; it "
	    "counts anew with the next message\n"
	    "the index of the search lacks 1 of 200 messages that were tried" REINDEX);
	expect_finding("UPDATE messages SET room = 'lab' WHERE id = 4", "");
	expect_finding("INSERT INTO search (search) VALUES ('delete-all')",
	    "the index of the search lacks 10 of 200 messages that were tried" REINDEX);
	raw_run(path, "UPDATE search_state SET indexed_id = 0");
	expect_finding("", "");
}

TEST(an_index_ahead_of_the_messages_is_told)
{
	say_much(10);
	expect_finding("UPDATE search_state SET indexed_id = 11",
	    "the index of the search claims to be at 11, beyond the last message, 10" REINDEX);
}

TEST(times_that_lie_outside_of_their_span_are_told)
{
	say_much(4);
	expect_finding("UPDATE spans SET first_ts = last_ts + 1",
	    "the table `spans` misses the times of 4 messages" REINDEX);
}

TEST(a_page_that_is_damaged_is_told)
{
	char page[4096];
	say_much(300);
	store_close(writer);
	writer = NULL;
	int64_t root =
	    raw_number(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'messages_room'");
	raw_run(path, "PRAGMA wal_checkpoint(TRUNCATE)");
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	memset(page, 'Z', sizeof(page));
	assert_int_equal(pwrite(fd, page, sizeof(page), (root - 1) * 4096), sizeof(page));
	close(fd);
	writer = open_store(path, STORE_READER);
	int count = 0;
	said[0] = '\0';
	store_inspect(writer, tell, said, &count);
	assert_true(count >= 1 && count <= 3);
	assert_int_equal(strncmp(said, "the file is damaged: ", 21), 0);
	expect(strstr(said, "mqtt-chat salvage FILE"), "%s", said);
}

/* ---- what the commands ask ---- */

static bool has_rejected(const char *topic)
{
	bool has;
	assert_int_equal(store_has_rejected(writer, str_of(topic), &has), STORE_OK);
	return has;
}

TEST(a_rejected_message_is_known_by_its_topic)
{
	assert_false(has_rejected("import:csv:7"));
	raw_run(path, "INSERT INTO rejected (ts, topic, reason, size, head)"
		      " VALUES (1, 'import:csv:7', 'r', 1, x'00')");
	assert_true(has_rejected("import:csv:7"));
	assert_false(has_rejected("import:csv:70"));
	bool has = true;
	raw_run(path, "DROP TABLE rejected");
	assert_int_equal(store_has_rejected(writer, str_of("x"), &has), STORE_FAILED);
	assert_false(has);
}

TEST(pages_that_were_written_are_told_once)
{
	store_take_written(writer);
	assert_int_equal(store_take_written(writer), 0);
	add_message(writer, "lab", "Hi");
	assert_true(store_take_written(writer) >= 3);
	assert_int_equal(store_take_written(writer), 0);
}

/* ---- copies ---- */

static char error[STORE_ERROR_SIZE];

static void see_progress(void *arg, int64_t done, int64_t total)
{
	int64_t *last = arg;
	expect(done > last[0] && done <= total, "%lld of %lld", (long long)done, (long long)total);
	last[0] = done;
	last[1] = total;
	last[2]++;
	if (last[2] == 1)
		add_message(writer, "lab", "meanwhile");
}

TEST(a_copy_is_what_there_was_when_it_was_begun)
{
	int64_t last[3] = {0};
	say_much(3);
	raw_run(path, "CREATE TABLE large (a); INSERT INTO large VALUES (zeroblob(3000000))");
	int64_t size = raw_number(path, "PRAGMA page_count");
	struct store *reader = open_store(path, STORE_READER);
	assert_int_equal(
	    store_backup(reader, unit_path("copy"), see_progress, last, error), STORE_OK);
	store_close(reader);
	assert_int_equal(last[2], size / 256);
	assert_int_equal(last[0], size / 256 * 256);
	assert_int_equal(last[1], size);
	assert_int_equal(raw_number(unit_path("copy"), "SELECT count(*) FROM messages"), 3);
	assert_int_equal(count_of("messages"), 4);
	assert_string_equal(raw_text(unit_path("copy"), "PRAGMA journal_mode"), "delete");
	struct stat about;
	assert_int_equal(stat(unit_path("copy"), &about), 0);
	assert_int_equal(about.st_mode & 0777 & ~0640, 0);
}

TEST(a_copy_that_cannot_be_made_is_told_and_nothing_stays)
{
	int next = unit_next_fd();
	unit_write(unit_path("copy"), str_of("mine"));
	assert_int_equal(store_backup(writer, unit_path("copy"), NULL, NULL, error), STORE_DENIED);
	expect(strstr(error, "copy: File exists"), "%s", error);
	char content[20];
	unit_read(unit_path("copy"), content, sizeof(content));
	assert_string_equal(content, "mine");
	assert_int_equal(
	    store_backup(writer, unit_path("none/copy"), NULL, NULL, error), STORE_DENIED);
	expect(strstr(error, "none/copy: No such file"), "%s", error);
	assert_int_equal(unit_next_fd(), next);
}

static int64_t last_id(void)
{
	int64_t id = -1;
	enum store_status status = store_last_id(path, &id, error);
	expect(status == STORE_OK, "%s", error);
	return id;
}

TEST(the_last_id_is_the_highest_that_was_given)
{
	assert_int_equal(last_id(), 0);
	say_much(5);
	assert_int_equal(last_id(), 5);
	raw_run(path, "DELETE FROM messages WHERE id > 3");
	assert_int_equal(last_id(), 5);
	raw_run(path, "DELETE FROM sqlite_sequence");
	assert_int_equal(last_id(), 3);
	int64_t id;
	assert_int_not_equal(store_last_id(unit_path("none"), &id, error), STORE_OK);
	expect(strstr(error, "none: "), "%s", error);
	unit_write(
	    unit_path("text"), str_of("This is no database, it is a text, and long enough."));
	assert_int_not_equal(store_last_id(unit_path("text"), &id, error), STORE_OK);
	expect(strstr(error, "text: file is not a database; "), "%s", error);
}

static int64_t restored(int64_t last)
{
	unlink(unit_path("back"));
	enum store_status status = store_restore(unit_path("copy"), unit_path("back"), last, error);
	expect(status == STORE_OK, "%s", error);
	return raw_number(unit_path("back"), "SELECT seq FROM sqlite_sequence");
}

TEST(what_is_restored_goes_on_behind_the_higher_of_both_ids)
{
	assert_int_equal(store_backup(writer, unit_path("copy"), NULL, NULL, error), STORE_OK);
	assert_int_equal(restored(0), 0);
	assert_int_equal(restored(7), 7);
	unlink(unit_path("copy"));
	say_much(5);
	assert_int_equal(store_backup(writer, unit_path("copy"), NULL, NULL, error), STORE_OK);
	assert_int_equal(restored(4), 5);
	assert_int_equal(restored(6), 6);
	assert_string_equal(raw_text(unit_path("back"), "PRAGMA journal_mode"), "wal");
	assert_int_equal(raw_number(unit_path("back"), "SELECT count(*) FROM messages"), 5);
}

TEST(what_cannot_be_restored_is_told)
{
	unit_write(
	    unit_path("text"), str_of("This is no database, it is a text, and long enough."));
	assert_int_not_equal(
	    store_restore(unit_path("none"), unit_path("back"), 1, error), STORE_OK);
	expect(strstr(error, "none: "), "%s", error);
	assert_false(unit_exists(unit_path("back")));
	assert_int_not_equal(
	    store_restore(unit_path("text"), unit_path("back"), 1, error), STORE_OK);
	expect(strstr(error, "text: "), "%s", error);
	assert_int_not_equal(store_restore(path, path, 1, error), STORE_OK);
	expect(strstr(error, "db: File exists"), "%s", error);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    WRITING(figures_of_an_empty_database_are_none),
	    WRITING(figures_are_those_of_the_tables_and_the_files),
	    WRITING(another_journal_is_told),
	    WRITING(a_table_that_is_gone_is_told_and_no_transaction_stays_open),
	    WRITING(what_is_well_has_no_findings),
	    WRITING(what_is_not_as_in_the_schema_is_told),
	    WRITING(rooms_that_are_counted_wrong_are_told),
	    WRITING(messages_that_the_search_lacks_are_told),
	    WRITING(an_index_ahead_of_the_messages_is_told),
	    WRITING(times_that_lie_outside_of_their_span_are_told),
	    WRITING(a_page_that_is_damaged_is_told),
	    WRITING(a_rejected_message_is_known_by_its_topic),
	    WRITING(pages_that_were_written_are_told_once),
	    WRITING(a_copy_is_what_there_was_when_it_was_begun),
	    WRITING(a_copy_that_cannot_be_made_is_told_and_nothing_stays),
	    WRITING(the_last_id_is_the_highest_that_was_given),
	    WRITING(what_is_restored_goes_on_behind_the_higher_of_both_ids),
	    WRITING(what_cannot_be_restored_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
