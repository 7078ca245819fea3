/* test_utf8.c: counting and trimming, over every code point that there is. */
#include "base/utf8.h"

#include <utf8proc.h>

#include "unit.h"

static const uint32_t last_point = 0x10ffff;

/* What ECMAScript calls white space and line terminators: all that trim() takes away. */
static const uint32_t spaces[] = {0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0xa0, 0x1680, 0x2000, 0x2001,
    0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f,
    0x205f, 0x3000, 0xfeff};

static bool is_one_of_the_spaces(uint32_t point)
{
	for (size_t i = 0; i < COUNT(spaces); i++)
		if (spaces[i] == point)
			return true;
	return false;
}

static bool is_surrogate(uint32_t point)
{
	return point >= 0xd800 && point <= 0xdfff;
}

/* Writes the point in UTF-8, surrogates too; returns the number of bytes. */
static size_t encode(uint32_t point, char *out)
{
	static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, point >>= 6)
		out[i] = (char)(0x80 | (point & 0x3f));
	out[0] = (char)(leads[n] | point);
	return n;
}

/* A copy without a byte to spare, so that a tool can see a read past its end. */
static struct str exact_copy(struct str s)
{
	char *copy = malloc(s.len ? s.len : 1);
	assert_non_null(copy);
	memcpy(copy, s.at, s.len);
	return (struct str){copy, s.len};
}

static void expect_count(struct str s, ssize_t expected, const char *what)
{
	struct str copy = exact_copy(s);
	ssize_t count = utf8_count(copy);
	free((char *)copy.at);
	expect(count == expected, "%s: %zd and not %zd", what, count, expected);
}

TEST(every_code_point_counts_as_one_and_surrogates_are_refused)
{
	char bytes[4];
	for (uint32_t point = 0; point <= last_point; point++) {
		struct str s = {bytes, encode(point, bytes)};
		ssize_t expected = is_surrogate(point) ? -1 : 1;
		expect(utf8_count(s) == expected, "U+%04X", point);
	}
}

TEST(text_is_counted_in_code_points)
{
	static const struct {
		struct str s;
		ssize_t count;
	} cases[] = {
	    {BYTES(""), 0}, {BYTES("abc"), 3}, {BYTES("a\0b"), 3}, {BYTES("Zürich €5 😀"), 11},
	    {BYTES("e\xcc\x81"), 2},					/* e and an accent */
	    {BYTES("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"), 3}, /* joined by U+200D */
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_count(cases[i].s, cases[i].count, cases[i].s.at);
}

TEST(no_bytes_at_all_count_as_none)
{
	assert_int_equal(utf8_count((struct str){NULL, 0}), 0);
}

TEST(what_is_not_utf8_has_no_count)
{
	static const struct {
		const char *what;
		struct str s;
	} cases[] = {
	    {"a continuation alone", BYTES("\x80")},
	    {"the last continuation alone", BYTES("\xbf")},
	    {"U+0000 in two bytes", BYTES("\xc0\x80")},
	    {"U+007F in two bytes", BYTES("\xc1\xbf")},
	    {"U+0000 in three bytes", BYTES("\xe0\x80\x80")},
	    {"U+07FF in three bytes", BYTES("\xe0\x9f\xbf")},
	    {"U+0000 in four bytes", BYTES("\xf0\x80\x80\x80")},
	    {"U+FFFF in four bytes", BYTES("\xf0\x8f\xbf\xbf")},
	    {"U+D800", BYTES("\xed\xa0\x80")},
	    {"U+DFFF", BYTES("\xed\xbf\xbf")},
	    {"a pair of surrogates", BYTES("\xed\xa0\xbd\xed\xb8\x80")},
	    {"U+110000", BYTES("\xf4\x90\x80\x80")},
	    {"U+140000", BYTES("\xf5\x80\x80\x80")},
	    {"five bytes", BYTES("\xf8\x88\x80\x80\x80")},
	    {"six bytes", BYTES("\xfc\x84\x80\x80\x80\x80")},
	    {"0xFE", BYTES("\xfe")},
	    {"0xFF", BYTES("\xff")},
	    {"two bytes cut", BYTES("\xc3")},
	    {"three bytes cut after one", BYTES("\xe2")},
	    {"three bytes cut after two", BYTES("\xe2\x82")},
	    {"four bytes cut after one", BYTES("\xf0")},
	    {"four bytes cut after three", BYTES("\xf0\x9f\x98")},
	    {"a letter for the second byte", BYTES("\xc3(")},
	    {"a letter for the third byte", BYTES("\xe2\x82(")},
	    {"a letter for the fourth byte", BYTES("\xf0\x9f\x98(")},
	    {"a lead for the second byte", BYTES("\xc3\xc3")},
	    {"a lead for the third byte", BYTES("\xe2\x82\xc3")},
	    {"a lead for the fourth byte", BYTES("\xf0\x9f\x98\xff")},
	    {"good, then bad", BYTES("good\xff")},
	    {"bad, then good", BYTES("\xffgood")},
	    {"Latin-1", BYTES("Z\xfcrich")},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_count(cases[i].s, -1, cases[i].what);
}

TEST(four_bytes_are_a_character_after_five_leads_alone)
{
	for (unsigned lead = 0; lead < 0x100; lead++) {
		char bytes[] = {(char)lead, (char)(lead == 0xf4 ? 0x8f : 0x90), '\x80', '\x80'};
		ssize_t expected = lead >= 0xf0 && lead <= 0xf4 ? 1 : -1;
		expect(utf8_count((struct str){bytes, 4}) == expected, "%02x", lead);
	}
}

TEST(a_character_that_goes_on_behind_the_end_is_refused)
{
	static const struct str whole[] = {BYTES("é"), BYTES("€"), BYTES("😀")};
	for (size_t i = 0; i < COUNT(whole); i++)
		for (size_t len = 1; len < whole[i].len; len++)
			expect(utf8_count((struct str){whole[i].at, len}) == -1, "%zu bytes of %s",
			    len, whole[i].at);
}

/* Whether one would see it: what Unicode does not ignore, no control and no blank. */
static bool is_seen(uint32_t point)
{
	enum { BLANK_BRAILLE = 0x2800 };
	const utf8proc_property_t *about = utf8proc_get_property((utf8proc_int32_t)point);
	return !about->ignorable && about->category != UTF8PROC_CATEGORY_CC &&
	       point != BLANK_BRAILLE && !is_one_of_the_spaces(point);
}

TEST(what_unicode_lets_nobody_see_is_not_visible)
{
	char bytes[4];
	for (uint32_t point = 0; point <= last_point; point++) {
		if (utf8proc_get_property((utf8proc_int32_t)point)->category ==
		    UTF8PROC_CATEGORY_CN)
			continue; /* a later Unicode may know it */
		struct str s = {bytes, encode(point, bytes)};
		if (!is_surrogate(point))
			expect(utf8_is_visible(s) == is_seen(point), "U+%04X", point);
	}
}

TEST(what_is_reserved_to_be_ignored_is_not_visible_either)
{
	static const uint32_t unseen[] = {0x2065, 0xfff0, 0xfff8, 0xe0000, 0xe0002, 0xe0fff},
			      seen[] = {0xffef, 0xdffff, 0xe1000};
	char bytes[4];
	for (size_t i = 0; i < COUNT(unseen); i++)
		expect(!utf8_is_visible((struct str){bytes, encode(unseen[i], bytes)}), "U+%04X",
		    unseen[i]);
	for (size_t i = 0; i < COUNT(seen); i++)
		expect(utf8_is_visible((struct str){bytes, encode(seen[i], bytes)}), "U+%04X",
		    seen[i]);
}

TEST(one_character_that_is_seen_makes_a_text_visible)
{
	assert_false(utf8_is_visible(BYTES("")));
	assert_false(utf8_is_visible(BYTES(" \t\xe2\x80\x8b")));
	assert_true(utf8_is_visible(BYTES(" \xe2\x80\x8b.")));
	assert_true(utf8_is_visible(BYTES(". \xe2\x80\x8b")));
}

TEST(what_turns_the_text_around_it_is_known_wherever_it_stands)
{
	char bytes[8] = "ab";
	for (uint32_t point = 1; point <= 0xffff; point++) {
		if (is_surrogate(point))
			continue;
		size_t n = encode(point, bytes + 1);
		bytes[1 + n] = 'c';
		bool turns =
		    (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
		expect(utf8_turns((struct str){bytes, n + 2}) == turns, "U+%04X", point);
	}
}

TEST(trim_takes_what_ecmascript_trims_and_nothing_else)
{
	char bytes[16];
	for (uint32_t point = 0; point <= last_point; point++) {
		if (is_surrogate(point))
			continue;
		size_t n = encode(point, bytes);
		bytes[n] = 'x';
		memcpy(bytes + n + 1, bytes, n);
		struct str whole = {bytes, 2 * n + 1}, trimmed = utf8_trim(whole);
		struct str wanted =
		    is_one_of_the_spaces(point) ? (struct str){bytes + n, 1} : whole;
		expect(trimmed.at == wanted.at && trimmed.len == wanted.len, "U+%04X", point);
	}
}

TEST(trim_works_on_both_ends_and_never_inside)
{
	static const struct {
		struct str s;
		const char *trimmed;
	} cases[] = {
	    {BYTES(""), ""},
	    {BYTES(" "), ""},
	    {BYTES(" \t\r\n\xc2\xa0\xe3\x80\x80\xef\xbb\xbf"), ""},
	    {BYTES("a"), "a"},
	    {BYTES("  a"), "a"},
	    {BYTES("a  "), "a"},
	    {BYTES("\n a \xe2\x80\xa8 b\t "), "a \xe2\x80\xa8 b"},
	    {BYTES("\xe2\x80\x89😀\xe2\x80\x89"), "😀"},
	    {BYTES(" é "), "é"},
	    {BYTES(" €"), "€"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str copy = exact_copy(cases[i].s);
		expect_str(utf8_trim(copy), cases[i].trimmed);
		free((char *)copy.at);
	}
}

TEST(trim_of_no_bytes_at_all_is_empty)
{
	assert_int_equal(utf8_trim((struct str){NULL, 0}).len, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_code_point_counts_as_one_and_surrogates_are_refused),
	    cmocka_unit_test(text_is_counted_in_code_points),
	    cmocka_unit_test(no_bytes_at_all_count_as_none),
	    cmocka_unit_test(what_is_not_utf8_has_no_count),
	    cmocka_unit_test(four_bytes_are_a_character_after_five_leads_alone),
	    cmocka_unit_test(a_character_that_goes_on_behind_the_end_is_refused),
	    cmocka_unit_test(what_unicode_lets_nobody_see_is_not_visible),
	    cmocka_unit_test(what_is_reserved_to_be_ignored_is_not_visible_either),
	    cmocka_unit_test(one_character_that_is_seen_makes_a_text_visible),
	    cmocka_unit_test(what_turns_the_text_around_it_is_known_wherever_it_stands),
	    cmocka_unit_test(trim_takes_what_ecmascript_trims_and_nothing_else),
	    cmocka_unit_test(trim_works_on_both_ends_and_never_inside),
	    cmocka_unit_test(trim_of_no_bytes_at_all_is_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
