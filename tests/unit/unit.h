/*
 * unit.h: what the unit tests share: checks that name their case, a folder of their own that is
 * gone afterwards, and a look at what a function writes on stdout or stderr.
 */
#ifndef CHAT_UNIT_H
#define CHAT_UNIT_H

/* cmocka.h needs these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A test is a function of cmocka's; its name is the behaviour that it holds. */
#define TEST(name) static void name(void **state __attribute__((unused)))

/* The same for a test that runs in a folder of its own: see unit_path(). */
#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, unit_make_dir, unit_remove_dir)

/* The bytes of a literal, with the NULs in it. */
#define BYTES(literal) ((struct str){"" literal, sizeof(literal) - 1})

/* ---- checks ---- */

static inline void unit_expect(bool holds, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static inline void unit_expect(bool holds, const char *file, int line, const char *format, ...)
{
	va_list args;
	if (holds)
		return;
	va_start(args, format);
	fprintf(stderr, "%s:%d: ", file, line);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	_fail(file, line);
}

/* Fails with a message, which says the case in a table. */
#define expect(holds, ...) unit_expect((holds), __FILE__, __LINE__, __VA_ARGS__)

/* Whether `s` is `expected`; NULL is what is absent. */
static inline bool str_is(struct str s, const char *expected)
{
	return (s.at == NULL) == (expected == NULL) && str_eq(s, str_of(expected));
}

#define expect_str(s, expected) unit_expect_str((s), (expected), #s, __FILE__, __LINE__)

static inline void unit_expect_str(
    struct str s, const char *expected, const char *what, const char *file, int line)
{
	unit_expect(str_is(s, expected), file, line, "%s is '%.*s' and not '%s'", what, (int)s.len,
	    s.at ? s.at : "(absent)", expected ? expected : "(absent)");
}

/* ---- a folder for each test ---- */

static char unit_dir[256];

static inline int unit_make_dir(void **state)
{
	const char *parent = getenv("TMPDIR");
	(void)state;
	snprintf(
	    unit_dir, sizeof(unit_dir), "%.200s/mqtt-chat-unit.XXXXXX", parent ? parent : "/tmp");
	return mkdtemp(unit_dir) ? 0 : -1;
}

static inline int unit_remove_one(
    const char *path, const struct stat *about, int kind, struct FTW *where)
{
	(void)about;
	(void)kind;
	(void)where;
	return remove(path);
}

static inline int unit_remove_dir(void **state)
{
	(void)state;
	if (seteuid(getuid()) != 0)
		return -1;
	return nftw(unit_dir, unit_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* For tests of permissions, which do not hold for root: from here to the test's end it is nobody.
 */
static inline void unit_be_no_root(void)
{
	enum { NOBODY = 65534 };
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(unit_dir, NOBODY, NOBODY), 0);
	assert_int_equal(seteuid(NOBODY), 0);
}

/* A path in the test's folder; valid until the eighth call after this one. */
static inline const char *unit_path(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % COUNT(paths)];
	snprintf(path, PATH_MAX, "%s/%s", unit_dir, name);
	return path;
}

static inline void unit_write(const char *path, struct str content)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(content.at, 1, content.len, file), content.len);
	assert_int_equal(fclose(file), 0);
}

/* Reads at most `size - 1` bytes of the file, and ends them with NUL. Returns how many. */
static inline size_t unit_read(const char *path, char *out, size_t size)
{
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	size_t length = fread(out, 1, size - 1, file);
	out[length] = '\0';
	fclose(file);
	return length;
}

static inline bool unit_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* The descriptor that the next open() gets: the same again, where nothing stayed open. */
static inline int unit_next_fd(void)
{
	int fd = dup(STDERR_FILENO);
	close(fd);
	return fd;
}

/* ---- what is written on stdout or stderr ---- */

struct capture {
	int fd;	   /* 1 or 2 */
	int saved; /* what it was */
	const char *path;
};

/* From here on what goes to `fd` goes to a file in the test's folder. */
static inline struct capture capture_begin(int fd)
{
	const char *path = unit_path(fd == STDOUT_FILENO ? ".out" : ".err");
	struct capture capture = {fd, dup(fd), path};
	fflush(fd == STDOUT_FILENO ? stdout : stderr);
	int file = open(capture.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (capture.saved < 0 || file < 0 || dup2(file, fd) < 0)
		abort();
	close(file);
	return capture;
}

/* Ends it. Returns how many bytes were written; `out` holds them, with a NUL at the end. */
static inline size_t capture_end(struct capture *capture, char *out, size_t size)
{
	fflush(capture->fd == STDOUT_FILENO ? stdout : stderr);
	dup2(capture->saved, capture->fd);
	close(capture->saved);
	return unit_read(capture->path, out, size);
}

#endif
