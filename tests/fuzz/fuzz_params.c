/*
 * fuzz_params.c: whatever is in a query string or in If-None-Match, it is read within its bounds,
 * and what is taken as right is right.
 *
 * The input is a query, a NUL, and a list of entity tags.
 */
#include <assert.h>
#include <stdint.h>

#include "params.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_room(const char room[MESSAGE_ROOM_MAX + 1])
{
	assert(memchr(room, '\0', MESSAGE_ROOM_MAX + 1));
	assert(message_room_valid(str_of(room)));
}

static void check_params(struct str query)
{
	struct params params;
	struct http_response response = {0};
	bool right = params_read(&params, ~0u, query, &response);
	assert(right == (response.status == 0));
	assert(right || response.status == 400);
	assert(right || utf8_count(response.body.at) > 0);
	if (right) {
		check_room(params.room);
		assert(params.number[PARAM_LIMIT] >= 1);
		assert(params.number[PARAM_LIMIT] <= STORE_PAGE_MAX);
		assert(params.number[PARAM_BEFORE] >= 0);
		assert(params.number[PARAM_BEFORE] <= PARAM_ID_MAX);
	}
	http_response_free(&response);
}

static void check_decoded(struct str query)
{
	struct str name, value;
	char small[8], large[512];
	while (http_next_param(&query, &name, &value)) {
		int length = http_decode(value, large, sizeof(large));
		assert(length < (int)sizeof(large));
		assert(length < 0 || strlen(large) == (size_t)length);
		assert(length < 0 || (size_t)length <= value.len);
		assert(http_decode(name, small, sizeof(small)) < (int)sizeof(small));
	}
}

static void check_tags(struct str tags)
{
	struct http_response response = {.body.at = tags};
	http_set_etag(&response);
	http_etag_matches(tags, response.etag);
	assert(http_etag_matches(str_of(response.etag), response.etag));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
	size_t query = nul ? (size_t)(nul - data) : size;
	size_t skip = nul ? query + 1 : size;
	check_params((struct str){(const char *)data, query});
	check_decoded((struct str){(const char *)data, query});
	check_tags((struct str){(const char *)data + skip, size - skip});
	return 0;
}
