/* test_log.c: one event is one line, whatever is in it. */
#include "base/log.h"

#include <time.h>

#include "base/utf8.h"
#include "unit.h"

enum { LINE_MAX_BYTES = 1000 };

static char line[8192];

/* Logs `text` at `level`, as under journald or not; `line` then holds what was written. */
static void write_line(bool journald, enum log_level level, const char *text)
{
	if (journald)
		setenv("JOURNAL_STREAM", "8:12345", 1);
	else
		unsetenv("JOURNAL_STREAM");
	struct capture capture = capture_begin(STDERR_FILENO);
	log_line(level, "%s", text);
	capture_end(&capture, line, sizeof(line));
}

static void expect_line(const char *text, const char *expected)
{
	write_line(true, LOG_LEVEL_INFO, text);
	expect(strcmp(line, expected) == 0, "%s", line);
}

static int setup(void **state)
{
	log_open("program");
	return unit_make_dir(state);
}

#define LOGGING(test) cmocka_unit_test_setup_teardown(test, setup, unit_remove_dir)

TEST(journald_gets_the_level_as_its_prefix)
{
	static const struct {
		enum log_level level;
		const char *line;
	} cases[] = {
	    {LOG_LEVEL_ERROR, "<3>program: error: text\n"},
	    {LOG_LEVEL_WARNING, "<4>program: warning: text\n"},
	    {LOG_LEVEL_INFO, "<6>program: text\n"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		write_line(true, cases[i].level, "text");
		expect(strcmp(line, cases[i].line) == 0, "%s", line);
	}
}

/* Where the line leaves the pattern, in which 0 is any digit; or the end of the pattern. */
static size_t follows(const char *pattern)
{
	size_t i = 0;
	while (pattern[i] &&
	       (pattern[i] == '0' ? line[i] >= '0' && line[i] <= '9' : line[i] == pattern[i]))
		i++;
	return i;
}

TEST(a_file_gets_the_time_as_its_prefix)
{
	setenv("TZ", "UTC", 1);
	tzset();
	write_line(false, LOG_LEVEL_ERROR, "text");
	unsetenv("TZ");
	expect(follows("0000-00-00T00:00:00+0000 ") == 25, "%s", line);
	assert_string_equal(line + 25, "program: error: text\n");
}

TEST(the_short_names_log_at_their_levels)
{
	setenv("JOURNAL_STREAM", "8:12345", 1);
	struct capture capture = capture_begin(STDERR_FILENO);
	log_error("%s %d", "a", 1);
	log_warning("%s %d", "b", 2);
	log_info("%s %d", "c", 3);
	capture_end(&capture, line, sizeof(line));
	assert_string_equal(
	    line, "<3>program: error: a 1\n<4>program: warning: b 2\n<6>program: c 3\n");
}

TEST(what_is_below_the_level_is_left_out)
{
	static const enum log_level levels[] = {
	    LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG};
	for (size_t set = 0; set < COUNT(levels); set++)
		for (size_t i = 0; i < COUNT(levels); i++) {
			log_set_level(levels[set]);
			write_line(true, levels[i], "text");
			expect((line[0] != '\0') == (i <= set), "%zu at %zu: %s", i, set, line);
			assert_int_equal(log_shows(levels[i]), i <= set);
		}
	expect(strcmp(line, "<7>program: debug: text\n") == 0, "%s", line);
	log_set_level(LOG_LEVEL_INFO);
}

TEST(every_control_character_is_escaped)
{
	for (int c = 1; c < 0x20; c++) {
		if (c == '\n')
			continue;
		char text[] = {'a', (char)c, 'b', '\0'}, expected[64];
		snprintf(expected, sizeof(expected), "<6>program: a\\x%02xb\n", (unsigned)c);
		expect_line(text, expected);
	}
	expect_line("a\nb", "<6>program: a\\nb\n");
	expect_line("a\x7f", "<6>program: a\\x7f\n");
}

/* U+0080 to U+009F: a terminal takes U+009B for the start of a command, as it takes ESC [. */
TEST(the_control_characters_above_ascii_are_escaped)
{
	static const char *const texts[] = {
	    "a\xc2\x80z", "a\xc2\x85z", "a\xc2\x9b[z", "a\xc2\x9fz"};
	for (size_t i = 0; i < COUNT(texts); i++) {
		write_line(true, LOG_LEVEL_INFO, texts[i]);
		expect(!strstr(line, "\xc2"), "%s", line);
	}
}

TEST(nobody_can_forge_a_line)
{
	expect_line("a\n<3>program: error: b\r\x1b[2K",
	    "<6>program: a\\n<3>program: error: b\\x0d\\x1b[2K\n");
}

TEST(text_above_ascii_is_left_as_it_is)
{
	expect_line("Zoë 日本 😀 \xc2\xa0", "<6>program: Zoë 日本 😀 \xc2\xa0\n");
}

TEST(what_looks_like_a_format_is_text)
{
	expect_line("%s %n %d %%", "<6>program: %s %n %d %%\n");
}

TEST(an_empty_text_is_a_line_too)
{
	expect_line("", "<6>program: \n");
}

/* A text of `count` times `unit`. */
static const char *long_text(const char *unit, size_t count)
{
	static char text[6000];
	text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * strlen(unit), unit, strlen(unit) + 1);
	return text;
}

TEST(a_text_of_900_bytes_is_whole)
{
	const char *text = long_text("x", 900);
	write_line(true, LOG_LEVEL_INFO, text);
	assert_non_null(strstr(line, text));
}

TEST(a_line_has_at_most_1000_bytes_and_one_end)
{
	static const char *const units[] = {"x", "\n", "\x7f", "é", "😀"};
	for (size_t u = 0; u < COUNT(units); u++)
		for (int journald = 0; journald < 2; journald++) {
			write_line(journald, LOG_LEVEL_ERROR, long_text(units[u], 1200));
			size_t length = strlen(line);
			expect(length <= LINE_MAX_BYTES, "%zu bytes", length);
			expect(strchr(line, '\n') == line + length - 1, "no end, or two");
		}
}

TEST(an_escape_is_not_cut_in_two)
{
	for (size_t before = 0; before < 4; before++) {
		char text[6000];
		snprintf(text, sizeof(text), "%.*s%s", (int)before, "yyy", long_text("\r", 1200));
		write_line(true, LOG_LEVEL_INFO, text);
		size_t length = strlen(line);
		expect(strcmp(line + length - 5, "\\x0d\n") == 0, "%s", line + length - 6);
	}
}

/* journald shows a line that is not UTF-8 as a number of bytes. */
TEST(a_character_is_not_cut_in_two)
{
	static const char *const units[] = {"é", "€", "😀"};
	for (size_t u = 0; u < COUNT(units); u++)
		for (size_t before = 0; before < 4; before++) {
			char text[6000];
			snprintf(text, sizeof(text), "%.*s%s", (int)before, "yyy",
			    long_text(units[u], 1200));
			write_line(true, LOG_LEVEL_INFO, text);
			expect(utf8_count(str_of(line)) > 0, "%s after %zu", units[u], before);
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    LOGGING(journald_gets_the_level_as_its_prefix),
	    LOGGING(a_file_gets_the_time_as_its_prefix),
	    LOGGING(the_short_names_log_at_their_levels),
	    LOGGING(what_is_below_the_level_is_left_out),
	    LOGGING(every_control_character_is_escaped),
	    LOGGING(the_control_characters_above_ascii_are_escaped),
	    LOGGING(nobody_can_forge_a_line),
	    LOGGING(text_above_ascii_is_left_as_it_is),
	    LOGGING(what_looks_like_a_format_is_text),
	    LOGGING(an_empty_text_is_a_line_too),
	    LOGGING(a_text_of_900_bytes_is_whole),
	    LOGGING(a_line_has_at_most_1000_bytes_and_one_end),
	    LOGGING(an_escape_is_not_cut_in_two),
	    LOGGING(a_character_is_not_cut_in_two),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
