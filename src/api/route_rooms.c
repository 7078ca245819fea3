#include "api/api.h"

static int add_room(void *list, const struct store_room *room)
{
	return json_list_add_room(list, room);
}

/*
 * GET /rooms
 *
 *     [{"room":"messages","messages":1234,"lastId":5678,"lastTs":"2026-11-23T17:41:05.123Z"}, …]
 *
 * The rooms that have messages, that with the newest message first; of more than 1000, those 1000.
 */
void route_rooms(struct api *api, const struct params *params, struct http_response *response)
{
	(void)params;
	enum store_status status = api_need_store(api);
	if (status) {
		api_set_store_error(response, status);
		return;
	}
	struct json_list *list = json_list_open();
	status = list ? store_rooms(api->store, add_room, list) : STORE_FAILED;
	response->body = json_list_close(list);
	if (status) {
		api_note_failure(api, status);
		api_set_store_error(response, status);
		return;
	}
	api_tell(api, STORE_OK, "");
	response->status = 200;
}
