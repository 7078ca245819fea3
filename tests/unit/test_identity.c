/* test_identity.c: the broker's name for the logger is unguessable, stays, and has one holder. */
#include "broker/identity.h"

#include "unit.h"

static char id[IDENTITY_LENGTH + 1], error[IDENTITY_ERROR_SIZE];

/* Claims for "db" in the test's folder. */
static int claim(void)
{
	memset(id, 'x', sizeof(id));
	return identity_claim(unit_path("db"), id, error);
}

static void claim_and_release(void)
{
	int fd = claim();
	assert_true(fd >= 0);
	close(fd);
}

static void expect_refusal(const char *why)
{
	assert_int_equal(claim(), -1);
	expect(strstr(error, why) != NULL, "%s", error);
	expect(strchr(error, '\n') == NULL, "more than one line: %s", error);
}

TEST(an_id_is_23_characters_that_every_broker_takes)
{
	claim_and_release();
	assert_int_equal(strlen(id), 23);
	assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789"), 23);
}

TEST(an_id_stays_the_same)
{
	char first[sizeof(id)];
	claim_and_release();
	memcpy(first, id, sizeof(id));
	claim_and_release();
	assert_string_equal(id, first);
}

TEST(two_databases_have_two_ids)
{
	char first[sizeof(id)];
	claim_and_release();
	memcpy(first, id, sizeof(id));
	int fd = identity_claim(unit_path("other"), id, error);
	close(fd);
	assert_string_not_equal(id, first);
}

TEST(the_file_beside_the_database_holds_the_id_and_nothing_else)
{
	char content[64];
	claim_and_release();
	unit_read(unit_path("db.client-id"), content, sizeof(content));
	assert_string_equal(content, id);
}

TEST(nobody_else_may_read_the_id)
{
	struct stat about;
	mode_t before = umask(0);
	claim_and_release();
	umask(before);
	assert_int_equal(stat(unit_path("db.client-id"), &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
}

TEST(a_second_claim_is_refused_while_the_first_holds)
{
	int fd = claim();
	assert_true(fd >= 0);
	expect_refusal("another logger runs on this database; end it first");
	close(fd);
}

TEST(a_claim_ends_with_its_descriptor)
{
	claim_and_release();
	claim_and_release();
}

TEST(a_claim_is_not_passed_on_to_programs_that_are_started)
{
	int fd = claim();
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

TEST(an_empty_file_gets_an_id)
{
	unit_write(unit_path("db.client-id"), str_of(""));
	claim_and_release();
	assert_int_equal(strlen(id), 23);
}

TEST(a_file_that_holds_something_else_is_refused_and_left_alone)
{
	static const char *const contents[] = {
	    "x",
	    "logabcdefghijklmnopqrs",	 /* one too few */
	    "logabcdefghijklmnopqrstu",	 /* one too many */
	    "logabcdefghijklmnopqrst\n", /* a line */
	    "logABCDEFGHIJKLMNOPQRST",
	    "log bcdefghijklmnopqrst",
	    "logé0123450123450123450",
	};
	for (size_t i = 0; i < COUNT(contents); i++) {
		char after[64];
		unit_write(unit_path("db.client-id"), str_of(contents[i]));
		expect_refusal("does not hold a client id; delete it");
		unit_read(unit_path("db.client-id"), after, sizeof(after));
		assert_string_equal(after, contents[i]);
	}
}

TEST(a_file_of_another_kind_is_refused)
{
	assert_int_equal(mkdir(unit_path("db.client-id"), 0700), 0);
	expect_refusal("directory");
}

TEST(a_symbolic_link_is_not_followed)
{
	assert_int_equal(symlink(unit_path("target"), unit_path("db.client-id")), 0);
	expect_refusal("check owner and mode of the folder");
	assert_false(unit_exists(unit_path("target")));
}

TEST(a_missing_folder_is_told_with_what_to_do)
{
	assert_int_equal(identity_claim(unit_path("none/db"), id, error), -1);
	expect(strstr(error, "No such file or directory; check owner and mode of the folder"), "%s",
	    error);
}

TEST(a_folder_that_may_not_be_written_is_told_with_what_to_do)
{
	unit_be_no_root();
	assert_int_equal(mkdir(unit_path("closed"), 0500), 0);
	assert_int_equal(identity_claim(unit_path("closed/db"), id, error), -1);
	expect(strstr(error, "Permission denied; check owner and mode of the folder"), "%s", error);
}

TEST(a_path_that_is_too_long_is_refused)
{
	char path[PATH_MAX];
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(identity_claim(path, id, error), -1);
	assert_true(strlen(error) > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(an_id_is_23_characters_that_every_broker_takes),
	    IN_DIR(an_id_stays_the_same),
	    IN_DIR(two_databases_have_two_ids),
	    IN_DIR(the_file_beside_the_database_holds_the_id_and_nothing_else),
	    IN_DIR(nobody_else_may_read_the_id),
	    IN_DIR(a_second_claim_is_refused_while_the_first_holds),
	    IN_DIR(a_claim_ends_with_its_descriptor),
	    IN_DIR(a_claim_is_not_passed_on_to_programs_that_are_started),
	    IN_DIR(an_empty_file_gets_an_id),
	    IN_DIR(a_file_that_holds_something_else_is_refused_and_left_alone),
	    IN_DIR(a_file_of_another_kind_is_refused),
	    IN_DIR(a_symbolic_link_is_not_followed),
	    IN_DIR(a_missing_folder_is_told_with_what_to_do),
	    IN_DIR(a_folder_that_may_not_be_written_is_told_with_what_to_do),
	    cmocka_unit_test(a_path_that_is_too_long_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
