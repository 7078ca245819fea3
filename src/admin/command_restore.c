/*
 * command_restore.c: a backup takes the database's place; what was there before stays, under
 * another name.
 */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/files.h"
#include "broker/identity.h"

static const struct admin_option options[] = {
    {"yes", NULL, "do not ask"},
    {0},
};

struct restore {
	const char *database, *file;
	char fresh[PATH_MAX];	 /* the copy, until it takes the place */
	char replaced[PATH_MAX]; /* what the old one will be called */
	int64_t newest_id;	 /* of the old one */
};

static int make_names(struct restore *r)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm utc;
	if (!gmtime_r(&now, &utc) || !strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc))
		return -1;
	int fresh = snprintf(r->fresh, sizeof(r->fresh), "%s.restoring", r->database);
	int old = snprintf(r->replaced, sizeof(r->replaced), "%s.replaced-%s", r->database, stamp);
	return fresh < PATH_MAX && old < PATH_MAX ? 0 : -1;
}

/*
 * Ids that clients have seen are not given again; where the old one cannot be read, none are known.
 */
static void read_newest(struct restore *r)
{
	struct store *store;
	char error[STORE_ERROR_SIZE];
	if (store_open(&store, r->database, STORE_READER, error))
		return;
	store_newest(store, &r->newest_id);
	store_close(store);
}

static int make_fresh(struct restore *r)
{
	struct store *store;
	char error[STORE_ERROR_SIZE];
	unlink(r->fresh);
	enum store_status status = store_open(&store, r->file, STORE_READER, error);
	if (!status)
		status = store_backup(store, r->fresh, NULL, NULL, error);
	store_close(store);
	if (status)
		return admin_fail("%s", error);
	struct store_overview overview;
	if (admin_verify(r->fresh, &overview) != ADMIN_OK)
		return ADMIN_FAILED;
	return store_revive(r->fresh, r->newest_id, error) ? admin_fail("%s", error) : ADMIN_OK;
}

/* Its owner is that of the database before, or of the folder: root restores for the logger. */
static int give_away(const struct restore *r)
{
	struct stat about;
	char folder[PATH_MAX];
	snprintf(folder, sizeof(folder), "%s", r->database);
	char *slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	bool there = stat(r->database, &about) == 0;
	if (!there && stat(slash ? folder : ".", &about) != 0)
		return -1;
	if (there && chmod(r->fresh, about.st_mode & 07777) != 0)
		return -1;
	return geteuid() == 0 ? chown(r->fresh, about.st_uid, about.st_gid) : 0;
}

/* Renames a file that belongs to the database, where there is one. */
static int move_beside(const struct restore *r, const char *suffix)
{
	char from[PATH_MAX + 8], to[PATH_MAX + 8];
	snprintf(from, sizeof(from), "%s%s", r->database, suffix);
	snprintf(to, sizeof(to), "%s%s", r->replaced, suffix);
	return rename(from, to) == 0 || errno == ENOENT ? 0 : -1;
}

/*
 * At each moment there is a database in the place. The old -wal file goes before the new database
 * comes, which it would spoil.
 */
static int put_in_place(const struct restore *r)
{
	if (link(r->database, r->replaced) != 0 && errno != ENOENT)
		return -1;
	if (move_beside(r, "-wal") != 0 || move_beside(r, "-shm") != 0)
		return -1;
	return admin_replace(r->fresh, r->database);
}

static int restore(struct restore *r, int64_t messages)
{
	bool there = access(r->database, F_OK) == 0;
	if (there)
		read_newest(r);
	int result = make_fresh(r);
	if (result == ADMIN_OK && (give_away(r) != 0 || put_in_place(r) != 0))
		result = admin_fail("%s: %s", r->database, strerror(errno));
	if (result != ADMIN_OK) {
		unlink(r->fresh);
		return result;
	}
	printf("%s holds %lld messages now\n", r->database, (long long)messages);
	if (there)
		printf("what was there before is %s: delete it when all is well\n", r->replaced);
	puts("start the logger again: systemctl start mqtt-chat-logger");
	return ADMIN_OK;
}

static int restore_backup(struct admin *admin)
{
	struct restore r = {.database = admin->settings.database, .file = admin->args[0]};
	struct store_overview overview;
	int lock;
	if (make_names(&r) != 0)
		return admin_fail("%s: the path is too long", r.database);
	if (admin_verify(r.file, &overview) != ADMIN_OK)
		return admin_fail("nothing was changed: %s cannot be restored", r.file);
	if (!identity_borrow(r.database, &lock))
		return admin_fail("the logger is running on %s, or you may not look: as root, "
				  "systemctl stop mqtt-chat-logger",
		    r.database);
	int result = ADMIN_FAILED;
	if (admin_confirmed(admin, "Replace %s by %s, with %lld messages?", r.database, r.file,
		(long long)overview.messages))
		result = restore(&r, overview.messages);
	if (lock >= 0)
		close(lock);
	return result;
}

const struct admin_command command_restore = {
    "restore", "FILE", 1, 1, "put a backup in the database's place", options, restore_backup};
