/*
 * fuzz_params.c: whatever is in a query string or in If-None-Match, it is read within its bounds,
 * and what is taken as right is right.
 *
 * The input is a query, a NUL, and a list of entity tags.
 */
#include <assert.h>
#include <stdint.h>

#include "api/params.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_room(const char room[MESSAGE_ROOM_MAX + 1])
{
	assert(memchr(room, '\0', MESSAGE_ROOM_MAX + 1));
	assert(message_room_valid(str_of(room)));
}

/* Its number in the table; PARAM__MAX: there is none of that name. */
static int param_named(struct str name)
{
	char text[32];
	int which = 0;
	assert(http_decode(name, text, sizeof(text)) >= 0);
	while (which < PARAM__MAX && strcmp(param_about((enum param)which).name, text) != 0)
		which++;
	return which;
}

/* Each is known, and there once; a number is digits, and within its bounds. */
static void check_taken(struct str query, const struct params *params)
{
	struct str name, value;
	unsigned seen = 0;
	while (http_next_param(&query, &name, &value)) {
		char text[SEARCH_BYTES_MAX + 1];
		int which = param_named(name);
		assert(which < PARAM__MAX && !(seen & PARAM_BIT(which)));
		seen |= PARAM_BIT(which);
		struct param_about about = param_about((enum param)which);
		if (about.max == 0)
			continue;
		assert(params->number[which] >= about.min && params->number[which] <= about.max);
		assert(http_decode(value, text, sizeof(text)) > 0);
		assert(text[0] >= '0' && text[0] <= '9');
	}
	assert(seen == params->given);
}

static void check_params(struct str query)
{
	struct params params;
	struct http_response response = {0};
	bool right = params_read(&params, ~0u, query, &response);
	assert(right == (response.status == 0));
	assert(right || response.status == 400);
	assert(right || utf8_count(text_str(&response.body)) > 0);
	if (right) {
		check_room(params.room);
		check_taken(query, &params);
	}
	http_response_free(&response);
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool escapes_whole(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] == '%' &&
		    (i + 2 >= s.len || !is_hex(s.at[i + 1]) || !is_hex(s.at[i + 2])))
			return false;
	return true;
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
		assert(length < 0 || escapes_whole(value));
		assert(http_decode(name, small, sizeof(small)) < (int)sizeof(small));
	}
}

static void check_tags(struct str tags)
{
	struct http_response response = {.body = text_lent(tags)};
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
