#include "store/signs.h"

#include "chat/limits.h"

#define DOUBT_MS 3600000LL /* half a day is the least that is doubted; reading takes no hour */

enum signs_life signs_life(const struct store_signs *signs, int64_t now)
{
	if (signs->alive_at == 0)
		return SIGNS_NEVER;
	if (now - signs->alive_at > LIMITS_SILENT_MS)
		return SIGNS_SILENT;
	return signs->alive_at - now > LIMITS_ALIVE_MS ? SIGNS_AHEAD : SIGNS_ALIVE;
}

int64_t signs_age(const struct store_signs *signs, int64_t now)
{
	if (signs->alive_at == 0)
		return -1;
	return now > signs->alive_at ? (now - signs->alive_at) / 1000 : 0;
}

bool signs_within(int64_t ts, int64_t now, int64_t span)
{
	return ts > now - span && ts < now + span;
}

int64_t signs_doubt(const struct store_signs *signs)
{
	int64_t ahead = signs->alive_at - signs->reckoned_at;
	return signs->reckoned_at && ahead > DOUBT_MS ? ahead : 0;
}
