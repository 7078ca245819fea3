#include "api/routes.h"

#include "api/metrics.h"

#define SEARCH_PARAMS                                                                              \
	(PARAM_BIT(PARAM_Q) | PARAM_BIT(PARAM_ROOM) | PARAM_BIT(PARAM_LIMIT) |                     \
	    PARAM_BIT(PARAM_BEFORE))

/* A page: what it says depends on the database alone, and on these. */
#define PAGE_PARAMS (PARAM_SELECTORS | PARAM_BIT(PARAM_ROOM) | PARAM_BIT(PARAM_LIMIT))

/*
 * An answer that depends on the database alone is kept while that does not change. One that looks
 * at the clock as well must not be: neither a route that does, nor a parameter.
 */
struct route {
	const char *path;
	unsigned params; /* the ones it takes */
	bool kept;
	unsigned kept_params; /* the ones that leave it so: with any other it is not kept */
	route_fn *answer;
};

static const struct route routes[] = {
    {"/export", PARAM_BIT(PARAM_ROOM) | PARAM_BIT(PARAM_FORMAT), false, 0, route_export},
    {"/health", 0, false, 0, route_health},
    {"/messages", PAGE_PARAMS | PARAM_BIT(PARAM_SINCE), true, PAGE_PARAMS, route_messages},
    {"/metrics", 0, false, 0, route_metrics},
    {"/openapi.json", 0, false, 0, route_openapi},
    {"/rooms", PARAM_BIT(PARAM_Q) | PARAM_BIT(PARAM_LIMIT), true, PARAM_BIT(PARAM_LIMIT),
	route_rooms},
    {"/search", SEARCH_PARAMS, false, 0, route_search},
};

#define ROUTES (sizeof(routes) / sizeof(routes[0]))

_Static_assert(ROUTES < METRICS_ROUTES_MAX, "a place for each route and for what is none");

const char *routes_name(size_t which)
{
	return which < ROUTES ? routes[which].path : "other";
}

unsigned routes_params(size_t which)
{
	return which < ROUTES ? routes[which].params : 0;
}

size_t routes_count(void)
{
	return ROUTES;
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

/*
 * Looks for the answer among those that are kept. Where it is not: *version is what one that is
 * made from now on is to be kept under, or -1. It is read now, when the request is here, so that
 * all that was committed before is in the answer.
 */
static bool find_kept(struct api *api, const struct http_request *request,
    struct http_response *response, int64_t *version)
{
	int64_t now;
	*version = -1;
	/* Without a store nothing is kept; the route opens it, and waits once where it is busy. */
	if (!api->store || history_need(api) || store_version(api->store, &now))
		return false;
	*version = now;
	return cache_find(&api->cache, now, request, response);
}

static void make_answer(struct api *api, const struct route *route,
    const struct http_request *request, struct http_response *response)
{
	struct params params;
	int64_t version = -1;
	if (route->kept && find_kept(api, request, response, &version))
		return;
	if (!params_read(&params, route->params, request->query, response))
		return;
	route->answer(api, &params, response);
	bool whole = response->status == 200 && response->body.at && !response->body.broken;
	if (version < 0 || !whole || (params.given & ~route->kept_params))
		return;
	http_set_etag(response);
	cache_keep(&api->cache, version, request, response);
}

static void answer_route(struct api *api, const struct route *route,
    const struct http_request *request, struct http_response *response)
{
	if (!request->method.at) {
		http_set_error(response, 400, "bad_request", "the request has no method");
	} else if (!route) {
		http_set_error(response, 404, "not_found", "the API has no such path");
	} else if (!is_read(request->method)) {
		http_set_error(
		    response, 405, "method_not_allowed", "only GET and HEAD are allowed here");
		response->allow = "GET, HEAD";
	} else {
		make_answer(api, route, request, response);
	}
}

size_t routes_answer(
    struct api *api, const struct http_request *request, struct http_response *response)
{
	size_t which = find_route(request->path);
	answer_route(api, which < ROUTES ? &routes[which] : NULL, request, response);
	return which;
}
