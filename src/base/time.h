/*
 * time.h: times as they are written and read: RFC 3339. Inside they are milliseconds since 1970,
 * UTC.
 */
#ifndef CHAT_TIME_H
#define CHAT_TIME_H

#include <stdint.h>

#include "base/str.h"

enum { TIME_SIZE = 32 };

/* Writes `ts` in UTC with milliseconds: 2026-11-23T17:41:05.123Z. */
void time_write(char out[TIME_SIZE], int64_t ts);

/*
 * Reads 2026-11-01T09:30:00Z, with or without a fraction, with Z or an offset like +02:00; or a
 * date alone, 2026-11-01, which is its midnight in UTC. Years are 1970 to 9999. Returns true; or
 * false, and leaves *ts alone.
 */
bool time_read(struct str s, int64_t *ts);

/*
 * Reads a time as other programs write it: as time_read(), where the offset may be missing (UTC),
 * or be +02 or +0200; or seconds since 1970, with or without a fraction. Each is from 1970 to 9999
 * in UTC. tests/vectors/times.tsv has cases. Returns true; or false, and leaves *ts alone.
 */
bool time_read_foreign(struct str s, int64_t *ts);

/*
 * Reads how long something takes, as a person says it: 30s, 10m, 2h, 3d or 1y (365 days), up to
 * 999999999d. Returns true; or false, and leaves *ms alone.
 */
bool time_read_span(const char *text, int64_t *ms);

/*
 * Reads a time as a person says it: how long before `now`, as time_read_span(), or as time_read(),
 * whose + may have become the blank that a query string makes of it. Returns false where it is
 * neither.
 */
bool time_read_since(const char *text, int64_t now, int64_t *ts);

#endif
