#include "admin/admin.h"
#include "admin/pace.h"
#include "store/store_admin.h"

static const struct admin_option options[] = {
    {"yes", NULL, "do not ask"},
    {0},
};

static enum store_status slice(void *arg, int rows)
{
	return store_index(arg, rows, STORE_MERGE);
}

static enum store_status fill(struct admin *admin, struct store *store)
{
	struct pace pace = {.store = store, .database = admin->settings.database};
	struct admin_progress progress = {.what = "indexing"};
	struct store_overview overview;
	enum store_status status = store_overview(store, &overview);
	if (!status)
		status = store_renew_spans(store);
	if (!status)
		status = store_forget_index(store);
	progress.total = overview.newest_id;
	do {
		if (!status)
			status = pace_slice(&pace, slice, store);
		admin_progress(&progress, overview.newest_id - store_unindexed(store));
	} while (!status && store_unindexed(store) > 0);
	admin_progress_end(&progress);
	return status ? status : store_sync(store);
}

static int reindex(struct admin *admin)
{
	if (!admin_confirmed(admin, "Make the index of the search anew? Until it is done, searches "
				    "find only a part."))
		return ADMIN_FAILED;
	struct store *store = admin_open(admin, STORE_EDITOR);
	if (!store)
		return ADMIN_FAILED;
	int result = ADMIN_OK;
	if (fill(admin, store))
		result = admin_fail("%s; run it again", store_error(store));
	store_close(store);
	if (result == ADMIN_OK)
		puts("the index of the search is complete");
	return result;
}

const struct admin_command command_reindex = {
    "reindex", "", 0, 0, "make the index of the search anew", options, reindex};
