#include "api/routes.h"

static int add_room(void *arg, const struct store_room *room)
{
	struct text *body = arg;
	json_begin(body, '{');
	json_member(body, "room", room->room);
	json_member_number(body, "messages", room->messages);
	json_member_number(body, "lastId", room->last_id);
	json_member_time(body, "lastTs", room->last_ts);
	if (room->topic.at)
		json_member(body, "topic", room->topic);
	json_end(body, '}');
	return body->broken ? -1 : 0;
}

/*
 * GET /rooms[?q=PART][&limit=1000]
 *
 *     [{"room":"messages","messages":1234,"lastId":5678,"lastTs":"2026-11-23T17:41:05.123Z"}, …]
 *
 * The rooms that have messages, that with the newest message first; with `q`, those whose name has
 * it in it. At most `limit` of them, which may be given up to 200; 1000 where it is not. One that
 * has a topic line has it as "topic".
 */
void route_rooms(struct api *api, const struct params *params, struct http_response *response)
{
	bool limited = params->given & PARAM_BIT(PARAM_LIMIT);
	int limit = limited ? (int)params->number[PARAM_LIMIT] : STORE_ROOMS_MAX;
	enum store_status status = history_need(api);
	if (status) {
		history_set_error(response, status);
		return;
	}
	json_begin(&response->body, '[');
	status = store_rooms(api->store, str_of(params->q), limit, add_room, &response->body);
	json_end(&response->body, ']');
	if (status) {
		history_failed(api, status);
		history_set_error(response, status);
		return;
	}
	history_tell(api, STORE_OK, "");
	response->status = 200;
}
