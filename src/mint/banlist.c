#include "mint/banlist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"

/* By what one sees that a file has changed; all 0 but `error` where it cannot be looked at. */
struct mark {
	ino_t inode;
	off_t size;
	struct timespec modified;
	int error;
};

struct banlist {
	const char *path;
	struct mark read; /* of the file as it was when it was read last */
	struct bans *bans;
};

static struct mark look(const char *path)
{
	struct stat about;
	if (stat(path, &about) != 0)
		return (struct mark){.error = errno};
	return (struct mark){about.st_ino, about.st_size, about.st_mtim, 0};
}

static bool same(struct mark a, struct mark b)
{
	return a.inode == b.inode && a.size == b.size && a.error == b.error &&
	       a.modified.tv_sec == b.modified.tv_sec && a.modified.tv_nsec == b.modified.tv_nsec;
}

/* The look comes first: what is written after it is read the next time. */
static bool read_list(struct banlist *list, char error[BANS_ERROR_SIZE])
{
	struct bans *bans;
	list->read = look(list->path);
	if (!bans_load(&bans, list->path, error))
		return false;
	bans_free(list->bans);
	list->bans = bans;
	return true;
}

struct banlist *banlist_open(const char *path, char error[BANS_ERROR_SIZE])
{
	struct banlist *list = calloc(1, sizeof(*list));
	if (!list) {
		snprintf(error, BANS_ERROR_SIZE, "out of memory");
		return NULL;
	}
	list->path = path;
	if (read_list(list, error))
		return list;
	banlist_close(list);
	return NULL;
}

void banlist_close(struct banlist *list)
{
	if (!list)
		return;
	bans_free(list->bans);
	free(list);
}

const struct bans *banlist_now(struct banlist *list)
{
	char error[BANS_ERROR_SIZE];
	if (same(list->read, look(list->path)))
		return list->bans;
	if (read_list(list, error))
		log_info("%s: read, %zu line%s", list->path, bans_count(list->bans),
		    bans_count(list->bans) == 1 ? "" : "s");
	else
		log_error("%s; the list before stays in force", error);
	return list->bans;
}
