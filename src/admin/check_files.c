/*
 * check_files.c: who may read and write what, and room on the disk.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "admin/check.h"
#include "base/disk.h"

#define DISK_FAULT (64LL * 1024 * 1024)
#define DISK_WARNING (512LL * 1024 * 1024)

void check_mode(struct check *check, const char *path, unsigned forbidden)
{
	struct stat about;
	char remedy[PATH_MAX + 64];
	if (stat(path, &about) != 0 || !(about.st_mode & forbidden))
		return;
	snprintf(remedy, sizeof(remedy), "chmod %04o %s",
	    (unsigned)(about.st_mode & 07777 & ~forbidden), path);
	check_tell(check, CHECK_FAULT, "files", remedy,
	    "%s may be read or written by others (mode %04o)", path,
	    (unsigned)(about.st_mode & 07777));
}

static void check_owner(struct check *check, const char *path, const struct stat *database)
{
	struct stat about;
	char remedy[2 * PATH_MAX];
	if (stat(path, &about) != 0 || about.st_uid == database->st_uid)
		return;
	snprintf(remedy, sizeof(remedy), "chown --reference=%s %s", check->admin->settings.database,
	    path);
	check_tell(check, CHECK_FAULT, "files", remedy,
	    "%s belongs to user %u and the database to user %u: the logger cannot use it", path,
	    (unsigned)about.st_uid, (unsigned)database->st_uid);
}

static void check_folder(struct check *check, char *folder, const struct stat *database)
{
	struct stat about;
	char remedy[2 * PATH_MAX];
	if (stat(folder, &about) != 0)
		return;
	check_mode(check, folder, S_IWOTH);
	if (about.st_uid == database->st_uid && (about.st_mode & S_IWUSR))
		return;
	if (database->st_uid == 0)
		return;
	snprintf(remedy, sizeof(remedy), "chown --reference=%s %s, and chmod u+rwx",
	    check->admin->settings.database, folder);
	check_tell(check, CHECK_FAULT, "files", remedy,
	    "the logger cannot make files in %s, and SQLite has to", folder);
}

static void check_disk(struct check *check, const char *folder)
{
	const long long percent = check->admin->settings.min_free;
	struct disk disk;
	if (!disk_look(folder, &disk))
		return;
	if (disk_low(&disk, percent))
		check_tell(check, CHECK_FAULT, "disk",
		    "make room there, or let go of old messages: mqtt-chat prune",
		    "%lld MB are left in %s: new messages are refused below %lld MB (min-free = "
		    "%lld percent)",
		    (long long)(disk.free / 1000000), folder,
		    (long long)(disk_reserve(&disk, percent) / 1000000), percent);
	else if (disk.free < DISK_WARNING)
		check_tell(check, disk.free < DISK_FAULT ? CHECK_FAULT : CHECK_WARNING, "disk",
		    "make room there, or let go of old messages: mqtt-chat prune",
		    "%lld MB are left in %s", (long long)(disk.free / 1000000), folder);
}

void check_files(struct check *check)
{
	static const char *const ours[] = {"-wal", "-shm", ".client-id"};
	const char *database = check->admin->settings.database;
	char path[PATH_MAX + 16], folder[PATH_MAX];
	struct stat about;
	int before = check->faults + check->warnings;
	snprintf(folder, sizeof(folder), "%s", database);
	char *in = dirname(folder);
	check_mode(check, check->admin->settings.password_file, S_IRWXO);
	check_disk(check, in);
	if (stat(database, &about) != 0)
		return;
	check_mode(check, database, S_IRWXO);
	check_folder(check, in, &about);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", database, ours[i]);
		check_owner(check, path, &about);
		check_mode(check, path, i == 2 ? S_IRWXO | S_IRWXG : S_IRWXO);
	}
	if (check->faults + check->warnings == before)
		check_tell(
		    check, CHECK_OK, "files", NULL, "owners and modes are as they should be");
}
