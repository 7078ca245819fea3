/* test_message_limits.c: the payload contract's sizes, on both sides of each. */
#include "chat/message.h"

#include "unit.h"

/* A payload that is built piece by piece. */
struct builder {
	char *at;
	size_t len;
};

static void append(struct builder *b, const char *piece, size_t times)
{
	size_t n = strlen(piece);
	b->at = realloc(b->at, b->len + n * times + 1);
	assert_non_null(b->at);
	for (size_t i = 0; i < times; i++, b->len += n)
		memcpy(b->at + b->len, piece, n);
	b->at[b->len] = '\0';
}

/* Parses what was built, and frees it. */
static enum message_fault parse(struct builder *b, struct message *out)
{
	enum message_fault fault =
	    message_parse(out, str_of("chat/lab"), (struct str){b->at, b->len}, false);
	free(b->at);
	*b = (struct builder){0};
	return fault;
}

static enum message_fault fault_of(struct builder *b)
{
	struct message m;
	enum message_fault fault = parse(b, &m);
	message_free(&m);
	return fault;
}

/* One character, as it can be written in JSON. */
static const char *const characters[] = {
    "a", "é", "€", "😀", "\\u00e9", "\\ud83d\\ude00", "\\n", "\\\""};

/* An object in which `key` holds `count` characters, with spaces around that do not count. */
static struct builder object_with(const char *key, const char *character, size_t count)
{
	struct builder b = {0};
	append(&b, "{\"nickname\":\"n\",\"text\":\"t\",\"", 1);
	append(&b, key, 1);
	append(&b, "\":\"  x", 1);
	append(&b, character, count - 2);
	append(&b, "x\\u3000 \"}", 1);
	return b;
}

static const struct {
	const char *key;
	size_t max;
	enum message_fault fault;
} members[] = {
    {"nickname", 64, MESSAGE_BAD_NICKNAME},
    {"text", 4000, MESSAGE_BAD_TEXT},
    {"clientId", 64, MESSAGE_BAD_CLIENT_ID},
    {"msgId", 64, MESSAGE_BAD_MSG_ID},
};

/*
 * Whether each member, of each kind of character, is taken with `more` characters over its limit.
 */
static void expect_members(size_t more)
{
	for (size_t m = 0; m < COUNT(members); m++)
		for (size_t c = 0; c < COUNT(characters); c++) {
			struct builder b =
			    object_with(members[m].key, characters[c], members[m].max + more);
			expect(fault_of(&b) == (more ? members[m].fault : MESSAGE_OK),
			    "%s of %zu times %s", members[m].key, members[m].max + more,
			    characters[c]);
		}
}

TEST(a_member_may_have_as_many_code_points_as_its_limit)
{
	expect_members(0);
}

TEST(a_member_may_not_have_one_code_point_more)
{
	expect_members(1);
}

TEST(a_text_of_4000_four_byte_characters_comes_out_whole)
{
	struct builder b = {0};
	struct message m;
	append(&b, "😀", 4000);
	assert_int_equal(parse(&b, &m), MESSAGE_OK);
	assert_int_equal(m.text.len, 16000);
	message_free(&m);
}

TEST(plain_text_of_4001_characters_is_a_bad_text)
{
	static const char *const plain[] = {"a", "é", "😀", "{"};
	for (size_t i = 0; i < COUNT(plain); i++) {
		struct builder b = {0};
		append(&b, "x", 1);
		append(&b, plain[i], 4000);
		expect(fault_of(&b) == MESSAGE_BAD_TEXT, "%s", plain[i]);
	}
}

/* `count` values inside each other: the object, arrays, and in the innermost `inner` or nothing. */
static struct builder nested(size_t count, const char *inner)
{
	struct builder b = {0};
	size_t arrays = count - 1 - (*inner != '\0');
	append(&b, "{\"nickname\":\"n\",\"text\":\"t\",\"msgId\":\"m\",\"x\":", 1);
	append(&b, "[", arrays);
	append(&b, inner, 1);
	append(&b, "]", arrays);
	append(&b, "}", 1);
	return b;
}

TEST(thirty_two_values_inside_each_other_are_read)
{
	static const char *const inner[] = {"", "1", "\"s\"", "null"};
	for (size_t i = 0; i < COUNT(inner); i++) {
		struct builder b = nested(32, inner[i]);
		expect(fault_of(&b) == MESSAGE_OK, "[%s]", inner[i]);
	}
}

TEST(thirty_three_values_inside_each_other_are_too_deep)
{
	static const char *const inner[] = {"", "1", "\"s\"", "null"};
	for (size_t i = 0; i < COUNT(inner); i++) {
		struct builder b = nested(33, inner[i]);
		expect(fault_of(&b) == MESSAGE_TOO_DEEP, "[%s]", inner[i]);
	}
}

TEST(ten_thousand_values_inside_each_other_are_too_deep)
{
	struct builder b = nested(10000, "");
	assert_int_equal(fault_of(&b), MESSAGE_TOO_DEEP);
}

TEST(objects_inside_objects_are_too_deep)
{
	struct builder b = {0};
	append(&b, "{\"x\":", 10000);
	assert_int_equal(fault_of(&b), MESSAGE_TOO_DEEP);
}

TEST(what_is_too_deep_keeps_its_room)
{
	struct message m;
	struct builder b = nested(33, "");
	assert_int_equal(parse(&b, &m), MESSAGE_TOO_DEEP);
	expect_str(m.room, "lab");
	message_free(&m);
}

TEST(ten_thousand_open_brackets_are_a_plain_text_that_is_too_long)
{
	struct builder b = {0};
	append(&b, "[", 10000);
	assert_int_equal(fault_of(&b), MESSAGE_BAD_TEXT);
}

enum { MUCH = 60000 }; /* bytes: nearly what a payload may have */

TEST(a_text_of_many_bytes_is_a_bad_text)
{
	struct builder b = {0};
	append(&b, "a", MUCH);
	assert_int_equal(fault_of(&b), MESSAGE_BAD_TEXT);
}

TEST(a_nickname_of_many_bytes_is_a_bad_nickname)
{
	struct builder b = object_with("nickname", "😀", MUCH / 4);
	assert_int_equal(fault_of(&b), MESSAGE_BAD_NICKNAME);
}

TEST(many_bytes_of_what_nobody_knows_are_ignored)
{
	struct builder b = object_with("unknown", "a", MUCH);
	assert_int_equal(fault_of(&b), MESSAGE_OK);
}

TEST(many_spaces_around_a_message_do_not_matter)
{
	struct builder b = {0};
	append(&b, "\xe3\x80\x80", MUCH / 6);
	append(&b, "{\"nickname\":\"n\",\"text\":\"t\"}", 1);
	append(&b, " ", MUCH / 2);
	assert_int_equal(fault_of(&b), MESSAGE_OK);
}

TEST(a_payload_has_at_most_64_kib_whatever_is_in_it)
{
	for (int more = 0; more <= 1; more++) {
		struct builder b = {0};
		append(&b, "{\"nickname\":\"n\",\"text\":\"t\"}", 1);
		append(&b, " ", 65536 - 27 + (size_t)more);
		assert_int_equal(fault_of(&b), more ? MESSAGE_TOO_LARGE : MESSAGE_OK);
	}
}

TEST(a_number_of_many_digits_is_ignored_like_any_other)
{
	struct builder b = {0};
	append(&b, "{\"nickname\":\"n\",\"text\":\"t\",\"x\":", 1);
	append(&b, "9", MUCH);
	append(&b, "}", 1);
	assert_int_equal(fault_of(&b), MESSAGE_OK);
}

TEST(a_nickname_stands_alone_as_it_stands_in_a_message)
{
	static const char *const good[] = {"a", "Zoë 👋", "a b", "@ann"};
	static const char *const bad[] = {"", " ", " a", "a ", "a\xc2\xa0", "\xe2\x80\x8b",
	    "a\xe2\x80\xae", "a\xff", "\xed\xa0\x80"};
	for (size_t i = 0; i < COUNT(good); i++)
		expect(message_nickname_valid(str_of(good[i])), "'%s'", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(!message_nickname_valid(str_of(bad[i])), "'%s'", bad[i]);
	assert_false(message_nickname_valid(BYTES("a\0b")));
	assert_false(message_nickname_valid((struct str){NULL, 0}));
	struct builder b = {0};
	append(&b, "👋", MESSAGE_NICKNAME_MAX);
	assert_true(message_nickname_valid((struct str){b.at, b.len}));
	append(&b, "a", 1);
	assert_false(message_nickname_valid((struct str){b.at, b.len}));
	free(b.at);
}

TEST(a_topic_is_one_line_that_can_be_seen_and_turns_nothing)
{
	static const char *const good[] = {
	    "x", "Mökki ☕", "one two", " ", "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d"};
	static const char *const bad[] = {"", "one\ntwo", "one\ttwo", "one\x7f", "one\xc2\x85two",
	    "\xff", "one\u202etwo", "one\u2067two", "\u200b\u2060", "one\u2028two"};
	char text[202];
	for (size_t i = 0; i < COUNT(good); i++)
		expect(message_topic_valid(str_of(good[i])) == (good[i][0] != ' '), "%s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(!message_topic_valid(str_of(bad[i])), "%zu", i);
	memset(text, 'x', sizeof(text));
	assert_true(message_topic_valid((struct str){text, MESSAGE_TOPIC_MAX}));
	assert_false(message_topic_valid((struct str){text, MESSAGE_TOPIC_MAX + 1}));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_member_may_have_as_many_code_points_as_its_limit),
	    cmocka_unit_test(a_member_may_not_have_one_code_point_more),
	    cmocka_unit_test(a_text_of_4000_four_byte_characters_comes_out_whole),
	    cmocka_unit_test(plain_text_of_4001_characters_is_a_bad_text),
	    cmocka_unit_test(thirty_two_values_inside_each_other_are_read),
	    cmocka_unit_test(thirty_three_values_inside_each_other_are_too_deep),
	    cmocka_unit_test(ten_thousand_values_inside_each_other_are_too_deep),
	    cmocka_unit_test(objects_inside_objects_are_too_deep),
	    cmocka_unit_test(what_is_too_deep_keeps_its_room),
	    cmocka_unit_test(ten_thousand_open_brackets_are_a_plain_text_that_is_too_long),
	    cmocka_unit_test(a_text_of_many_bytes_is_a_bad_text),
	    cmocka_unit_test(a_nickname_of_many_bytes_is_a_bad_nickname),
	    cmocka_unit_test(many_bytes_of_what_nobody_knows_are_ignored),
	    cmocka_unit_test(many_spaces_around_a_message_do_not_matter),
	    cmocka_unit_test(a_payload_has_at_most_64_kib_whatever_is_in_it),
	    cmocka_unit_test(a_number_of_many_digits_is_ignored_like_any_other),
	    cmocka_unit_test(a_nickname_stands_alone_as_it_stands_in_a_message),
	    cmocka_unit_test(a_topic_is_one_line_that_can_be_seen_and_turns_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
