#include "base/rfc3339.h"

#include <time.h>

/* What is left to read; `bad` once something was not as it must be. */
struct reader {
	struct str left;
	bool bad;
};

static int peek(const struct reader *r)
{
	return r->left.len ? (unsigned char)r->left.at[0] : -1;
}

static int take(struct reader *r)
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
		int c = take(r);
		r->bad |= !is_digit(c);
		value = value * 10 + (c - '0');
	}
	r->bad |= value < min || value > max;
	return r->bad ? min : value;
}

static void expect(struct reader *r, const char *one_of)
{
	int c = take(r);
	r->bad |= c <= 0 || !strchr(one_of, c);
}

/* Milliseconds of a fraction of any length; 0 where there is none. */
static int fraction(struct reader *r)
{
	int ms = 0, weight = 100;
	if (peek(r) != '.')
		return 0;
	take(r);
	r->bad |= !is_digit(peek(r));
	for (; is_digit(peek(r)); weight /= 10)
		ms += weight * (take(r) - '0');
	return ms;
}

/* The offset in seconds east of UTC. */
static int offset(struct reader *r)
{
	int sign = take(r);
	if (sign == 'Z' || sign == 'z')
		return 0;
	r->bad |= sign != '+' && sign != '-';
	int hours = number(r, 2, 0, 23);
	expect(r, ":");
	int seconds = hours * 3600 + number(r, 2, 0, 59) * 60;
	return sign == '-' ? -seconds : seconds;
}

static int days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

static struct tm date(struct reader *r)
{
	int year = number(r, 4, 1970, 9999);
	expect(r, "-");
	int month = number(r, 2, 1, 12);
	expect(r, "-");
	int day = number(r, 2, 1, days_of(year, month));
	return (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
}

bool rfc3339_read(struct str s, int64_t *ts)
{
	struct reader r = {s, false};
	struct tm utc = date(&r);
	int ms = 0, east = 0;
	if (r.left.len > 0) {
		expect(&r, "Tt ");
		utc.tm_hour = number(&r, 2, 0, 23);
		expect(&r, ":");
		utc.tm_min = number(&r, 2, 0, 59);
		expect(&r, ":");
		utc.tm_sec = number(&r, 2, 0, 60); /* a leap second */
		ms = fraction(&r);
		east = offset(&r);
	}
	if (r.bad || r.left.len > 0)
		return false;
	*ts = ((int64_t)timegm(&utc) - east) * 1000 + ms;
	return true;
}
