#include "api/metrics.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/disk.h"
#include "store/signs.h"

static void put_number(
    struct text *out, const char *name, const char *type, const char *help, int64_t number)
{
	metrics_put_head(out, name, type, help);
	text_printf(out, "%s %lld\n", name, (long long)number);
}

static void put_seconds(struct text *out, const char *name, const char *help, int64_t ms)
{
	metrics_put_head(out, name, "gauge", help);
	text_printf(out, "%s %lld.%03d\n", name, (long long)(ms / 1000), (int)(ms % 1000));
}

static void put_logger(struct text *out, const struct store_figures *figures)
{
	put_number(out, "mqtt_chat_messages_stored_total", "counter",
	    "Messages stored since the database was made.", figures->stored);
	put_number(out, "mqtt_chat_messages_repeated_total", "counter",
	    "Messages that arrived again and were stored already.", figures->repeated);
	put_number(out, "mqtt_chat_messages_rejected_total", "counter",
	    "Messages that cannot be stored; see the table rejected.", figures->rejected);
	put_number(out, "mqtt_chat_batches_total", "counter",
	    "Batches of messages that were stored.", figures->batches);
	put_seconds(out, "mqtt_chat_batch_age_seconds",
	    "Age of the last batch's oldest message as it began to be stored: what a sender waits "
	    "for before the commit.",
	    figures->batch_age_ms);
	metrics_put_head(out, "mqtt_chat_commit_seconds", "histogram",
	    "Time of a commit with its fsync, batches and signs of life; without the last one.");
	metrics_put_histogram(out, "mqtt_chat_commit_seconds", "", store_commit_bounds,
	    figures->within, STORE_COMMIT_BOUNDS, figures->commits, figures->commit_seconds);
}

static enum store_status read_logger(
    struct store *store, struct store_figures *figures, struct store_signs *signs)
{
	enum store_status status = store_read_figures(store, figures);
	return status ? status : store_read_signs(store, signs);
}

static void put_reason(void *arg, struct str reason, int64_t messages)
{
	struct text *out = arg;
	text_puts(out, "mqtt_chat_rejected_kept{reason=\"");
	metrics_put_label(out, reason);
	text_printf(out, "\"} %lld\n", (long long)messages);
}

static void put_disk(const struct api *api, struct text *out)
{
	struct disk disk;
	if (!disk_look(api->path, &disk))
		return;
	put_number(out, "mqtt_chat_disk_free_bytes", "gauge",
	    "What is free on the disk with the database.", disk.free);
	put_number(out, "mqtt_chat_disk_reserve_bytes", "gauge",
	    "What has to be free there (min-free), or messages are refused; 0: nothing.",
	    disk_reserve(&disk, api->min_free));
}

static enum store_status put_store(struct api *api, struct text *out)
{
	struct store_figures figures;
	struct store_signs signs;
	enum store_status status = history_need(api);
	if (status)
		return status;
	status = read_logger(api->store, &figures, &signs);
	metrics_put_head(out, "mqtt_chat_rejected_kept", "gauge",
	    "Messages in the table rejected, which is bounded, by why they were not stored.");
	if (!status)
		status = store_rejected_reasons(api->store, put_reason, out);
	if (status) {
		history_failed(api, status);
		return status;
	}
	history_tell(api, STORE_OK, "");
	put_logger(out, &figures);
	put_disk(api, out);
	put_seconds(out, "mqtt_chat_logger_alive_timestamp_seconds",
	    "When the logger gave its last sign of life; it gives one every 30 seconds.",
	    signs.alive_at);
	put_number(out, "mqtt_chat_logger_up", "gauge",
	    "Whether the logger gave a sign of life within two minutes, and none from the future.",
	    signs_life(&signs, clock_ms(CLOCK_REALTIME)) == SIGNS_ALIVE);
	put_number(out, "mqtt_chat_retention_waits", "gauge",
	    "Whether the logger doubts the clock, and so deletes nothing by age.",
	    signs_doubt(&signs) > 0);
	put_number(out, "mqtt_chat_wal_bytes", "gauge",
	    "Size of the database's -wal file, which is used again and again.",
	    store_wal_bytes(api->store));
	return STORE_OK;
}

/*
 * GET /metrics
 *
 * For Prometheus. What the logger counts comes from the database, and is not there while that
 * cannot be read: then mqtt_chat_database_up is 0. The rest is this process's own.
 */
void route_metrics(struct api *api, const struct params *params, struct http_response *response)
{
	struct text *out = &response->body;
	(void)params;
	bool up = put_store(api, out) == STORE_OK;
	put_number(out, "mqtt_chat_database_up", "gauge", "Whether the database can be read.", up);
	metrics_put_http(out);
	if (out->broken)
		return;
	response->status = 200;
	response->no_store = true;
	response->content_type = "text/plain; version=0.0.4; charset=utf-8";
	out->len--; /* the last newline comes anyway */
}
