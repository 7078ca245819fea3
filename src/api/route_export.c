#include <stdio.h>
#include <stdlib.h>

#include "api/places.h"
#include "api/routes.h"
#include "base/log.h"
#include "output/csv.h"

/* What is read at once: a client that reads slowly holds no snapshot. */
#define PIECE_ROWS 1000
#define PIECE_BYTES 262144

struct export_stream {
	struct api *api;
	char room[MESSAGE_ROOM_MAX + 1];
	bool csv;
	struct store_range rest; /* what has not been read yet */
	int rows;		 /* in this piece */
	struct text piece;
};

static int add_row(void *arg, const struct store_row *row)
{
	struct export_stream *export = arg;
	if (export->csv)
		csv_row(&export->piece, row);
	else
		json_line(&export->piece, row);
	export->rest.after = row->id;
	export->rows++;
	if (export->piece.broken)
		return -1;
	return export->rows == PIECE_ROWS || export->piece.len >= PIECE_BYTES;
}

/* Reads the next piece; -1 where it cannot, or the database is no longer the one it began with. */
static int read_piece(struct export_stream *export)
{
	struct store *store = export->api->store;
	export->rows = 0;
	export->piece.len = 0;
	if (store_moved(store)) {
		log_warning("an export was broken off: the database was replaced meanwhile");
		return -1;
	}
	enum store_status status = store_history(store, &export->rest, add_row, export);
	if (status)
		history_failed(export->api, status);
	return status ? -1 : 0;
}

static int write_export(void *arg, http_write_fn *write, void *to)
{
	struct export_stream *export = arg;
	if (export->csv && write(to, str_of(CSV_HEAD)))
		return -1;
	for (;;) {
		if (read_piece(export))
			return -1;
		if (export->rows == 0)
			return 0;
		if (write(to, text_str(&export->piece)))
			return -1;
	}
}

static void end_export(void *arg)
{
	struct export_stream *export = arg;
	text_free(&export->piece);
	free(export);
	places_give(PLACE_EXPORT);
}

/* What is stored by now; NULL without memory. */
static struct export_stream *begin_export(
    struct api *api, const struct params *params, int64_t newest)
{
	struct export_stream *export = calloc(1, sizeof(*export));
	if (!export)
		return NULL;
	export->api = api;
	export->csv = params->number[PARAM_FORMAT] == FORMAT_CSV;
	export->rest.until = newest;
	if (params->given & PARAM_BIT(PARAM_ROOM)) {
		memcpy(export->room, params->room, sizeof(export->room));
		export->rest.room = str_of(export->room);
	}
	return export;
}

static void describe(struct http_response *response, const struct export_stream *export)
{
	response->status = 200;
	response->no_store = true;
	response->content_type =
	    export->csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson";
	snprintf(response->file, sizeof(response->file), "mqtt-chat%s%s.%s",
	    export->room[0] ? "-" : "", export->room, export->csv ? "csv" : "ndjson");
}

/*
 * GET /export?room=lab&format=ndjson|csv
 *
 * All that is stored when it begins, of the room or, without one, of all: oldest → newest. ndjson,
 * the default: a message a line, as in /messages. csv: RFC 4180, with the same columns and their
 * names above, for a spreadsheet: see csv.h. It is complete only where it ended properly: cut off,
 * it ends without the last chunk.
 */
void route_export(struct api *api, const struct params *params, struct http_response *response)
{
	int64_t newest;
	enum store_status status = history_need(api);
	if (!status && (status = store_newest(api->store, &newest)))
		history_failed(api, status);
	if (status) {
		history_set_error(response, status);
		return;
	}
	history_tell(api, STORE_OK, "");
	if (!places_take(PLACE_EXPORT)) {
		http_set_error(response, 503, "too_many_exports",
		    "as many exports or searches are under way as may be; try again later");
		response->retry_after = 10;
		return;
	}
	struct export_stream *export = begin_export(api, params, newest);
	if (!export) {
		places_give(PLACE_EXPORT);
		return;
	}
	response->stream = (struct http_stream){write_export, end_export, export};
	describe(response, export);
}
