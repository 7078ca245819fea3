#include <stdio.h>

#include "api/routes.h"
#include "base/time.h"

/* Returns whether the selectors go together; otherwise makes the response an error. */
static bool read_query(
    struct store_query *out, const struct params *params, struct http_response *response)
{
	unsigned given = params->given & PARAM_SELECTORS;
	bool since = params->given & PARAM_BIT(PARAM_SINCE);
	if ((given & (given - 1)) || (since && (given & ~PARAM_BIT(PARAM_AFTER)))) {
		http_set_error(response, 400, "contradictory_parameters",
		    "before, after and around exclude each other; since goes with after alone");
		return false;
	}
	*out = (struct store_query){
	    .room = str_of(params->room),
	    .selector = STORE_NEWEST,
	    .limit = (int)params->number[PARAM_LIMIT],
	};
	static const struct {
		enum param param;
		enum store_selector selector;
	} table[] = {
	    {PARAM_BEFORE, STORE_BEFORE}, {PARAM_AFTER, STORE_AFTER}, {PARAM_AROUND, STORE_AROUND}};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!(given & PARAM_BIT(table[i].param)))
			continue;
		out->selector = table[i].selector;
		out->id = params->number[table[i].param];
	}
	if (since) {
		out->selector = STORE_AFTER;
		out->since = params->number[PARAM_SINCE];
	}
	return true;
}

/*
 * Links are relative to the request (RFC 8288, RFC 3986 5.3), so they hold under any mount point.
 */
static void set_links(
    struct http_response *response, const struct store_query *query, const struct store_page *page)
{
	char older[HTTP_LINK_MAX / 2] = "", newer[HTTP_LINK_MAX / 2] = "", since[48] = "";
	if (query->since) {
		char time[TIME_SIZE];
		time_write(time, query->since);
		snprintf(since, sizeof(since), "&since=%s", time);
	}
	if (page->older)
		snprintf(older, sizeof(older), "<?room=%.*s&limit=%d&before=%lld>; rel=\"prev\"",
		    (int)query->room.len, query->room.at, query->limit,
		    (long long)(page->first > LIMITS_ID_MAX ? LIMITS_ID_MAX : page->first));
	if (page->newer)
		snprintf(newer, sizeof(newer), "<?room=%.*s&limit=%d%s&after=%lld>; rel=\"next\"",
		    (int)query->room.len, query->room.at, query->limit, since,
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
 * GET /messages?room=messages&limit=10[&before=ID|&after=ID|&around=ID][&since=10m|2h|3d|TIME]
 *
 *     [{"id":7,"room":"messages","nickname":"Ann","text":"Hi","clientId":"c1"|null,
 *       "msgId":"018f…"|null,"ts":"2026-11-23T17:41:05.123Z"}, …]
 *
 * Oldest → newest; the newest ones without a selector. Link: rel="prev" leads to older messages,
 * rel="next" to newer ones, each only where there are some.
 * since: only what has a ts from then on (RFC 3339), from the oldest on, or from after on; it goes
 * with no other selector.
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
