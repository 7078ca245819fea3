/*
 * What is kept of the API's answers, and for how long: no longer than the database stays as it is.
 */
#include <time.h>

#include "api/history.h"
#include "requests.h"

/* A kept answer is lent its body. */
static bool was_kept(void)
{
	return response.status == 200 && response.body.fixed;
}

static struct store *writer;

static int history_setup(void **state)
{
	if (api_setup(state) != 0)
		return -1;
	writer = open_store(database, STORE_CREATOR);
	for (int i = 0; i < 30; i++)
		add_message(writer, "messages", "Hi");
	return 0;
}

static int history_teardown(void **state)
{
	store_close(writer);
	return api_teardown(state);
}

/* The first request opens the database, and its answer is not kept. */
static int open_setup(void **state)
{
	int failed = history_setup(state);
	if (!failed)
		ask("limit=200");
	return failed;
}

#define HISTORY(test) cmocka_unit_test_setup_teardown(test, history_setup, history_teardown)
#define OPEN(test) cmocka_unit_test_setup_teardown(test, open_setup, history_teardown)

TEST(a_page_is_made_once_while_nothing_changes)
{
	char first[8192], etag[HTTP_ETAG_SIZE], link[HTTP_LINK_MAX];
	ask("limit=10");
	assert_false(was_kept());
	snprintf(first, sizeof(first), "%s", body());
	memcpy(etag, response.etag, sizeof(etag));
	memcpy(link, response.link, sizeof(link));
	ask("limit=10");
	assert_true(was_kept());
	assert_string_equal(body(), first);
	assert_string_equal(response.etag, etag);
	assert_string_equal(response.link, link);
}

TEST(what_was_committed_is_in_the_next_answer)
{
	int64_t ids[STORE_PAGE_MAX];
	for (int i = 0; i < 200; i++) {
		int64_t id = add_message(writer, i % 2 ? "messages" : "other", "more");
		ask(i % 2 ? "" : "room=other");
		assert_false(was_kept());
		int count = body_ids(ids);
		assert_int_equal(ids[count - 1], id);
		ask(i % 2 ? "" : "room=other");
		assert_true(was_kept());
	}
}

TEST(an_answer_is_kept_for_its_very_query)
{
	int64_t ids[STORE_PAGE_MAX];
	ask("limit=3");
	ask("limit=30");
	assert_int_equal(body_ids(ids), 30);
	ask("limit=3");
	assert_true(was_kept());
	assert_int_equal(body_ids(ids), 3);
	ask("limit=03");
	assert_false(was_kept());
	ask("");
	assert_false(was_kept());
}

TEST(the_one_that_was_not_used_for_the_longest_time_goes)
{
	char query[32];
	for (int i = 1; i <= CACHE_ANSWERS; i++) {
		snprintf(query, sizeof(query), "limit=%d", i);
		ask(query);
	}
	ask("limit=1");
	assert_true(was_kept());
	ask("limit=100"); /* in place of limit=2 */
	ask("limit=1");
	assert_true(was_kept());
	ask("limit=3");
	assert_true(was_kept());
	ask("limit=2");
	assert_false(was_kept());
}

TEST(a_large_page_and_a_long_query_are_not_kept)
{
	char text[4001], query[CACHE_KEY_MAX + 16];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 17; i++)
		add_message(writer, "long", text);
	for (int i = 0; i < 2; i++) {
		ask("room=long&limit=20");
		assert_int_equal(response.status, 200);
		assert_false(was_kept());
	}
	snprintf(query, sizeof(query), "limit=%0*d", CACHE_KEY_MAX - 8, 5);
	for (int i = 0; i < 2; i++) {
		ask(query);
		assert_int_equal(response.status, 200);
		assert_false(was_kept());
	}
}

TEST(an_error_is_not_kept)
{
	ask("limit=0");
	ask("limit=0");
	assert_int_equal(response.status, 400);
	assert_false(response.body.fixed);
}

TEST(a_kept_page_is_revalidated_and_has_a_head_as_any_other)
{
	struct http_request request = {
	    .method = str_of("GET"), .path = str_of("/messages"), .query = str_of("")};
	char etag[HTTP_ETAG_SIZE];
	ask_with(&request);
	memcpy(etag, response.etag, sizeof(etag));
	request.if_none_match = str_of(etag);
	ask_with(&request);
	assert_int_equal(response.status, 304);
	assert_true(response.omit_body);
	request.if_none_match = (struct str){NULL, 0};
	request.method = str_of("HEAD");
	ask_with(&request);
	assert_true(was_kept());
	assert_true(response.omit_body);
	assert_string_equal(response.etag, etag);
}

static struct store_note alive_now(void *arg)
{
	(void)arg;
	return (struct store_note){
	    .signs = {.alive_at = (int64_t)time(NULL) * 1000}, .bytes = BYTES("n")};
}

TEST(what_looks_at_the_clock_is_never_kept)
{
	struct http_request request = {
	    .method = str_of("GET"), .path = str_of("/health"), .query = str_of("")};
	assert_int_equal(store_insert_batch(writer, NULL, 0, alive_now, NULL), STORE_OK);
	for (int i = 0; i < 2; i++) {
		ask_with(&request);
		assert_int_equal(response.status, 200);
		assert_false(response.body.fixed);
	}
}

/* The version, against what SQLite itself says: it changes with each commit, and only then. */
TEST(the_version_changes_with_each_commit)
{
	struct store *reader = open_store(database, STORE_READER);
	int64_t last, version;
	assert_int_equal(store_version(reader, &last), STORE_OK);
	for (int i = 0; i < 500; i++) {
		assert_int_equal(store_version(reader, &version), STORE_OK);
		expect(version == last, "round %d: nothing was committed", i);
		if (i % 50 == 49) /* the -wal file begins anew */
			assert_int_equal(
			    raw_try(database, "PRAGMA wal_checkpoint(TRUNCATE)"), SQLITE_OK);
		if (i % 3 == 0)
			raw_run(database, "UPDATE rejected SET reason = 'no row of it'");
		else if (i % 3 == 1)
			raw_run(database, "UPDATE messages SET ts = ts + 1 WHERE id = 1");
		else
			add_message(writer, "messages", "Hi");
		assert_int_equal(store_version(reader, &version), STORE_OK);
		expect(version != last || i % 3 == 0, "round %d: a commit was missed", i);
		last = version;
	}
	store_close(reader);
}

TEST(a_version_is_known_in_another_journal_mode_too)
{
	struct store *reader;
	int64_t first, second;
	store_close(writer);
	writer = NULL;
	raw_run(database, "PRAGMA journal_mode = DELETE");
	reader = open_store(database, STORE_READER);
	assert_int_equal(store_version(reader, &first), STORE_OK);
	assert_int_equal(store_version(reader, &second), STORE_OK);
	assert_int_equal(first, second);
	raw_run(database, "UPDATE messages SET ts = ts + 1");
	assert_int_equal(store_version(reader, &second), STORE_OK);
	assert_int_not_equal(first, second);
	store_close(reader);
	assert_false(unit_exists(unit_path("db-shm")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    OPEN(a_page_is_made_once_while_nothing_changes),
	    OPEN(what_was_committed_is_in_the_next_answer),
	    OPEN(an_answer_is_kept_for_its_very_query),
	    OPEN(the_one_that_was_not_used_for_the_longest_time_goes),
	    OPEN(a_large_page_and_a_long_query_are_not_kept),
	    OPEN(an_error_is_not_kept),
	    OPEN(a_kept_page_is_revalidated_and_has_a_head_as_any_other),
	    OPEN(what_looks_at_the_clock_is_never_kept),
	    HISTORY(the_version_changes_with_each_commit),
	    HISTORY(a_version_is_known_in_another_journal_mode_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
