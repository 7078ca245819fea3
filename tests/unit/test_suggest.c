/* test_suggest.c: what was meant by a word that is mistyped. */
#include "base/suggest.h"

#include <getopt.h>

#include "unit.h"

static const char *word(const void *list, size_t i)
{
	return ((const char *const *)list)[i];
}

static const char *const words[] = {"status", "check", "tail", "send", "search", "export", "import",
    "retention-messages", "rm", NULL};

TEST(one_slip_or_two_are_seen_through)
{
	static const struct {
		const char *typed, *meant; /* NULL: nothing is near */
	} cases[] = {{"statsu", "status"}, {"tial", "tail"}, {"snd", "send"}, {"chekc", "check"},
	    {"exprot", "export"}, {"imp0rt", "import"}, {"serach", "search"},
	    {"retention-mesages", "retention-messages"}, {"status", "status"}, {"dance", NULL},
	    {"", NULL}, {"x", NULL}, {"rn", "rm"}, {"mr", "rm"}, {"xyz", NULL}};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_str(str_of(suggest(cases[i].typed, word, words)), cases[i].meant);
}

TEST(the_nearest_wins_and_the_first_of_equals)
{
	assert_string_equal(suggest("xport", word, words), "export");
	assert_string_equal(
	    suggest("sed", word, (const char *const[]){"seed", "send", NULL}), "seed");
}

TEST(no_length_is_too_long)
{
	char typed[5000];
	memset(typed, 'x', sizeof(typed) - 1);
	typed[sizeof(typed) - 1] = '\0';
	assert_null(suggest(typed, word, words));
	assert_null(suggest("send", word, (const char *const[]){typed, NULL}));
}

TEST(an_option_is_known_with_its_value)
{
	static const struct option options[] = {{"room", 1, NULL, 0}, {"json", 0, NULL, 0}, {0}};
	assert_string_equal(suggest_option("--rome=lab", options), "room");
	assert_string_equal(suggest_option("--jsno", options), "json");
	assert_null(suggest_option("-x", options));
	assert_null(suggest_option("--colour=json", options));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_slip_or_two_are_seen_through),
	    cmocka_unit_test(the_nearest_wins_and_the_first_of_equals),
	    cmocka_unit_test(no_length_is_too_long),
	    cmocka_unit_test(an_option_is_known_with_its_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
