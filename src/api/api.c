#include "api/api.h"

#include <stdlib.h>

#include "api/history.h"
#include "api/metrics.h"
#include "api/routes.h"
#include "base/clock.h"

/* Turns a page that the client has already into 304. */
static void revalidate(const struct http_request *request, struct http_response *response)
{
	if (response->status != 200 || response->no_store)
		return;
	if (!response->etag[0])
		http_set_etag(response);
	if (!http_etag_matches(request->if_none_match, response->etag))
		return;
	response->status = 304;
	response->omit_body = true;
}

void api_answer(struct api *api, const struct http_request *request, struct http_response *response)
{
	int64_t begin = clock_ns(CLOCK_MONOTONIC);
	*response = (struct http_response){0};
	size_t which = routes_answer(api, request, response);
	http_mend(response);
	revalidate(request, response);
	if (str_eq(request->method, str_of("HEAD")))
		response->omit_body = true;
	metrics_count(which, routes_name(which), response->status, begin);
}

struct api *api_open(const char *path)
{
	struct api *api = calloc(1, sizeof(*api));
	if (api)
		api->path = path;
	return api;
}

void api_watch_disk(struct api *api, int64_t min_free)
{
	api->min_free = min_free;
}

void api_close(struct api *api)
{
	if (!api)
		return;
	history_close(api);
	free(api);
}
