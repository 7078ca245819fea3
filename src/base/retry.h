/*
 * retry.h: how long to wait before the next attempt: exponential backoff with jitter, so that
 * many clients of a broker that comes back do not all come at once.
 */
#ifndef CHAT_RETRY_H
#define CHAT_RETRY_H

enum { RETRY_FIRST_MS = 100, RETRY_LAST_MS = 10000 };

/*
 * The wait before attempt number `attempt` (1 is the first repetition), in ms: between half of and
 * the whole of RETRY_FIRST_MS doubled with each attempt, and never over RETRY_LAST_MS. `random` is
 * any number; its low bits choose.
 */
int retry_wait_ms(unsigned attempt, unsigned random);

#endif
