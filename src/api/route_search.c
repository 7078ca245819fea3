#include <stdio.h>

#include "api/places.h"
#include "api/routes.h"

/* Returns whether the query can be searched for; otherwise makes the response an error. */
static bool read_query(
    struct search_query *out, const struct params *params, struct http_response *response)
{
	char problem[SEARCH_PROBLEM_SIZE] = "q is missing: what to look for";
	bool given = params->given & PARAM_BIT(PARAM_Q);
	if (!given || !search_query_read(out, str_of(params->q), problem)) {
		http_set_error(response, 400, "bad_query", "%s", problem);
		return false;
	}
	if ((params->given & PARAM_BIT(PARAM_ROOM)) &&
	    !search_query_narrow(out, str_of(params->room))) {
		http_set_error(
		    response, 400, "contradictory_parameters", "room and in: name different rooms");
		return false;
	}
	return true;
}

static void set_link(
    struct http_response *response, const struct params *params, const struct store_page *page)
{
	char q[HTTP_ENCODED_SIZE(SEARCH_BYTES_MAX)];
	bool in_room = params->given & PARAM_BIT(PARAM_ROOM);
	if (!page->older)
		return;
	http_encode(str_of(params->q), q);
	snprintf(response->link, sizeof(response->link),
	    "<?q=%s%s%s&limit=%d&before=%lld>; rel=\"prev\"", q, in_room ? "&room=" : "",
	    in_room ? params->room : "", (int)params->number[PARAM_LIMIT], (long long)page->first);
}

static int add_hit(void *arg, const struct store_row *row, struct str snippet)
{
	struct text *body = arg;
	json_hit(body, row, snippet);
	return body->broken ? -1 : 0;
}

static void answer_failure(
    struct api *api, enum store_status status, struct http_response *response)
{
	if (status != STORE_SLOW && status != STORE_BEHIND)
		history_failed(api, status);
	else if (status == STORE_BEHIND)
		history_tell(api, status, store_error(api->store));
	history_set_error(response, status);
}

/*
 * GET /search?q=WORDS[&room=ROOM][&limit=10][&before=ID]
 *
 *     [{"id":7,"room":"messages","nickname":"Ann","text":"I saw the door open",
 *       "clientId":"c1"|null,"msgId":"018f…"|null,"ts":"2026-11-23T17:41:05.123Z",
 *       "snippet":[{"text":"I saw the "},{"text":"door","match":true},{"text":" open"}]}, …]
 *
 * The newest matches, oldest → newest, in all rooms where none is named. What `q` can say stands in
 * search_query.h. A snippet is a part of the text, about 32 words, cut into what matches and what
 * does not: plain text, never HTML. Link: rel="prev" leads to older matches, where there are some.
 */
void route_search(struct api *api, const struct params *params, struct http_response *response)
{
	struct search_query query;
	struct store_page page;
	if (!read_query(&query, params, response))
		return;
	bool earlier = params->given & PARAM_BIT(PARAM_BEFORE);
	int64_t before = earlier ? params->number[PARAM_BEFORE] : INT64_MAX;
	enum store_status status = history_need(api);
	if (status) {
		history_set_error(response, status);
		return;
	}
	if (!places_take(PLACE_SEARCH)) {
		http_set_error(response, 503, "too_many_searches",
		    "as many searches are under way as may be; try again");
		response->retry_after = 1;
		return;
	}
	json_begin(&response->body, '[');
	status = store_search(api->store, &query, before, (int)params->number[PARAM_LIMIT], &page,
	    add_hit, &response->body);
	places_give(PLACE_SEARCH);
	json_end(&response->body, ']');
	if (status) {
		answer_failure(api, status, response);
		return;
	}
	history_tell(api, STORE_OK, "");
	response->status = 200;
	set_link(response, params, &page);
}
