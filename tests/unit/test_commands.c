/* test_commands.c: `mqtt-chat tail` and `search`: which messages they show, and how. */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "commands.h"

static int setup(void **state)
{
	setenv("TZ", "UTC", 1);
	tzset();
	return commands_setup(state);
}

#define READING(test) cmocka_unit_test_setup_teardown(test, setup, unit_remove_dir)

/* Ids from 1 on, "lab" and "den" in turn. */
static void add_messages(int count)
{
	struct store *store = open_store(settings.database, STORE_WRITER);
	for (int i = 1; i <= count; i++) {
		char text[40];
		snprintf(text, sizeof(text), "word%d", i);
		add_message(store, i % 2 ? "lab" : "den", text);
	}
	store_close(store);
}

static int count_lines(void)
{
	int lines = 0;
	for (const char *at = out; (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

/* ---- tail ---- */

TEST(tail_shows_the_last_ten_of_all_rooms)
{
	add_messages(13);
	assert_int_equal(run(&command_tail, "--once", NULL), ADMIN_OK);
	assert_int_equal(count_lines(), 10);
	assert_int_equal(strncmp(out, "2026-11-23 17:41:05 #den Ann: word4\n", 36), 0);
	expect_out("\n2026-11-23 17:41:05 #lab Ann: word13\n");
}

TEST(tail_shows_as_many_as_are_asked_for)
{
	add_messages(7);
	run(&command_tail, "--once", "--lines=2", NULL);
	assert_string_equal(out, "2026-11-23 17:41:05 #den Ann: word6\n"
				 "2026-11-23 17:41:05 #lab Ann: word7\n");
	run(&command_tail, "--once", "--lines=0", NULL);
	assert_string_equal(out, "");
	run(&command_tail, "--once", "--lines=7", NULL);
	assert_int_equal(count_lines(), 7);
	run(&command_tail, "--once", "--lines=200", NULL);
	assert_int_equal(count_lines(), 7);
	assert_int_equal(run(&command_tail, "--once", "--lines=201", NULL), ADMIN_USAGE);
	assert_int_equal(run(&command_tail, "--once", "--lines=-1", NULL), ADMIN_USAGE);
}

TEST(tail_of_a_room_has_its_messages_alone)
{
	add_messages(7);
	run(&command_tail, "--once", "--room=lab", "--lines=2", NULL);
	assert_string_equal(out, "2026-11-23 17:41:05 Ann: word5\n"
				 "2026-11-23 17:41:05 Ann: word7\n");
	run(&command_tail, "--once", "--room=den", "--lines=1", NULL);
	assert_string_equal(out, "2026-11-23 17:41:05 Ann: word6\n");
	run(&command_tail, "--once", "--room=den", "--lines=0", NULL);
	assert_string_equal(out, "");
	run(&command_tail, "--once", "--room=den", NULL);
	assert_int_equal(count_lines(), 3);
	run(&command_tail, "--once", "--room=none", NULL);
	assert_string_equal(out, "");
}

TEST(tail_gives_a_script_a_line_of_json_for_each)
{
	add_messages(3);
	assert_int_equal(run(&command_tail, "--once", "--json", "--lines=2", NULL), ADMIN_OK);
	assert_int_equal(count_lines(), 2);
	expect_out("{\"id\":2,");
	expect_out("}\n{\"id\":3,");
	expect_out("\"room\":\"lab\"");
	expect_not_out("word1");
}

TEST(tail_of_a_database_that_cannot_be_read_fails)
{
	snprintf(settings.database, sizeof(settings.database), "%s", unit_path("nowhere"));
	assert_int_equal(run(&command_tail, "--once", NULL), ADMIN_FAILED);
	expect(strstr(err, "nowhere: there is none"), "%s", err);
}

/* Follows in a process of its own, which ends when its output does: a pipe. */
static pid_t follow(int *from, const char *room)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		const char *values[ADMIN_OPTIONS_MAX] = {room, "1", NULL, NULL};
		struct admin admin = {.command = &command_tail, .settings = settings};
		memcpy(admin.values, values, sizeof(values));
		int told = open(unit_path("told"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		close(ends[0]);
		dup2(ends[1], STDOUT_FILENO);
		dup2(told, STDERR_FILENO);
		alarm(20);
		_exit(command_tail.run(&admin));
	}
	close(ends[1]);
	*from = ends[0];
	return child;
}

/* The next line of it, within ten seconds. */
static const char *next_line(int from)
{
	static char line[200];
	size_t length = 0;
	while (length < sizeof(line) - 1 && read(from, line + length, 1) == 1)
		if (line[length++] == '\n')
			break;
	line[length] = '\0';
	return line;
}

static int end_of(pid_t child)
{
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	expect(WIFEXITED(status), "status %d", status);
	return WEXITSTATUS(status);
}

TEST(tail_goes_on_with_what_comes_until_the_database_is_another)
{
	int from;
	char said[300];
	add_at("lab", "first", TS);
	pid_t child = follow(&from, NULL);
	assert_string_equal(next_line(from), "2026-11-23 17:41:05 #lab Ann: first\n");
	add_at("den", "second", TS);
	assert_string_equal(next_line(from), "2026-11-23 17:41:05 #den Ann: second\n");
	add_at("lab", "third", TS);
	add_at("lab", "fourth", TS);
	assert_string_equal(next_line(from), "2026-11-23 17:41:05 #lab Ann: third\n");
	assert_string_equal(next_line(from), "2026-11-23 17:41:05 #lab Ann: fourth\n");
	make_history(unit_path("other"), 1);
	assert_int_equal(rename(unit_path("other"), settings.database), 0);
	assert_string_equal(next_line(from), "");
	assert_int_equal(end_of(child), ADMIN_FAILED);
	unit_read(unit_path("told"), said, sizeof(said));
	assert_string_equal(said, "mqtt-chat: the database was replaced; start again\n");
	close(from);
}

TEST(tail_ends_where_nobody_reads_it)
{
	int from;
	signal(SIGPIPE, SIG_IGN);
	pid_t child = follow(&from, "lab");
	add_at("lab", "first", TS);
	assert_string_equal(next_line(from), "2026-11-23 17:41:05 Ann: first\n");
	close(from);
	add_at("lab", "second", TS);
	assert_int_equal(end_of(child), ADMIN_OK);
	signal(SIGPIPE, SIG_DFL);
}

/* ---- search ---- */

TEST(search_shows_what_has_all_words)
{
	add_at("lab", "The red door", TS);
	add_at("den", "The blue door", TS);
	assert_int_equal(run(&command_search, "door", "red", NULL), ADMIN_OK);
	assert_string_equal(out, "1 2026-11-23 17:41 #lab Ann: The red door\n");
	assert_string_equal(err, "");
	run(&command_search, "door", NULL);
	assert_string_equal(out, "1 2026-11-23 17:41 #lab Ann: The red door\n"
				 "2 2026-11-23 17:41 #den Ann: The blue door\n");
	run(&command_search, "--room=den", "door", NULL);
	assert_string_equal(out, "2 2026-11-23 17:41 #den Ann: The blue door\n");
	run(&command_search, "--room=den", "in:den", "door", NULL);
	assert_int_equal(count_lines(), 1);
	run(&command_search, "green", NULL);
	assert_string_equal(out, "");
}

TEST(search_shows_the_newest_ten_and_where_to_go_on)
{
	for (int i = 1; i <= 12; i++)
		add_at("lab", "The same", TS);
	run(&command_search, "same", NULL);
	assert_int_equal(count_lines(), 10);
	assert_int_equal(strncmp(out, "3 2026-", 7), 0);
	assert_string_equal(err, "there are older ones: --before=3\n");
	run(&command_search, "--before=3", "same", NULL);
	assert_int_equal(count_lines(), 2);
	assert_string_equal(err, "");
	run(&command_search, "--before=2", "same", NULL);
	assert_int_equal(count_lines(), 1);
	run(&command_search, "--before=1", "same", NULL);
	assert_string_equal(out, "");
	run(&command_search, "--limit=1", "same", NULL);
	assert_int_equal(strncmp(out, "12 2026-", 8), 0);
	assert_int_equal(count_lines(), 1);
	run(&command_search, "--limit=200", "same", NULL);
	assert_int_equal(count_lines(), 12);
}

TEST(search_puts_what_somebody_wrote_as_it_is_but_for_controls)
{
	add_at("lab", "caf\xc3\xa9 \xf0\x9f\x98\x80 \x1b[2J \xe2\x80\xaexy", TS);
	run(&command_search, "caf\xc3\xa9", NULL);
	expect_out(" Ann: caf\xc3\xa9 \xf0\x9f\x98\x80 \\x1b[2J ");
	expect_not_out("\x1b");
	add_at("lab", "caf\xc3\xa9", TS);
	assert_int_equal(run(&command_search, "--json", "caf\xc3\xa9", NULL), ADMIN_OK);
	assert_int_equal(strncmp(out, "{\"id\":1,", 8), 0);
	assert_int_equal(count_lines(), 2);
}

static void expect_misused(int result, const char *why)
{
	assert_int_equal(result, ADMIN_USAGE);
	expect(strstr(err, why), "%s", err);
	assert_string_equal(out, "");
}

TEST(search_refuses_what_it_cannot_look_for)
{
	expect_misused(run(&command_search, "--limit=0", "x", NULL), "--limit must be");
	expect_misused(run(&command_search, "--limit=201", "x", NULL), "from 1 to 200");
	expect_misused(run(&command_search, "--before=0", "x", NULL), "--before must be");
	expect_misused(run(&command_search, "--room=No", "x", NULL), "--room: ");
	expect_misused(
	    run(&command_search, "--room=lab", "in:den", "x", NULL), "name different rooms");
	expect_misused(run(&command_search, "-only", NULL), "mqtt-chat: ");
	raw_run(settings.database, "DROP TABLE search");
	assert_int_equal(run(&command_search, "x", NULL), ADMIN_FAILED);
	snprintf(settings.database, sizeof(settings.database), "%s", unit_path("nowhere"));
	assert_int_equal(run(&command_search, "x", NULL), ADMIN_FAILED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    READING(tail_shows_the_last_ten_of_all_rooms),
	    READING(tail_shows_as_many_as_are_asked_for),
	    READING(tail_of_a_room_has_its_messages_alone),
	    READING(tail_gives_a_script_a_line_of_json_for_each),
	    READING(tail_of_a_database_that_cannot_be_read_fails),
	    READING(tail_goes_on_with_what_comes_until_the_database_is_another),
	    READING(tail_ends_where_nobody_reads_it),
	    READING(search_shows_what_has_all_words),
	    READING(search_shows_the_newest_ten_and_where_to_go_on),
	    READING(search_puts_what_somebody_wrote_as_it_is_but_for_controls),
	    READING(search_refuses_what_it_cannot_look_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
