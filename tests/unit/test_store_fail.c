/*
 * test_store_fail.c: a batch that cannot be stored leaves nothing behind, and can be stored later.
 * The failures are real: another program's lock, a limit on the size of files, a table that is
 * away, a full disk.
 */
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "history.h"

enum { ENTRIES = 600, TEXT = 4000 };

static struct store_entry entries[ENTRIES];

/* A batch of 2.4 MB in ASCII: more than SQLite keeps in memory before it writes. */
static void fill_batch(void)
{
	static char text[TEXT];
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < ENTRIES; i++) {
		entries[i] = entry_with("lab", "", NULL, NULL);
		entries[i].message.text = (struct str){text, sizeof(text)};
	}
}

static int64_t stored(void)
{
	return raw_number(unit_path("db"), "SELECT count(*) FROM messages");
}

static int64_t counted(void)
{
	return raw_number(unit_path("db"), "SELECT sum(messages) FROM rooms");
}

/* ---- locks ---- */

TEST(a_lock_of_another_program_is_busy_and_then_the_same_batch_is_stored)
{
	struct store *writer = open_store(unit_path("db"), STORE_CREATOR);
	struct store_entry two[] = {
	    entry_with("lab", "one", "c1", "m1"), entry_with("lab", "two", "c1", "m2")};
	sqlite3 *other = raw_open(unit_path("db"));
	sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	enum store_status status = store_insert_batch(writer, two, 2, NULL, NULL);
	expect(strstr(store_error(writer), "another program holds its lock"), "%s",
	    store_error(writer));
	sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(other);
	assert_int_equal(status, STORE_BUSY);
	assert_int_equal(stored(), 0);
	assert_int_equal(store_insert_batch(writer, two, 2, NULL, NULL), STORE_OK);
	assert_int_equal(stored(), 2);
	store_close(writer);
}

static int count_row(void *count, const struct store_row *row)
{
	(void)row;
	++*(int *)count;
	return 0;
}

TEST(a_reader_reads_on_while_somebody_writes)
{
	make_history(unit_path("db"), 3);
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	sqlite3 *other = raw_open(unit_path("db"));
	sqlite3_exec(other, "BEGIN IMMEDIATE; DELETE FROM messages", NULL, NULL, NULL);
	struct store_query query = {str_of("messages"), STORE_NEWEST, 0, 10, 0};
	struct store_page page;
	int rows = 0;
	enum store_status status = store_page(reader, &query, &page, count_row, &rows);
	sqlite3_close(other);
	store_close(reader);
	assert_int_equal(status, STORE_OK);
	assert_int_equal(rows, 3);
}

/* ---- no room ---- */

/* No file may grow over `bytes`, for this process. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &limit);
}

TEST(a_batch_that_fails_half_way_leaves_nothing_and_can_be_stored_later)
{
	struct store *writer = open_store(unit_path("db"), STORE_CREATOR);
	add_message(writer, "lab", "before");
	fill_batch();
	signal(SIGXFSZ, SIG_IGN);
	limit_files(1000000);
	enum store_status status = store_insert_batch(writer, entries, ENTRIES, NULL, NULL);
	limit_files(RLIM_INFINITY);
	assert_int_not_equal(status, STORE_OK);
	expect(strstr(store_error(writer), unit_path("db")), "%s", store_error(writer));
	assert_int_equal(stored(), 1);
	assert_int_equal(store_insert_batch(writer, entries, ENTRIES, NULL, NULL), STORE_OK);
	assert_int_equal(stored(), 1 + ENTRIES);
	store_close(writer);
	assert_string_equal(raw_text(unit_path("db"), "PRAGMA integrity_check"), "ok");
}

TEST(a_batch_that_fails_at_its_end_leaves_nothing)
{
	struct store *writer = open_store(unit_path("db"), STORE_CREATOR);
	struct store_entry two[] = {
	    entry_with("lab", "one", NULL, NULL), entry_with("lab", "two", NULL, NULL)};
	two[1].fault = MESSAGE_BAD_TEXT;
	raw_run(unit_path("db"), "ALTER TABLE rejected RENAME TO away");
	assert_int_equal(store_insert_batch(writer, two, 2, NULL, NULL), STORE_FAILED);
	assert_int_equal(stored(), 0);
	raw_run(unit_path("db"), "ALTER TABLE away RENAME TO rejected");
	assert_int_equal(store_insert_batch(writer, two, 2, NULL, NULL), STORE_OK);
	assert_int_equal(stored(), 1);
	store_close(writer);
}

/* Its COMMIT fails, after the rooms were counted in it. */
TEST(after_a_batch_that_failed_the_rooms_are_counted_right)
{
	struct store *writer = open_store(unit_path("db"), STORE_CREATOR);
	struct store_entry one = entry_with("lab", "one", NULL, NULL);
	struct stat wal;
	add_message(writer, "lab", "before");
	assert_int_equal(stat(unit_path("db-wal"), &wal), 0);
	signal(SIGXFSZ, SIG_IGN);
	limit_files((rlim_t)wal.st_size);
	enum store_status status = store_insert_batch(writer, &one, 1, NULL, NULL);
	limit_files(RLIM_INFINITY);
	assert_int_not_equal(status, STORE_OK);
	add_message(writer, "lab", "after");
	assert_int_equal(stored(), 2);
	assert_int_equal(counted(), 2);
	store_close(writer);
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* Makes one id of this process the root's in its new namespace. */
static bool map_id(const char *file, unsigned id)
{
	char map[40];
	snprintf(map, sizeof(map), "0 %u 1", id);
	return write_file(file, map);
}

/* Takes this process to where it may mount: as root, or as the root of a namespace of its own. */
static bool may_mount(void)
{
	unsigned user = geteuid(), group = getegid();
	if (user == 0)
		return unshare(CLONE_NEWNS) == 0;
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && map_id("/proc/self/uid_map", user) &&
	       write_file("/proc/self/setgroups", "deny") && map_id("/proc/self/gid_map", group);
}

static bool mount_small_disk(void)
{
	return may_mount() && mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("small", unit_dir, "tmpfs", 0, "size=1m") == 0;
}

enum { CANNOT_MOUNT = 77 };

/* In a process of its own; returns 0 where all is as it should be. */
static int store_on_a_full_disk(void)
{
	struct store *writer;
	char error[STORE_ERROR_SIZE];
	if (!mount_small_disk())
		return CANNOT_MOUNT;
	if (store_open(&writer, unit_path("db"), STORE_CREATOR, error) != STORE_OK)
		return 1;
	fill_batch();
	if (store_insert_batch(writer, entries, ENTRIES, NULL, NULL) != STORE_FULL)
		return 2;
	if (!strstr(store_error(writer), "make room on that disk"))
		return 3;
	if (store_insert_batch(writer, entries, 1, NULL, NULL) != STORE_OK || entries[0].id != 1)
		return 4;
	store_close(writer);
	return 0;
}

TEST(a_full_disk_is_told_and_a_smaller_batch_is_stored)
{
	int result = 0;
	pid_t child = fork();
	if (child == 0)
		_exit(store_on_a_full_disk());
	assert_int_equal(waitpid(child, &result, 0), child);
	assert_true(WIFEXITED(result));
	if (WEXITSTATUS(result) == CANNOT_MOUNT)
		skip();
	assert_int_equal(WEXITSTATUS(result), 0);
}

/* ---- on the disk ---- */

static int syncs;

/* SQLite's calls end here: this program's functions come before those of the C library. */
int fsync(int fd);
int fdatasync(int fd);

int fsync(int fd)
{
	(void)fd;
	syncs++;
	return 0;
}

int fdatasync(int fd)
{
	return fsync(fd);
}

TEST(a_batch_is_on_the_disk_before_it_counts_as_stored)
{
	struct store *writer = open_store(unit_path("db"), STORE_CREATOR);
	add_message(writer, "lab", "the first one makes the log");
	for (int i = 0; i < 3; i++) {
		syncs = 0;
		add_message(writer, "lab", "Hi");
		expect(syncs > 0, "message %d", i);
	}
	store_close(writer);
}

/* ---- damage ---- */

TEST(a_damaged_page_is_told_with_what_to_do)
{
	make_history(unit_path("db"), 2000);
	raw_run(unit_path("db"), "PRAGMA wal_checkpoint(TRUNCATE)");
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	FILE *file = fopen(unit_path("db"), "r+e");
	fseek(file, 0, SEEK_END);
	long size = ftell(file);
	for (long at = 4096L * 3; at < size; at++)
		fseek(file, at, SEEK_SET), fputc(0x55, file);
	fclose(file);
	struct store_query query = {str_of("messages"), STORE_NEWEST, 0, 200, 0};
	struct store_page page;
	int rows = 0;
	enum store_status status = store_page(reader, &query, &page, count_row, &rows);
	expect(strstr(store_error(reader), "restore it from a backup"), "%s", store_error(reader));
	store_close(reader);
	assert_int_equal(status, STORE_CORRUPT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(a_lock_of_another_program_is_busy_and_then_the_same_batch_is_stored),
	    IN_DIR(a_reader_reads_on_while_somebody_writes),
	    IN_DIR(a_batch_that_fails_half_way_leaves_nothing_and_can_be_stored_later),
	    IN_DIR(a_batch_that_fails_at_its_end_leaves_nothing),
	    IN_DIR(after_a_batch_that_failed_the_rooms_are_counted_right),
	    IN_DIR(a_full_disk_is_told_and_a_smaller_batch_is_stored),
	    IN_DIR(a_batch_is_on_the_disk_before_it_counts_as_stored),
	    IN_DIR(a_damaged_page_is_told_with_what_to_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
