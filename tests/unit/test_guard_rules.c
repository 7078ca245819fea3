/* test_guard_rules.c: what who has a token may publish, subscribe to and be given. */
#include "guard/rules.h"

#include "unit.h"

static const struct token user = {
    .sub = "@ann", .nick = "Ann", .pid = "p1", .role = TOKEN_USER, .all_rooms = true};
static const struct token device = {
    .sub = "@door", .nick = "door", .role = TOKEN_DEVICE, .all_rooms = true};

static enum verdict say(const struct token *token, const char *topic, const char *payload)
{
	return rules_publish(token, str_of(topic), str_of(payload), false);
}

static enum verdict keep(const struct token *token, const char *topic, const char *payload)
{
	return rules_publish(token, str_of(topic), str_of(payload), true);
}

static struct token in_lab(void)
{
	struct token token = user;
	token.all_rooms = false;
	assert_true(token_add_room(&token, str_of("lab")));
	return token;
}

#define OWN "{\"nickname\":\"Ann\",\"clientId\":\"@ann\",\"text\":\"x\"}"

TEST(people_give_both_their_names)
{
	static const enum token_role people[] = {TOKEN_GUEST, TOKEN_USER, TOKEN_MOD};
	for (size_t i = 0; i < COUNT(people); i++) {
		struct token one = user;
		one.role = people[i];
		assert_int_equal(say(&one, "chat/lab", OWN), VERDICT_OK);
		assert_int_equal(say(&one, "chat/lab", "plain"), VERDICT_NICKNAME);
		assert_int_equal(
		    say(&one, "chat/lab", "{\"nickname\":\"Ann\"}"), VERDICT_CLIENT_ID);
		assert_int_equal(
		    say(&one, "chat/lab", "{\"clientId\":\"@ann\"}"), VERDICT_NICKNAME);
		assert_int_equal(
		    say(&one, "chat/lab", "{\"nickname\":\"ann\",\"clientId\":\"@ann\"}"),
		    VERDICT_NICKNAME);
		assert_int_equal(
		    say(&one, "chat/lab", "{\"nickname\":\"Ann\",\"clientId\":\"@an\"}"),
		    VERDICT_CLIENT_ID);
	}
}

TEST(a_device_gives_none_or_its_own)
{
	assert_int_equal(say(&device, "chat/lab", "open"), VERDICT_OK);
	assert_int_equal(say(&device, "chat/lab", ""), VERDICT_OK);
	assert_int_equal(say(&device, "chat/lab", "{\"t\":21.5}"), VERDICT_OK);
	assert_int_equal(say(&device, "chat/lab", "{\"nickname\":\"door\"}"), VERDICT_OK);
	assert_int_equal(say(&device, "chat/lab", "{\"nickname\":\"Ann\"}"), VERDICT_NICKNAME);
	assert_int_equal(say(&device, "chat/lab", "{\"clientId\":\"@ann\"}"), VERDICT_CLIENT_ID);
	assert_int_equal(say(&device, "chat/lab", "\xff"), VERDICT_UNCLEAR);
	assert_int_equal(say(&device, "chat/lab/presence/", ""), VERDICT_TOPIC);
	assert_int_equal(say(&device, "chat/lab/presence/p1", ""), VERDICT_PRESENCE);
}

TEST(only_the_own_presence_is_kept)
{
	assert_int_equal(keep(&user, "chat/lab/presence/p1", "{\"nickname\":\"Ann\"}"), VERDICT_OK);
	assert_int_equal(keep(&user, "chat/lab/presence/p1", ""), VERDICT_OK);
	assert_int_equal(say(&user, "chat/lab/presence/p1", ""), VERDICT_OK);
	assert_int_equal(keep(&user, "chat/lab/presence/p2", ""), VERDICT_PRESENCE);
	assert_int_equal(say(&user, "chat/lab/presence/p", ""), VERDICT_PRESENCE);
	assert_int_equal(keep(&user, "chat/lab", OWN), VERDICT_RETAINED);
	assert_int_equal(keep(&user, "chat/lab/typing", "{}"), VERDICT_RETAINED);
	assert_int_equal(
	    say(&user, "chat/lab/presence/p1", "{\"nickname\":\"Bob\"}"), VERDICT_NICKNAME);
	assert_true(rules_clears_presence(&user, str_of("chat/lab/presence/p1"), str_of("")));
	assert_false(rules_clears_presence(&user, str_of("chat/lab/presence/p1"), str_of("{}")));
	assert_false(rules_clears_presence(&user, str_of("chat/lab/presence/p2"), str_of("")));
	assert_false(rules_clears_presence(&user, str_of("chat/lab"), str_of("")));
}

TEST(what_is_the_loggers_is_nobody_elses)
{
	static const char *const topics[] = {"chat/lab/stored", "chat/lab/rejected",
	    "chat/lab/topic", "chat/lab/mod", "chat/lab/from/door", "$SYS/x",
	    "$CONTROL/mqtt-chat/v1", "x", ""};
	for (size_t i = 0; i < COUNT(topics); i++)
		expect(say(&user, topics[i], OWN) == VERDICT_TOPIC, "%s", topics[i]);
}

TEST(sizes_have_an_end)
{
	static char text[MESSAGE_BYTES_MAX + 2];
	memset(text, 'x', MESSAGE_BYTES_MAX);
	assert_int_equal(say(&device, "chat/lab", text), VERDICT_OK);
	text[MESSAGE_BYTES_MAX] = 'x';
	assert_int_equal(say(&device, "chat/lab", text), VERDICT_SIZE);
	text[RULES_SMALL_MAX] = '\0';
	assert_int_equal(say(&device, "chat/lab/typing", text), VERDICT_OK);
	assert_int_equal(say(&user, "chat/lab/presence/p1", text), VERDICT_OK);
	text[RULES_SMALL_MAX] = 'x';
	text[RULES_SMALL_MAX + 1] = '\0';
	assert_int_equal(say(&device, "chat/lab/typing", text), VERDICT_SIZE);
	assert_int_equal(say(&user, "chat/lab/presence/p1", text), VERDICT_SIZE);
}

TEST(rooms_hold_for_all_that_one_does)
{
	struct token token = in_lab();
	assert_int_equal(say(&token, "chat/lab", OWN), VERDICT_OK);
	assert_int_equal(say(&token, "chat/la", OWN), VERDICT_ROOM);
	assert_int_equal(say(&token, "chat/messages/presence/p1", ""), VERDICT_ROOM);
	assert_int_equal(rules_subscribe(&token, str_of("chat/lab/stored")), VERDICT_OK);
	assert_int_equal(rules_subscribe(&token, str_of("chat/messages")), VERDICT_ROOM);
	assert_int_equal(rules_subscribe(&token, str_of("chat/+")), VERDICT_ROOM);
	assert_int_equal(rules_read(&token, str_of("chat/lab/presence/x")), VERDICT_OK);
	assert_int_equal(rules_read(&token, str_of("chat/messages")), VERDICT_ROOM);
	assert_int_equal(rules_subscribe(&user, str_of("chat/+")), VERDICT_OK);
	assert_int_equal(rules_subscribe(&user, str_of("#")), VERDICT_TOPIC);
	assert_int_equal(rules_subscribe(&user, str_of("$share/g/chat/lab")), VERDICT_TOPIC);
	assert_int_equal(rules_read(&user, str_of("$SYS/x")), VERDICT_TOPIC);
}

TEST(nobody_may_nothing_and_each_verdict_has_a_sentence)
{
	static const struct token nobody;
	assert_int_equal(say(&nobody, "chat/lab", "{}"), VERDICT_ROOM);
	assert_int_equal(rules_subscribe(&nobody, str_of("chat/lab")), VERDICT_ROOM);
	for (int i = 0; i < VERDICT__MAX; i++)
		assert_non_null(verdict_text((enum verdict)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(people_give_both_their_names),
	    cmocka_unit_test(a_device_gives_none_or_its_own),
	    cmocka_unit_test(only_the_own_presence_is_kept),
	    cmocka_unit_test(what_is_the_loggers_is_nobody_elses),
	    cmocka_unit_test(sizes_have_an_end),
	    cmocka_unit_test(rooms_hold_for_all_that_one_does),
	    cmocka_unit_test(nobody_may_nothing_and_each_verdict_has_a_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
