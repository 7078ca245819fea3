/* test_topics.c: which topic lines are published, and when: what the broker lacks, then what
 * changes. */
#include "logger/topics.h"

#include "base/text.h"
#include "writing.h"

static struct topics topics;
static struct text published;
static int count;

static int topics_setup(void **state)
{
	topics = (struct topics){0};
	count = 0;
	return setup(state);
}

static int topics_teardown(void **state)
{
	topics_end(&topics);
	text_free(&published);
	return teardown(state);
}

#define TOPICS(test) cmocka_unit_test_setup_teardown(test, topics_setup, topics_teardown)

static void publish(void *arg, const char *topic, struct str payload)
{
	assert_ptr_equal(arg, &count);
	text_printf(&published, "%s=%.*s;", topic, (int)payload.len, payload.len ? payload.at : "");
	count++;
}

/* What a run at that time publishes. */
static const char *run_at(int64_t now)
{
	published.len = 0;
	count = 0;
	topics_run(&topics, writer, now, publish, &count);
	text_put(&published, (struct str){"", 1});
	return published.at;
}

static void set(const char *room, const char *topic)
{
	struct store *editor = open_store(path, STORE_EDITOR);
	assert_int_equal(store_set_topic(editor, str_of(room), str_of(topic)), STORE_OK);
	store_close(editor);
}

static void note(const char *topic, const char *payload)
{
	topics_note(&topics, str_of(topic), str_of(payload));
}

TEST(until_the_broker_has_told_all_nothing_is_published)
{
	set("lab", "On Fridays");
	assert_string_equal(run_at(1000), "");
	topics_listed(&topics); /* without a connection it tells nothing */
	assert_string_equal(run_at(1000), "");
	topics_begin(&topics);
	assert_string_equal(run_at(1000), "");
	topics_listed(&topics);
	assert_string_equal(run_at(1000), "chat/lab/topic=On Fridays;");
	assert_int_equal(topics.phase, TOPICS_FOLLOWING);
}

TEST(what_the_broker_keeps_already_is_not_published)
{
	set("lab", "On Fridays");
	set("den", "Quiet");
	set("old", "Gone");
	set("old", "");
	set("empty", "Never");
	set("empty", "");
	topics_begin(&topics);
	note("chat/lab/topic", "On Fridays");
	note("chat/den/topic", "Loud");
	note("chat/old/topic", "Gone");
	note("chat/strange/topic", "Of a database before");
	note("chat/No/topic", "x");
	note("chat//topic", "x");
	note("chat/topic", "x");
	note("chat/undone/topic", "x");
	note("chat/undone/topic", "");
	topics_listed(&topics);
	note("chat/late/topic", "x"); /* it is ours, which comes back */
	assert_string_equal(
	    run_at(1000), "chat/den/topic=Quiet;chat/old/topic=;chat/strange/topic=;");
	assert_string_equal(run_at(2000), "");
}

TEST(then_what_changes_is_published_twice_a_second_at_most)
{
	topics_begin(&topics);
	topics_listed(&topics);
	assert_string_equal(run_at(1000), "");
	set("lab", "One");
	assert_string_equal(run_at(1499), "");
	assert_string_equal(run_at(1500), "chat/lab/topic=One;");
	set("lab", "Two");
	set("lab", "");
	set("den", "Three");
	assert_string_equal(run_at(2000), "chat/lab/topic=;chat/den/topic=Three;");
	assert_string_equal(run_at(2500), "");
	assert_int_equal(topics_wait_ms(&topics, 2600, 700), 700);
}

TEST(many_come_in_slices_with_pauses)
{
	char name[20];
	for (int i = 0; i < 120; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		set(name, "x");
	}
	topics_begin(&topics);
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "chat/u%d/topic", i);
		note(name, "x");
	}
	topics_listed(&topics);
	run_at(1000);
	assert_int_equal(count, 50);
	assert_int_equal(topics.phase, TOPICS_COMPARING);
	assert_int_equal(topics_wait_ms(&topics, 1000, 700), 50);
	assert_int_equal(topics_wait_ms(&topics, 1000, 20), 20);
	assert_int_equal(topics_wait_ms(&topics, 1049, 700), 1);
	assert_int_equal(topics_wait_ms(&topics, 1060, 700), 1);
	run_at(1049);
	assert_int_equal(count, 0);
	run_at(1050);
	assert_int_equal(count, 50);
	run_at(1100);
	assert_int_equal(count, 50); /* 20 of them, and 30 that are unknown */
	run_at(1150);
	assert_int_equal(count, 0);
	assert_int_equal(topics.phase, TOPICS_FOLLOWING);
	assert_int_equal(topics_wait_ms(&topics, 1150, 700), 700);
}

TEST(a_new_connection_begins_anew)
{
	set("lab", "One");
	topics_begin(&topics);
	topics_listed(&topics);
	run_at(1000);
	topics_begin(&topics);
	note("chat/lab/topic", "One");
	assert_string_equal(run_at(9000), "");
	topics_listed(&topics);
	assert_string_equal(run_at(9000), "");
	topics_begin(&topics);
	topics_listed(&topics);
	assert_string_equal(run_at(9001), "chat/lab/topic=One;");
}

TEST(a_failure_is_told_once_and_tried_again_a_minute_later)
{
	char logged[2000];
	topics_begin(&topics);
	topics_listed(&topics);
	set("lab", "One");
	raw_run(path, "ALTER TABLE topics RENAME TO away");
	for (int i = 0; i < 2; i++) {
		struct capture told = capture_begin(STDERR_FILENO);
		assert_string_equal(run_at(1000 + 60000 * i), "");
		capture_end(&told, logged, sizeof(logged));
		assert_int_equal(strstr(logged, "topics of rooms: ") != NULL, i == 0);
	}
	raw_run(path, "ALTER TABLE away RENAME TO topics");
	assert_string_equal(run_at(120999), "");
	assert_string_equal(run_at(121000), "chat/lab/topic=One;");
	assert_false(topics.told);
	struct store *none = writer;
	writer = NULL;
	assert_string_equal(run_at(200000), "");
	writer = none;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TOPICS(until_the_broker_has_told_all_nothing_is_published),
	    TOPICS(what_the_broker_keeps_already_is_not_published),
	    TOPICS(then_what_changes_is_published_twice_a_second_at_most),
	    TOPICS(many_come_in_slices_with_pauses),
	    TOPICS(a_new_connection_begins_anew),
	    TOPICS(a_failure_is_told_once_and_tried_again_a_minute_later),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
