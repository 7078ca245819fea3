/* test_generation.c: the number by which nginx knows whether what it keeps is still true. */
#include "logger/generation.h"

#include <signal.h>
#include <sys/resource.h>

#include "unit.h"

static char folder[PATH_MAX], file[PATH_MAX + 8];

static struct generation *open_here(void)
{
	snprintf(folder, sizeof(folder), "%s", unit_path("generation"));
	snprintf(file, sizeof(file), "%s/number", folder);
	assert_int_equal(mkdir(folder, 0755), 0);
	struct generation *generation = generation_open(folder);
	assert_non_null(generation);
	return generation;
}

/* -1 where there is none. */
static off_t number(void)
{
	struct stat about;
	return stat(file, &about) == 0 ? about.st_size : -1;
}

TEST(each_step_makes_the_number_another)
{
	mode_t mask = umask(0077);
	struct generation *generation = open_here();
	struct stat about;
	for (int i = 0; i < 100; i++) {
		off_t before = number();
		generation_next(generation);
		assert_int_equal(number(), before + 1);
	}
	umask(mask);
	assert_int_equal(stat(file, &about), 0);
	assert_int_equal(about.st_mode & 07777, 0644);
	assert_int_equal(about.st_blocks, 0);
	assert_in_range(about.st_size, 1, (1 << 24) + 100);
	generation_close(generation);
}

/* By chance it could be the same once in 16 million. */
TEST(the_next_logger_begins_elsewhere)
{
	struct generation *generation = open_here();
	generation_next(generation);
	off_t before = number();
	generation_close(generation);
	assert_int_equal(number(), before);
	generation = generation_open(folder);
	assert_int_not_equal(number(), before);
	generation_close(generation);
}

TEST(a_file_that_somebody_removes_is_made_again)
{
	struct generation *generation = open_here();
	char log[2000];
	struct capture capture = capture_begin(STDERR_FILENO);
	assert_int_equal(unlink(file), 0);
	generation_next(generation);
	assert_int_equal(capture_end(&capture, log, sizeof(log)), 0);
	off_t before = number();
	assert_true(before > 0);
	generation_next(generation);
	assert_int_equal(number(), before + 1);
	generation_close(generation);
}

/* The limit of a file's size stands for an error of the disk. */
TEST(a_number_that_cannot_be_changed_is_removed_and_told_once)
{
	struct generation *generation = open_here();
	char log[2000];
	struct rlimit all;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
	struct rlimit small = {500, all.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	struct capture capture = capture_begin(STDERR_FILENO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	generation_next(generation);
	off_t then = number();
	generation_next(generation);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	generation_next(generation);
	capture_end(&capture, log, sizeof(log));
	assert_int_equal(then, -1);
	const char *told = strstr(log, "nginx keeps no answers");
	expect(told && !strstr(told + 1, "nginx keeps no answers"), "%s", log);
	expect(strstr(log, "number can be written again") != NULL, "%s", log);
	expect(number() > 0, "%jd", (intmax_t)number());
	generation_close(generation);
}

TEST(what_cannot_be_removed_either_is_told)
{
	struct generation *generation = open_here();
	char log[2000];
	generation_close(generation);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkdir(file, 0755), 0);
	struct capture capture = capture_begin(STDERR_FILENO);
	generation = generation_open(folder);
	generation_next(generation);
	capture_end(&capture, log, sizeof(log));
	expect(strstr(log, "generation/number: Is a directory; remove it") != NULL, "%s", log);
	assert_int_equal(rmdir(file), 0);
	generation_next(generation);
	expect(number() > 0, "%jd", (intmax_t)number());
	generation_close(generation);
}

TEST(without_a_folder_there_is_nothing_to_do)
{
	char log[2000];
	assert_null(generation_open(""));
	struct capture capture = capture_begin(STDERR_FILENO);
	assert_null(generation_open(unit_path("missing")));
	capture_end(&capture, log, sizeof(log));
	expect(strstr(log, "missing: No such file") != NULL, "%s", log);
	generation_next(NULL);
	generation_close(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(each_step_makes_the_number_another),
	    IN_DIR(the_next_logger_begins_elsewhere),
	    IN_DIR(a_file_that_somebody_removes_is_made_again),
	    IN_DIR(a_number_that_cannot_be_changed_is_removed_and_told_once),
	    IN_DIR(what_cannot_be_removed_either_is_told),
	    IN_DIR(without_a_folder_there_is_nothing_to_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
