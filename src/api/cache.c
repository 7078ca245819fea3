#include "api/cache.h"

#include <stdlib.h>

static bool is_for(const struct cached *answer, const struct http_request *request)
{
	size_t path = request->path.len, query = request->query.len;
	return answer->key_len == path + 1 + query &&
	       memcmp(answer->key, request->path.at, path) == 0 && answer->key[path] == '?' &&
	       (query == 0 || memcmp(answer->key + path + 1, request->query.at, query) == 0);
}

bool cache_find(struct cache *cache, int64_t version, const struct http_request *request,
    struct http_response *response)
{
	if (cache->version != version)
		return false;
	for (struct cached *answer = cache->answers; answer < cache->answers + CACHE_ANSWERS;
	     answer++) {
		if (answer->key_len == 0 || !is_for(answer, request))
			continue;
		answer->used = ++cache->uses;
		response->status = 200;
		response->body = text_lent((struct str){answer->body, answer->body_len});
		memcpy(response->link, answer->link, sizeof(answer->link));
		memcpy(response->etag, answer->etag, sizeof(answer->etag));
		return true;
	}
	return false;
}

/* A free place, or the one that was not used for the longest time. */
static struct cached *place(struct cache *cache)
{
	struct cached *oldest = cache->answers;
	for (int i = 0; i < CACHE_ANSWERS; i++)
		if (cache->answers[i].used < oldest->used)
			oldest = &cache->answers[i];
	return oldest;
}

void cache_keep(struct cache *cache, int64_t version, const struct http_request *request,
    const struct http_response *response)
{
	struct str path = request->path, query = request->query, body = text_str(&response->body);
	if (cache->version != version)
		cache_clear(cache);
	cache->version = version;
	if (path.len + 1 + query.len > CACHE_KEY_MAX || body.len > CACHE_BODY_MAX)
		return;
	struct cached *answer = place(cache);
	char *copy = realloc(answer->body, body.len);
	if (!copy)
		return;
	memcpy(copy, body.at, body.len);
	answer->body = copy;
	answer->body_len = body.len;
	memcpy(answer->key, path.at, path.len);
	answer->key[path.len] = '?';
	if (query.len > 0)
		memcpy(answer->key + path.len + 1, query.at, query.len);
	answer->key_len = path.len + 1 + query.len;
	answer->used = ++cache->uses;
	memcpy(answer->link, response->link, sizeof(answer->link));
	memcpy(answer->etag, response->etag, sizeof(answer->etag));
}

void cache_clear(struct cache *cache)
{
	for (int i = 0; i < CACHE_ANSWERS; i++)
		free(cache->answers[i].body);
	*cache = (struct cache){0};
}
