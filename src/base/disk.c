#include "base/disk.h"

#include <sys/statvfs.h>

bool disk_look(const char *path, struct disk *out)
{
	struct statvfs about;
	if (statvfs(path, &about) != 0)
		return false;
	int64_t block = (int64_t)about.f_frsize;
	out->free = (int64_t)about.f_bavail * block;
	out->size = (int64_t)(about.f_blocks - about.f_bfree + about.f_bavail) * block;
	return true;
}

int64_t disk_reserve(const struct disk *disk, int64_t percent)
{
	int64_t share = disk->size / 100 * percent;
	if (percent == 0)
		return 0;
	return share > DISK_RESERVE_MIN ? share : DISK_RESERVE_MIN;
}

bool disk_low(const struct disk *disk, int64_t percent)
{
	return disk->free < disk_reserve(disk, percent);
}
