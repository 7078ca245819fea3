/*
 * history.h: the database behind the routes: opened when a request needs it, and its errors as
 * answers.
 */
#ifndef CHAT_API_HISTORY_H
#define CHAT_API_HISTORY_H

#include "api/cache.h"

struct api {
	const char *path;
	int64_t min_free;	     /* as in struct settings */
	struct store *store;	     /* NULL until needed, and after a failure */
	enum store_status last_told; /* so that a lasting failure is logged once */
	int64_t looked;		     /* when it was last seen to be the file at `path` */
	struct cache cache;	     /* of what this store has read */
};

/* Ends the store, and what was kept of it. */
void history_close(struct api *api);

/* Opens the database where it is not open, or is no longer the file at its path (for 10 ms). */
enum store_status history_need(struct api *api);

/* Logs that the last call of the store failed, and closes it unless it was only busy. */
void history_failed(struct api *api, enum store_status status);

/* Logs `error` once for as long as it lasts; STORE_OK ends it. */
void history_tell(struct api *api, enum store_status status, const char *error);

/* Makes the response the error that `status` is to a client: 503, or 500. */
void history_set_error(struct http_response *response, enum store_status status);

#endif
