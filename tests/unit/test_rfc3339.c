/* test_rfc3339.c: times as clients write them, to the millisecond, and nothing else. */
#include "base/rfc3339.h"
#include "unit.h"

TEST(what_is_a_time_is_read_to_the_millisecond)
{
	static const struct {
		const char *text;
		int64_t ts;
	} cases[] = {
	    {"1970-01-01", 0},
	    {"2026-11-01", 1793491200000},
	    {"2024-02-29", 1709164800000},
	    {"2000-02-29", 951782400000},
	    {"2026-11-23T17:41:05Z", 1795455665000},
	    {"2026-11-23t17:41:05z", 1795455665000},
	    {"2026-11-23 17:41:05Z", 1795455665000},
	    {"2026-11-23T17:41:05.123Z", 1795455665123},
	    {"2026-11-23T17:41:05.1Z", 1795455665100},
	    {"2026-11-23T17:41:05.123999999Z", 1795455665123},
	    {"2026-11-23T19:41:05+02:00", 1795455665000},
	    {"2026-11-23T12:11:05-05:30", 1795455665000},
	    {"2016-12-31T23:59:60Z", 1483228800000},
	    {"1970-01-01T00:00:00+01:00", -3600000},
	    {"9999-12-31T23:59:59.999Z", 253402300799999},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ts = -1;
		expect(rfc3339_read(str_of(cases[i].text), &ts), "%s", cases[i].text);
		expect(ts == cases[i].ts, "%s: %lld", cases[i].text, (long long)ts);
	}
}

TEST(what_is_no_time_is_refused_and_leaves_the_result_alone)
{
	static const char *const cases[] = {"", " ", "x", "2026", "2026-11", "2026-11-1",
	    "20261101", "2026-11-01 ", "2026-11-01T", "2026-11-01T10", "2026-11-01T10:00Z",
	    "2026-11-01T10:00:00", "2026-11-01T10:00:00.Z", "2026-11-01T10:00:00+2:00",
	    "2026-11-01T10:00:00+0200", "2026-11-01T10:00:00Zx", "2026-11-01T24:00:00Z",
	    "2026-11-01T10:60:00Z", "2026-11-01T10:00:61Z", "2026-00-01", "2026-13-01",
	    "2026-11-00", "2026-11-31", "2025-02-29", "1900-02-29", "1969-12-31", "0000-01-01",
	    "-026-11-01", "+026-11-01", "2026-11-01T10:00:00+24:00", "2026-11-01T10:00:00 02:00",
	    "2026/11/01", "2o26-11-01"};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ts = -1;
		expect(!rfc3339_read(str_of(cases[i]), &ts) && ts == -1, "'%s': %lld", cases[i],
		    (long long)ts);
	}
}

TEST(nothing_is_read_behind_the_end)
{
	static const char whole[] = "2026-11-23T17:41:05.123+02:00";
	for (size_t length = 0; length < sizeof(whole); length++) {
		char *copy = malloc(length + 1);
		memcpy(copy, whole, length);
		copy[length] = 'Z';
		int64_t ts;
		bool is_time = length == 10 || length == sizeof(whole) - 1;
		expect(rfc3339_read((struct str){copy, length}, &ts) == is_time, "%zu", length);
		free(copy);
	}
	int64_t ts;
	assert_false(rfc3339_read(BYTES("2026-11-01\0"), &ts));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_a_time_is_read_to_the_millisecond),
	    cmocka_unit_test(what_is_no_time_is_refused_and_leaves_the_result_alone),
	    cmocka_unit_test(nothing_is_read_behind_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
