/* test_mint_request.c: what HTTP says against a request for a token, before it is looked at whose.
 */
#include "minting.h"

#define ANN "{\"nickname\":\"Ann\"}"

TEST(only_post_to_the_one_path_is_answered)
{
	static const char *const methods[] = {"GET", "HEAD", "PUT", "OPTIONS", "post", ""};
	begin(IDENTITY_GUEST);
	struct mint_request request = request_of(ANN);
	for (size_t i = 0; i < COUNT(methods); i++) {
		request.method = str_of(methods[i]);
		expect_refused(request, 405, "method_not_allowed");
		assert_string_equal(response.allow, "POST");
	}
	static const char *const paths[] = {"/", "/tokens", "/token/", "/messages", ""};
	for (size_t i = 0; i < COUNT(paths); i++) {
		request = request_of(ANN);
		request.path = str_of(paths[i]);
		expect_refused(request, 404, "not_found");
	}
	assert_int_equal(ask((struct mint_request){0}), 404);
}

TEST(a_page_of_another_origin_gets_nothing)
{
	static const char *const origins[] = {
	    "https://evil.example",
	    "http://chat.example", /* what an attacker on the wire can serve */
	    "https://chat.example:8443",
	    "https://chat.example.evil.example",
	    "https://chat.exampl",
	    "null",
	    "",
	};
	begin(IDENTITY_GUEST);
	for (size_t i = 0; i < COUNT(origins); i++) {
		struct mint_request request = request_of(ANN);
		request.origin = str_of(origins[i]);
		expect_refused(request, 403, "bad_origin");
		request.fetch_site = (struct str){NULL, 0};
		expect_refused(request, 403, "bad_origin");
	}
	struct mint_request request = request_of(ANN);
	request.site_origin = (struct str){NULL, 0};
	expect_refused(request, 403, "bad_origin");
}

TEST(a_request_that_another_site_caused_gets_nothing)
{
	static const char *const sites[] = {"cross-site", "same-site", "none", "Same-Origin", ""};
	begin(IDENTITY_GUEST);
	for (size_t i = 0; i < COUNT(sites); i++) {
		struct mint_request request = request_of(ANN);
		request.fetch_site = str_of(sites[i]);
		expect_refused(request, 403, "bad_origin");
		request.origin = (struct str){NULL, 0};
		expect_refused(request, 403, "bad_origin");
	}
}

TEST(a_program_which_says_neither_gets_a_token)
{
	begin(IDENTITY_GUEST);
	struct mint_request request = request_of(ANN);
	request.origin = request.fetch_site = (struct str){NULL, 0};
	get_token(request);
}

TEST(what_a_form_of_html_can_send_is_refused)
{
	static const char *const types[] = {"text/plain", "application/x-www-form-urlencoded",
	    "multipart/form-data; boundary=x", "application/jsonp", "application/json5",
	    "text/json", "application/jso", ""};
	static const char *const good[] = {"application/json", "application/json; charset=utf-8",
	    "application/json ;charset=utf-8", "Application/JSON;charset=UTF-8"};
	begin(IDENTITY_GUEST);
	struct mint_request request = request_of(ANN);
	for (size_t i = 0; i < COUNT(types); i++) {
		request.content_type = str_of(types[i]);
		expect_refused(request, 415, "bad_media_type");
	}
	request.content_type = (struct str){NULL, 0};
	expect_refused(request, 415, "bad_media_type");
	for (size_t i = 0; i < COUNT(good); i++) {
		request.content_type = str_of(good[i]);
		get_token(request);
	}
}

TEST(a_body_has_at_most_1024_bytes)
{
	char content[MINT_BODY_MAX + 2];
	begin(IDENTITY_GUEST);
	memset(content, ' ', sizeof(content));
	memcpy(content, ANN, strlen(ANN));
	struct mint_request request = request_of("");
	request.body = (struct str){content, MINT_BODY_MAX};
	get_token(request);
	request.body.len++;
	expect_refused(request, 413, "body_too_large");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    MINTING(only_post_to_the_one_path_is_answered),
	    MINTING(a_page_of_another_origin_gets_nothing),
	    MINTING(a_request_that_another_site_caused_gets_nothing),
	    MINTING(a_program_which_says_neither_gets_a_token),
	    MINTING(what_a_form_of_html_can_send_is_refused),
	    MINTING(a_body_has_at_most_1024_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
