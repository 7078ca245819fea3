/* test_admission.c: what is refused for want of room, or above the rate, and when that ends. */
#include "logger/admission.h"

#include "history.h"

#define MB 1000000LL
#define MINUTE 60000

static struct admission a;
static char logged[4000];

static void watch(int64_t min_free, int64_t max_rate)
{
	a = (struct admission){.path = "db", .min_free = min_free, .max_rate = max_rate};
	admission_open(&a, TS);
}

/* A batch begins, on a disk of 1000 MB. */
static void begin_with(int64_t free, size_t count, int64_t now)
{
	struct capture capture = capture_begin(STDERR_FILENO);
	admission_begin(&a, &(struct disk){free, 1000 * MB}, count, now);
	capture_end(&capture, logged, sizeof(logged));
}

/* How many of a batch of small messages are taken, until one is not. */
static int64_t takes(size_t most)
{
	int64_t taken = 0;
	while (taken < (int64_t)most && admission_ask(&a, 10) == MESSAGE_OK)
		taken++;
	return taken;
}

/* The same for a batch on a disk with room, which is stored. */
static int64_t stores(size_t most, int64_t now)
{
	begin_with(900 * MB, most, now);
	int64_t taken = takes(most);
	admission_stored(&a, now);
	return taken;
}

static void check(struct store *store, struct store_entry *entries, size_t count)
{
	struct capture capture = capture_begin(STDERR_FILENO);
	admission_check(&a, store, entries, count, TS);
	capture_end(&capture, logged, sizeof(logged));
}

/* ---- the disk ---- */

TEST(below_its_share_of_free_space_a_message_is_refused)
{
	watch(10, 0);
	begin_with(101 * MB, 1, TS);
	assert_int_equal(admission_ask(&a, 10), MESSAGE_OK);
	assert_string_equal(logged, "");
	assert_int_equal(admission_state(&a), MESSAGE_OK);
	begin_with(100 * MB - 1, 1, TS);
	assert_int_equal(admission_ask(&a, 10), MESSAGE_NO_SPACE);
	assert_int_equal(admission_state(&a), MESSAGE_NO_SPACE);
	expect(strstr(logged, "nearly full"), "%s", logged);
}

TEST(a_little_room_does_not_end_it_and_a_tenth_more_does)
{
	watch(10, 0);
	begin_with(99 * MB, 1, TS);
	begin_with(105 * MB, 1, TS);
	assert_int_equal(admission_ask(&a, 10), MESSAGE_NO_SPACE);
	assert_string_equal(logged, "");
	begin_with(110 * MB, 1, TS);
	assert_int_equal(admission_ask(&a, 10), MESSAGE_OK);
	expect(strstr(logged, "has room again"), "%s", logged);
	begin_with(105 * MB, 1, TS);
	assert_int_equal(admission_ask(&a, 10), MESSAGE_OK);
	assert_string_equal(logged, "");
}

/* A batch alone may be more than what is left. */
TEST(a_batch_does_not_take_what_is_to_be_left)
{
	watch(10, 0);
	begin_with(101 * MB, 1000, TS);
	int64_t taken = 0;
	while (taken < 1000 && admission_ask(&a, 16000) == MESSAGE_OK)
		taken++;
	assert_in_range(taken, 10, 62);
	assert_int_equal(admission_ask(&a, 60000), MESSAGE_NO_SPACE);
}

/* Large batches in turn with small ones would be told each time. */
TEST(what_is_refused_of_large_batches_is_told_for_a_minute)
{
	struct store_entry large[1000];
	watch(1, 0);
	a.path = unit_dir;
	for (size_t i = 0; i < COUNT(large); i++) {
		large[i] = entry_with("lab", "x", NULL, NULL);
		large[i].size = SIZE_MAX / 8;
	}
	check(NULL, large, COUNT(large));
	expect(strstr(logged, "nearly full"), "%s", logged);
	int rows = 0;
	for (size_t i = 0; i < COUNT(large); i++)
		rows += large[i].fault == MESSAGE_NO_SPACE && !large[i].no_row;
	assert_int_equal(rows, 100);
	begin_with(900 * MB, 1, TS + 59999);
	assert_int_equal(admission_ask(&a, 10), MESSAGE_OK);
	assert_string_equal(logged, "");
	begin_with(900 * MB, 1, TS + MINUTE);
	expect(strstr(logged, " were refused"), "%s", logged);
}

TEST(some_megabytes_are_left_of_a_small_disk_as_well)
{
	const struct disk small = {9 * 1024 * 1024, 20 * 1024 * 1024};
	assert_int_equal(disk_reserve(&small, 1), 8 * 1024 * 1024);
	assert_false(disk_low(&small, 1));
	assert_true(disk_low(&small, 50));
	assert_int_equal(disk_reserve(&small, 0), 0);
}

TEST(with_0_the_disk_is_not_watched)
{
	watch(0, 0);
	begin_with(0, 1, TS);
	assert_int_equal(admission_ask(&a, 60000), MESSAGE_OK);
	assert_string_equal(logged, "");
}

TEST(a_disk_that_cannot_be_looked_at_has_room)
{
	watch(10, 0);
	admission_begin(&a, NULL, 1, TS);
	assert_int_equal(admission_ask(&a, 10), MESSAGE_OK);
}

/* ---- the rate ---- */

TEST(a_minute_takes_as_many_messages_as_are_set)
{
	watch(0, 60);
	assert_int_equal(stores(1000, TS), 60);
	assert_int_equal(stores(1000, TS), 0);
	assert_int_equal(stores(1000, TS + 999), 0);
	assert_int_equal(stores(1000, TS + 1000), 1);
	assert_int_equal(stores(1000, TS + 11000), 10);
	assert_int_equal(stores(1000, TS + 11000 + MINUTE), 60);
}

TEST(a_quiet_minute_gives_no_more_than_a_minutes_messages)
{
	watch(0, 60);
	for (int i = 1; i < 10; i++)
		stores(0, TS + i * 30000);
	assert_int_equal(stores(1000, TS + 300000), 60);
}

TEST(what_the_broker_kept_while_the_logger_was_away_is_within_the_rate)
{
	watch(0, 60);
	assert_int_equal(stores(0, TS + 10 * MINUTE), 0); /* the first sign of life comes before */
	assert_int_equal(stores(500, TS + 10 * MINUTE + 100), 500);
	assert_int_equal(stores(1000, TS + 10 * MINUTE + 200), 160);
}

TEST(once_it_has_come_no_more_than_a_minutes_messages_are_left)
{
	watch(0, 60);
	assert_int_equal(stores(5, TS + 10 * MINUTE), 5);
	assert_int_equal(stores(0, TS + 10 * MINUTE + 30000), 0);
	assert_int_equal(stores(1000, TS + 10 * MINUTE + 30000), 60);
}

TEST(what_could_not_be_stored_is_not_counted)
{
	watch(0, 60);
	for (int i = 0; i < 3; i++) {
		begin_with(900 * MB, 1000, TS);
		assert_int_equal(takes(1000), 60);
	}
	assert_int_equal(stores(1000, TS), 60);
	admission_open(&a, TS); /* the database is opened again after a failure */
	assert_int_equal(stores(1000, TS), 0);
}

TEST(a_clock_that_was_set_back_stops_nothing)
{
	watch(0, 60);
	assert_int_equal(stores(1000, TS - 5 * MINUTE), 60);
	assert_int_equal(stores(1000, TS - 4 * MINUTE), 60);
}

/* ---- what is stored already ---- */

TEST(a_repetition_is_left_to_the_store)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	struct store_entry stored = entry_with("lab", "one", "ann", "1");
	store_one(store, &stored);
	watch(0, 1);
	struct store_entry entries[] = {
	    entry_with("lab", "two", "ann", "2"),
	    entry_with("lab", "one", "ann", "1"),
	    entry_with("lab", "two", "ann", "2"),
	    entry_with("lab", "three", "bob", "2"),
	    entry_with("lab", "four", NULL, NULL),
	    entry_with("lab", "five", NULL, NULL),
	    {.fault = MESSAGE_BAD_TEXT},
	};
	entries[5].repeated = true;
	check(store, entries, COUNT(entries));
	const enum message_fault expected[] = {MESSAGE_OK, MESSAGE_OK, MESSAGE_OK, MESSAGE_TOO_FAST,
	    MESSAGE_TOO_FAST, MESSAGE_OK, MESSAGE_BAD_TEXT};
	for (size_t i = 0; i < COUNT(entries); i++)
		expect(entries[i].fault == expected[i], "%zu: %d", i, entries[i].fault);
	store_close(store);
}

TEST(the_log_tells_once_that_it_begins_and_once_that_it_ends)
{
	struct store_entry entry = entry_with("lab", "two", NULL, NULL);
	watch(0, 1);
	assert_int_equal(stores(1, TS), 1);
	for (int i = 0; i < 3; i++) {
		entry.fault = MESSAGE_OK;
		check(NULL, &entry, 1);
		assert_int_equal(entry.fault, MESSAGE_TOO_FAST);
		expect(!strstr(logged, "max-rate") == (i > 0), "%d: %s", i, logged);
	}
	assert_int_equal(admission_state(&a), MESSAGE_TOO_FAST);
	begin_with(900 * MB, 0, TS + 59999);
	assert_string_equal(logged, "");
	begin_with(900 * MB, 0, TS + MINUTE);
	expect(strstr(logged, "; 3 were refused"), "%s", logged);
	assert_int_equal(admission_state(&a), MESSAGE_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(below_its_share_of_free_space_a_message_is_refused),
	    IN_DIR(a_little_room_does_not_end_it_and_a_tenth_more_does),
	    IN_DIR(a_batch_does_not_take_what_is_to_be_left),
	    IN_DIR(what_is_refused_of_large_batches_is_told_for_a_minute),
	    IN_DIR(some_megabytes_are_left_of_a_small_disk_as_well),
	    IN_DIR(with_0_the_disk_is_not_watched),
	    IN_DIR(a_disk_that_cannot_be_looked_at_has_room),
	    IN_DIR(a_minute_takes_as_many_messages_as_are_set),
	    IN_DIR(a_quiet_minute_gives_no_more_than_a_minutes_messages),
	    IN_DIR(what_the_broker_kept_while_the_logger_was_away_is_within_the_rate),
	    IN_DIR(once_it_has_come_no_more_than_a_minutes_messages_are_left),
	    IN_DIR(what_could_not_be_stored_is_not_counted),
	    IN_DIR(a_clock_that_was_set_back_stops_nothing),
	    IN_DIR(a_repetition_is_left_to_the_store),
	    IN_DIR(the_log_tells_once_that_it_begins_and_once_that_it_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
