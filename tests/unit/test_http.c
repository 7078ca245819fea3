/* test_http.c: query strings, entity tags and the head of a response. */
#include "output/http.h"

#include "unit.h"

/* Writes what http_next_param() gives as "name|value;" for each. */
static void spell_out(struct str query, char *out, size_t size)
{
	struct str name, value;
	size_t n = 0;
	out[0] = '\0';
	while (n < size && http_next_param(&query, &name, &value))
		n += (size_t)snprintf(out + n, size - n, "%.*s|%.*s;", (int)name.len, name.at,
		    (int)value.len, value.at);
}

TEST(a_query_falls_apart_into_names_and_values)
{
	static const struct {
		const char *query, *parts;
	} cases[] = {
	    {"", ""},
	    {"room=lab", "room|lab;"},
	    {"room=lab&limit=5", "room|lab;limit|5;"},
	    {"room", "room|;"},
	    {"room=", "room|;"},
	    {"=lab", "|lab;"},
	    {"=", "|;"},
	    {"&&room=lab&&", "room|lab;"},
	    {"&", ""},
	    {"q=a=b==", "q|a=b==;"},
	    {"q=%26&x=%3D", "q|%26;x|%3D;"},
	    {"q=a;b=c", "q|a;b=c;"},
	    {"a=1&a=2", "a|1;a|2;"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char parts[80];
		spell_out(str_of(cases[i].query), parts, sizeof(parts));
		expect(strcmp(parts, cases[i].parts) == 0, "%s: %s", cases[i].query, parts);
	}
}

TEST(no_query_has_no_parameters)
{
	struct str query = {NULL, 0}, name, value;
	assert_false(http_next_param(&query, &name, &value));
}

TEST(a_query_ends_where_its_length_says)
{
	struct str query = {"a=12345", 3}, name, value;
	assert_true(http_next_param(&query, &name, &value));
	expect_str(value, "1");
	assert_false(http_next_param(&query, &name, &value));
}

TEST(percent_sequences_and_plus_signs_are_decoded)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"", ""},
	    {"abc", "abc"},
	    {"a+b", "a b"},
	    {"a%2Bb", "a+b"},
	    {"a%2bb", "a+b"},
	    {"%41%7a", "Az"},
	    {"%F0%9F%98%80", "😀"},
	    {"%01%fF", "\x01\xff"},
	    {"%25", "%"},
	    {"%2541", "%41"},
	    {"é", "é"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[32];
		int n = http_decode(str_of(cases[i].in), out, sizeof(out));
		expect(n == (int)strlen(cases[i].out) && strcmp(out, cases[i].out) == 0, "%s: %d",
		    cases[i].in, n);
	}
}

TEST(a_broken_percent_sequence_and_nul_are_refused)
{
	static const struct str cases[] = {
	    BYTES("%"),
	    BYTES("%4"),
	    BYTES("a%"),
	    BYTES("a%4"),
	    BYTES("%g1"),
	    BYTES("%1g"),
	    BYTES("%%41"),
	    BYTES("% 41"),
	    BYTES("%+1"),
	    BYTES("%-1"),
	    BYTES("%00"),
	    BYTES("a%00b"),
	    BYTES("a\0b"),
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[32];
		expect(http_decode(cases[i], out, sizeof(out)) == -1, "%s", cases[i].at);
	}
}

TEST(a_percent_sequence_is_not_read_past_the_end)
{
	char out[8];
	assert_int_equal(http_decode((struct str){"%41", 2}, out, sizeof(out)), -1);
}

TEST(what_is_decoded_has_to_fit_with_its_nul)
{
	char out[4];
	assert_int_equal(http_decode(str_of("a%62c"), out, sizeof(out)), 3);
	assert_int_equal(http_decode(str_of("a%62cd"), out, sizeof(out)), -1);
}

TEST(what_a_query_has_no_room_for_is_encoded)
{
	char out[HTTP_ENCODED_SIZE(40)];
	http_encode(str_of("azAZ09-._~"), out);
	assert_string_equal(out, "azAZ09-._~");
	http_encode(BYTES(" +&=%/?#@[`{^\x7f\xc3\xa9\0:"), out);
	assert_string_equal(out, "%20%2B%26%3D%25%2F%3F%23%40%5B%60%7B%5E%7F%C3%A9%00%3A");
}

/* ---- entity tags ---- */

static struct http_response page(const char *body, const char *link)
{
	struct http_response response = {.status = 200, .body = text_lent(str_of(body))};
	snprintf(response.link, sizeof(response.link), "%s", link);
	http_set_etag(&response);
	return response;
}

TEST(an_etag_is_a_quoted_string_that_fills_its_place)
{
	struct http_response response = page("[]", "");
	assert_int_equal(strlen(response.etag), 18);
	assert_int_equal(strspn(response.etag + 1, "0123456789abcdef"), 16);
	assert_int_equal(response.etag[0], '"');
	assert_int_equal(response.etag[17], '"');
}

TEST(the_same_page_has_the_same_etag)
{
	struct http_response a = page("[1]", "<x>"), b = page("[1]", "<x>");
	assert_string_equal(a.etag, b.etag);
}

TEST(another_body_or_other_links_have_another_etag)
{
	struct http_response a = page("[1]", "<x>");
	struct http_response others[] = {
	    page("[2]", "<x>"), page("[1]", "<y>"), page("[1]", ""), page("", "<x>")};
	for (size_t i = 0; i < COUNT(others); i++)
		expect(strcmp(a.etag, others[i].etag) != 0, "%zu", i);
}

TEST(if_none_match_is_compared_as_rfc_9110_says)
{
	static const struct {
		const char *header;
		bool matches;
	} cases[] = {
	    {NULL, false},
	    {"", false},
	    {"\"abc\"", true},
	    {" \"abc\"\t", true},
	    {"W/\"abc\"", true},
	    {"*", true},
	    {" * ", true},
	    {"\"x\", \"abc\"", true},
	    {"\"x\",\"abc\",\"y\"", true},
	    {"\"x\", W/\"abc\"", true},
	    {",, \"abc\"", true},
	    {"\"x\", \"y\"", false},
	    {"abc", false},
	    {"\"abc", false},
	    {"abc\"", false},
	    {"\"ABC\"", false},
	    {"\"abcd\"", false},
	    {"\"ab\"", false},
	    {"w/\"abc\"", false},
	    {"W/", false},
	    {"W/*", false},
	    {"\"*\"", false},
	    {",", false},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(http_etag_matches(str_of(cases[i].header), "\"abc\"") == cases[i].matches,
		    "%s", cases[i].header ? cases[i].header : "(none)");
}

/* ---- heads ---- */

static void expect_head(const struct http_response *response, const char *expected)
{
	char head[HTTP_HEAD_MAX];
	size_t length = http_head(response, head);
	expect(length == strlen(expected) && memcmp(head, expected, length) == 0, "%.*s",
	    (int)length, head);
}

#define TYPE                                                                                       \
	"Content-Type: application/json; charset=utf-8\r\n"                                        \
	"Cache-Control: no-cache\r\n"

TEST(a_head_has_status_type_and_the_length_of_body_and_newline)
{
	struct http_response response = {.status = 404, .body = text_lent(BYTES("[]"))};
	expect_head(&response, "Status: 404 Not Found\r\n" TYPE "Content-Length: 3\r\n\r\n");
}

TEST(every_status_that_the_api_gives_has_its_phrase)
{
	static const struct {
		int status;
		const char *line;
	} cases[] = {
	    {200, "Status: 200 OK\r\n"},
	    {304, "Status: 304 Not Modified\r\n"},
	    {400, "Status: 400 Bad Request\r\n"},
	    {401, "Status: 401 Unauthorized\r\n"},
	    {403, "Status: 403 Forbidden\r\n"},
	    {404, "Status: 404 Not Found\r\n"},
	    {405, "Status: 405 Method Not Allowed\r\n"},
	    {413, "Status: 413 Content Too Large\r\n"},
	    {415, "Status: 415 Unsupported Media Type\r\n"},
	    {429, "Status: 429 Too Many Requests\r\n"},
	    {500, "Status: 500 Internal Server Error\r\n"},
	    {503, "Status: 503 Service Unavailable\r\n"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char head[HTTP_HEAD_MAX];
		struct http_response response = {.status = cases[i].status};
		http_head(&response, head);
		expect(strncmp(head, cases[i].line, strlen(cases[i].line)) == 0, "%s", head);
	}
}

TEST(a_head_has_each_other_header_where_it_is_set)
{
	struct http_response response = {.status = 200,
	    .allow = "GET, HEAD",
	    .retry_after = 5,
	    .link = "<?a=1>; rel=\"next\"",
	    .etag = "\"0123\"",
	    .body = text_lent(BYTES("[1]"))};
	expect_head(&response, "Status: 200 OK\r\n" TYPE "Content-Length: 4\r\nETag: \"0123\"\r\n"
			       "Link: <?a=1>; rel=\"next\"\r\nAllow: GET, HEAD\r\n"
			       "Retry-After: 5\r\n\r\n");
}

TEST(the_head_of_304_has_its_etag_and_no_length)
{
	struct http_response response = {
	    .status = 304, .etag = "\"0123\"", .body = text_lent(BYTES("[1]")), .omit_body = true};
	expect_head(&response, "Status: 304 Not Modified\r\n" TYPE "ETag: \"0123\"\r\n\r\n");
}

TEST(a_head_of_head_has_the_length_that_get_would_have)
{
	struct http_response response = {
	    .status = 200, .body = text_lent(BYTES("[1]")), .omit_body = true};
	expect_head(&response, "Status: 200 OK\r\n" TYPE "Content-Length: 4\r\n\r\n");
}

TEST(the_longest_head_fits_with_its_end)
{
	char head[HTTP_HEAD_MAX];
	struct http_response response = {.status = 503,
	    .allow = "GET, HEAD",
	    .retry_after = INT_MAX,
	    .body = text_lent(BYTES(""))};
	response.body.len = SIZE_MAX - 1;
	memset(response.link, 'x', sizeof(response.link) - 1);
	memset(response.etag, 'y', sizeof(response.etag) - 1);
	size_t length = http_head(&response, head);
	assert_true(length < HTTP_HEAD_MAX);
	assert_memory_equal(head + length - 4, "\r\n\r\n", 4);
}

TEST(an_error_has_a_code_and_a_message)
{
	struct http_response response = {.link = "left over"};
	http_set_error(&response, 400, "bad_limit", "limit must be \"%d\" to 200", 1);
	expect_str(text_str(&response.body),
	    "{\"error\":{\"code\":\"bad_limit\",\"message\":\"limit must be \\\"1\\\" to 200\"}}");
	assert_int_equal(response.status, 400);
	assert_string_equal(response.link, "");
	http_response_free(&response);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_query_falls_apart_into_names_and_values),
	    cmocka_unit_test(no_query_has_no_parameters),
	    cmocka_unit_test(a_query_ends_where_its_length_says),
	    cmocka_unit_test(percent_sequences_and_plus_signs_are_decoded),
	    cmocka_unit_test(a_broken_percent_sequence_and_nul_are_refused),
	    cmocka_unit_test(a_percent_sequence_is_not_read_past_the_end),
	    cmocka_unit_test(what_is_decoded_has_to_fit_with_its_nul),
	    cmocka_unit_test(what_a_query_has_no_room_for_is_encoded),
	    cmocka_unit_test(an_etag_is_a_quoted_string_that_fills_its_place),
	    cmocka_unit_test(the_same_page_has_the_same_etag),
	    cmocka_unit_test(another_body_or_other_links_have_another_etag),
	    cmocka_unit_test(if_none_match_is_compared_as_rfc_9110_says),
	    cmocka_unit_test(a_head_has_status_type_and_the_length_of_body_and_newline),
	    cmocka_unit_test(every_status_that_the_api_gives_has_its_phrase),
	    cmocka_unit_test(a_head_has_each_other_header_where_it_is_set),
	    cmocka_unit_test(the_head_of_304_has_its_etag_and_no_length),
	    cmocka_unit_test(a_head_of_head_has_the_length_that_get_would_have),
	    cmocka_unit_test(the_longest_head_fits_with_its_end),
	    cmocka_unit_test(an_error_has_a_code_and_a_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
