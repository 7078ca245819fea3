/* test_search_kinds.c: what people take for the same is found, in every form of a query. */
#include "history.h"
#include "store/store.h"

enum { ROWS_MAX = 200 };

/* A row of the vectors, in both directions: whether `query` finds `text`. */
static struct row {
	char what[100], text[200], query[200];
	bool found;
} rows[2 * ROWS_MAX];
static size_t row_count;

static void add_row(const char *what, const char *text, const char *query)
{
	struct row *row = &rows[row_count++];
	snprintf(row->what, sizeof(row->what), "%s", what);
	snprintf(row->text, sizeof(row->text), "%s", text);
	snprintf(row->query, sizeof(row->query), "%s", query);
	row->found = what[0] != '!';
}

static int read_rows(void **state)
{
	char line[500], what[100], text[200], query[200];
	FILE *file = fopen(KINDS, "re");
	(void)state;
	if (!file || !fgets(line, sizeof(line), file))
		return -1;
	while (row_count < ROWS_MAX && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%99[^\t]\t%199[^\t]\t%199[^\n]", what, text, query) != 3)
			return -1;
		add_row(what, text, query);
		if (what[0] != '>')
			add_row(what, query, text);
	}
	return fclose(file) || row_count < 100 ? -1 : 0;
}

static int count_hit(void *arg, const struct store_row *row, struct str snippet)
{
	(void)row;
	(void)snippet;
	++*(int *)arg;
	return 0;
}

/* How many messages of the row's own room a query finds; -1 where it is none. */
static int count_found(
    struct store *store, size_t i, const char *before, const char *word, const char *behind)
{
	struct search_query query;
	struct store_page page;
	char q[600], problem[SEARCH_PROBLEM_SIZE];
	int count = 0;
	snprintf(q, sizeof(q), "in:row-%zu %s%s%s", i, before, word, behind);
	if (!search_query_read(&query, str_of(q), problem))
		return -1;
	enum store_status status =
	    store_search(store, &query, INT64_MAX, 10, &page, count_hit, &count);
	expect(status == STORE_OK, "'%s': status %d: %s", q, status, store_error(store));
	return count;
}

static void say_all(struct store *store)
{
	for (size_t i = 0; i < row_count; i++) {
		char room[20], text[250];
		snprintf(room, sizeof(room), "row-%zu", i);
		snprintf(text, sizeof(text), "anchor %s", rows[i].text);
		struct store_entry entry = entry_with(room, text, NULL, NULL);
		entry.message.nickname = str_of(rows[i].text);
		store_one(store, &entry);
	}
}

/* A prefix of less than three letters is none. */
static void expect_forms(struct store *store, const char *where)
{
	static const struct {
		const char *before, *behind;
		bool without, prefix;
	} forms[] = {{"", "", false, false}, {"\"", "\"", false, false}, {"", "*", false, true},
	    {"anchor -\"", "\"", true, false}, {"from:\"", "\"", false, false}};
	for (size_t i = 0; i < row_count; i++)
		for (size_t f = 0; f < COUNT(forms); f++) {
			int count =
			    count_found(store, i, forms[f].before, rows[i].query, forms[f].behind);
			int expected = rows[i].found != forms[f].without;
			expect(count == expected || (forms[f].prefix && count == -1),
			    "%s, %s: '%s' with %s%s%s: %d", where, rows[i].what, rows[i].text,
			    forms[f].before, rows[i].query, forms[f].behind, count);
		}
}

TEST(each_kind_is_found_in_the_tail_and_in_the_index)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	say_all(store);
	expect_forms(store, "tail");
	while (store_unindexed(store) > 0)
		assert_int_equal(store_index(store, 1000, STORE_MERGE), STORE_OK);
	expect_forms(store, "index");
	store_close(store);
}

/* What is taken out is folded as it was when it was put in, or its words would be left. */
TEST(nothing_is_left_of_what_was_taken_out)
{
	int64_t cursor = 0, matched = 0;
	bool done = false;
	struct store_filter all = {.until = INT64_MAX};
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	say_all(store);
	while (store_unindexed(store) > 0)
		assert_int_equal(store_index(store, 1000, STORE_MERGE), STORE_OK);
	raw_run(unit_path("db"), "CREATE VIRTUAL TABLE words USING fts5vocab(search, instance)");
	assert_true(raw_number(unit_path("db"), "SELECT count(*) FROM words") > 500);
	while (!done)
		assert_int_equal(
		    store_prune(store, &all, STORE_SLICE_MAX, &cursor, &matched, &done), STORE_OK);
	assert_int_equal(matched, row_count);
	assert_int_equal(raw_number(unit_path("db"), "SELECT count(*) FROM words"), 0);
	store_close(store);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(each_kind_is_found_in_the_tail_and_in_the_index),
	    IN_DIR(nothing_is_left_of_what_was_taken_out),
	};
	return cmocka_run_group_tests(tests, read_rows, NULL);
}
