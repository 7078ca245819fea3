#include "admin/ban_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/clock.h"

#define LOOK_NS 10000000
#define FIRST_MODE 0640

/* ---- the lock ---- */

/* A lock on the folder, which a new file in it leaves alone, and which leaves nothing behind. */
static int take_lock(int folder)
{
	static const struct timespec pause = {0, LOOK_NS};
	int64_t end = clock_ms(CLOCK_MONOTONIC) + BAN_FILE_WAIT_MS;
	while (flock(folder, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK || clock_ms(CLOCK_MONOTONIC) > end)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

static const char *who_may(int failed)
{
	return failed == EACCES || failed == EPERM ? "; run it as root" : "";
}

static int open_folder(struct ban_file *file)
{
	char folder[PATH_MAX], name[PATH_MAX];
	snprintf(folder, sizeof(folder), "%s", file->path);
	snprintf(name, sizeof(name), "%s", file->path);
	if (snprintf(file->name, sizeof(file->name), "%s", basename(name)) + (int)sizeof(".part") >
	    NAME_MAX)
		return admin_fail("%s: %s", file->path, strerror(ENAMETOOLONG));
	file->folder = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file->folder < 0)
		return admin_fail("the folder of %s, where `bans` has the list: %s%s", file->path,
		    strerror(errno), who_may(errno));
	if (take_lock(file->folder) == 0)
		return ADMIN_OK;
	return errno == EWOULDBLOCK
		   ? admin_fail("%s: another command is changing it; try again", file->path)
		   : admin_fail("cannot lock the folder of %s: %s", file->path, strerror(errno));
}

/* A link would lead whoever writes as root to wherever the folder's owner likes. */
static int look(struct ban_file *file)
{
	if (fstatat(file->folder, file->name, &file->about, AT_SYMLINK_NOFOLLOW) == 0)
		return S_ISREG(file->about.st_mode)
			   ? ADMIN_OK
			   : admin_fail("%s is a link or no file: let `bans` name the list itself",
				 file->path);
	if (errno != ENOENT || fstat(file->folder, &file->about) != 0)
		return admin_fail("%s: %s", file->path, strerror(errno));
	file->about.st_mode = FIRST_MODE;
	return ADMIN_OK;
}

int ban_file_lock(struct ban_file *file, const char *path)
{
	*file = (struct ban_file){.path = path, .folder = -1};
	int result = open_folder(file);
	return result == ADMIN_OK ? look(file) : result;
}

void ban_file_unlock(struct ban_file *file)
{
	if (file->folder >= 0)
		close(file->folder);
	file->folder = -1;
}

/* ---- a new list ---- */

static bool write_all(int fd, struct str text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.at, text.len);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			text = (struct str){text.at + n, text.len - (size_t)n};
	}
	return true;
}

/* The mode comes last: until then nobody else can read it. */
static bool fill(int fd, struct str text, const struct stat *about)
{
	return write_all(fd, text) && fchown(fd, about->st_uid, about->st_gid) == 0 &&
	       fchmod(fd, about->st_mode & 0777) == 0 && fsync(fd) == 0;
}

/* Makes the file `part` and puts it into the list's place. 0, or an errno. */
static int replace(const struct ban_file *file, const char *part, struct str text)
{
	/* One that was killed may have left its own. */
	if (unlinkat(file->folder, part, 0) != 0 && errno != ENOENT)
		return errno;
	int fd =
	    openat(file->folder, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	int failed = fill(fd, text, &file->about) ? 0 : errno;
	close(fd);
	if (!failed && renameat(file->folder, part, file->folder, file->name) != 0)
		failed = errno;
	if (failed)
		unlinkat(file->folder, part, 0);
	return failed;
}

int ban_file_write(const struct ban_file *file, struct str text)
{
	char part[sizeof(file->name) + sizeof(".part")];
	snprintf(part, sizeof(part), "%s.part", file->name);
	int failed = replace(file, part, text);
	if (failed)
		return admin_fail("cannot write %s: %s%s; nothing was changed", file->path,
		    strerror(failed), who_may(failed));
	if (fsync(file->folder) != 0)
		return admin_fail(
		    "%s is written, but may not be on the disk: %s", file->path, strerror(errno));
	return ADMIN_OK;
}
