/* test_copies.c: `mqtt-chat export`, `backup` and `restore`: what is written, and where to. */
#include <sys/wait.h>

#include "admin/files.h"
#include "broker/identity.h"
#include "commands.h"
#include "output/csv.h"

static char content[1 << 16];

static const char *content_of(const char *name)
{
	unit_read(unit_path(name), content, sizeof(content));
	return content;
}

static void expect_err(int result, int wanted, const char *part)
{
	expect(result == wanted, "%d: %s%s", result, out, err);
	expect(strstr(err, part) != NULL, "no '%s' in: %s", part, err);
}

static void make_talk(void)
{
	add_at("lab", "One", TS);
	add_at("den", "Two", TS);
	add_at("lab", "Three, \"3\"", TS);
}

#define LINE(id, room, text)                                                                       \
	"{\"id\":" #id ",\"room\":\"" room "\",\"nickname\":\"Ann\",\"text\":\"" text              \
	"\",\"clientId\":"                                                                         \
	"null,\"msgId\":null,\"ts\":\"2026-11-23T17:41:05.123Z\"}\n"
#define HEAD CSV_HEAD

/* ---- export ---- */

TEST(an_export_has_the_rooms_that_are_asked_for)
{
	make_talk();
	assert_int_equal(run(&command_export, NULL), ADMIN_OK);
	assert_string_equal(
	    out, LINE(1, "lab", "One") LINE(2, "den", "Two") LINE(3, "lab", "Three, \\\"3\\\""));
	assert_string_equal(err, "");
	assert_int_equal(run(&command_export, "--room=den", "-", NULL), ADMIN_OK);
	assert_string_equal(out, LINE(2, "den", "Two"));
	assert_int_equal(run(&command_export, "--format=csv", "--room=lab", NULL), ADMIN_OK);
	assert_string_equal(out,
	    HEAD "1,lab,Ann,One,,,2026-11-23T17:41:05.123Z\r\n"
		 "3,lab,Ann,\"Three, \"\"3\"\"\",,,2026-11-23T17:41:05.123Z\r\n");
	assert_int_equal(run(&command_export, "--room=No", NULL), ADMIN_USAGE);
}

TEST(an_export_is_whole_however_many_pieces_it_has)
{
	make_history(unit_path("many"), 2000);
	snprintf(settings.database, sizeof(settings.database), "%s", unit_path("many"));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		    run(&command_export, unit_path("all.csv"), "--yes", NULL), ADMIN_OK);
		char line[100];
		snprintf(line, sizeof(line), "all.csv: %d messages\n", 2000 + i);
		expect(strstr(err, line), "%s", err);
		add_at("lab", "One more", TS);
	}
	int lines = 0;
	FILE *file = fopen(unit_path("all.csv"), "re");
	for (int c; (c = getc(file)) != EOF;)
		lines += c == '\n';
	fclose(file);
	assert_int_equal(lines, 2002);
}

TEST(the_format_is_that_of_the_option_or_of_the_name)
{
	static const struct {
		const char *option, *name;
		bool csv;
	} good[] = {{NULL, "a.csv", true}, {NULL, "a.CSV", true}, {NULL, "a.ndjson", false},
	    {NULL, "a.jsonl", false}, {NULL, "plain", false}, {"--format=csv", "plain", true},
	    {"--format=csv", "a.csv", true}, {"--format=csv", "a.txt", true},
	    {"--format=ndjson", "a.jsonl", false}};
	make_talk();
	for (size_t i = 0; i < COUNT(good); i++) {
		const char *file = unit_path(good[i].name);
		int result = good[i].option ? run(&command_export, file, good[i].option, NULL)
					    : run(&command_export, file, NULL);
		expect(result == ADMIN_OK, "%s: %s", good[i].name, err);
		bool csv = strncmp(content_of(good[i].name), HEAD, strlen(HEAD)) == 0;
		expect(csv == good[i].csv, "%zu: %s", i, content);
		unlink(file);
	}
	expect_err(run(&command_export, "--format=csv", unit_path("a.ndjson"), NULL), ADMIN_USAGE,
	    "--format=csv contradicts the name ");
	expect_err(run(&command_export, unit_path("a.txt"), NULL), ADMIN_USAGE,
	    "an export is NDJSON or CSV, and ");
	expect_err(run(&command_export, "--format=CSV", NULL), ADMIN_USAGE,
	    "--format is ndjson or csv, not 'CSV'");
}

TEST(a_file_that_is_there_is_replaced_where_that_is_said)
{
	make_talk();
	unit_write(unit_path("a.csv"), str_of("mine"));
	unit_write(unit_path("a.csv.part"), str_of("of one that was killed"));
	expect_err(run(&command_export, unit_path("a.csv"), NULL), ADMIN_FAILED,
	    "a.csv is there already. Replace it?\nmqtt-chat: this is not a terminal");
	assert_string_equal(content_of("a.csv"), "mine");
	assert_int_equal(run(&command_export, "--yes", unit_path("a.csv"), NULL), ADMIN_OK);
	assert_int_equal(strncmp(content_of("a.csv"), HEAD, strlen(HEAD)), 0);
	assert_false(unit_exists(unit_path("a.csv.part")));
	raw_run(settings.database, "DELETE FROM messages WHERE id > 1");
	run(&command_export, "--yes", unit_path("a.csv"), NULL);
	expect(strstr(err, "a.csv: 1 message\n"), "%s", err);
}

TEST(a_link_is_followed_and_stays)
{
	struct stat about;
	make_talk();
	assert_int_equal(mkdir(unit_path("d"), 0700), 0);
	unit_write(unit_path("d/real.csv"), str_of("old"));
	assert_int_equal(symlink("d/two", unit_path("one.csv")), 0);
	assert_int_equal(symlink(unit_path("d/real.csv"), unit_path("d/two")), 0);
	assert_int_equal(run(&command_export, "--yes", unit_path("one.csv"), NULL), ADMIN_OK);
	assert_int_equal(lstat(unit_path("one.csv"), &about), 0);
	assert_true(S_ISLNK(about.st_mode));
	assert_int_equal(strncmp(content_of("d/real.csv"), HEAD, strlen(HEAD)), 0);
	assert_int_equal(symlink("d/new", unit_path("nowhere.csv")), 0);
	assert_int_equal(run(&command_export, unit_path("nowhere.csv"), NULL), ADMIN_OK);
	assert_int_equal(strncmp(content_of("d/new"), HEAD, strlen(HEAD)), 0);
	assert_int_equal(symlink("loop.csv", unit_path("loop.csv")), 0);
	expect_err(run(&command_export, unit_path("loop.csv"), NULL), ADMIN_FAILED,
	    "loop.csv: Too many levels of symbolic links");
}

TEST(what_may_not_be_overwritten_is_told)
{
	char sub[PATH_MAX + 8];
	make_talk();
	struct store *holds = open_store(settings.database, STORE_WRITER);
	static const char *const ends[] = {"", "-wal", "-shm"};
	for (size_t i = 0; i < COUNT(ends); i++) {
		snprintf(sub, sizeof(sub), "%s%s", settings.database, ends[i]);
		expect_err(run(&command_export, "--format=csv", "--yes", sub, NULL), ADMIN_FAILED,
		    " is the database itself");
	}
	store_close(holds);
	expect_err(run(&command_export, "--format=csv", unit_dir, NULL), ADMIN_FAILED,
	    " is a folder: give the name of a file in it");
	expect_err(run(&command_export, unit_path("none/a.csv"), NULL), ADMIN_FAILED,
	    "none/a.csv.part: No such file or directory");
	snprintf(sub, sizeof(sub), "%s/x", settings.database);
	expect_err(
	    run(&command_export, "--format=csv", sub, NULL), ADMIN_FAILED, "db/x: Not a directory");
	assert_int_equal(mkdir(unit_path("b.csv.part"), 0700), 0);
	expect_err(run(&command_export, unit_path("b.csv"), NULL), ADMIN_FAILED, "b.csv.part: ");
}

/* Reads a FIFO into `content` while the command runs. */
static int run_with_fifo(const struct admin_command *command, const char *path)
{
	pid_t child = fork();
	if (child == 0) {
		alarm(20); /* where nobody opens it */
		FILE *from = fopen(path, "re"), *to = fopen(unit_path("poured"), "we");
		for (int c; (c = getc(from)) != EOF;)
			putc(c, to);
		_exit(fclose(to));
	}
	int result =
	    run(command, path, command == &command_export ? "--format=csv" : "--yes", NULL);
	waitpid(child, NULL, 0);
	return result;
}

TEST(a_fifo_and_a_device_are_written_to)
{
	char sound[8];
	make_talk();
	assert_int_equal(mkfifo(unit_path("fifo"), 0600), 0);
	assert_int_equal(run_with_fifo(&command_export, unit_path("fifo")), ADMIN_OK);
	assert_int_equal(strncmp(content_of("poured"), HEAD, strlen(HEAD)), 0);
	assert_int_equal(run_with_fifo(&command_backup, unit_path("fifo")), ADMIN_OK);
	expect(strstr(err, "fifo: 3 messages, "), "%s", err);
	snprintf(sound, sizeof(sound), "%s", raw_text(unit_path("poured"), "PRAGMA quick_check"));
	assert_string_equal(sound, "ok");
	assert_int_equal(raw_number(unit_path("poured"), "SELECT count(*) FROM messages"), 3);
	expect_err(run(&command_export, "--format=csv", "/dev/full", NULL), ADMIN_FAILED,
	    "cannot write: No space left on device");
	expect_err(
	    run(&command_backup, "/dev/full", NULL), ADMIN_FAILED, "No space left on device");
	assert_int_equal(run(&command_export, "--format=csv", "/dev/null", NULL), ADMIN_OK);
}

TEST(a_database_that_is_not_there_is_not_copied)
{
	snprintf(settings.database, sizeof(settings.database), "%s", unit_path("nowhere"));
	expect_err(run(&command_export, NULL), ADMIN_FAILED, "nowhere: there is none");
	expect_err(run(&command_backup, unit_path("b"), NULL), ADMIN_FAILED, "there is none");
	expect_err(run(&command_backup, unit_dir, NULL), ADMIN_FAILED, " is a folder");
	assert_false(unit_exists(unit_path("b")));
}

/* ---- backup ---- */

TEST(a_backup_says_what_it_holds)
{
	char line[400], size[24];
	struct stat about;
	add_at("lab", "One", TS);
	assert_int_equal(run(&command_backup, unit_path("b"), NULL), ADMIN_OK);
	assert_int_equal(stat(unit_path("b"), &about), 0);
	snprintf(line, sizeof(line), "%s: 1 message, %s, verified\n", unit_path("b"),
	    admin_bytes(size, about.st_size));
	assert_string_equal(out, line);
	assert_false(unit_exists(unit_path("b.part")));
	add_at("lab", "Two", TS);
	expect_err(run(&command_backup, unit_path("b"), NULL), ADMIN_FAILED, "say --yes");
	assert_int_equal(run(&command_backup, unit_path("b"), "--yes", NULL), ADMIN_OK);
	expect_out(": 2 messages, ");
}

TEST(a_backup_to_standard_output_is_the_database)
{
	setenv("TMPDIR", unit_dir, 1);
	make_talk();
	char dash[] = "-", *args[] = {dash};
	struct admin admin = {
	    .command = &command_backup, .settings = settings, .args = args, .arg_count = 1};
	fflush(stdout);
	int saved = dup(STDOUT_FILENO);
	int file = open(unit_path("b"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	dup2(file, STDOUT_FILENO);
	struct capture told = capture_begin(STDERR_FILENO);
	int result = command_backup.run(&admin);
	capture_end(&told, err, sizeof(err));
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(file);
	unsetenv("TMPDIR");
	assert_int_equal(result, ADMIN_OK);
	expect(strncmp(err, "standard output: 3 messages, ", 29) == 0, "%s", err);
	assert_int_equal(raw_number(unit_path("b"), "SELECT count(*) FROM messages"), 3);
}

TEST(a_backup_that_is_not_sound_is_none)
{
	make_talk();
	raw_run(settings.database, "UPDATE rooms SET messages = 7");
	unit_write(unit_path("b"), str_of("the one before"));
	expect_err(run(&command_backup, unit_path("b"), "--yes", NULL), ADMIN_FAILED,
	    "no backup was made: the copy is not sound\n");
	expect(strstr(err, "b.part: the table `rooms` counts 2 rooms wrong\n"), "%s", err);
	assert_string_equal(content_of("b"), "the one before");
	assert_false(unit_exists(unit_path("b.part")));
	expect_err(
	    run(&command_backup, unit_path("none/b"), NULL), ADMIN_FAILED, "no backup was made: ");
}

/* ---- restore ---- */

static void make_backup(void)
{
	make_talk();
	assert_int_equal(run(&command_backup, unit_path("b"), NULL), ADMIN_OK);
}

/* How many databases of before stand beside it. */
static int count_beside(void)
{
	char command[400];
	snprintf(command, sizeof(command), "ls %s", unit_dir);
	FILE *list = popen(command, "re");
	char name[300];
	int count = 0;
	while (fgets(name, sizeof(name), list))
		count += strncmp(name, "db.replaced-", 12) == 0;
	pclose(list);
	return count;
}

TEST(what_was_there_before_stays_beside_what_is_restored)
{
	char line[400];
	make_backup();
	add_at("lab", "Later", TS);
	assert_int_equal(chmod(settings.database, 0604), 0);
	expect_err(run(&command_restore, unit_path("b"), NULL), ADMIN_FAILED,
	    "b, with 3 messages?\nmqtt-chat: this is not a terminal");
	assert_int_equal(raw_number(settings.database, "SELECT count(*) FROM messages"), 4);
	assert_int_equal(count_beside(), 0);
	assert_false(unit_exists(unit_path("db.restoring")));
	assert_false(unit_exists(unit_path("db.restoring-wal")));
	assert_false(unit_exists(unit_path("db.restoring-shm")));
	assert_int_equal(run(&command_restore, "--yes", unit_path("b"), NULL), ADMIN_OK);
	snprintf(line, sizeof(line),
	    "%s holds 3 messages now\nwhat was there before is %s.replaced-", settings.database,
	    settings.database);
	assert_int_equal(strncmp(out, line, strlen(line)), 0);
	expect_out(": delete it when all is well\nstart the logger again: systemctl start ");
	assert_false(unit_exists(unit_path("db-wal"))); /* it would spoil the new one */
	assert_int_equal(raw_number(settings.database, "SELECT count(*) FROM messages"), 3);
	assert_true(count_beside() >= 1);
	char *old = strstr(out, "before is ") + 10;
	*strchr(old, ':') = '\0';
	assert_int_equal(raw_number(old, "SELECT count(*) FROM messages"), 4);
	assert_int_equal(add_at("lab", "New", TS), 5);
	struct stat about;
	assert_int_equal(stat(settings.database, &about), 0);
	assert_int_equal(about.st_mode & 07777, 0604);
}

TEST(where_there_was_none_ids_are_left_out)
{
	make_backup();
	for (int i = 0; i < 2; i++) {
		unlink(settings.database);
		unlink(unit_path("db-wal"));
		if (i)
			unit_write(settings.database, str_of("This is no database."));
		assert_int_equal(run(&command_restore, "--yes", unit_path("b"), NULL), ADMIN_OK);
		expect_out("which ids were given since cannot be read: new messages get ids from "
			   "1000004 on\n");
		assert_int_equal(strstr(out, "what was there before") != NULL, i);
		assert_int_equal(add_at("lab", "New", TS), 1000004);
	}
}

TEST(what_is_no_backup_changes_nothing)
{
	make_backup();
	raw_run(unit_path("b"), "UPDATE rooms SET messages = 7");
	expect_err(run(&command_restore, "--yes", unit_path("b"), NULL), ADMIN_FAILED,
	    "mqtt-chat: nothing was changed: ");
	expect(strstr(err, "db.restoring: the table `rooms` counts"), "%s", err);
	expect_err(run(&command_restore, "--yes", unit_path("none"), NULL), ADMIN_FAILED,
	    "none cannot be restored\n");
	assert_int_equal(count_beside(), 0);
	assert_int_equal(raw_number(settings.database, "SELECT count(*) FROM messages"), 3);
}

TEST(beside_a_logger_nothing_is_restored)
{
	char id[IDENTITY_LENGTH + 1], error[IDENTITY_ERROR_SIZE];
	make_backup();
	int lock = identity_claim(settings.database, id, error);
	expect_err(run(&command_restore, "--yes", unit_path("b"), NULL), ADMIN_FAILED,
	    "the logger is running on ");
	expect_err(
	    run(&command_salvage, unit_path("s"), NULL), ADMIN_FAILED, "the logger is running on ");
	close(lock);
	assert_int_equal(run(&command_restore, "--yes", unit_path("b"), NULL), ADMIN_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    COMMAND(an_export_has_the_rooms_that_are_asked_for),
	    COMMAND(an_export_is_whole_however_many_pieces_it_has),
	    COMMAND(the_format_is_that_of_the_option_or_of_the_name),
	    COMMAND(a_file_that_is_there_is_replaced_where_that_is_said),
	    COMMAND(a_link_is_followed_and_stays),
	    COMMAND(what_may_not_be_overwritten_is_told),
	    COMMAND(a_fifo_and_a_device_are_written_to),
	    COMMAND(a_database_that_is_not_there_is_not_copied),
	    COMMAND(a_backup_says_what_it_holds),
	    COMMAND(a_backup_to_standard_output_is_the_database),
	    COMMAND(a_backup_that_is_not_sound_is_none),
	    COMMAND(what_was_there_before_stays_beside_what_is_restored),
	    COMMAND(where_there_was_none_ids_are_left_out),
	    COMMAND(what_is_no_backup_changes_nothing),
	    COMMAND(beside_a_logger_nothing_is_restored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
