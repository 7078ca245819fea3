#include "auth/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_kind(int fd, bool secret)
{
	struct stat about;
	if (fstat(fd, &about) != 0)
		return errno;
	if (S_ISDIR(about.st_mode))
		return EISDIR;
	if (!S_ISREG(about.st_mode))
		return EINVAL;
	return secret && (about.st_mode & 066) != 0 ? EPERM : 0;
}

static int read_all(int fd, size_t max, struct text *out)
{
	char piece[4096];
	int failed = 0;
	ssize_t n = 1;
	while (n > 0 && !failed) {
		n = read(fd, piece, sizeof(piece));
		if (n < 0)
			failed = errno;
		else
			text_put(out, (struct str){piece, (size_t)n});
		if (out->len > max)
			failed = EFBIG;
		else if (out->broken)
			failed = ENOMEM;
	}
	explicit_bzero(piece, sizeof(piece));
	return failed;
}

int auth_file_read(const char *path, size_t max, bool secret, struct text *out)
{
	/* Without O_NONBLOCK a FIFO would wait for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return errno;
	int failed = check_kind(fd, secret);
	if (!failed)
		failed = read_all(fd, max, out);
	close(fd);
	return failed;
}
