/* test_journal.c: what the log tells of messages, and how much of it. */
#include "logger/journal.h"

#include "base/log.h"
#include "unit.h"

static struct journal journal;
static char logged[65536];
static struct capture capture;

static void begin(void)
{
	capture = capture_begin(STDERR_FILENO);
}

static void end(void)
{
	capture_end(&capture, logged, sizeof(logged));
}

static int setup(void **state)
{
	journal = (struct journal){.newest = 100};
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_open("logger");
	log_set_level(LOG_LEVEL_INFO);
	return unit_make_dir(state);
}

#define LOGGED(test) cmocka_unit_test_setup_teardown(test, setup, unit_remove_dir)

static struct store_entry entry(const char *room, int64_t id)
{
	return (struct store_entry){
	    .message = {.room = str_of(room), .nickname = str_of("Ann"), .text = str_of("secret")},
	    .size = 40,
	    .id = id};
}

static struct store_entry faulty(enum message_fault fault)
{
	struct store_entry e = entry("lab", 0);
	e.fault = fault;
	return e;
}

/* Notes the entries at `now`; `logged` is what was written. */
static void note(const struct store_entry *entries, size_t count, int64_t now)
{
	begin();
	journal_note(&journal, entries, count, now);
	end();
}

static void tell(int64_t now)
{
	begin();
	journal_tell(&journal, now);
	end();
}

static size_t count_of(const char *what)
{
	size_t n = 0;
	for (const char *at = logged; (at = strstr(at, what)); at++)
		n++;
	return n;
}

static void expect_logged(const char *expected)
{
	expect(strcmp(logged, expected) == 0, "%s", logged);
}

TEST(a_minute_is_one_line)
{
	struct store_entry entries[] = {entry("lab", 101), entry("messages", 102),
	    entry("lab", 101), entry("lab", 7), entry("lab", 103)};
	entries[3].repeated = true;
	note(entries, COUNT(entries), 5000);
	expect_logged("");
	tell(64999);
	expect_logged("");
	tell(65000);
	expect_logged(
	    "<6>logger: in 60 s: 3 messages stored in 2 rooms (lab, messages), 2 repeated, "
	    "0 rejected\n");
	tell(200000);
	expect_logged("");
	note(entries, 1, 300000);
	tell(361000);
	expect_logged(
	    "<6>logger: in 61 s: 0 messages stored in 1 room (lab), 1 repeated, 0 rejected\n");
}

TEST(a_batch_after_the_minute_begins_the_next_line)
{
	struct store_entry first = entry("lab", 101), second = entry("lab", 102);
	note(&first, 1, 1000);
	note(&second, 1, 61000);
	expect_logged(
	    "<6>logger: in 60 s: 1 message stored in 1 room (lab), 0 repeated, 0 rejected\n");
	begin();
	journal_end(&journal, 63000);
	end();
	expect_logged(
	    "<6>logger: in 2 s: 1 message stored in 1 room (lab), 0 repeated, 0 rejected\n");
}

TEST(without_messages_there_is_no_line)
{
	note(NULL, 0, 1);
	tell(1000000);
	begin();
	journal_end(&journal, 2000000);
	end();
	expect_logged("");
}

TEST(many_rooms_are_a_line_all_the_same)
{
	char names[40][MESSAGE_ROOM_MAX + 1];
	for (int i = 0; i < 40; i++) {
		memset(names[i], 'r', MESSAGE_ROOM_MAX);
		snprintf(names[i] + 60, 5, "%04d", i);
		struct store_entry e = entry(names[i], 101 + i);
		note(&e, 1, 1);
	}
	tell(60001);
	assert_int_equal(count_of("\n"), 1);
	assert_int_equal(count_of("40 messages stored in more than 8 rooms (r"), 1);
	assert_int_equal(count_of(", …), 0 repeated, 0 rejected\n"), 1);
}

TEST(who_was_rejected_and_why)
{
	struct store_entry e = faulty(MESSAGE_BAD_TEXT);
	e.message.client_id = str_of("cli-1");
	e.message.msg_id = str_of("m\"1\\");
	note(&e, 1, 1);
	expect_logged("<4>logger: warning: rejected: text must be a string of 1 to 4000 "
		      "characters: 40 bytes, room \"lab\", clientId \"cli-1\", "
		      "msgId \"m\\\"1\\\\\", nickname \"Ann\"\n");
	e = faulty(MESSAGE_BAD_ROOM);
	e.message = (struct message){0};
	e.topic = str_of("chat/No");
	note(&e, 1, 1);
	assert_int_equal(count_of("40 bytes, topic \"chat/No\"\n"), 1);
	e.repeated = true; /* the broker delivers it again */
	note(&e, 1, 1);
	expect_logged("");
}

TEST(nothing_that_was_sent_can_write_to_the_log)
{
	struct store_entry e = faulty(MESSAGE_BAD_TEXT);
	e.message.client_id = str_of("a\nlogger: forged\x1b[2J\x7f\xc2\x9b");
	e.message.msg_id = str_of("\xe2\x80\xae\xe2\x80\xa8\xe2\x81\xa7");
	e.message.nickname = str_of("\xff");
	note(&e, 1, 1);
	assert_int_equal(count_of("\n"), 1);
	for (const char *at = logged; *at && *at != '\n'; at++)
		expect((unsigned char)*at >= 0x20 && *at != 0x7f, "byte %d", *at);
	assert_int_equal(count_of("\\nlogger: forged\\x1b[2J\\x7f\\u009b"), 1);
	assert_int_equal(count_of("msgId \"\\u202e\\u2028\\u2067\""), 1);
	assert_int_equal(count_of("\xff"), 0);
}

TEST(what_is_long_is_cut_and_the_line_stays_whole)
{
	static char longest[4000];
	memset(longest, '\x01', sizeof(longest) - 1);
	struct store_entry e = faulty(MESSAGE_BAD_ROOM);
	struct str s = str_of(longest);
	e.message = (struct message){.client_id = s, .msg_id = s, .nickname = s};
	e.topic = s;
	note(&e, 1, 1);
	expect(strlen(logged) < 1000, "%zu bytes", strlen(logged));
	assert_int_equal(count_of("…\""), 4);
	assert_int_equal(count_of("nickname \""), 1);
}

TEST(only_so_many_are_told_a_minute_and_the_rest_is_counted)
{
	struct store_entry many[1000];
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = faulty(MESSAGE_BAD_UTF8);
	note(many, COUNT(many), 1);
	assert_int_equal(
	    count_of("warning: rejected: the payload is not UTF-8"), JOURNAL_REJECTED_LINES);
	note(many, COUNT(many), 59000);
	expect_logged("");
	tell(60001);
	assert_int_equal(count_of("rejected: 1990 more in this minute"), 1);
	assert_int_equal(count_of("0 messages stored, 0 repeated, 2000 rejected"), 1);
	note(many, COUNT(many), 70000);
	assert_int_equal(count_of("\n"), JOURNAL_REJECTED_LINES);
}

TEST(at_debug_each_message_has_a_line_without_its_text)
{
	struct store_entry entries[] = {entry("lab", 101), entry("lab", 101)};
	log_set_level(LOG_LEVEL_DEBUG);
	note(entries, COUNT(entries), 1);
	expect_logged("<7>logger: debug: stored 101: 40 bytes, room \"lab\", nickname \"Ann\"\n"
		      "<7>logger: debug: repeated 101: 40 bytes, room \"lab\", nickname \"Ann\"\n");
}

TEST(at_warning_only_the_rejected_are_told)
{
	struct store_entry entries[] = {entry("lab", 101), faulty(MESSAGE_NUL)};
	log_set_level(LOG_LEVEL_WARNING);
	note(entries, COUNT(entries), 1);
	assert_int_equal(count_of("rejected: "), 1);
	tell(70000);
	expect_logged("");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    LOGGED(a_minute_is_one_line),
	    LOGGED(a_batch_after_the_minute_begins_the_next_line),
	    LOGGED(without_messages_there_is_no_line),
	    LOGGED(many_rooms_are_a_line_all_the_same),
	    LOGGED(who_was_rejected_and_why),
	    LOGGED(nothing_that_was_sent_can_write_to_the_log),
	    LOGGED(what_is_long_is_cut_and_the_line_stays_whole),
	    LOGGED(only_so_many_are_told_a_minute_and_the_rest_is_counted),
	    LOGGED(at_debug_each_message_has_a_line_without_its_text),
	    LOGGED(at_warning_only_the_rejected_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
