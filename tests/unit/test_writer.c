/* test_writer.c: how the logger's database comes back after a failure. */
#include "logger/writer.h"

#include <signal.h>
#include <sys/resource.h>

#include "history.h"
#include "logger/indexer.h"

static struct writer *writer;

static int setup(void **state)
{
	static char path[PATH_MAX];
	if (unit_make_dir(state) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s", unit_path("db"));
	struct store *store = open_store(path, STORE_CREATOR);
	writer = writer_open(&(struct writer_config){.database = path}, store);
	return writer ? 0 : -1;
}

static int teardown(void **state)
{
	writer_close(writer);
	return unit_remove_dir(state);
}

#define WRITING(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static void take(const char *text, int qos)
{
	static uint16_t packet;
	assert_true(writer_take(writer, str_of("chat/lab"), str_of(text),
	    &(struct delivery){qos ? ++packet : 0, false}));
}

/* Stores, and gives what was logged of it. */
static bool stores(char logged[4000])
{
	struct capture capture = capture_begin(STDERR_FILENO);
	bool stored = writer_store(writer);
	capture_end(&capture, logged, 4000);
	return stored;
}

static off_t wal_size(void)
{
	struct stat about;
	return stat(unit_path("db-wal"), &about) == 0 ? about.st_size : -1;
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &limit);
}

/* The frames of a failed sync would be taken for written: the -wal file has to be begun anew. */
TEST(after_a_failure_of_the_disk_the_store_is_opened_again)
{
	char logged[4000], text[4001];
	memset(text, 'x', 4000);
	text[4000] = '\0';
	take("before", 1);
	assert_true(writer_store(writer));
	writer_answer(writer, NULL, NULL);
	assert_true(wal_size() > 0);
	for (int i = 0; i < 600; i++)
		take(text, 1);
	signal(SIGXFSZ, SIG_IGN);
	limit_files(400000);
	bool stored = stores(logged);
	limit_files(RLIM_INFINITY);
	assert_false(stored);
	expect(strstr(logged, "nothing is acknowledged meanwhile"), "%s", logged);
	assert_int_equal(wal_size(), 0);
	assert_int_equal(writer_waiting(writer), 0);
	assert_true(writer_error(writer)[0]);
	take("after", 1);
	assert_true(stores(logged));
	expect(strstr(logged, "can be written again"), "%s", logged);
	assert_string_equal(writer_error(writer), "");
	assert_string_equal(
	    raw_text(unit_path("db"), "SELECT group_concat(text) FROM messages"), "before,after");
}

TEST(after_a_lock_the_store_goes_on_as_it_is)
{
	char logged[4000];
	take("before", 1);
	assert_true(writer_store(writer));
	writer_answer(writer, NULL, NULL);
	off_t size = wal_size();
	sqlite3 *other = raw_open(unit_path("db"));
	sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	take("nobody repeats it", 0);
	take("the broker does", 1);
	assert_false(stores(logged));
	sqlite3_close(other);
	assert_int_equal(wal_size(), size);
	assert_int_equal(writer_waiting(writer), 1);
	assert_true(stores(logged));
	assert_string_equal(raw_text(unit_path("db"), "SELECT group_concat(text) FROM messages"),
	    "before,nobody repeats it");
}

TEST(that_the_index_is_made_anew_is_told_once)
{
	char logged[4000];
	take("Étage", 1);
	assert_true(writer_store(writer));
	writer_close(writer);
	raw_run(unit_path("db"), "UPDATE search_state SET indexed_id = 1, unicode = '1.0.0'");
	for (int round = 0; round < 2; round++) {
		struct store *store = open_store(unit_path("db"), STORE_CREATOR);
		struct capture capture = capture_begin(STDERR_FILENO);
		writer = writer_open(&(struct writer_config){.database = unit_path("db")}, store);
		capture_end(&capture, logged, sizeof(logged));
		assert_non_null(writer);
		expect((strstr(logged, "made anew") != NULL) == (round == 0), "%s", logged);
		if (round == 0)
			writer_close(writer);
	}
}

/* ---- signs of life, and the broker's session ---- */

/* A connection begins; what was logged of it. */
static const char *connect_with(bool session_present)
{
	static char logged[4000];
	struct capture capture = capture_begin(STDERR_FILENO);
	writer_connected(writer, session_present);
	capture_end(&capture, logged, sizeof(logged));
	return logged;
}

static int64_t note_number(const char *column)
{
	char sql[100];
	snprintf(sql, sizeof(sql), "SELECT ifnull(%s, 0) FROM logger_note", column);
	return raw_number(unit_path("db"), sql);
}

TEST(a_session_that_the_broker_forgot_is_told_and_kept)
{
	assert_string_equal(connect_with(false), ""); /* it has never had one */
	assert_true(writer_show_life(writer));
	assert_int_equal(note_number("session_lost_at"), 0);
	assert_string_equal(connect_with(true), "");
	int64_t before = note_number("alive_at");
	const char *logged = connect_with(false);
	expect(strstr(logged, "the broker has forgotten this logger's session"), "%s", logged);
	take("after", 1);
	assert_true(writer_store(writer));
	assert_true(note_number("session_lost_at") >= before);
	assert_true(note_number("session_lost_at") < before + 60000);
}

TEST(a_sign_of_life_is_stored_where_one_is_due_and_nothing_waits)
{
	take("waits", 1);
	assert_false(writer_show_life(writer));
	assert_int_equal(raw_number(unit_path("db"), "SELECT count(*) FROM logger_note"), 0);
	assert_true(writer_store(writer));
	writer_answer(writer, NULL, NULL);
	assert_true(writer_show_life(writer)); /* the first tells that the broker has a session */
	assert_false(writer_show_life(writer));
	assert_true(note_number("alive_at") > 0);
	writer_forget_marks(writer);
	assert_int_equal(raw_number(unit_path("db"), "SELECT count(*) FROM messages"), 1);
}

TEST(what_a_writer_before_knew_is_known_again)
{
	assert_true(writer_show_life(writer));
	writer_close(writer);
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	static char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s", unit_path("db"));
	writer = writer_open(&(struct writer_config){.database = path}, store);
	assert_non_null(writer);
	assert_true(connect_with(false)[0]);
	assert_true(writer_store(writer));
	int64_t lost_at = note_number("session_lost_at");
	assert_true(lost_at > 0);
	writer_close(writer);
	writer =
	    writer_open(&(struct writer_config){.database = path}, open_store(path, STORE_CREATOR));
	assert_non_null(writer);
	assert_true(writer_store(writer));
	assert_int_equal(note_number("session_lost_at"), lost_at);
}

/* ---- a database that goes and comes ---- */

static bool ready(char logged[4000])
{
	struct capture capture = capture_begin(STDERR_FILENO);
	bool is = writer_ready(writer);
	capture_end(&capture, logged, 4000);
	return is;
}

TEST(a_database_that_is_gone_is_told_once_and_taken_up_again)
{
	char logged[4000];
	assert_true(ready(logged));
	assert_string_equal(logged, "");
	assert_non_null(writer_lend(writer));
	take("lost without a repetition", 1);
	assert_int_equal(rename(unit_path("db"), unit_path("away")), 0);
	assert_false(stores(logged));
	expect(strstr(logged, "nothing is acknowledged meanwhile"), "%s", logged);
	assert_int_equal(writer_waiting(writer), 0);
	assert_null(writer_lend(writer));
	assert_false(ready(logged));
	assert_string_equal(logged, "");
	assert_true(writer_error(writer)[0]);
	assert_true(writer_work(writer, true, false));
	assert_false(writer_show_life(writer));
	assert_int_equal(rename(unit_path("away"), unit_path("db")), 0);
	assert_true(ready(logged));
	assert_non_null(writer_lend(writer));
	take("again", 1);
	assert_true(stores(logged));
	expect(strstr(logged, "the database can be written again"), "%s", logged);
	assert_string_equal(
	    raw_text(unit_path("db"), "SELECT group_concat(text) FROM messages"), "again");
}

/* ---- in between ---- */

static int64_t indexed(void)
{
	return raw_number(unit_path("db"), "SELECT indexed_id FROM search_state");
}

TEST(what_is_stored_comes_into_the_index_when_it_is_quiet)
{
	for (int i = 0; i < INDEXER_IDLE; i++) {
		take("door", 1);
		if (i % 50 < 49)
			continue;
		assert_true(writer_store(writer));
		writer_answer(writer, NULL, NULL);
	}
	assert_true(writer_store(writer));
	assert_int_equal(writer_wait_ms(writer, 700), 0);
	assert_true(writer_work(writer, false, true));
	assert_int_equal(indexed(), 0);
	for (int i = 0; i < 50 && writer_wait_ms(writer, 700) == 0; i++)
		assert_true(writer_work(writer, true, false));
	assert_true(indexed() > 0);
	assert_true(writer_wait_ms(writer, 700) > 0);
	assert_int_equal(writer_refuses(writer), MESSAGE_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    WRITING(after_a_failure_of_the_disk_the_store_is_opened_again),
	    WRITING(after_a_lock_the_store_goes_on_as_it_is),
	    WRITING(that_the_index_is_made_anew_is_told_once),
	    WRITING(a_session_that_the_broker_forgot_is_told_and_kept),
	    WRITING(a_sign_of_life_is_stored_where_one_is_due_and_nothing_waits),
	    WRITING(what_a_writer_before_knew_is_known_again),
	    WRITING(a_database_that_is_gone_is_told_once_and_taken_up_again),
	    WRITING(what_is_stored_comes_into_the_index_when_it_is_quiet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
