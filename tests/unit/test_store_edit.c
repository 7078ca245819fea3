/*
 * What a second writer, and the logger between its rounds, do to the history: prune, retention,
 * copies; and that the first writer notices.
 */
#include <time.h>

#include "history.h"
#include "logger/upkeep.h"
#include "store/store_admin.h"

#define DAY_MS 86400000LL

static int64_t now_ms(void)
{
	return (int64_t)time(NULL) * 1000;
}

static void add_at(struct store *store, const char *room, const char *text, int64_t ts)
{
	struct store_entry entry = entry_with(room, text, NULL, NULL);
	entry.ts = ts;
	store_one(store, &entry);
}

static int count_one(void *arg, const struct store_row *row)
{
	int *count = arg;
	(void)row;
	++*count;
	return 0;
}

static int count_rows(struct store *store, const char *room)
{
	int count = 0;
	struct store_range range = {str_of(room), 0, INT64_MAX};
	assert_int_equal(store_history(store, &range, count_one, &count), STORE_OK);
	return count;
}

static int count_room(void *arg, const struct store_room *room)
{
	int64_t *total = arg;
	*total += room->messages;
	return 0;
}

static void tell(void *arg, const char *what, const char *remedy)
{
	(void)arg;
	(void)remedy;
	fprintf(stderr, "found: %s\n", what);
}

static void expect_sound(struct store *store)
{
	int findings = 0;
	assert_int_equal(store_inspect(store, tell, NULL, &findings), STORE_OK);
	assert_int_equal(findings, 0);
}

static int64_t prune(struct store *store, const struct store_filter *filter, int limit)
{
	int64_t cursor = 0, matched = 0;
	for (bool done = false; !done;)
		assert_int_equal(
		    store_prune(store, filter, limit, &cursor, &matched, &done), STORE_OK);
	return matched;
}

TEST(prune_deletes_what_the_filter_selects_indexed_or_not)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 0; i < 30; i++) {
		add_at(store, i % 2 ? "lab" : "hall", "Hello world", TS + i);
		if (i == 14)
			assert_int_equal(store_index(store, 100, STORE_MERGE), STORE_OK);
	}
	const struct store_filter filter = {.room = str_of("lab"), .before = TS + 21};
	int64_t cursor = 0, matched = 0;
	bool done;
	assert_int_equal(
	    store_match(store, &filter, STORE_SLICE_MAX, &cursor, &matched, &done), STORE_OK);
	assert_int_equal(matched, 10);
	assert_true(done);
	assert_int_equal(prune(store, &filter, 3), 10);
	assert_int_equal(count_rows(store, "lab"), 5);
	assert_int_equal(count_rows(store, "hall"), 15);
	assert_int_equal(store_index(store, 100, STORE_MERGE), STORE_OK);
	expect_sound(store);
	assert_int_equal(
	    raw_number(unit_path("db"), "SELECT count(*) FROM search WHERE search MATCH 'hello'"),
	    20);
	assert_int_equal(prune(store, &(struct store_filter){.nickname = str_of("Bob")}, 100), 0);
	assert_int_equal(prune(store, &(struct store_filter){.nickname = str_of("Ann")}, 100), 20);
	expect_sound(store);
	store_close(store);
}

TEST(two_writers_count_each_message_once)
{
	struct store *logger = open_store(unit_path("db"), STORE_CREATOR);
	struct store *editor = open_store(unit_path("db"), STORE_EDITOR);
	for (int i = 0; i < 10; i++) {
		add_message(logger, "lab", "logger");
		add_message(editor, "lab", "editor");
		add_message(editor, "lab", "editor");
	}
	int64_t total = 0;
	assert_int_equal(
	    store_rooms(logger, str_of(""), STORE_ROOMS_MAX, count_room, &total), STORE_OK);
	assert_int_equal(total, 30);
	store_close(editor);
	store_close(logger);
}

TEST(two_writers_fill_one_index)
{
	struct store *logger = open_store(unit_path("db"), STORE_CREATOR);
	struct store *editor = open_store(unit_path("db"), STORE_EDITOR);
	for (int i = 0; i < 40; i++)
		add_message(logger, "lab", "Hello");
	for (int i = 0; i < 4; i++) {
		assert_int_equal(store_index(logger, 5, STORE_MERGE), STORE_OK);
		assert_int_equal(store_index(editor, 5, STORE_MERGE), STORE_OK);
	}
	assert_int_equal(store_unindexed(editor), 0);
	struct store_overview overview;
	assert_int_equal(store_overview(logger, &overview), STORE_OK);
	assert_int_equal(overview.indexed_id, 40);
	assert_int_equal(store_forget_index(editor), STORE_OK);
	assert_int_equal(store_index(logger, 100, STORE_MERGE), STORE_OK);
	expect_sound(logger);
	store_close(editor);
	store_close(logger);
}

TEST(an_editor_makes_no_checkpoint_and_an_idle_logger_does)
{
	const char *path = unit_path("db");
	struct stat before, after;
	struct store *logger = open_store(path, STORE_CREATOR);
	struct store *editor = open_store(path, STORE_EDITOR);
	assert_int_equal(store_tidy(logger), STORE_OK);
	assert_int_equal(stat(path, &before), 0);
	for (int i = 0; i < 300; i++)
		add_message(editor, "lab", "Some text that takes room in the file");
	assert_int_equal(store_sync(editor), STORE_OK);
	store_close(editor);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_int_equal(store_tidy(logger), STORE_OK);
	assert_int_equal(stat(path, &after), 0);
	assert_true(after.st_size > before.st_size);
	assert_int_equal(store_unindexed(logger), 300);
	store_close(logger);
}

/* As often as it takes; the clock runs as fast as it asks for. */
static void keep_upkeep(struct upkeep *upkeep, struct store *store)
{
	int64_t now = 1;
	bool well = true;
	do {
		now = upkeep->next_at > now ? upkeep->next_at : now + 1;
		well = upkeep_run(upkeep, store, now, false);
	} while (well && upkeep->phase != UPKEEP_REST);
	assert_true(well);
}

TEST(retention_finds_old_messages_wherever_they_stand)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	int64_t old = now_ms() - 40 * DAY_MS, young = now_ms() - DAY_MS;
	for (int i = 0; i < 1500; i++)
		add_at(store, "lab", "x", i < 100 || i >= 1400 ? old : young);
	struct upkeep upkeep = {.days = 30};
	keep_upkeep(&upkeep, store);
	assert_int_equal(count_rows(store, "lab"), 1300);
	expect_sound(store);
	store_close(store);
}

TEST(retention_keeps_the_newest_of_each_room)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 0; i < 300; i++)
		add_at(store, i % 3 ? "lab" : "hall", "x", now_ms());
	struct upkeep upkeep = {.messages = 110};
	keep_upkeep(&upkeep, store);
	assert_int_equal(count_rows(store, "lab"), 110);
	assert_int_equal(count_rows(store, "hall"), 100);
	expect_sound(store);
	store_close(store);
}

/* One pass: until it rests. */
static void pass(struct upkeep *upkeep, struct store *store, int64_t now)
{
	int64_t at = now;
	assert_true(upkeep_run(upkeep, store, at, false));
	for (int i = 0; upkeep->phase != UPKEEP_REST; i++) {
		expect(i < 1000, "there is no end");
		assert_true(upkeep_run(upkeep, store, at += 1000, false));
	}
}

TEST(of_each_room_exactly_as_many_stay_as_are_set)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 0; i < 5; i++)
		add_message(store, "five", "x");
	for (int i = 0; i < 6; i++)
		add_message(store, "six", "x");
	struct upkeep upkeep = {.messages = 5};
	pass(&upkeep, store, 1000);
	assert_int_equal(count_rows(store, "five"), 5);
	assert_int_equal(count_rows(store, "six"), 5);
	store_close(store);
}

TEST(what_came_in_old_behind_what_is_young_goes_with_the_next_pass)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	struct upkeep upkeep = {.days = 1};
	for (int i = 0; i < 1001; i++)
		add_at(store, "lab", "young", now_ms());
	pass(&upkeep, store, 1000);
	add_at(store, "lab", "old", now_ms() - 2 * DAY_MS);
	pass(&upkeep, store, 100000);
	assert_int_equal(count_rows(store, "lab"), 1001);
	store_close(store);
}

static int warnings(struct upkeep *upkeep, struct store *store, int64_t now)
{
	char logged[4000];
	struct capture capture = capture_begin(STDERR_FILENO);
	bool well = true;
	for (int i = 0; i < 3; i++)
		well = upkeep_run(upkeep, store, now + i * 1000, false) && well;
	capture_end(&capture, logged, sizeof(logged));
	int count = 0;
	for (const char *at = logged; (at = strstr(at, "retention: ")); at++)
		count++;
	return well ? -1 : count;
}

TEST(retention_that_fails_is_told_once_until_it_works_again)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	struct upkeep upkeep = {.days = 1};
	add_at(store, "lab", "old", 1);
	raw_run(unit_path("db"), "ALTER TABLE messages RENAME TO away");
	assert_int_equal(warnings(&upkeep, store, 1000), 1);
	assert_int_equal(warnings(&upkeep, store, 100000), 0);
	raw_run(unit_path("db"), "ALTER TABLE away RENAME TO messages");
	pass(&upkeep, store, 200000);
	assert_int_equal(count_rows(store, "lab"), 0);
	raw_run(unit_path("db"), "ALTER TABLE messages RENAME TO away");
	assert_int_equal(warnings(&upkeep, store, 400000), 1);
	store_close(store);
}

static int64_t said(struct upkeep *upkeep, struct store *store, int64_t now)
{
	char logged[4000];
	struct capture capture = capture_begin(STDERR_FILENO);
	pass(upkeep, store, now);
	capture_end(&capture, logged, sizeof(logged));
	return strstr(logged, "mqtt-chat prune --days=365") != NULL;
}

TEST(while_the_clock_is_in_doubt_nothing_goes_by_age_and_that_is_told_once_an_hour)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	struct upkeep upkeep = {.days = 365, .messages = 5};
	for (int i = 0; i < 9; i++)
		add_at(store, i ? "lab" : "hall", "old", now_ms() - 400 * DAY_MS);
	upkeep.clock = (struct reckoning){.at = now_ms() - 400 * DAY_MS, .doubted = true};
	assert_true(said(&upkeep, store, 1000));
	assert_int_equal(count_rows(store, "hall"), 1);
	assert_int_equal(count_rows(store, "lab"), 5);
	assert_false(said(&upkeep, store, 3000000));
	assert_true(said(&upkeep, store, 5000000));
	reckoning_accept(&upkeep.clock, now_ms());
	pass(&upkeep, store, 6000000);
	assert_int_equal(count_rows(store, "hall"), 0);
	store_close(store);
}

/* An administrator has deleted what was old, or nothing ever was. */
TEST(a_clock_that_makes_nothing_old_is_believed)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	struct upkeep upkeep = {.days = 365};
	add_at(store, "lab", "young", now_ms() - 300 * DAY_MS);
	upkeep.clock = (struct reckoning){.at = now_ms() - 400 * DAY_MS, .doubted = true};
	pass(&upkeep, store, 1000);
	assert_false(upkeep.clock.doubted);
	assert_true(upkeep.clock.at > now_ms() - DAY_MS);
	store_close(store);
}

TEST(what_shrinking_says_is_left_is_left)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 0; i < 400; i++)
		add_message(
		    store, "lab", "a text of some length, so that there are pages to give back");
	const struct store_filter filter = {.room = str_of("lab")};
	int64_t cursor = 0, matched = 0, before, left;
	bool done;
	assert_int_equal(store_prune(store, &filter, 1000, &cursor, &matched, &done), STORE_OK);
	assert_int_equal(store_shrink(store, 0, &before), STORE_OK);
	assert_true(before > 5);
	assert_int_equal(store_shrink(store, 2, &left), STORE_OK);
	assert_int_equal(left, raw_number(unit_path("db"), "PRAGMA freelist_count"));
	assert_true(left < before && left > 0);
	store_close(store);
}

TEST(nothing_is_deleted_without_retention)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 0; i < 50; i++)
		add_at(store, "lab", "x", 1);
	struct upkeep upkeep = {0};
	assert_true(upkeep_run(&upkeep, store, 1000, false));
	assert_int_equal(upkeep.phase, UPKEEP_REST);
	assert_int_equal(upkeep_wait_ms(&upkeep, 1000, 1000), 1000);
	assert_int_equal(count_rows(store, "lab"), 50);
	store_close(store);
}

TEST(a_copy_is_one_sound_file_and_gives_no_id_again)
{
	char error[STORE_ERROR_SIZE];
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 0; i < 50; i++)
		add_message(store, "lab", "x");
	assert_int_equal(store_backup(store, unit_path("copy"), NULL, NULL, error), STORE_OK);
	assert_int_equal(store_backup(store, unit_path("copy"), NULL, NULL, error), STORE_DENIED);
	store_close(store);
	struct store *copy = open_store(unit_path("copy"), STORE_READER);
	assert_int_equal(count_rows(copy, "lab"), 50);
	expect_sound(copy);
	store_close(copy);
	assert_false(unit_exists(unit_path("copy-wal")));
	assert_int_equal(store_restore(unit_path("copy"), unit_path("back"), 70, error), STORE_OK);
	store = open_store(unit_path("back"), STORE_WRITER);
	assert_int_equal(add_message(store, "lab", "x"), 71);
	store_close(store);
}

static bool has_copy(struct store *store, struct store_entry entry, int64_t id, const char *msg_id)
{
	bool has;
	const struct str msg_ids[3] = {str_of(msg_id), str_of(NULL), str_of("none")};
	assert_int_equal(store_has_copy(store, &entry, id, msg_ids, &has), STORE_OK);
	return has;
}

TEST(a_copy_is_known_by_its_id_and_its_content_together)
{
	make_history(unit_path("db"), 3);
	struct store *store = open_store(unit_path("db"), STORE_EDITOR);
	struct store_entry entry = entry_with("lab", "Hello", "c", "import:ndjson:9");
	store_one(store, &entry);
	assert_int_equal(entry.id, 4);
	assert_int_equal(add_message(store, "lab", "Hello"), 5);
	struct store_entry same = entry_with("lab", "Hello", "d", NULL);
	assert_true(has_copy(store, same, 5, NULL));
	assert_true(has_copy(store, same, 9, "import:ndjson:9"));
	assert_false(has_copy(store, same, 3, NULL));
	assert_false(has_copy(store, same, 4, NULL)); /* it has a msgId, by which it is known */
	assert_false(has_copy(store, same, 9, "import:csv:9"));
	struct store_entry others[] = {same, same, same, same};
	others[0].message.room = str_of("hall");
	others[1].message.nickname = str_of("Bob");
	others[2].message.text = str_of("hello");
	others[3].ts++;
	for (size_t i = 0; i < COUNT(others); i++)
		expect(!has_copy(store, others[i], 5, "import:ndjson:9"), "%zu", i);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(prune_deletes_what_the_filter_selects_indexed_or_not),
	    IN_DIR(two_writers_count_each_message_once),
	    IN_DIR(two_writers_fill_one_index),
	    IN_DIR(an_editor_makes_no_checkpoint_and_an_idle_logger_does),
	    IN_DIR(retention_finds_old_messages_wherever_they_stand),
	    IN_DIR(retention_keeps_the_newest_of_each_room),
	    IN_DIR(of_each_room_exactly_as_many_stay_as_are_set),
	    IN_DIR(what_came_in_old_behind_what_is_young_goes_with_the_next_pass),
	    IN_DIR(retention_that_fails_is_told_once_until_it_works_again),
	    IN_DIR(while_the_clock_is_in_doubt_nothing_goes_by_age_and_that_is_told_once_an_hour),
	    IN_DIR(a_clock_that_makes_nothing_old_is_believed),
	    IN_DIR(what_shrinking_says_is_left_is_left),
	    IN_DIR(nothing_is_deleted_without_retention),
	    IN_DIR(a_copy_is_known_by_its_id_and_its_content_together),
	    IN_DIR(a_copy_is_one_sound_file_and_gives_no_id_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
