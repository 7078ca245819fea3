#include "logger/wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
	READ_SIZE = 16384, /* some eighty messages */
	WRITE_SIZE = 8192, /* two full batches of PUBACKs */
	PATIENCE_MS = 1000,
};

static int in_use = -1;
static char in[READ_SIZE], out[WRITE_SIZE];
static size_t taken, filled; /* of in */
static size_t gathered;	     /* of out */
static bool gathering;
static int full = -1; /* took a byte no more: nobody reads from it */

void wire_use(int socket)
{
	in_use = socket;
	taken = filled = gathered = 0;
	gathering = false;
	full = -1;
}

bool wire_has_read(void)
{
	return taken < filled;
}

/* As read(2). */
ssize_t read(int fd, void *to, size_t size);
ssize_t read(int fd, void *to, size_t size)
{
	if (fd != in_use)
		return readv(fd, &(struct iovec){to, size}, 1);
	if (!wire_has_read()) {
		ssize_t got = recv(fd, in, READ_SIZE, 0);
		if (got <= 0)
			return got;
		taken = 0;
		filled = (size_t)got;
	}
	size_t given = filled - taken < size ? filled - taken : size;
	memcpy(to, in + taken, given);
	taken += given;
	return (ssize_t)given;
}

/* After a failure the next call goes on where this one stopped: no byte goes out twice. */
static int send_gathered(void)
{
	while (gathered > 0) {
		ssize_t n = send(in_use, out, gathered, MSG_NOSIGNAL);
		struct pollfd p = {in_use, POLLOUT, 0};
		if (n >= 0) {
			gathered -= (size_t)n;
			memmove(out, out + n, gathered);
		} else if (errno != EINTR && (errno != EAGAIN || poll(&p, 1, PATIENCE_MS) == 0)) {
			return -1;
		}
	}
	return 0;
}

/* As write(2). What does not fit goes out behind what was gathered before. */
ssize_t write(int fd, const void *from, size_t size);
ssize_t write(int fd, const void *from, size_t size)
{
	if (fd == in_use && gathering) {
		if (size > WRITE_SIZE - gathered && send_gathered() != 0)
			return -1;
		if (size <= WRITE_SIZE) {
			memcpy(out + gathered, from, size);
			gathered += size;
			return (ssize_t)size;
		}
	}
	if (fd == full) {
		errno = EAGAIN;
		return -1;
	}
	ssize_t n = writev(fd, &(struct iovec){(void *)from, size}, 1);
	if (n < 0 && errno == EAGAIN && fd != in_use)
		full = fd;
	return n;
}

void wire_gather(void)
{
	gathering = true;
}

int wire_send(bool lost)
{
	gathering = false;
	if (lost)
		gathered = 0;
	return send_gathered();
}
