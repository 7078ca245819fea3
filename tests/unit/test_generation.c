/* test_generation.c: the link by which nginx knows whether what it keeps is still true. */
#include "generation.h"

#include <dirent.h>

#include "unit.h"

static char folder[PATH_MAX];

static struct generation *open_here(void)
{
	snprintf(folder, sizeof(folder), "%s", unit_path("generation"));
	assert_int_equal(mkdir(folder, 0755), 0);
	struct generation *generation = generation_open(folder);
	assert_non_null(generation);
	return generation;
}

static void resolve(char out[PATH_MAX])
{
	char link[PATH_MAX + 8];
	snprintf(link, sizeof(link), "%s/now", folder);
	if (!realpath(link, out))
		out[0] = '\0';
}

static int entries(void)
{
	int count = 0;
	DIR *dir = opendir(folder);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

TEST(each_step_lets_the_link_point_elsewhere)
{
	mode_t mask = umask(0077);
	struct generation *generation = open_here();
	char before[PATH_MAX], after[PATH_MAX];
	struct stat about;
	for (int i = 0; i < 100; i++) {
		resolve(before);
		if (i % 3) /* now and then there is no time for it */
			generation_prepare(generation);
		resolve(after);
		assert_string_equal(after, before);
		generation_next(generation);
		resolve(after);
		assert_string_not_equal(after, "");
		assert_string_not_equal(after, before);
		assert_int_equal(stat(after, &about), 0);
		assert_int_equal(about.st_mode & 0777, 0755);
	}
	umask(mask);
	expect(entries() < 25, "%d entries", entries());
	generation_close(generation);
}

TEST(a_prepared_link_that_somebody_removes_is_made_again)
{
	struct generation *generation = open_here();
	char link[PATH_MAX + 8], before[PATH_MAX], after[PATH_MAX], log[2000];
	snprintf(link, sizeof(link), "%s/next", folder);
	resolve(before);
	generation_prepare(generation);
	assert_int_equal(unlink(link), 0);
	struct capture capture = capture_begin(STDERR_FILENO);
	generation_next(generation);
	assert_int_equal(capture_end(&capture, log, sizeof(log)), 0);
	resolve(after);
	assert_string_not_equal(after, "");
	assert_string_not_equal(after, before);
	generation_close(generation);
}

TEST(the_next_logger_begins_elsewhere_and_sweeps)
{
	char before[PATH_MAX], after[PATH_MAX];
	struct generation *generation = open_here();
	for (int i = 0; i < 20; i++)
		generation_next(generation);
	generation_prepare(generation);
	resolve(before);
	generation_close(generation);
	resolve(after);
	assert_string_equal(after, before);
	generation = generation_open(folder);
	resolve(after);
	assert_string_not_equal(after, before);
	generation_prepare(generation);
	assert_int_equal(entries(), 6); /* . and .., two folders and their links */
	generation_close(generation);
}

TEST(what_a_killed_logger_left_half_made_is_no_obstacle)
{
	struct generation *generation = open_here();
	char link[PATH_MAX + 8], before[PATH_MAX], after[PATH_MAX];
	snprintf(link, sizeof(link), "%s/next", folder);
	assert_int_equal(symlink("nowhere", link), 0);
	resolve(before);
	generation_next(generation);
	resolve(after);
	assert_string_not_equal(after, before);
	generation_close(generation);
}

/* A folder in the place of the link in the making: not even root gets it away. */
TEST(a_link_that_cannot_be_changed_is_removed_and_told_once)
{
	struct generation *generation = open_here();
	char obstacle[PATH_MAX + 8], target[PATH_MAX], log[2000];
	snprintf(obstacle, sizeof(obstacle), "%s/next", folder);
	assert_int_equal(mkdir(obstacle, 0755), 0);
	struct capture capture = capture_begin(STDERR_FILENO);
	generation_next(generation);
	generation_next(generation);
	resolve(target);
	assert_int_equal(rmdir(obstacle), 0);
	generation_next(generation);
	capture_end(&capture, log, sizeof(log));
	assert_string_equal(target, "");
	const char *told = strstr(log, "nginx keeps no answers");
	expect(told && !strstr(told + 1, "nginx keeps no answers"), "%s", log);
	expect(strstr(log, "can be written again") != NULL, "%s", log);
	resolve(target);
	assert_string_not_equal(target, "");
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
	generation_prepare(NULL);
	generation_close(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(each_step_lets_the_link_point_elsewhere),
	    IN_DIR(a_prepared_link_that_somebody_removes_is_made_again),
	    IN_DIR(the_next_logger_begins_elsewhere_and_sweeps),
	    IN_DIR(what_a_killed_logger_left_half_made_is_no_obstacle),
	    IN_DIR(a_link_that_cannot_be_changed_is_removed_and_told_once),
	    IN_DIR(without_a_folder_there_is_nothing_to_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
