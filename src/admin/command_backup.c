#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/files.h"
#include "store/store_admin.h"

static const struct admin_option options[] = {
    {"yes", NULL, "replace FILE where it is there already"},
    {0},
};

static void show_progress(void *arg, int64_t done, int64_t total)
{
	struct admin_progress *progress = arg;
	progress->total = total;
	admin_progress(progress, done);
}

/* Copies and looks at the copy; what is in the place of FILE before stays until that is sound. */
static int copy_and_verify(struct store *store, const char *part, struct store_overview *overview)
{
	char error[STORE_ERROR_SIZE];
	struct admin_progress progress = {.what = "copying"};
	unlink(part);
	enum store_status status = store_backup(store, part, show_progress, &progress, error);
	admin_progress_end(&progress);
	if (status)
		return admin_fail("no backup was made: %s", error);
	if (admin_verify(part, overview) == ADMIN_OK)
		return ADMIN_OK;
	unlink(part);
	return admin_fail("no backup was made: the copy is not sound");
}

static int back_up(struct admin *admin)
{
	char part[PATH_MAX], size[24];
	const char *file = admin->args[0];
	struct store_overview overview = {0};
	if (snprintf(part, sizeof(part), "%s.part", file) >= (int)sizeof(part))
		return admin_fail("%s: the path is too long", file);
	if (access(file, F_OK) == 0 &&
	    !admin_confirmed(admin, "%s is there already. Replace it?", file))
		return ADMIN_FAILED;
	struct store *store = admin_open(admin, STORE_READER);
	if (!store)
		return ADMIN_FAILED;
	int result = copy_and_verify(store, part, &overview);
	store_close(store);
	if (result != ADMIN_OK)
		return result;
	if (admin_replace(part, file) != 0)
		return admin_fail("%s: %s", file, strerror(errno));
	printf("%s: %lld messages, %s, verified\n", file, (long long)overview.messages,
	    admin_bytes(size, overview.file_bytes));
	return ADMIN_OK;
}

const struct admin_command command_backup = {
    "backup", "FILE", 1, 1, "copy the database while it is in use", options, back_up};
