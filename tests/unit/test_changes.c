/* test_changes.c: `mqtt-chat prune`, `reindex`, `room` and `salvage`: what they change, and say. */
#include <time.h>

#include "base/clock.h"
#include "commands.h"
#include "store/store_admin.h"

#define DAY_MS 86400000LL

static void expect_said(int result, int wanted, const char *text)
{
	expect(result == wanted, "%d: %s%s", result, out, err);
	expect(strcmp(wanted == ADMIN_OK ? out : err, text) == 0, "%s%s", out, err);
}

static const char *texts_left(void)
{
	return raw_text(settings.database, "SELECT group_concat(text, ' ') FROM messages");
}

static void say(const char *room, const char *nickname, const char *text, int64_t ts)
{
	struct store *store = open_store(settings.database, STORE_WRITER);
	struct store_entry entry = entry_with(room, text, NULL, NULL);
	entry.message.nickname = str_of(nickname);
	entry.ts = ts;
	store_one(store, &entry);
	store_close(store);
}

/* ---- prune ---- */

static void make_talk(void)
{
	int64_t now = clock_ms(CLOCK_REALTIME);
	say("lab", "Ann", "one", TS);
	say("den", "Bob", "two", TS + 1);
	say("lab", "Bob", "three", now - 3 * DAY_MS - 60000);
	say("den", "Ann", "four", now - 3 * DAY_MS + 60000);
	say("lab", "Ann", "five", now);
}

TEST(prune_deletes_what_all_options_select)
{
	make_talk();
	expect_said(run(&command_prune, "--room=lab", "--nickname=Bob", "--yes", NULL), ADMIN_OK,
	    "1 message was deleted\n");
	assert_string_equal(texts_left(), "one two four five");
	expect_said(
	    run(&command_prune, "--days=3", "--yes", NULL), ADMIN_OK, "2 messages were deleted\n");
	assert_string_equal(texts_left(), "four five");
	expect_said(
	    run(&command_prune, "--days=3", "--yes", NULL), ADMIN_OK, "0 messages were deleted\n");
	expect_said(run(&command_prune, "--nickname=Ann", "--yes", NULL), ADMIN_OK,
	    "2 messages were deleted\n");
	assert_string_equal(texts_left(), "NULL");
}

TEST(prune_of_a_time_deletes_what_is_before_it)
{
	make_talk();
	expect_said(run(&command_prune, "--before=2026-11-23T17:41:05.124Z", "--dry-run", NULL),
	    ADMIN_OK, "1 message would be deleted\n");
	expect_said(run(&command_prune, "--before=2026-11-23T17:41:05.125Z", "--dry-run", NULL),
	    ADMIN_OK, "2 messages would be deleted\n");
	expect_said(run(&command_prune, "--before=2026-11-23T17:41:05.124Z", "--yes", NULL),
	    ADMIN_OK, "1 message was deleted\n");
	assert_string_equal(texts_left(), "two three four five");
}

TEST(prune_asks_with_how_many_and_from_when)
{
	make_talk();
	expect_said(run(&command_prune, "--room=den", NULL), ADMIN_FAILED,
	    "Delete 2 messages for good?\nmqtt-chat: this is not a terminal, so nothing was "
	    "changed: say --yes if it shall be done\n");
	expect_said(run(&command_prune, "--before=2026-11-23T17:41:05.124Z", NULL), ADMIN_FAILED,
	    "Delete 1 message from before 2026-11-23T17:41:05.124Z for good?\nmqtt-chat: this is "
	    "not a terminal, so nothing was changed: say --yes if it shall be done\n");
	assert_string_equal(texts_left(), "one two three four five");
	expect_said(
	    run(&command_prune, "--room=none", NULL), ADMIN_OK, "0 messages were deleted\n");
}

TEST(prune_refuses_what_does_not_say_which)
{
	expect_said(run(&command_prune, "--yes", NULL), ADMIN_USAGE,
	    "mqtt-chat: say which messages: --room, --nickname, --before or --days\n");
	expect_said(run(&command_prune, "--before=2026-11-23", "--days=1", NULL), ADMIN_USAGE,
	    "mqtt-chat: --before and --days say the same: give one of them\n");
	expect_said(run(&command_prune, "--before=soon", NULL), ADMIN_USAGE,
	    "mqtt-chat: --before is a date or a time like 2026-11-01T09:30:00Z, not 'soon'\n");
	assert_int_equal(run(&command_prune, "--days=0", NULL), ADMIN_USAGE);
	expect(strstr(err, "--days=0 would select every message"), "%s", err);
	assert_int_equal(run(&command_prune, "--days=-1", NULL), ADMIN_USAGE);
	assert_int_equal(run(&command_prune, "--days=36501", NULL), ADMIN_USAGE);
	assert_int_equal(run(&command_prune, "--room=No", NULL), ADMIN_USAGE);
	assert_int_equal(run(&command_prune, "--days=36500", "--yes", NULL), ADMIN_OK);
	assert_int_equal(run(&command_prune, "--days=1", "--yes", NULL), ADMIN_OK);
	raw_run(settings.database, "DROP TABLE search_state");
	assert_int_equal(run(&command_prune, "--days=1", "--yes", NULL), ADMIN_FAILED);
}

TEST(prune_gives_the_room_back_to_the_disk)
{
	make_history(unit_path("many"), 3000);
	snprintf(settings.database, sizeof(settings.database), "%s", unit_path("many"));
	int64_t before = raw_number(settings.database, "PRAGMA page_count");
	expect_said(run(&command_prune, "--room=messages", "--yes", NULL), ADMIN_OK,
	    "3000 messages were deleted\n");
	assert_int_equal(raw_number(settings.database, "PRAGMA freelist_count"), 0);
	assert_true(raw_number(settings.database, "PRAGMA page_count") < before - 30);
}

TEST(prune_that_fails_says_how_far_it_came)
{
	struct store *store = open_store(settings.database, STORE_WRITER);
	for (int i = 0; i < 30; i++)
		add_message(store, "lab", "x");
	store_close(store);
	raw_run(settings.database,
	    "CREATE TRIGGER refuses BEFORE DELETE ON messages WHEN old.id = 20"
	    " BEGIN SELECT raise(ABORT, 'no'); END");
	assert_int_equal(run(&command_prune, "--room=lab", "--yes", NULL), ADMIN_FAILED);
	expect(strstr(err, "mqtt-chat: 5 messages were deleted before that; run it again for the "
			   "rest\n"),
	    "%s", err);
	assert_int_equal(raw_number(settings.database, "SELECT count(*) FROM messages"), 25);
}

/* ---- reindex ---- */

TEST(reindex_makes_all_of_it_anew)
{
	make_talk();
	raw_run(settings.database, "UPDATE spans SET first_ts = last_ts + 1;"
				   "UPDATE search_state SET indexed_id = 500");
	assert_int_equal(run(&command_reindex, NULL), ADMIN_FAILED);
	expect(strstr(err, "searches find only a part.\n"), "%s", err);
	expect_said(run(&command_reindex, "--yes", NULL), ADMIN_OK,
	    "the index of the search is complete\n");
	assert_int_equal(raw_number(settings.database, "SELECT indexed_id FROM search_state"), 5);
	run(&command_search, "three", NULL);
	expect_out(": three\n");
	int findings = 9;
	struct store *store = open_store(settings.database, STORE_READER);
	assert_int_equal(store_inspect(store, NULL, NULL, &findings), STORE_OK);
	assert_int_equal(findings, 0);
	store_close(store);
	raw_run(settings.database, "DROP TABLE spans");
	assert_int_equal(run(&command_reindex, "--yes", NULL), ADMIN_FAILED);
	assert_string_equal(out, "");
	snprintf(settings.database, sizeof(settings.database), "%s", unit_path("nowhere"));
	assert_int_equal(run(&command_reindex, "--yes", NULL), ADMIN_FAILED);
}

/* ---- room ---- */

TEST(rooms_are_listed_with_their_topics)
{
	expect_said(run(&command_room, "list", NULL), ADMIN_OK, "");
	make_talk();
	assert_int_equal(run(&command_room, "topic", "lab", "On", "Fridays", NULL), ADMIN_OK);
	expect_said(run(&command_room, "list", NULL), ADMIN_OK, "lab\t3\tOn Fridays\nden\t2\t\n");
	expect_said(run(&command_room, "topic", "lab", NULL), ADMIN_OK, "On Fridays\n");
	expect_said(run(&command_room, "topic", "den", NULL), ADMIN_OK, "");
	run(&command_room, "topic", "den", "  Quiet ", NULL);
	expect_said(run(&command_room, "topic", "den", NULL), ADMIN_OK, "Quiet\n");
	run(&command_room, "topic", "lab", "--clear", NULL);
	expect_said(run(&command_room, "topic", "lab", NULL), ADMIN_OK, "");
	run(&command_room, "topic", "den", "", NULL);
	expect_said(run(&command_room, "list", NULL), ADMIN_OK, "lab\t3\t\nden\t2\t\n");
}

TEST(a_topic_or_a_room_that_cannot_be_is_told)
{
	assert_int_equal(run(&command_room, "topic", "lab", "two\nlines", NULL), ADMIN_USAGE);
	expect(strstr(err, "a topic is one line of at most 200 characters"), "%s", err);
	assert_int_equal(run(&command_room, "topic", "lab", "\xff", NULL), ADMIN_USAGE);
	expect_said(run(&command_room, "topic", NULL), ADMIN_USAGE,
	    "mqtt-chat: room topic needs ROOM; see mqtt-chat room --help\n");
	assert_int_equal(run(&command_room, "topic", "No", "x", NULL), ADMIN_USAGE);
	expect_said(run(&command_room, "topic", "lab", "x", "--clear", NULL), ADMIN_USAGE,
	    "mqtt-chat: --clear takes the topic away: give no TEXT\n");
	expect_said(run(&command_room, "lists", NULL), ADMIN_USAGE,
	    "mqtt-chat: room does topic or list, not 'lists'\n");
	expect_said(run(&command_room, "list", "x", NULL), ADMIN_USAGE,
	    "mqtt-chat: room list takes nothing more\n");
	expect_said(run(&command_room, "list", "--clear", NULL), ADMIN_USAGE,
	    "mqtt-chat: room list takes nothing more\n");
	snprintf(settings.database, sizeof(settings.database), "%s", unit_path("nowhere"));
	assert_int_equal(run(&command_room, "list", NULL), ADMIN_FAILED);
	assert_int_equal(run(&command_room, "topic", "lab", "x", NULL), ADMIN_FAILED);
}

/* ---- salvage ---- */

static const char *salvaged(void)
{
	static char rest[400];
	unlink(unit_path("s"));
	expect(run(&command_salvage, unit_path("s"), NULL) == ADMIN_OK, "%s", err);
	snprintf(rest, sizeof(rest), "%s", strchr(out, '\n') + 1);
	*strstr(rest, "put it in place: mqtt-chat restore ") = '\0';
	return rest;
}

TEST(salvage_tells_what_is_lost)
{
	char line[400];
	make_talk();
	assert_string_equal(salvaged(), "none is lost\n");
	snprintf(line, sizeof(line), "%s: 5 messages of %s, verified\n", unit_path("s"),
	    settings.database);
	assert_int_equal(strncmp(out, line, strlen(line)), 0);
	raw_run(
	    settings.database, "DROP TRIGGER message_deleted; DELETE FROM messages WHERE id = 2");
	assert_string_equal(salvaged(),
	    "1 message is lost: there were 5\nids that are not there, because their messages are "
	    "lost or were deleted before: 2 (1 together)\n");
	raw_run(settings.database,
	    "DELETE FROM messages WHERE id = 5; DELETE FROM messages WHERE id = 4");
	assert_string_equal(salvaged(),
	    "3 messages are lost: there were 5\nids that are not there, because their messages are "
	    "lost or were deleted before: 4-5, 2 (3 together)\n");
	raw_run(settings.database, "DELETE FROM rooms");
	assert_string_equal(salvaged(),
	    "ids that are not there, because their messages are lost or were deleted before: 4-5, "
	    "2 (3 together)\n");
	assert_false(unit_exists(unit_path("s.part")));
}

TEST(salvage_tells_the_eight_longest_gaps)
{
	make_history(unit_path("many"), 40);
	snprintf(settings.database, sizeof(settings.database), "%s", unit_path("many"));
	raw_run(settings.database,
	    "DROP TRIGGER message_deleted; DELETE FROM messages WHERE id % 4 = 2");
	expect(
	    strstr(salvaged(), ": 2, 6, 10, 14, 18, 22, 26, 30, ... (10 together)\n"), "%s", out);
	raw_run(settings.database, "DELETE FROM messages WHERE id > 1");
	expect(strncmp(salvaged(), "39 messages are lost: there were 40\n", 36) == 0, "%s", out);
	expect_out("s: 1 message of ");
}

TEST(salvage_makes_nothing_of_what_has_no_message)
{
	unit_write(unit_path("text"), str_of("This is no database."));
	snprintf(settings.database, sizeof(settings.database), "%s", unit_path("text"));
	assert_int_equal(run(&command_salvage, unit_path("s"), NULL), ADMIN_FAILED);
	expect(strstr(err, "mqtt-chat: no message can be read from "), "%s", err);
	assert_false(unit_exists(unit_path("s")));
	assert_false(unit_exists(unit_path("s.part")));
	assert_int_equal(run(&command_salvage, unit_path("text"), NULL), ADMIN_FAILED);
	snprintf(settings.database, sizeof(settings.database), "%s", unit_path("nowhere"));
	assert_int_equal(run(&command_salvage, unit_path("s"), NULL), ADMIN_FAILED);
	expect(strstr(err, "nowhere: No such file or directory\n"), "%s", err);
	assert_int_equal(run(&command_salvage, "-", NULL), ADMIN_USAGE);
	expect(strstr(err, "standard output is no regular file: name a new one"), "%s", err);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    COMMAND(prune_deletes_what_all_options_select),
	    COMMAND(prune_of_a_time_deletes_what_is_before_it),
	    COMMAND(prune_asks_with_how_many_and_from_when),
	    COMMAND(prune_refuses_what_does_not_say_which),
	    COMMAND(prune_gives_the_room_back_to_the_disk),
	    COMMAND(prune_that_fails_says_how_far_it_came),
	    COMMAND(reindex_makes_all_of_it_anew),
	    COMMAND(rooms_are_listed_with_their_topics),
	    COMMAND(a_topic_or_a_room_that_cannot_be_is_told),
	    COMMAND(salvage_tells_what_is_lost),
	    COMMAND(salvage_tells_the_eight_longest_gaps),
	    COMMAND(salvage_makes_nothing_of_what_has_no_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
