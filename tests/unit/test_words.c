/* test_words.c: where words begin and end, in scripts with blanks between them and without. */
#include "chat/words.h"

#include "base/utf8.h"
#include "unit.h"

/* Shows the gaps as '|'. Valid until the next call. */
static const char *split(const char *text)
{
	static char out[1024];
	struct str s = words_split(str_of(text), out);
	for (size_t i = 0; i < s.len; i++)
		if (out[i] == WORDS_GAP)
			out[i] = '|';
	out[s.len] = '\0';
	return out;
}

TEST(each_character_of_a_script_without_blanks_is_a_word)
{
	static const char *const cases[][2] = {
	    {"", ""},
	    {"I saw the door.", "I saw the door."},
	    {"Mökki привет हिन्दी", "Mökki привет हिन्दी"},
	    {"你好", "你|好"},
	    {"我爱MQTT聊天", "我|爱|MQTT|聊|天"},
	    {"カタカナとひらがな", "カ|タ|カ|ナ|と|ひ|ら|が|な"},
	    {"ｱｲｳ", "ｱ|ｲ|ｳ"},
	    {"한국어", "한|국|어"},
	    {"กิน", "ก|ิ|น"},
	    {"ລາວ", "ລ|າ|ວ"},
	    {"ខ្មែរ", "ខ|្|ម|ែ|រ"},
	    {"မြန်", "မ|ြ|န|်"},
	    {"ㄅㄆ", "ㄅ|ㄆ"},
	    {"ᄒ", "ᄒ"},
	    {"𠀀𠀁", "𠀀|𠀁"},
	    {"々〇", "々|〇"},
	    {"20°C", "20|°|C"},
	    {"ok👍👍ok", "ok|👍|👍|ok"},
	    {"❤️", "❤|\xef\xb8\x8f"},
	    {"你 好", "你| |好"},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(strcmp(split(cases[i][0]), cases[i][1]) == 0, "'%s': '%s'", cases[i][0],
		    split(cases[i][0]));
}

/* The words that are taken one after the other. */
static const char *taken(const char *text)
{
	static char out[200];
	struct str s = str_of(text), word;
	out[0] = '\0';
	while ((word = words_take(&s)).len > 0)
		sprintf(out + strlen(out), "%.*s|", (int)word.len, word.at);
	return out;
}

TEST(words_are_taken_one_by_one)
{
	assert_string_equal(taken(""), "");
	assert_string_equal(taken("  ... "), "");
	assert_string_equal(taken("I saw, the door."), "I|saw|the|door|");
	assert_string_equal(taken("ok聊天ok 好"), "ok|聊|天|ok|好|");
	assert_string_equal(taken("(聊)"), "聊|");
}

TEST(what_is_ours_becomes_a_space)
{
	char out[32];
	expect_str(words_split(BYTES("a\1b\2c\3d\4e\0f"), out), "a b c d\4e f");
}

TEST(bytes_that_are_not_utf8_become_spaces)
{
	char out[32];
	expect_str(words_split(BYTES("a\xff\xe4\xbd"
				     "b"),
		       out),
	    "a   b");
}

TEST(without_the_gaps_it_is_the_text_again_and_it_fits)
{
	srand(1);
	for (int round = 0; round < 20000; round++) {
		static const char *const parts[] = {"a", "b ", "°", "你", "👍", "é", "-", "ก"};
		char text[64] = "", out[WORDS_SIZE(sizeof(text))], again[sizeof(out)];
		for (int i = rand() % 12; i > 0; i--)
			strcat(text, parts[(size_t)rand() % COUNT(parts)]);
		struct str s = words_split(str_of(text), out);
		expect(s.len <= WORDS_SIZE(strlen(text)), "'%s' is %zu bytes", text, s.len);
		size_t n = 0;
		for (size_t i = 0; i < s.len; i++)
			if (s.at[i] != WORDS_GAP)
				again[n++] = s.at[i];
		expect(str_eq((struct str){again, n}, str_of(text)), "'%s'", text);
	}
}

TEST(blanks_and_punctuation_are_no_words)
{
	static const char *const words[] = {"a", "7", "é", "你", "👍", "°", "ก", "--x", "日。"};
	static const char *const none[] = {
	    "", " ", "-", "!?", "\"", ";--", "…", "«»", "。、", "“”", "　", "！？", "¿", "€"};
	for (size_t i = 0; i < COUNT(words); i++)
		expect(words_any(str_of(words[i])), "'%s'", words[i]);
	for (size_t i = 0; i < COUNT(none); i++)
		expect(!words_any(str_of(none[i])), "'%s'", none[i]);
}

TEST(the_last_word_is_counted_in_characters)
{
	static const struct {
		const char *text;
		size_t length;
	} cases[] = {{"", 0}, {"door", 4}, {"front-do", 2}, {"open door", 4}, {"do-!", 2},
	    {"éö", 2}, {"聊天", 0}, {"聊天MQTT", 4}, {"MQTT聊", 0}, {"!", 0}, {"聊天!", 0}};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(words_last(str_of(cases[i].text)) == cases[i].length, "'%s': %zu",
		    cases[i].text, words_last(str_of(cases[i].text)));
}

TEST(a_room_is_one_word_and_none_is_another)
{
	char out[WORDS_ROOM_SIZE(64)];
	expect_str(words_room(str_of("lab2"), out), "lab2");
	expect_str(words_room(str_of("a-b_c"), out), "a\xee\x80\xad"
						     "b\xee\x81\x9f"
						     "c");
	struct str dash = words_room(str_of("-"), out);
	assert_int_equal(utf8_take(&dash), 0xe02d);
	struct str line = words_room(str_of("_"), out);
	assert_int_equal(utf8_take(&line), 0xe05f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_character_of_a_script_without_blanks_is_a_word),
	    cmocka_unit_test(words_are_taken_one_by_one),
	    cmocka_unit_test(what_is_ours_becomes_a_space),
	    cmocka_unit_test(bytes_that_are_not_utf8_become_spaces),
	    cmocka_unit_test(without_the_gaps_it_is_the_text_again_and_it_fits),
	    cmocka_unit_test(blanks_and_punctuation_are_no_words),
	    cmocka_unit_test(the_last_word_is_counted_in_characters),
	    cmocka_unit_test(a_room_is_one_word_and_none_is_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
