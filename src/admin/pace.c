#include "admin/pace.h"

#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "broker/identity.h"
#include "store/store_admin.h"

#define SLICE_US 4000 /* how long a transaction should take */
#define REST 4	      /* times as long as it took */
#define PAGE_US 2500  /* for each page written, which the logger has to copy once more */
#define TALK_US 2000000
#define ROWS_MIN 5
#define BUSY_TRIES 600
#define WAL_BYTES (4LL * 1024 * 1024) /* where the logger checkpoints */

static void sleep_us(int64_t us)
{
	struct timespec time = {(time_t)(us / 1000000), (long)(us % 1000000 * 1000)};
	nanosleep(&time, NULL);
}

/* Asks once a second. Without a logger it is this process that makes the checkpoint. */
static void look_for_logger(struct pace *pace)
{
	int lock;
	int64_t now = clock_us(CLOCK_MONOTONIC);
	bool large = store_pending_bytes(pace->store) >= WAL_BYTES;
	if (pace->asked_at && now - pace->asked_at < 1000000 && !(large && pace->alone))
		return;
	pace->asked_at = now;
	pace->alone = identity_borrow(pace->database, &lock);
	if (pace->alone && large)
		store_tidy(pace->store);
	if (lock >= 0)
		close(lock);
}

static void adapt(struct pace *pace, int64_t took)
{
	if (pace->alone)
		pace->rows = STORE_SLICE_MAX;
	else if (took > SLICE_US)
		pace->rows = pace->rows / 2 > ROWS_MIN ? pace->rows / 2 : ROWS_MIN;
	else if (took < SLICE_US / 2)
		pace->rows = pace->rows * 5 / 4 + 1;
	if (pace->rows > STORE_SLICE_MAX)
		pace->rows = STORE_SLICE_MAX;
}

static void look_for_talk(struct pace *pace, bool before)
{
	int64_t newest = 0;
	if (store_newest(pace->store, &newest))
		return;
	if (before && newest != pace->newest)
		pace->talk_at = clock_us(CLOCK_MONOTONIC);
	pace->newest = newest;
}

static int64_t rest_us(const struct pace *pace, int64_t took, int64_t pages)
{
	if (pace->alone)
		return 0;
	if (store_pending_bytes(pace->store) >= 2 * WAL_BYTES)
		return 100000;
	if (clock_us(CLOCK_MONOTONIC) - pace->talk_at > TALK_US)
		return took;
	return REST * took > PAGE_US * pages ? REST * took : PAGE_US * pages;
}

static enum store_status try_slice(
    struct pace *pace, pace_slice_fn *slice, void *arg, int64_t *took)
{
	enum store_status status;
	int64_t began = clock_us(CLOCK_MONOTONIC);
	for (int tries = 0; (status = slice(arg, pace->rows)) == STORE_BUSY; tries++) {
		if (tries == BUSY_TRIES)
			break;
		sleep_us(100000);
		began = clock_us(CLOCK_MONOTONIC);
	}
	*took = clock_us(CLOCK_MONOTONIC) - began;
	return status;
}

enum store_status pace_slice(struct pace *pace, pace_slice_fn *slice, void *arg)
{
	int64_t took;
	if (pace->rows == 0)
		pace->rows = ROWS_MIN;
	look_for_talk(pace, true);
	enum store_status status = try_slice(pace, slice, arg, &took);
	if (status)
		return status;
	look_for_talk(pace, false);
	look_for_logger(pace);
	adapt(pace, took);
	sleep_us(rest_us(pace, took, store_take_written(pace->store)));
	return STORE_OK;
}
