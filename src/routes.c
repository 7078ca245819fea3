#include "routes.h"

#include <stdlib.h>

#include "api.h"

struct route {
	const char *path;
	unsigned params; /* the ones it takes */
	route_fn *answer;
};

static const struct route routes[] = {
    {"/export", PARAM_BIT(PARAM_ROOM) | PARAM_BIT(PARAM_FORMAT), route_export},
    {"/health", 0, route_health},
    {"/messages", PARAM_SELECTORS | PARAM_BIT(PARAM_ROOM) | PARAM_BIT(PARAM_LIMIT), route_messages},
    {"/rooms", 0, route_rooms},
};

static const struct route *find_route(struct str path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (str_eq(path, str_of(routes[i].path)))
			return &routes[i];
	return NULL;
}

static bool is_read(struct str method)
{
	return str_eq(method, str_of("GET")) || str_eq(method, str_of("HEAD"));
}

static void answer_route(
    struct api *api, const struct http_request *request, struct http_response *response)
{
	const struct route *route = find_route(request->path);
	struct params params;
	if (!request->method.at) {
		http_set_error(response, 400, "bad_request", "the request has no method");
	} else if (!route) {
		http_set_error(response, 404, "not_found", "the API has no such path");
	} else if (!is_read(request->method)) {
		http_set_error(
		    response, 405, "method_not_allowed", "only GET and HEAD are allowed here");
		response->allow = "GET, HEAD";
	} else if (params_read(&params, route->params, request->query, response)) {
		route->answer(api, &params, response);
	}
}

/* Turns a page that the client has already into 304. */
static void revalidate(const struct http_request *request, struct http_response *response)
{
	if (response->status != 200 || response->no_store)
		return;
	http_set_etag(response);
	if (!http_etag_matches(request->if_none_match, response->etag))
		return;
	response->status = 304;
	response->omit_body = true;
}

void api_answer(struct api *api, const struct http_request *request, struct http_response *response)
{
	*response = (struct http_response){0};
	answer_route(api, request, response);
	if (!response->body.at.at && !response->stream.run) {
		json_text_free(&response->body);
		response->status = 500;
		response->body.at = str_of(
		    "{\"error\":{\"code\":\"out_of_memory\",\"message\":\"out of memory\"}}");
	}
	revalidate(request, response);
	if (str_eq(request->method, str_of("HEAD")))
		response->omit_body = true;
}

struct api *api_open(const char *path)
{
	struct api *api = calloc(1, sizeof(*api));
	if (api)
		api->path = path;
	return api;
}

void api_close(struct api *api)
{
	if (!api)
		return;
	store_close(api->store);
	free(api);
}
