/* test_text.c: a text that grows, and one that has as much room as somebody gave it. */
#include "base/text.h"

#include "unit.h"

TEST(what_is_put_is_there_however_long_it_becomes)
{
	enum { PIECES = 3000 };
	struct text text = {0};
	for (int i = 0; i < PIECES; i++) {
		text_put(&text, BYTES("piece "));
		text_printf(&text, "%04d;", i);
	}
	assert_false(text.broken);
	assert_int_equal(text.len, 11 * PIECES);
	for (int i = 0; i < PIECES; i++) {
		char piece[16];
		snprintf(piece, sizeof(piece), "piece %04d;", i);
		expect(memcmp(text.at + 11 * (size_t)i, piece, 11) == 0, "piece %d", i);
	}
	text_free(&text);
	assert_null(text.at);
	assert_int_equal(text.len + text.size, 0);
}

TEST(a_piece_that_is_larger_than_all_before_fits)
{
	struct text text = {0};
	char *piece = malloc(100000);
	assert_non_null(piece);
	memset(piece, 'x', 100000);
	text_puts(&text, "head");
	text_put(&text, (struct str){piece, 100000});
	text_puts(&text, "tail");
	assert_int_equal(text.len, 100008);
	assert_memory_equal(text.at + 4, piece, 100000);
	assert_memory_equal(text.at + 100004, "tail", 4);
	text_free(&text);
	free(piece);
}

TEST(no_room_is_made_for_nothing)
{
	struct text text = {0};
	text_put(&text, (struct str){NULL, 0});
	text_printf(&text, "%s", "");
	assert_null(text.at);
	assert_false(text.broken);
}

TEST(a_fixed_text_takes_what_fits_to_the_last_byte_and_then_nothing_more)
{
	char room[8], guard[8];
	memset(room, '.', sizeof(room));
	memset(guard, '.', sizeof(guard));
	struct text text = {.at = room, .size = 6, .fixed = true};
	text_puts(&text, "abc");
	text_puts(&text, "def");
	assert_false(text.broken);
	expect_str(text_str(&text), "abcdef");
	text_puts(&text, "g");
	assert_true(text.broken);
	text_put(&text, (struct str){"", 0});
	expect_str(text_str(&text), "abcdef");
	assert_memory_equal(room + 6, "..", 2);
	assert_memory_equal(guard, "........", 8);
}

TEST(a_piece_that_does_not_fit_is_not_there_in_part_and_what_follows_is_left_out)
{
	char room[6];
	struct text text = TEXT_IN(room);
	text_puts(&text, "abc");
	text_puts(&text, "defg");
	text_puts(&text, "h");
	assert_true(text.broken);
	expect_str(text_str(&text), "abc");
}

/* The NUL of vsnprintf() needs a byte, too. */
TEST(what_is_formatted_never_writes_behind_the_room)
{
	char room[8];
	memset(room, '.', sizeof(room));
	struct text text = {.at = room, .size = 6, .fixed = true};
	text_printf(&text, "%d", 12345);
	assert_false(text.broken);
	expect_str(text_str(&text), "12345");
	assert_memory_equal(room + 6, "..", 2);
	text = (struct text){.at = room, .size = 6, .fixed = true};
	text_printf(&text, "%d", 123456);
	assert_true(text.broken);
	assert_int_equal(text.len, 0);
}

TEST(a_text_that_is_lent_takes_nothing_and_is_not_freed)
{
	struct text text = text_lent(str_of("lent"));
	text_puts(&text, "x");
	assert_true(text.broken);
	expect_str(text_str(&text), "lent");
	text_free(&text);
	assert_null(text.at);
}

TEST(what_could_act_on_a_terminal_is_seen_instead)
{
	static const struct {
		const char *text, *seen;
	} cases[] = {
	    {"plain é 日 😀", "plain é 日 😀"},
	    {"a\nb", "a\\nb"},
	    {"\x1f\x20", "\\x1f "},
	    {"~\x7f", "~\\x7f"},
	    {"\xc2\x80\xc2\x9f\xc2\xa0", "\\u0080\\u009f\xc2\xa0"},
	    {"\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9", "\xe2\x80\xa7\\u2028\\u2029"},
	    {"\xe2\x80\xae", "\\u202e"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct text text = {0};
		text_put_visible(&text, str_of(cases[i].text));
		expect_str(text_str(&text), cases[i].seen);
		text_free(&text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_put_is_there_however_long_it_becomes),
	    cmocka_unit_test(a_piece_that_is_larger_than_all_before_fits),
	    cmocka_unit_test(no_room_is_made_for_nothing),
	    cmocka_unit_test(a_fixed_text_takes_what_fits_to_the_last_byte_and_then_nothing_more),
	    cmocka_unit_test(
		a_piece_that_does_not_fit_is_not_there_in_part_and_what_follows_is_left_out),
	    cmocka_unit_test(what_is_formatted_never_writes_behind_the_room),
	    cmocka_unit_test(a_text_that_is_lent_takes_nothing_and_is_not_freed),
	    cmocka_unit_test(what_could_act_on_a_terminal_is_seen_instead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
