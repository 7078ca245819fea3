#include "api/history.h"

#include "base/clock.h"
#include "base/log.h"

void history_set_error(struct http_response *response, enum store_status status)
{
	static const struct {
		const char *code, *message;
	} table[STORE__MAX] = {
	    [STORE_BUSY] = {"database_busy", "the database is busy; try again"},
	    [STORE_MISSING] = {"database_missing", "there is no database yet; the logger makes it"},
	    [STORE_VERSION] = {"database_version", "the database is of another version"},
	    [STORE_DENIED] = {"database_denied", "the database may not be read"},
	    [STORE_SLOW] = {"search_too_slow",
		"there is too much to look through for this; try more words, or rarer ones"},
	    [STORE_BEHIND] = {"search_behind", "new messages are still being indexed; try again"},
	    [STORE_CORRUPT] = {"database_corrupt", "the database is damaged"},
	};
	bool known = table[status].code != NULL;
	http_set_error(response, known ? 503 : 500, known ? table[status].code : "database_failed",
	    "%s", known ? table[status].message : "the database could not be read");
	if (known)
		response->retry_after = status == STORE_BUSY ? 1 : 5;
}

void history_tell(struct api *api, enum store_status status, const char *error)
{
	if (status != STORE_OK && status != api->last_told)
		log_error("%s", error);
	if (status == STORE_OK && api->last_told != STORE_OK)
		log_info("database %s: it can be read again", api->path);
	api->last_told = status;
}

void history_close(struct api *api)
{
	cache_clear(&api->cache);
	store_close(api->store);
	api->store = NULL;
}

/*
 * Whether the file at the path is still the one that is open. It is asked once in a tick of the
 * kernel's clock (1 to 10 ms): sooner than a logger could have started on another file.
 */
static bool still_there(struct api *api)
{
	int64_t now = clock_ns(CLOCK_MONOTONIC_COARSE);
	if (now == api->looked)
		return true;
	api->looked = now;
	return !store_moved(api->store);
}

enum store_status history_need(struct api *api)
{
	char error[STORE_ERROR_SIZE];
	if (api->store && still_there(api))
		return STORE_OK;
	history_close(api);
	enum store_status status = store_open(&api->store, api->path, STORE_READER, error);
	if (status)
		history_tell(api, status, error);
	return status;
}

void history_failed(struct api *api, enum store_status status)
{
	history_tell(api, status, store_error(api->store));
	if (status == STORE_BUSY)
		return;
	history_close(api);
}
