/* test_routes_pages.c: what a page holds, where its links lead, and when 304 is enough. */
#include "requests.h"

static struct store *writer;

static int setup_writer(void **state)
{
	if (api_setup(state) != 0)
		return -1;
	writer = open_store(database, STORE_CREATOR);
	return 0;
}

static int teardown_writer(void **state)
{
	store_close(writer);
	return api_teardown(state);
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, setup_writer, teardown_writer)

static void add_many(const char *room, int count)
{
	for (int i = 0; i < count; i++)
		add_message(writer, room, "Hi");
}

/* ---- bodies ---- */

TEST(an_empty_room_is_an_empty_array)
{
	ask("room=empty");
	assert_int_equal(response.status, 200);
	assert_string_equal(body(), "[]");
	assert_string_equal(response.link, "");
}

TEST(a_message_is_told_with_all_its_members)
{
	struct store_entry entry = entry_with("messages", "Hi", "c1", "m1");
	store_one(writer, &entry);
	add_message(writer, "messages", "Ho");
	ask("");
	assert_string_equal(body(), "[{\"id\":1,\"room\":\"messages\",\"nickname\":\"Ann\","
				    "\"text\":\"Hi\",\"clientId\":\"c1\","
				    "\"msgId\":\"m1\",\"ts\":\"2026-11-23T17:41:05.123Z\"},"
				    "{\"id\":2,\"room\":\"messages\",\"nickname\":\"Ann\",\"text\":"
				    "\"Ho\",\"clientId\":null,"
				    "\"msgId\":null,\"ts\":\"2026-11-23T17:41:05.123Z\"}]");
}

static void expect_text_back(const char *text)
{
	add_message(writer, "messages", text);
	ask("limit=1");
	struct json_object *array = json_tokener_parse(body());
	struct json_object *item = json_object_array_get_idx(array, 0);
	bool same = strcmp(json_object_get_string(json_object_object_get(item, "text")), text) == 0;
	json_object_put(array);
	expect(same, "%s came back as %s", text, body());
}

TEST(any_text_comes_back_as_it_was_stored)
{
	static const char *const texts[] = {"\"quoted\" \\ /", "two\nlines\tand a tab",
	    "</script><img src=x onerror=alert(1)>", "日本 😀 \xe2\x80\xa8", "\x01\x1f\x7f",
	    "{\"text\":\"x\"}", "%s%n", "\\u0041"};
	for (size_t i = 0; i < COUNT(texts); i++)
		expect_text_back(texts[i]);
}

static void expect_ids(const char *query, int64_t first, int64_t last)
{
	int64_t ids[STORE_PAGE_MAX];
	ask(query);
	int count = body_ids(ids);
	expect(count == last - first + 1, "%s: %d messages", query, count);
	for (int i = 0; i < count; i++)
		expect(ids[i] == first + i, "%s: place %d has %lld", query, i, (long long)ids[i]);
}

TEST(each_selector_gives_its_part_oldest_first)
{
	static const struct {
		const char *query;
		int64_t first, last;
	} cases[] = {
	    {"", 241, 250},
	    {"limit=3", 248, 250},
	    {"limit=200", 51, 250},
	    {"before=100", 90, 99},
	    {"before=100&limit=2", 98, 99},
	    {"before=5", 1, 4},
	    {"after=100", 101, 110},
	    {"after=245", 246, 250},
	    {"around=100", 95, 104},
	    {"around=100&limit=3", 99, 101},
	    {"around=100&limit=1", 100, 100},
	    {"around=2", 1, 10},
	    {"around=250", 241, 250},
	};
	add_many("messages", 250);
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_ids(cases[i].query, cases[i].first, cases[i].last);
}

TEST(a_room_shows_its_own_messages_and_no_others)
{
	add_many("lab", 2);
	add_many("messages", 3);
	expect_ids("room=lab", 1, 2);
	expect_ids("room=messages", 3, 5);
	expect_ids("", 3, 5);
}

/* ---- links ---- */

TEST(links_lead_where_there_is_more_and_keep_what_was_asked)
{
	static const struct {
		const char *query, *link;
	} cases[] = {
	    {"room=lab&limit=5", ""},
	    {"room=lab&limit=4", "<?room=lab&limit=4&before=2>; rel=\"prev\""},
	    {"room=lab&after=0&limit=4", "<?room=lab&limit=4&after=4>; rel=\"next\""},
	    {"room=lab&around=3&limit=1", "<?room=lab&limit=1&before=3>; rel=\"prev\", "
					  "<?room=lab&limit=1&after=3>; rel=\"next\""},
	    {"room=lab&after=5", "<?room=lab&limit=10&before=6>; rel=\"prev\""},
	    {"room=lab&before=1", "<?room=lab&limit=10&after=0>; rel=\"next\""},
	    {"room=none&after=5", ""},
	};
	add_many("lab", 5);
	for (size_t i = 0; i < COUNT(cases); i++) {
		ask(cases[i].query);
		expect(strcmp(response.link, cases[i].link) == 0, "%s: %s", cases[i].query,
		    response.link);
	}
}

/* Takes the query of the link with this relation; returns whether there is one. */
static bool find_link(const char *relation, char *out, size_t size)
{
	char end[20];
	snprintf(end, sizeof(end), ">; rel=\"%s\"", relation);
	const char *stop = strstr(response.link, end), *start = stop;
	if (!stop)
		return false;
	while (start[-1] != '?')
		start--;
	snprintf(out, size, "%.*s", (int)(stop - start), start);
	return true;
}

enum { HISTORY_SIZE = 100 };

/* Follows the links of a relation from `query` on and counts how often each message is shown. */
static int walk(const char *query, const char *relation, int seen[HISTORY_SIZE + 1])
{
	char next[HTTP_LINK_MAX];
	int pages = 0;
	snprintf(next, sizeof(next), "%s", query);
	do {
		int64_t ids[STORE_PAGE_MAX];
		ask(next);
		expect(response.status == 200, "%s: %s", next, body());
		for (int i = 0, count = body_ids(ids); i < count; i++)
			seen[ids[i]]++;
		expect(++pages <= HISTORY_SIZE + 2, "%s does not come to an end", query);
	} while (find_link(relation, next, sizeof(next)));
	return pages;
}

/* Every third message is in the room "lab". */
static void make_two_rooms(void)
{
	for (int i = 1; i <= HISTORY_SIZE; i++)
		add_message(writer, i % 3 ? "messages" : "lab", "Hi");
}

static void expect_whole_room(const int seen[HISTORY_SIZE + 1], const char *query)
{
	for (int id = 1; id <= HISTORY_SIZE; id++)
		expect(seen[id] == (id % 3 == 0), "%s shows %d %d times", query, id, seen[id]);
}

TEST(following_prev_from_the_newest_page_shows_every_message_once)
{
	static const char *const queries[] = {"room=lab&limit=1", "room=lab&limit=7", "room=lab",
	    "room=lab&limit=11", "room=lab&limit=33", "room=lab&limit=200"};
	make_two_rooms();
	for (size_t i = 0; i < COUNT(queries); i++) {
		int seen[HISTORY_SIZE + 1] = {0};
		walk(queries[i], "prev", seen);
		expect_whole_room(seen, queries[i]);
	}
}

TEST(following_next_from_the_beginning_shows_every_message_once)
{
	static const char *const queries[] = {"room=lab&after=0&limit=1",
	    "room=lab&after=0&limit=7", "room=lab&after=0", "room=lab&after=2&limit=33",
	    "room=lab&before=1&limit=4"};
	make_two_rooms();
	for (size_t i = 0; i < COUNT(queries); i++) {
		int seen[HISTORY_SIZE + 1] = {0};
		walk(queries[i], "next", seen);
		expect_whole_room(seen, queries[i]);
	}
}

/* From a page in the middle, whose messages are then shown twice: once on each way. */
static void expect_both_ways(const char *query)
{
	int seen[HISTORY_SIZE + 1] = {0};
	int64_t ids[STORE_PAGE_MAX];
	walk(query, "prev", seen);
	walk(query, "next", seen);
	ask(query);
	for (int i = 0, count = body_ids(ids); i < count; i++)
		seen[ids[i]]--;
	expect_whole_room(seen, query);
}

TEST(following_both_links_from_any_page_shows_every_message_once)
{
	static const char *const selectors[] = {"before", "after", "around"};
	static const int limits[] = {1, 4, 9};
	make_two_rooms();
	for (size_t s = 0; s < COUNT(selectors); s++)
		for (size_t l = 0; l < COUNT(limits); l++)
			for (int id = 1; id <= HISTORY_SIZE + 1; id += 3 + id % 2) {
				char query[80];
				snprintf(query, sizeof(query), "room=lab&limit=%d&%s=%d", limits[l],
				    selectors[s], id);
				expect_both_ways(query);
			}
}

TEST(links_hold_at_the_first_and_the_last_id_that_can_be_asked_for)
{
	static const char *const queries[] = {"room=lab&before=0",
	    "room=lab&after=9007199254740991", "room=lab&around=0",
	    "room=lab&around=9007199254740991", "room=lab&before=9007199254740991",
	    "room=lab&after=0"};
	make_two_rooms();
	for (size_t i = 0; i < COUNT(queries); i++)
		expect_both_ways(queries[i]);
}

TEST(the_longest_room_has_its_links_whole)
{
	char query[160], room[65];
	memset(room, 'r', 64);
	room[64] = '\0';
	add_many(room, 3);
	raw_run(database, "UPDATE messages SET id = id + 9007199254740000");
	snprintf(query, sizeof(query), "room=%s&limit=1&around=9007199254740002", room);
	ask(query);
	char expected[HTTP_LINK_MAX];
	snprintf(expected, sizeof(expected),
	    "<?room=%s&limit=1&before=9007199254740002>; rel=\"prev\", "
	    "<?room=%s&limit=1&after=9007199254740002>; rel=\"next\"",
	    room, room);
	assert_string_equal(response.link, expected);
}

/* ---- entity tags ---- */

static int status_of_get(const char *query, const char *if_none_match)
{
	ask_with(&(struct http_request){.method = str_of("GET"),
	    .path = str_of("/messages"),
	    .query = str_of(query),
	    .if_none_match = str_of(if_none_match)});
	return response.status;
}

TEST(a_page_that_the_client_has_is_304)
{
	char etag[HTTP_ETAG_SIZE], header[100];
	static const char *const headers[] = {"%s", "W/%s", "\"x\", %s", "\"x\",W/%s ,\"y\"", "*"};
	add_many("messages", 3);
	ask("");
	memcpy(etag, response.etag, sizeof(etag));
	for (size_t i = 0; i < COUNT(headers); i++) {
		const char *tag = strstr(headers[i], "%s");
		size_t before = tag ? (size_t)(tag - headers[i]) : strlen(headers[i]);
		snprintf(header, sizeof(header), "%.*s%s%s", (int)before, headers[i],
		    tag ? etag : "", tag ? tag + 2 : "");
		expect(status_of_get("", header) == 304, "%s", header);
		expect(response.omit_body, "%s has a body", header);
		expect(strcmp(response.etag, etag) == 0, "%s has another etag", header);
	}
}

TEST(a_page_that_the_client_does_not_have_is_sent)
{
	static const char *const headers[] = {NULL, "", "\"x\"", "\"x\", \"y\"", "x"};
	add_many("messages", 3);
	for (size_t i = 0; i < COUNT(headers); i++) {
		expect(status_of_get("", headers[i]) == 200, "%zu", i);
		expect(!response.omit_body, "%zu has no body", i);
	}
}

TEST(a_new_message_makes_another_etag)
{
	char etag[HTTP_ETAG_SIZE];
	add_many("messages", 3);
	ask("");
	memcpy(etag, response.etag, sizeof(etag));
	add_many("messages", 1);
	assert_int_equal(status_of_get("", etag), 200);
	assert_string_not_equal(response.etag, etag);
}

/* The same messages with another link are another page to a client that walks. */
TEST(a_new_link_makes_another_etag)
{
	char etag[HTTP_ETAG_SIZE];
	add_many("messages", 3);
	ask("after=0&limit=3");
	memcpy(etag, response.etag, sizeof(etag));
	add_many("messages", 1);
	assert_int_equal(status_of_get("after=0&limit=3", etag), 200);
}

TEST(head_of_a_page_that_the_client_has_is_304)
{
	char etag[HTTP_ETAG_SIZE];
	ask("");
	memcpy(etag, response.etag, sizeof(etag));
	ask_with(&(struct http_request){.method = str_of("HEAD"),
	    .path = str_of("/messages"),
	    .query = str_of(""),
	    .if_none_match = str_of(etag)});
	assert_int_equal(response.status, 304);
	assert_true(response.omit_body);
}

TEST(an_error_is_never_304)
{
	assert_int_equal(status_of_get("limit=0", "*"), 400);
	assert_false(response.omit_body);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    PAGES(an_empty_room_is_an_empty_array),
	    PAGES(a_message_is_told_with_all_its_members),
	    PAGES(any_text_comes_back_as_it_was_stored),
	    PAGES(each_selector_gives_its_part_oldest_first),
	    PAGES(a_room_shows_its_own_messages_and_no_others),
	    PAGES(links_lead_where_there_is_more_and_keep_what_was_asked),
	    PAGES(following_prev_from_the_newest_page_shows_every_message_once),
	    PAGES(following_next_from_the_beginning_shows_every_message_once),
	    PAGES(following_both_links_from_any_page_shows_every_message_once),
	    PAGES(links_hold_at_the_first_and_the_last_id_that_can_be_asked_for),
	    PAGES(the_longest_room_has_its_links_whole),
	    PAGES(a_page_that_the_client_has_is_304),
	    PAGES(a_page_that_the_client_does_not_have_is_sent),
	    PAGES(a_new_message_makes_another_etag),
	    PAGES(a_new_link_makes_another_etag),
	    PAGES(head_of_a_page_that_the_client_has_is_304),
	    PAGES(an_error_is_never_304),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
