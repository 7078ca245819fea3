/* test_fold.c: what is folded, and that it is the same for all forms of the same text, and fits. */
#include "chat/fold.h"

#include <utf8proc.h>

#include "base/utf8.h"
#include "unit.h"

enum { TEXT_SIZE = 600 };

/* Folded, in a buffer of its own size. Valid until the eighth call after this one. */
static struct str folded(struct str s)
{
	static char out[8][FOLD_SIZE(FOLD_SIZE(TEXT_SIZE))];
	static unsigned next;
	char *at = out[next++ % COUNT(out)];
	return fold(s, at, sizeof(out[0]), NULL);
}

static size_t encode(int32_t point, char *out)
{
	return (size_t)utf8proc_encode_char(point, (utf8proc_uint8_t *)out);
}

TEST(what_people_take_for_the_same_becomes_the_same)
{
	static const char *const cases[][2] = {
	    {"", ""},
	    {"I saw THE door: 20°C.", "i saw the door: 20°c."},
	    {"Mökki café İI ıi", "mokki cafe ii ii"},
	    {"Straße STRASSE", "strasse strasse"},
	    {"Ærø œuvre Đđ Ðð ħŧł", "aero oeuvre dd dd htl"},
	    {"ﬁ ﬃ ＡＢＣ ² Ⅷ ½ №", "fi ffi abc 2 viii 1⁄2 no"},
	    {"Αθήνα ΣΊΣΥΦΟΣ τῷ", "αθηνα σισυφοσ τω"},
	    {"Ёж Й", "еж и"},
	    {"ᲡᲐ Ꮳꮳ", "სა ᏣᏣ"},
	    {"مُحَمَّد ســلام ﻼ أ", "محمد سلام لا ا"},
	    {"שָׁלוֹם \ufb2a", "שלום ש"},
	    {"हिन्दी क़ กิ้น", "हिन्दी क़ กิ้น"},
	    {"か\u3099 ｶﾞ ﾊﾟ", "が ガ パ"},
	    {"\u1112\u1161\u11ab 한 ㅋ", "한 한 ᄏ"},
	    {"a\u00adb\u200dc\u200bd\u2060e", "abcde"},
	    {"a\ufeffb\u00a0c\u3000d", "a b c d"},
	    {"™️ Ⓜ ㊗ 🈲 ❤️", "™ Ⓜ ㊗ 🈲 ❤"},
	    {"‼️⁉↔◻◾⤵〰〽", "\ue03c\ue049\ue094\ue0fb\ue0fe\ue035\ue030\ue03d"},
	    {"ﷺ", "صلى الله عليه وسلم"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str s = folded(str_of(cases[i][0]));
		expect(str_is(s, cases[i][1]), "'%s': '%.*s'", cases[i][0], (int)s.len, s.at);
	}
}

TEST(what_is_no_text_is_as_harmless_as_a_space)
{
	expect_str(folded(BYTES("a\xff\xe4\xbd"
				"b\xc0\x80\xed\xa0\x80")),
	    "a   b     ");
	struct str s = folded(BYTES("a\0\1\2\3b"));
	assert_true(str_eq(s, BYTES("a\0\1\2\3b")));
}

/* ---- for every code point ---- */

/* The four normal forms of a text fold as it does, and what is folded stays as it is. */
static void expect_settled(const char *text)
{
	const struct str once = folded(str_of(text));
	const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text;
	utf8proc_uint8_t *const forms[] = {
	    utf8proc_NFC(bytes), utf8proc_NFD(bytes), utf8proc_NFKC(bytes), utf8proc_NFKD(bytes)};
	expect(str_eq(folded(once), once), "'%s' is '%.*s', folded again '%.*s'", text,
	    (int)once.len, once.at, (int)folded(once).len, folded(once).at);
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct str other = folded(str_of((const char *)forms[i]));
		expect(str_eq(other, once), "form %zu of '%s', '%s', is '%.*s' and not '%.*s'", i,
		    text, forms[i], (int)other.len, other.at, (int)once.len, once.at);
		free(forms[i]);
	}
}

/* Emoji with a compatibility form are not what that form is. */
static bool stays(int32_t point)
{
	static const int32_t emoji[] = {0x203c, 0x2049, 0x2122, 0x2139, 0x24c2, 0x3297, 0x3299,
	    0x1f201, 0x1f202, 0x1f21a, 0x1f22f, 0x1f250, 0x1f251};
	for (size_t i = 0; i < COUNT(emoji); i++)
		if (point == emoji[i])
			return true;
	return point >= 0x1f232 && point <= 0x1f23a;
}

TEST(each_code_point_settles_and_fits)
{
	for (int32_t point = 1; point <= 0x10ffff; point++) {
		char text[8] = "";
		if (point >= 0xd800 && point <= 0xdfff)
			continue;
		size_t length = encode(point, text);
		struct str s = folded(str_of(text));
		expect(s.len <= FOLD_SIZE(length), "U+%04X becomes %zu bytes", point, s.len);
		expect(utf8_count(s) >= 0, "U+%04X is not UTF-8 then", point);
		if (stays(point))
			expect(str_eq(folded(s), s), "U+%04X", point);
		else
			expect_settled(text);
	}
}

/* ---- for any text ---- */

/* What combines with each other, and what does not. */
static int32_t random_point(void)
{
	static const int32_t some[] = {'a', 'E', 0x131, 0x130, 0xe9, 0x1e69, 0x1ec7, 0x300, 0x323,
	    0x338, 0x345, 0x1fb4, 0x3b1, 0x439, 0x640, 0x623, 0x64b, 0x5e9, 0x5c1, 0x915, 0x93c,
	    0x94d, 0x9c7, 0x9be, 0xbc6, 0xbbe, 0xdd9, 0xdcf, 0xdca, 0xe33, 0xe34, 0xe48, 0xf71,
	    0xf72, 0xf73, 0x304b, 0x3099, 0x309a, 0xff76, 0xff9e, 0x1112, 0x1161, 0x11ab, 0xac00,
	    0x314b, 0xfb01, 0xfdfa, 0x1f44d, 0x1d15e, 0x200d, 0xfe0f, 0x20dd, 0x489, 0x6def, ' '};
	if (rand() % 4)
		return some[(size_t)rand() % COUNT(some)];
	int32_t point = rand() % (rand() % 2 ? 0x3000 : 0x20000) + 1;
	return stays(point) || (point >= 0xd800 && point <= 0xdfff) ? 'x' : point;
}

static void random_text(char text[TEXT_SIZE], int points)
{
	size_t length = 0;
	for (int i = 0; i < points && length + 5 < TEXT_SIZE / 4; i++)
		length += encode(random_point(), text + length);
	text[length] = '\0';
}

TEST(every_form_of_a_text_becomes_the_same)
{
	srand(1);
	for (int round = 0; round < 100000; round++) {
		char text[TEXT_SIZE];
		random_text(text, rand() % 12);
		expect_settled(text);
	}
}

TEST(origins_begin_characters_and_never_go_down)
{
	static uint16_t origin[FOLD_SIZE(TEXT_SIZE) + 1];
	static char out[FOLD_SIZE(TEXT_SIZE)];
	srand(2);
	for (int round = 0; round < 20000; round++) {
		char text[TEXT_SIZE];
		random_text(text, rand() % 12);
		if (rand() % 4 == 0 && text[0])
			text[(size_t)rand() % strlen(text)] = '\xff';
		struct str s = str_of(text), f = fold(s, out, sizeof(out), origin);
		assert_true(str_eq(f, folded(s)));
		assert_int_equal(origin[f.len], s.len);
		for (size_t i = 0; i < f.len; i++) {
			assert_true(origin[i] <= origin[i + 1] && origin[i] < s.len);
			assert_true(
			    ((unsigned char)f.at[i] & 0xc0) != 0x80 || origin[i] == origin[i - 1]);
		}
	}
}

TEST(what_has_no_room_is_left_out_after_a_whole_character)
{
	srand(3);
	for (int round = 0; round < 20000; round++) {
		char text[TEXT_SIZE], out[64];
		uint16_t origin[sizeof(out) + 1];
		random_text(text, 12);
		size_t size = (size_t)rand() % (sizeof(out) - 1);
		out[size] = '\x7f';
		struct str s = fold(str_of(text), out, size, origin), whole = folded(str_of(text));
		assert_int_equal(out[size], '\x7f');
		assert_true(s.len <= size && s.len <= whole.len && utf8_count(s) >= 0);
		assert_memory_equal(s.at, whole.at, s.len);
		assert_true(s.len == whole.len || s.len + 4 > size);
		assert_true(s.len == 0 || origin[s.len] > origin[s.len - 1]);
	}
}

/* A base with thousands of marks is cut into pieces, so that it takes no time squared. */
TEST(a_heap_of_marks_settles)
{
	static char text[4 * 4000], out[FOLD_SIZE(sizeof(text))], again[FOLD_SIZE(sizeof(text))];
	static const int32_t marks[] = {0x93c, 0x94d, 0x3099, 0xe38, 0xe48, 0x323, 0x11ab, 0x9be};
	size_t length = encode(0x304b, text);
	srand(4);
	for (int i = 1; i < 4000; i++)
		length += encode(marks[(size_t)rand() % COUNT(marks)], text + length);
	struct str once = fold((struct str){text, length}, out, sizeof(out), NULL);
	assert_true(str_eq(fold(once, again, sizeof(again), NULL), once));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_people_take_for_the_same_becomes_the_same),
	    cmocka_unit_test(what_is_no_text_is_as_harmless_as_a_space),
	    cmocka_unit_test(each_code_point_settles_and_fits),
	    cmocka_unit_test(every_form_of_a_text_becomes_the_same),
	    cmocka_unit_test(origins_begin_characters_and_never_go_down),
	    cmocka_unit_test(what_has_no_room_is_left_out_after_a_whole_character),
	    cmocka_unit_test(a_heap_of_marks_settles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
