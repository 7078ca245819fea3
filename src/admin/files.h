/*
 * files.h: the files that commands read and write: what import, export, backup and restore share.
 */
#ifndef CHAT_ADMIN_FILES_H
#define CHAT_ADMIN_FILES_H

#include <limits.h>

#include "admin/admin.h"
#include "store/store_admin.h"

/* Reads all of a copy of the database, and says what is wrong with it. An enum admin_result. */
int admin_verify(const char *path, struct store_overview *overview);

/*
 * The format that the file's name tells: what is behind its last point, "ndjson" for jsonl as well.
 * NULL where it has no point.
 */
const char *admin_format_of(const char *file);

/* Where a command writes to. */
struct destination {
	const char *name; /* for people */
	int fd;		  /* what is no regular file is open here, and is written to; or -1: */
	char
	    path[PATH_MAX]; /* a regular file, links followed, or none yet, to be replaced by ... */
	char part[PATH_MAX]; /* ... this one, beside it, which does not exist yet */
};

/*
 * Finds out what is at `file`; NULL and "-" are standard output. Asks where something would be
 * overwritten, refuses folders and the database itself. An enum admin_result, after saying why.
 * Whoever calls closes `fd` where it is neither -1 nor standard output.
 */
int admin_destination(const struct admin *admin, const char *file, struct destination *out);

/* Shows how far a copy is; `progress` is a struct admin_progress. As store_progress_fn. */
void admin_copied(void *progress, int64_t done, int64_t total);

/* Renames, and waits until that is on the disk. 0, or -1 with errno. */
int admin_replace(const char *from, const char *to);

#endif
