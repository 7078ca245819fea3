/*
 * rates.h: how fast one may publish: each user, all from one address, and into rooms in which
 * nobody has spoken lately.
 */
#ifndef CHAT_GUARD_RATES_H
#define CHAT_GUARD_RATES_H

#include <stdint.h>

#include "base/str.h"

enum {
	RATES_USER_BURST = 60,
	RATES_USER_PER_SECOND = 10,
	RATES_ADDRESS_BURST = 300, /* there may be a school behind one */
	RATES_ADDRESS_PER_SECOND = 50,
	RATES_ROOMS_BURST = 10,
	RATES_ROOM_SECONDS = 10, /* for another new room */
	RATES_ROOMS_SEEN = 4096, /* that are remembered, each until another takes its place */
};

struct rates;

/* All buckets full, no room known. NULL without memory; whoever calls frees it with rates_free().
 */
struct rates *rates_new(void);
void rates_free(struct rates *rates);

/*
 * Whether `user` may publish now, which is counted then: 0, or how many ms later he may. `address`
 * is empty where it is not known. `room` is absent for what makes no room, typing and presence.
 * `now_ms` is a monotonic clock's.
 */
int64_t rates_take(
    struct rates *rates, struct str user, struct str address, struct str room, int64_t now_ms);

/*
 * Whether `user` may be told now that something was refused, which is counted: as often as he may
 * publish, or who publishes without reading would fill the broker's memory with what he is told.
 */
bool rates_may_tell(struct rates *rates, struct str user, int64_t now_ms);

#endif
