/* test_since.c: a time as a person or a device says it. */
#include "base/since.h"
#include "unit.h"

#define NOW 1795455665123 /* 2026-11-23T17:41:05.123Z */

struct reading {
	const char *text;
	int64_t ts;
};

static void expect_read(const struct reading *reading)
{
	int64_t ts = -1;
	expect(since_read(reading->text, NOW, &ts), "%s is not read", reading->text);
	expect(ts == reading->ts, "%s is %lld and not %lld", reading->text, (long long)ts,
	    (long long)reading->ts);
}

TEST(how_long_ago_is_taken_off_now)
{
	static const struct reading cases[] = {
	    {"0s", NOW},
	    {"30s", NOW - 30000},
	    {"10m", NOW - 600000},
	    {"2h", NOW - 7200000},
	    {"3d", NOW - 259200000},
	    {"007m", NOW - 420000},
	    {"999999999d", NOW - 86399999913600000},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_read(&cases[i]);
}

TEST(a_time_is_read_as_rfc_3339_says)
{
	static const struct reading cases[] = {
	    {"2026-11-23T17:41:05Z", NOW - 123},
	    {"2026-11-23t17:41:05z", NOW - 123},
	    {"2026-11-23 17:41:05Z", NOW - 123},
	    {"2026-11-23T17:41:05.123Z", NOW},
	    {"2026-11-23T17:41:05.1239999Z", NOW},
	    {"2026-11-23T17:41:05.1Z", NOW - 23},
	    {"2026-11-23T18:41:05.123+01:00", NOW},
	    {"2026-11-23T18:41:05.123 01:00", NOW},
	    {"2026-11-23T12:11:05.123-05:30", NOW},
	    {"2026-11-24T17:40:05.123+23:59", NOW},
	    {"2026-11-23", 1795392000000},
	    {"1970-01-01T00:00:00Z", 0},
	    {"2024-02-29T00:00:00Z", 1709164800000},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_read(&cases[i]);
}

TEST(anything_else_is_not_read)
{
	static const char *const cases[] = {"", "10", "m", "-5m", "+5m", "5 m", "5M", "5w", "5m5s",
	    "1.5h", "1000000000s", "now", "yesterday", "2026-11-23 17", "2026-11-23T17:41Z",
	    "2026-11-23T17:41:05", "2026-11-23T17:41:05.Z", "2026-11-23T17:41:05+0100",
	    "2026-11-23T17:41:05+24:00", "2026-11-23T17:41:05+01:60", "2026-11-23T24:00:00Z",
	    "2026-11-23T17:60:05Z", "2026-11-23T17:41:61Z", "2026-02-29T00:00:00Z",
	    "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
	    "26-11-23T17:41:05Z", "2026-11-23T17:41:05Zx", "2026-11-23T17:41:05Z ",
	    " 2026-11-23T17:41:05Z", "20261-11-23T17:41:05Z", "99999999999999999999d"};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ts = 7;
		expect(!since_read(cases[i], NOW, &ts), "'%s' is read", cases[i]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(how_long_ago_is_taken_off_now),
	    cmocka_unit_test(a_time_is_read_as_rfc_3339_says),
	    cmocka_unit_test(anything_else_is_not_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
