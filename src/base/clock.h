/*
 * clock.h: what time it is. CLOCK_REALTIME since 1970, UTC; CLOCK_MONOTONIC for durations.
 */
#ifndef CHAT_CLOCK_H
#define CHAT_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_ns(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t clock_us(clockid_t id)
{
	return clock_ns(id) / 1000;
}

static inline int64_t clock_ms(clockid_t id)
{
	return clock_ns(id) / 1000000;
}

#endif
