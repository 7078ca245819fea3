#include "base/since.h"

#include <stdlib.h>

#include "base/rfc3339.h"

#define NUMBER_MAX 999999999
#define OFFSET_LENGTH 6 /* +02:00 */
#define TIME_MAX 64

static bool read_ago(const char *text, int64_t now, int64_t *ts)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
	char *end;
	long long n = strtoll(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || n > NUMBER_MAX)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (end[0] == units[i].unit && !end[1]) {
			*ts = now - n * units[i].ms;
			return true;
		}
	return false;
}

static bool read_time(const char *text, int64_t *ts)
{
	char copy[TIME_MAX];
	size_t len = strlen(text);
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len + 1);
	if (len > OFFSET_LENGTH && copy[len - OFFSET_LENGTH] == ' ')
		copy[len - OFFSET_LENGTH] = '+';
	return rfc3339_read((struct str){copy, len}, ts);
}

bool since_read(const char *text, int64_t now, int64_t *ts)
{
	return read_ago(text, now, ts) || read_time(text, ts);
}
