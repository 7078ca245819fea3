/* test_search_query.c: what a person types, as FTS5 gets it; and what is told him instead. */
#include "chat/search_query.h"

#include "unit.h"

static struct search_query query;
static char problem[SEARCH_PROBLEM_SIZE];

static bool understand(const char *q)
{
	return search_query_read(&query, str_of(q), problem);
}

/* Gaps in the match are shown as '|'. */
static void expect_match(const char *q, const char *match)
{
	expect(understand(q), "'%s': %s", q, problem);
	for (char *c = query.match; *c; c++)
		if (*c == '\1')
			*c = '|';
	expect(strcmp(query.match, match) == 0, "'%s' is <%s>", q, query.match);
}

static void expect_problem(const char *q, const char *part)
{
	expect(!understand(q), "'%s' is <%s>", q, query.match);
	expect(strstr(problem, part) != NULL, "'%s': %s", q, problem);
}

TEST(words_phrases_and_prefixes_are_quoted)
{
	expect_match("door", " text:\"door\"");
	expect_match("  front\tdoor ", " text:\"front\" text:\"door\"");
	expect_match("front\u3000door", " text:\"front\" text:\"door\"");
	expect_match("\"front door\"", " text:\"front door\"");
	expect_match("doo*", " text:\"doo\"*");
	expect_match("doo***", " text:\"doo\"*");
	expect_match("\"front door\"bell", " text:\"front door\" text:\"bell\"");
	expect_match("front-door", " text:\"front-door\"");
}

TEST(a_prefix_of_less_than_three_letters_is_told)
{
	expect_match("do-bel*", " text:\"do-bel\"*");
	expect_problem("do*", "at least 3");
	expect_problem("door-be*", "at least 3");
	expect_problem("door -d*", "at least 3");
	expect_problem("from:an*", "at least 3");
}

TEST(what_is_unwanted_comes_last)
{
	expect_match(
	    "-cat door -\"big cat\"", " text:\"door\" NOT text:\"cat\" NOT text:\"big cat\"");
	expect_match("door -doo*", " text:\"door\" NOT text:\"doo\"*");
	expect_match("door - cat", " text:\"door\" text:\"cat\"");
	expect_match("--door dog", " text:\"dog\" NOT text:\"-door\"");
}

TEST(what_fts5_would_refuse_or_understand_is_plain_words)
{
	expect_match("AND", " text:\"and\"");
	expect_match("NEAR(a", " text:\"near(a\"");
	expect_match("a OR b NOT c", " text:\"a\" text:\"or\" text:\"b\" text:\"not\" text:\"c\"");
	expect_match("x;--", " text:\"x;--\"");
	expect_match("room:lab", " text:\"room:lab\"");
	expect_match("a\"b", " text:\"a\"\"b\"");
	expect_match("\"half", " text:\"\"\"half\"");
	expect_match("^a {b} :c", " text:\"^a\" text:\"{b}\" text:\":c\"");
}

TEST(words_without_a_letter_digit_or_symbol_are_left_out)
{
	expect_match("door !!! ? \" * - \"\" …", " text:\"door\"");
}

TEST(scripts_without_blanks_become_phrases_of_characters)
{
	expect_match("你好", " text:\"你|好\"");
	expect_match("你好*", " text:\"你|好\"");
	expect_match("-你好 MQTT聊*", " text:\"mqtt|聊\" NOT text:\"你|好\"");
	expect_match("from:小明", " nickname:\"小|明\"");
}

TEST(from_looks_into_the_nickname)
{
	expect_match("from:ann", " nickname:\"ann\"");
	expect_match("from:\"Ann Lee\" hi", " nickname:\"ann lee\" text:\"hi\"");
	expect_match("hi -from:bob", " text:\"hi\" NOT nickname:\"bob\"");
	expect_match("from:ann*", " nickname:\"ann\"*");
	expect_problem("from:!!!", "from: takes a nickname");
}

TEST(in_narrows_to_a_room)
{
	expect_match("in:lab hi", "room:\"lab\" text:\"hi\"");
	assert_string_equal(query.room, "lab");
	expect_match("in:lab -hi", "room:\"lab\" NOT text:\"hi\"");
	expect_match("in:\"lab\" in:lab", "room:\"lab\"");
	expect_match("in:a-b", "room:\"a\xee\x80\xad"
			       "b\"");
	assert_string_equal(query.room, "a-b");
	expect_problem("in:Lab hi", "in: takes a room");
	expect_problem("in:lab* hi", "in: takes a room");
	expect_problem("hi -in:lab", "in: takes a room");
	expect_problem("in:a in:b", "one room");
}

TEST(a_room_beside_the_query_has_to_be_the_same)
{
	assert_true(understand("hi"));
	assert_true(search_query_narrow(&query, str_of("lab")));
	assert_string_equal(query.match, "room:\"lab\" text:\"hi\"");
	assert_string_equal(query.room, "lab");
	assert_true(understand("hi in:lab"));
	assert_true(search_query_narrow(&query, str_of("lab")));
	assert_false(search_query_narrow(&query, str_of("labs")));
	assert_string_equal(query.match, "room:\"lab\" text:\"hi\"");
}

TEST(times_are_bounds)
{
	assert_true(understand("hi"));
	assert_true(query.since == INT64_MIN && query.until == INT64_MAX);
	expect_match("hi after:2026-11-01 before:2026-11-02T00:00:00+01:00", " text:\"hi\"");
	assert_int_equal(query.since, 1793491200000);
	assert_int_equal(query.until, 1793574000000);
	assert_true(understand("hi after:2026-11-02 after:2026-11-01"));
	assert_int_equal(query.since, 1793577600000);
	expect_problem("hi before:tomorrow", "2026-11-01");
	expect_problem("hi after:2026-02-30", "2026-11-01");
	expect_problem("hi -after:2026-11-01", "2026-11-01");
	expect_problem("after:2026-11-01", "nothing to look for");
}

TEST(an_operator_with_nothing_behind_it_is_a_plain_word)
{
	expect_match("from: ann", " text:\"from:\" text:\"ann\"");
	expect_match("before:", " text:\"before:\"");
	expect_match("in:\"\"", " text:\"in:\"\"\"\"\"");
	expect_match("FROM:ann", " text:\"from:ann\"");
}

TEST(what_is_looked_for_is_folded_and_counted_as_that)
{
	expect_match("STRASSE from:Æthel", " text:\"strasse\" nickname:\"aethel\"");
	expect_match("ﬃ*", " text:\"ffi\"*");
	expect_match("door \u00ad \u064e", " text:\"door\"");
	expect_match("æß*", " text:\"aess\"*");
	expect_problem("ﬁ*", "at least 3");
	expect_problem("e\u0301t\u00ade*\u0301 e\u0301t\u00ad*", "at least 3");
	expect_problem("from:\u00ad", "from: takes a nickname");
	expect_problem("\u00ad", "nothing to look for");
}

TEST(what_gets_too_long_when_it_is_folded_is_told)
{
	char q[SEARCH_BYTES_MAX + 1] = "";
	for (int i = 0; i < SEARCH_BYTES_MAX / 33; i++)
		strcat(q, "\ufdfa");
	expect(understand(q), "%s", problem);
	strcat(q, "\ufdfa");
	expect_problem(q, "too long");
	memset(q, ' ', SEARCH_BYTES_MAX / 2);
	for (size_t i = SEARCH_BYTES_MAX / 2; i + 3 < sizeof(q); i += 3)
		memcpy(q + i, "\ufdfa", 4);
	expect_problem(q, "too long");
}

TEST(nothing_to_look_for_is_told)
{
	static const char *const cases[] = {
	    "", " ", "\"", "*", ")", ";--", "-cat", "-cat -from:ann", "\"\"", "!!! ???", "。"};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_problem(cases[i], "nothing to look for");
}

TEST(what_is_too_long_or_broken_is_told)
{
	char q[SEARCH_BYTES_MAX + 2];
	memset(q, 'a', sizeof(q));
	q[SEARCH_BYTES_MAX] = '\0';
	assert_true(understand(q));
	q[SEARCH_BYTES_MAX] = 'a';
	q[SEARCH_BYTES_MAX + 1] = '\0';
	expect_problem(q, "too long");
	expect_problem("\xff", "UTF-8");
	expect_problem("door \xc3", "UTF-8");
}

TEST(sixteen_words_are_taken_and_one_more_is_not)
{
	char q[256] = "";
	for (int i = 0; i < SEARCH_TERMS_MAX; i++)
		strcat(q, i % 2 ? "-b " : "a ");
	expect(understand(q), "%s", problem);
	strcat(q, "in:lab");
	expect_problem(q, "at most 16");
}

TEST(the_words_of_a_phrase_count)
{
	expect(understand("\"a a a a  a a a a\" from:\"b b b b\" -\"c c c\" d"), "%s", problem);
	expect_problem("\"a a a a a a a a a a a a a a a a a\"", "at most 16");
	expect_problem("\"a a a a  a a a a\" from:\"b b b b b\" -\"c c c\" d", "at most 16");
}

TEST(the_longest_expression_is_whole)
{
	char q[SEARCH_BYTES_MAX + 1] = "";
	for (int i = 0; i < SEARCH_TERMS_MAX - 1; i++)
		strcat(q, "-from:b ");
	while (strlen(q) + 4 < sizeof(q))
		strcat(q, "\u00b0\"");
	strcat(q, "a");
	expect(understand(q), "%s", problem);
	size_t length = strlen(query.match);
	assert_true(length > 2000 && strcmp(query.match + length - 17, " NOT nickname:\"b\"") == 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_phrases_and_prefixes_are_quoted),
	    cmocka_unit_test(a_prefix_of_less_than_three_letters_is_told),
	    cmocka_unit_test(what_is_unwanted_comes_last),
	    cmocka_unit_test(what_fts5_would_refuse_or_understand_is_plain_words),
	    cmocka_unit_test(words_without_a_letter_digit_or_symbol_are_left_out),
	    cmocka_unit_test(scripts_without_blanks_become_phrases_of_characters),
	    cmocka_unit_test(from_looks_into_the_nickname),
	    cmocka_unit_test(in_narrows_to_a_room),
	    cmocka_unit_test(a_room_beside_the_query_has_to_be_the_same),
	    cmocka_unit_test(times_are_bounds),
	    cmocka_unit_test(an_operator_with_nothing_behind_it_is_a_plain_word),
	    cmocka_unit_test(what_is_looked_for_is_folded_and_counted_as_that),
	    cmocka_unit_test(what_gets_too_long_when_it_is_folded_is_told),
	    cmocka_unit_test(nothing_to_look_for_is_told),
	    cmocka_unit_test(what_is_too_long_or_broken_is_told),
	    cmocka_unit_test(sixteen_words_are_taken_and_one_more_is_not),
	    cmocka_unit_test(the_words_of_a_phrase_count),
	    cmocka_unit_test(the_longest_expression_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
