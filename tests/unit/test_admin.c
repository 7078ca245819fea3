/* test_admin.c: what the administrator's commands share: figures for people, options,
 * configurations of others. */
#include "admin/admin.h"
#include "admin/check.h"
#include "admin/files.h"

#include "unit.h"

TEST(a_size_has_the_unit_that_makes_it_short)
{
	static const struct {
		int64_t bytes;
		const char *text;
	} cases[] = {
	    {0, "0 B"},
	    {999, "999 B"},
	    {1000, "1.0 kB"},
	    {4200000, "4.2 MB"},
	    {999900000, "999.9 MB"},
	    {1000000000, "1.0 GB"},
	    {2500000000000, "2.5 TB"},
	    {1234000000000000, "1234.0 TB"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[24];
		assert_string_equal(admin_bytes(out, cases[i].bytes), cases[i].text);
	}
}

TEST(an_age_has_the_largest_unit_of_which_there_are_two)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
	    {0, "0 s"},
	    {999, "0 s"},
	    {1000, "1 s"},
	    {119999, "119 s"},
	    {120000, "2 min"},
	    {7199999, "119 min"},
	    {7200000, "2 h"},
	    {2 * 86400000LL - 1, "47 h"},
	    {2 * 86400000LL, "2 d"},
	    {400 * 86400000LL, "400 d"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[24];
		assert_string_equal(admin_age(out, cases[i].ms), cases[i].text);
	}
}

TEST(a_time_that_is_to_come_is_told_as_such_from_a_second_on)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
	    {180000, "3 min ago"},
	    {0, "0 s ago"},
	    {-999, "0 s ago"},
	    {-1000, "1 s in the future"},
	    {-7200000, "2 h in the future"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[40];
		assert_string_equal(admin_ago(out, cases[i].ms), cases[i].text);
	}
}

TEST(a_files_name_tells_its_format)
{
	assert_string_equal(admin_format_of("all.csv"), "csv");
	assert_string_equal(admin_format_of("a.b/all.old.ndjson"), "ndjson");
	assert_string_equal(admin_format_of("all.JSONL"), "ndjson");
	assert_string_equal(admin_format_of(".a.csv"), "csv");
	assert_null(admin_format_of("all"));
	assert_null(admin_format_of("a.b/all"));
	assert_null(admin_format_of(".csv"));
	assert_null(admin_format_of("a/.csv"));
}

/* ---- options ---- */

static const struct admin_option options[] = {
    {"room", "ROOM", ""}, {"lines", "N", ""}, {"yes", NULL, ""}, {0}};
static const struct admin_command command = {"tail", "", 0, 0, "", options, NULL};
static char said[2048];

static struct admin admin_with(const char *room, const char *lines)
{
	return (struct admin){.command = &command, .values = {room, lines}};
}

static int number_of(const char *value, int64_t *out)
{
	struct admin admin = admin_with(NULL, value);
	struct capture capture = capture_begin(STDERR_FILENO);
	int rc = admin_number(&admin, "lines", -5, 200, 10, out);
	capture_end(&capture, said, sizeof(said));
	return rc;
}

TEST(an_option_is_found_by_its_whole_name)
{
	struct admin admin = admin_with("lab", "7");
	assert_string_equal(admin_option(&admin, "room"), "lab");
	assert_string_equal(admin_option(&admin, "lines"), "7");
	assert_null(admin_option(&admin, "yes"));
	assert_null(admin_option(&admin, "line"));
	static const struct admin_command bare = {"help", "", 0, 0, "", NULL, NULL};
	admin.command = &bare;
	assert_null(admin_option(&admin, "room"));
}

TEST(a_number_is_in_its_range_or_refused_and_may_be_left_out)
{
	static const struct {
		const char *value; /* NULL: not given */
		int64_t number;
	} good[] = {{NULL, 10}, {"-5", -5}, {"0", 0}, {"200", 200}, {"042", 42}};
	static const char *const bad[] = {
	    "-6", "201", "", "x", "7x", "1.5", "99999999999999999999", "0x10"};
	int64_t number;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(number_of(good[i].value, &number), 0);
		assert_int_equal(number, good[i].number);
		assert_string_equal(said, "");
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		expect(number_of(bad[i], &number) == -1, "%s", bad[i]);
		expect(strstr(said, "--lines must be a whole number from -5 to 200, not '"), "%s",
		    said);
	}
}

TEST(a_room_is_one_that_a_message_could_name)
{
	struct str room;
	struct admin admin = admin_with("lab-1", NULL);
	assert_int_equal(admin_room(&admin, &room), 0);
	expect_str(room, "lab-1");
	admin = admin_with(NULL, NULL);
	assert_int_equal(admin_room(&admin, &room), 0);
	assert_null(room.at);
	admin = admin_with("No Room", NULL);
	struct capture capture = capture_begin(STDERR_FILENO);
	assert_int_equal(admin_room(&admin, &room), -1);
	capture_end(&capture, said, sizeof(said));
	expect(strncmp(said, "mqtt-chat: --room: ", 19) == 0, "%s", said);
}

TEST(what_is_said_is_one_line_whatever_is_in_it)
{
	struct capture capture = capture_begin(STDERR_FILENO);
	assert_int_equal(admin_fail("a\x1b[2J%s", "\nb"), ADMIN_FAILED);
	assert_int_equal(admin_misused("%d", 7), ADMIN_USAGE);
	capture_end(&capture, said, sizeof(said));
	assert_string_equal(said, "mqtt-chat: a\\x1b[2J\\nb\nmqtt-chat: 7\n");
}

/* ---- configurations of others ---- */

TEST(lines_come_without_the_blanks_around_them)
{
	char text[] = "  one \t\n\n\ttwo words\r\nthree", empty[] = "";
	static const char *const lines[] = {"one", "", "two words", "three"};
	char *rest = text, *line;
	for (size_t i = 0; i < COUNT(lines); i++) {
		assert_true(check_next_line(&rest, &line));
		assert_string_equal(line, lines[i]);
	}
	assert_false(check_next_line(&rest, &line));
	rest = empty;
	assert_false(check_next_line(&rest, &line));
}

TEST(a_value_stands_behind_the_whole_name)
{
	assert_string_equal(check_value("listener 1883", "listener"), "1883");
	assert_string_equal(check_value("listener \t 0 /run/x", "listener"), "0 /run/x");
	assert_string_equal(check_value("listener ", "listener"), "");
	assert_null(check_value("listener", "listener"));
	assert_null(check_value("listeners 1", "listener"));
	assert_null(check_value("port 1", "listener"));
}

static const char *read_config(const char *directive, int expected)
{
	static char content[8192];
	struct text text = {0};
	assert_int_equal(check_read_config(unit_path("main.conf"), directive, &text), expected);
	snprintf(content, sizeof(content), "%s", text.at);
	text_free(&text);
	return content;
}

TEST(what_a_configuration_includes_stands_in_its_place)
{
	char absolute[PATH_MAX + 100];
	assert_int_equal(mkdir(unit_path("d"), 0700), 0);
	snprintf(absolute, sizeof(absolute),
	    "# a comment\n  first ;\ninclude d/*.conf;\n\ninclude %s;\nlast", unit_path("x"));
	unit_write(unit_path("main.conf"), str_of(absolute));
	unit_write(unit_path("d/a.conf"), BYTES("a {\n  include x;\n}\n"));
	unit_write(unit_path("d/b.conf"), BYTES("b\n"));
	unit_write(unit_path("d/c.off"), BYTES("c\n"));
	unit_write(unit_path("x"), BYTES("#no\nx\n"));
	assert_string_equal(read_config("include", 0), "first ;\na {\nx\n}\nb\n\nx\nlast\n");
}

TEST(a_folder_is_included_by_its_conf_files)
{
	assert_int_equal(mkdir(unit_path("d"), 0700), 0);
	unit_write(unit_path("main.conf"), BYTES("one\ninclude_dir d\ninclude_dir none\ntwo\n"));
	unit_write(unit_path("d/a.conf"), BYTES("a\n"));
	unit_write(unit_path("d/b.txt"), BYTES("b\n"));
	assert_string_equal(read_config("include_dir", 0), "one\na\ntwo\n");
}

TEST(a_file_that_includes_itself_is_read_to_an_end)
{
	unit_write(unit_path("main.conf"), BYTES("line\ninclude main.conf\n"));
	const char *content = read_config("include", 0);
	int lines = 0;
	for (const char *at = content; (at = strstr(at, "line\n")); at++)
		lines++;
	assert_int_equal(lines, 9); /* itself, and 8 deep */
}

TEST(a_configuration_that_cannot_be_read_is_told_and_is_empty)
{
	struct text text = {0};
	errno = 0;
	assert_int_equal(check_read_config(unit_path("none"), "include", &text), -1);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(text.at, "");
	text_free(&text);
	assert_int_equal(check_read_config(unit_dir, "include", &text), -1);
	assert_int_equal(errno, EISDIR);
	text_free(&text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_size_has_the_unit_that_makes_it_short),
	    cmocka_unit_test(an_age_has_the_largest_unit_of_which_there_are_two),
	    cmocka_unit_test(a_time_that_is_to_come_is_told_as_such_from_a_second_on),
	    cmocka_unit_test(a_files_name_tells_its_format),
	    cmocka_unit_test(an_option_is_found_by_its_whole_name),
	    IN_DIR(a_number_is_in_its_range_or_refused_and_may_be_left_out),
	    IN_DIR(a_room_is_one_that_a_message_could_name),
	    IN_DIR(what_is_said_is_one_line_whatever_is_in_it),
	    cmocka_unit_test(lines_come_without_the_blanks_around_them),
	    cmocka_unit_test(a_value_stands_behind_the_whole_name),
	    IN_DIR(what_a_configuration_includes_stands_in_its_place),
	    IN_DIR(a_folder_is_included_by_its_conf_files),
	    IN_DIR(a_file_that_includes_itself_is_read_to_an_end),
	    IN_DIR(a_configuration_that_cannot_be_read_is_told_and_is_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
