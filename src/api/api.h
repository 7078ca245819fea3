/*
 * api.h: the API: a request in, an answer out. Nothing here knows how a request came in.
 */
#ifndef CHAT_API_H
#define CHAT_API_H

#include "output/http.h"

struct api;

/*
 * An API on the database at `path`, which must outlive it. The database is opened when the first
 * request needs it, and again after it was missing, broken or replaced. NULL without memory.
 */
struct api *api_open(const char *path);

/* Its /health and /metrics tell of the disk, of which `min_free` percent are to be left; 0: none.
 */
void api_watch_disk(struct api *api, int64_t min_free);

/* Ends it; NULL is allowed. */
void api_close(struct api *api);

/* Answers one request. Always fills `response`; the caller calls http_response_free(). */
void api_answer(
    struct api *api, const struct http_request *request, struct http_response *response);

#endif
