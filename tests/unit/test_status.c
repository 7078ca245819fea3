/* test_status.c: `mqtt-chat status`: what it says of each part, to people and to scripts. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "broker/identity.h"
#include "chat/limits.h"
#include "commands.h"

#define MINUTE 60000LL
#define HOUR (60 * MINUTE)

static int64_t now;

static int setup(void **state)
{
	now = clock_ms(CLOCK_REALTIME);
	return commands_setup(state);
}

#define STATUS(test) cmocka_unit_test_setup_teardown(test, setup, unit_remove_dir)

static void expect_figure(const char *name, int64_t value)
{
	char member[100];
	snprintf(member, sizeof(member), "\"%s\":%lld", name, (long long)value);
	size_t length = strlen(member);
	const char *at = strstr(out, member);
	expect(at && (at[length] == ',' || at[length] == '}'), "no %s in: %s", member, out);
}

/* What the logger kept of itself; 0: nothing. */
static void set_signs(int64_t alive_at, int64_t session_lost_at, int64_t reckoned_at)
{
	char sql[200];
	snprintf(sql, sizeof(sql),
	    "INSERT OR REPLACE INTO logger_note (one, alive_at, session_lost_at, note, reckoned_at)"
	    " VALUES (1, %lld, nullif(%lld, 0), x'', nullif(%lld, 0))",
	    (long long)alive_at, (long long)session_lost_at, (long long)reckoned_at);
	raw_run(settings.database, sql);
}

/* Runs it with a logger's lock on the database. */
static void run_beside_a_logger(void)
{
	char id[IDENTITY_LENGTH + 1], error[IDENTITY_ERROR_SIZE];
	int lock = identity_claim(settings.database, id, error);
	assert_true(lock >= 0);
	run(&command_status, NULL);
	close(lock);
}

/* ---- the history ---- */

TEST(what_there_is_is_counted)
{
	run(&command_status, NULL);
	expect_out("history    0 messages in 0 rooms, the last one never\n");
	expect_out("rejected   0 are kept for a look (at most 1000)\n");
	add_at("lab", "One", now - 5 * MINUTE);
	run(&command_status, NULL);
	expect_out("history    1 message in 1 room, the last one 5 min ago\n");
	expect_out("search     1 message to be indexed\n");
	add_at("den", "Two", now - 3 * MINUTE);
	add_at("den", "Three", now - 3 * MINUTE);
	raw_run(settings.database,
	    "INSERT INTO rejected (ts, topic, reason, size, head) VALUES (1, 't', 'r', 1, x'00')");
	run(&command_status, NULL);
	expect_out("history    3 messages in 2 rooms, the last one 3 min ago\n");
	expect_out("search     3 messages to be indexed\n");
	expect_out("rejected   1 is kept for a look (at most 1000)\n");
}

TEST(a_script_gets_the_same_as_figures)
{
	for (int i = 0; i < 5; i++)
		add_at(i ? "lab" : "den", "Text", now);
	raw_run(settings.database, "UPDATE search_state SET indexed_id = 2");
	raw_run(settings.database,
	    "INSERT INTO rejected (ts, topic, reason, size, head) VALUES (1, 't', 'r', 1, x'00')");
	set_signs(now - 70000, 0, 0);
	assert_int_equal(run(&command_status, "--json", NULL), ADMIN_FAILED);
	assert_int_equal(strncmp(out, "{\"version\":", 11), 0);
	expect_out("}\n");
	expect_figure("messages", 5);
	expect_figure("rooms", 2);
	expect_figure("newestId", 5);
	expect_figure("unindexed", 3);
	expect_figure("rejectedKept", 1);
	expect_figure("loggerAgeSeconds", 70);
	struct stat about;
	assert_int_equal(stat(settings.database, &about), 0);
	expect_figure("fileBytes", about.st_size);
	expect_out("\"ok\":false}");
	raw_run(settings.database, "UPDATE search_state SET indexed_id = 9");
	run(&command_status, "--json", NULL);
	expect_figure("unindexed", 0);
}

TEST(the_last_minute_hour_and_day_are_counted_apart)
{
	static const int64_t ages[] = {
	    0, 30000, MINUTE + 5000, 50 * MINUTE, 61 * MINUTE, 23 * HOUR, 23 * HOUR, 25 * HOUR};
	for (size_t i = 0; i < COUNT(ages); i++)
		add_at("lab", "Text", now - ages[COUNT(ages) - 1 - i]);
	run(&command_status, NULL);
	expect_out("rate       2 in the last minute, 4 in the last hour, 7 in the last day\n");
	run(&command_status, "--json", NULL);
	expect_figure("lastMinute", 2);
	expect_figure("lastHour", 4);
	expect_out("\"lastDay\":7,\"rate\":");
}

TEST(the_sizes_are_those_of_the_files)
{
	char line[100], file[24], wal[24];
	struct stat about;
	struct store *holds = open_store(settings.database, STORE_WRITER);
	add_message(holds, "lab", "Text");
	assert_int_equal(stat(settings.database, &about), 0);
	admin_bytes(file, about.st_size);
	assert_int_equal(stat(unit_path("db-wal"), &about), 0);
	assert_true(about.st_size > 0);
	snprintf(line, sizeof(line), "sizes      %s, of that 0 B empty; -wal %s\n", file,
	    admin_bytes(wal, about.st_size));
	run(&command_status, NULL);
	expect_out(line);
	run(&command_status, "--json", NULL);
	expect_figure("walBytes", about.st_size);
	store_close(holds);
}

TEST(a_database_that_is_not_there_is_told)
{
	snprintf(settings.database, sizeof(settings.database), "%s", unit_path("nowhere"));
	assert_int_equal(run(&command_status, NULL), ADMIN_FAILED);
	expect_out("\nhistory    ");
	expect_out("nowhere: ");
	expect_not_out("\nlogger ");
	expect_not_out("\ndisk ");
}

TEST(figures_that_cannot_be_read_are_told)
{
	raw_run(settings.database, "DROP TABLE rejected");
	assert_int_equal(run(&command_status, NULL), ADMIN_FAILED);
	expect_out("db: no such table: rejected");
	expect_out("\nlogger ");
	expect_not_out("\nrate ");
}

/* ---- the logger ---- */

TEST(the_loggers_sign_of_life_is_judged)
{
	run_beside_a_logger();
	expect_out("logger     runs, and has not given a sign of life yet\n");
	expect_not_out("session");
	expect_not_out("clock");
	set_signs(now - 100000, 0, 0);
	run_beside_a_logger();
	expect_out("logger     last sign of life 100 s ago\n");
	set_signs(now - 10 * MINUTE, 0, 0);
	run_beside_a_logger();
	expect_out("logger     stored something 10 min ago, and nothing since: see its log\n");
	set_signs(now + HOUR + 30000, 0, 0);
	run_beside_a_logger();
	expect_out("logger     last sign of life 60 min in the future: the clock was set back,");
}

TEST(a_logger_that_does_not_run_is_told)
{
	set_signs(now, 0, 0);
	run(&command_status, NULL);
	expect_out("logger     does not run\n");
	run_beside_a_logger();
	expect_not_out("does not run");
	run(&command_status, NULL); /* its file stays */
	expect_out("logger     does not run\n");
}

TEST(a_session_that_was_lost_and_a_clock_in_doubt_are_told)
{
	set_signs(now, now - 3 * HOUR, now - 50 * HOUR);
	run_beside_a_logger();
	expect_out("session    the broker forgot the logger's queue 3 h ago\n");
	expect_out("clock      2 d ahead of the logger's account of the time, so retention waits");
	set_signs(now, 0, now);
	run_beside_a_logger();
	expect_not_out("session");
	expect_not_out("clock");
}

/* ---- what is around it ---- */

TEST(the_api_is_there_or_it_is_told_why_not)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char line[300];
	snprintf(settings.api_socket, sizeof(settings.api_socket), "%s", unit_path("api"));
	run(&command_status, NULL);
	snprintf(
	    line, sizeof(line), "api        %s: No such file or directory\n", unit_path("api"));
	expect_out(line);
	memcpy(address.sun_path, settings.api_socket, sizeof(address.sun_path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	run(&command_status, NULL);
	snprintf(line, sizeof(line), "api        takes requests at %s\n", unit_path("api"));
	expect_out(line);
	close(fd);
}

TEST(a_broker_that_is_not_there_is_told)
{
	char line[300];
	run(&command_status, NULL);
	snprintf(line, sizeof(line), "broker     broker at %s: ", unit_path("none"));
	expect_out(line);
}

TEST(limits_are_told_where_there_are_some)
{
	run(&command_status, NULL);
	expect_not_out("retention");
	expect_not_out("max-rate");
	settings.retention_days = 1;
	settings.max_rate = 600;
	run(&command_status, NULL);
	expect_out("retention  1 day, 0 messages a room (0: all)\n");
	expect_out("max-rate   600 messages a minute\n");
	settings.retention_days = 0;
	settings.retention_messages = 1;
	settings.max_rate = 1;
	run(&command_status, NULL);
	expect_out("retention  0 days, 1 message a room (0: all)\n");
	expect_out("max-rate   1 message a minute\n");
	expect_out("database   ");
	expect_out("schema 2, SQLite 3.");
}

TEST(a_disk_that_is_nearly_full_is_told)
{
	run(&command_status, NULL);
	expect_out("disk       ");
	expect_out(" free\n");
	settings.min_free = 100;
	run(&command_status, NULL);
	expect_out(" free, less than ");
	expect_out(": new messages are refused\n");
	run(&command_status, "--json", NULL);
	expect_out("\"diskFreeBytes\":");
	expect_out("\"diskReserveBytes\":");
	expect_not_out("\"diskReserveBytes\":0");
}

/* ---- colours ---- */

/* Runs it on a terminal. */
static void run_coloured(void)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), saved = dup(STDOUT_FILENO);
	assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
	int end = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct admin admin = {.command = &command_status, .settings = settings};
	fflush(stdout);
	dup2(end, STDOUT_FILENO);
	command_status.run(&admin);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(end);
	ssize_t got, length = 0;
	while ((got = read(terminal, out + length, sizeof(out) - 1 - (size_t)length)) > 0)
		length += got;
	out[length] = '\0';
	close(terminal);
}

/* Makes the -wal file as large as one that somebody holds back. */
static void run_with_wal(int64_t bytes)
{
	struct store *holds = open_store(settings.database, STORE_WRITER);
	add_message(holds, "lab", "Text");
	assert_int_equal(truncate(unit_path("db-wal"), bytes), 0);
	run_coloured();
	store_close(holds);
}

static void set_unindexed(int64_t count)
{
	char sql[100];
	int64_t newest = raw_number(settings.database, "SELECT max(id) FROM messages");
	snprintf(sql, sizeof(sql), "UPDATE search_state SET indexed_id = %lld",
	    (long long)(newest - count));
	raw_run(settings.database, sql);
}

TEST(what_an_operator_should_look_at_has_the_colour_of_a_warning)
{
	unsetenv("NO_COLOR");
	run_with_wal(LIMITS_WAL_WARN_BYTES);
	expect_out("sizes      \033[0m");
	run_with_wal(LIMITS_WAL_WARN_BYTES + 1);
	expect_out("sizes      \033[33m");
	expect_out("search     \033[0m2 messages to be indexed");
	raw_run(settings.database, "INSERT INTO messages (id, ts, room, nickname, text)"
				   " VALUES (60000, 1, 'lab', 'Ann', 'Hi')");
	set_unindexed(LIMITS_UNINDEXED_WARN);
	run_coloured();
	expect_out("search     \033[0m50000 messages to be indexed");
	set_unindexed(LIMITS_UNINDEXED_WARN + 1);
	run_coloured();
	expect_out("search     \033[33m50001 messages to be indexed");
	expect_out("logger     \033[31mdoes not run\033[0m");
	expect_out("broker     \033[31mbroker at ");
	set_signs(now, now, 0);
	run_coloured();
	expect_out("session    \033[33mthe broker forgot");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    STATUS(what_there_is_is_counted),
	    STATUS(a_script_gets_the_same_as_figures),
	    STATUS(the_last_minute_hour_and_day_are_counted_apart),
	    STATUS(the_sizes_are_those_of_the_files),
	    STATUS(a_database_that_is_not_there_is_told),
	    STATUS(figures_that_cannot_be_read_are_told),
	    STATUS(the_loggers_sign_of_life_is_judged),
	    STATUS(a_logger_that_does_not_run_is_told),
	    STATUS(a_session_that_was_lost_and_a_clock_in_doubt_are_told),
	    STATUS(the_api_is_there_or_it_is_told_why_not),
	    STATUS(a_broker_that_is_not_there_is_told),
	    STATUS(limits_are_told_where_there_are_some),
	    STATUS(a_disk_that_is_nearly_full_is_told),
	    STATUS(what_an_operator_should_look_at_has_the_colour_of_a_warning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
