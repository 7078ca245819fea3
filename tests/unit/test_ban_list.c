/*
 * test_ban_list.c: what the commands do to the list of bans, and to its file.
 */
#include "admin/ban_file.h"
#include "admin/ban_list.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "unit.h"

static char said[4096], list[4096];

/* ---- a command ---- */

struct line {
	const char *who, *span, *reason; /* the latter two may be NULL */
};

/* Runs `body` with a list in the test's folder, at a chat where nobody has to be told. */
static int run(struct line line, int (*body)(const struct admin *admin))
{
	static const struct admin_command command = {.name = "ban", .options = ban_list_options};
	static struct admin admin;
	char *args[] = {(char *)line.who, NULL};
	admin = (struct admin){
	    .command = &command, .values = {line.span, line.reason}, .args = args, .arg_count = 1};
	snprintf(admin.settings.bans, sizeof(admin.settings.bans), "%s", unit_path("bans"));
	struct capture out = capture_begin(STDOUT_FILENO), err = capture_begin(STDERR_FILENO);
	int result = body(&admin);
	capture_end(&err, said, sizeof(said));
	capture_end(&out, said, sizeof(said));
	return result;
}

static int ban_body(const struct admin *admin)
{
	return ban_list_person(admin, BAN_BAN);
}

static int mute_body(const struct admin *admin)
{
	return ban_list_person(admin, BAN_MUTE);
}

static int ban(const char *who)
{
	return run((struct line){who, NULL, NULL}, ban_body);
}

static int mute(const char *who)
{
	return run((struct line){who, NULL, NULL}, mute_body);
}

static int lift(const char *who)
{
	return run((struct line){who, NULL, NULL}, ban_list_lift);
}

static void begin_with(const char *text)
{
	unit_write(unit_path("bans"), str_of(text));
}

static void expect_list(const char *text)
{
	unit_read(unit_path("bans"), list, sizeof(list));
	assert_string_equal(list, text);
	assert_false(unit_exists(unit_path("bans.part")));
}

/* ---- the list ---- */

TEST(what_was_there_stays_what_has_ended_goes)
{
	begin_with("ban\t@old\t1\t\nmute\t@eve\t0\tspam\nban\t@late\t9007199254740991\tx\n");
	assert_int_equal(ban("@ann"), ADMIN_OK);
	expect_list("ban\t@late\t9007199254740991\tx\nmute\t@eve\t0\tspam\nban\t@ann\t0\t\n");
}

TEST(a_ban_replaces_a_ban_and_no_mute_and_unban_lifts_both)
{
	assert_int_equal(mute("@eve"), ADMIN_OK);
	assert_int_equal(ban("@eve"), ADMIN_OK);
	assert_int_equal(run((struct line){"@eve", NULL, " again "}, ban_body), ADMIN_OK);
	assert_int_equal(run((struct line){"@eve", NULL, NULL}, ban_list_token), ADMIN_USAGE);
	assert_int_equal(run((struct line){"t1", NULL, NULL}, ban_list_token), ADMIN_OK);
	expect_list("ban\t@eve\t0\tagain\nmute\t@eve\t0\t\nrevoke\tt1\t0\t\n");
	assert_int_equal(lift("@eve"), ADMIN_OK);
	expect_list("revoke\tt1\t0\t\n");
	assert_int_equal(lift("@eve"), ADMIN_FAILED);
	expect_list("revoke\tt1\t0\t\n");
}

TEST(an_address_is_the_same_however_it_is_written)
{
	assert_int_equal(ban("2001:DB8:0:1:2::3"), ADMIN_OK);
	assert_int_equal(ban("::ffff:192.0.2.7"), ADMIN_OK);
	expect_list("ban\t2001:db8:0:1::\t0\t\nban\t192.0.2.7\t0\t\n");
	assert_int_equal(lift("2001:db8:0:1::ffff"), ADMIN_OK);
	assert_int_equal(lift("192.0.2.7"), ADMIN_OK);
	expect_list("");
}

/* ---- the file ---- */

TEST(the_first_list_is_its_folders_and_for_its_group_to_read)
{
	struct stat about, folder;
	if (geteuid() == 0)
		assert_int_equal(chown(unit_dir, 1, 2), 0);
	assert_int_equal(ban("@eve"), ADMIN_OK);
	assert_int_equal(stat(unit_path("bans"), &about), 0);
	assert_int_equal(stat(unit_dir, &folder), 0);
	assert_int_equal(about.st_mode & 07777, 0640);
	assert_int_equal(about.st_uid, folder.st_uid);
	assert_int_equal(about.st_gid, folder.st_gid);
}

TEST(owner_group_and_mode_stay)
{
	struct stat before, later;
	begin_with("");
	assert_int_equal(chmod(unit_path("bans"), 0604), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(unit_path("bans"), 3, 4), 0);
	assert_int_equal(stat(unit_path("bans"), &before), 0);
	assert_int_equal(ban("@eve"), ADMIN_OK);
	assert_int_equal(stat(unit_path("bans"), &later), 0);
	assert_int_equal(later.st_mode, before.st_mode);
	assert_int_equal(later.st_uid, before.st_uid);
	assert_int_equal(later.st_gid, before.st_gid);
	assert_int_not_equal(later.st_ino, before.st_ino);
}

TEST(a_link_is_not_followed_whatever_stands_for_the_list)
{
	unit_write(unit_path("target"), str_of(""));
	assert_int_equal(symlink(unit_path("target"), unit_path("bans")), 0);
	assert_int_equal(ban("@eve"), ADMIN_FAILED);
	assert_int_equal(unlink(unit_path("bans")), 0);
	assert_int_equal(symlink(unit_path("target"), unit_path("bans.part")), 0);
	assert_int_equal(ban("@eve"), ADMIN_OK);
	expect_list("ban\t@eve\t0\t\n");
	assert_int_equal(unit_read(unit_path("target"), list, sizeof(list)), 0);
}

/* No file may grow over `bytes`, for this process. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &limit);
}

TEST(what_cannot_be_written_as_a_whole_changes_nothing)
{
	struct ban_file file;
	begin_with("ban\t@old\t0\t\n");
	assert_int_equal(ban_file_lock(&file, unit_path("bans")), ADMIN_OK);
	struct capture capture = capture_begin(STDERR_FILENO);
	signal(SIGXFSZ, SIG_IGN);
	limit_files(10);
	int result = ban_file_write(&file, str_of("ban\t@eve\t0\t\n"));
	limit_files(RLIM_INFINITY);
	capture_end(&capture, said, sizeof(said));
	ban_file_unlock(&file);
	assert_int_equal(result, ADMIN_FAILED);
	expect_list("ban\t@old\t0\t\n");
}

TEST(who_may_not_write_is_told)
{
	begin_with("ban\t@old\t0\t\n");
	assert_int_equal(chmod(unit_path("bans"), 0644), 0);
	unit_be_no_root();
	assert_int_equal(chmod(unit_dir, 0500), 0);
	struct ban_file file;
	assert_int_equal(ban_file_lock(&file, unit_path("bans")), ADMIN_OK);
	int saved = dup(STDERR_FILENO), pipes[2];
	assert_int_equal(pipe(pipes), 0);
	dup2(pipes[1], STDERR_FILENO);
	int result = ban_file_write(&file, str_of(""));
	dup2(saved, STDERR_FILENO);
	close(saved);
	ssize_t length = read(pipes[0], said, sizeof(said) - 1);
	said[length > 0 ? length : 0] = '\0';
	close(pipes[0]);
	close(pipes[1]);
	ban_file_unlock(&file);
	assert_int_equal(result, ADMIN_FAILED);
	expect(strstr(said, "Permission denied; run it as root; nothing was changed"), "%s", said);
	assert_int_equal(chmod(unit_dir, 0700), 0);
}

TEST(one_at_a_time_changes_the_list)
{
	struct ban_file first;
	int status;
	assert_int_equal(ban_file_lock(&first, unit_path("bans")), ADMIN_OK);
	pid_t child = fork();
	if (child == 0) {
		struct ban_file second;
		close(first.folder); /* a lock is shared with a child */
		int result = ban_file_lock(&second, unit_path("bans"));
		_exit(result == ADMIN_OK ? 0 : 1);
	}
	usleep(200000);
	assert_int_equal(waitpid(child, &status, WNOHANG), 0);
	ban_file_unlock(&first);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(what_was_there_stays_what_has_ended_goes),
	    IN_DIR(a_ban_replaces_a_ban_and_no_mute_and_unban_lifts_both),
	    IN_DIR(an_address_is_the_same_however_it_is_written),
	    IN_DIR(the_first_list_is_its_folders_and_for_its_group_to_read),
	    IN_DIR(owner_group_and_mode_stay),
	    IN_DIR(a_link_is_not_followed_whatever_stands_for_the_list),
	    IN_DIR(what_cannot_be_written_as_a_whole_changes_nothing),
	    IN_DIR(who_may_not_write_is_told),
	    IN_DIR(one_at_a_time_changes_the_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
