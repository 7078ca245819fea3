/*
 * api.h: what the routes share: the database behind them, and its errors as answers. Only routes.c
 * and the route_*.c files include it.
 */
#ifndef CHAT_API_H
#define CHAT_API_H

#include <time.h>

#include "api/cache.h"
#include "api/params.h"
#include "api/routes.h"

struct api {
	const char *path;
	struct store *store;	     /* NULL until needed, and after a failure */
	enum store_status last_told; /* so that a lasting failure is logged once */
	struct timespec looked;	     /* when it was last seen to be the file at `path` */
	struct cache cache;	     /* of what this store has read */
};

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

/* Ends the store, and what was kept of it. */
void api_close_store(struct api *api);

/* Opens the database where it is not open, or is no longer the file at its path (for 10 ms). */
enum store_status api_need_store(struct api *api);

/* Logs that the last call of the store failed, and closes it unless it was only busy. */
void api_note_failure(struct api *api, enum store_status status);

/* Logs `error` once for as long as it lasts; STORE_OK ends it. */
void api_tell(struct api *api, enum store_status status, const char *error);

/* Makes the response the error that `status` is to a client: 503, or 500. */
void api_set_store_error(struct http_response *response, enum store_status status);

#endif
