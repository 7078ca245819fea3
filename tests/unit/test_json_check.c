/*
 * test_json_check.c: what tests/vectors/payloads.txt cannot show of the check: values of all types,
 * ends of the input, levels by the thousand.
 */
#include "base/json_check.h"

#include "unit.h"

/* Checks a copy without a byte to spare. */
static enum json_kind check(struct str s)
{
	char *copy = malloc(s.len ? s.len : 1);
	assert_non_null(copy);
	memcpy(copy, s.at, s.len);
	enum json_kind kind = json_check((struct str){copy, s.len});
	free(copy);
	return kind;
}

TEST(a_value_of_any_type_is_json)
{
	static const char *const good[] = {"{}", "[]", "\"\"", "0", "-1.5e+3", "true", "false",
	    "null", " \t\r\n1 \t\r\n", "[\"\\u00e9\"]"};
	for (size_t i = 0; i < COUNT(good); i++)
		expect(check(str_of(good[i])) == JSON_GOOD, "%s", good[i]);
}

TEST(nothing_and_more_than_one_value_are_not)
{
	static const char *const bad[] = {
	    "", " ", "1 2", "{}{}", "[],", "]", "}", ",", ":", "nul", "\"\\qtrue\"", "\"\\qtrue"};
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(check(str_of(bad[i])) == JSON_NOT, "%s", bad[i]);
	assert_int_equal(json_check((struct str){NULL, 0}), JSON_NOT);
	assert_int_equal(check(BYTES("1\0")), JSON_NOT);
	assert_int_equal(check(BYTES("\"\\\0\"")), JSON_NOT);
}

TEST(a_value_that_is_cut_anywhere_is_not)
{
	struct str s = BYTES("{\"a\\u00e9\\n\":[true,false,null,{},[]],\"b\":\"c\"}");
	assert_int_equal(check(s), JSON_GOOD);
	for (size_t length = 0; length < s.len; length++)
		expect(check((struct str){s.at, length}) == JSON_NOT, "%zu bytes", length);
}

TEST(what_stands_behind_a_backslash_is_one_of_nine)
{
	char text[] = "\"\\x0041\"";
	for (int c = 1; c < 0x100; c++) {
		text[2] = (char)c;
		bool known = strchr("\"\\/bfnrtu", c) != NULL;
		expect(check(str_of(text)) == (known ? JSON_GOOD : JSON_NOT), "%d", c);
	}
	for (int i = 0; i < 4; i++) {
		static const char others[] = "gG/:@`. ";
		for (const char *c = others; *c; c++) {
			char digits[] = "\"\\u09aF\"";
			digits[3 + i] = *c;
			expect(check(str_of(digits)) == JSON_NOT, "%s", digits);
		}
	}
	assert_int_equal(check(BYTES("\"\\u09aF\\uAf90\"")), JSON_GOOD);
}

TEST(a_number_has_digits_wherever_there_have_to_be_some)
{
	static const char *const good[] = {
	    "0", "-0", "10", "0.5", "-12.25", "1e9", "1E9", "1e+9", "1E-09", "0e0", "1.5e-3"};
	static const char *const bad[] = {"-", "+1", "01", "-01", "1.", ".5", "1.e1", "1e", "1e+",
	    "1e-", "1e+-1", "1e-+1", "1f", "--1", "0x1", "1e1.5", "Infinity", "NaN"};
	for (size_t i = 0; i < COUNT(good); i++)
		expect(check(str_of(good[i])) == JSON_GOOD, "%s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(check(str_of(bad[i])) == JSON_NOT, "%s", bad[i]);
}

TEST(an_escaped_nul_is_told_in_strings_and_names)
{
	assert_int_equal(check(BYTES("[\"\\u0000\"]")), JSON_NUL);
	assert_int_equal(check(BYTES("{\"a\\u0000\":1}")), JSON_NUL);
	assert_int_equal(check(BYTES("[\"\\\\u0000\",\"\\u00000\"]")), JSON_NUL);
	assert_int_equal(check(BYTES("[\"\\\\u0000\",\"\\u0001\",\"\\u1000\"]")), JSON_GOOD);
	assert_int_equal(check(BYTES("[\"\\u0000\"")), JSON_NOT);
}

TEST(strings_may_hold_any_byte_from_0x80)
{
	assert_int_equal(check(BYTES("\"\x7f\x80\xff\"")), JSON_GOOD);
	assert_int_equal(check(BYTES("\"\x1f\"")), JSON_NOT);
	assert_int_equal(check(BYTES("\xff")), JSON_NOT);
}

/* `levels` arrays inside each other, and what stands behind the brackets that open. */
static enum json_kind check_arrays(size_t levels, const char *end)
{
	char *text = malloc(2 * levels + strlen(end) + 1);
	assert_non_null(text);
	memset(text, '[', levels);
	memset(text + levels, ']', levels);
	strcpy(text + (*end == '!' ? levels : 2 * levels), end);
	enum json_kind kind = check(str_of(text));
	free(text);
	return kind;
}

TEST(what_is_deep_is_json_as_far_as_is_looked)
{
	assert_int_equal(check_arrays(32, ""), JSON_GOOD);
	assert_int_equal(check_arrays(33, ""), JSON_DEEP);
	assert_int_equal(check_arrays(32, "]"), JSON_NOT);
	assert_int_equal(check_arrays(33, "]"), JSON_NOT);
	assert_int_equal(check_arrays(4096, ""), JSON_DEEP);
	assert_int_equal(check_arrays(4096, "]"), JSON_NOT);
	assert_int_equal(check_arrays(4095, "!"), JSON_NOT);
	assert_int_equal(check_arrays(4096, "!"), JSON_DEEP);
	assert_int_equal(check_arrays(4097, ""), JSON_DEEP);
	assert_int_equal(check_arrays(4097, "]"), JSON_DEEP);
	assert_int_equal(check_arrays(1000000, "!"), JSON_DEEP);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_value_of_any_type_is_json),
	    cmocka_unit_test(nothing_and_more_than_one_value_are_not),
	    cmocka_unit_test(a_value_that_is_cut_anywhere_is_not),
	    cmocka_unit_test(what_stands_behind_a_backslash_is_one_of_nine),
	    cmocka_unit_test(a_number_has_digits_wherever_there_have_to_be_some),
	    cmocka_unit_test(an_escaped_nul_is_told_in_strings_and_names),
	    cmocka_unit_test(strings_may_hold_any_byte_from_0x80),
	    cmocka_unit_test(what_is_deep_is_json_as_far_as_is_looked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
