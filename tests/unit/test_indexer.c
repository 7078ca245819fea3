/* test_indexer.c: what waits for the index is bounded, and a failure keeps nobody from storing. */
#include "logger/indexer.h"

#include "history.h"
#include "logger/redelivery.h"
#include "store/sqlite.h"

static void add_messages(struct store *store, int count)
{
	static struct store_entry entries[1000];
	for (int i = 0; i < count; i++)
		entries[i] = entry_with("messages", "the door", NULL, NULL);
	assert_int_equal(store_insert_batch(store, entries, (size_t)count, NULL, NULL), STORE_OK);
}

static void expect_waiting(const struct store *store, int count)
{
	expect(store_unindexed(store) == count, "%lld wait", (long long)store_unindexed(store));
}

static void work_until_nothing_is_due(struct store *store)
{
	struct indexer indexer = {0};
	for (int i = 0; indexer_due(&indexer, store); i++) {
		expect(i < 1000, "there is no end");
		assert_true(indexer_run(&indexer, store, true));
	}
}

static int64_t segments(void)
{
	return raw_number(unit_path("db"), "SELECT count(DISTINCT segid) FROM search_idx");
}

TEST(a_few_messages_are_left_to_wait)
{
	struct indexer indexer = {0};
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	work_until_nothing_is_due(store);
	add_messages(store, INDEXER_IDLE - 1);
	assert_false(indexer_due(&indexer, store));
	assert_true(indexer_run(&indexer, store, true));
	expect_waiting(store, INDEXER_IDLE - 1);
	store_close(store);
}

TEST(in_a_quiet_moment_there_is_one_slice)
{
	struct indexer indexer = {0};
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	add_messages(store, 1000);
	assert_true(indexer_due(&indexer, store));
	assert_true(indexer_run(&indexer, store, false));
	expect_waiting(store, 1000);
	assert_true(indexer_run(&indexer, store, true));
	expect_waiting(store, 1000 - INDEXER_SLICE);
	store_close(store);
}

TEST(what_waits_stays_bounded_however_fast_it_comes)
{
	struct indexer indexer = {0};
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 0; i < 20; i++) {
		add_messages(store, 1000);
		assert_true(indexer_run(&indexer, store, false));
		assert_true(store_unindexed(store) <= INDEXER_BUSY);
	}
	assert_true(store_unindexed(store) > INDEXER_BUSY - INDEXER_BUSY_SLICE);
	store_close(store);
}

TEST(in_a_flood_segments_are_left_unmerged)
{
	struct indexer indexer = {0};
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	work_until_nothing_is_due(store);
	for (int i = 0; i < 20; i++) {
		add_messages(store, 1000);
		assert_true(indexer_run(&indexer, store, false));
	}
	assert_int_equal(segments(), store_unmerged(store));
	assert_true(segments() >= (20000 - INDEXER_BUSY) / INDEXER_BUSY_SLICE);
	store_close(store);
}

static void leave_segments(struct store *store, int count)
{
	for (int i = 0; i < count; i++) {
		add_messages(store, 1000);
		assert_int_equal(store_index(store, 1000, STORE_MERGE_LATER), STORE_OK);
	}
	assert_int_equal(segments(), count);
}

static void expect_merged(void)
{
	expect(segments() < 4, "%lld segments", (long long)segments());
	assert_int_equal(
	    raw_number(unit_path("db"), "SELECT count(*) FROM search WHERE search MATCH 'door'"),
	    raw_number(unit_path("db"), "SELECT indexed_id FROM search_state"));
}

TEST(in_a_quiet_moment_segments_are_merged)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	leave_segments(store, 6);
	work_until_nothing_is_due(store);
	assert_int_equal(store_unmerged(store), 0);
	expect_merged();
	store_close(store);
}

TEST(after_a_restart_they_are_merged_too)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	leave_segments(store, 6);
	store_close(store);
	store = open_store(unit_path("db"), STORE_WRITER);
	work_until_nothing_is_due(store);
	expect_merged();
	store_close(store);
}

TEST(when_they_are_many_a_flood_does_not_keep_them_from_it)
{
	struct indexer indexer = {0};
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	leave_segments(store, 6);
	for (int i = 0; i < 6; i++)
		add_messages(store, 1000);
	store->unmerged = INDEXER_UNMERGED;
	assert_true(indexer_run(&indexer, store, false));
	expect_merged();
	store_close(store);
}

TEST(what_is_known_to_wait_is_known_again_after_a_restart)
{
	struct indexer indexer = {0};
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	add_messages(store, 700);
	assert_true(indexer_run(&indexer, store, true));
	store_close(store);
	store = open_store(unit_path("db"), STORE_WRITER);
	expect_waiting(store, 700 - INDEXER_SLICE);
	store_close(store);
}

TEST(deleted_messages_are_not_waited_for)
{
	struct indexer indexer = {0};
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	add_messages(store, 700);
	raw_run(unit_path("db"), "DELETE FROM messages WHERE id > 10");
	assert_true(indexer_run(&indexer, store, true));
	expect_waiting(store, 0);
	add_messages(store, 3);
	expect_waiting(store, 693);
	assert_true(indexer_run(&indexer, store, true));
	expect_waiting(store, 0);
	assert_int_equal(
	    raw_number(unit_path("db"), "SELECT count(*) FROM search WHERE search MATCH 'door'"),
	    13);
	store_close(store);
}

TEST(a_failure_is_told_once_and_storing_goes_on)
{
	char told[2048];
	struct indexer indexer = {0};
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	add_messages(store, 700);
	raw_run(unit_path("db"), "DELETE FROM search_config; DELETE FROM search_data");
	struct capture capture = capture_begin(STDERR_FILENO);
	bool well = indexer_run(&indexer, store, true);
	size_t length = capture_end(&capture, told, sizeof(told));
	assert_false(well);
	assert_true(length > 0);
	expect(strstr(told, "messages are stored all the same") != NULL, "%s", told);
	assert_false(indexer_due(&indexer, store));
	assert_true(indexer_run(&indexer, store, true));
	indexer.not_before = 0;
	capture = capture_begin(STDERR_FILENO);
	well = indexer_run(&indexer, store, true);
	length = capture_end(&capture, told, sizeof(told));
	assert_false(well);
	assert_int_equal(length, 0);
	add_messages(store, 1);
	expect_waiting(store, 701);
	store_close(store);
}

TEST(somebody_else_s_lock_is_not_waited_for)
{
	struct indexer indexer = {0};
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	add_messages(store, 700);
	sqlite3 *other = raw_open(unit_path("db"));
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_true(indexer_run(&indexer, store, true));
	assert_false(indexer_due(&indexer, store));
	sqlite3_close(other);
	indexer.not_before = 0;
	assert_true(indexer_run(&indexer, store, true));
	expect_waiting(store, 700 - INDEXER_SLICE);
	store_close(store);
}

TEST(indexing_alone_does_not_let_the_wal_file_grow)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 0; i < 40; i++)
		add_messages(store, 1000);
	while (store_unindexed(store) > 0) {
		assert_int_equal(store_index(store, INDEXER_SLICE, STORE_MERGE), STORE_OK);
		expect(store_pending_bytes(store) < 8 << 20, "%lld bytes",
		    (long long)store_pending_bytes(store));
	}
	store_close(store);
}

/* Of which no two are alike, so that the index of them is large. */
static void add_varied_messages(struct store *store)
{
	static struct store_entry entries[50];
	static char texts[COUNT(entries)][200];
	static unsigned word;
	for (size_t i = 0; i < COUNT(entries); i++) {
		size_t n = 0;
		for (int j = 0; j < 12; j++)
			n += (size_t)sprintf(texts[i] + n, "w%x ", ++word * 2654435761u);
		entries[i] = entry_with("messages", texts[i], NULL, NULL);
	}
	assert_int_equal(store_insert_batch(store, entries, COUNT(entries), NULL, NULL), STORE_OK);
}

/* Of the file itself, which only a checkpoint writes to. */
static uint64_t file_digest(void)
{
	static char content[1 << 23];
	size_t length = unit_read(unit_path("db"), content, sizeof(content));
	assert_true(length + 1 < sizeof(content));
	return redelivery_digest(str_of("db"), (struct str){content, length});
}

/*
 * What such a slice wrote is not on the disk yet. A checkpoint would sync it first, and where that
 * failed, which a checkpoint tells nobody, later batches would stand behind a hole in the -wal
 * file.
 */
TEST(a_slice_that_does_not_wait_for_the_disk_makes_no_checkpoint)
{
	const int64_t due = (int64_t)CHECKPOINT_PAGES * 4096;
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	bool crossed = false;
	uint64_t before = 0;
	while (!crossed) {
		add_varied_messages(store);
		int64_t pending = store_pending_bytes(store);
		before = file_digest();
		assert_int_equal(store_index(store, INDEXER_SLICE, STORE_MERGE), STORE_OK);
		crossed = pending < due && store_pending_bytes(store) >= due;
	}
	expect(file_digest() == before, "the slice wrote to the file");
	add_message(store, "messages", "the door");
	expect(file_digest() != before, "the next batch did not");
	store_close(store);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(a_few_messages_are_left_to_wait),
	    IN_DIR(in_a_quiet_moment_there_is_one_slice),
	    IN_DIR(what_waits_stays_bounded_however_fast_it_comes),
	    IN_DIR(in_a_flood_segments_are_left_unmerged),
	    IN_DIR(in_a_quiet_moment_segments_are_merged),
	    IN_DIR(after_a_restart_they_are_merged_too),
	    IN_DIR(when_they_are_many_a_flood_does_not_keep_them_from_it),
	    IN_DIR(what_is_known_to_wait_is_known_again_after_a_restart),
	    IN_DIR(deleted_messages_are_not_waited_for),
	    IN_DIR(a_failure_is_told_once_and_storing_goes_on),
	    IN_DIR(indexing_alone_does_not_let_the_wal_file_grow),
	    IN_DIR(somebody_else_s_lock_is_not_waited_for),
	    IN_DIR(a_slice_that_does_not_wait_for_the_disk_makes_no_checkpoint),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
