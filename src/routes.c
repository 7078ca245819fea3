#include "routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "log.h"
#include "params.h"

struct api {
	const char *path;
	struct store *store;	     /* NULL until needed, and after a failure */
	enum store_status last_told; /* so that a lasting failure is logged once */
};

typedef void route_fn(struct api *api, const struct params *params, struct http_response *response);

struct route {
	const char *path;
	unsigned params; /* the ones it takes */
	route_fn *answer;
};

/* ---- errors ---- */

static void set_store_error(struct http_response *response, enum store_status status)
{
	static const struct {
		const char *code, *message;
	} table[STORE__MAX] = {
	    [STORE_BUSY] = {"database_busy", "the database is busy; try again"},
	    [STORE_MISSING] = {"database_missing", "there is no database yet; the logger makes it"},
	    [STORE_VERSION] = {"database_version", "the database is of another version"},
	    [STORE_DENIED] = {"database_denied", "the database may not be read"},
	    [STORE_CORRUPT] = {"database_corrupt", "the database is damaged"},
	};
	bool known = table[status].code != NULL;
	http_set_error(response, known ? 503 : 500, known ? table[status].code : "database_failed",
	    "%s", known ? table[status].message : "the database could not be read");
	if (known)
		response->retry_after = status == STORE_BUSY ? 1 : 5;
}

/* ---- the database ---- */

static void tell_status(struct api *api, enum store_status status, const char *error)
{
	if (status != STORE_OK && status != api->last_told)
		log_error("%s", error);
	if (status == STORE_OK && api->last_told != STORE_OK)
		log_info("database %s: it can be read again", api->path);
	api->last_told = status;
}

/* Opens the database where it is not open, or is no longer the file at its path. */
static enum store_status need_store(struct api *api)
{
	char error[STORE_ERROR_SIZE];
	if (api->store && !store_moved(api->store))
		return STORE_OK;
	store_close(api->store);
	enum store_status status = store_open(&api->store, api->path, STORE_READER, error);
	if (status)
		tell_status(api, status, error);
	return status;
}

static void note_failure(struct api *api, enum store_status status)
{
	tell_status(api, status, store_error(api->store));
	if (status == STORE_BUSY)
		return;
	store_close(api->store);
	api->store = NULL;
}

/* ---- /messages ---- */

#define SELECTORS (PARAM_BIT(PARAM_BEFORE) | PARAM_BIT(PARAM_AFTER) | PARAM_BIT(PARAM_AROUND))

/* Returns whether at most one selector is given; otherwise makes the response an error. */
static bool read_query(
    struct store_query *out, const struct params *params, struct http_response *response)
{
	unsigned given = params->given & SELECTORS;
	if (given & (given - 1)) {
		http_set_error(response, 400, "contradictory_parameters",
		    "before, after and around exclude each other");
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

/* Links are relative to the request (RFC 8288, RFC 3986 5.3), so they hold under any mount point.
 */
static void set_links(
    struct http_response *response, const struct store_query *query, const struct store_page *page)
{
	char older[HTTP_LINK_MAX / 2] = "", newer[HTTP_LINK_MAX / 2] = "";
	if (page->older)
		snprintf(older, sizeof(older), "<?room=%.*s&limit=%d&before=%lld>; rel=\"prev\"",
		    (int)query->room.len, query->room.at, query->limit,
		    (long long)(page->first > PARAM_ID_MAX ? PARAM_ID_MAX : page->first));
	if (page->newer)
		snprintf(newer, sizeof(newer), "<?room=%.*s&limit=%d&after=%lld>; rel=\"next\"",
		    (int)query->room.len, query->room.at, query->limit,
		    (long long)(page->last < 0 ? 0 : page->last));
	snprintf(response->link, sizeof(response->link), "%s%s%s", older,
	    older[0] && newer[0] ? ", " : "", newer);
}

static int add_row(void *list, const struct store_row *row)
{
	return json_list_add_row(list, row);
}

/*
 * GET /messages?room=messages&limit=10[&before=ID|&after=ID|&around=ID]
 *
 *     [{"id":7,"room":"messages","nickname":"Ann","text":"Hi","clientId":"c1"|null,
 *       "msgId":"018f…"|null,"ts":"2026-11-23T17:41:05.123Z"}, …]
 *
 * Oldest → newest; the newest ones without a selector. Link: rel="prev" leads to older messages,
 * rel="next" to newer ones, each only where there are some.
 */
static void get_messages(
    struct api *api, const struct params *params, struct http_response *response)
{
	struct store_query query;
	struct store_page page;
	if (!read_query(&query, params, response))
		return;
	enum store_status status = need_store(api);
	if (status) {
		set_store_error(response, status);
		return;
	}
	struct json_list *list = json_list_open();
	status = list ? store_page(api->store, &query, &page, add_row, list) : STORE_FAILED;
	response->body = json_list_close(list);
	if (status) {
		note_failure(api, status);
		set_store_error(response, status);
		return;
	}
	tell_status(api, STORE_OK, "");
	response->status = 200;
	set_links(response, &query, &page);
}

/* ---- /health ---- */

#define SILENT_MS 120000 /* four signs of life that did not come */
#define LOST_MS 86400000 /* a day, in which somebody may look */

/*
 * GET /health
 *
 *     {"status":"ok"|"session_lost","schema":1,"loggerAliveAt":"2026-11-23T17:41:05.123Z",
 *      "loggerAgeSeconds":3,"sessionLostAt":null|"…"}
 *
 * 503 where the database cannot be read or the logger gives no sign of life. session_lost: within
 * the last day the broker forgot the logger's session, and with it what it had queued.
 */
static void get_health(struct api *api, const struct params *params, struct http_response *response)
{
	struct store_signs signs = {0, 0};
	int64_t now = (int64_t)time(NULL) * 1000;
	(void)params;
	enum store_status status = need_store(api);
	if (!status && (status = store_read_signs(api->store, &signs)))
		note_failure(api, status);
	if (status) {
		set_store_error(response, status);
	} else if (now - signs.alive_at > SILENT_MS) {
		http_set_error(response, 503, "logger_silent",
		    "the logger has given no sign of life for over two minutes");
		response->retry_after = 30;
	} else {
		tell_status(api, STORE_OK, "");
		response->status = 200;
		response->body = json_health(&signs, now - signs.session_lost_at < LOST_MS, now);
	}
}

/* ---- all routes ---- */

static const struct route routes[] = {
    {"/health", 0, get_health},
    {"/messages", SELECTORS | PARAM_BIT(PARAM_ROOM) | PARAM_BIT(PARAM_LIMIT), get_messages},
};

static const struct route *find_route(struct str path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (str_eq(path, str_of(routes[i].path)))
			return &routes[i];
	return NULL;
}

static bool is_read(struct str method)
{
	return str_eq(method, str_of("GET")) || str_eq(method, str_of("HEAD"));
}

static void answer_route(
    struct api *api, const struct http_request *request, struct http_response *response)
{
	const struct route *route = find_route(request->path);
	struct params params;
	if (!request->method.at) {
		http_set_error(response, 400, "bad_request", "the request has no method");
	} else if (!route) {
		http_set_error(response, 404, "not_found", "the API has no such path");
	} else if (!is_read(request->method)) {
		http_set_error(
		    response, 405, "method_not_allowed", "only GET and HEAD are allowed here");
		response->allow = "GET, HEAD";
	} else if (params_read(&params, route->params, request->query, response)) {
		route->answer(api, &params, response);
	}
}

/* Turns a page that the client has already into 304. */
static void revalidate(const struct http_request *request, struct http_response *response)
{
	if (response->status != 200)
		return;
	http_set_etag(response);
	if (!http_etag_matches(request->if_none_match, response->etag))
		return;
	response->status = 304;
	response->omit_body = true;
}

void api_answer(struct api *api, const struct http_request *request, struct http_response *response)
{
	*response = (struct http_response){0};
	answer_route(api, request, response);
	if (!response->body.at.at) {
		json_text_free(&response->body);
		response->status = 500;
		response->body.at = str_of(
		    "{\"error\":{\"code\":\"out_of_memory\",\"message\":\"out of memory\"}}");
	}
	revalidate(request, response);
	if (str_eq(request->method, str_of("HEAD")))
		response->omit_body = true;
}

struct api *api_open(const char *path)
{
	struct api *api = calloc(1, sizeof(*api));
	if (api)
		api->path = path;
	return api;
}

void api_close(struct api *api)
{
	if (!api)
		return;
	store_close(api->store);
	free(api);
}
