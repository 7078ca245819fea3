#include "api/routes.h"
#include "base/clock.h"
#include "base/disk.h"
#include "config.h"
#include "store/signs.h"

#define LOST_MS 86400000 /* a day, in which somebody may look */

/* 0 is null: nothing happened in 1970. */
static void put_time(struct text *body, const char *key, int64_t ts)
{
	if (ts)
		json_member_time(body, key, ts);
	else
		json_member(body, key, str_of(NULL));
}

static void put_health(struct text *body, const struct store_signs *signs, int64_t now)
{
	bool lost = signs_within(signs->session_lost_at, now, LOST_MS);
	json_begin(body, '{');
	json_member(body, "status", str_of(lost ? "session_lost" : "ok"));
	json_member(body, "version", str_of(PACKAGE_VERSION));
	json_member_number(body, "schema", STORE_SCHEMA_VERSION);
	put_time(body, "loggerAliveAt", signs->alive_at);
	json_member_number(body, "loggerAgeSeconds", signs_age(signs, now));
	put_time(body, "sessionLostAt", signs->session_lost_at);
	json_member_boolean(body, "retentionWaits", signs_doubt(signs) > 0);
	json_end(body, '}');
}

static bool no_space(const struct api *api)
{
	struct disk disk;
	return disk_look(api->path, &disk) && disk_low(&disk, api->min_free);
}

/*
 * GET /health
 *
 *     {"status":"ok"|"session_lost","version":"0.2.0","schema":1,
 *      "loggerAliveAt":"2026-11-23T17:41:05.123Z","loggerAgeSeconds":3,"sessionLostAt":null|"…",
 *      "retentionWaits":false}
 *
 * 503 where the database cannot be read, the logger gives no sign of life (one from the future,
 * which the clock was set back from, is none), or the disk is nearly full (disk_full), so that the
 * logger refuses messages. session_lost: within the last day the broker forgot the logger's
 * session, and with it what it had queued. retentionWaits: the logger doubts the clock, and deletes
 * nothing by age.
 */
void route_health(struct api *api, const struct params *params, struct http_response *response)
{
	struct store_signs signs = {0};
	int64_t now = clock_ms(CLOCK_REALTIME);
	(void)params;
	enum store_status status = history_need(api);
	if (!status) {
		status = store_read_signs(api->store, &signs);
		if (status)
			history_failed(api, status);
	}
	if (status) {
		history_set_error(response, status);
	} else if (signs_life(&signs, now) != SIGNS_ALIVE) {
		http_set_error(response, 503, "logger_silent",
		    signs_life(&signs, now) == SIGNS_AHEAD
			? "the clock was set back, and the logger has given no sign of life since"
			: "the logger has given no sign of life for over two minutes");
		response->retry_after = 30;
	} else if (no_space(api)) {
		http_set_error(response, 503, "disk_full",
		    "the disk is nearly full: new messages are refused until there is room");
		response->retry_after = 30;
	} else {
		history_tell(api, STORE_OK, "");
		response->status = 200;
		put_health(&response->body, &signs, now);
	}
}
