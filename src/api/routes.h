/*
 * routes.h: what each path of the API answers: a table in routes.c, and a file for each route.
 */
#ifndef CHAT_ROUTES_H
#define CHAT_ROUTES_H

#include "api/history.h"
#include "api/params.h"

/* Answers one request whose parameters are right. Always fills `response`. */
typedef void route_fn(struct api *api, const struct params *params, struct http_response *response);

/* Those of the messages' selectors that name a place; a request may have one, or since. */
#define PARAM_SELECTORS (PARAM_BIT(PARAM_BEFORE) | PARAM_BIT(PARAM_AFTER) | PARAM_BIT(PARAM_AROUND))

route_fn route_export;
route_fn route_health;
route_fn route_messages;
route_fn route_metrics;
route_fn route_openapi;
route_fn route_rooms;
route_fn route_search;

/*
 * Answers a request by its route, which is given back as its place in the table. Always fills
 * `response`.
 */
size_t routes_answer(
    struct api *api, const struct http_request *request, struct http_response *response);

/* The path of the route at `which`, below the mount point; "other" behind the last one. */
const char *routes_name(size_t which);

/* The set of its parameters: the sum of their PARAM_BIT(). 0 behind the last one. */
unsigned routes_params(size_t which);

/* How many there are. */
size_t routes_count(void);

#endif
