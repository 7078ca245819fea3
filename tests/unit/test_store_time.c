/*
 * test_store_time.c: every message of a time is found, whatever the order in which the messages
 * came: in pages since a time, in searches, by retention, and in counts; against a list of them.
 */
#include "history.h"

enum { MESSAGES = 9000, BATCH = 100, HOUR = 3600000 }; /* so many that there are three blocks */

static struct model {
	int64_t ts;
	bool lab; /* else in "messages" */
	bool gone;
} model[MESSAGES + 1]; /* by id */

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

static struct store *make_disorder(void)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 0; i < MESSAGES; i += BATCH) {
		struct store_entry entries[BATCH];
		for (int j = 0; j < BATCH; j++) {
			int id = i + j + 1;
			model[id] = (struct model){time_of(i + j), id % 3 == 0, false};
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
	for (int id = 1; id <= MESSAGES; id++) {
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
	int64_t ids[MESSAGES], *next = ids;
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
	static int64_t ids[MESSAGES + STORE_PAGE_MAX];
	int64_t *first = ids + MESSAGES, before = INT64_MAX;
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
	expect_same(first, ids + MESSAGES, since, until, -1);
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(pages_since_a_time_have_all_that_is_newer_and_nothing_else),
	    IN_DIR(a_search_finds_what_is_between_two_times),
	    IN_DIR(what_is_too_old_is_deleted_wherever_it_stands_and_the_rest_is_found),
	    IN_DIR(only_blocks_with_something_old_are_looked_at),
	    IN_DIR(what_somebody_else_inserts_is_found_by_its_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
