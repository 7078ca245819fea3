#include "broker/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

static const char prefix[] = "log";
static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz012345"; /* 32: five bits each */

static int explain(char error[IDENTITY_ERROR_SIZE], const char *path, const char *what)
{
	snprintf(error, IDENTITY_ERROR_SIZE, "%s: %s", path, what);
	return -1;
}

static int make_id(char id[IDENTITY_LENGTH + 1])
{
	unsigned char random[IDENTITY_LENGTH];
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -1;
	for (size_t i = 0; i < IDENTITY_LENGTH; i++)
		id[i] = alphabet[random[i] % 32];
	memcpy(id, prefix, strlen(prefix));
	id[IDENTITY_LENGTH] = '\0';
	return 0;
}

static bool is_id(const char *id, ssize_t length)
{
	return length == IDENTITY_LENGTH && strspn(id, alphabet) == IDENTITY_LENGTH;
}

/* Fills an empty file with a new id, on the disk before the broker hears of it. -1 with errno. */
static int write_id(int fd, char id[IDENTITY_LENGTH + 1])
{
	if (make_id(id) != 0)
		return -1;
	errno = ENOSPC; /* a write that falls short sets none */
	return pwrite(fd, id, IDENTITY_LENGTH, 0) == IDENTITY_LENGTH && fsync(fd) == 0 ? 0 : -1;
}

static int read_or_write_id(
    int fd, const char *path, char id[IDENTITY_LENGTH + 1], char error[IDENTITY_ERROR_SIZE])
{
	ssize_t length = pread(fd, id, IDENTITY_LENGTH + 1, 0);
	if (length == 0)
		return write_id(fd, id) == 0 ? 0 : explain(error, path, strerror(errno));
	if (length > 0)
		id[length > IDENTITY_LENGTH ? IDENTITY_LENGTH : length] = '\0';
	if (length < 0)
		return explain(error, path, strerror(errno));
	if (!is_id(id, length))
		return explain(error, path,
		    "does not hold a client id; delete it, and a new one will be made");
	return 0;
}

int identity_claim(
    const char *database, char id[IDENTITY_LENGTH + 1], char error[IDENTITY_ERROR_SIZE])
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof(path), "%s.client-id", database) >= (int)sizeof(path))
		return explain(error, database, "the path is too long");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		snprintf(error, IDENTITY_ERROR_SIZE,
		    "%s: %s; check owner and mode of the folder, and `database` in the "
		    "configuration",
		    path, strerror(errno));
		return -1;
	}
	int rc =
	    flock(fd, LOCK_EX | LOCK_NB) == 0
		? read_or_write_id(fd, path, id, error)
		: explain(error, path,
		      errno == EWOULDBLOCK ? "another logger runs on this database; end it first"
					   : strerror(errno));
	if (rc == 0)
		return fd;
	close(fd);
	return -1;
}

bool identity_borrow(const char *database, int *lock)
{
	char path[PATH_MAX];
	*lock = -1;
	if (snprintf(path, sizeof(path), "%s.client-id", database) >= (int)sizeof(path))
		return false;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*lock = fd;
		return true;
	}
	close(fd);
	return false;
}
