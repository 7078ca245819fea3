/*
 * test_routes_search.c: /search as a client sees it: items, links, and what is wrong with a query.
 */
#include "requests.h"

static void search(const char *query)
{
	ask_with(&(struct http_request){
	    .method = str_of("GET"), .path = str_of("/search"), .query = str_of(query)});
}

static void make_doors(int count)
{
	struct store *store = open_store(database, STORE_CREATOR);
	for (int i = 0; i < count; i++)
		add_message(store, i % 2 ? "lab" : "messages", "the door");
	store_close(store);
}

static void expect_error(const char *query, int status, const char *code)
{
	search(query);
	expect(response.status == status, "'%s': %d", query, response.status);
	expect(strcmp(error_member("code"), code) == 0, "'%s': %s", query, body());
}

TEST(a_hit_is_a_message_with_a_snippet)
{
	make_doors(1);
	search("q=DOOR");
	assert_int_equal(response.status, 200);
	assert_string_equal(body(),
	    "[{\"id\":1,\"room\":\"messages\",\"nickname\":\"Ann\",\"text\":\"the door\","
	    "\"clientId\":null,\"msgId\":null,\"ts\":\"2026-11-23T17:41:05.123Z\","
	    "\"snippet\":[{\"text\":\"the \"},{\"text\":\"door\",\"match\":true}]}]");
	search("q=absent");
	assert_string_equal(body(), "[]");
}

TEST(a_link_leads_to_older_matches_where_there_are_some)
{
	make_doors(5);
	search("q=door&limit=2");
	assert_string_equal(response.link, "<?q=door&limit=2&before=4>; rel=\"prev\"");
	search("q=%22the+door%22&room=lab&limit=1");
	assert_string_equal(
	    response.link, "<?q=%22the%20door%22&room=lab&limit=1&before=4>; rel=\"prev\"");
	search("q=door&limit=2&before=3");
	assert_string_equal(response.link, "");
	search("q=door&limit=5");
	assert_string_equal(response.link, "");
}

TEST(the_longest_query_has_a_link_that_fits_the_head)
{
	char q[SEARCH_BYTES_MAX + 1] = "", query[4096], head[HTTP_HEAD_MAX];
	make_doors(3);
	for (int i = 0; i < 330; i++)
		strcat(q, "\u3000");
	strcat(q, " door");
	memcpy(query, "q=", 2);
	http_encode(str_of(q), query + 2);
	strcat(query, "&limit=1&room=messages");
	search(query);
	assert_int_equal(response.status, 200);
	size_t length = http_head(&response, head);
	assert_true(length < HTTP_HEAD_MAX);
	char *link = memmem(head, length, "Link: <", 7);
	assert_non_null(link);
	assert_non_null(memmem(link, length, "%20door&room=messages&limit=1&before=3>; rel", 44));
}

TEST(what_is_wrong_with_a_query_is_told)
{
	make_doors(1);
	expect_error("", 400, "bad_query");
	expect_error("q=", 400, "bad_query");
	expect_error("room=lab", 400, "bad_query");
	expect_error("q=-door", 400, "bad_query");
	expect_error("q=%22", 400, "bad_query");
	expect_error("q=%ff", 400, "bad_query");
	expect_error("q=do%00or", 400, "bad_query");
	expect_error("q=before:soon+x", 400, "bad_query");
	expect_error("q=a&q=a", 400, "repeated_parameter");
	expect_error("q=a&around=1", 400, "unknown_parameter");
	expect_error("q=a&room=Lab", 400, "bad_room");
	expect_error("q=a&limit=0", 400, "bad_limit");
	expect_error("q=in:lab+a&room=messages", 400, "contradictory_parameters");
	search("q=in:lab+a&room=lab");
	assert_int_equal(response.status, 200);
}

TEST(too_much_that_is_not_indexed_is_unavailable_for_a_while)
{
	make_doors(1);
	raw_run(database,
	    "INSERT INTO messages (id, ts, room, nickname, text) VALUES (20000, 0, 'a', 'b', 'c')");
	expect_error("q=door", 503, "search_behind");
	assert_int_equal(response.retry_after, 5);
	raw_run(database, "DELETE FROM messages WHERE id = 20000");
	search("q=door");
	assert_int_equal(response.status, 200);
}

TEST(without_a_database_it_is_unavailable)
{
	expect_error("q=door", 503, "database_missing");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    API(a_hit_is_a_message_with_a_snippet),
	    API(a_link_leads_to_older_matches_where_there_are_some),
	    API(the_longest_query_has_a_link_that_fits_the_head),
	    API(what_is_wrong_with_a_query_is_told),
	    API(too_much_that_is_not_indexed_is_unavailable_for_a_while),
	    API(without_a_database_it_is_unavailable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
