#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- written ---- */

#define TS_MAX 253402300799999 /* of the last year that has four digits */

/* Writes `n` in so many digits at `at`; returns what follows them. */
static char *put_digits(char *at, int n, int digits)
{
	for (int i = digits - 1; i >= 0; i--, n /= 10)
		at[i] = (char)('0' + n % 10);
	return at + digits;
}

static char *put_part(char *at, char before, int n, int digits)
{
	*at = before;
	return put_digits(at + 1, n, digits);
}

/* A third of the time of a page would go to strftime() and snprintf() otherwise. */
static void put_time(char out[TIME_SIZE], const struct tm *utc, int ms)
{
	char *at = put_digits(out, utc->tm_year + 1900, 4);
	at = put_part(at, '-', utc->tm_mon + 1, 2);
	at = put_part(at, '-', utc->tm_mday, 2);
	at = put_part(at, 'T', utc->tm_hour, 2);
	at = put_part(at, ':', utc->tm_min, 2);
	at = put_part(at, ':', utc->tm_sec, 2);
	at = put_part(at, '.', ms, 3);
	memcpy(at, "Z", 2);
}

void time_write(char out[TIME_SIZE], int64_t ts)
{
	int64_t ms = ts % 1000;
	if (ms < 0)
		ms += 1000;
	time_t seconds = (time_t)((ts - ms) / 1000);
	struct tm utc;
	if (ts >= 0 && ts <= TS_MAX && gmtime_r(&seconds, &utc)) {
		put_time(out, &utc, (int)ms);
		return;
	}
	char date[TIME_SIZE - 6] = "";
	if (gmtime_r(&seconds, &utc))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(out, TIME_SIZE, "%s.%03dZ", date, (int)ms);
}

/* ---- read ---- */

/* What is left to read; `bad` once something was not as it must be. */
struct reader {
	struct str left;
	bool bad;
};

static int peek(const struct reader *r)
{
	return r->left.len ? (unsigned char)r->left.at[0] : -1;
}

static int take_char(struct reader *r)
{
	int c = peek(r);
	if (c >= 0)
		r->left = (struct str){r->left.at + 1, r->left.len - 1};
	return c;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int number(struct reader *r, int digits, int min, int max)
{
	int value = 0;
	for (int i = 0; i < digits; i++) {
		int c = take_char(r);
		r->bad |= !is_digit(c);
		value = value * 10 + (c - '0');
	}
	r->bad |= value < min || value > max;
	return r->bad ? min : value;
}

static void expect(struct reader *r, const char *one_of)
{
	int c = take_char(r);
	r->bad |= c <= 0 || !strchr(one_of, c);
}

/* Milliseconds of a fraction of any length; 0 where there is none. */
static int fraction(struct reader *r)
{
	int ms = 0, weight = 100;
	if (peek(r) != '.')
		return 0;
	take_char(r);
	r->bad |= !is_digit(peek(r));
	for (; is_digit(peek(r)); weight /= 10)
		ms += weight * (take_char(r) - '0');
	return ms;
}

/* The offset in seconds east of UTC; `loose`: +02 and +0200 are offsets, too. */
static int offset(struct reader *r, bool loose)
{
	int sign = take_char(r);
	if (sign == 'Z' || sign == 'z')
		return 0;
	r->bad |= sign != '+' && sign != '-';
	int seconds = number(r, 2, 0, 23) * 3600;
	if (!loose || peek(r) == ':')
		expect(r, ":");
	if (!loose || r->left.len > 0)
		seconds += number(r, 2, 0, 59) * 60;
	return sign == '-' ? -seconds : seconds;
}

static int days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

static struct tm read_date(struct reader *r)
{
	int year = number(r, 4, 1970, 9999);
	expect(r, "-");
	int month = number(r, 2, 1, 12);
	expect(r, "-");
	int day = number(r, 2, 1, days_of(year, month));
	return (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
}

static bool read_time(struct str s, bool loose, int64_t *ts)
{
	struct reader r = {s, false};
	struct tm utc = read_date(&r);
	int ms = 0, east = 0;
	if (r.left.len > 0) {
		expect(&r, "Tt ");
		utc.tm_hour = number(&r, 2, 0, 23);
		expect(&r, ":");
		utc.tm_min = number(&r, 2, 0, 59);
		expect(&r, ":");
		utc.tm_sec = number(&r, 2, 0, 60); /* a leap second */
		ms = fraction(&r);
		if (!loose || r.left.len > 0)
			east = offset(&r, loose);
	}
	if (r.bad || r.left.len > 0)
		return false;
	*ts = ((int64_t)timegm(&utc) - east) * 1000 + ms;
	return true;
}

bool time_read(struct str s, int64_t *ts)
{
	return read_time(s, false, ts);
}

/* ---- as other programs write them ---- */

/* 1795455665 or 1795455665.123 */
static bool read_seconds(struct str s, int64_t *ts)
{
	struct reader r = {s, false};
	int64_t seconds = 0;
	r.bad = !is_digit(peek(&r));
	while (is_digit(peek(&r)) && seconds <= TS_MAX / 1000)
		seconds = seconds * 10 + (take_char(&r) - '0');
	int ms = fraction(&r);
	if (r.bad || r.left.len > 0)
		return false;
	*ts = seconds * 1000 + ms;
	return true;
}

bool time_read_foreign(struct str s, int64_t *ts)
{
	int64_t read;
	if (!read_time(s, true, &read) && !read_seconds(s, &read))
		return false;
	if (read < 0 || read > TS_MAX)
		return false;
	*ts = read;
	return true;
}

/* ---- as a person says it ---- */

#define NUMBER_MAX 999999999
#define DAY_MS 86400000LL
#define SPAN_MAX (NUMBER_MAX * DAY_MS)
#define OFFSET_LENGTH 6 /* +02:00 */
#define TIME_MAX 64

bool time_read_span(const char *text, int64_t *ms)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', DAY_MS}, {'y', 365 * DAY_MS}};
	char *end;
	long long n = strtoll(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || n > NUMBER_MAX)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (end[0] == units[i].unit && !end[1] && n <= SPAN_MAX / units[i].ms) {
			*ms = n * units[i].ms;
			return true;
		}
	return false;
}

static bool read_ago(const char *text, int64_t now, int64_t *ts)
{
	int64_t span;
	if (!time_read_span(text, &span))
		return false;
	*ts = now - span;
	return true;
}

static bool read_queried(const char *text, int64_t *ts)
{
	char copy[TIME_MAX];
	size_t len = strlen(text);
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len + 1);
	if (len > OFFSET_LENGTH && copy[len - OFFSET_LENGTH] == ' ')
		copy[len - OFFSET_LENGTH] = '+';
	return time_read((struct str){copy, len}, ts);
}

bool time_read_since(const char *text, int64_t now, int64_t *ts)
{
	return read_ago(text, now, ts) || read_queried(text, ts);
}
