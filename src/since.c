#include "since.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DIGITS_MAX 9

/* Reads digits, at least `min` and at most `max` of them, and moves past them; -1 otherwise. */
static int64_t number(const char **at, int min, int max)
{
	int64_t n = 0;
	int digits = 0;
	for (; digits < max && **at >= '0' && **at <= '9'; digits++)
		n = n * 10 + *(*at)++ - '0';
	return digits < min ? -1 : n;
}

/* Moves past a character that is one of `some`. */
static bool skip(const char **at, const char *some)
{
	if (!**at || !strchr(some, **at))
		return false;
	(*at)++;
	return true;
}

static bool read_ago(const char *text, int64_t now, int64_t *ts)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
	int64_t n = number(&text, 1, DIGITS_MAX);
	for (size_t i = 0; n >= 0 && i < sizeof(units) / sizeof(units[0]); i++)
		if (text[0] == units[i].unit && !text[1]) {
			*ts = now - n * units[i].ms;
			return true;
		}
	return false;
}

/* A fraction of a second in ms; what is finer is cut off. -1: it is broken. */
static int64_t fraction(const char **at)
{
	int64_t ms = 0, scale = 100;
	if (!skip(at, "."))
		return 0;
	if (**at < '0' || **at > '9')
		return -1;
	for (; **at >= '0' && **at <= '9'; (*at)++, scale /= 10)
		ms += (**at - '0') * scale;
	return ms;
}

/* The offset from UTC in minutes, or INT64_MIN. */
static int64_t offset(const char **at)
{
	if (skip(at, "Zz"))
		return 0;
	int64_t sign = **at == '-' ? -1 : 1;
	if (!skip(at, "+- "))
		return INT64_MIN;
	int64_t hours = number(at, 2, 2);
	int64_t minutes = skip(at, ":") ? number(at, 2, 2) : -1;
	bool right = hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
	return right ? sign * (hours * 60 + minutes) : INT64_MIN;
}

/* Whether the calendar has that day and the day that time: timegm() changes what it has not. */
static bool exists(const struct tm *given)
{
	struct tm same = *given;
	timegm(&same);
	return same.tm_mday == given->tm_mday && same.tm_mon == given->tm_mon &&
	       given->tm_hour < 24 && given->tm_min < 60 && given->tm_sec < 60;
}

static bool read_time(const char *text, int64_t *ts)
{
	struct tm tm = {0};
	tm.tm_year = (int)number(&text, 4, 4) - 1900;
	tm.tm_mon = skip(&text, "-") ? (int)number(&text, 2, 2) - 1 : -1;
	tm.tm_mday = skip(&text, "-") ? (int)number(&text, 2, 2) : 0;
	tm.tm_hour = skip(&text, "Tt ") ? (int)number(&text, 2, 2) : -1;
	tm.tm_min = skip(&text, ":") ? (int)number(&text, 2, 2) : -1;
	tm.tm_sec = skip(&text, ":") ? (int)number(&text, 2, 2) : -1;
	if (tm.tm_mon < 0 || tm.tm_mday < 1 || tm.tm_hour < 0 || tm.tm_min < 0 || tm.tm_sec < 0 ||
	    !exists(&tm))
		return false;
	int64_t ms = fraction(&text);
	int64_t minutes = ms < 0 ? INT64_MIN : offset(&text);
	if (minutes == INT64_MIN || *text)
		return false;
	*ts = ((int64_t)timegm(&tm) - minutes * 60) * 1000 + ms;
	return true;
}

bool since_read(const char *text, int64_t now, int64_t *ts)
{
	return read_ago(text, now, ts) || read_time(text, ts);
}
