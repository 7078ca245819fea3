#include "base/retry.h"

int retry_wait_ms(unsigned attempt, unsigned random)
{
	int wait = RETRY_FIRST_MS;
	while (attempt-- > 1 && wait < RETRY_LAST_MS)
		wait *= 2;
	if (wait > RETRY_LAST_MS)
		wait = RETRY_LAST_MS;
	return wait / 2 + (int)(random % (unsigned)(wait / 2 + 1));
}
