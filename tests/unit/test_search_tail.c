/* test_search_tail.c: what a reader keeps of the messages that are not in the index yet, and for
 * how long; what it says of a page; and how it goes on after a failure. */
#include "history.h"
#include "store/sqlite.h"
#include "store/store_admin.h"

static struct store *writer, *reader;
static struct store_page page;
static int64_t ids[STORE_PAGE_MAX];
static int count;

static int setup(void **state)
{
	if (unit_make_dir(state) != 0)
		return -1;
	writer = open_store(unit_path("db"), STORE_CREATOR);
	reader = open_store(unit_path("db"), STORE_READER);
	return 0;
}

static int teardown(void **state)
{
	store_close(reader);
	store_close(writer);
	return unit_remove_dir(state);
}

#define TAIL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static int see_hit(void *arg, const struct store_row *row, struct str snippet)
{
	(void)arg;
	(void)snippet;
	ids[count++] = row->id;
	return 0;
}

static enum store_status search(const char *q, int64_t before, int limit)
{
	struct search_query query;
	char problem[SEARCH_PROBLEM_SIZE];
	expect(search_query_read(&query, str_of(q), problem), "'%s': %s", q, problem);
	count = 0;
	return store_search(reader, &query, before, limit, &page, see_hit, NULL);
}

static void expect_found(int wanted)
{
	enum store_status status = search("door", INT64_MAX, STORE_PAGE_MAX);
	expect(status == STORE_OK, "%s", store_error(reader));
	expect(count == wanted, "%d found", count);
}

/* How many messages the reader's own index has. */
static int kept(void)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(reader->db,
	    "SELECT count(*) FROM temp.search_tail WHERE search_tail MATCH 'door'", -1, &stmt,
	    NULL);
	expect(
	    rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW, "%s", sqlite3_errmsg(reader->db));
	int rows = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return rows;
}

static void say(int more)
{
	for (int i = 0; i < more; i++)
		add_message(writer, "lab", "door");
}

static void index_some(int limit)
{
	assert_int_equal(store_index(writer, limit, STORE_MERGE), STORE_OK);
}

/* ---- the tail ---- */

TEST(what_the_index_has_is_kept_no_longer_than_the_rest)
{
	say(3);
	expect_found(3);
	assert_int_equal(kept(), 3);
	index_some(2);
	expect_found(3);
	assert_int_equal(kept(), 3);
	index_some(1);
	expect_found(3);
	assert_int_equal(kept(), 0);
	say(1);
	expect_found(4);
	assert_int_equal(kept(), 1);
}

/* As the logger does, whose index is not looked at here. */
static void set_indexed(int64_t id)
{
	char sql[100];
	snprintf(sql, sizeof(sql), "UPDATE search_state SET indexed_id = %lld", (long long)id);
	raw_run(unit_path("db"), sql);
}

static void insert_up_to(int last)
{
	char sql[300];
	snprintf(sql, sizeof(sql),
	    "WITH RECURSIVE n (i) AS (SELECT ifnull(max(id), 0) + 1 FROM messages UNION ALL"
	    " SELECT i + 1 FROM n WHERE i < %d) INSERT INTO messages (id, ts, room, nickname, text)"
	    " SELECT i, 0, 'lab', 'Ann', 'door' FROM n",
	    last);
	raw_run(unit_path("db"), sql);
}

TEST(it_is_begun_anew_when_it_is_much_and_the_index_has_most)
{
	insert_up_to(STORE_UNINDEXED_MAX);
	expect_found(STORE_PAGE_MAX);
	assert_int_equal(kept(), STORE_UNINDEXED_MAX);
	set_indexed(STORE_UNINDEXED_MAX - 1);
	insert_up_to(2 * STORE_UNINDEXED_MAX - 1);
	expect_found(STORE_PAGE_MAX);
	assert_int_equal(kept(), 2 * STORE_UNINDEXED_MAX - 1);
	set_indexed(2 * STORE_UNINDEXED_MAX - 2);
	insert_up_to(2 * STORE_UNINDEXED_MAX + 1);
	expect_found(3);
	assert_int_equal(kept(), 2 * STORE_UNINDEXED_MAX + 1);
	expect_found(3);
	assert_int_equal(kept(), 3);
}

TEST(it_is_begun_anew_when_the_index_is)
{
	say(5);
	index_some(3);
	expect_found(5);
	assert_int_equal(kept(), 2);
	struct store *editor = open_store(unit_path("db"), STORE_EDITOR);
	assert_int_equal(store_forget_index(editor), STORE_OK);
	expect_found(5);
	assert_int_equal(kept(), 5);
	store_close(editor);
}

TEST(so_much_is_looked_through_and_no_more)
{
	insert_up_to(STORE_UNINDEXED_MAX);
	assert_int_equal(search("door", INT64_MAX, 1), STORE_OK);
	insert_up_to(STORE_UNINDEXED_MAX + 1);
	assert_int_equal(search("door", INT64_MAX, 1), STORE_BEHIND);
	set_indexed(1);
	assert_int_equal(search("door", INT64_MAX, 1), STORE_OK);
}

/* ---- the page ---- */

static void expect_page(int64_t first, int64_t last, bool older)
{
	assert_int_equal(page.first, first);
	assert_int_equal(page.last, last);
	assert_int_equal(page.older, older);
	assert_false(page.newer);
}

TEST(a_page_is_described_by_its_first_and_last)
{
	say(3);
	index_some(3);
	add_message(writer, "lab", "dog");
	say(2);
	memset(&page, 0xff, sizeof(page));
	assert_int_equal(search("door", INT64_MAX, 5), STORE_OK);
	expect_page(1, 6, false);
	assert_int_equal(search("door", INT64_MAX, 3), STORE_OK);
	expect_page(3, 6, true);
	assert_int_equal(count, 3);
	assert_int_equal(ids[0], 3);
	assert_int_equal(ids[2], 6);
	assert_int_equal(search("door", 6, 1), STORE_OK);
	expect_page(5, 5, true);
	assert_int_equal(search("door", 3, 2), STORE_OK);
	expect_page(1, 2, false);
	assert_int_equal(search("door", 1, 2), STORE_OK);
	expect_page(1, 0, false);
	assert_int_equal(search("absent", INT64_MAX, 2), STORE_OK);
	expect_page(1, 0, false);
}

TEST(the_two_parts_do_not_overlap_where_they_meet)
{
	say(6);
	for (int indexed = 0; indexed <= 6; indexed++) {
		if (indexed)
			index_some(1);
		for (int64_t before = 1; before <= 8; before++) {
			assert_int_equal(search("door", before, STORE_PAGE_MAX), STORE_OK);
			expect(count == (before > 7 ? 6 : before - 1), "%d before %lld", count,
			    (long long)before);
			for (int i = 0; i < count; i++)
				assert_int_equal(ids[i], i + 1);
		}
	}
}

/* ---- times ---- */

static void say_at(int64_t ts)
{
	struct store_entry entry = entry_with("lab", "door", NULL, NULL);
	entry.ts = ts;
	store_one(writer, &entry);
}

/* Against what SQLite says without an index. */
TEST(times_are_found_whatever_way_they_went)
{
	char sql[200];
	struct search_query query;
	char problem[SEARCH_PROBLEM_SIZE];
	srand(3);
	int64_t ts = 1000000000;
	for (int i = 0; i < 400; i++) {
		ts += i % 97 == 50 ? -rand() % 600000 : rand() % 5000;
		say_at(ts);
		if (i == 200) /* some blocks without a message */
			raw_run(unit_path("db"), "UPDATE sqlite_sequence SET seq = seq + 9000");
		if (i == 100)
			index_some(100);
	}
	assert_true(search_query_read(&query, str_of("door"), problem));
	for (int i = 0; i < 200; i++) {
		query.since = 1000000000 + rand() % 1000000;
		query.until = query.since + rand() % 300000;
		count = 0;
		assert_int_equal(
		    store_search(reader, &query, INT64_MAX, STORE_PAGE_MAX, &page, see_hit, NULL),
		    STORE_OK);
		snprintf(sql, sizeof(sql),
		    "SELECT min(200, count(*)) FROM messages WHERE ts >= %lld AND ts < %lld",
		    (long long)query.since, (long long)query.until);
		expect(count == raw_number(unit_path("db"), sql), "%s: %d", sql, count);
	}
}

/* ---- failures ---- */

TEST(after_a_failure_nothing_is_missing)
{
	say(2);
	expect_found(2);
	raw_run(
	    unit_path("db"), "PRAGMA legacy_alter_table = on; ALTER TABLE messages RENAME TO away");
	assert_int_equal(search("door", INT64_MAX, 5), STORE_FAILED);
	assert_true(sqlite3_get_autocommit(reader->db));
	raw_run(
	    unit_path("db"), "PRAGMA legacy_alter_table = on; ALTER TABLE away RENAME TO messages");
	say(1);
	expect_found(3);
}

TEST(a_reader_that_could_not_begin_to_search_begins_later)
{
	say(1);
	for (int i = 0; i < 2; i++) {
		raw_run(unit_path("db"),
		    "PRAGMA legacy_alter_table = on; ALTER TABLE messages RENAME TO away");
		assert_int_equal(search("door", INT64_MAX, 5), STORE_FAILED);
		assert_int_equal(search("door", INT64_MAX, 5), STORE_FAILED);
		assert_null(reader->search);
		raw_run(unit_path("db"),
		    "PRAGMA legacy_alter_table = on; ALTER TABLE away RENAME TO messages");
	}
	expect_found(1);
}

TEST(a_search_that_was_too_slow_is_answered_when_there_is_time)
{
	insert_up_to(3000);
	reader->search_ms = 0;
	assert_int_equal(search("door", INT64_MAX, STORE_PAGE_MAX), STORE_SLOW);
	assert_true(sqlite3_get_autocommit(reader->db));
	reader->search_ms = 60000;
	expect_found(STORE_PAGE_MAX);
	assert_int_equal(kept(), 3000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TAIL(what_the_index_has_is_kept_no_longer_than_the_rest),
	    TAIL(it_is_begun_anew_when_it_is_much_and_the_index_has_most),
	    TAIL(it_is_begun_anew_when_the_index_is),
	    TAIL(so_much_is_looked_through_and_no_more),
	    TAIL(a_page_is_described_by_its_first_and_last),
	    TAIL(the_two_parts_do_not_overlap_where_they_meet),
	    TAIL(times_are_found_whatever_way_they_went),
	    TAIL(after_a_failure_nothing_is_missing),
	    TAIL(a_reader_that_could_not_begin_to_search_begins_later),
	    TAIL(a_search_that_was_too_slow_is_answered_when_there_is_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
