#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/files.h"
#include "base/text.h"
#include "store/store_admin.h"

static const struct admin_option options[] = {
    {"yes", NULL, "replace FILE where it is there already"},
    {0},
};

/* Copies and looks at the copy; what is in the place of FILE before stays until that is sound. */
static int copy_and_verify(struct store *store, const char *part, struct store_overview *overview)
{
	char error[STORE_ERROR_SIZE];
	struct admin_progress progress = {.what = "copying"};
	enum store_status status = store_backup(store, part, admin_copied, &progress, error);
	admin_progress_end(&progress);
	if (status)
		return admin_fail("no backup was made: %s", error);
	if (admin_verify(part, overview) == ADMIN_OK)
		return ADMIN_OK;
	unlink(part);
	return admin_fail("no backup was made: the copy is not sound");
}

static void say_done(FILE *out, const struct destination *to, const struct store_overview *overview)
{
	char size[24];
	fprintf(out, "%s: %lld message%s, %s, verified\n", to->name, (long long)overview->messages,
	    text_plural(overview->messages), admin_bytes(size, overview->file_bytes));
}

static int back_up_to_file(struct store *store, const struct destination *to)
{
	struct store_overview overview = {0};
	if (copy_and_verify(store, to->part, &overview) != ADMIN_OK)
		return ADMIN_FAILED;
	if (admin_replace(to->part, to->path) != 0)
		return admin_fail("%s: %s", to->path, strerror(errno));
	say_done(stdout, to, &overview);
	return ADMIN_OK;
}

static int pour(int from, int to)
{
	char piece[65536];
	ssize_t count;
	while ((count = read(from, piece, sizeof(piece))) > 0)
		for (ssize_t done = 0, n; done < count; done += n)
			if ((n = write(to, piece + done, (size_t)(count - done))) < 0)
				return -1;
	return count < 0 ? -1 : 0;
}

/* The copy at `path` goes as soon as it is open. */
static int pour_copy(const char *path, const struct destination *to)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	unlink(path);
	int rc = from >= 0 ? pour(from, to->fd) : -1;
	if (rc == 0 && to->fd != STDOUT_FILENO)
		rc = close(to->fd);
	int result = rc ? admin_fail("%s: %s", to->name, strerror(errno)) : ADMIN_OK;
	if (from >= 0)
		close(from);
	return result;
}

/* SQLite cannot write a database into a pipe: it makes a file of its own, which is poured there. */
static int back_up_through(struct store *store, const struct destination *to)
{
	char folder[PATH_MAX], path[PATH_MAX];
	struct store_overview overview = {0};
	const char *parent = getenv("TMPDIR");
	if (isatty(to->fd))
		return admin_misused("a backup is a database, not for a terminal: give a FILE");
	if (snprintf(folder, sizeof(folder), "%s/mqtt-chat-XXXXXX",
		parent && *parent ? parent : "/var/tmp") >= PATH_MAX - 10)
		return admin_fail("TMPDIR: the path is too long");
	if (!mkdtemp(folder))
		return admin_fail(
		    "%s: %s; TMPDIR may name another folder", folder, strerror(errno));
	snprintf(path, sizeof(path), "%s/chat.db", folder);
	int result = copy_and_verify(store, path, &overview);
	if (result == ADMIN_OK)
		result = pour_copy(path, to);
	rmdir(folder);
	if (result == ADMIN_OK)
		say_done(stderr, to, &overview);
	return result;
}

static int back_up(struct admin *admin)
{
	struct destination to;
	int result = admin_destination(admin, admin->args[0], &to);
	struct store *store = result == ADMIN_OK ? admin_open(admin, STORE_READER) : NULL;
	if (!store)
		return result == ADMIN_OK ? ADMIN_FAILED : result;
	result = to.fd >= 0 ? back_up_through(store, &to) : back_up_to_file(store, &to);
	store_close(store);
	return result;
}

const struct admin_command command_backup = {
    "backup", "FILE", 1, 1, "copy the database while it is in use", options, back_up};
