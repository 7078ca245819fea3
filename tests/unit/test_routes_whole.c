/* test_routes_whole.c: since=, /rooms, /export and /metrics. */
#include <time.h>

#include "api/metrics.h"
#include "api/places.h"
#include "requests.h"

static struct store *writer;
static struct text taken; /* by the client of an export */
static int pieces, pieces_wanted;

static int setup_writer(void **state)
{
	if (api_setup(state) != 0)
		return -1;
	writer = open_store(database, STORE_CREATOR);
	return 0;
}

static int teardown_writer(void **state)
{
	text_free(&taken);
	store_close(writer);
	return api_teardown(state);
}

#define WHOLE(test) cmocka_unit_test_setup_teardown(test, setup_writer, teardown_writer)

static void add_at(const char *room, const char *text, int64_t ts)
{
	struct store_entry entry = entry_with(room, text, NULL, NULL);
	entry.ts = ts;
	store_one(writer, &entry);
}

/* ---- since ---- */

TEST(since_gives_what_is_stored_since_then_and_links_by_id)
{
	int64_t now = (int64_t)time(NULL) * 1000, ids[STORE_PAGE_MAX];
	add_at("messages", "old", now - 7200000);
	add_at("messages", "new", now - 300000);
	add_at("messages", "newer", now - 200000);
	add_at("messages", "newest", now - 100000);
	ask("since=10m&limit=2");
	assert_int_equal(body_ids(ids), 2);
	assert_int_equal(ids[0], 2);
	static const char begin[] = "<?room=messages&limit=2&before=2>; rel=\"prev\", "
				    "<?room=messages&limit=2&since=20";
	expect(strncmp(response.link, begin, strlen(begin)) == 0, "%s", response.link);
	assert_non_null(strstr(response.link, "Z&after=3>; rel=\"next\""));
	ask("since=3h");
	assert_int_equal(body_ids(ids), 4);
	ask("since=1m");
	assert_string_equal(body(), "[]");
	assert_string_equal(
	    response.link, "<?room=messages&limit=10&before=9007199254740991>; rel=\"prev\"");
}

TEST(since_a_time_is_inclusive)
{
	int64_t ids[STORE_PAGE_MAX];
	add_at("messages", "one", TS - 1);
	add_at("messages", "two", TS);
	ask("since=2026-11-23T17:41:05.123Z");
	assert_int_equal(body_ids(ids), 1);
	assert_int_equal(ids[0], 2);
	ask("since=2026-11-23T18:41:05.123%2b01:00");
	assert_int_equal(body_ids(ids), 1);
}

/* Answers are kept while the database does not change; the clock goes on meanwhile. */
TEST(since_follows_the_clock)
{
	add_at("messages", "Hi", (int64_t)time(NULL) * 1000);
	ask("since=2s");
	assert_string_not_equal(body(), "[]");
	for (int i = 0; i < 300 && strcmp(body(), "[]") != 0; i++) {
		usleep(100000);
		ask("since=2s");
	}
	assert_string_equal(body(), "[]");
}

TEST(since_is_told_what_it_takes)
{
	ask("since=yesterday");
	assert_int_equal(response.status, 400);
	assert_string_equal(error_member("code"), "bad_since");
	assert_string_equal(error_member("message"),
	    "since must be like 30s, 10m, 2h or 3d, or a time like 2026-11-23T17:41:05Z");
	ask("since=2h&around=3");
	assert_string_equal(error_member("code"), "contradictory_parameters");
}

/* ---- rooms ---- */

TEST(rooms_are_told_newest_first)
{
	ask_path("/rooms", "");
	assert_string_equal(body(), "[]");
	add_at("lab", "one", TS);
	add_at("den", "two", TS);
	add_at("lab", "three", TS + 1);
	ask_path("/rooms", "");
	assert_int_equal(response.status, 200);
	assert_string_equal(body(), "[{\"room\":\"lab\",\"messages\":2,\"lastId\":3,"
				    "\"lastTs\":\"2026-11-23T17:41:05.124Z\"},"
				    "{\"room\":\"den\",\"messages\":1,\"lastId\":2,"
				    "\"lastTs\":\"2026-11-23T17:41:05.123Z\"}]");
	ask_path("/rooms", "room=lab");
	assert_int_equal(response.status, 400);
}

TEST(rooms_are_asked_for_by_a_part_of_their_name_or_by_how_many)
{
	for (const char *const *room = (const char *const[]){"lab", "den", "label", NULL}; *room;
	     room++)
		add_at(*room, "one", TS);
	static const struct {
		const char *query, *first, *second;
	} cases[] = {{"q=LAB", "label", "lab"}, {"q=lab&limit=1", "label", NULL},
	    {"limit=2", "label", "den"}, {"q=en", "den", NULL}, {"q=x", NULL, NULL}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask_path("/rooms", cases[i].query);
		struct json_object *list = json_tokener_parse(body());
		const char *wanted[] = {cases[i].first, cases[i].second};
		for (size_t n = 0; n < 2 && wanted[n]; n++)
			assert_string_equal(json_object_get_string(json_object_object_get(
						json_object_array_get_idx(list, n), "room")),
			    wanted[n]);
		assert_int_equal(
		    json_object_array_length(list), (wanted[0] != NULL) + (wanted[1] != NULL));
		json_object_put(list);
	}
	ask_path("/rooms", "limit=201");
	assert_int_equal(response.status, 400);
}

/* ---- export ---- */

static int take(void *to, struct str piece)
{
	(void)to;
	text_put(&taken, piece);
	return ++pieces == pieces_wanted ? -1 : 0;
}

/* Runs the export that was answered; the client goes away after so many pieces (0: never). */
static int run_export(int wanted)
{
	text_free(&taken);
	pieces = 0;
	pieces_wanted = wanted;
	int failed = response.stream.run(response.stream.arg, take, NULL);
	text_put(&taken, (struct str){"", 1});
	return failed;
}

static int lines(void)
{
	int count = 0;
	for (const char *at = taken.at; (at = strchr(at, '\n')) != NULL; at++)
		count++;
	return count;
}

TEST(an_export_is_a_stream_to_be_saved)
{
	char head[HTTP_HEAD_MAX + 1];
	add_at("lab", "Hi", TS);
	ask_path("/export", "room=lab");
	assert_int_equal(response.status, 200);
	head[http_head(&response, head)] = '\0';
	assert_string_equal(head,
	    "Status: 200 OK\r\nContent-Type: application/x-ndjson\r\nCache-Control: no-store\r\n"
	    "Content-Disposition: attachment; filename=\"mqtt-chat-lab.ndjson\"\r\n\r\n");
	assert_int_equal(run_export(0), 0);
	assert_string_equal(taken.at,
	    "{\"id\":1,\"room\":\"lab\",\"nickname\":\"Ann\",\"text\":\"Hi\",\"clientId\":null,"
	    "\"msgId\":null,\"ts\":\"2026-11-23T17:41:05.123Z\"}\n");
}

TEST(a_field_of_csv_is_quoted_where_it_must_be)
{
	static const struct {
		const char *text, *field;
	} cases[] = {
	    {"plain", "plain"},
	    {"a b", "a b"},
	    {"a,b", "\"a,b\""},
	    {"\"", "\"\"\"\""},
	    {"say \"hi\"", "\"say \"\"hi\"\"\""},
	    {"two\nlines", "\"two\nlines\""},
	    {"\r", "\"'\r\""},
	    {"größer 😀; =1+1", "größer 😀; =1+1"},
	    {"=1,\"2\"", "\"'=1,\"\"2\"\"\""},
	    {"-5", "'-5"},
	    {"'@", "''@"},
	    {"'a", "'a"},
	    {"＋1", "'＋1"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char expected[200];
		add_at("csv", cases[i].text, TS);
		ask_path("/export", "room=csv&format=csv");
		assert_int_equal(run_export(0), 0);
		snprintf(expected, sizeof(expected),
		    "%zu,csv,Ann,%s,,,2026-11-23T17:41:05.123Z\r\n", i + 1, cases[i].field);
		expect(strstr(taken.at, expected) != NULL, "%s: %s", cases[i].text, taken.at);
	}
	assert_memory_equal(
	    taken.at, "\xef\xbb\xbfid,room,nickname,text,clientId,msgId,ts\r\n", 44);
	assert_string_equal(response.file, "mqtt-chat-csv.csv");
}

TEST(an_export_ends_with_what_was_newest_when_it_began)
{
	for (int i = 0; i < 5; i++)
		add_at("lab", "Hi", TS);
	ask_path("/export", "");
	add_at("lab", "too late", TS);
	assert_int_equal(run_export(0), 0);
	assert_int_equal(lines(), 5);
	assert_string_equal(response.file, "mqtt-chat.ndjson");
}

static void fill(int count)
{
	char sql[300];
	snprintf(sql, sizeof(sql),
	    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
	    "INSERT INTO messages (ts, room, nickname, text) SELECT i, 'lab', 'Ann', 'Hi' FROM n",
	    count);
	raw_run(database, sql);
}

/* Pieces of a thousand, so the edges are there. */
TEST(an_export_of_many_pieces_has_each_message_once)
{
	static const int counts[] = {999, 1000, 1001, 2000, 3500};
	for (size_t i = 0; i < COUNT(counts); i++) {
		raw_run(database, "DELETE FROM messages; DELETE FROM sqlite_sequence");
		fill(counts[i]);
		ask_path("/export", i % 2 ? "room=lab" : "");
		assert_int_equal(run_export(0), 0);
		expect(lines() == counts[i], "%d lines of %d", lines(), counts[i]);
		expect(pieces == (counts[i] + 999) / 1000, "%d pieces", pieces);
	}
}

TEST(long_messages_make_smaller_pieces)
{
	char text[4001];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 200; i++)
		add_at("lab", text, TS);
	ask_path("/export", "");
	assert_int_equal(run_export(0), 0);
	assert_int_equal(lines(), 200);
	assert_true(pieces >= 3);
}

TEST(a_client_that_goes_away_ends_the_export)
{
	fill(5000);
	ask_path("/export", "");
	assert_int_equal(run_export(2), -1);
	assert_int_equal(pieces, 2);
}

TEST(between_pieces_nothing_is_held)
{
	fill(5000);
	ask_path("/export", "");
	assert_int_equal(run_export(1), -1);
	assert_string_equal(raw_text(database, "PRAGMA wal_checkpoint(TRUNCATE)"), "0");
}

TEST(an_export_breaks_off_where_its_database_goes)
{
	fill(10);
	ask_path("/export", "");
	assert_int_equal(rename(database, unit_path("elsewhere")), 0);
	int saved = dup(STDERR_FILENO);
	silence();
	int failed = run_export(0);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_int_equal(failed, -1);
}

TEST(at_most_two_exports_run_at_once)
{
	struct http_response more[2];
	static const struct http_request request = {
	    .method = {"GET", 3}, .path = {"/export", 7}, .query = {"", 0}};
	for (int i = 0; i < 2; i++) {
		api_answer(api, &request, &more[i]);
		assert_int_equal(more[i].status, 200);
	}
	ask_path("/export", "");
	assert_int_equal(response.status, 503);
	assert_string_equal(error_member("code"), "too_many_exports");
	assert_int_equal(response.retry_after, 10);
	http_response_free(&more[0]);
	ask_path("/export", "");
	assert_int_equal(response.status, 200);
	http_response_free(&more[1]);
}

/* ---- metrics ---- */

/* The value on the line that begins with `name`, or -1. */
static double metric(const char *name)
{
	ask_path("/metrics", "");
	assert_int_equal(response.status, 200);
	for (const char *at = body(); (at = strstr(at, name)) != NULL; at++)
		if ((at == body() || at[-1] == '\n') && at[strlen(name)] == ' ')
			return strtod(at + strlen(name), NULL);
	return -1;
}

TEST(what_the_logger_counts_is_told)
{
	add_at("lab", "one", TS);
	add_at("lab", "two", TS);
	assert_true(metric("mqtt_chat_messages_stored_total") == 2);
	assert_true(metric("mqtt_chat_messages_rejected_total") == 0);
	assert_true(metric("mqtt_chat_batches_total") == 2);
	assert_true(metric("mqtt_chat_commit_seconds_count") == 1);
	assert_true(metric("mqtt_chat_commit_seconds_bucket{le=\"+Inf\"}") == 1);
	assert_true(metric("mqtt_chat_wal_bytes") > 0);
	assert_true(metric("mqtt_chat_database_up") == 1);
	assert_true(response.no_store);
	assert_string_equal(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
	assert_string_equal(response.etag, "");
}

TEST(each_answer_is_counted_by_route_and_status)
{
	static const char *const names[] = {
	    "mqtt_chat_http_requests_total{route=\"/messages\",status=\"200\"}",
	    "mqtt_chat_http_requests_total{route=\"/messages\",status=\"400\"}",
	    "mqtt_chat_http_requests_total{route=\"other\",status=\"404\"}",
	    "mqtt_chat_http_request_seconds_count{route=\"/messages\"}",
	    "mqtt_chat_http_request_seconds_bucket{route=\"/messages\",le=\"+Inf\"}"};
	static const int added[] = {3, 1, 1, 4, 4};
	double before[COUNT(names)];
	for (size_t i = 0; i < COUNT(names); i++) {
		before[i] = metric(names[i]);
		before[i] = before[i] < 0 ? 0 : before[i];
	}
	for (int i = 0; i < 3; i++)
		ask("");
	ask("limit=0");
	ask_path("/etc/passwd", "");
	for (size_t i = 0; i < COUNT(names); i++) {
		double now = metric(names[i]);
		expect(now == before[i] + added[i], "%s: %g, was %g", names[i], now, before[i]);
	}
	assert_null(strstr(body(), "passwd"));
}

/* Whether such a request gets a place beside those that are taken: 200, or 503 and when to come
 * again. */
static bool gets_a_place(const char *path, const char *query)
{
	ask_path(path, query);
	if (response.status == 200)
		return true;
	assert_int_equal(response.status, 503);
	assert_true(response.retry_after > 0);
	assert_non_null(strstr(error_member("code"), "too_many_"));
	return false;
}

TEST(searches_take_half_of_the_threads_at_most_and_one_is_left_for_pages)
{
	static const struct {
		int threads, searches, beside_exports;
	} tables[] = {{1, 1, 0}, {2, 1, 0}, {3, 1, 0}, {4, 2, 1}, {5, 2, 2}, {16, 8, 8}};
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		int searches = 0, exports = 0, beside = 0;
		places_set(tables[i].threads);
		while (gets_a_place("/search", "q=door") && places_take(PLACE_SEARCH))
			searches++;
		assert_int_equal(searches, tables[i].searches);
		ask("");
		assert_int_equal(response.status, 200);
		for (int n = 0; n < searches; n++)
			places_give(PLACE_SEARCH);
		while (places_take(PLACE_EXPORT))
			exports++;
		while (gets_a_place("/search", "q=door") && places_take(PLACE_SEARCH))
			beside++;
		assert_int_equal(beside, tables[i].beside_exports);
		assert_false(gets_a_place("/export", ""));
		for (int n = 0; n < exports; n++)
			places_give(PLACE_EXPORT);
		for (int n = 0; n < beside; n++)
			places_give(PLACE_SEARCH);
	}
	places_set(4);
}

TEST(exports_under_way_are_told)
{
	struct http_response running;
	static const struct http_request request = {
	    .method = {"GET", 3}, .path = {"/export", 7}, .query = {"", 0}};
	assert_true(metric("mqtt_chat_exports_running") == 0);
	api_answer(api, &request, &running);
	assert_true(metric("mqtt_chat_exports_running") == 1);
	http_response_free(&running);
	assert_true(metric("mqtt_chat_exports_running") == 0);
}

TEST(without_a_database_the_rest_is_told)
{
	store_close(writer);
	writer = NULL;
	assert_int_equal(rename(database, unit_path("elsewhere")), 0);
	assert_true(metric("mqtt_chat_database_up") == 0);
	assert_true(metric("mqtt_chat_messages_stored_total") == -1);
	assert_true(metric("mqtt_chat_exports_running") == 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    WHOLE(since_gives_what_is_stored_since_then_and_links_by_id),
	    WHOLE(since_a_time_is_inclusive),
	    WHOLE(since_follows_the_clock),
	    WHOLE(since_is_told_what_it_takes),
	    WHOLE(rooms_are_told_newest_first),
	    WHOLE(rooms_are_asked_for_by_a_part_of_their_name_or_by_how_many),
	    WHOLE(an_export_is_a_stream_to_be_saved),
	    WHOLE(a_field_of_csv_is_quoted_where_it_must_be),
	    WHOLE(an_export_ends_with_what_was_newest_when_it_began),
	    WHOLE(an_export_of_many_pieces_has_each_message_once),
	    WHOLE(long_messages_make_smaller_pieces),
	    WHOLE(a_client_that_goes_away_ends_the_export),
	    WHOLE(between_pieces_nothing_is_held),
	    WHOLE(an_export_breaks_off_where_its_database_goes),
	    WHOLE(at_most_two_exports_run_at_once),
	    WHOLE(what_the_logger_counts_is_told),
	    WHOLE(each_answer_is_counted_by_route_and_status),
	    WHOLE(searches_take_half_of_the_threads_at_most_and_one_is_left_for_pages),
	    WHOLE(exports_under_way_are_told),
	    WHOLE(without_a_database_the_rest_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
