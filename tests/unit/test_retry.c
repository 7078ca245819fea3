/* test_retry.c: the waits grow, are spread, and have an end. */
#include "base/retry.h"

#include "unit.h"

/* The longest wait before each attempt, from the first on. */
static const int longest[] = {100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000};

TEST(the_shortest_wait_is_half_of_the_longest)
{
	for (unsigned i = 0; i < COUNT(longest); i++)
		expect(retry_wait_ms(i + 1, 0) == longest[i] / 2, "attempt %u", i + 1);
}

TEST(the_longest_wait_doubles_up_to_the_last)
{
	for (unsigned i = 0; i < COUNT(longest); i++)
		expect(retry_wait_ms(i + 1, (unsigned)longest[i] / 2) == longest[i], "attempt %u",
		    i + 1);
}

TEST(no_random_number_leads_out_of_the_bounds)
{
	static const unsigned attempts[] = {0, 1, 2, 7, 8, 9, 31, 32, 33, 1000000, UINT_MAX};
	static const unsigned randoms[] = {0, 1, 49, 50, 51, 52, 5000, 5001, 0x80000000u, UINT_MAX};
	for (size_t a = 0; a < COUNT(attempts); a++)
		for (size_t r = 0; r < COUNT(randoms); r++) {
			int wait = retry_wait_ms(attempts[a], randoms[r]);
			expect(wait >= RETRY_FIRST_MS / 2 && wait <= RETRY_LAST_MS,
			    "attempt %u with %u waits %d", attempts[a], randoms[r], wait);
		}
}

TEST(each_wait_between_the_bounds_can_come)
{
	bool seen[RETRY_FIRST_MS + 1] = {false};
	for (unsigned random = 0; random <= RETRY_FIRST_MS; random++)
		seen[retry_wait_ms(1, random)] = true;
	for (int wait = RETRY_FIRST_MS / 2; wait <= RETRY_FIRST_MS; wait++)
		expect(seen[wait], "%d ms", wait);
}

TEST(a_million_attempts_later_the_wait_is_still_the_last)
{
	assert_int_equal(retry_wait_ms(1000000, RETRY_LAST_MS / 2), RETRY_LAST_MS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_shortest_wait_is_half_of_the_longest),
	    cmocka_unit_test(the_longest_wait_doubles_up_to_the_last),
	    cmocka_unit_test(no_random_number_leads_out_of_the_bounds),
	    cmocka_unit_test(each_wait_between_the_bounds_can_come),
	    cmocka_unit_test(a_million_attempts_later_the_wait_is_still_the_last),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
