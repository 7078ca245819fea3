/*
 * sync.c: what the disk takes to keep what a message's commit writes.
 *
 *     sync FILE SECONDS EVERY_MS
 *
 * One commit of the logger appends seven frames to the -wal file and calls fdatasync() once (strace
 * shows it); so does this, and begins anew at 4 MB, as SQLite does. Prints each time taken, in ms.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { FRAME = 24 + 4096, FRAMES = 7, ROUND = 4 << 20 };

static double now_ms(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	static char frames[FRAMES * FRAME];
	int fd = argc == 4 ? open(argv[1], O_CREAT | O_RDWR | O_CLOEXEC, 0600) : -1;
	if (fd < 0) {
		fprintf(stderr, "usage: sync FILE SECONDS EVERY_MS\n");
		return 64;
	}
	double end = now_ms() + strtod(argv[2], NULL) * 1e3;
	useconds_t pause = (useconds_t)(strtod(argv[3], NULL) * 1e3);
	off_t at = 0;
	while (now_ms() < end) {
		frames[0]++;
		double start = now_ms();
		if (pwrite(fd, frames, sizeof(frames), at) != sizeof(frames) ||
		    fdatasync(fd) != 0) {
			perror("sync");
			return 1;
		}
		printf("%.3f\n", now_ms() - start);
		at = (at + (off_t)sizeof(frames)) % ROUND;
		usleep(pause);
	}
	close(fd);
	return 0;
}
