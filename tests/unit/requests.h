/*
 * requests.h: for the tests of the API: a request and what came of it, in a folder with a database
 * that is not there yet.
 */
#ifndef CHAT_REQUESTS_H
#define CHAT_REQUESTS_H

#include <json-c/json.h>

#include "api/api.h"
#include "history.h"

static struct api *api;
static char database[PATH_MAX];
static struct http_response response; /* of the last request */

/* What the API logs is for an operator, and would be noise here. */
static inline void silence(void)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	fflush(stderr);
	dup2(nowhere, STDERR_FILENO);
	close(nowhere);
}

static inline int api_setup(void **state)
{
	if (unit_make_dir(state) != 0)
		return -1;
	snprintf(database, sizeof(database), "%s", unit_path("db"));
	api = api_open(database);
	response = (struct http_response){0};
	return api ? 0 : -1;
}

static inline int api_teardown(void **state)
{
	http_response_free(&response);
	api_close(api);
	return unit_remove_dir(state);
}

#define API(test) cmocka_unit_test_setup_teardown(test, api_setup, api_teardown)

static inline void ask_with(const struct http_request *request)
{
	int saved = dup(STDERR_FILENO);
	http_response_free(&response);
	silence();
	api_answer(api, request, &response);
	dup2(saved, STDERR_FILENO);
	close(saved);
}

/* GET /messages?… */
static inline void ask(const char *query)
{
	ask_with(&(struct http_request){
	    .method = str_of("GET"), .path = str_of("/messages"), .query = str_of(query)});
}

/* GET of another path, without the mount point. */
static inline void ask_path(const char *path, const char *query)
{
	ask_with(&(struct http_request){
	    .method = str_of("GET"), .path = str_of(path), .query = str_of(query)});
}

/* The body, NUL-terminated, until the next request. */
static inline const char *body(void)
{
	static char text[1 << 20];
	snprintf(text, sizeof(text), "%.*s", (int)response.body.len, response.body.at);
	return text;
}

/* A member of the body's "error", or "" where there is none. Valid until the next call. */
static inline const char *error_member(const char *name)
{
	static char text[512];
	struct json_object *whole = json_tokener_parse(body()), *error = NULL, *member = NULL;
	text[0] = '\0';
	if (json_object_object_get_ex(whole, "error", &error) &&
	    json_object_object_get_ex(error, name, &member))
		snprintf(text, sizeof(text), "%s", json_object_get_string(member));
	json_object_put(whole);
	return text;
}

/* The ids of the page in the body; returns how many. */
static inline int body_ids(int64_t ids[STORE_PAGE_MAX])
{
	struct json_object *whole = json_tokener_parse(body());
	expect(json_object_is_type(whole, json_type_array), "not an array: %s", body());
	int count = (int)json_object_array_length(whole);
	for (int i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(whole, (size_t)i);
		ids[i] = json_object_get_int64(json_object_object_get(item, "id"));
	}
	json_object_put(whole);
	return count;
}

#endif
