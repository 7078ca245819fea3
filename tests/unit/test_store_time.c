/*
 * test_store_time.c: every message of a time is found, whatever the order in which the messages
 * came: in pages since a time, in searches, by retention, and in counts; against a list of them.
 */
#include "history.h"
#include "store/store_admin.h"

enum { MESSAGES = 9000, BATCH = 100, HOUR = 3600000 }; /* so many that there are three blocks */

static struct model {
	int64_t ts;
	bool lab; /* else in "messages" */
	bool gone;
} model[MESSAGES + 2]; /* by id */

static int newest_id;

/*
 * A clock that steps: a day ahead for an hour, two days behind for a while, and messages that were
 * imported, some years old, some of a time between others.
 */
static int64_t time_of(int i)
{
	int64_t ts = TS + i * 10000LL;
	if (i >= 1000 && i < 1040)
		return ts + 24 * HOUR;
	if (i >= 3000 && i < 3500)
		return ts - 48 * HOUR;
	if (i >= 5000 && i < 7000)
		return i % 2 ? TS - 1000 * 24LL * HOUR + i : TS + (i - 4000) * 10000LL;
	return ts;
}

static struct store *make_of(int64_t (*time)(int i))
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	newest_id = MESSAGES;
	for (int i = 0; i < MESSAGES; i += BATCH) {
		struct store_entry entries[BATCH];
		for (int j = 0; j < BATCH; j++) {
			int id = i + j + 1;
			model[id] = (struct model){time(i + j), id % 3 == 0, false};
			entries[j] =
			    entry_with(model[id].lab ? "lab" : "messages", "word", NULL, NULL);
			entries[j].ts = model[id].ts;
		}
		assert_int_equal(store_insert_batch(store, entries, BATCH, NULL, NULL), STORE_OK);
	}
	while (store_unindexed(store) > 1000)
		assert_int_equal(store_index(store, 1000, STORE_MERGE), STORE_OK);
	return store;
}

static struct store *make_disorder(void)
{
	return make_of(time_of);
}

static int64_t growing(int i)
{
	return TS + i * 10000LL;
}

static const int64_t offsets[] = {-2000LL * 24 * HOUR, -900LL * 24 * HOUR, -48 * HOUR, -40 * HOUR,
    0, 1, HOUR, 5 * HOUR, 11 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR, 25 * HOUR, 27 * HOUR,
    60 * HOUR};

static int collect(void *arg, const struct store_row *row)
{
	int64_t **next = arg;
	*(*next)++ = row->id;
	return 0;
}

static int expect_same(
    const int64_t *ids, const int64_t *end, int64_t since, int64_t until, int room)
{
	int count = 0;
	for (int id = 1; id <= newest_id; id++) {
		const struct model *m = &model[id];
		bool wanted = !m->gone && m->ts >= since && m->ts < until &&
			      (room < 0 || m->lab == (room == 1));
		if (!wanted)
			continue;
		expect(ids + count < end && ids[count] == id, "of %lld to %lld there is no %d",
		    (long long)since, (long long)until, id);
		count++;
	}
	expect(ids + count == end, "since %lld there are %td too many", (long long)since,
	    end - ids - count);
	return count;
}

static void expect_pages(struct store *store, int64_t since)
{
	int64_t ids[MESSAGES + 1], *next = ids;
	struct store_query query = {str_of("lab"), STORE_AFTER, 0, 150, since};
	struct store_page page = {.newer = true};
	while (page.newer) {
		int64_t *before = next;
		assert_int_equal(store_page(store, &query, &page, collect, &next), STORE_OK);
		assert_true(!page.newer || next - before == 150);
		query.id = page.last;
	}
	int count = expect_same(ids, next, since, INT64_MAX, 1);
	(void)count;
}

TEST(pages_since_a_time_have_all_that_is_newer_and_nothing_else)
{
	struct store *store = make_disorder();
	for (size_t i = 0; i < COUNT(offsets); i++)
		expect_pages(store, TS + offsets[i]);
	store_close(store);
}

static int collect_hit(void *arg, const struct store_row *row, struct str snippet)
{
	(void)snippet;
	return collect(arg, row);
}

/* Pages of a search come from the newest on; each is in order. */
static void expect_hits(struct store *store, int64_t since, int64_t until)
{
	static int64_t ids[MESSAGES + 1 + STORE_PAGE_MAX];
	int64_t *first = ids + MESSAGES + 1, before = INT64_MAX;
	struct store_page page = {.older = true};
	struct search_query query;
	char problem[SEARCH_PROBLEM_SIZE];
	assert_true(search_query_read(&query, str_of("word"), problem));
	query.since = since;
	query.until = until;
	while (page.older) {
		int64_t hits[STORE_PAGE_MAX], *next = hits;
		assert_int_equal(
		    store_search(store, &query, before, STORE_PAGE_MAX, &page, collect_hit, &next),
		    STORE_OK);
		first -= next - hits;
		memcpy(first, hits, (size_t)(next - hits) * sizeof(*hits));
		before = page.first;
	}
	expect_same(first, ids + MESSAGES + 1, since, until, -1);
}

TEST(a_search_finds_what_is_between_two_times)
{
	struct store *store = make_disorder();
	for (size_t i = 0; i < COUNT(offsets); i += 2)
		for (size_t j = i + 1; j < COUNT(offsets); j += 3)
			expect_hits(store, TS + offsets[i], TS + offsets[j]);
	expect_hits(store, INT64_MIN, TS + 48 * HOUR);
	expect_hits(store, TS + 20 * HOUR, INT64_MAX);
	store_close(store);
}

static int64_t count_since(struct store *store, int64_t since)
{
	int64_t count = -1;
	assert_int_equal(store_count_since(store, since, &count), STORE_OK);
	return count;
}

static void prune_before(struct store *store, int64_t before)
{
	struct store_filter filter = {.before = before};
	int64_t cursor = 0, matched = 0;
	bool done = false;
	while (!done)
		assert_int_equal(
		    store_prune(store, &filter, 1000, &cursor, &matched, &done), STORE_OK);
	for (int id = 1; id <= MESSAGES; id++)
		model[id].gone |= model[id].ts < before;
}

TEST(what_is_too_old_is_deleted_wherever_it_stands_and_the_rest_is_found)
{
	struct store *store = make_disorder();
	for (size_t i = 1; i < COUNT(offsets); i += 3) {
		prune_before(store, TS + offsets[i]);
		assert_int_equal(
		    count_since(store, INT64_MIN), count_since(store, TS + offsets[i]));
		expect_pages(store, TS + offsets[0]);
		expect_hits(store, INT64_MIN, TS + 26 * HOUR);
		assert_int_equal(
		    raw_number(unit_path("db"),
			"SELECT count(*) FROM spans WHERE first_ts IS NOT (SELECT min(ts) FROM"
			" messages WHERE id >> 12 = block) OR last_ts < (SELECT max(ts) FROM"
			" messages WHERE id >> 12 = block)"),
		    0);
	}
	store_close(store);
}

/* Nothing of what is young is looked at; a pass of retention over a long history costs no more. */
TEST(only_blocks_with_something_old_are_looked_at)
{
	struct store *store = make_disorder();
	struct store_filter filter = {.before = TS - 500 * 24LL * HOUR};
	int64_t cursor = 0, matched = 0;
	bool done;
	assert_int_equal(store_match(store, &filter, 1, &cursor, &matched, &done), STORE_OK);
	assert_int_equal(cursor, 4096);
	store_close(store);
}

TEST(what_somebody_else_inserts_is_found_by_its_time)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	raw_run(unit_path("db"),
	    "INSERT INTO messages (id, ts, room, nickname, text) VALUES"
	    " (5000, 1000, 'lab', 'Ann', 'Hi'), (10000, 2000, 'lab', 'Ann', 'Hi')");
	add_message(store, "lab", "mine");
	assert_int_equal(count_since(store, 1000), 3);
	assert_int_equal(count_since(store, 2000), 2);
	assert_int_equal(raw_number(unit_path("db"), "SELECT count(*) FROM spans"), 2);
	store_close(store);
}

/* ---- runs ---- */

static int64_t newest_run(void)
{
	return raw_number(
	    unit_path("db"), "SELECT run_first FROM spans ORDER BY block DESC LIMIT 1");
}

static void expect_all_found(struct store *store)
{
	for (size_t i = 0; i + 1 < COUNT(offsets); i += 2)
		expect_hits(store, TS + offsets[i], TS + offsets[i + 1]);
	expect_hits(store, INT64_MIN, TS + 11 * HOUR);
	expect_hits(store, TS + 20 * HOUR, INT64_MAX);
	expect_hits(store, TS + 5 * HOUR, TS + 5 * HOUR + 10001);
}

static void tell(void *arg, const char *what, const char *remedy)
{
	(void)remedy;
	snprintf(arg, 400, "%s", what);
}

/* What an inspection says last. */
static const char *inspect(struct store *store)
{
	static char said[400];
	int count;
	said[0] = '\0';
	assert_int_equal(store_inspect(store, tell, said, &count), STORE_OK);
	return said;
}

/* Without bisection nothing would be found here: the table knows the newest block alone. */
TEST(where_times_grow_with_ids_the_newest_block_leads_to_all)
{
	struct store *store = make_of(growing);
	assert_int_equal(newest_run(), 1);
	assert_string_equal(inspect(store), "");
	raw_run(unit_path("db"), "DELETE FROM spans WHERE block < 2");
	expect_all_found(store);
	store_close(store);
}

TEST(a_message_that_is_older_than_the_one_before_it_begins_a_run)
{
	struct store *store = make_of(growing);
	struct store_entry late[3] = {entry_with("lab", "late", NULL, NULL),
	    entry_with("lab", "late", NULL, NULL), entry_with("lab", "late", NULL, NULL)};
	int64_t last = growing(MESSAGES - 1), count = count_since(store, INT64_MIN);
	late[0].ts = last;
	late[1].ts = last - HOUR;
	late[2].ts = last - HOUR;
	assert_int_equal(store_insert_batch(store, late, 3, NULL, NULL), STORE_OK);
	assert_int_equal(newest_run(), MESSAGES + 2);
	assert_int_equal(count_since(store, INT64_MIN), count + 3);
	expect_all_found(store);
	late[0].ts = last; /* the clock has caught up */
	assert_int_equal(store_insert_batch(store, late, 1, NULL, NULL), STORE_OK);
	assert_int_equal(newest_run(), MESSAGES + 2);
	assert_string_equal(inspect(store), "");
	store_close(store);
}

/* The first message of a block is older than the last one of the block before. */
static int64_t stepping_between_blocks(int i)
{
	return growing(i) - (i + 1 >= 8192 ? 2 * HOUR : 0);
}

TEST(a_run_ends_between_two_blocks_as_it_does_in_one)
{
	struct store *store = make_of(stepping_between_blocks);
	assert_int_equal(newest_run(), 8192);
	expect_all_found(store);
	assert_string_equal(inspect(store), "");
	store_close(store);
}

TEST(deletions_and_gaps_of_ids_leave_a_run_a_run)
{
	struct store *store = make_of(growing);
	struct store_filter filter = {.room = str_of("lab"), .until = 8900};
	int64_t cursor = 0, matched = 0;
	bool done = false;
	while (!done)
		assert_int_equal(
		    store_prune(store, &filter, 1000, &cursor, &matched, &done), STORE_OK);
	for (int id = 1; id <= 8900; id++)
		model[id].gone = model[id].lab;
	assert_int_equal(matched, 8900 / 3);
	raw_run(unit_path("db"), "DELETE FROM messages WHERE id BETWEEN 3000 AND 8300");
	for (int id = 3000; id <= 8300; id++)
		model[id].gone = true;
	assert_int_equal(newest_run(), 1);
	expect_all_found(store);
	raw_run(unit_path("db"), "UPDATE sqlite_sequence SET seq = 50000");
	struct store_entry far = entry_with("lab", "far", NULL, NULL);
	far.ts = TS + 1000LL * HOUR;
	store_one(store, &far);
	assert_int_equal(far.id, 50001);
	assert_int_equal(newest_run(), 1);
	assert_string_equal(inspect(store), "");
	store_close(store);
}

TEST(what_somebody_else_inserted_last_is_searched_before_the_table_knows_it)
{
	struct store *store = make_of(growing);
	raw_run(unit_path("db"), "INSERT INTO messages (ts, room, nickname, text)"
				 " SELECT ts - 7200000, 'lab', nickname, text FROM messages"
				 " WHERE id = 9000");
	newest_id = MESSAGES + 1;
	model[newest_id] = (struct model){model[MESSAGES].ts - 2 * HOUR, true, false};
	expect_all_found(store);
	add_message(store, "messages", "mine");
	assert_true(newest_run() > MESSAGES);
	expect_all_found(store);
	store_close(store);
}

TEST(a_time_that_is_changed_ends_the_runs_that_it_is_in)
{
	struct store *store = make_of(growing);
	raw_run(unit_path("db"), "UPDATE messages SET ts = ts - 90000000 WHERE id IN (4500, 6750)");
	model[4500].ts -= 25 * HOUR;
	model[6750].ts -= 25 * HOUR;
	assert_string_equal(inspect(store), "");
	expect_all_found(store);
	expect_pages(store, TS - 15 * HOUR);
	add_message(store, "other", "mine");
	expect_all_found(store);
	store_close(store);
}

TEST(rooms_that_are_counted_anew_leave_a_run_a_run)
{
	struct store *store = make_of(growing);
	raw_run(unit_path("db"), "DELETE FROM rooms");
	struct store_entry entry = entry_with("other", "mine", NULL, NULL);
	entry.ts = TS + 1000LL * HOUR;
	store_one(store, &entry);
	assert_int_equal(newest_run(), 1);
	expect_all_found(store);
	store_close(store);
}

TEST(an_inspection_finds_what_was_inserted_into_a_run_and_making_it_anew_mends_it)
{
	struct store *store = make_of(growing);
	raw_run(unit_path("db"), "DELETE FROM messages WHERE id = 6750");
	raw_run(unit_path("db"), "INSERT INTO messages (id, ts, room, nickname, text)"
				 " SELECT 6750, ts, room, nickname, text FROM messages"
				 " WHERE id = 4500");
	model[6750].ts = model[4500].ts;
	assert_non_null(strstr(inspect(store), "`spans` misses the times of 1 messages"));
	assert_int_equal(store_renew_spans(store), STORE_OK);
	assert_null(strstr(inspect(store), "`spans`"));
	assert_int_equal(newest_run(), 6750);
	expect_all_found(store);
	store_close(store);
}

/* ---- at random ---- */

static uint64_t random_state;

static int64_t any(int64_t most)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)(random_state >> 33) % most;
}

/* A clock that is set now and then, and messages that come late. */
static int64_t stepping(int i)
{
	static int64_t ahead;
	if (i == 0)
		ahead = 0;
	if (any(1500) == 0)
		ahead = (any(5) - 2) * any(30) * HOUR;
	return TS + i * 10000LL + ahead - (any(3000) == 0 ? any(50) * HOUR : 0);
}

static void delete_any(struct store *store)
{
	struct store_filter filter = {
	    .before = TS + any(30) * HOUR, .until = 1 + any(MESSAGES), .room = str_of("lab")};
	int64_t cursor = any(MESSAGES), from = cursor, matched = 0;
	bool done = false;
	while (!done)
		assert_int_equal(
		    store_prune(store, &filter, 1000, &cursor, &matched, &done), STORE_OK);
	for (int64_t id = from + 1; id <= filter.until; id++)
		model[id].gone |= model[id].lab && model[id].ts < filter.before;
}

TEST(at_random_what_is_between_two_times_is_found)
{
	for (uint64_t seed = 1; seed < 3; seed++) {
		random_state = seed;
		struct store *store = make_of(stepping);
		for (int i = 0; i < 8; i++) {
			int64_t since = TS + (any(60) - 15) * HOUR;
			expect_hits(store, since, since + any(20) * HOUR + any(1000000));
			delete_any(store);
		}
		assert_null(strstr(inspect(store), "`spans`"));
		store_close(store);
		raw_run(unit_path("db"), "PRAGMA journal_mode = DELETE");
		assert_int_equal(unlink(unit_path("db")), 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(pages_since_a_time_have_all_that_is_newer_and_nothing_else),
	    IN_DIR(a_search_finds_what_is_between_two_times),
	    IN_DIR(what_is_too_old_is_deleted_wherever_it_stands_and_the_rest_is_found),
	    IN_DIR(only_blocks_with_something_old_are_looked_at),
	    IN_DIR(what_somebody_else_inserts_is_found_by_its_time),
	    IN_DIR(where_times_grow_with_ids_the_newest_block_leads_to_all),
	    IN_DIR(a_message_that_is_older_than_the_one_before_it_begins_a_run),
	    IN_DIR(a_run_ends_between_two_blocks_as_it_does_in_one),
	    IN_DIR(deletions_and_gaps_of_ids_leave_a_run_a_run),
	    IN_DIR(what_somebody_else_inserted_last_is_searched_before_the_table_knows_it),
	    IN_DIR(a_time_that_is_changed_ends_the_runs_that_it_is_in),
	    IN_DIR(rooms_that_are_counted_anew_leave_a_run_a_run),
	    IN_DIR(an_inspection_finds_what_was_inserted_into_a_run_and_making_it_anew_mends_it),
	    IN_DIR(at_random_what_is_between_two_times_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
