/*
 * test_bucket.c: how often each key may, and what a table that is full forgets.
 */
#include "auth/bucket.h"

#include "unit.h"

#define T0 5000000

static struct buckets *make(double per_second, unsigned burst, unsigned capacity)
{
	struct buckets *b = buckets_new(per_second, burst, capacity);
	assert_non_null(b);
	return b;
}

static int64_t take(struct buckets *b, const char *key, int64_t now)
{
	return buckets_take(b, str_of(key), now);
}

TEST(a_bucket_begins_full)
{
	struct buckets *b = make(1, 3, 4);
	for (int i = 0; i < 3; i++)
		assert_int_equal(take(b, "a", T0), 0);
	assert_true(take(b, "a", T0) > 0);
	buckets_free(b);
}

TEST(keys_have_a_bucket_each)
{
	struct buckets *b = make(1, 1, 4);
	assert_int_equal(take(b, "a", T0), 0);
	assert_int_equal(take(b, "b", T0), 0);
	assert_int_equal(take(b, "", T0), 0);
	assert_true(take(b, "a", T0) > 0);
	assert_true(take(b, "b", T0) > 0);
	assert_true(take(b, "", T0) > 0);
	buckets_free(b);
}

TEST(one_flows_in_each_time_and_the_wait_is_told)
{
	struct buckets *b = make(1.0 / 3, 2, 4);
	assert_int_equal(take(b, "a", T0), 0);
	assert_int_equal(take(b, "a", T0 + 1000), 0);
	assert_int_equal(take(b, "a", T0 + 1000), 2000);
	assert_int_equal(take(b, "a", T0 + 2999), 1);
	assert_int_equal(take(b, "a", T0 + 3000), 0);
	assert_int_equal(take(b, "a", T0 + 3000), 3000);
	buckets_free(b);
}

TEST(a_bucket_holds_no_more_than_its_burst)
{
	struct buckets *b = make(10, 5, 4);
	assert_int_equal(take(b, "a", T0), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(take(b, "a", T0 + 3600000), 0);
	assert_int_equal(take(b, "a", T0 + 3600000), 100);
	buckets_free(b);
}

TEST(in_the_long_run_it_is_the_rate)
{
	struct buckets *b = make(20, 10, 4);
	int taken = 0;
	for (int64_t ms = 0; ms < 60000; ms += 7)
		taken += take(b, "a", T0 + ms) == 0;
	expect(taken >= 1208 && taken <= 1210, "%d", taken);
	buckets_free(b);
}

TEST(more_than_a_thousand_a_second_are_possible)
{
	struct buckets *b = make(2500, 1, 4);
	int taken = 0;
	for (int64_t ms = 0; ms < 1000; ms++)
		while (take(b, "a", T0 + ms) == 0)
			taken++;
	expect(taken == 1000, "%d", taken); /* with a burst of 1 one a ms */
	buckets_free(b);
	b = make(2500, 5, 4);
	taken = 0;
	for (int64_t ms = 0; ms < 1000; ms++)
		while (take(b, "a", T0 + ms) == 0)
			taken++;
	expect(taken >= 2500 && taken <= 2505, "%d", taken);
	buckets_free(b);
}

TEST(a_refused_one_costs_nothing)
{
	struct buckets *b = make(1, 1, 4);
	assert_int_equal(take(b, "a", T0), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(take(b, "a", T0 + 500), 500);
	assert_int_equal(take(b, "a", T0 + 1000), 0);
	buckets_free(b);
}

TEST(a_clock_that_goes_back_stands_still)
{
	struct buckets *b = make(1, 1, 4);
	assert_int_equal(take(b, "a", T0), 0);
	assert_int_equal(take(b, "a", 0), 1000);
	assert_int_equal(take(b, "a", T0 + 999), 1);
	assert_int_equal(take(b, "a", T0 + 1000), 0);
	buckets_free(b);
}

TEST(keys_are_bytes_of_any_kind_as_far_as_they_count)
{
	char a[BUCKET_KEY_MAX + 1], b[BUCKET_KEY_MAX + 1];
	struct buckets *buckets = make(1, 1, 8);
	assert_int_equal(buckets_take(buckets, BYTES("a\0b"), T0), 0);
	assert_int_equal(buckets_take(buckets, BYTES("a\0c"), T0), 0);
	assert_int_equal(buckets_take(buckets, BYTES("a"), T0), 0);
	assert_int_equal(buckets_take(buckets, (struct str){NULL, 0}, T0), 0);
	memset(a, 'a', sizeof(a));
	memset(b, 'a', sizeof(b));
	b[BUCKET_KEY_MAX] = 'b';
	assert_int_equal(buckets_take(buckets, (struct str){a, sizeof(a)}, T0), 0);
	assert_true(buckets_take(buckets, (struct str){b, sizeof(b)}, T0) > 0);
	b[BUCKET_KEY_MAX - 1] = 'b';
	assert_int_equal(buckets_take(buckets, (struct str){b, sizeof(b)}, T0), 0);
	buckets_free(buckets);
}

/* ---- a table that is full ---- */

TEST(who_is_full_again_goes_before_who_is_not)
{
	struct buckets *b = make(1, 2, 3);
	take(b, "empty", T0);
	take(b, "empty", T0);
	take(b, "recovered", T0 + 100);
	take(b, "fresh", T0 + 1200);
	/* By then "recovered" is full, "empty" is older and is not. */
	assert_int_equal(take(b, "new", T0 + 1500), 0);
	assert_int_equal(take(b, "empty", T0 + 1500), 0);
	assert_int_equal(take(b, "empty", T0 + 1500), 500);
	buckets_free(b);
}

TEST(where_none_is_full_the_oldest_goes)
{
	struct buckets *b = make(1, 1, 3);
	take(b, "a", T0);
	take(b, "b", T0 + 1);
	take(b, "c", T0 + 2);
	assert_true(take(b, "a", T0 + 3) > 0); /* used: now "b" is the oldest */
	assert_int_equal(take(b, "d", T0 + 4), 0);
	assert_true(take(b, "a", T0 + 5) > 0);
	assert_true(take(b, "c", T0 + 5) > 0);
	assert_int_equal(take(b, "b", T0 + 6), 0);
	buckets_free(b);
}

TEST(a_table_for_one_key_serves_one_at_a_time)
{
	struct buckets *b = make(1, 1, 1);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(take(b, i % 2 ? "a" : "b", T0), 0);
		assert_int_equal(take(b, i % 2 ? "a" : "b", T0), 1000);
	}
	buckets_free(b);
	buckets_free(NULL);
}

/* Against a model that remembers everybody: as long as the table holds all, there is no difference;
 * keys that share a slot and those that go do not harm others. */
TEST(many_keys_come_and_go)
{
	enum { KEYS = 64, STEPS = 200000 };
	static int64_t model[KEYS];
	unsigned random = 1;
	struct buckets *large = make(100, 3, KEYS), *small = make(100, 3, 7);
	int64_t now = T0;
	for (int i = 0; i < STEPS; i++) {
		char key[16];
		random = random * 1103515245u + 12345u;
		unsigned k = (random >> 16) % KEYS;
		now += (random >> 8) % 2;
		snprintf(key, sizeof(key), "key %u", k);
		int64_t full = model[k] > now ? model[k] : now;
		int64_t wait = full + 10 - now - 30;
		if (wait <= 0)
			model[k] = full + 10;
		expect(take(large, key, now) == (wait > 0 ? wait : 0), "step %d", i);
		expect(take(small, key, now) <= 10, "step %d", i);
	}
	buckets_free(large);
	buckets_free(small);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_bucket_begins_full),
	    cmocka_unit_test(keys_have_a_bucket_each),
	    cmocka_unit_test(one_flows_in_each_time_and_the_wait_is_told),
	    cmocka_unit_test(a_bucket_holds_no_more_than_its_burst),
	    cmocka_unit_test(in_the_long_run_it_is_the_rate),
	    cmocka_unit_test(more_than_a_thousand_a_second_are_possible),
	    cmocka_unit_test(a_refused_one_costs_nothing),
	    cmocka_unit_test(a_clock_that_goes_back_stands_still),
	    cmocka_unit_test(keys_are_bytes_of_any_kind_as_far_as_they_count),
	    cmocka_unit_test(who_is_full_again_goes_before_who_is_not),
	    cmocka_unit_test(where_none_is_full_the_oldest_goes),
	    cmocka_unit_test(a_table_for_one_key_serves_one_at_a_time),
	    cmocka_unit_test(many_keys_come_and_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
