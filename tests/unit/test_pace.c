/* test_pace.c: an editor gives way to a logger, the more so while people talk, and to nobody else.
 */
#include <time.h>

#include "admin/pace.h"
#include "base/clock.h"
#include "broker/identity.h"
#include "writing.h"

static struct pace pace;
static int lock;

/* What the slice that is tried does, and what became of it. */
static struct {
	int64_t us;		  /* takes so long */
	int busy;		  /* is refused so often before */
	enum store_status status; /* ends with this */
	int messages;		  /* stores so many, of 4000 bytes */
	int rows, calls;
} slice;

static int pace_setup(void **state)
{
	if (setup(state) != 0)
		return -1;
	memset(&slice, 0, sizeof(slice));
	pace = (struct pace){.store = open_store(path, STORE_EDITOR), .database = path};
	lock = -1;
	return 0;
}

static int pace_teardown(void **state)
{
	store_close(pace.store);
	if (lock >= 0)
		close(lock);
	return teardown(state);
}

#define PACE(test) cmocka_unit_test_setup_teardown(test, pace_setup, pace_teardown)

static void start_logger(void)
{
	char id[IDENTITY_LENGTH + 1], error[IDENTITY_ERROR_SIZE];
	lock = identity_claim(path, id, error);
	expect(lock >= 0, "%s", error);
}

static void stop_logger(void)
{
	close(lock);
	lock = -1;
}

static enum store_status try_it(void *arg, int rows)
{
	static char text[4001];
	const struct timespec time = {0, (long)slice.us * 1000};
	assert_ptr_equal(arg, &slice);
	slice.rows = rows;
	slice.calls++;
	if (slice.busy > 0) {
		slice.busy--;
		return STORE_BUSY;
	}
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < slice.messages; i++)
		add_message(pace.store, "lab", text);
	nanosleep(&time, NULL);
	return slice.status;
}

/* Returns how long it took with its rest, in us. */
static int64_t run_slice(void)
{
	int64_t began = clock_us(CLOCK_MONOTONIC);
	enum store_status status = pace_slice(&pace, try_it, &slice);
	assert_int_equal(status, slice.status);
	return clock_us(CLOCK_MONOTONIC) - began;
}

/* The shortest of some, which is short enough where a machine that has much to do let it be. */
static int64_t shortest(int64_t enough, void (*before)(void))
{
	int64_t least = INT64_MAX;
	for (int i = 0; i < 10 && least >= enough; i++) {
		if (before)
			before();
		int64_t us = run_slice();
		if (us < least)
			least = us;
	}
	expect(least < enough, "%lld us", (long long)least);
	return least;
}

/* Somebody else stores a message. */
static void talk(void)
{
	add_message(writer, "lab", "Hi");
}

/* ---- how many rows ---- */

TEST(without_a_logger_it_goes_at_full_speed)
{
	slice.us = 60000;
	run_slice();
	assert_int_equal(slice.rows, 5);
	assert_true(pace.alone);
	shortest(115000, talk);
	assert_int_equal(slice.rows, STORE_SLICE_MAX);
}

TEST(rows_grow_by_a_quarter_while_that_is_quick)
{
	start_logger();
	int before = 0, grown = 0;
	for (int i = 0; i < 400 && slice.rows < STORE_SLICE_MAX; i++, before = slice.rows) {
		run_slice();
		if (before == 0) {
			assert_int_equal(slice.rows, 5);
			continue;
		}
		int more = before * 5 / 4 + 1;
		if (more > STORE_SLICE_MAX)
			more = STORE_SLICE_MAX;
		grown += slice.rows == more;
		expect(slice.rows == more || slice.rows <= before, "%d, then %d", before,
		    slice.rows); /* less, where the machine has much to do */
	}
	assert_int_equal(slice.rows, STORE_SLICE_MAX);
	assert_true(grown >= 20);
}

TEST(rows_are_halved_while_that_is_slow)
{
	static const int halves[] = {100, 50, 25, 12, 6, 5, 5};
	start_logger();
	pace.rows = 100;
	slice.us = 4500;
	for (size_t i = 0; i < COUNT(halves); i++) {
		run_slice();
		assert_int_equal(slice.rows, halves[i]);
	}
}

TEST(rows_stay_where_it_takes_what_it_should)
{
	int same = 0;
	start_logger();
	slice.us = 2100;
	for (int i = 0; i < 20; i++) {
		pace.rows = 100;
		run_slice();
		expect(pace.rows <= 100, "%d", pace.rows);
		same += pace.rows == 100;
	}
	assert_true(same > 0);
}

/* ---- how long it rests ---- */

TEST(beside_a_logger_to_whom_nobody_talks_it_rests_as_long_as_it_took)
{
	start_logger();
	slice.us = 60000;
	assert_true(shortest(240000, NULL) >= 120000);
}

TEST(what_it_stores_itself_is_no_talk)
{
	start_logger();
	slice.us = 60000;
	slice.messages = 1;
	assert_true(shortest(290000, NULL) >= 120000);
}

TEST(while_people_talk_it_rests_four_times_as_long)
{
	start_logger();
	slice.us = 60000;
	run_slice();
	assert_true(shortest(400000, talk) >= 300000);
	assert_true(shortest(400000, NULL) >= 300000); /* within two seconds */
}

TEST(two_seconds_after_the_last_word_it_rests_less)
{
	const struct timespec two = {2, 50000000};
	start_logger();
	slice.us = 60000;
	run_slice();
	talk();
	run_slice();
	nanosleep(&two, NULL);
	shortest(240000, NULL);
}

TEST(while_people_talk_it_rests_for_each_page_that_it_wrote)
{
	start_logger();
	run_slice();
	talk();
	slice.messages = 20; /* each of them a page at least */
	assert_true(run_slice() >= 20 * 2500);
	slice.messages = 0;
	shortest(20 * 2500, talk); /* without those of before */
}

/* ---- what cannot be done ---- */

TEST(what_is_locked_is_tried_again)
{
	slice.busy = 3;
	assert_true(run_slice() >= 300000);
	assert_int_equal(slice.calls, 4);
	assert_int_equal(slice.rows, 5);
}

TEST(the_time_for_which_it_was_locked_does_not_count)
{
	start_logger();
	pace.rows = 100;
	slice.us = 2100;
	for (int i = 0; i < 8 && pace.rows != 100; i++) {
		pace.rows = 100;
		slice.busy = 1;
		run_slice();
	}
	assert_int_equal(pace.rows, 100);
}

TEST(what_fails_is_told_at_once)
{
	start_logger();
	slice.status = STORE_FAILED;
	run_slice();
	assert_int_equal(slice.calls, 1);
	assert_int_equal(pace.rows, 5);
	assert_int_equal(pace.asked_at, 0);
}

/* ---- the logger ---- */

TEST(whether_one_runs_is_asked_once_a_second)
{
	slice.us = 10000;
	run_slice();
	start_logger();
	int64_t began = clock_us(CLOCK_MONOTONIC);
	while (pace.alone)
		run_slice();
	int64_t us = clock_us(CLOCK_MONOTONIC) - began;
	expect(us > 900000 && us < 5000000, "%lld us", (long long)us);
	stop_logger();
	began = clock_us(CLOCK_MONOTONIC);
	while (!pace.alone)
		run_slice();
	us = clock_us(CLOCK_MONOTONIC) - began;
	expect(us > 900000 && us < 5000000, "%lld us", (long long)us);
}

TEST(a_logger_can_start_between_two_slices)
{
	start_logger();
	stop_logger(); /* its file stays */
	run_slice();
	assert_true(pace.alone);
	start_logger();
}

static int64_t wal_bytes(void)
{
	struct stat about;
	return stat(unit_path("db-wal"), &about) == 0 ? about.st_size : 0;
}

/* Writes about 12 MB. */
static void write_much(void)
{
	for (int i = 0; i < 12; i++) {
		slice.messages = 100;
		run_slice();
	}
}

TEST(without_a_logger_it_makes_the_checkpoints)
{
	write_much();
	expect(wal_bytes() < 8000000, "%lld", (long long)wal_bytes());
}

TEST(with_one_it_makes_none_and_waits_for_it)
{
	start_logger();
	pace.asked_at = 0;
	write_much();
	expect(wal_bytes() > 9000000, "%lld", (long long)wal_bytes());
	slice.messages = 0;
	assert_true(shortest(200000, NULL) >= 100000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    PACE(without_a_logger_it_goes_at_full_speed),
	    PACE(rows_grow_by_a_quarter_while_that_is_quick),
	    PACE(rows_are_halved_while_that_is_slow),
	    PACE(rows_stay_where_it_takes_what_it_should),
	    PACE(beside_a_logger_to_whom_nobody_talks_it_rests_as_long_as_it_took),
	    PACE(what_it_stores_itself_is_no_talk),
	    PACE(while_people_talk_it_rests_four_times_as_long),
	    PACE(two_seconds_after_the_last_word_it_rests_less),
	    PACE(while_people_talk_it_rests_for_each_page_that_it_wrote),
	    PACE(what_is_locked_is_tried_again),
	    PACE(the_time_for_which_it_was_locked_does_not_count),
	    PACE(what_fails_is_told_at_once),
	    PACE(whether_one_runs_is_asked_once_a_second),
	    PACE(a_logger_can_start_between_two_slices),
	    PACE(without_a_logger_it_makes_the_checkpoints),
	    PACE(with_one_it_makes_none_and_waits_for_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
