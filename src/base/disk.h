/*
 * disk.h: how much room there is on the disk that a file is on, and how much is to be left.
 */
#ifndef CHAT_DISK_H
#define CHAT_DISK_H

#include <stdbool.h>
#include <stdint.h>

/* In bytes, as df(1) counts them: without what root alone may use. */
struct disk {
	int64_t free;
	int64_t size;
};

/* Looks at the disk that `path`, a file or a folder, is on. False where that fails: see errno. */
bool disk_look(const char *path, struct disk *out);

#define DISK_RESERVE_MIN (8LL * 1024 * 1024)

/*
 * How much is to be left free: `percent` of the disk, at least DISK_RESERVE_MIN, which is what a
 * database needs to delete something; 0 where `percent` is 0.
 */
int64_t disk_reserve(const struct disk *disk, int64_t percent);

/* Whether less than that is free. */
bool disk_low(const struct disk *disk, int64_t percent);

#endif
