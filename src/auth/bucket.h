/*
 * bucket.h: token buckets: how often each of many may do something. A key's bucket begins full, and
 * takes memory only of a table whose size is fixed from the beginning.
 */
#ifndef CHAT_AUTH_BUCKET_H
#define CHAT_AUTH_BUCKET_H

#include <stdint.h>

#include "base/str.h"

enum {
	BUCKETS_DEFAULT = 4096, /* keys of a table */
	BUCKET_KEY_MAX = 80,	/* bytes; of a longer key these alone count */
};

struct buckets;

/*
 * A table for `capacity` keys, each of which may do `burst` things at once and `per_second` in the
 * long run. Both are above 0, per_second at most 1,000,000. NULL without memory. Whoever calls
 * frees it with buckets_free(). One thread at a time.
 */
struct buckets *buckets_new(double per_second, unsigned burst, unsigned capacity);

/* Frees the table; NULL is allowed. */
void buckets_free(struct buckets *buckets);

/*
 * Takes one out of the bucket of `key`, any bytes. Returns 0; or, where it is empty, takes nothing
 * and returns how many ms later there will be one, at least 1. `now_ms` is a monotonic clock's; one
 * that goes back stands still. Where the table is full and the key is new, the key goes that was
 * not used for the longest time and whose bucket is full again, of which nothing is lost; where
 * none is full, the one that was not used for the longest time.
 */
int64_t buckets_take(struct buckets *buckets, struct str key, int64_t now_ms);

#endif
