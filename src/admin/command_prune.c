/*
 * command_prune.c: deletes messages that a filter selects, slice by slice beside a running logger.
 */
#include "admin/admin.h"
#include "admin/pace.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/time.h"

#define SHRINK_PAGES 16

static const struct admin_option options[] = {
    {"room", "ROOM", "messages of this room"},
    {"nickname", "NAME", "messages of who called themselves so"},
    {"before", "TIME", "messages before this time: 2026-11-01, or RFC 3339"},
    {"days", "N", "messages that are older than N days"},
    {"dry-run", NULL, "only say how many they are"},
    {"yes", NULL, "do not ask"},
    {0},
};

struct prune {
	struct store *store;
	struct store_filter filter;
	int64_t cursor, matched, left;
	bool done;
};

static int read_times(const struct admin *admin, struct store_filter *filter)
{
	const char *before = admin_option(admin, "before");
	int64_t days;
	char now[TIME_SIZE];
	if (admin_number(admin, "days", 0, 36500, -1, &days) != 0)
		return -1;
	time_write(now, clock_ms(CLOCK_REALTIME));
	if (days == 0)
		return admin_misused(
			   "--days=0 would select every message, where retention-days = 0 "
			   "keeps all: to delete all, give --before=%s",
			   now),
		       -1;
	if (before && days >= 0)
		return admin_misused("--before and --days say the same: give one of them"), -1;
	if (before && !time_read(str_of(before), &filter->before))
		return admin_misused("--before is a date or a time like 2026-11-01T09:30:00Z,"
				     " not '%.60s'",
			   before),
		       -1;
	if (days > 0)
		filter->before = clock_ms(CLOCK_REALTIME) - days * 86400000;
	return 0;
}

static int read_filter(const struct admin *admin, struct store_filter *filter)
{
	filter->nickname = str_of(admin_option(admin, "nickname"));
	if (admin_room(admin, &filter->room) != 0 || read_times(admin, filter) != 0)
		return -1;
	if (filter->room.at || filter->nickname.at || filter->before)
		return 0;
	admin_misused("say which messages: --room, --nickname, --before or --days");
	return -1;
}

static int count_matches(struct prune *p)
{
	p->cursor = p->matched = 0;
	p->done = false;
	while (!p->done)
		if (store_match(
			p->store, &p->filter, STORE_SLICE_MAX, &p->cursor, &p->matched, &p->done))
			return admin_fail("%s", store_error(p->store));
	return ADMIN_OK;
}

static enum store_status prune_slice(void *arg, int rows)
{
	struct prune *p = arg;
	return store_prune(p->store, &p->filter, rows, &p->cursor, &p->matched, &p->done);
}

static enum store_status shrink_slice(void *arg, int rows)
{
	struct prune *p = arg;
	(void)rows;
	return store_shrink(p->store, SHRINK_PAGES, &p->left);
}

/* What comes in meanwhile is left alone, but for what --dry-run has counted. */
static enum store_status delete_all(struct admin *admin, struct prune *p, int64_t total)
{
	struct pace pace = {.store = p->store, .database = admin->settings.database};
	struct admin_progress progress = {.what = "deleting", .total = total};
	enum store_status status = STORE_OK;
	p->cursor = p->matched = 0;
	p->done = total == 0;
	while (!p->done && !status) {
		status = pace_slice(&pace, prune_slice, p);
		admin_progress(&progress, p->matched);
	}
	progress.what = "shrinking the file, pages left";
	progress.total = 0;
	int64_t before;
	do {
		before = p->left;
		if (!status)
			status = pace_slice(&pace, shrink_slice, p);
		admin_progress(&progress, p->left);
	} while (!status && p->left > 0 && (before == 0 || p->left < before));
	admin_progress_end(&progress);
	return status ? status : store_sync(p->store);
}

/* With the time: where the clock is wrong, that is seen here. */
static bool confirmed(
    const struct admin *admin, const struct store_filter *filter, int64_t messages)
{
	char before[TIME_SIZE] = "";
	if (filter->before)
		time_write(before, filter->before);
	return admin_confirmed(admin, "Delete %lld message%s%s%s for good?", (long long)messages,
	    text_plural(messages), before[0] ? " from before " : "", before);
}

static int count_and_delete(struct admin *admin, struct prune *p)
{
	bool dry = admin_option(admin, "dry-run") != NULL;
	if (store_newest(p->store, &p->filter.until))
		return admin_fail("%s", store_error(p->store));
	int result = count_matches(p);
	if (result != ADMIN_OK)
		return result;
	int64_t total = p->matched;
	if (dry) {
		printf("%lld message%s would be deleted\n", (long long)total, text_plural(total));
		return ADMIN_OK;
	}
	if (total > 0 && !confirmed(admin, &p->filter, total))
		return ADMIN_FAILED;
	if (delete_all(admin, p, total)) {
		admin_fail("%s", store_error(p->store));
		return admin_fail("%lld message%s deleted before that; run it again for the rest",
		    (long long)p->matched, p->matched == 1 ? " was" : "s were");
	}
	printf(
	    "%lld message%s deleted\n", (long long)p->matched, p->matched == 1 ? " was" : "s were");
	return ADMIN_OK;
}

static int prune_messages(struct admin *admin)
{
	struct prune p = {0};
	if (read_filter(admin, &p.filter) != 0)
		return ADMIN_USAGE;
	bool dry = admin_option(admin, "dry-run") != NULL;
	p.store = admin_open(admin, dry ? STORE_READER : STORE_EDITOR);
	if (!p.store)
		return ADMIN_FAILED;
	int result = count_and_delete(admin, &p);
	store_close(p.store);
	return result;
}

const struct admin_command command_prune = {
    "prune", "", 0, 0, "delete messages by age, room or nickname", options, prune_messages};
