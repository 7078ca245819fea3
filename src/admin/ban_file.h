/*
 * ban_file.h: the file with the list of bans, which one command changes at a time. Broker and
 * token.fcgi may read it at any moment, so a new list is written beside it and takes its place as a
 * whole.
 */
#ifndef CHAT_ADMIN_BAN_FILE_H
#define CHAT_ADMIN_BAN_FILE_H

#include <limits.h>
#include <sys/stat.h>

#include "base/str.h"

struct ban_file {
	const char *path; /* lent */
	char name[NAME_MAX + 1];
	int folder;	   /* a descriptor of its folder, which is locked by flock(2); or -1 */
	struct stat about; /* owner, group and mode that a new list gets */
};

/*
 * Waits until no other command changes the file `path`, which need not exist, and keeps others from
 * it until ban_file_unlock(), which is called either way. An enum admin_result, after saying why: a
 * folder that is not there, a link or whatever is no regular file, a lock that somebody else has
 * for BAN_FILE_WAIT_MS.
 */
int ban_file_lock(struct ban_file *file, const char *path);

/*
 * Puts the list `text` in place, on the disk when it returns. It has the owner, group and mode of
 * the list before; the first one those of its folder, readable for the group. An enum admin_result,
 * after saying why; then the list is as it was.
 */
int ban_file_write(const struct ban_file *file, struct str text);

/* Lets others in. */
void ban_file_unlock(struct ban_file *file);

enum { BAN_FILE_WAIT_MS = 30000 };

#endif
