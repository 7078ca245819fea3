/*
 * test_durable.c: what has to be on the disk is synced, and a lock that somebody holds for a moment
 * is waited for. fsync() and fdatasync() are the test's own: they count, and then do their work, or
 * fail.
 */
#include <pthread.h>
#include <sys/syscall.h>

#include "broker/identity.h"
#include "history.h"

static const char *watched; /* the end of a file's name */
static int syncs;	    /* of that file */
static bool disk_fails;	    /* with the sync of that file */

/* False: it fails. */
static bool count_sync(int fd)
{
	char link[64], path[PATH_MAX];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof(path) - 1);
	size_t end = watched ? strlen(watched) : 0;
	if (length <= (ssize_t)end || !end || memcmp(path + length - end, watched, end) != 0)
		return true;
	syncs++;
	errno = EIO;
	return !disk_fails;
}

int fsync(int fd)
{
	return count_sync(fd) ? (int)syscall(SYS_fsync, fd) : -1;
}

int fdatasync(int fd)
{
	return count_sync(fd) ? (int)syscall(SYS_fdatasync, fd) : -1;
}

static void watch(const char *end)
{
	watched = end;
	syncs = 0;
	disk_fails = false;
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

TEST(a_client_id_that_does_not_reach_the_disk_is_not_used)
{
	char id[IDENTITY_LENGTH + 1], error[IDENTITY_ERROR_SIZE];
	watch(".client-id");
	disk_fails = true;
	assert_int_equal(identity_claim(unit_path("db"), id, error), -1);
	expect(strstr(error, "Input/output error"), "%s", error);
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
	disk_fails = true;
	assert_int_equal(store_sync(editor), STORE_FAILED);
	watch(NULL);
	store_close(editor);
}

/* ---- locks ---- */

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void *hold_lock(void *arg)
{
	sqlite3 *other = arg;
	usleep(300000);
	sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
	return NULL;
}

/* Somebody holds the lock for a moment, and then the store's next batch is stored. */
static void expect_wait(struct store *store, const char *when)
{
	pthread_t holder;
	struct store_entry entry = entry_with("lab", "x", NULL, NULL);
	sqlite3 *other = raw_open(unit_path("db"));
	sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	assert_int_equal(pthread_create(&holder, NULL, hold_lock, other), 0);
	enum store_status status = store_insert_batch(store, &entry, 1, NULL, NULL);
	pthread_join(holder, NULL);
	sqlite3_close(other);
	expect(status == STORE_OK, "%s: status %d", when, status);
}

TEST(a_lock_that_is_held_for_a_moment_is_waited_for)
{
	static const enum store_mode modes[] = {STORE_CREATOR, STORE_WRITER, STORE_EDITOR};
	static const char *const names[] = {"a creator", "a writer", "an editor"};
	for (size_t i = 0; i < COUNT(modes); i++) {
		struct store *store = open_store(unit_path("db"), modes[i]);
		expect_wait(store, names[i]);
		store_close(store);
	}
}

static void add_megabytes(struct store *store, int count)
{
	static struct store_entry entries[256];
	static char text[4001];
	memset(text, 'x', sizeof(text) - 1);
	for (size_t i = 0; i < COUNT(entries); i++)
		entries[i] = entry_with("lab", text, NULL, NULL);
	for (int n = 0; n < count; n++)
		assert_int_equal(
		    store_insert_batch(store, entries, COUNT(entries), NULL, NULL), STORE_OK);
}

TEST(the_index_waits_for_no_lock_and_what_is_stored_after_it_does)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	add_message(store, "lab", "x");
	sqlite3 *other = raw_open(unit_path("db"));
	sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	int64_t begin = now_ms();
	assert_int_equal(store_index(store, 1, STORE_MERGE), STORE_BUSY);
	expect(now_ms() - begin < 1000, "it took %lld ms", (long long)(now_ms() - begin));
	sqlite3_close(other);
	expect_wait(store, "after a slice of the index");
	store_close(store);
}

/* From 64 MiB on; a reader is in the way until it ends. */
TEST(a_large_wal_file_is_begun_anew_without_waiting_for_a_reader)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	add_message(store, "lab", "x");
	sqlite3 *reader = raw_open(unit_path("db"));
	sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM messages", NULL, NULL, NULL);
	add_megabytes(store, 70);
	assert_true(store_wal_bytes(store) > 64 << 20);
	assert_true(store_pending_bytes(store) > 64 << 20);
	int64_t begin = now_ms();
	add_message(store, "lab", "x");
	expect(now_ms() - begin < 1000, "it took %lld ms", (long long)(now_ms() - begin));
	expect_wait(store, "after a checkpoint");
	sqlite3_close(reader);
	add_message(store, "lab", "x");
	assert_int_equal(store_wal_bytes(store), 0);
	assert_int_equal(store_pending_bytes(store), 0);
	store_close(store);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(a_new_client_id_is_on_the_disk_before_the_broker_hears_of_it),
	    IN_DIR(a_client_id_that_does_not_reach_the_disk_is_not_used),
	    IN_DIR(a_batch_of_the_logger_waits_for_the_disk_and_one_of_an_editor_does_not),
	    IN_DIR(an_editor_is_done_when_the_wal_file_is_on_the_disk),
	    IN_DIR(a_lock_that_is_held_for_a_moment_is_waited_for),
	    IN_DIR(the_index_waits_for_no_lock_and_what_is_stored_after_it_does),
	    IN_DIR(a_large_wal_file_is_begun_anew_without_waiting_for_a_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
