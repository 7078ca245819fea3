/* test_time.c: times as they are written and read, to the millisecond. */
#include "base/time.h"

#include "unit.h"

/* ---- written ---- */

TEST(time_is_rfc_3339_with_milliseconds_in_utc)
{
	static const struct {
		int64_t ts;
		const char *text;
	} cases[] = {
	    {0, "1970-01-01T00:00:00.000Z"},
	    {1, "1970-01-01T00:00:00.001Z"},
	    {999, "1970-01-01T00:00:00.999Z"},
	    {1000, "1970-01-01T00:00:01.000Z"},
	    {-1, "1969-12-31T23:59:59.999Z"},
	    {-1000, "1969-12-31T23:59:59.000Z"},
	    {951782400050, "2000-02-29T00:00:00.050Z"},
	    {1709251199999, "2024-02-29T23:59:59.999Z"},
	    {1795455665123, "2026-11-23T17:41:05.123Z"},
	    {2147483648000, "2038-01-19T03:14:08.000Z"},
	    {253402300799999, "9999-12-31T23:59:59.999Z"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[TIME_SIZE];
		time_write(text, cases[i].ts);
		expect(strcmp(text, cases[i].text) == 0, "%s and not %s", text, cases[i].text);
	}
}

TEST(time_does_not_depend_on_the_time_zone)
{
	char text[TIME_SIZE];
	setenv("TZ", "Asia/Kathmandu", 1);
	time_write(text, 0);
	unsetenv("TZ");
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
}

TEST(times_out_of_all_bounds_stay_in_their_place)
{
	static const int64_t times[] = {INT64_MAX, -9007199254740991};
	for (size_t i = 0; i < COUNT(times); i++) {
		char text[TIME_SIZE];
		time_write(text, times[i]);
		expect(strlen(text) < TIME_SIZE, "%lld", (long long)times[i]);
	}
}

/* ---- as clients write them ---- */

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
		expect(time_read(str_of(cases[i].text), &ts), "%s", cases[i].text);
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
		expect(!time_read(str_of(cases[i]), &ts) && ts == -1, "'%s': %lld", cases[i],
		    (long long)ts);
	}
}

TEST(each_month_has_its_days)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	for (int month = 1; month <= 12; month++) {
		for (int day = 28; day <= 32; day++) {
			char text[16];
			int64_t ts;
			snprintf(text, sizeof(text), "2026-%02d-%02d", month, day);
			bool there = time_read(str_of(text), &ts);
			expect(there == (day <= days[month - 1]), "%s", text);
		}
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
		expect(time_read((struct str){copy, length}, &ts) == is_time, "%zu", length);
		free(copy);
	}
	int64_t ts;
	assert_false(time_read(BYTES("2026-11-01\0"), &ts));
}

/* ---- as a person or a device says them ---- */

#define NOW 1795455665123 /* 2026-11-23T17:41:05.123Z */

struct reading {
	const char *text;
	int64_t ts;
};

static void expect_read(const struct reading *reading)
{
	int64_t ts = -1;
	expect(time_read_since(reading->text, NOW, &ts), "%s is not read", reading->text);
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
	    {"2y", NOW - 63072000000},
	    {"007m", NOW - 420000},
	    {"999999999d", NOW - 86399999913600000},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_read(&cases[i]);
}

TEST(a_span_is_a_number_and_its_unit_and_has_an_end)
{
	static const char *const bad[] = {
	    "", "y", "1", "1w", "1 y", "-1d", "1y2d", "2739727y", "99999999999999999999d"};
	int64_t ms = 7;
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(!time_read_span(bad[i], &ms) && ms == 7, "'%s' is read", bad[i]);
	assert_true(time_read_span("1y", &ms));
	assert_int_equal(ms, 31536000000);
	assert_true(time_read_span("2739726y", &ms));
	assert_int_equal(ms, 2739726 * 31536000000);
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
		expect(!time_read_since(cases[i], NOW, &ts), "'%s' is read", cases[i]);
	}
}

/* ---- as other programs write them ---- */

/* Each case stands in tests/vectors/times.tsv, with which the import is tried as well. */
TEST(the_times_of_other_histories_are_read_or_refused)
{
	int count = 0;
	char *line = NULL;
	size_t size = 0;
	FILE *file = fopen(TIMES, "re");
	expect(file, "%s: %s", TIMES, strerror(errno));
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '\0' || *line == '#')
			continue;
		char *rest = line, *text = strsep(&rest, "\t"), *wanted = strsep(&rest, "\t");
		int64_t ts = -7, expected = -7;
		bool refused = strcmp(wanted, "refused") == 0;
		if (!refused)
			expected = strtoll(wanted, NULL, 10);
		expect(time_read_foreign(str_of(text), &ts) != refused, "'%s' is %lld", text,
		    (long long)ts);
		expect(ts == expected, "'%s' is %lld", text, (long long)ts);
		count++;
	}
	free(line);
	fclose(file);
	expect(count > 50, "%d times", count);
	int64_t ts;
	assert_false(time_read_foreign(str_of(NULL), &ts));
	assert_false(time_read_foreign(str_of(""), &ts));
	assert_false(time_read_foreign(BYTES("0\0"), &ts));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(time_is_rfc_3339_with_milliseconds_in_utc),
	    cmocka_unit_test(time_does_not_depend_on_the_time_zone),
	    cmocka_unit_test(times_out_of_all_bounds_stay_in_their_place),
	    cmocka_unit_test(what_is_a_time_is_read_to_the_millisecond),
	    cmocka_unit_test(what_is_no_time_is_refused_and_leaves_the_result_alone),
	    cmocka_unit_test(each_month_has_its_days),
	    cmocka_unit_test(nothing_is_read_behind_the_end),
	    cmocka_unit_test(how_long_ago_is_taken_off_now),
	    cmocka_unit_test(a_span_is_a_number_and_its_unit_and_has_an_end),
	    cmocka_unit_test(a_time_is_read_as_rfc_3339_says),
	    cmocka_unit_test(anything_else_is_not_read),
	    cmocka_unit_test(the_times_of_other_histories_are_read_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
