#include <stdio.h>

#include "api/routes.h"

/* Returns whether at most one selector is given; otherwise makes the response an error. */
static bool read_query(
    struct store_query *out, const struct params *params, struct http_response *response)
{
	unsigned given = params->given & (PARAM_SELECTORS | PARAM_BIT(PARAM_SINCE));
	if (given & (given - 1)) {
		http_set_error(response, 400, "contradictory_parameters",
		    "before, after, around and since exclude each other");
		return false;
	}
	*out = (struct store_query){
	    .room = str_of(params->room),
	    .selector = STORE_NEWEST,
	    .limit = (int)params->number[PARAM_LIMIT],
	};
	if (given == PARAM_BIT(PARAM_BEFORE))
		*out = (struct store_query){
		    out->room, STORE_BEFORE, params->number[PARAM_BEFORE], out->limit};
	else if (given == PARAM_BIT(PARAM_AFTER))
		*out = (struct store_query){
		    out->room, STORE_AFTER, params->number[PARAM_AFTER], out->limit};
	else if (given == PARAM_BIT(PARAM_AROUND))
		*out = (struct store_query){
		    out->room, STORE_AROUND, params->number[PARAM_AROUND], out->limit};
	return true;
}

/* Makes of "since" the "after" that it is another word for. */
static enum store_status find_since(
    struct api *api, const struct params *params, struct store_query *query)
{
	if (!(params->given & PARAM_BIT(PARAM_SINCE)))
		return STORE_OK;
	query->selector = STORE_AFTER;
	return store_find_time(api->store, params->number[PARAM_SINCE], &query->id);
}

/*
 * Links are relative to the request (RFC 8288, RFC 3986 5.3), so they hold under any mount point.
 */
static void set_links(
    struct http_response *response, const struct store_query *query, const struct store_page *page)
{
	char older[HTTP_LINK_MAX / 2] = "", newer[HTTP_LINK_MAX / 2] = "";
	if (page->older)
		snprintf(older, sizeof(older), "<?room=%.*s&limit=%d&before=%lld>; rel=\"prev\"",
		    (int)query->room.len, query->room.at, query->limit,
		    (long long)(page->first > LIMITS_ID_MAX ? LIMITS_ID_MAX : page->first));
	if (page->newer)
		snprintf(newer, sizeof(newer), "<?room=%.*s&limit=%d&after=%lld>; rel=\"next\"",
		    (int)query->room.len, query->room.at, query->limit,
		    (long long)(page->last < 0 ? 0 : page->last));
	snprintf(response->link, sizeof(response->link), "%s%s%s", older,
	    older[0] && newer[0] ? ", " : "", newer);
}

static int add_row(void *arg, const struct store_row *row)
{
	struct text *body = arg;
	json_row(body, row);
	return body->broken ? -1 : 0;
}

/*
 * GET /messages?room=messages&limit=10[&before=ID|&after=ID|&around=ID|&since=10m|2h|3d|TIME]
 *
 *     [{"id":7,"room":"messages","nickname":"Ann","text":"Hi","clientId":"c1"|null,
 *       "msgId":"018f…"|null,"ts":"2026-11-23T17:41:05.123Z"}, …]
 *
 * Oldest → newest; the newest ones without a selector. Link: rel="prev" leads to older messages,
 * rel="next" to newer ones, each only where there are some.
 * since is another word for after, for who knows no id: what is stored since then (RFC 3339).
 */
void route_messages(struct api *api, const struct params *params, struct http_response *response)
{
	struct store_query query;
	struct store_page page;
	if (!read_query(&query, params, response))
		return;
	enum store_status status = history_need(api);
	if (status) {
		history_set_error(response, status);
		return;
	}
	json_begin(&response->body, '[');
	status = find_since(api, params, &query);
	if (!status)
		status = store_page(api->store, &query, &page, add_row, &response->body);
	json_end(&response->body, ']');
	if (status) {
		history_failed(api, status);
		history_set_error(response, status);
		return;
	}
	history_tell(api, STORE_OK, "");
	response->status = 200;
	set_links(response, &query, &page);
}
