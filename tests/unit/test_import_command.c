/* test_import_command.c: `mqtt-chat import`: what it stores, what it leaves, and its report of
 * both. */
#include "base/clock.h"
#include "chat/limits.h"
#include "commands.h"

static char input[1 << 20];

static void begin_input(void)
{
	input[0] = '\0';
}

/* Adds a record; members are JSON. */
static void put(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void put(const char *format, ...)
{
	size_t length = strlen(input);
	va_list args;
	va_start(args, format);
	vsnprintf(input + length, sizeof(input) - length, format, args);
	va_end(args);
}

static void put_said(int id, const char *text, const char *ts)
{
	put("{\"id\":%d,\"nickname\":\"Ann\",\"room\":\"lab\",\"text\":\"%s\",\"ts\":\"%s\"}\n", id,
	    text, ts);
}

static int import_with(const char *option)
{
	const char *file = unit_path("in.ndjson");
	unit_write(file, str_of(input));
	return option ? run(&command_import, option, file, NULL) : run(&command_import, file, NULL);
}

static void expect_out_is(int result, const char *expected)
{
	expect(result == ADMIN_OK, "%d: %s", result, err);
	expect(strcmp(out, expected) == 0, "%s", out);
}

static void expect_err_is(int result, int wanted, const char *expected)
{
	expect(result == wanted, "%d: %s%s", result, out, err);
	expect(strcmp(err, expected) == 0, "%s", err);
}

static const char *in_database(const char *sql)
{
	return raw_text(settings.database, sql);
}

/* ---- what is stored ---- */

TEST(records_are_stored_once_however_often)
{
	begin_input();
	put_said(1, "One", "2026-01-02T03:04:05.678Z");
	expect_out_is(import_with(NULL), "1 record: 1 added, 0 there already, 0 rejected\n");
	put_said(2, "Two", "2026-01-03");
	expect_out_is(import_with(NULL), "2 records: 1 added, 1 there already, 0 rejected\n");
	expect_out_is(import_with(NULL), "2 records: 0 added, 2 there already, 0 rejected\n"
					 "nothing to do: all of it is there already\n");
	assert_string_equal(
	    in_database("SELECT group_concat(room || nickname || text || ts || msg_id, ' ')"
			" FROM messages"),
	    "labAnnOne1767323045678import:ndjson:1 labAnnTwo1767398400000import:ndjson:2");
	assert_string_equal(err, "");
}

TEST(what_a_record_names_goes_before_what_the_options_say)
{
	begin_input();
	put("{\"id\":1,\"nickname\":\"A\",\"text\":\"a\",\"ts\":\"2026-01-02\"}\n");
	put("{\"id\":2,\"nickname\":\"A\",\"text\":\"b\",\"ts\":\"2026-01-02\",\"room\":\"den\","
	    "\"msgId\":\"own\",\"clientId\":\"me\"}\n");
	import_with(NULL);
	assert_string_equal(in_database("SELECT group_concat(room || '|' || msg_id || '|' ||"
					" ifnull(client_id, '-'), ' ') FROM messages"),
	    "messages|import:ndjson:1|- den|own|me");
	raw_run(settings.database, "DELETE FROM messages");
	unit_write(unit_path("in"), str_of(input));
	run(&command_import, "--room=lab", "--source=old", "--format=ndjson", unit_path("in"),
	    NULL);
	assert_string_equal(
	    in_database("SELECT group_concat(room || '|' || msg_id, ' ') FROM messages"),
	    "lab|import:old:1 den|own");
}

TEST(many_records_come_in_slices)
{
	begin_input();
	for (int i = 1; i <= 2500; i++)
		put_said(i, "x", "2026-01-02");
	expect_out_is(import_with(NULL), "2500 records: 2500 added, 0 there already, 0 rejected\n");
	assert_string_equal(in_database("SELECT count(*) || '-' || max(id) FROM messages WHERE"
					" msg_id = 'import:ndjson:' || id"),
	    "2500-2500");
	for (int i = 2501; i <= 3000; i++)
		put_said(i, "x", "2026-01-02");
	expect_out_is(
	    import_with(NULL), "3000 records: 500 added, 2500 there already, 0 rejected\n");
}

TEST(a_message_that_is_there_without_a_msg_id_is_known)
{
	add_at("lab", "One", 1767312000000);
	begin_input();
	put_said(1, "One", "2026-01-02");
	put_said(2, "One", "2026-01-02");
	expect_out_is(import_with(NULL), "2 records: 1 added, 1 there already, 0 rejected\n");
}

/* ---- the report ---- */

TEST(who_has_no_name_is_counted)
{
	begin_input();
	put("{\"id\":1,\"text\":\"a\",\"ts\":\"2026-01-02\"}\n");
	expect_out_is(import_with(NULL), "1 record: 1 added, 0 there already, 0 rejected\n"
					 "1 without a nickname is of \"mqtt\"\n");
	begin_input();
	put("{\"id\":2,\"text\":\"b\",\"nickname\":\"\",\"ts\":\"2026-01-02\"}\n"
	    "{\"id\":3,\"text\":\"c\",\"ts\":\"2026-01-02\"}\n");
	expect_out_is(import_with(NULL), "2 records: 2 added, 0 there already, 0 rejected\n"
					 "2 without a nickname are of \"mqtt\"\n");
	assert_string_equal(
	    in_database("SELECT group_concat(nickname) FROM messages"), "mqtt,mqtt,mqtt");
}

TEST(what_retention_would_delete_is_left_out)
{
	int64_t now = clock_ms(CLOCK_REALTIME) / 1000;
	settings.retention_days = 2;
	begin_input();
	put("{\"id\":1,\"nickname\":\"A\",\"text\":\"a\",\"ts\":%lld}\n", (long long)now - 172700);
	put("{\"id\":2,\"nickname\":\"A\",\"text\":\"b\",\"ts\":%lld}\n", (long long)now - 172900);
	expect_out_is(import_with(NULL), "2 records: 1 added, 0 there already, 0 rejected\n"
					 "1 is older than retention-days and was left out\n");
	put("{\"id\":3,\"nickname\":\"A\",\"text\":\"b\",\"ts\":0}\n");
	expect_out_is(import_with(NULL), "3 records: 0 added, 1 there already, 0 rejected\n"
					 "2 are older than retention-days and were left out\n");
}

TEST(what_stands_behind_younger_messages_is_told)
{
	add_at("lab", "Now", TS);
	begin_input();
	put_said(1, "Before", "2026-01-02");
	put_said(2, "After", "2026-12-31");
	expect_out_is(import_with(NULL),
	    "2 records: 2 added, 0 there already, 0 rejected\n"
	    "1 is older than what was there before, and stands behind it: the order is that in "
	    "which messages came in\n");
	begin_input();
	put_said(3, "Before", "2026-01-02");
	put_said(4, "Before", "2026-01-02");
	expect_out_is(import_with(NULL),
	    "2 records: 2 added, 0 there already, 0 rejected\n"
	    "2 are older than what was there before, and stand behind it: the order is that in "
	    "which messages came in\n");
}

#define WARNING(ids, belong)                                                                       \
	"WARNING: " ids " of \"ndjson\" " belong                                                   \
	" to other messages: left out. If this is another "                                        \
	"table, give it a name of its own: --source=NAME\n"

TEST(ids_of_other_messages_are_told)
{
	begin_input();
	put_said(1, "One", "2026-01-02");
	put_said(2, "Two", "2026-01-02");
	import_with(NULL);
	begin_input();
	put_said(1, "Another", "2026-01-02");
	put_said(2, "Two", "2026-01-02");
	expect_out_is(import_with(NULL),
	    "2 records: 0 added, 1 there already, 1 rejected\n"
	    "the table `rejected` has the first of the rejected ones, with their reasons\n" WARNING(
		"1 id", "belongs"));
	expect(strncmp(err, "mqtt-chat: line 1 was rejected: ", 32) == 0, "%s", err);
	expect(strstr(err, ": 'import:ndjson:1'\n"), "%s", err);
	begin_input();
	put_said(1, "One", "2026-01-03");
	put_said(2, "Two", "2026-01-03");
	put_said(3, "Three", "2026-01-03");
	expect_out_is(import_with(NULL),
	    "3 records: 1 added, 0 there already, 0 rejected\n" WARNING("2 ids", "belong"));
}

TEST(a_room_that_refuses_is_no_other_message)
{
	raw_run(settings.database,
	    "CREATE TRIGGER refuses BEFORE INSERT ON messages WHEN new.room = 'lab'"
	    " BEGIN SELECT raise(ABORT, 'no'); END");
	begin_input();
	put_said(1, "One", "2026-01-02");
	put("{\"id\":2,\"nickname\":\"A\",\"text\":\"b\",\"ts\":\"2026-01-02\"}\n");
	expect_out_is(import_with(NULL),
	    "2 records: 1 added, 0 there already, 1 rejected\n"
	    "the table `rejected` has the first of the rejected ones, with their reasons\n");
}

/* ---- what is rejected ---- */

TEST(the_first_five_of_the_rejected_are_shown_and_a_hundred_are_kept)
{
	begin_input();
	put_said(1, "One", "2026-01-02");
	for (int i = 2; i <= 151; i++)
		put_said(i, "", "2026-01-02");
	for (int i = 0; i < 2; i++) {
		import_with(NULL);
		expect_out(", 150 rejected\nthe table `rejected` has the first");
		int lines = 0;
		for (const char *at = err; (at = strchr(at, '\n')); at++)
			lines++;
		assert_int_equal(lines, 5);
		expect(strstr(err, "line 6 was rejected: "), "%s", err);
		assert_string_equal(in_database("SELECT count(*) || min(topic) || max(reason)"
						" FROM rejected"),
		    "100import:ndjson:10text must be a string of 1 to 4000 characters");
	}
}

TEST(what_is_kept_of_the_rejected_is_its_beginning)
{
	char text[401];
	memset(text, 'x', 400);
	text[400] = '\0';
	begin_input();
	put("{\"text\":\"%s\"}\n", text);
	put("no record\n");
	put_said(7, "", "2026-01-02");
	expect_err_is(import_with("--source=old"), ADMIN_FAILED,
	    "mqtt-chat: line 1 was rejected: neither msgId nor id says which record it is: "
	    "'{\"text\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'...\n"
	    "mqtt-chat: line 2 was rejected: it is not JSON: 'no record'\n"
	    "mqtt-chat: line 3 was rejected: text must be a string of 1 to 4000 characters: ''\n"
	    "mqtt-chat: nothing was imported: every record was rejected\n");
	assert_string_equal(
	    in_database("SELECT group_concat(topic || ' ' || size || ' ' || length(head), ';')"
			" FROM rejected"),
	    "import:old:record 1 411 256;import:old:record 2 9 9;import:old:7 66 66");
	assert_string_equal(
	    in_database("SELECT CAST(head AS TEXT) FROM rejected WHERE id = 2"), "no record");
}

TEST(what_is_shown_ends_with_a_whole_character)
{
	begin_input();
	put("{\"id\":1,\"nickname\":\"x");
	for (int i = 0; i < 70; i++)
		put("é");
	put("\",\"text\":\"t\",\"ts\":\"2026-01-02\"}\n");
	assert_int_equal(import_with(NULL), ADMIN_FAILED);
	expect(strstr(err, "'xééééééééééééééééééééééééééééé'...\n"), "%s", err);
}

TEST(an_import_of_which_nothing_came_says_why)
{
	char wanted[300];
	begin_input();
	snprintf(wanted, sizeof(wanted),
	    "mqtt-chat: nothing was imported: %s is empty; see whether the program that writes it "
	    "failed\n",
	    unit_path("in.ndjson"));
	expect_err_is(import_with(NULL), ADMIN_FAILED, wanted);
	put("\n\n");
	snprintf(wanted, sizeof(wanted), "mqtt-chat: nothing was imported: %s has no records\n",
	    unit_path("in.ndjson"));
	expect_err_is(import_with(NULL), ADMIN_FAILED, wanted);
	begin_input();
	put_said(1, "One", "2026-01-02");
	import_with(NULL);
	begin_input();
	put_said(1, "One", "2026-01-03");
	expect_err_is(import_with(NULL), ADMIN_FAILED,
	    "mqtt-chat: nothing was imported: all its ids belong to other messages\n");
	put_said(3, "Three", "1999-01-03");
	settings.retention_days = 1;
	begin_input();
	put_said(3, "Three", "1999-01-03");
	expect_err_is(import_with(NULL), ADMIN_FAILED,
	    "mqtt-chat: nothing was imported: 1 record: 0 rejected, 1 older than retention-days, 0 "
	    "with ids of other messages\n");
}

/* ---- what it refuses ---- */

TEST(the_format_is_said_or_the_files_name_tells_it)
{
	const char *misused = "mqtt-chat: say what it is: --format=ndjson, csv or mariadb\n";
	unit_write(unit_path("x.csv"), str_of("id,text,ts\n1,a,2026-01-02\n"));
	unit_write(unit_path("x"), str_of("id,text,ts\n1,a,2026-01-02\n"));
	assert_int_equal(run(&command_import, unit_path("x.csv"), NULL), ADMIN_OK);
	assert_int_equal(run(&command_import, "--format=csv", unit_path("x"), NULL), ADMIN_OK);
	expect_err_is(run(&command_import, unit_path("x"), NULL), ADMIN_USAGE, misused);
	expect_err_is(run(&command_import, NULL), ADMIN_USAGE, misused);
	expect_err_is(
	    run(&command_import, "--format=x", unit_path("x.csv"), NULL), ADMIN_USAGE, misused);
	assert_int_equal(
	    run(&command_import, "--format=csv", unit_path("none"), NULL), ADMIN_FAILED);
	expect(strstr(err, "none: No such file or directory\n"), "%s", err);
}

TEST(a_source_is_a_name_of_at_most_32_characters)
{
	begin_input();
	put_said(1, "One", "2026-01-02");
	assert_int_equal(import_with("--source=abcdefghijklmnopqrstuvwxyz012345"), ADMIN_OK);
	expect_err_is(import_with("--source=abcdefghijklmnopqrstuvwxyz0123456"), ADMIN_USAGE,
	    "mqtt-chat: --source must be 1 to 32 of a-z 0-9 _ -, and start with a letter or digit,"
	    " not 'abcdefghijklmnopqrstuvwxyz0123456'\n");
	assert_int_equal(import_with("--source="), ADMIN_USAGE);
	assert_int_equal(import_with("--source=A"), ADMIN_USAGE);
	assert_int_equal(import_with("--room=A"), ADMIN_USAGE);
	assert_string_equal(in_database("SELECT count(*) FROM messages"), "1");
}

TEST(standard_input_is_read_where_no_file_is_named)
{
	static const char *const names[] = {"-", NULL};
	begin_input();
	put_said(1, "One", "2026-01-02");
	for (size_t i = 0; i < COUNT(names); i++) {
		unit_write(unit_path("stdin"), str_of(input));
		assert_non_null(freopen(unit_path("stdin"), "re", stdin));
		assert_int_equal(run(&command_import, "--format=ndjson", names[i], NULL), ADMIN_OK);
		expect(strncmp(out, "1 record: ", 10) == 0, "%s", out);
	}
	assert_non_null(freopen("/dev/null", "re", stdin));
	expect_err_is(run(&command_import, "--format=ndjson", NULL), ADMIN_FAILED,
	    "mqtt-chat: nothing was imported: standard input is empty; see whether the program that "
	    "writes it failed\n");
}

TEST(a_disk_that_is_nearly_full_takes_no_import)
{
	begin_input();
	put_said(1, "One", "2026-01-02");
	settings.min_free = 100;
	assert_int_equal(import_with(NULL), ADMIN_FAILED);
	expect(strstr(err, "is nearly full (min-free = 100 percent): make room there, and run it "
			   "again, it goes on where it was\n"),
	    "%s", err);
	assert_string_equal(in_database("SELECT count(*) FROM messages"), "0");
}

TEST(a_database_that_is_not_there_or_refuses_is_told)
{
	begin_input();
	put_said(1, "One", "2026-01-02");
	raw_run(settings.database, "DROP TABLE rejected");
	assert_int_equal(import_with(NULL), ADMIN_FAILED);
	snprintf(settings.database, sizeof(settings.database), "%s", unit_path("nowhere"));
	assert_int_equal(import_with(NULL), ADMIN_FAILED);
	expect(strstr(err, "nowhere: there is none"), "%s", err);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    COMMAND(records_are_stored_once_however_often),
	    COMMAND(what_a_record_names_goes_before_what_the_options_say),
	    COMMAND(many_records_come_in_slices),
	    COMMAND(a_message_that_is_there_without_a_msg_id_is_known),
	    COMMAND(who_has_no_name_is_counted),
	    COMMAND(what_retention_would_delete_is_left_out),
	    COMMAND(what_stands_behind_younger_messages_is_told),
	    COMMAND(ids_of_other_messages_are_told),
	    COMMAND(a_room_that_refuses_is_no_other_message),
	    COMMAND(the_first_five_of_the_rejected_are_shown_and_a_hundred_are_kept),
	    COMMAND(what_is_kept_of_the_rejected_is_its_beginning),
	    COMMAND(what_is_shown_ends_with_a_whole_character),
	    COMMAND(an_import_of_which_nothing_came_says_why),
	    COMMAND(the_format_is_said_or_the_files_name_tells_it),
	    COMMAND(a_source_is_a_name_of_at_most_32_characters),
	    COMMAND(standard_input_is_read_where_no_file_is_named),
	    COMMAND(a_disk_that_is_nearly_full_takes_no_import),
	    COMMAND(a_database_that_is_not_there_or_refuses_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
