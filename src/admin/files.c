#include "admin/files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel */

static void tell_finding(void *arg, const char *what, const char *remedy)
{
	(void)remedy;
	admin_fail("%s: %s", (const char *)arg, what);
}

int admin_verify(const char *path, struct store_overview *overview)
{
	struct store *store;
	char error[STORE_ERROR_SIZE];
	int findings = 0;
	if (store_open(&store, path, STORE_READER, error))
		return admin_fail("%s", error);
	enum store_status status = store_inspect(store, tell_finding, (void *)path, &findings);
	if (!status)
		status = store_overview(store, overview);
	if (status && !findings)
		admin_fail("%s", store_error(store));
	store_close(store);
	return status || findings ? ADMIN_FAILED : ADMIN_OK;
}

int admin_replace(const char *from, const char *to)
{
	char folder[PATH_MAX];
	if (rename(from, to) != 0)
		return -1;
	snprintf(folder, sizeof(folder), "%s", to);
	int fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd >= 0 ? fsync(fd) : -1;
	if (fd >= 0)
		close(fd);
	return rc;
}

const char *admin_format_of(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *name = slash ? slash + 1 : file;
	const char *point = strrchr(name, '.');
	if (!point || point == name)
		return NULL;
	return strcasecmp(point, ".jsonl") == 0 ? "ndjson" : point + 1;
}

/* ---- where a command writes to ---- */

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether it is the database, or what SQLite keeps beside it. */
static bool is_database(const struct admin *admin, const struct stat *about)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[PATH_MAX + 8];
	struct stat own;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", admin->settings.database, ends[i]);
		if (stat(path, &own) == 0 && is_same(&own, about))
			return true;
	}
	return false;
}

/* Follows the links that `path` ends in. 1: it is an open file of some process; -1: too long. */
static int follow_links(char path[PATH_MAX])
{
	char target[PATH_MAX], folder[PATH_MAX];
	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t length = readlink(path, target, sizeof(target) - 1);
		if (strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/dev/fd/", 8) == 0)
			return 1;
		if (length < 0)
			return 0;
		target[length] = '\0';
		memcpy(folder, path, PATH_MAX);
		int n = target[0] == '/'
			    ? snprintf(path, PATH_MAX, "%s", target)
			    : snprintf(path, PATH_MAX, "%s/%s", dirname(folder), target);
		if (n >= PATH_MAX)
			return -1;
	}
	return -1;
}

/* A device, a FIFO, a file that some process has open. */
static int open_through(
    const struct admin *admin, const struct stat *about, struct destination *out)
{
	if (S_ISBLK(about->st_mode) &&
	    !admin_confirmed(admin, "%s is a disk. Overwrite it?", out->name))
		return ADMIN_FAILED;
	out->fd = open(
	    out->name, O_WRONLY | O_CLOEXEC | O_NOCTTY | (S_ISREG(about->st_mode) ? O_TRUNC : 0));
	return out->fd < 0 ? admin_fail("%s: %s", out->name, strerror(errno)) : ADMIN_OK;
}

/* A regular file, or nothing. */
static int prepare_part(const struct admin *admin, bool there, struct destination *out)
{
	if (snprintf(out->part, sizeof(out->part), "%s.part", out->path) >= PATH_MAX)
		return admin_fail("%s: the path is too long", out->name);
	if (there && !admin_confirmed(admin, "%s is there already. Replace it?", out->path))
		return ADMIN_FAILED;
	if (unlink(out->part) != 0 && errno != ENOENT)
		return admin_fail("%s: %s", out->part, strerror(errno));
	return ADMIN_OK;
}

int admin_destination(const struct admin *admin, const char *file, struct destination *out)
{
	struct stat about = {0}, standard;
	*out = (struct destination){.name = file, .fd = -1};
	bool given = file && strcmp(file, "-") != 0;
	bool there = given && stat(file, &about) == 0;
	if (given && !there && errno != ENOENT)
		return admin_fail("%s: %s", file, strerror(errno));
	if (!given ||
	    (there && fstat(STDOUT_FILENO, &standard) == 0 && is_same(&about, &standard))) {
		out->name = "standard output";
		out->fd = STDOUT_FILENO;
		return ADMIN_OK;
	}
	if (there && S_ISDIR(about.st_mode))
		return admin_fail("%s is a folder: give the name of a file in it", file);
	if (there && is_database(admin, &about))
		return admin_fail("%s is the database itself", file);
	int links =
	    snprintf(out->path, PATH_MAX, "%s", file) < PATH_MAX ? follow_links(out->path) : -1;
	if (links < 0)
		return admin_fail("%s: the path is too long", file);
	if (there && (links == 1 || !S_ISREG(about.st_mode)))
		return open_through(admin, &about, out);
	return prepare_part(admin, there, out);
}

void admin_copied(void *progress, int64_t done, int64_t total)
{
	struct admin_progress *p = progress;
	p->total = total;
	admin_progress(p, done);
}
