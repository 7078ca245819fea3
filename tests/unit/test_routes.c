/* test_routes.c: which request gets which status, and what is said where it is wrong. */
#include "requests.h"

#include "base/utf8.h"

static int setup_history(void **state)
{
	if (api_setup(state) != 0)
		return -1;
	make_history(database, 12);
	return 0;
}

#define HISTORY(test) cmocka_unit_test_setup_teardown(test, setup_history, api_teardown)

static void expect_error(const char *query, int status, const char *code, const char *message)
{
	expect(response.status == status, "%s: status %d", query, response.status);
	expect(strcmp(error_member("code"), code) == 0, "%s: %s", query, body());
	expect(strcmp(error_member("message"), message) == 0, "%s: %s", query, body());
}

/* ---- methods and paths ---- */

TEST(get_answers_with_a_page)
{
	ask("");
	assert_int_equal(response.status, 200);
	assert_false(response.omit_body);
	assert_int_equal(response.body.at[0], '[');
}

TEST(head_answers_as_get_without_the_body)
{
	ask("");
	struct http_response got = response;
	response = (struct http_response){0};
	ask_with(&(struct http_request){
	    .method = str_of("HEAD"), .path = str_of("/messages"), .query = str_of("")});
	char get_head[HTTP_HEAD_MAX], head_head[HTTP_HEAD_MAX];
	size_t length = http_head(&got, get_head);
	bool same =
	    http_head(&response, head_head) == length && memcmp(get_head, head_head, length) == 0;
	http_response_free(&got);
	assert_true(same);
	assert_true(response.omit_body);
}

TEST(head_of_an_error_has_no_body)
{
	ask_with(&(struct http_request){
	    .method = str_of("HEAD"), .path = str_of("/none"), .query = str_of("")});
	assert_int_equal(response.status, 404);
	assert_true(response.omit_body);
}

TEST(other_methods_are_not_allowed)
{
	static const char *const methods[] = {
	    "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "Head", "GET ", ""};
	for (size_t i = 0; i < COUNT(methods); i++) {
		ask_with(&(struct http_request){.method = str_of(methods[i]),
		    .path = str_of("/messages"),
		    .query = str_of("")});
		expect_error(
		    methods[i], 405, "method_not_allowed", "only GET and HEAD are allowed here");
		assert_string_equal(response.allow, "GET, HEAD");
	}
}

TEST(a_request_without_a_method_is_malformed)
{
	ask_with(&(struct http_request){.path = str_of("/messages")});
	expect_error("no method", 400, "bad_request", "the request has no method");
}

TEST(other_paths_are_not_found)
{
	static const char *const paths[] = {NULL, "", "/", "/message", "/messages/", "//messages",
	    "/messages/7", "/Messages", "messages", "/messages%20", "/../messages"};
	for (size_t i = 0; i < COUNT(paths); i++) {
		ask_with(&(struct http_request){
		    .method = str_of("GET"), .path = str_of(paths[i]), .query = str_of("")});
		expect_error(
		    paths[i] ? paths[i] : "no path", 404, "not_found", "the API has no such path");
	}
}

TEST(an_error_has_no_etag_and_no_links)
{
	ask("limit=0");
	assert_string_equal(response.etag, "");
	assert_string_equal(response.link, "");
}

/* ---- parameters ---- */

#define ROOM_MESSAGE                                                                               \
	"room must be 1 to 64 of a-z 0-9 _ -; those that begin with _ or - are reserved"
#define LIMIT_MESSAGE "limit must be 1 to 200"
#define SIXTY_FOUR "a23456789-123456789-123456789-123456789-123456789-123456789-1234"

TEST(right_parameters_are_taken_however_they_are_written)
{
	static const char *const queries[] = {
	    NULL,
	    "",
	    "&",
	    "room=messages",
	    "room=" SIXTY_FOUR,
	    "room=a-_0",
	    "limit=1",
	    "limit=200",
	    "limit=007",
	    "before=0",
	    "before=9007199254740991",
	    "after=0",
	    "after=9007199254740991",
	    "around=0",
	    "around=9007199254740991",
	    "limit=5&room=lab&after=3",
	    "&&limit=5&&",
	    "%6Cimit=%35",
	    "room=%6d%65ssages",
	};
	for (size_t i = 0; i < COUNT(queries); i++) {
		ask(queries[i]);
		expect(response.status == 200, "%s: %s", queries[i], body());
	}
}

TEST(a_wrong_value_is_named_with_what_would_be_right)
{
	static const struct {
		const char *query, *code, *message;
	} cases[] = {
	    {"limit=0", "bad_limit", LIMIT_MESSAGE},
	    {"limit=201", "bad_limit", LIMIT_MESSAGE},
	    {"limit=-1", "bad_limit", LIMIT_MESSAGE},
	    {"limit=", "bad_limit", LIMIT_MESSAGE},
	    {"limit", "bad_limit", LIMIT_MESSAGE},
	    {"limit=1.5", "bad_limit", LIMIT_MESSAGE},
	    {"limit=1e1", "bad_limit", LIMIT_MESSAGE},
	    {"limit=0x1", "bad_limit", LIMIT_MESSAGE},
	    {"limit=ten", "bad_limit", LIMIT_MESSAGE},
	    {"limit=10x", "bad_limit", LIMIT_MESSAGE},
	    {"limit=+10", "bad_limit", LIMIT_MESSAGE},
	    {"limit=%2B10", "bad_limit", LIMIT_MESSAGE},
	    {"limit=10+", "bad_limit", LIMIT_MESSAGE},
	    {"limit=%2010", "bad_limit", LIMIT_MESSAGE},
	    {"limit=99999999999999999999", "bad_limit", LIMIT_MESSAGE},
	    {"limit=18446744073709551626", "bad_limit", LIMIT_MESSAGE},
	    {"before=-1", "bad_before", "before must be 0 to 9007199254740991"},
	    {"before=9007199254740992", "bad_before", "before must be 0 to 9007199254740991"},
	    {"before=x", "bad_before", "before must be 0 to 9007199254740991"},
	    {"after=9223372036854775807", "bad_after", "after must be 0 to 9007199254740991"},
	    {"after=", "bad_after", "after must be 0 to 9007199254740991"},
	    {"around=9223372036854775808", "bad_around", "around must be 0 to 9007199254740991"},
	    {"around=null", "bad_around", "around must be 0 to 9007199254740991"},
	    {"room=", "bad_room", ROOM_MESSAGE},
	    {"room", "bad_room", ROOM_MESSAGE},
	    {"room=Lab", "bad_room", ROOM_MESSAGE},
	    {"room=-a", "bad_room", ROOM_MESSAGE},
	    {"room=_a", "bad_room", ROOM_MESSAGE},
	    {"room=a+b", "bad_room", ROOM_MESSAGE},
	    {"room=a%2Fb", "bad_room", ROOM_MESSAGE},
	    {"room=a.b", "bad_room", ROOM_MESSAGE},
	    {"room=%C3%A9", "bad_room", ROOM_MESSAGE},
	    {"room=a%0A", "bad_room", ROOM_MESSAGE},
	    {"room=" SIXTY_FOUR "5", "bad_room", ROOM_MESSAGE},
	    {"room=a=b", "bad_room", ROOM_MESSAGE},
	    {"limit=%", "bad_limit", "the value of limit is too long or broken"},
	    {"limit=%1", "bad_limit", "the value of limit is too long or broken"},
	    {"limit=1%zz", "bad_limit", "the value of limit is too long or broken"},
	    {"limit=1%00", "bad_limit", "the value of limit is too long or broken"},
	    {"room=lab%00", "bad_room", "the value of room is too long or broken"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		ask(cases[i].query);
		expect_error(cases[i].query, 400, cases[i].code, cases[i].message);
	}
}

TEST(a_value_that_is_far_too_long_is_malformed)
{
	char query[2000];
	memset(query, 'a', sizeof(query) - 1);
	query[sizeof(query) - 1] = '\0';
	memcpy(query, "room=", 5);
	ask(query);
	expect_error(query, 400, "bad_room", "the value of room is too long or broken");
}

TEST(a_repeated_parameter_is_malformed)
{
	static const struct {
		const char *query, *message;
	} cases[] = {
	    {"limit=5&limit=5", "limit is given more than once"},
	    {"room=a&limit=5&room=b", "room is given more than once"},
	    {"before=5&%62efore=5", "before is given more than once"},
	    {"after=5&after", "after is given more than once"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		ask(cases[i].query);
		expect_error(cases[i].query, 400, "repeated_parameter", cases[i].message);
	}
}

TEST(two_selectors_contradict_each_other)
{
	static const char *const queries[] = {"before=5&after=3", "before=5&around=5",
	    "after=5&around=5", "before=1&after=2&around=3", "before=0&after=0"};
	for (size_t i = 0; i < COUNT(queries); i++) {
		ask(queries[i]);
		expect_error(queries[i], 400, "contradictory_parameters",
		    "before, after and around exclude each other; since goes with after alone");
	}
}

TEST(an_unknown_parameter_is_named)
{
	static const struct {
		const char *query, *message;
	} cases[] = {
	    {"offset=5", "there is no parameter \"offset\" here"},
	    {"Limit=5", "there is no parameter \"Limit\" here"},
	    {"limit=5&page=2", "there is no parameter \"page\" here"},
	    {"=5", "there is no parameter \"\" here"},
	    {"limi=5", "there is no parameter \"limi\" here"},
	    {"limits=5", "there is no parameter \"limits\" here"},
	    {"limit%00=5", "there is no parameter \"limit%00\" here"},
	    {"limit%=5", "there is no parameter \"limit%\" here"},
	    {"limit+=5", "there is no parameter \"limit+\" here"},
	    {"\"<script>=5", "there is no parameter \"\"<script>\" here"},
	    {"aaaaaaaaaabbbbbbbbbbccccccccccddddddddd",
		"there is no parameter \"aaaaaaaaaabbbbbbbbbbccccccccccdd\" here"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		ask(cases[i].query);
		expect_error(cases[i].query, 400, "unknown_parameter", cases[i].message);
	}
}

TEST(an_answer_is_utf8_whatever_was_asked)
{
	static const char *const queries[] = {"\xff=1", "a\xc3=1", "\xed\xa0\x80",
	    "aaaaaaaaaabbbbbbbbbbccccccccccdé=1", "aaaaaaaaaabbbbbbbbbbccccccccccd😀=1"};
	for (size_t i = 0; i < COUNT(queries); i++) {
		ask(queries[i]);
		expect(utf8_count(text_str(&response.body)) >= 0, "%s: %s", queries[i], body());
	}
}

TEST(a_query_is_read_no_further_than_its_length)
{
	ask_with(&(struct http_request){
	    .method = str_of("GET"), .path = str_of("/messages"), .query = {"limit=1234", 7}});
	assert_int_equal(response.status, 200);
}

/* ---- the database ---- */

static void expect_unavailable(const char *code, int retry_after)
{
	expect(response.status == 503, "status %d: %s", response.status, body());
	expect(strcmp(error_member("code"), code) == 0, "%s", body());
	assert_int_equal(response.retry_after, retry_after);
}

TEST(a_missing_database_is_told_until_it_is_there)
{
	ask("");
	expect_unavailable("database_missing", 5);
	ask("");
	expect_unavailable("database_missing", 5);
	make_history(database, 2);
	ask("");
	assert_int_equal(response.status, 200);
	assert_int_equal(response.retry_after, 0);
}

TEST(a_database_of_another_version_is_told_until_it_is_ours)
{
	make_history(database, 2);
	raw_run(database, "PRAGMA user_version = 9");
	ask("");
	expect_unavailable("database_version", 5);
	raw_run(database, "PRAGMA user_version = 2");
	ask("");
	assert_int_equal(response.status, 200);
}

TEST(a_database_that_somebody_has_for_himself_is_busy)
{
	make_history(database, 2);
	sqlite3 *other = raw_open(database);
	sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", NULL, NULL, NULL);
	ask("");
	sqlite3_close(other);
	expect_unavailable("database_busy", 1);
	ask("");
	assert_int_equal(response.status, 200);
}

TEST(a_damaged_database_is_told)
{
	unit_write(database, BYTES("this is no database, though it has a name like one and is long "
				   "enough to have a header of a hundred bytes"));
	ask("");
	expect_unavailable("database_corrupt", 5);
}

TEST(a_database_that_may_not_be_read_is_told)
{
	unit_be_no_root();
	make_history(database, 2);
	chmod(database, 0);
	ask("");
	expect_unavailable("database_denied", 5);
}

/* How many lines of the log three requests make. */
static int lines_of_three_requests(void)
{
	static const struct http_request request = {
	    .method = {"GET", 3}, .path = {"/messages", 9}, .query = {"", 0}};
	char written[4096];
	int lines = 0;
	struct capture capture = capture_begin(STDERR_FILENO);
	for (int i = 0; i < 3; i++) {
		http_response_free(&response);
		api_answer(api, &request, &response);
	}
	capture_end(&capture, written, sizeof(written));
	for (const char *at = written; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	return lines;
}

TEST(a_lasting_failure_is_logged_once_and_so_is_its_end)
{
	assert_int_equal(lines_of_three_requests(), 1);
	assert_int_equal(lines_of_three_requests(), 0);
	make_history(database, 2);
	assert_int_equal(lines_of_three_requests(), 1);
	assert_int_equal(lines_of_three_requests(), 0);
}

TEST(a_wrong_request_is_wrong_without_a_database_too)
{
	ask("limit=0");
	assert_int_equal(response.status, 400);
}

/* Longer than the ticks of the clock by which the file is looked at. */
static void wait_for_a_look(void)
{
	usleep(50000);
}

TEST(a_database_that_is_removed_is_missed)
{
	make_history(database, 2);
	ask("");
	assert_int_equal(response.status, 200);
	assert_int_equal(unlink(database), 0);
	wait_for_a_look();
	ask("");
	expect_unavailable("database_missing", 5);
}

/* The folder and all that is in it, as one who restores a backup would do it. */
TEST(a_database_that_is_replaced_is_noticed)
{
	int64_t ids[STORE_PAGE_MAX];
	assert_int_equal(mkdir(unit_path("here"), 0700), 0);
	assert_int_equal(mkdir(unit_path("new"), 0700), 0);
	snprintf(database, sizeof(database), "%s", unit_path("here/db"));
	make_history(database, 2);
	make_history(unit_path("new/db"), 7);
	ask("");
	assert_int_equal(body_ids(ids), 2);
	assert_int_equal(rename(unit_path("here"), unit_path("old")), 0);
	assert_int_equal(rename(unit_path("new"), unit_path("here")), 0);
	wait_for_a_look();
	ask("");
	assert_int_equal(body_ids(ids), 7);
}

TEST(no_api_can_be_closed)
{
	api_close(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    HISTORY(get_answers_with_a_page),
	    HISTORY(head_answers_as_get_without_the_body),
	    HISTORY(head_of_an_error_has_no_body),
	    HISTORY(other_methods_are_not_allowed),
	    HISTORY(a_request_without_a_method_is_malformed),
	    HISTORY(other_paths_are_not_found),
	    HISTORY(an_error_has_no_etag_and_no_links),
	    HISTORY(right_parameters_are_taken_however_they_are_written),
	    HISTORY(a_wrong_value_is_named_with_what_would_be_right),
	    HISTORY(a_value_that_is_far_too_long_is_malformed),
	    HISTORY(a_repeated_parameter_is_malformed),
	    HISTORY(two_selectors_contradict_each_other),
	    HISTORY(an_unknown_parameter_is_named),
	    HISTORY(an_answer_is_utf8_whatever_was_asked),
	    HISTORY(a_query_is_read_no_further_than_its_length),
	    API(a_missing_database_is_told_until_it_is_there),
	    API(a_database_of_another_version_is_told_until_it_is_ours),
	    API(a_database_that_somebody_has_for_himself_is_busy),
	    API(a_damaged_database_is_told),
	    API(a_database_that_may_not_be_read_is_told),
	    API(a_lasting_failure_is_logged_once_and_so_is_its_end),
	    API(a_wrong_request_is_wrong_without_a_database_too),
	    API(a_database_that_is_removed_is_missed),
	    API(a_database_that_is_replaced_is_noticed),
	    cmocka_unit_test(no_api_can_be_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
