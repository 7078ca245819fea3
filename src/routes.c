#include "routes.h"

#include <stdlib.h>

#include "api.h"
#include "metrics.h"

struct route {
	const char *path;
	unsigned params; /* the ones it takes */
	route_fn *answer;
};

static const struct route routes[] = {
    {"/export", PARAM_BIT(PARAM_ROOM) | PARAM_BIT(PARAM_FORMAT), route_export},
    {"/health", 0, route_health},
    {"/messages", PARAM_SELECTORS | PARAM_BIT(PARAM_ROOM) | PARAM_BIT(PARAM_LIMIT), route_messages},
    {"/metrics", 0, route_metrics},
    {"/rooms", 0, route_rooms},
};

#define ROUTES (sizeof(routes) / sizeof(routes[0]))

_Static_assert(ROUTES < METRICS_ROUTES_MAX, "a place for each route and for what is none");

const char *api_route(size_t which, unsigned *params)
{
	if (which >= ROUTES)
		return NULL;
	if (params)
		*params = routes[which].params;
	return routes[which].path;
}

/* Its place in the table; ROUTES: there is none. */
static size_t find_route(struct str path)
{
	size_t i = 0;
	while (i < ROUTES && !str_eq(path, str_of(routes[i].path)))
		i++;
	return i;
}

static bool is_read(struct str method)
{
	return str_eq(method, str_of("GET")) || str_eq(method, str_of("HEAD"));
}

static void answer_route(struct api *api, const struct route *route,
    const struct http_request *request, struct http_response *response)
{
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
	int64_t begin = metrics_now();
	size_t which = find_route(request->path);
	*response = (struct http_response){0};
	answer_route(api, which < ROUTES ? &routes[which] : NULL, request, response);
	if (!response->body.at.at && !response->stream.run) {
		json_text_free(&response->body);
		response->status = 500;
		response->body.at = str_of(
		    "{\"error\":{\"code\":\"out_of_memory\",\"message\":\"out of memory\"}}");
	}
	revalidate(request, response);
	if (str_eq(request->method, str_of("HEAD")))
		response->omit_body = true;
	metrics_count(which, response->status, begin);
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
