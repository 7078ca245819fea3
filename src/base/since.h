/*
 * since.h: a time as a person or a device says it.
 */
#ifndef CHAT_SINCE_H
#define CHAT_SINCE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads `text`: how long ago (30s, 10m, 2h, 3d), or a time as rfc3339.h reads it, whose + may have
 * become the blank that a query string makes of it. All times are ms since 1970, UTC. Returns false
 * where it is neither.
 */
bool since_read(const char *text, int64_t now, int64_t *ts);

#endif
