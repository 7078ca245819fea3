/*
 * test_message.c: what a payload becomes, on both sides of each limit of the contract. What is
 * JSON, and what half a surrogate pair becomes, is in test_payloads.c.
 */
#include "chat/message.h"

#include "unit.h"

/* Parses a copy that is freed before the result is looked at, without a byte to spare. */
static enum message_fault parse(struct message *out, const char *topic, struct str payload)
{
	char *copy = malloc(payload.len ? payload.len : 1);
	assert_non_null(copy);
	memcpy(copy, payload.at, payload.len);
	enum message_fault fault =
	    message_parse(out, str_of(topic), (struct str){copy, payload.len}, false);
	free(copy);
	return fault;
}

struct message_case {
	struct str payload;
	enum message_fault fault;
	const char *nickname, *text, *client_id, *msg_id;
};

static void expect_message(const struct message_case *c)
{
	struct message m;
	enum message_fault fault = parse(&m, "chat/lab", c->payload);
	expect(fault == c->fault, "%s: %s", c->payload.at, message_fault_text(fault));
	if (fault == MESSAGE_OK) {
		expect_str(m.nickname, c->nickname);
		expect_str(m.text, c->text);
	}
	expect_str(m.room, "lab");
	expect_str(m.client_id, c->client_id);
	expect_str(m.msg_id, c->msg_id);
	message_free(&m);
}

static void expect_messages(const struct message_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_message(&cases[i]);
}

/* Each of these says of plain text that it comes out as it went in. */
static void expect_plain(const struct str *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct message m;
		enum message_fault fault = parse(&m, "chat/lab", texts[i]);
		expect(fault == MESSAGE_OK, "%s: %s", texts[i].at, message_fault_text(fault));
		expect(str_is(m.nickname, "mqtt"), "%s: is from '%.*s'", texts[i].at,
		    (int)m.nickname.len, m.nickname.at);
		expect(str_eq(m.text, texts[i]), "%s: became another text", texts[i].at);
		message_free(&m);
	}
}

#define GOOD "\"nickname\":\"Ann\",\"text\":\"Hi\""

TEST(a_json_object_is_read_by_its_members)
{
	static const struct message_case cases[] = {
	    {BYTES("{" GOOD "}"), MESSAGE_OK, "Ann", "Hi", NULL, NULL},
	    {BYTES("{" GOOD ",\"clientId\":\"c1\",\"msgId\":\"m1\"}"), MESSAGE_OK, "Ann", "Hi",
		"c1", "m1"},
	    {BYTES("{\"msgId\":\"m1\",\"text\":\"Hi\",\"nickname\":\"Ann\"}"), MESSAGE_OK, "Ann",
		"Hi", NULL, "m1"},
	    {BYTES(" \r\n\t{ \"nickname\" : \"Ann\" ,\n\"text\" : \"Hi\" }\n"), MESSAGE_OK, "Ann",
		"Hi", NULL, NULL},
	    {BYTES("\xef\xbb\xbf{" GOOD "}"), MESSAGE_OK, "Ann", "Hi", NULL, NULL},
	    {BYTES("{\"\\u006eickname\":\"Ann\",\"text\":\"Hi\"}"), MESSAGE_OK, "Ann", "Hi", NULL,
		NULL},
	};
	expect_messages(cases, COUNT(cases));
}

TEST(members_are_trimmed_and_otherwise_kept_to_the_byte)
{
	static const struct message_case cases[] = {
	    {BYTES("{\"nickname\":\" Ann\\t\",\"text\":\"\\n a \\n b \\u2003\",\"clientId\":\" c "
		   "\",\"msgId\":\"\\u00a0m\"}"),
		MESSAGE_OK, "Ann", "a \n b", "c", "m"},
	    {BYTES("{\"nickname\":\"\\\"\\\\\\/\",\"text\":\"<b>&amp;</script>\"}"), MESSAGE_OK,
		"\"\\/", "<b>&amp;</script>", NULL, NULL},
	    {BYTES("{\"nickname\":\"Zoë\",\"text\":\"日本 😀\"}"), MESSAGE_OK, "Zoë", "日本 😀", NULL,
		NULL},
	    {BYTES("{\"nickname\":\"Zo\\u00eb\",\"text\":\"\\ud83d\\ude00\"}"), MESSAGE_OK, "Zoë",
		"😀", NULL, NULL},
	    {BYTES("{\"nickname\":\"a\",\"text\":\"\\u0001\\b\\f\\u007f!\"}"), MESSAGE_OK, "a",
		"\x01\b\f\x7f!", NULL, NULL},
	};
	expect_messages(cases, COUNT(cases));
}

TEST(members_that_nobody_knows_are_ignored)
{
	static const struct message_case cases[] = {
	    {BYTES("{" GOOD ",\"x\":{\"text\":\"no\"},\"y\":[1,null,true]}"), MESSAGE_OK, "Ann",
		"Hi", NULL, NULL},
	    {BYTES("{" GOOD ",\"x\":123456789012345678901234567890,\"y\":-1e999}"), MESSAGE_OK,
		"Ann", "Hi", NULL, NULL},
	    {BYTES("{" GOOD ",\"Text\":1,\"text \":2,\"\":3}"), MESSAGE_OK, "Ann", "Hi", NULL,
		NULL},
	};
	expect_messages(cases, COUNT(cases));
}

TEST(of_a_repeated_member_the_last_counts)
{
	static const struct message_case cases[] = {
	    {BYTES("{" GOOD ",\"text\":\"Ho\"}"), MESSAGE_OK, "Ann", "Ho", NULL, NULL},
	    {BYTES("{\"text\":7," GOOD "}"), MESSAGE_OK, "Ann", "Hi", NULL, NULL},
	    {BYTES("{" GOOD ",\"text\":7}"), MESSAGE_BAD_TEXT, NULL, NULL, NULL, NULL},
	    {BYTES("{" GOOD ",\"msgId\":\"m\",\"msgId\":null}"), MESSAGE_OK, "Ann", "Hi", NULL,
		NULL},
	};
	expect_messages(cases, COUNT(cases));
}

TEST(null_is_the_same_as_absent)
{
	static const struct message_case cases[] = {
	    {BYTES("{" GOOD ",\"clientId\":null,\"msgId\":null}"), MESSAGE_OK, "Ann", "Hi", NULL,
		NULL},
	    {BYTES("{\"nickname\":null,\"text\":\"Hi\"}"), MESSAGE_BAD_NICKNAME, NULL, NULL, NULL,
		NULL},
	    {BYTES("{\"nickname\":\"Ann\",\"text\":null}"), MESSAGE_BAD_TEXT, NULL, NULL, NULL,
		NULL},
	};
	expect_messages(cases, COUNT(cases));
}

TEST(a_member_that_is_missing_empty_or_no_string_is_named)
{
	static const struct message_case cases[] = {
	    {BYTES("{}"), MESSAGE_BAD_NICKNAME, NULL, NULL, NULL, NULL},
	    {BYTES("{\"text\":\"Hi\"}"), MESSAGE_BAD_NICKNAME, NULL, NULL, NULL, NULL},
	    {BYTES("{\"nickname\":\"Ann\"}"), MESSAGE_BAD_TEXT, NULL, NULL, NULL, NULL},
	    {BYTES("{\"nickname\":\"\",\"text\":\"Hi\"}"), MESSAGE_BAD_NICKNAME, NULL, NULL, NULL,
		NULL},
	    {BYTES("{\"nickname\":\"Ann\",\"text\":\" \\u3000\\n\"}"), MESSAGE_BAD_TEXT, NULL, NULL,
		NULL, NULL},
	    {BYTES("{\"nickname\":1,\"text\":\"Hi\"}"), MESSAGE_BAD_NICKNAME, NULL, NULL, NULL,
		NULL},
	    {BYTES("{\"nickname\":\"Ann\",\"text\":[\"Hi\"]}"), MESSAGE_BAD_TEXT, NULL, NULL, NULL,
		NULL},
	    {BYTES("{\"nickname\":\"Ann\",\"text\":{}}"), MESSAGE_BAD_TEXT, NULL, NULL, NULL, NULL},
	    {BYTES("{" GOOD ",\"clientId\":7}"), MESSAGE_BAD_CLIENT_ID, NULL, NULL, NULL, NULL},
	    {BYTES("{" GOOD ",\"clientId\":\" \"}"), MESSAGE_BAD_CLIENT_ID, NULL, NULL, NULL, NULL},
	    {BYTES("{" GOOD ",\"msgId\":false}"), MESSAGE_BAD_MSG_ID, NULL, NULL, NULL, NULL},
	    {BYTES("{" GOOD ",\"msgId\":\"\"}"), MESSAGE_BAD_MSG_ID, NULL, NULL, NULL, NULL},
	};
	expect_messages(cases, COUNT(cases));
}

TEST(what_cannot_be_seen_is_named)
{
	static const struct message_case cases[] = {
	    {BYTES("{\"nickname\":\"\\u200b\",\"text\":\"Hi\",\"msgId\":\"m1\"}"), MESSAGE_UNSEEN,
		NULL, NULL, NULL, "m1"},
	    {BYTES("{\"nickname\":\"Ann\",\"text\":\"\\u3164\"}"), MESSAGE_UNSEEN, NULL, NULL, NULL,
		NULL},
	    {BYTES("{\"nickname\":\"\\u202eAnn\",\"text\":\"Hi\"}"), MESSAGE_TURNED, NULL, NULL,
		NULL, NULL},
	    {BYTES("\xc2\xad\xe2\x81\xa0"), MESSAGE_UNSEEN, NULL, NULL, NULL, NULL},
	};
	expect_messages(cases, COUNT(cases));
}

TEST(a_fault_leaves_the_ids_for_the_answer)
{
	static const struct message_case cases[] = {
	    {BYTES("{\"nickname\":\"\",\"text\":\"Hi\",\"clientId\":\"c1\",\"msgId\":\"m1\"}"),
		MESSAGE_BAD_NICKNAME, NULL, NULL, "c1", "m1"},
	    {BYTES("{" GOOD ",\"clientId\":7,\"msgId\":\"m1\"}"), MESSAGE_BAD_CLIENT_ID, NULL, NULL,
		NULL, "m1"},
	    {BYTES("{" GOOD ",\"clientId\":\"c1\",\"msgId\":7}"), MESSAGE_BAD_MSG_ID, NULL, NULL,
		"c1", NULL},
	    {BYTES("{\"nickname\":\"Ann\",\"text\":\"\\u0000\",\"msgId\":\"m1\"}"), MESSAGE_NUL,
		NULL, NULL, NULL, "m1"},
	};
	expect_messages(cases, COUNT(cases));
}

TEST(what_is_no_json_object_is_plain_text)
{
	static const struct str texts[] = {
	    BYTES("door open"),
	    BYTES("日本 😀"),
	    BYTES("[1,2]"),
	    BYTES("21.5"),
	    BYTES("\"text\""),
	    BYTES("null"),
	    BYTES("true"),
	    BYTES("{"),
	    BYTES("}"),
	    BYTES("{temperature} 21"),
	    BYTES("{" GOOD),
	    BYTES("{" GOOD "} and more"),
	    BYTES("{" GOOD "}{" GOOD "}"),
	    BYTES("[{" GOOD "}]"),
	    BYTES("<b>&amp;</script>"),
	};
	expect_plain(texts, COUNT(texts));
}

TEST(plain_text_is_trimmed)
{
	static const struct message_case cases[] = {
	    {BYTES(" door open\n"), MESSAGE_OK, "mqtt", "door open", NULL, NULL},
	    {BYTES("\xc2\xa0x\xe3\x80\x80"), MESSAGE_OK, "mqtt", "x", NULL, NULL},
	};
	expect_messages(cases, COUNT(cases));
}

TEST(an_empty_payload_is_a_bad_text)
{
	static const struct message_case cases[] = {
	    {BYTES(""), MESSAGE_BAD_TEXT, NULL, NULL, NULL, NULL},
	    {BYTES(" \n"), MESSAGE_BAD_TEXT, NULL, NULL, NULL, NULL},
	};
	expect_messages(cases, COUNT(cases));
}

/* libmosquitto gives NULL where the payload has no bytes. */
TEST(a_payload_without_any_bytes_is_a_bad_text)
{
	struct message m;
	assert_int_equal(
	    message_parse(&m, str_of("chat/lab"), (struct str){NULL, 0}, false), MESSAGE_BAD_TEXT);
	message_free(&m);
}

TEST(what_is_not_utf8_is_refused)
{
	static const struct message_case cases[] = {
	    {BYTES("\xff"), MESSAGE_BAD_UTF8, NULL, NULL, NULL, NULL},
	    {BYTES("Z\xfcrich"), MESSAGE_BAD_UTF8, NULL, NULL, NULL, NULL},
	    {BYTES("cut \xf0\x9f\x98"), MESSAGE_BAD_UTF8, NULL, NULL, NULL, NULL},
	    {BYTES("{\"nickname\":\"\xc0\x80\",\"text\":\"Hi\"}"), MESSAGE_BAD_UTF8, NULL, NULL,
		NULL, NULL},
	    {BYTES("{" GOOD ",\"x\":\"\xed\xa0\x80\"}"), MESSAGE_BAD_UTF8, NULL, NULL, NULL, NULL},
	};
	expect_messages(cases, COUNT(cases));
}

TEST(a_nul_is_refused_wherever_it_is)
{
	static const struct message_case cases[] = {
	    {BYTES("\0"), MESSAGE_NUL, NULL, NULL, NULL, NULL},
	    {BYTES("a\0b"), MESSAGE_NUL, NULL, NULL, NULL, NULL},
	    {BYTES("\0{" GOOD "}"), MESSAGE_NUL, NULL, NULL, NULL, NULL},
	    {BYTES("{\"nickname\":\"An\0n\",\"text\":\"Hi\"}"), MESSAGE_NUL, NULL, NULL, NULL,
		NULL},
	    {BYTES("{\"nickname\":\"An\\u0000n\",\"text\":\"Hi\"}"), MESSAGE_NUL, NULL, NULL, NULL,
		NULL},
	    {BYTES("{\"nickname\":\"Ann\",\"text\":\"\\u0000\"}"), MESSAGE_NUL, NULL, NULL, NULL,
		NULL},
	    {BYTES("{" GOOD ",\"clientId\":\"\\u0000\"}"), MESSAGE_NUL, NULL, NULL, NULL, NULL},
	    {BYTES("{" GOOD ",\"msgId\":\"a\\u0000\"}"), MESSAGE_NUL, NULL, NULL, NULL, NULL},
	    {BYTES("{\"nickname\":\"Ann\",\"text\":7,\"x\":\"\\u0000\"}"), MESSAGE_BAD_TEXT, NULL,
		NULL, NULL, NULL},
	};
	expect_messages(cases, COUNT(cases));
}

TEST(a_nul_after_the_object_is_refused)
{
	static const struct message_case cases[] = {
	    {BYTES("{" GOOD "}\0"), MESSAGE_NUL, NULL, NULL, NULL, NULL},
	    {BYTES("{" GOOD "}\0more"), MESSAGE_NUL, NULL, NULL, NULL, NULL},
	};
	expect_messages(cases, COUNT(cases));
}

/* Otherwise the page and the logger would read two different texts from it. */
TEST(a_name_with_nul_is_not_the_name_before_the_nul)
{
	struct message m;
	enum message_fault fault =
	    parse(&m, "chat/lab", BYTES("{" GOOD ",\"text\\u0000\":\"another\"}"));
	expect(fault == MESSAGE_NUL || str_is(m.text, "Hi"), "it was read as the text");
	message_free(&m);
}

TEST(a_room_has_a_name_of_its_alphabet)
{
	const char *said = message_fault_text(MESSAGE_BAD_ROOM);
	expect(strstr(said, "begin with _ or - are reserved") != NULL, "%s", said);
	static const struct {
		struct str room;
		bool valid;
	} cases[] = {
	    {BYTES("messages"), true},
	    {BYTES("a"), true},
	    {BYTES("0"), true},
	    {BYTES("z9"), true},
	    {BYTES("a-b_c"), true},
	    {BYTES("a-"), true},
	    {BYTES("a_"), true},
	    {BYTES("a23456789-123456789-123456789-123456789-123456789-123456789-1234"), true},
	    {BYTES("a23456789-123456789-123456789-123456789-123456789-123456789-12345"), false},
	    {BYTES(""), false},
	    {BYTES("-a"), false},
	    {BYTES("_a"), false},
	    {BYTES("A"), false},
	    {BYTES("aB"), false},
	    {BYTES("a b"), false},
	    {BYTES("a.b"), false},
	    {BYTES("a/b"), false},
	    {BYTES("a\0b"), false},
	    {BYTES("a\n"), false},
	    {BYTES("é"), false},
	    {BYTES("a`"), false},
	    {BYTES("a{"), false},
	    {BYTES("a:"), false},
	    {BYTES("+"), false},
	    {BYTES("#"), false},
	    {BYTES("$x"), false},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(message_room_valid(cases[i].room) == cases[i].valid, "%s", cases[i].room.at);
}

TEST(a_topic_without_a_room_is_a_bad_room_and_gives_none)
{
	static const char *const topics[] = {"", "c", "chat", "chat/", "chat//", "chat/A",
	    "chat/lab/", "chat/lab/stored", "Chat/lab", "/chat/lab", "chatlab", "other/lab"};
	for (size_t i = 0; i < COUNT(topics); i++) {
		struct message m;
		enum message_fault fault = parse(&m, topics[i], BYTES("{" GOOD "}"));
		expect(fault == MESSAGE_BAD_ROOM, "%s", topics[i]);
		expect(m.room.at == NULL, "%s gave a room", topics[i]);
		message_free(&m);
	}
}

TEST(every_fault_has_a_text)
{
	for (int fault = 0; fault < MESSAGE__MAX; fault++)
		expect(message_fault_text((enum message_fault)fault), "fault %d", fault);
}

TEST(a_message_of_zeros_can_be_freed)
{
	struct message m = {0};
	message_free(&m);
	message_free(&m);
}

TEST(an_import_takes_what_is_not_visible_and_nobody_for_a_verified_user)
{
	struct message copy, fields = {str_of("lab"), str_of("Ann"), str_of("\xe2\x80\x8b"),
				 str_of("c1"), str_of("import:x:1"), NULL};
	assert_int_equal(message_copy(&copy, &fields), MESSAGE_OK);
	message_free(&copy);
	fields.client_id = str_of("@ann");
	assert_int_equal(message_copy(&copy, &fields), MESSAGE_RESERVED_CLIENT_ID);
	message_free(&copy);
}

TEST(an_at_sign_is_for_whom_the_broker_has_bound)
{
	static const char payload[] =
	    "{\"nickname\":\"Ann\",\"text\":\"Hi\",\"clientId\":\"@ann\"}";
	struct message m;
	assert_int_equal(message_parse(&m, str_of("chat/lab"), str_of(payload), false),
	    MESSAGE_RESERVED_CLIENT_ID);
	expect_str(m.client_id, "@ann");
	message_free(&m);
	assert_int_equal(message_parse(&m, str_of("chat/lab"), str_of(payload), true), MESSAGE_OK);
	expect_str(m.client_id, "@ann");
	message_free(&m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_json_object_is_read_by_its_members),
	    cmocka_unit_test(an_at_sign_is_for_whom_the_broker_has_bound),
	    cmocka_unit_test(an_import_takes_what_is_not_visible_and_nobody_for_a_verified_user),
	    cmocka_unit_test(members_are_trimmed_and_otherwise_kept_to_the_byte),
	    cmocka_unit_test(members_that_nobody_knows_are_ignored),
	    cmocka_unit_test(of_a_repeated_member_the_last_counts),
	    cmocka_unit_test(null_is_the_same_as_absent),
	    cmocka_unit_test(a_member_that_is_missing_empty_or_no_string_is_named),
	    cmocka_unit_test(what_cannot_be_seen_is_named),
	    cmocka_unit_test(a_fault_leaves_the_ids_for_the_answer),
	    cmocka_unit_test(what_is_no_json_object_is_plain_text),
	    cmocka_unit_test(plain_text_is_trimmed),
	    cmocka_unit_test(an_empty_payload_is_a_bad_text),
	    cmocka_unit_test(a_payload_without_any_bytes_is_a_bad_text),
	    cmocka_unit_test(what_is_not_utf8_is_refused),
	    cmocka_unit_test(a_nul_is_refused_wherever_it_is),
	    cmocka_unit_test(a_nul_after_the_object_is_refused),
	    cmocka_unit_test(a_name_with_nul_is_not_the_name_before_the_nul),
	    cmocka_unit_test(a_room_has_a_name_of_its_alphabet),
	    cmocka_unit_test(a_topic_without_a_room_is_a_bad_room_and_gives_none),
	    cmocka_unit_test(every_fault_has_a_text),
	    cmocka_unit_test(a_message_of_zeros_can_be_freed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
