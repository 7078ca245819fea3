/*
 * rfc3339.h: times as a client writes them.
 */
#ifndef CHAT_RFC3339_H
#define CHAT_RFC3339_H

#include <stdint.h>

#include "base/str.h"

/*
 * Reads 2026-11-01T09:30:00Z, with or without a fraction, with Z or an offset like +02:00; or a
 * date alone, 2026-11-01, which is its midnight in UTC. Years are 1970 to 9999. Writes ms since
 * 1970, UTC, and returns true; or returns false, and leaves *ts alone.
 */
bool rfc3339_read(struct str s, int64_t *ts);

#endif
