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
#include "base/text.h"
#include "broker/identity.h"

enum { UNKNOWN_IDS = 1000000 };

static const struct admin_option options[] = {
    {"yes", NULL, "do not ask"},
    {0},
};

struct restore {
	const char *database, *file;
	char fresh[PATH_MAX];	 /* the copy, until it takes the place */
	char replaced[PATH_MAX]; /* what the old one will be called */
	int64_t last_id;	 /* that a client may have seen */
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
 * Ids that clients have seen are not given again. Where it cannot be known which those are, since
 * the database is damaged or gone, they are far fewer than are left out.
 */
static int read_last_id(struct restore *r)
{
	char error[STORE_ERROR_SIZE];
	int64_t last_id;
	if (store_last_id(r->file, &r->last_id, error))
		return admin_fail("%s", error);
	if (store_last_id(r->database, &last_id, error)) {
		r->last_id += UNKNOWN_IDS;
		printf("which ids were given since cannot be read: new messages get ids from "
		       "%lld on\n",
		    (long long)r->last_id + 1);
	} else if (last_id > r->last_id) {
		r->last_id = last_id;
	}
	return ADMIN_OK;
}

/* The copy, and what SQLite has left beside it. */
static void remove_fresh(const struct restore *r)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char path[PATH_MAX + 8];
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", r->fresh, suffixes[i]);
		unlink(path);
	}
}

static int make_fresh(struct restore *r, struct store_overview *overview)
{
	char error[STORE_ERROR_SIZE];
	remove_fresh(r);
	if (read_last_id(r) != ADMIN_OK)
		return ADMIN_FAILED;
	if (store_restore(r->file, r->fresh, r->last_id, error))
		return admin_fail("%s", error);
	return admin_verify(r->fresh, overview);
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

static int restore(struct restore *r, const struct store_overview *overview)
{
	bool there = access(r->database, F_OK) == 0;
	if (give_away(r) != 0 || put_in_place(r) != 0)
		return admin_fail("%s: %s", r->database, strerror(errno));
	printf("%s holds %lld message%s now\n", r->database, (long long)overview->messages,
	    text_plural(overview->messages));
	if (there)
		printf("what was there before is %s: delete it when all is well\n", r->replaced);
	puts("start the logger again: systemctl start mqtt-chat-logger");
	return ADMIN_OK;
}

static int make_and_restore(struct admin *admin, struct restore *r)
{
	struct store_overview overview = {0};
	int result = make_fresh(r, &overview);
	if (result != ADMIN_OK)
		admin_fail("nothing was changed: %s cannot be restored", r->file);
	else if (!admin_confirmed(admin, "Replace %s by %s, with %lld message%s?", r->database,
		     r->file, (long long)overview.messages, text_plural(overview.messages)))
		result = ADMIN_FAILED;
	else
		result = restore(r, &overview);
	if (result != ADMIN_OK)
		remove_fresh(r);
	return result;
}

static int restore_backup(struct admin *admin)
{
	struct restore r = {.database = admin->settings.database, .file = admin->args[0]};
	int lock;
	if (make_names(&r) != 0)
		return admin_fail("%s: the path is too long", r.database);
	if (!identity_borrow(r.database, &lock))
		return admin_fail("the logger is running on %s, or you may not look: as root, "
				  "systemctl stop mqtt-chat-logger",
		    r.database);
	int result = make_and_restore(admin, &r);
	if (lock >= 0)
		close(lock);
	return result;
}

const struct admin_command command_restore = {
    "restore", "FILE", 1, 1, "put a backup in the database's place", options, restore_backup};
