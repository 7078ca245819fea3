/*
 * routes.h: what each path of the API answers. The routes and their parameters are two tables in
 * routes.c; nothing here knows how a request came in.
 */
#ifndef CHAT_ROUTES_H
#define CHAT_ROUTES_H

#include "api/http.h"

struct api;

/*
 * An API on the database at `path`, which must outlive it. The database is opened when the first
 * request needs it, and again after it was missing, broken or replaced. NULL without memory.
 */
struct api *api_open(const char *path);

/* Ends it; NULL is allowed. */
void api_close(struct api *api);

/* The path of the route `which`, below the mount point, and the set of its parameters, if asked
 * for; NULL after the last one. */
const char *api_route(size_t which, unsigned *params);

/* Answers one request. Always fills `response`; the caller calls http_response_free(). */
void api_answer(
    struct api *api, const struct http_request *request, struct http_response *response);

#endif
