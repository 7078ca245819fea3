/*
 * test_routes_failing.c: what the API answers and logs while its database cannot be read, that it
 * opens it anew, and the figures for Prometheus, line by line.
 */
#include "api/metrics.h"
#include "base/clock.h"
#include "requests.h"

static struct store *writer;
static char logged[4000];

static int setup(void **state)
{
	if (api_setup(state) != 0)
		return -1;
	writer = open_store(database, STORE_CREATOR);
	add_message(writer, "lab", "door");
	return 0;
}

static int teardown(void **state)
{
	store_close(writer);
	return api_teardown(state);
}

#define FAILING(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* Asks; what is logged meanwhile stands in `logged`. */
static void get(const char *path, const char *query)
{
	struct capture told = capture_begin(STDERR_FILENO);
	const struct http_request request = {
	    .method = str_of("GET"), .path = str_of(path), .query = str_of(query)};
	http_response_free(&response);
	api_answer(api, &request, &response);
	capture_end(&told, logged, sizeof(logged));
}

static void expect_logged(const char *part)
{
	if (part)
		expect(strstr(logged, part) != NULL, "no '%s' in: %s", part, logged);
	else
		expect(logged[0] == '\0', "%s", logged);
}

/* ---- failures ---- */

TEST(each_route_tells_of_a_table_that_cannot_be_read_and_goes_on_when_it_can)
{
	static const struct {
		const char *path, *query, *table;
	} cases[] = {{"/messages", "room=lab", "messages"}, {"/rooms", "", "rooms"},
	    {"/search", "q=door", "search_state"}, {"/health", "", "logger_note"},
	    {"/export", "", "messages"}};
	char sql[200];
	raw_run(database,
	    "REPLACE INTO logger_note VALUES (1, strftime('%s') * 1000, NULL, x'', NULL)");
	for (size_t i = 0; i < COUNT(cases); i++) {
		get(cases[i].path, cases[i].query);
		expect(response.status == 200, "%s: %s", cases[i].path, body());
		/* The cache would answer what was asked before. */
		add_message(writer, "lab", "door");
		snprintf(sql, sizeof(sql),
		    "PRAGMA legacy_alter_table = on; ALTER TABLE %s RENAME TO away",
		    cases[i].table);
		raw_run(database, sql);
		get(cases[i].path, cases[i].query);
		expect(response.status == 500, "%s: %d %s", cases[i].path, response.status, body());
		assert_string_equal(error_member("code"), "database_failed");
		assert_string_equal(error_member("message"), "the database could not be read");
		assert_int_equal(response.retry_after, 0);
		expect_logged("no such table: ");
		snprintf(sql, sizeof(sql),
		    "PRAGMA legacy_alter_table = on; ALTER TABLE away RENAME TO %s",
		    cases[i].table);
		raw_run(database, sql);
		get(cases[i].path, cases[i].query);
		expect(response.status == 200, "%s: %s", cases[i].path, body());
		expect_logged(": it can be read again\n");
		get(cases[i].path, cases[i].query);
		expect_logged(NULL);
	}
}

TEST(an_error_stays_one_when_it_is_asked_for_again)
{
	get("/messages", "room=lab");
	assert_int_equal(response.status, 200);
	for (int i = 0; i < 3; i++) {
		get("/messages", "room=lab&before=1&after=2");
		assert_int_equal(response.status, 400);
		assert_string_equal(error_member("code"), "contradictory_parameters");
	}
	get("/messages", "room=lab");
	assert_int_equal(response.status, 200);
}

TEST(what_fails_again_is_logged_once)
{
	assert_int_equal(rename(database, unit_path("away")), 0);
	get("/messages", "");
	assert_int_equal(response.status, 503);
	assert_string_equal(error_member("code"), "database_missing");
	assert_int_equal(response.retry_after, 5);
	expect_logged("there is none");
	static const char *const others[][2] = {
	    {"/rooms", ""}, {"/export", ""}, {"/search", "q=door"}, {"/health", ""}};
	for (size_t i = 0; i < COUNT(others); i++) {
		get(others[i][0], others[i][1]);
		expect(response.status == 503, "%s: %d", others[i][0], response.status);
		assert_string_equal(error_member("code"), "database_missing");
		expect_logged(NULL);
	}
	unit_write(database, str_of("This is no database, and long enough to be read as one."));
	get("/search", "q=door");
	assert_string_equal(error_member("code"), "database_corrupt");
	expect_logged("file is not a database");
}

TEST(a_disk_that_is_nearly_full_is_told)
{
	raw_run(database,
	    "REPLACE INTO logger_note VALUES (1, strftime('%s') * 1000, NULL, x'', NULL)");
	get("/health", "");
	assert_int_equal(response.status, 200);
	api_watch_disk(api, 100);
	get("/health", "");
	assert_int_equal(response.status, 503);
	assert_string_equal(error_member("code"), "disk_full");
	assert_int_equal(response.retry_after, 30);
}

TEST(a_room_has_its_topic)
{
	get("/rooms", "");
	assert_null(strstr(body(), "topic"));
	raw_run(database, "INSERT INTO topics VALUES (1, 'lab', 'On \"Fridays\"')");
	add_message(writer, "lab", "Hi");
	get("/rooms", "");
	assert_non_null(strstr(body(), ",\"topic\":\"On \\\"Fridays\\\"\"}]"));
}

/* ---- figures ---- */

static void expect_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void expect_line(const char *format, ...)
{
	char line[300] = "\n";
	va_list args;
	va_start(args, format);
	vsnprintf(line + 1, sizeof(line) - 2, format, args);
	va_end(args);
	strcat(line, "\n");
	static char whole[1 << 20];
	snprintf(whole, sizeof(whole), "\n%s\n", body());
	expect(strstr(whole, line), "no%sin %s", line, whole);
}

TEST(figures_of_the_logger_are_told_one_by_one)
{
	int64_t now = clock_ms(CLOCK_REALTIME);
	char sql[400];
	snprintf(sql, sizeof(sql), "REPLACE INTO logger_note VALUES (1, %lld, NULL, x'', %lld)",
	    (long long)now, (long long)now - 7 * 86400000LL);
	raw_run(database, sql);
	raw_run(database,
	    "UPDATE logger_figures SET stored = 11, repeated = 12, rejected = 13, batches = 14,"
	    " batch_age_ms = 2034, commits = 15, commit_seconds = 1.5, within_500us = 1,"
	    " within_1ms = 2, within_2500us = 3, within_5ms = 4");
	get("/metrics", "");
	expect_line("mqtt_chat_messages_stored_total 11");
	expect_line("mqtt_chat_messages_repeated_total 12");
	expect_line("mqtt_chat_messages_rejected_total 13");
	expect_line("mqtt_chat_batches_total 14");
	expect_line("mqtt_chat_batch_age_seconds 2.034");
	expect_line("mqtt_chat_commit_seconds_bucket{le=\"0.0005\"} 1");
	expect_line("mqtt_chat_commit_seconds_bucket{le=\"0.001\"} 2");
	expect_line("mqtt_chat_commit_seconds_bucket{le=\"+Inf\"} 15");
	expect_line("mqtt_chat_commit_seconds_sum 1.5");
	expect_line("mqtt_chat_commit_seconds_count 15");
	expect_line("mqtt_chat_logger_alive_timestamp_seconds %lld.%03d", (long long)now / 1000,
	    (int)(now % 1000));
	expect_line("mqtt_chat_logger_up 1");
	expect_line("mqtt_chat_retention_waits 1");
	expect_line("mqtt_chat_disk_reserve_bytes 0");
	expect_line("mqtt_chat_database_up 1");
	expect_line("# TYPE mqtt_chat_disk_free_bytes gauge");
	expect_line("# HELP mqtt_chat_database_up Whether the database can be read.");
	struct stat about;
	assert_int_equal(stat(unit_path("db-wal"), &about), 0);
	expect_line("mqtt_chat_wal_bytes %lld", (long long)about.st_size);
	assert_int_equal(strncmp(body(), "# HELP ", 7), 0);
	raw_run(database, "UPDATE logger_note SET alive_at = 1, reckoned_at = NULL");
	api_watch_disk(api, 1);
	get("/metrics", "");
	expect_line("mqtt_chat_logger_up 0");
	expect_line("mqtt_chat_retention_waits 0");
	assert_null(strstr(body(), "mqtt_chat_disk_reserve_bytes 0"));
}

TEST(why_messages_were_rejected_is_told_by_reason)
{
	raw_run(database,
	    "INSERT INTO rejected (ts, topic, reason, size, head) VALUES (1, 't', 'plain', 1, x'00'),"
	    " (1, 't', 'a \"b\" \\c' || char(10) || 'd', 1, x'00'), (1, 't', 'plain', 1, x'00')");
	get("/metrics", "");
	expect_line("mqtt_chat_rejected_kept{reason=\"plain\"} 2");
	expect_line("mqtt_chat_rejected_kept{reason=\"a \\\"b\\\" \\\\c\\nd\"} 1");
}

TEST(figures_that_cannot_be_read_are_left_out)
{
	raw_run(database, "DROP TABLE rejected");
	get("/metrics", "");
	assert_int_equal(response.status, 200);
	expect_line("mqtt_chat_database_up 0");
	assert_null(strstr(body(), "mqtt_chat_wal_bytes"));
	expect_logged("no such table: rejected");
}

TEST(times_and_statuses_are_counted_as_they_are)
{
	static const struct {
		int status;
		const char *as;
	} cases[] = {{200, "200"}, {304, "304"}, {400, "400"}, {404, "404"}, {405, "405"},
	    {503, "503"}, {500, "500"}, {418, "500"}};
	static const int64_t ms[] = {0, 2, 7, 20, 80, 400, 2000, 3000};
	for (size_t i = 0; i < COUNT(cases); i++)
		metrics_count(METRICS_ROUTES_MAX - 1, "fake", cases[i].status,
		    clock_ns(CLOCK_MONOTONIC) - ms[i] * 1000000);
	get("/metrics", "");
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_line("mqtt_chat_http_requests_total{route=\"fake\",status=\"%s\"} %d",
		    cases[i].as, i < 6 ? 1 : 2);
	static const char *const within[] = {"0.001\"} 1", "0.0025\"} 2", "0.005\"} 2", "0.01\"} 3",
	    "0.025\"} 4", "0.1\"} 5", "0.5\"} 6", "2.5\"} 7", "+Inf\"} 8"};
	for (size_t i = 0; i < COUNT(within); i++)
		expect_line(
		    "mqtt_chat_http_request_seconds_bucket{route=\"fake\",le=\"%s", within[i]);
	expect_line("mqtt_chat_http_request_seconds_count{route=\"fake\"} 8");
	const char *sum = strstr(body(), "mqtt_chat_http_request_seconds_sum{route=\"fake\"} 5.5");
	expect(sum, "%s", body());
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    FAILING(each_route_tells_of_a_table_that_cannot_be_read_and_goes_on_when_it_can),
	    FAILING(an_error_stays_one_when_it_is_asked_for_again),
	    FAILING(what_fails_again_is_logged_once),
	    FAILING(a_disk_that_is_nearly_full_is_told),
	    FAILING(a_room_has_its_topic),
	    FAILING(figures_of_the_logger_are_told_one_by_one),
	    FAILING(why_messages_were_rejected_is_told_by_reason),
	    FAILING(figures_that_cannot_be_read_are_left_out),
	    FAILING(times_and_statuses_are_counted_as_they_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
