/*
 * cache.h: answers that are kept while the database does not change, so that the page everybody
 * asks for is made once. Each API has its own, which nobody else touches.
 */
#ifndef CHAT_CACHE_H
#define CHAT_CACHE_H

#include "output/http.h"

enum { CACHE_ANSWERS = 8, CACHE_BODY_MAX = 65536, CACHE_KEY_MAX = 256 };

struct cached {
	char key[CACHE_KEY_MAX]; /* path, '?', query */
	size_t key_len;		 /* 0: this place is free */
	uint64_t used;		 /* when last; the least of them goes first */
	char *body;
	size_t body_len;
	char link[HTTP_LINK_MAX];
	char etag[HTTP_ETAG_SIZE];
};

/* All zero is an empty one. */
struct cache {
	int64_t version; /* of the database, for all that is in here */
	uint64_t uses;
	struct cached answers[CACHE_ANSWERS];
};

/*
 * Makes `response` the answer to this request that was kept under this version of the database, and
 * returns whether there is one. It lends its body until the next cache_keep() or cache_clear().
 */
bool cache_find(struct cache *cache, int64_t version, const struct http_request *request,
    struct http_response *response);

/*
 * Keeps a copy of the answer, which has its entity tag, in place of the one that was not used for
 * the longest time. What is too large is not kept, nor what there is no memory for.
 */
void cache_keep(struct cache *cache, int64_t version, const struct http_request *request,
    const struct http_response *response);

/* Forgets everything. */
void cache_clear(struct cache *cache);

#endif
