/*
 * command_salvage.c: what can be read of a damaged database, in a new one beside it.
 */
#include <errno.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/files.h"
#include "base/text.h"
#include "broker/identity.h"

static const struct admin_option options[] = {
    {"yes", NULL, "replace FILE where it is there already"},
    {0},
};

static void put_gap(const char *separator, int64_t first, int64_t last)
{
	printf("%s %lld", separator, (long long)first);
	if (last > first)
		printf("-%lld", (long long)last);
}

static void tell_missing(const struct store_salvaged *found)
{
	int64_t lost = found->counted - found->messages;
	if (lost > 0)
		printf("%lld message%s lost: there were %lld\n", (long long)lost,
		    lost == 1 ? " is" : "s are", (long long)found->counted);
	else if (found->counted)
		puts("none is lost");
	if (!found->missing || found->counted == found->messages)
		return;
	printf("ids that are not there, because their messages are lost or were deleted before:");
	for (int i = 0; i < found->gap_count; i++)
		put_gap(i ? "," : "", found->gaps[i].first, found->gaps[i].last);
	printf("%s (%lld together)\n", found->gap_count == STORE_GAPS ? ", ..." : "",
	    (long long)found->missing);
}

static int salvage_to(const struct admin *admin, const struct destination *to)
{
	char error[STORE_ERROR_SIZE];
	const char *database = admin->settings.database;
	struct admin_progress progress = {.what = "reading"};
	struct store_salvaged found;
	struct store_overview overview;
	enum store_status status =
	    store_salvage(database, to->part, admin_copied, &progress, &found, error);
	admin_progress_end(&progress);
	if (status)
		return admin_fail("%s", error);
	int result = found.messages ? admin_verify(to->part, &overview)
				    : admin_fail("no message can be read from %s", database);
	if (result == ADMIN_OK && admin_replace(to->part, to->path) != 0)
		result = admin_fail("%s: %s", to->path, strerror(errno));
	if (result != ADMIN_OK) {
		unlink(to->part);
		return result;
	}
	printf("%s: %lld message%s of %s, verified\n", to->name, (long long)found.messages,
	    text_plural(found.messages), database);
	tell_missing(&found);
	printf("put it in place: mqtt-chat restore %s\n", to->name);
	return ADMIN_OK;
}

static int salvage(struct admin *admin)
{
	const char *database = admin->settings.database;
	struct destination to;
	int lock, result = admin_destination(admin, admin->args[0], &to);
	if (result != ADMIN_OK)
		return result;
	if (to.fd >= 0)
		return admin_misused("%s is no regular file: name a new one", to.name);
	if (!identity_borrow(database, &lock))
		return admin_fail("the logger is running on %s, or you may not look: as root, "
				  "systemctl stop mqtt-chat-logger",
		    database);
	result = salvage_to(admin, &to);
	if (lock >= 0)
		close(lock);
	return result;
}

const struct admin_command command_salvage = {"salvage", "FILE", 1, 1,
    "read what can be read of a damaged database into a new one", options, salvage};
