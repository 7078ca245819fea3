#include <time.h>

#include "api/api.h"

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
void route_health(struct api *api, const struct params *params, struct http_response *response)
{
	struct store_signs signs = {0, 0};
	int64_t now = (int64_t)time(NULL) * 1000;
	(void)params;
	enum store_status status = api_need_store(api);
	if (!status && (status = store_read_signs(api->store, &signs)))
		api_note_failure(api, status);
	if (status) {
		api_set_store_error(response, status);
	} else if (now - signs.alive_at > SILENT_MS) {
		http_set_error(response, 503, "logger_silent",
		    "the logger has given no sign of life for over two minutes");
		response->retry_after = 30;
	} else {
		api_tell(api, STORE_OK, "");
		response->status = 200;
		response->body = json_health(&signs, now - signs.session_lost_at < LOST_MS, now);
	}
}
