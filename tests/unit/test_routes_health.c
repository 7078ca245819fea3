/* test_routes_health.c: /health says whether what is sent is stored. */
#include <time.h>

#include "requests.h"
#include "store/signs.h"

static struct store_note note_of(void *arg)
{
	return (struct store_note){*(struct store_signs *)arg, {"", 0}};
}

static void ask_health(void)
{
	ask_with(&(struct http_request){
	    .method = str_of("GET"), .path = str_of("/health"), .query = str_of("")});
}

/*
 * A database whose logger gave its signs so many seconds ago; -1: never; less than that: in the
 * future.
 */
static void with_signs(int alive_seconds_ago, int lost_seconds_ago)
{
	int64_t now = (int64_t)time(NULL) * 1000;
	struct store_signs signs = {now - alive_seconds_ago * 1000LL,
	    lost_seconds_ago == -1 ? 0 : now - lost_seconds_ago * 1000LL, 0};
	struct store *writer = open_store(database, STORE_CREATOR);
	if (alive_seconds_ago != -1)
		assert_int_equal(store_insert_batch(writer, NULL, 0, note_of, &signs), STORE_OK);
	store_close(writer);
	ask_health();
}

static void expect_status(const char *expected)
{
	struct json_object *whole = json_tokener_parse(body()), *status = NULL;
	assert_true(json_object_object_get_ex(whole, "status", &status));
	assert_string_equal(json_object_get_string(status), expected);
	json_object_put(whole);
}

TEST(a_logger_that_was_there_just_now_is_well)
{
	with_signs(3, -1);
	assert_int_equal(response.status, 200);
	expect_status("ok");
	assert_non_null(strstr(body(), "\"sessionLostAt\":null"));
}

TEST(a_logger_that_is_silent_is_not_well)
{
	with_signs(200, -1);
	assert_int_equal(response.status, 503);
	assert_string_equal(error_member("code"), "logger_silent");
	assert_int_equal(response.retry_after, 30);
}

/* Which a clock that was ahead has left behind. */
TEST(a_sign_of_life_from_the_future_is_none)
{
	with_signs(-3468, -1);
	assert_int_equal(response.status, 503);
	assert_string_equal(error_member("code"), "logger_silent");
	assert_non_null(strstr(error_member("message"), "the clock was set back"));
	with_signs(-10, -1);
	assert_int_equal(response.status, 200);
	assert_non_null(strstr(body(), "\"loggerAgeSeconds\":0,"));
}

/* As one that was lost while the clock was ahead. */
TEST(a_session_that_will_be_lost_next_year_is_no_news)
{
	with_signs(0, -400 * 86400);
	expect_status("ok");
}

static void expect_doubt(int64_t ahead_ms, const char *expected)
{
	int64_t now = (int64_t)time(NULL) * 1000;
	struct store_signs signs = {now, 0, now - ahead_ms};
	struct store *writer = open_store(database, STORE_CREATOR);
	assert_int_equal(store_insert_batch(writer, NULL, 0, note_of, &signs), STORE_OK);
	store_close(writer);
	ask_health();
	assert_int_equal(response.status, 200);
	assert_non_null(strstr(body(), expected));
}

TEST(a_clock_that_the_logger_doubts_is_told)
{
	expect_doubt(400 * 86400000LL, "\"retentionWaits\":true");
	expect_doubt(20000, "\"retentionWaits\":false");
	expect_doubt(-400 * 86400000LL, "\"retentionWaits\":false");
}

TEST(a_logger_that_never_gave_a_sign_is_not_well)
{
	with_signs(-1, -1);
	assert_int_equal(response.status, 503);
}

TEST(a_session_that_was_lost_is_told_for_a_day)
{
	with_signs(0, 3600);
	assert_int_equal(response.status, 200);
	expect_status("session_lost");
	with_signs(0, 90000);
	expect_status("ok");
	assert_null(strstr(body(), "\"sessionLostAt\":null"));
}

TEST(without_a_database_it_says_so)
{
	ask_with(&(struct http_request){
	    .method = str_of("GET"), .path = str_of("/health"), .query = str_of("")});
	assert_int_equal(response.status, 503);
	assert_string_equal(error_member("code"), "database_missing");
}

TEST(it_takes_no_parameter)
{
	ask_with(&(struct http_request){
	    .method = str_of("GET"), .path = str_of("/health"), .query = str_of("room=lab")});
	assert_int_equal(response.status, 400);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    API(a_logger_that_was_there_just_now_is_well),
	    API(a_logger_that_is_silent_is_not_well),
	    API(a_sign_of_life_from_the_future_is_none),
	    API(a_session_that_will_be_lost_next_year_is_no_news),
	    API(a_clock_that_the_logger_doubts_is_told),
	    API(a_logger_that_never_gave_a_sign_is_not_well),
	    API(a_session_that_was_lost_is_told_for_a_day),
	    API(without_a_database_it_says_so),
	    API(it_takes_no_parameter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
