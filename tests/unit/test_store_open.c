/* test_store_open.c: what opening makes, what it refuses, and what it says then. */
#include <dirent.h>

#include "history.h"

static char error[STORE_ERROR_SIZE];

/* Opens what has to be refused with `status`, and with one line that holds `part`. */
static void expect_refusal(
    const char *path, enum store_mode mode, enum store_status status, const char *part)
{
	struct store *store = (struct store *)&error;
	memset(error, 'x', sizeof(error));
	enum store_status found = store_open(&store, path, mode, error);
	expect(found == status, "status %d and not %d: %s", found, status, error);
	assert_null(store);
	expect(strstr(error, path) && strstr(error, part) && strchr(error, ';'),
	    "it does not name the file, '%s', or what to do: %s", part, error);
	expect(!strchr(error, '\n'), "more than one line: %s", error);
}

static int files_here(void)
{
	DIR *dir = opendir(unit_dir);
	int count = -2; /* . and .. */
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* ---- what a writer makes ---- */

TEST(a_writer_makes_a_database_with_our_number_and_version)
{
	const char *path = unit_path("db");
	make_history(path, 0);
	assert_int_equal(raw_number(path, "PRAGMA application_id"), 1297171272);
	assert_int_equal(raw_number(path, "PRAGMA user_version"), STORE_SCHEMA_VERSION);
}

TEST(a_writer_opens_again_what_it_made)
{
	const char *path = unit_path("db");
	make_history(path, 1);
	store_close(open_store(path, STORE_CREATOR));
	assert_int_equal(raw_number(path, "SELECT count(*) FROM messages"), 1);
}

TEST(a_new_database_is_in_wal_mode)
{
	const char *path = unit_path("db");
	make_history(path, 0);
	assert_string_equal(raw_text(path, "PRAGMA journal_mode"), "wal");
}

static void leave_wal_mode(const char *path)
{
	make_history(path, 1);
	assert_string_equal(raw_text(path, "PRAGMA journal_mode = DELETE"), "delete");
}

/* A file of VACUUM INTO, of a backup, or after somebody's PRAGMA. */
TEST(a_writer_puts_what_it_opens_into_wal_mode)
{
	static const enum store_mode modes[] = {STORE_CREATOR, STORE_WRITER, STORE_EDITOR};
	for (size_t i = 0; i < COUNT(modes); i++) {
		const char *path = unit_path("db");
		leave_wal_mode(path);
		store_close(open_store(path, modes[i]));
		assert_string_equal(raw_text(path, "PRAGMA journal_mode"), "wal");
		remove(path);
	}
}

TEST(a_writer_that_cannot_get_wal_mode_says_so)
{
	const char *path = unit_path("db");
	leave_wal_mode(path);
	sqlite3 *reader = NULL;
	sqlite3_open(path, &reader);
	sqlite3_exec(reader, "BEGIN; SELECT * FROM messages", NULL, NULL, NULL);
	expect_refusal(path, STORE_EDITOR, STORE_BUSY, "WAL mode");
	sqlite3_close(reader);
}

/* The logger opens again what failed: a new file in its place would hide what was stored. */
TEST(a_writer_that_is_no_creator_makes_nothing)
{
	struct store *store;
	assert_int_equal(store_open(&store, unit_path("db"), STORE_WRITER, error), STORE_MISSING);
	assert_null(store);
	assert_int_equal(access(unit_path("db"), F_OK), -1);
}

TEST(a_writer_fills_an_empty_file)
{
	const char *path = unit_path("db");
	unit_write(path, BYTES(""));
	make_history(path, 1);
	assert_int_equal(raw_number(path, "PRAGMA user_version"), STORE_SCHEMA_VERSION);
}

static mode_t mode_under(mode_t mask)
{
	struct stat about;
	mode_t before = umask(mask);
	store_close(open_store(unit_path("db"), STORE_CREATOR));
	umask(before);
	assert_int_equal(stat(unit_path("db"), &about), 0);
	return about.st_mode & 0777;
}

TEST(a_new_database_is_not_for_everybody)
{
	assert_int_equal(mode_under(0), 0640);
}

TEST(a_new_database_obeys_the_umask)
{
	assert_int_equal(mode_under(0077), 0600);
}

TEST(a_writer_that_ends_leaves_the_log_for_readers_that_cannot_make_it)
{
	make_history(unit_path("db"), 1);
	assert_true(unit_exists(unit_path("db-wal")));
}

/* ---- what is refused ---- */

static void make_with(const char *path, const char *sql)
{
	make_history(path, 0);
	raw_run(path, sql);
}

TEST(a_reader_says_that_the_database_is_missing)
{
	expect_refusal(unit_path("db"), STORE_READER, STORE_MISSING, "start the logger");
}

TEST(a_reader_says_that_the_database_is_missing_where_its_folder_is)
{
	expect_refusal(unit_path("none/db"), STORE_READER, STORE_MISSING, "start the logger");
}

TEST(a_reader_says_that_the_database_is_still_empty)
{
	unit_write(unit_path("db"), BYTES(""));
	expect_refusal(unit_path("db"), STORE_READER, STORE_MISSING, "start the logger");
}

TEST(a_reader_makes_no_file_where_there_is_no_database)
{
	struct store *store;
	store_open(&store, unit_path("db"), STORE_READER, error);
	assert_int_equal(files_here(), 0);
	unit_write(unit_path("db"), BYTES(""));
	store_open(&store, unit_path("db"), STORE_READER, error);
	assert_int_equal(files_here(), 1);
}

TEST(a_reader_makes_no_file_beside_a_database_whose_writer_ended)
{
	make_history(unit_path("db"), 3);
	int before = files_here();
	store_close(open_store(unit_path("db"), STORE_READER));
	assert_int_equal(files_here(), before);
}

TEST(a_foreign_database_is_refused)
{
	static const enum store_mode modes[] = {STORE_READER, STORE_CREATOR};
	raw_run(unit_path("db"), "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
	for (size_t i = 0; i < COUNT(modes); i++)
		expect_refusal(unit_path("db"), modes[i], STORE_VERSION,
		    "not a database of mqtt-chat; set `database` to another file");
}

TEST(a_foreign_database_with_a_version_like_ours_is_refused)
{
	raw_run(unit_path("db"), "CREATE TABLE t (x); PRAGMA user_version = 1");
	expect_refusal(
	    unit_path("db"), STORE_CREATOR, STORE_VERSION, "not a database of mqtt-chat");
}

TEST(a_writer_leaves_a_foreign_database_as_it_is)
{
	static char before[20000], after[20000];
	raw_run(unit_path("db"), "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
	size_t length = unit_read(unit_path("db"), before, sizeof(before));
	expect_refusal(unit_path("db"), STORE_CREATOR, STORE_VERSION, "another file");
	assert_int_equal(unit_read(unit_path("db"), after, sizeof(after)), length);
	assert_memory_equal(before, after, length);
	assert_int_equal(files_here(), 1);
}

TEST(a_newer_schema_is_refused_by_both)
{
	make_with(unit_path("db"), "PRAGMA user_version = 9");
	expect_refusal(unit_path("db"), STORE_READER, STORE_VERSION,
	    "its schema is version 9 and this program knows 2; install a newer mqtt-chat");
	expect_refusal(unit_path("db"), STORE_CREATOR, STORE_VERSION, "install a newer mqtt-chat");
}

TEST(a_reader_refuses_an_older_schema)
{
	make_with(unit_path("db"), "PRAGMA user_version = 0");
	expect_refusal(
	    unit_path("db"), STORE_READER, STORE_VERSION, "start this version's logger first");
}

TEST(what_is_no_database_is_called_damaged)
{
	static const enum store_mode modes[] = {STORE_READER, STORE_CREATOR};
	static char text[4096];
	memset(text, 'x', sizeof(text));
	unit_write(unit_path("db"), (struct str){text, sizeof(text)});
	for (size_t i = 0; i < COUNT(modes); i++)
		expect_refusal(
		    unit_path("db"), modes[i], STORE_CORRUPT, "restore it from a backup");
}

TEST(a_database_that_is_cut_short_is_called_damaged)
{
	make_history(unit_path("db"), 10);
	raw_run(unit_path("db"), "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(truncate(unit_path("db"), 4096), 0);
	expect_refusal(unit_path("db"), STORE_READER, STORE_CORRUPT, "restore it from a backup");
}

TEST(a_folder_is_denied_to_a_writer)
{
	expect_refusal(unit_dir, STORE_CREATOR, STORE_DENIED, "check owner and mode");
}

TEST(a_writer_in_a_missing_folder_is_denied)
{
	expect_refusal(unit_path("none/db"), STORE_CREATOR, STORE_DENIED, "check owner and mode");
}

/* ---- permissions, which do not hold for root ---- */

TEST(a_file_that_may_not_be_read_is_denied)
{
	unit_be_no_root();
	make_history(unit_path("db"), 1);
	chmod(unit_path("db"), 0);
	expect_refusal(unit_path("db"), STORE_READER, STORE_DENIED, "check owner and mode");
}

TEST(a_file_that_may_not_be_written_is_denied_to_a_writer)
{
	unit_be_no_root();
	make_history(unit_path("db"), 1);
	chmod(unit_path("db"), 0400);
	struct store *store;
	enum store_status status = store_open(&store, unit_path("db"), STORE_CREATOR, error);
	if (!status) {
		struct store_entry entry = entry_with("lab", "Hi", NULL, NULL);
		status = store_insert_batch(store, &entry, 1, NULL, NULL);
		store_close(store);
	}
	assert_int_equal(status, STORE_DENIED);
}

TEST(a_folder_that_may_not_be_written_is_denied_to_a_writer)
{
	unit_be_no_root();
	assert_int_equal(mkdir(unit_path("closed"), 0500), 0);
	expect_refusal(unit_path("closed/db"), STORE_CREATOR, STORE_DENIED, "check owner and mode");
}

TEST(a_reader_may_live_where_it_can_write_nothing)
{
	unit_be_no_root();
	assert_int_equal(mkdir(unit_path("closed"), 0700), 0);
	make_history(unit_path("closed/db"), 1);
	chmod(unit_path("closed/db"), 0400);
	chmod(unit_path("closed/db-wal"), 0400);
	chmod(unit_path("closed/db-shm"), 0400);
	chmod(unit_path("closed"), 0500);
	struct store *store;
	enum store_status status = store_open(&store, unit_path("closed/db"), STORE_READER, error);
	chmod(unit_path("closed"), 0700);
	store_close(store);
	expect(status == STORE_OK, "status %d: %s", status, error);
}

/* ---- a file that goes away ---- */

TEST(a_store_has_not_moved_while_its_file_is_there)
{
	struct store *writer = open_store(unit_path("db"), STORE_CREATOR);
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	add_message(writer, "lab", "Hi");
	assert_false(store_moved(writer));
	assert_false(store_moved(reader));
	store_close(reader);
	store_close(writer);
}

TEST(a_store_has_moved_once_its_file_is_renamed)
{
	make_history(unit_path("db"), 1);
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	assert_int_equal(rename(unit_path("db"), unit_path("old")), 0);
	assert_true(store_moved(reader));
	store_close(reader);
}

TEST(a_store_has_moved_once_its_file_is_removed)
{
	make_history(unit_path("db"), 1);
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	assert_int_equal(unlink(unit_path("db")), 0);
	assert_true(store_moved(reader));
	store_close(reader);
}

TEST(a_store_has_moved_once_another_file_is_in_its_place)
{
	make_history(unit_path("db"), 1);
	make_history(unit_path("new"), 1);
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	assert_int_equal(rename(unit_path("new"), unit_path("db")), 0);
	assert_true(store_moved(reader));
	store_close(reader);
}

TEST(no_store_can_be_closed)
{
	store_close(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(a_writer_makes_a_database_with_our_number_and_version),
	    IN_DIR(a_writer_opens_again_what_it_made),
	    IN_DIR(a_new_database_is_in_wal_mode),
	    IN_DIR(a_writer_puts_what_it_opens_into_wal_mode),
	    IN_DIR(a_writer_that_cannot_get_wal_mode_says_so),
	    IN_DIR(a_writer_that_is_no_creator_makes_nothing),
	    IN_DIR(a_writer_fills_an_empty_file),
	    IN_DIR(a_new_database_is_not_for_everybody),
	    IN_DIR(a_new_database_obeys_the_umask),
	    IN_DIR(a_writer_that_ends_leaves_the_log_for_readers_that_cannot_make_it),
	    IN_DIR(a_reader_says_that_the_database_is_missing),
	    IN_DIR(a_reader_says_that_the_database_is_missing_where_its_folder_is),
	    IN_DIR(a_reader_says_that_the_database_is_still_empty),
	    IN_DIR(a_reader_makes_no_file_where_there_is_no_database),
	    IN_DIR(a_reader_makes_no_file_beside_a_database_whose_writer_ended),
	    IN_DIR(a_foreign_database_is_refused),
	    IN_DIR(a_foreign_database_with_a_version_like_ours_is_refused),
	    IN_DIR(a_writer_leaves_a_foreign_database_as_it_is),
	    IN_DIR(a_newer_schema_is_refused_by_both),
	    IN_DIR(a_reader_refuses_an_older_schema),
	    IN_DIR(what_is_no_database_is_called_damaged),
	    IN_DIR(a_database_that_is_cut_short_is_called_damaged),
	    IN_DIR(a_folder_is_denied_to_a_writer),
	    IN_DIR(a_writer_in_a_missing_folder_is_denied),
	    IN_DIR(a_file_that_may_not_be_read_is_denied),
	    IN_DIR(a_file_that_may_not_be_written_is_denied_to_a_writer),
	    IN_DIR(a_folder_that_may_not_be_written_is_denied_to_a_writer),
	    IN_DIR(a_reader_may_live_where_it_can_write_nothing),
	    IN_DIR(a_store_has_not_moved_while_its_file_is_there),
	    IN_DIR(a_store_has_moved_once_its_file_is_renamed),
	    IN_DIR(a_store_has_moved_once_its_file_is_removed),
	    IN_DIR(a_store_has_moved_once_another_file_is_in_its_place),
	    cmocka_unit_test(no_store_can_be_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
