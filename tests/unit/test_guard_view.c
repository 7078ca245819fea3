/* test_guard_view.c: what the broker's plugin sees of topics, filters and payloads. */
#include "guard/view.h"

#include "chat/message.h"
#include "unit.h"

static const char id64[] = "0123456789012345678901234567890123456789012345678901234567890123";

static struct view_topic seen;

static bool topic(const char *text)
{
	return view_topic(str_of(text), &seen);
}

static bool filter(const char *text)
{
	return view_filter(str_of(text), &seen);
}

TEST(a_topic_is_a_room_and_what_is_said_in_it)
{
	assert_true(topic("chat/lab"));
	assert_int_equal(seen.leaf, VIEW_MESSAGE);
	expect_str(seen.room, "lab");
	assert_true(topic("chat/lab/stored"));
	assert_int_equal(seen.leaf, VIEW_STORED);
	assert_true(topic("chat/lab/rejected"));
	assert_int_equal(seen.leaf, VIEW_REJECTED);
	assert_true(topic("chat/lab/topic"));
	assert_int_equal(seen.leaf, VIEW_TOPIC_LINE);
	assert_true(topic("chat/lab/typing"));
	assert_int_equal(seen.leaf, VIEW_TYPING);
	assert_true(topic("chat/a-b_9/presence/x-_Y"));
	assert_int_equal(seen.leaf, VIEW_PRESENCE);
	expect_str(seen.room, "a-b_9");
	expect_str(seen.id, "x-_Y");
}

TEST(all_other_topics_are_none)
{
	static const char *const others[] = {"", "/", "chat", "chat/", "chat//", "Chat/lab",
	    "/chat/lab", "chat/Lab", "chat/-lab", "chat/lab/", "chat/lab/x", "chat/lab/stored/",
	    "chat/lab/stored/x", "chat/lab/mod", "chat/lab/from/door", "chat/lab/presence",
	    "chat/lab/presence/", "chat/lab/presence/a/b", "chat/lab/presence/a.b",
	    "chat/lab/presence/+", "chat/+", "chat/lab/#", "#", "+", "$SYS/x", "$share/g/chat/lab",
	    "chat/lab/STORED", "chat/lab/store", "chat/lab/storedx"};
	char text[200];
	for (size_t i = 0; i < COUNT(others); i++)
		expect(!topic(others[i]), "%s", others[i]);
	snprintf(text, sizeof(text), "chat/%s", id64);
	assert_true(topic(text));
	snprintf(text, sizeof(text), "chat/%sx", id64);
	assert_false(topic(text));
	snprintf(text, sizeof(text), "chat/lab/presence/%s", id64);
	assert_true(topic(text));
	snprintf(text, sizeof(text), "chat/lab/presence/%sx", id64);
	assert_false(topic(text));
	assert_false(view_topic(BYTES("chat/lab\0"), &seen));
	assert_false(view_topic((struct str){NULL, 0}, &seen));
}

TEST(a_filter_may_have_any_room_and_any_presence)
{
	assert_true(filter("chat/+"));
	assert_true(view_is_any(seen.room));
	assert_true(filter("chat/+/stored"));
	assert_true(filter("chat/+/presence/+"));
	assert_true(view_is_any(seen.id));
	assert_true(filter("chat/lab/presence/p1"));
	assert_false(view_is_any(seen.room));
	assert_false(filter("chat/+/+"));
	assert_false(filter("chat/++"));
	assert_false(filter("+/lab"));
	assert_false(filter("chat/+/#"));
	assert_false(filter("chat/+/presence/#"));
	assert_false(filter("chat/+/presence/+/"));
}

/* ---- payloads ---- */

static struct view_payload payload;

static enum view_kind look(struct str bytes)
{
	view_payload_free(&payload);
	view_payload(bytes, &payload);
	return payload.kind;
}

static int end_look(void **state)
{
	(void)state;
	view_payload_free(&payload);
	return 0;
}

TEST(an_object_says_who_sent_it)
{
	assert_int_equal(
	    look(BYTES("{\"nickname\":\"Ann\",\"clientId\":\"@a\",\"msgId\":\"m\"}")), VIEW_OBJECT);
	expect_str(payload.nickname, "Ann");
	expect_str(payload.client_id, "@a");
	expect_str(payload.msg_id, "m");
	assert_int_equal(
	    look(BYTES(" \n\xEF\xBB\xBF{\"nickname\":\"\\u0041nn\"}\r\n")), VIEW_OBJECT);
	expect_str(payload.nickname, "Ann");
	expect_str(payload.client_id, NULL);
	assert_int_equal(look(BYTES("{\"nickname\":\" Ann\",\"nickname\":\"Bob\"}")), VIEW_OBJECT);
	expect_str(payload.nickname, "Bob");
}

TEST(what_is_no_string_is_nobodys_name_and_null_is_none)
{
	assert_int_equal(
	    look(BYTES("{\"nickname\":5,\"clientId\":[\"@a\"],\"msgId\":null}")), VIEW_OBJECT);
	expect_str(payload.nickname, "");
	expect_str(payload.client_id, "");
	expect_str(payload.msg_id, NULL);
}

TEST(what_is_no_object_is_plain)
{
	static const char *const all[] = {"", " ", "door open", "[{\"nickname\":\"x\"}]", "\"{}\"",
	    "5", "{", "{nickname:1}", "{}x"};
	for (size_t i = 0; i < COUNT(all); i++)
		expect(look(str_of(all[i])) == VIEW_PLAIN, "%s", all[i]);
}

TEST(what_nobody_can_look_into_is_unclear)
{
	static char large[MESSAGE_BYTES_MAX + 1];
	memset(large, 'x', sizeof(large));
	assert_int_equal(look((struct str){large, MESSAGE_BYTES_MAX}), VIEW_PLAIN);
	assert_int_equal(look((struct str){large, sizeof(large)}), VIEW_UNCLEAR);
	assert_int_equal(look(BYTES("\xff")), VIEW_UNCLEAR);
	assert_int_equal(look(BYTES("a\0b")), VIEW_UNCLEAR);
	assert_int_equal(look(BYTES("{\"nick\\u0000name\":\"x\"}")), VIEW_UNCLEAR);
	memcpy(large, "{\"a\":", 5);
	memset(large + 5, '[', 40);
	memset(large + 45, ']', 40);
	large[85] = '}';
	assert_int_equal(look((struct str){large, 86}), VIEW_UNCLEAR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_topic_is_a_room_and_what_is_said_in_it),
	    cmocka_unit_test(all_other_topics_are_none),
	    cmocka_unit_test(a_filter_may_have_any_room_and_any_presence),
	    cmocka_unit_test(an_object_says_who_sent_it),
	    cmocka_unit_test(what_is_no_string_is_nobodys_name_and_null_is_none),
	    cmocka_unit_test(what_is_no_object_is_plain),
	    cmocka_unit_test(what_nobody_can_look_into_is_unclear),
	};
	return cmocka_run_group_tests(tests, NULL, end_look);
}
