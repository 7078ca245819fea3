#include "guard/rates.h"

#include <stdlib.h>

#include "auth/bucket.h"
#include "base/fnv.h"

struct rates {
	struct buckets *users, *addresses, *rooms, *told;
	uint64_t seen[RATES_ROOMS_SEEN]; /* digests of rooms, each in its place */
};

struct rates *rates_new(void)
{
	struct rates *rates = calloc(1, sizeof(*rates));
	if (!rates)
		return NULL;
	rates->users = buckets_new(RATES_USER_PER_SECOND, RATES_USER_BURST, BUCKETS_DEFAULT);
	rates->addresses =
	    buckets_new(RATES_ADDRESS_PER_SECOND, RATES_ADDRESS_BURST, BUCKETS_DEFAULT);
	rates->rooms = buckets_new(1.0 / RATES_ROOM_SECONDS, RATES_ROOMS_BURST, BUCKETS_DEFAULT);
	rates->told = buckets_new(RATES_USER_PER_SECOND, RATES_USER_BURST, BUCKETS_DEFAULT);
	if (rates->users && rates->addresses && rates->rooms && rates->told)
		return rates;
	rates_free(rates);
	return NULL;
}

void rates_free(struct rates *rates)
{
	if (!rates)
		return;
	buckets_free(rates->users);
	buckets_free(rates->addresses);
	buckets_free(rates->rooms);
	buckets_free(rates->told);
	free(rates);
}

/* A new name costs whoever is behind the address, and not each of the guests that he is. */
static int64_t take_room(struct rates *rates, struct str who, struct str room, int64_t now_ms)
{
	uint64_t digest = fnv_add(FNV_BEGIN, room);
	uint64_t *place = &rates->seen[digest % RATES_ROOMS_SEEN];
	int64_t wait = *place == digest ? 0 : buckets_take(rates->rooms, who, now_ms);
	if (wait == 0)
		*place = digest;
	return wait;
}

int64_t rates_take(
    struct rates *rates, struct str user, struct str address, struct str room, int64_t now_ms)
{
	int64_t wait = buckets_take(rates->users, user, now_ms);
	if (wait == 0 && address.len > 0)
		wait = buckets_take(rates->addresses, address, now_ms);
	if (wait == 0 && room.at)
		wait = take_room(rates, address.len > 0 ? address : user, room, now_ms);
	return wait;
}

bool rates_may_tell(struct rates *rates, struct str user, int64_t now_ms)
{
	return buckets_take(rates->told, user, now_ms) == 0;
}
