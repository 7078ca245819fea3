#include "logger/house.h"

#include <stdio.h>
#include <time.h>

#include "base/log.h"

#define DAY_MS 86400000LL
#define REST_MS 60000 /* between two passes */
#define PAUSE_MS 20   /* between two slices */
#define LATE_MS 200   /* the same while messages come in without a pause */
#define TIDY_MS 500
#define ROWS_DELETED 40 /* in a slice */
#define ROWS_READ 1000
#define SHRINK_PAGES 16
#define SHRINK_FROM 256 /* pages: 1 MB */

int house_wait_ms(const struct house *house, int64_t now, int ms)
{
	if (!house->days && !house->messages)
		return ms;
	int64_t left = house->next_at - now;
	return left < 1 ? 1 : left < ms ? (int)left : ms;
}

static void enter(struct house *house, enum house_phase phase)
{
	house->phase = phase;
	house->cursor = 0;
	house->left = -1;
}

/*
 * The oldest come first, so mostly it is enough to look until one is young. What was imported, or
 * came in while the clock was wrong, stands elsewhere: for that, all are looked at once a day.
 */
static enum store_status delete_old(struct house *house, struct store *store)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	struct store_filter filter = {.before = now.tv_sec * 1000LL - house->days * DAY_MS};
	int64_t matched = 0, from = house->cursor;
	bool done = false;
	if (!house->days) {
		enter(house, HOUSE_ROOMS);
		return STORE_OK;
	}
	enum store_status status =
	    store_match(store, &filter, ROWS_READ, &house->cursor, &matched, &done);
	if (!status && matched) {
		house->cursor = from;
		matched = 0;
		status = store_prune(store, &filter, ROWS_DELETED, &house->cursor, &matched, &done);
	} else if (!status && !house->sweeping) {
		done = true;
	}
	house->deleted += matched;
	if (!status && done)
		enter(house, HOUSE_ROOMS);
	return status;
}

struct full_room {
	int64_t keep, excess;
	char name[MESSAGE_ROOM_MAX + 1];
};

static int find_full(void *arg, const struct store_room *room)
{
	struct full_room *full = arg;
	if (full->excess || room->messages <= full->keep)
		return 0;
	full->excess = room->messages - full->keep;
	snprintf(full->name, sizeof(full->name), "%.*s", (int)room->room.len, room->room.at);
	return 0;
}

static enum store_status empty_rooms(struct house *house, struct store *store)
{
	struct full_room full = {.keep = house->messages};
	enum store_status status =
	    house->messages ? store_rooms(store, find_full, &full) : STORE_OK;
	if (status || !full.excess) {
		enter(house, HOUSE_SHRINK);
		return status;
	}
	struct store_filter filter = {.room = str_of(full.name)};
	int64_t cursor = 0, matched = 0;
	bool done;
	int limit = full.excess < ROWS_DELETED ? (int)full.excess : ROWS_DELETED;
	status = store_prune(store, &filter, limit, &cursor, &matched, &done);
	house->deleted += matched;
	return status;
}

static enum store_status give_back(struct house *house, struct store *store)
{
	int64_t before = house->left;
	enum store_status status = store_shrink(store, before < 0 ? 0 : SHRINK_PAGES, &house->left);
	bool small = before < 0 && house->left < SHRINK_FROM;
	if (status || small || house->left == 0 || house->left == before) {
		if (house->deleted)
			log_info(
			    "retention: %lld messages were deleted", (long long)house->deleted);
		house->deleted = 0;
		enter(house, HOUSE_REST);
	}
	return status;
}

static enum store_status one_slice(struct house *house, struct store *store, int64_t now)
{
	switch (house->phase) {
	case HOUSE_REST:
		house->sweeping = now >= house->sweep_at;
		if (house->sweeping)
			house->sweep_at = now + DAY_MS;
		enter(house, HOUSE_AGE);
		return STORE_OK;
	case HOUSE_AGE:
		return delete_old(house, store);
	case HOUSE_ROOMS:
		return empty_rooms(house, store);
	case HOUSE_SHRINK:
		return give_back(house, store);
	}
	return STORE_OK;
}

static bool keeps_going(struct house *house, struct store *store, enum store_status status)
{
	if (status == STORE_OK || status == STORE_BUSY) {
		house->told = house->told && status != STORE_OK;
		return true;
	}
	if (!house->told)
		log_warning("retention: %s", store_error(store));
	house->told = true;
	enter(house, HOUSE_REST);
	return false;
}

bool house_work(struct house *house, struct store *store, int64_t now, bool waited_for)
{
	enum store_status status = STORE_OK;
	if (!waited_for && now >= house->tidy_at) {
		house->tidy_at = now + TIDY_MS;
		status = store_tidy(store);
	}
	bool due = house->days || house->messages;
	if (!status && due && now >= house->next_at + (waited_for ? LATE_MS : 0)) {
		status = one_slice(house, store, now);
		house->next_at = now + (house->phase == HOUSE_REST ? REST_MS : PAUSE_MS);
	}
	bool well = keeps_going(house, store, status);
	if (!well)
		house->next_at = now + REST_MS;
	return well;
}
