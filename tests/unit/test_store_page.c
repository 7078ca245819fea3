/* test_store_page.c: every page of every history is what a list of its messages says it is. */
#include "history.h"

enum { MODEL_MAX = 512 };

static const char *const rooms[] = {"messages", "lab", "a", "empty"};

/* What is in the database: in the order of the ids. */
struct model {
	int count;
	struct {
		int64_t id;
		size_t room;
	} at[MODEL_MAX];
};

/* The part of a room that a page should show: ids[start] up to, and without, ids[end]. */
struct expected {
	int64_t ids[MODEL_MAX];
	int count, start, end;
};

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* Straight from the contract: a window on the sorted ids of the room. */
static void expect_window(struct expected *e, const struct store_query *query)
{
	int before = 0, upto = 0, size = (int)clamp(query->limit, 0, e->count);
	for (int i = 0; i < e->count; i++) {
		before += e->ids[i] < query->id;
		upto += e->ids[i] <= query->id;
	}
	switch (query->selector) {
	case STORE_NEWEST:
		e->start = e->count - size;
		break;
	case STORE_BEFORE:
		e->start = (int)clamp(before - size, 0, before);
		size = before - e->start;
		break;
	case STORE_AFTER:
		e->start = upto;
		size = (int)clamp(size, 0, e->count - upto);
		break;
	case STORE_AROUND: /* half of it older, and no place left empty where there is more */
		e->start = (int)clamp(before - query->limit / 2, 0, e->count - size);
		break;
	}
	e->end = e->start + size;
}

static void find_expected(
    struct expected *e, const struct model *model, const struct store_query *query)
{
	e->count = 0;
	for (int i = 0; i < model->count; i++)
		if (str_is(query->room, rooms[model->at[i].room]))
			e->ids[e->count++] = model->at[i].id;
	expect_window(e, query);
}

/* ---- what the store says ---- */

struct seen {
	int count, break_at;
	int64_t ids[STORE_PAGE_MAX + 1];
	bool members_right;
};

static int see_row(void *arg, const struct store_row *row)
{
	struct seen *seen = arg;
	char text[40];
	snprintf(text, sizeof(text), "text %lld", (long long)row->ts);
	seen->members_right = seen->members_right && str_is(row->text, text) &&
			      str_is(row->nickname, "Ann") && str_is(row->client_id, NULL) &&
			      str_is(row->msg_id, NULL);
	seen->ids[seen->count++] = row->id;
	return seen->count == seen->break_at;
}

/* As text for a failing case. */
static const char *describe(const struct store_query *query)
{
	static const char *const names[] = {"newest", "before", "after", "around"};
	static char text[120];
	snprintf(text, sizeof(text), "room %s %s %lld limit %d", query->room.at,
	    names[query->selector], (long long)query->id, query->limit);
	return text;
}

/* Each room's id is in the page, before its first, or after its last. */
static void expect_range(
    const struct expected *e, const struct store_page *page, const char *description)
{
	int older = 0, covered = 0;
	for (int i = 0; i < e->count; i++) {
		older += e->ids[i] < page->first;
		covered += e->ids[i] <= page->last;
	}
	expect(older == e->start, "%s: %d are before its first", description, older);
	expect(covered == e->end, "%s: %d are up to its last", description, covered);
	expect(page->older == (e->start > 0), "%s: older %d", description, page->older);
	expect(page->newer == (e->end < e->count), "%s: newer %d", description, page->newer);
	expect(e->end > e->start || page->first == page->last + 1,
	    "%s: is empty, from %lld to %lld", description, (long long)page->first,
	    (long long)page->last);
}

static void expect_page(
    struct store *reader, const struct model *model, const struct store_query *query)
{
	static struct expected e;
	struct seen seen = {.members_right = true};
	struct store_page page;
	enum store_status status = store_page(reader, query, &page, see_row, &seen);
	find_expected(&e, model, query);
	const char *description = describe(query);
	expect(status == STORE_OK, "%s: %s", description, store_error(reader));
	expect(seen.count == e.end - e.start, "%s: %d rows and not %d", description, seen.count,
	    e.end - e.start);
	for (int i = 0; i < seen.count; i++)
		expect(seen.ids[i] == e.ids[e.start + i], "%s: row %d is %lld", description, i,
		    (long long)seen.ids[i]);
	expect(seen.members_right, "%s: a row has other members", description);
	expect_range(&e, &page, description);
}

/* ---- histories ---- */

static uint32_t seed;

/* The same numbers on every machine. */
static uint32_t next_random(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 16) % below;
}

/* Adds `count` messages, each in one of the first `spread` rooms. */
static void add_messages(struct store *writer, struct model *model, int count, uint32_t spread)
{
	for (int i = 0; i < count; i++) {
		char text[40];
		size_t room = next_random(spread);
		snprintf(text, sizeof(text), "text %d", i);
		struct store_entry entry = entry_with(rooms[room], text, NULL, NULL);
		entry.ts = i;
		store_one(writer, &entry);
		model->at[model->count].id = entry.id;
		model->at[model->count++].room = room;
	}
}

/* Deletes about a quarter: gaps in the ids. */
static void delete_some(const char *path, struct model *model)
{
	int kept = 0;
	for (int i = 0; i < model->count; i++) {
		if (next_random(4) == 0) {
			char sql[80];
			snprintf(sql, sizeof(sql), "DELETE FROM messages WHERE id = %lld",
			    (long long)model->at[i].id);
			raw_run(path, sql);
			continue;
		}
		model->at[kept++] = model->at[i];
	}
	model->count = kept;
}

static const int limits[] = {1, 2, 3, 4, 7, STORE_PAGE_MAX};
static const enum store_selector selectors[] = {STORE_BEFORE, STORE_AFTER, STORE_AROUND};

static void expect_pages_at(
    struct store *reader, const struct model *model, size_t room, int64_t id)
{
	for (size_t l = 0; l < COUNT(limits); l++)
		for (size_t s = 0; s < COUNT(selectors); s++)
			expect_page(reader, model,
			    &(struct store_query){
				str_of(rooms[room]), selectors[s], id, limits[l], 0});
}

static void expect_all_pages(struct store *reader, const struct model *model, int64_t last)
{
	for (size_t room = 0; room < COUNT(rooms); room++) {
		for (int64_t id = 0; id <= last + 2; id++)
			expect_pages_at(reader, model, room, id);
		expect_pages_at(reader, model, room, 9007199254740991);
		for (size_t l = 0; l < COUNT(limits); l++)
			expect_page(reader, model,
			    &(struct store_query){
				str_of(rooms[room]), STORE_NEWEST, 0, limits[l], 0});
	}
}

TEST(every_page_of_a_random_history_is_what_its_list_says)
{
	static const int sizes[] = {0, 1, 2, 9, 33};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		static struct model model;
		char name[20];
		model.count = 0;
		seed = (uint32_t)i + 1;
		snprintf(name, sizeof(name), "db%zu", i);
		struct store *writer = open_store(unit_path(name), STORE_CREATOR);
		add_messages(writer, &model, sizes[i], 3);
		delete_some(unit_path(name), &model);
		struct store *reader = open_store(unit_path(name), STORE_READER);
		expect_all_pages(reader, &model, sizes[i]);
		store_close(reader);
		store_close(writer);
	}
}

TEST(the_longest_page_is_exact_at_its_edges)
{
	static const int sizes[] = {199, 200, 201, 401, 450};
	static const int64_t ids[] = {0, 1, 100, 101, 199, 200, 201, 202, 250, 251, 400, 401, 402};
	static struct model model;
	struct store *writer = open_store(unit_path("db"), STORE_CREATOR);
	model.count = 0;
	for (size_t s = 0; s < COUNT(sizes); s++) {
		while (model.count < sizes[s]) {
			struct store_entry entry = entry_with("messages", "text 0", NULL, NULL);
			entry.ts = 0;
			store_one(writer, &entry);
			model.at[model.count].id = entry.id;
			model.at[model.count++].room = 0;
		}
		for (size_t i = 0; i < COUNT(ids); i++)
			expect_pages_at(writer, &model, 0, ids[i]);
		expect_page(writer, &model,
		    &(struct store_query){str_of("messages"), STORE_NEWEST, 0, STORE_PAGE_MAX, 0});
	}
	store_close(writer);
}

/* ---- the reader and its rows ---- */

static const struct store_query newest = {{"messages", 8}, STORE_NEWEST, 0, 10, 0};

TEST(a_page_shows_what_was_stored_since_the_last_one)
{
	struct store *writer = open_store(unit_path("db"), STORE_CREATOR);
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	for (int i = 1; i <= 3; i++) {
		struct seen seen = {0};
		struct store_page page;
		add_message(writer, "messages", "Hi");
		assert_int_equal(store_page(reader, &newest, &page, see_row, &seen), STORE_OK);
		assert_int_equal(seen.count, i);
	}
	store_close(reader);
	store_close(writer);
}

static int check_members(void *called, const struct store_row *row)
{
	*(bool *)called = true;
	expect_str(row->room, "messages");
	expect_str(row->nickname, "Ann");
	expect_str(row->text, "a \"b\"\n😀</script>");
	expect_str(row->client_id, "c1");
	expect_str(row->msg_id, "m1");
	assert_int_equal(row->id, 1);
	assert_int_equal(row->ts, TS);
	return 0;
}

TEST(a_row_has_all_that_was_stored)
{
	struct store *writer = open_store(unit_path("db"), STORE_CREATOR);
	struct store_entry entry = entry_with("messages", "a \"b\"\n😀</script>", "c1", "m1");
	struct store_page page;
	bool called = false;
	store_one(writer, &entry);
	assert_int_equal(store_page(writer, &newest, &page, check_members, &called), STORE_OK);
	assert_true(called);
	store_close(writer);
}

TEST(a_callback_that_breaks_off_gets_no_more_rows)
{
	make_history(unit_path("db"), 5);
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	struct seen seen = {.break_at = 2};
	struct store_page page;
	assert_int_equal(store_page(reader, &newest, &page, see_row, &seen), STORE_FAILED);
	assert_int_equal(seen.count, 2);
	seen = (struct seen){0};
	assert_int_equal(store_page(reader, &newest, &page, see_row, &seen), STORE_OK);
	assert_int_equal(seen.count, 5);
	store_close(reader);
}

/* Otherwise the log could never be cut, and would grow without an end. */
TEST(no_page_leaves_a_transaction_open)
{
	static const int break_offs[] = {0, 1, 3};
	make_history(unit_path("db"), 5);
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	for (size_t i = 0; i < COUNT(break_offs); i++) {
		struct seen seen = {.break_at = break_offs[i]};
		struct store_page page;
		store_page(reader, &newest, &page, see_row, &seen);
		raw_run(unit_path("db"), "UPDATE messages SET ts = ts + 1");
		expect(raw_number(unit_path("db"), "PRAGMA wal_checkpoint(TRUNCATE)") == 0,
		    "broken off at %d", break_offs[i]);
	}
	store_close(reader);
}

TEST(a_room_that_looks_like_sql_is_a_room_without_messages)
{
	make_history(unit_path("db"), 3);
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	struct store_query query = newest;
	struct seen seen = {0};
	struct store_page page;
	query.room = str_of("' OR 1=1 --");
	assert_int_equal(store_page(reader, &query, &page, see_row, &seen), STORE_OK);
	assert_int_equal(seen.count, 0);
	store_close(reader);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(every_page_of_a_random_history_is_what_its_list_says),
	    IN_DIR(the_longest_page_is_exact_at_its_edges),
	    IN_DIR(a_page_shows_what_was_stored_since_the_last_one),
	    IN_DIR(a_row_has_all_that_was_stored),
	    IN_DIR(a_callback_that_breaks_off_gets_no_more_rows),
	    IN_DIR(no_page_leaves_a_transaction_open),
	    IN_DIR(a_room_that_looks_like_sql_is_a_room_without_messages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
