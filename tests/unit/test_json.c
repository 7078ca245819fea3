/* test_json.c: what goes out is the JSON that json-c would write of the same values. */
#include "output/json.h"

#include <json-c/json.h>

#include "chat/words.h"
#include "unit.h"

#define PLAIN (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static const struct store_row row = {
    .id = 7,
    .ts = 1795455665123,
    .room = {"lab", 3},
    .nickname = {"Ann", 3},
    .text = {"Hi", 2},
    .client_id = {"c1", 2},
    .msg_id = {"m1", 2},
};

static void expect_text(struct text *text, const char *expected)
{
	bool same = str_is(text_str(text), expected);
	if (!same)
		print_error("%.*s\n", (int)text->len, text->at);
	text_free(text);
	assert_true(same);
}

/* ---- against json-c ---- */

/* A generator of numbers that a test can repeat (Marsaglia's xorshift). */
static uint64_t seed;

static unsigned below(unsigned most)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % most);
}

static struct str any_string(char out[64])
{
	static const char *const pieces[] = {"a", "\"", "\\", "/", "\n", "\t", "\x01", "\x1f",
	    "\x7f", "é", "日", "😀", "\xe2\x80\xa8", ",", ":", "[", "{", "}", "</script>", "null",
	    " "};
	size_t len = 0;
	for (unsigned left = below(8); left > 0; left--) {
		const char *piece = pieces[below(COUNT(pieces))];
		memcpy(out + len, piece, strlen(piece));
		len += strlen(piece);
	}
	return (struct str){out, len};
}

static int64_t any_number(void)
{
	static const int64_t edges[] = {0, 1, -1, 9, 10, 9007199254740991, INT64_MAX, INT64_MIN};
	return below(2) ? edges[below(COUNT(edges))] : (int64_t)(seed >> below(60));
}

static struct json_object *write_any(struct text *out, int depth);

/* NOLINTBEGIN(misc-no-recursion) */
static struct json_object *write_object(struct text *out, int depth)
{
	static const char *const keys[] = {"id", "text", "a b", "z"};
	struct json_object *object = json_object_new_object();
	json_begin(out, '{');
	for (unsigned i = below(COUNT(keys) + 1); i > 0; i--) {
		json_key(out, keys[i - 1]);
		json_object_object_add(object, keys[i - 1], write_any(out, depth - 1));
	}
	json_end(out, '}');
	return object;
}

static struct json_object *write_array(struct text *out, int depth)
{
	struct json_object *array = json_object_new_array();
	json_begin(out, '[');
	for (unsigned left = below(5); left > 0; left--)
		json_object_array_add(array, write_any(out, depth - 1));
	json_end(out, ']');
	return array;
}

/* Writes any value, and gives json-c's of the same. */
static struct json_object *write_any(struct text *out, int depth)
{
	char bytes[64];
	struct str s = any_string(bytes);
	int64_t n = any_number();
	switch (below(depth > 0 ? 6 : 4)) {
	case 0:
		json_string(out, s);
		return json_object_new_string_len(s.at, (int)s.len);
	case 1:
		json_number(out, n);
		return json_object_new_int64(n);
	case 2:
		json_boolean(out, n & 1);
		return json_object_new_boolean(n & 1);
	case 3:
		json_string(out, str_of(NULL));
		return NULL;
	case 4:
		return write_object(out, depth);
	default:
		return write_array(out, depth);
	}
}
/* NOLINTEND(misc-no-recursion) */

TEST(any_value_is_written_as_json_c_writes_it)
{
	for (uint64_t i = 1; i <= 20000; i++) {
		struct text out = {0};
		seed = i * 0x9e3779b97f4a7c15u;
		struct json_object *value = write_array(&out, 4);
		const char *expected = json_object_to_json_string_ext(value, PLAIN);
		expect(str_is(text_str(&out), expected), "seed %llu: %.*s and not %s",
		    (unsigned long long)i, (int)out.len, out.at, expected);
		json_object_put(value);
		text_free(&out);
	}
}

TEST(each_character_is_written_as_json_c_writes_it)
{
	for (int c = 0; c < 256; c++) {
		char bytes[] = {'a', (char)c, 'b', (char)c, (char)c};
		struct text out = {0};
		struct json_object *string = json_object_new_string_len(bytes, sizeof(bytes));
		json_string(&out, (struct str){bytes, sizeof(bytes)});
		expect(str_is(text_str(&out), json_object_to_json_string_ext(string, PLAIN)),
		    "character %d", c);
		json_object_put(string);
		text_free(&out);
	}
}

/* ---- messages ---- */

TEST(a_row_has_the_members_of_the_contract)
{
	struct text out = {0};
	json_row(&out, &row);
	expect_text(&out,
	    "{\"id\":7,\"room\":\"lab\",\"nickname\":\"Ann\",\"text\":\"Hi\","
	    "\"clientId\":\"c1\",\"msgId\":\"m1\",\"ts\":\"2026-11-23T17:41:05.123Z\"}");
}

TEST(an_absent_id_is_null)
{
	struct text out = {0};
	struct store_row device = row;
	device.client_id = device.msg_id = str_of(NULL);
	json_row(&out, &device);
	expect_text(&out, "{\"id\":7,\"room\":\"lab\",\"nickname\":\"Ann\",\"text\":\"Hi\","
			  "\"clientId\":null,\"msgId\":null,\"ts\":\"2026-11-23T17:41:05.123Z\"}");
}

TEST(rows_of_a_list_stand_in_their_order_and_lines_have_no_commas)
{
	struct text list = {0}, lines = {0}, one = {0};
	char expected[1000];
	json_row(&one, &row);
	json_begin(&list, '[');
	for (int i = 0; i < 2; i++) {
		json_row(&list, &row);
		json_line(&lines, &row);
	}
	json_end(&list, ']');
	snprintf(
	    expected, sizeof(expected), "[%.*s,%.*s]", (int)one.len, one.at, (int)one.len, one.at);
	expect_text(&list, expected);
	snprintf(
	    expected, sizeof(expected), "%.*s\n%.*s\n", (int)one.len, one.at, (int)one.len, one.at);
	expect_text(&lines, expected);
	text_free(&one);
}

static void expect_snippet(struct str snippet, const char *expected)
{
	struct text out = {0};
	json_hit(&out, &row, snippet);
	text_put(&out, (struct str){"", 1});
	const char *found = strstr(out.at, "\"snippet\":");
	assert_non_null(found);
	struct str rest = str_of(found);
	expect(str_is(rest, expected), "%.*s", (int)rest.len, rest.at);
	text_free(&out);
}

TEST(a_snippet_is_cut_into_what_matches_and_what_does_not)
{
	const char b = WORDS_BEGIN, e = WORDS_END;
	const char bytes[] = {'a', ' ', b, 'd', 'o', e, '"', b, e, b, 'x', e};
	expect_snippet((struct str){bytes, sizeof(bytes)},
	    "\"snippet\":[{\"text\":\"a \"},{\"text\":\"do\",\"match\":true},{\"text\":\"\\\"\"},"
	    "{\"text\":\"x\",\"match\":true}]}");
	expect_snippet(str_of(""), "\"snippet\":[]}");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_value_is_written_as_json_c_writes_it),
	    cmocka_unit_test(each_character_is_written_as_json_c_writes_it),
	    cmocka_unit_test(a_row_has_the_members_of_the_contract),
	    cmocka_unit_test(an_absent_id_is_null),
	    cmocka_unit_test(rows_of_a_list_stand_in_their_order_and_lines_have_no_commas),
	    cmocka_unit_test(a_snippet_is_cut_into_what_matches_and_what_does_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
