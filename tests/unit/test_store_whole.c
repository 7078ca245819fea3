/* test_store_whole.c: the rooms and their counts, whoever writes; the history from end to end. */
#include <time.h>

#include "base/text.h"
#include "history.h"

static struct store *writer, *reader;
static const char *path;
static struct text seen;

static int setup(void **state)
{
	static char place[PATH_MAX];
	if (unit_make_dir(state) != 0)
		return -1;
	snprintf(place, sizeof(place), "%s", unit_path("db"));
	path = place;
	writer = open_store(path, STORE_CREATOR);
	reader = open_store(path, STORE_READER);
	return 0;
}

static int teardown(void **state)
{
	text_free(&seen);
	store_close(reader);
	store_close(writer);
	return unit_remove_dir(state);
}

#define WHOLE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static const char *what_was_seen(void)
{
	text_put(&seen, (struct str){"", 1});
	return seen.broken ? "broken" : seen.at;
}

/* ---- rooms ---- */

static int see_room(void *arg, const struct store_room *room)
{
	(void)arg;
	text_printf(&seen, "%.*s %lld %lld %lld;", (int)room->room.len, room->room.at,
	    (long long)room->messages, (long long)room->last_id, (long long)room->last_ts % 1000);
	return 0;
}

static const char *rooms_with(const char *part, int limit)
{
	text_free(&seen);
	assert_int_equal(store_rooms(reader, str_of(part), limit, see_room, NULL), STORE_OK);
	return what_was_seen();
}

static const char *rooms(void)
{
	return rooms_with("", STORE_ROOMS_MAX);
}

static void add_at(const char *room, int64_t ts)
{
	struct store_entry entry = entry_with(room, "Hi", NULL, NULL);
	entry.ts = ts;
	store_one(writer, &entry);
}

static void insert_as_a_stranger(const char *room, int count)
{
	char sql[300];
	snprintf(sql, sizeof(sql),
	    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
	    "INSERT INTO messages (ts, room, nickname, text) SELECT i, '%s', 'Ann', 'Hi' FROM n",
	    count, room);
	raw_run(path, sql);
}

static void next_batch(void)
{
	assert_int_equal(store_insert_batch(writer, NULL, 0, NULL, NULL), STORE_OK);
}

TEST(without_messages_there_are_no_rooms)
{
	assert_string_equal(rooms(), "");
}

TEST(a_room_is_counted_with_its_newest_message_newest_room_first)
{
	add_at("lab", 1);
	add_at("den", 2);
	add_at("lab", 3);
	assert_string_equal(rooms(), "lab 2 3 3;den 1 2 2;");
	add_at("den", 4);
	assert_string_equal(rooms(), "den 2 4 4;lab 2 3 3;");
}

TEST(rooms_are_found_by_a_part_of_their_name_and_the_newest_of_them_alone)
{
	add_at("lab", 1);
	add_at("den", 2);
	add_at("old_lab", 3);
	add_at("label", 4);
	assert_string_equal(rooms_with("lab", 9), "label 1 4 4;old_lab 1 3 3;lab 1 1 1;");
	assert_string_equal(rooms_with("LAB", 2), "label 1 4 4;old_lab 1 3 3;");
	assert_string_equal(rooms_with("", 1), "label 1 4 4;");
	assert_string_equal(rooms_with("_", 9), "old_lab 1 3 3;");
	assert_string_equal(rooms_with("%", 9), "");
}

TEST(the_newest_message_is_that_with_the_highest_id_whatever_its_clock_said)
{
	struct store_entry entries[] = {entry_with("lab", "one", NULL, NULL),
	    entry_with("lab", "two", NULL, NULL), entry_with("lab", "three", NULL, NULL)};
	entries[0].ts = 900;
	entries[1].ts = 950;
	entries[2].ts = 7;
	assert_int_equal(store_insert_batch(writer, entries, 3, NULL, NULL), STORE_OK);
	assert_string_equal(rooms(), "lab 3 3 7;");
}

TEST(what_is_repeated_or_rejected_is_not_counted)
{
	struct store_entry entries[] = {entry_with("lab", "one", "c", "m"),
	    entry_with("lab", "one", "c", "m"), entry_with("den", "x", NULL, NULL)};
	entries[2].fault = MESSAGE_REFUSED;
	next_batch();
	assert_int_equal(store_insert_batch(writer, entries, 3, NULL, NULL), STORE_OK);
	assert_string_equal(rooms(), "lab 1 1 123;");
	assert_int_equal(store_insert_batch(writer, entries, 3, NULL, NULL), STORE_OK);
	assert_string_equal(rooms(), "lab 1 1 123;");
}

TEST(a_batch_of_many_rooms_is_counted)
{
	static struct store_entry entries[60];
	static char names[20][4];
	next_batch();
	for (int rooms_in_it = 1; rooms_in_it <= 20; rooms_in_it++) {
		for (int i = 0; i < 60; i++) {
			char *name = names[i % rooms_in_it];
			snprintf(name, sizeof(names[0]), "r%d", i % rooms_in_it);
			entries[i] = entry_with(name, "Hi", NULL, NULL);
		}
		assert_int_equal(store_insert_batch(writer, entries, 60, NULL, NULL), STORE_OK);
		assert_int_equal(
		    raw_number(path,
			"SELECT count(*) FROM rooms AS r WHERE (messages, last_id, last_ts) ="
			" (SELECT count(*), max(id), ts FROM messages WHERE room = r.room)"),
		    rooms_in_it);
	}
}

TEST(what_a_trigger_inserts_is_counted)
{
	next_batch();
	raw_run(path, "CREATE TRIGGER t AFTER INSERT ON messages WHEN new.room = 'lab' BEGIN"
		      " INSERT INTO messages (ts, room, nickname, text)"
		      " VALUES (new.ts, 'copies', new.nickname, new.text); END");
	next_batch();
	add_at("lab", 1);
	add_at("den", 2);
	add_at("lab", 3);
	assert_string_equal(rooms(), "copies 2 5 3;lab 2 4 3;den 1 3 2;");
}

TEST(a_batch_that_fails_is_not_counted)
{
	add_at("lab", 1);
	struct store_entry entry = entry_with("lab", "Hi", NULL, NULL);
	raw_run(path, "CREATE TRIGGER t AFTER UPDATE ON rooms BEGIN SELECT raise(FAIL, 'no'); END");
	assert_int_not_equal(store_insert_batch(writer, &entry, 1, NULL, NULL), STORE_OK);
	raw_run(path, "DROP TRIGGER t");
	assert_string_equal(rooms(), "lab 1 1 1;");
	add_at("lab", 2);
	assert_string_equal(rooms(), "lab 2 2 2;");
}

TEST(what_a_stranger_inserts_is_counted_with_the_next_batch)
{
	add_at("lab", 1);
	insert_as_a_stranger("den", 5);
	insert_as_a_stranger("lab", 2);
	next_batch();
	next_batch();
	assert_string_equal(rooms(), "lab 3 8 2;den 5 6 5;");
}

TEST(a_writer_that_starts_goes_on_where_the_last_one_ended)
{
	add_at("lab", 1);
	store_close(writer);
	insert_as_a_stranger("lab", 3);
	writer = open_store(path, STORE_WRITER);
	add_at("lab", 9);
	assert_string_equal(rooms(), "lab 5 5 9;");
}

TEST(what_is_deleted_is_not_counted_any_more)
{
	for (int i = 1; i <= 6; i++)
		add_at(i % 2 ? "lab" : "den", i);
	raw_run(path, "DELETE FROM messages WHERE id = 2");
	assert_string_equal(rooms(), "den 2 6 6;lab 3 5 5;");
	raw_run(path, "DELETE FROM messages WHERE id >= 5");
	assert_string_equal(rooms(), "den 1 4 4;lab 2 3 3;");
	raw_run(path, "DELETE FROM messages WHERE room = 'den'");
	assert_string_equal(rooms(), "lab 2 3 3;");
	add_at("den", 8);
	assert_string_equal(rooms(), "den 1 7 8;lab 2 3 3;");
}

TEST(what_is_deleted_before_it_was_counted_never_is)
{
	add_at("lab", 1);
	insert_as_a_stranger("lab", 4);
	raw_run(path, "DELETE FROM messages WHERE id IN (1, 3, 5)");
	next_batch();
	assert_string_equal(rooms(), "lab 2 4 3;");
}

TEST(of_many_rooms_the_thousand_newest_are_told)
{
	raw_run(path,
	    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1100) "
	    "INSERT INTO messages (ts, room, nickname, text) SELECT i, 'r' || i, 'Ann', 'Hi' FROM "
	    "n");
	next_batch();
	const char *all = rooms();
	int count = 0;
	for (const char *at = all; (at = strchr(at, ';')) != NULL; at++)
		count++;
	assert_int_equal(count, STORE_ROOMS_MAX);
	assert_memory_equal(all, "r1100 1 1100 100;", 17);
}

/* ---- the history ---- */

static int see_row(void *arg, const struct store_row *row)
{
	const int *wanted = arg;
	static int rows;
	rows = seen.len ? rows + 1 : 1;
	text_printf(&seen, "%lld ", (long long)row->id);
	return rows == *wanted;
}

/* The ids; `wanted`: after so many it is enough. */
static const char *history(const char *room, int64_t after, int64_t until, int wanted)
{
	struct store_range range = {str_of(room), after, until};
	text_free(&seen);
	assert_int_equal(store_history(reader, &range, see_row, &wanted), STORE_OK);
	return what_was_seen();
}

TEST(a_range_is_read_oldest_first_without_its_begin_and_with_its_end)
{
	for (int i = 1; i <= 6; i++)
		add_at(i % 2 ? "lab" : "den", i);
	assert_string_equal(history(NULL, 0, 6, -1), "1 2 3 4 5 6 ");
	assert_string_equal(history(NULL, 2, 5, -1), "3 4 5 ");
	assert_string_equal(history("lab", 0, 6, -1), "1 3 5 ");
	assert_string_equal(history("lab", 1, 4, -1), "3 ");
	assert_string_equal(history("den", 2, 3, -1), "");
	assert_string_equal(history("none", 0, 6, -1), "");
}

TEST(enough_is_enough_and_no_error)
{
	for (int i = 1; i <= 6; i++)
		add_at("lab", i);
	assert_string_equal(history(NULL, 0, 6, 2), "1 2 ");
	assert_string_equal(history("lab", 2, 6, 3), "3 4 5 ");
}

static int refuse(void *arg, const struct store_row *row)
{
	(void)arg;
	(void)row;
	return -1;
}

TEST(a_row_that_is_refused_ends_it_with_an_error)
{
	struct store_range range = {str_of(NULL), 0, 9};
	add_at("lab", 1);
	assert_int_equal(store_history(reader, &range, refuse, NULL), STORE_FAILED);
}

TEST(the_newest_is_that_of_all_rooms)
{
	int64_t id = 7;
	assert_int_equal(store_newest(reader, &id), STORE_OK);
	assert_int_equal(id, 0);
	add_at("lab", 1);
	add_at("den", 1);
	assert_int_equal(store_newest(reader, &id), STORE_OK);
	assert_int_equal(id, 2);
}

/* ---- figures ---- */

static struct store_figures figures(void)
{
	struct store_figures out;
	assert_int_equal(store_read_figures(reader, &out), STORE_OK);
	return out;
}

TEST(a_batch_is_counted_by_what_became_of_its_entries)
{
	struct store_entry entries[] = {entry_with("lab", "one", "c", "m"),
	    entry_with("lab", "one", "c", "m"), entry_with("lab", "x", NULL, NULL),
	    entry_with("lab", "", NULL, NULL), entry_with("lab", "again", NULL, NULL)};
	entries[2].fault = MESSAGE_REFUSED;
	entries[4].repeated = true;
	entries[4].id = 1;
	assert_int_equal(store_insert_batch(writer, entries, COUNT(entries), NULL, NULL), STORE_OK);
	struct store_figures f = figures();
	assert_int_equal(f.stored, 1);
	assert_int_equal(f.repeated, 2);
	assert_int_equal(f.rejected, 2);
	assert_int_equal(f.batches, 1);
}

TEST(a_commit_is_counted_by_the_next_one)
{
	assert_int_equal(figures().commits, 0);
	add_at("lab", 1);
	assert_int_equal(figures().commits, 0);
	next_batch();
	next_batch();
	struct store_figures f = figures();
	assert_int_equal(f.commits, 2);
	assert_int_equal(f.batches, 1);
	assert_true(f.commit_seconds > 0);
	for (int i = 1; i < STORE_COMMIT_BOUNDS; i++)
		assert_true(f.within[i - 1] <= f.within[i] && f.within[i] <= 2);
}

TEST(the_age_of_a_batch_is_its_oldest_entrys)
{
	struct store_entry entries[] = {
	    entry_with("lab", "now", NULL, NULL), entry_with("lab", "old", NULL, NULL)};
	int64_t now = (int64_t)time(NULL) * 1000;
	entries[0].ts = now;
	entries[1].ts = now - 60000;
	assert_int_equal(store_insert_batch(writer, entries, 2, NULL, NULL), STORE_OK);
	assert_true(figures().batch_age_ms >= 60000);
	next_batch();
	assert_int_equal(figures().batch_age_ms, 0);
}

TEST(figures_go_on_with_another_writer)
{
	add_at("lab", 1);
	store_close(writer);
	writer = open_store(path, STORE_WRITER);
	add_at("lab", 1);
	assert_int_equal(figures().stored, 2);
}

TEST(the_wal_file_is_measured)
{
	add_at("lab", 1);
	struct stat wal;
	assert_int_equal(stat(unit_path("db-wal"), &wal), 0);
	assert_int_equal(store_wal_bytes(reader), wal.st_size);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    WHOLE(without_messages_there_are_no_rooms),
	    WHOLE(a_room_is_counted_with_its_newest_message_newest_room_first),
	    WHOLE(rooms_are_found_by_a_part_of_their_name_and_the_newest_of_them_alone),
	    WHOLE(the_newest_message_is_that_with_the_highest_id_whatever_its_clock_said),
	    WHOLE(what_is_repeated_or_rejected_is_not_counted),
	    WHOLE(a_batch_of_many_rooms_is_counted),
	    WHOLE(what_a_trigger_inserts_is_counted),
	    WHOLE(a_batch_that_fails_is_not_counted),
	    WHOLE(what_a_stranger_inserts_is_counted_with_the_next_batch),
	    WHOLE(a_writer_that_starts_goes_on_where_the_last_one_ended),
	    WHOLE(what_is_deleted_is_not_counted_any_more),
	    WHOLE(what_is_deleted_before_it_was_counted_never_is),
	    WHOLE(of_many_rooms_the_thousand_newest_are_told),
	    WHOLE(a_range_is_read_oldest_first_without_its_begin_and_with_its_end),
	    WHOLE(enough_is_enough_and_no_error),
	    WHOLE(a_row_that_is_refused_ends_it_with_an_error),
	    WHOLE(the_newest_is_that_of_all_rooms),
	    WHOLE(a_batch_is_counted_by_what_became_of_its_entries),
	    WHOLE(a_commit_is_counted_by_the_next_one),
	    WHOLE(the_age_of_a_batch_is_its_oldest_entrys),
	    WHOLE(figures_go_on_with_another_writer),
	    WHOLE(the_wal_file_is_measured),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
