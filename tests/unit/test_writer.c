/* test_writer.c: how the logger's database comes back after a failure. */
#include "logger/writer.h"

#include <signal.h>
#include <sys/resource.h>

#include "history.h"

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

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    WRITING(after_a_failure_of_the_disk_the_store_is_opened_again),
	    WRITING(after_a_lock_the_store_goes_on_as_it_is),
	    WRITING(that_the_index_is_made_anew_is_told_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
