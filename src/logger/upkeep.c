#include "logger/upkeep.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/time.h"

#define DAY_MS 86400000LL
#define HOUR_MS 3600000
#define REST_MS 60000 /* between two passes */
#define PAUSE_MS 20   /* between two slices */
#define LATE_MS 200   /* the same while messages come in without a pause */
#define TIDY_MS 500
#define ROWS_DELETED 40 /* in a slice */
#define ROWS_READ 1000
#define SHRINK_PAGES 16
#define SHRINK_FROM 256 /* pages: 1 MB */

int upkeep_wait_ms(const struct upkeep *upkeep, int64_t now, int ms)
{
	if (!upkeep->days && !upkeep->messages)
		return ms;
	int64_t left = upkeep->next_at - now;
	return left < 1 ? 1 : left < ms ? (int)left : ms;
}

static void enter(struct upkeep *upkeep, enum upkeep_phase phase)
{
	upkeep->phase = phase;
	upkeep->cursor = 0;
	upkeep->left = -1;
}

/* There is something to delete by age, and the clock is in doubt: once an hour it is told. */
static void wait_for_clock(struct upkeep *upkeep, int64_t clock, int64_t now)
{
	char says[TIME_SIZE];
	enter(upkeep, UPKEEP_ROOMS);
	if (upkeep->doubt_at && now - upkeep->doubt_at < HOUR_MS)
		return;
	upkeep->doubt_at = now;
	time_write(says, clock);
	log_error("retention: the clock says %s, %lld days ahead of this logger's own account of "
		  "the time, so nothing is deleted by age: set the clock, or if it is right, run "
		  "mqtt-chat prune --days=%lld",
	    says, (long long)((clock - upkeep->clock.at) / DAY_MS), (long long)upkeep->days);
}

/* Nothing is old: whatever the clock says does no harm. */
static void end_doubt(struct upkeep *upkeep, int64_t clock)
{
	if (upkeep->clock.doubted)
		reckoning_accept(&upkeep->clock, clock);
	if (upkeep->doubt_at)
		log_info("retention: goes on");
	upkeep->doubt_at = 0;
}

static enum store_status delete_old(struct upkeep *upkeep, struct store *store, int64_t now)
{
	int64_t clock = clock_ms(CLOCK_REALTIME);
	struct store_filter filter = {.before = clock - upkeep->days * DAY_MS};
	int64_t matched = 0, from = upkeep->cursor;
	bool done = false;
	if (!upkeep->days) {
		enter(upkeep, UPKEEP_ROOMS);
		return STORE_OK;
	}
	enum store_status status =
	    store_match(store, &filter, ROWS_READ, &upkeep->cursor, &matched, &done);
	if (!status && matched && upkeep->clock.doubted) {
		wait_for_clock(upkeep, clock, now);
		return STORE_OK;
	}
	if (!status && matched) {
		upkeep->cursor = from;
		matched = 0;
		status =
		    store_prune(store, &filter, ROWS_DELETED, &upkeep->cursor, &matched, &done);
	}
	upkeep->deleted += matched;
	if (!status && done) {
		end_doubt(upkeep, clock);
		enter(upkeep, UPKEEP_ROOMS);
	}
	return status;
}

struct full_room {
	int64_t most, excess;
	char name[MESSAGE_ROOM_MAX + 1];
};

static int find_full(void *arg, const struct store_room *room)
{
	struct full_room *full = arg;
	if (full->excess || room->messages <= full->most)
		return 0;
	full->excess = room->messages - full->most;
	snprintf(full->name, sizeof(full->name), "%.*s", (int)room->room.len, room->room.at);
	return 0;
}

static enum store_status empty_rooms(struct upkeep *upkeep, struct store *store)
{
	struct full_room full = {.most = upkeep->messages};
	enum store_status status =
	    upkeep->messages ? store_rooms(store, str_of(""), STORE_ROOMS_MAX, find_full, &full)
			     : STORE_OK;
	if (status || !full.excess) {
		enter(upkeep, UPKEEP_SHRINK);
		return status;
	}
	struct store_filter filter = {.room = str_of(full.name)};
	int64_t cursor = 0, matched = 0;
	bool done;
	int limit = full.excess < ROWS_DELETED ? (int)full.excess : ROWS_DELETED;
	status = store_prune(store, &filter, limit, &cursor, &matched, &done);
	upkeep->deleted += matched;
	return status;
}

static enum store_status give_back(struct upkeep *upkeep, struct store *store)
{
	int64_t before = upkeep->left;
	enum store_status status =
	    store_shrink(store, before < 0 ? 0 : SHRINK_PAGES, &upkeep->left);
	bool small = before < 0 && upkeep->left < SHRINK_FROM;
	if (status || small || upkeep->left == 0 || upkeep->left == before) {
		if (upkeep->deleted)
			log_info(
			    "retention: %lld messages were deleted", (long long)upkeep->deleted);
		upkeep->deleted = 0;
		enter(upkeep, UPKEEP_REST);
	}
	return status;
}

static enum store_status one_slice(struct upkeep *upkeep, struct store *store, int64_t now)
{
	switch (upkeep->phase) {
	case UPKEEP_REST:
		enter(upkeep, UPKEEP_AGE);
		return STORE_OK;
	case UPKEEP_AGE:
		return delete_old(upkeep, store, now);
	case UPKEEP_ROOMS:
		return empty_rooms(upkeep, store);
	case UPKEEP_SHRINK:
		return give_back(upkeep, store);
	}
	return STORE_OK;
}

/* A failure is told once, until a whole pass went well. */
static bool goes_on(struct upkeep *upkeep, struct store *store, enum store_status status)
{
	if (status == STORE_OK || status == STORE_BUSY)
		return true;
	if (!upkeep->told)
		log_warning("retention: %s", store_error(store));
	upkeep->told = true;
	enter(upkeep, UPKEEP_REST);
	return false;
}

bool upkeep_run(struct upkeep *upkeep, struct store *store, int64_t now, bool waited_for)
{
	enum store_status status = STORE_OK;
	if (!waited_for && now >= upkeep->tidy_at) {
		upkeep->tidy_at = now + TIDY_MS;
		status = store_tidy(store);
	}
	bool due = upkeep->days || upkeep->messages;
	if (!status && due && now >= upkeep->next_at + (waited_for ? LATE_MS : 0)) {
		status = one_slice(upkeep, store, now);
		upkeep->told = upkeep->told && (status || upkeep->phase != UPKEEP_REST);
		upkeep->next_at = now + (upkeep->phase == UPKEEP_REST ? REST_MS : PAUSE_MS);
	}
	bool well = goes_on(upkeep, store, status);
	if (!well)
		upkeep->next_at = now + REST_MS;
	return well;
}
