/*
 * test_durable.c: what has to be on the disk is synced, and a lock that somebody holds for a moment
 * is waited for. fsync() and fdatasync() are the test's own: they count, and then do their work.
 */
#include <pthread.h>
#include <sys/syscall.h>

#include "broker/identity.h"
#include "history.h"

static const char *watched; /* the end of a file's name */
static int syncs;	    /* of that file */

static void count_sync(int fd)
{
	char link[64], path[PATH_MAX];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof(path) - 1);
	size_t end = watched ? strlen(watched) : 0;
	if (length > (ssize_t)end && end && memcmp(path + length - end, watched, end) == 0)
		syncs++;
}

int fsync(int fd)
{
	count_sync(fd);
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	count_sync(fd);
	return (int)syscall(SYS_fdatasync, fd);
}

static void watch(const char *end)
{
	watched = end;
	syncs = 0;
}

TEST(a_new_client_id_is_on_the_disk_before_the_broker_hears_of_it)
{
	char id[IDENTITY_LENGTH + 1], error[IDENTITY_ERROR_SIZE];
	watch(".client-id");
	int claim = identity_claim(unit_path("db"), id, error);
	assert_true(claim >= 0);
	assert_int_equal(syncs, 1);
	close(claim);
}

TEST(a_batch_of_the_logger_waits_for_the_disk_and_one_of_an_editor_does_not)
{
	struct store *logger = open_store(unit_path("db"), STORE_CREATOR);
	watch("-wal");
	add_message(logger, "lab", "x");
	assert_true(syncs > 0);
	struct store *editor = open_store(unit_path("db"), STORE_EDITOR);
	watch("-wal");
	add_message(editor, "lab", "x");
	assert_int_equal(syncs, 0);
	store_close(editor);
	store_close(logger);
}

TEST(an_editor_is_done_when_the_wal_file_is_on_the_disk)
{
	make_history(unit_path("db"), 1);
	struct store *editor = open_store(unit_path("db"), STORE_EDITOR);
	add_message(editor, "lab", "x");
	watch("-wal");
	assert_int_equal(store_sync(editor), STORE_OK);
	assert_int_equal(syncs, 1);
	store_close(editor);
}

/* ---- locks ---- */

static void *hold_lock(void *arg)
{
	sqlite3 *other = arg;
	usleep(300000);
	sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
	return NULL;
}

static void expect_wait(enum store_mode mode)
{
	pthread_t holder;
	struct store *store = open_store(unit_path("db"), mode);
	struct store_entry entry = entry_with("lab", "x", NULL, NULL);
	sqlite3 *other = raw_open(unit_path("db"));
	sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	assert_int_equal(pthread_create(&holder, NULL, hold_lock, other), 0);
	enum store_status status = store_insert_batch(store, &entry, 1, NULL, NULL);
	pthread_join(holder, NULL);
	sqlite3_close(other);
	store_close(store);
	expect(status == STORE_OK, "mode %d: status %d", mode, status);
}

TEST(a_lock_that_is_held_for_a_moment_is_waited_for)
{
	expect_wait(STORE_CREATOR);
	expect_wait(STORE_WRITER);
	expect_wait(STORE_EDITOR);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(a_new_client_id_is_on_the_disk_before_the_broker_hears_of_it),
	    IN_DIR(a_batch_of_the_logger_waits_for_the_disk_and_one_of_an_editor_does_not),
	    IN_DIR(an_editor_is_done_when_the_wal_file_is_on_the_disk),
	    IN_DIR(a_lock_that_is_held_for_a_moment_is_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
