/* test_reckoning.c: which clocks the logger believes, and that its account outlasts its end. */
#include "logger/reckoning.h"

#include "history.h"
#include "logger/batch.h"
#include "store/signs.h"

#define MINUTE 60000LL
#define DAY 86400000LL

/* What time it should be, after `minutes` in which both clocks ran, from what it was at the start.
 */
static struct reckoning lived(struct reckoning r, int64_t clock, int minutes)
{
	for (int i = 0; i <= minutes; i++)
		reckoning_keep(&r, clock + i * MINUTE, 1 + i * MINUTE);
	return r;
}

TEST(a_clock_may_be_ahead_by_half_of_the_days_and_by_thirty)
{
	assert_int_equal(reckoning_ahead_max(0), 0);
	assert_int_equal(reckoning_ahead_max(1), DAY / 2);
	assert_int_equal(reckoning_ahead_max(7), 7 * DAY / 2);
	assert_int_equal(reckoning_ahead_max(365), 30 * DAY);
	assert_int_equal(reckoning_ahead_max(36500), 30 * DAY);
}

TEST(a_clock_that_jumps_too_far_is_doubted_for_as_long_as_it_is_ahead)
{
	struct reckoning r = {.at = TS, .ahead_max = 30 * DAY};
	r = lived(r, TS + 400 * DAY, 100);
	assert_true(r.doubted);
	assert_int_equal(r.at, TS + 100 * MINUTE);
	reckoning_keep(&r, TS + 101 * MINUTE, 1 + 101 * MINUTE);
	assert_false(r.doubted);
}

TEST(a_jump_while_it_runs_is_one_as_well)
{
	struct reckoning r = lived((struct reckoning){.ahead_max = DAY}, TS, 10);
	assert_false(r.doubted);
	reckoning_keep(&r, TS + 11 * MINUTE + 2 * DAY, 1 + 11 * MINUTE);
	assert_true(r.doubted);
	assert_int_equal(r.at, TS + 11 * MINUTE);
}

TEST(days_that_the_logger_lived_through_are_no_jump)
{
	struct reckoning r =
	    lived((struct reckoning){.at = TS, .ahead_max = DAY / 2}, TS + MINUTE, 40 * 24 * 60);
	assert_false(r.doubted);
	assert_int_equal(r.at, TS + MINUTE + 40 * DAY);
}

/* One that stands still, or jumps with the other one, proves nothing. */
TEST(what_passed_without_a_call_was_not_lived_through)
{
	struct reckoning r = lived((struct reckoning){.ahead_max = DAY}, TS, 1);
	reckoning_keep(&r, TS + 2 * DAY, 1 + 2 * DAY);
	assert_true(r.doubted);
}

TEST(without_retention_no_clock_is_doubted)
{
	struct reckoning r = lived((struct reckoning){.at = TS}, TS + 4000 * DAY, 1);
	assert_false(r.doubted);
}

/* A machine that starts in 1970 until it has the time: it has not become younger. */
TEST(a_clock_that_was_behind_for_a_while_may_come_back)
{
	struct reckoning r = lived((struct reckoning){.at = TS, .ahead_max = DAY}, MINUTE, 60);
	assert_false(r.doubted);
	reckoning_keep(&r, TS + 2 * 60 * MINUTE, 1 + 61 * MINUTE);
	assert_false(r.doubted);
}

TEST(one_that_was_ahead_and_believed_is_forgotten_after_a_day)
{
	struct reckoning r = {.at = TS + 20 * DAY, .ahead_max = 30 * DAY};
	r = lived(r, TS, 23 * 60);
	assert_true(r.at > TS + 20 * DAY);
	r = lived(r, TS + DAY, 25 * 60);
	assert_int_equal(r.at, TS + DAY + 25 * 60 * MINUTE);
}

TEST(the_account_is_stored_with_each_batch_and_found_again)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	struct batch *batch = batch_open();
	struct store_signs signs;
	bool known;
	assert_int_equal(batch_restore(batch, store, &known), STORE_OK);
	assert_int_equal(batch_reckoned(batch), 0);
	assert_int_equal(batch_store(batch, store, TS), STORE_OK);
	assert_int_equal(batch_restore(batch, store, &known), STORE_OK);
	assert_int_equal(batch_reckoned(batch), TS); /* the sign of life of a version without one */
	assert_true(
	    batch_add(batch, str_of("chat/lab"), str_of("x"), &(struct delivery){7, false}, TS));
	batch_reckon(batch, TS - 400 * DAY);
	assert_int_equal(batch_store(batch, store, TS), STORE_OK);
	batch_close(batch);
	batch = batch_open();
	assert_int_equal(batch_restore(batch, store, &known), STORE_OK);
	assert_int_equal(batch_reckoned(batch), TS - 400 * DAY);
	assert_int_equal(store_read_signs(store, &signs), STORE_OK);
	assert_int_equal(signs_doubt(&signs), 400 * DAY);
	batch_close(batch);
	store_close(store);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_clock_may_be_ahead_by_half_of_the_days_and_by_thirty),
	    cmocka_unit_test(a_clock_that_jumps_too_far_is_doubted_for_as_long_as_it_is_ahead),
	    cmocka_unit_test(a_jump_while_it_runs_is_one_as_well),
	    cmocka_unit_test(days_that_the_logger_lived_through_are_no_jump),
	    cmocka_unit_test(what_passed_without_a_call_was_not_lived_through),
	    cmocka_unit_test(without_retention_no_clock_is_doubted),
	    cmocka_unit_test(a_clock_that_was_behind_for_a_while_may_come_back),
	    cmocka_unit_test(one_that_was_ahead_and_believed_is_forgotten_after_a_day),
	    IN_DIR(the_account_is_stored_with_each_batch_and_found_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
