#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "admin/admin.h"
#include "output/csv.h"
#include "output/json.h"

#define PIECE_ROWS 1000

static const struct admin_option options[] = {
    {"room", "ROOM", "of this room alone"},
    {"format", "ndjson|csv", "how (default: ndjson)"},
    {"yes", NULL, "replace FILE where it is there already"},
    {0},
};

struct exporting {
	FILE *out;
	bool csv;
	struct store_range rest;
	int rows; /* of this piece */
	int64_t count;
	struct text line;
};

static int put_row(void *arg, const struct store_row *row)
{
	struct exporting *e = arg;
	e->line.len = 0;
	if (e->csv)
		csv_row(&e->line, row);
	else
		json_line(&e->line, row);
	e->rest.after = row->id;
	e->count++;
	if (e->line.broken || fwrite(e->line.at, 1, e->line.len, e->out) != e->line.len)
		return -1;
	return ++e->rows == PIECE_ROWS;
}

/* Piece by piece, so that the -wal file can be emptied in between. */
static int write_all(struct exporting *e, struct store *store)
{
	struct admin_progress progress = {.what = "exporting"};
	enum store_status status = STORE_OK;
	if (e->csv)
		fputs(CSV_HEAD, e->out);
	do {
		e->rows = 0;
		status = store_history(store, &e->rest, put_row, e);
		admin_progress(&progress, e->count);
	} while (!status && e->rows == PIECE_ROWS);
	admin_progress_end(&progress);
	if (ferror(e->out) || fflush(e->out) != 0)
		return admin_fail("cannot write: %s", strerror(errno));
	return status ? admin_fail("%s", store_error(store)) : ADMIN_OK;
}

static int export_to(struct exporting *e, struct store *store, const char *file)
{
	char part[PATH_MAX];
	if (snprintf(part, sizeof(part), "%s.part", file) >= (int)sizeof(part))
		return admin_fail("%s: the path is too long", file);
	e->out = fopen(part, "we");
	if (!e->out)
		return admin_fail("%s: %s", part, strerror(errno));
	int result = write_all(e, store);
	bool flushed = fsync(fileno(e->out)) == 0;
	flushed = fclose(e->out) == 0 && flushed;
	if (result == ADMIN_OK && (!flushed || rename(part, file) != 0))
		result = admin_fail("%s: %s", file, strerror(errno));
	if (result != ADMIN_OK)
		unlink(part);
	else
		fprintf(stderr, "%s: %lld messages\n", file, (long long)e->count);
	return result;
}

static int export_from_store(struct admin *admin, struct exporting *e)
{
	struct store *store = admin_open(admin, STORE_READER);
	if (!store)
		return ADMIN_FAILED;
	int result;
	if (store_newest(store, &e->rest.until))
		result = admin_fail("%s", store_error(store));
	else if (admin->arg_count)
		result = export_to(e, store, admin->args[0]);
	else
		result = write_all(e, store);
	store_close(store);
	text_free(&e->line);
	return result;
}

static int export_history(struct admin *admin)
{
	struct exporting e = {.out = stdout};
	const char *format = admin_option(admin, "format");
	if (admin_room(admin, &e.rest.room) != 0)
		return ADMIN_USAGE;
	e.csv = format && strcmp(format, "csv") == 0;
	if (format && !e.csv && strcmp(format, "ndjson") != 0)
		return admin_misused("--format is ndjson or csv, not '%.60s'", format);
	if (admin->arg_count && access(admin->args[0], F_OK) == 0 &&
	    !admin_confirmed(admin, "%s is there already. Replace it?", admin->args[0]))
		return ADMIN_FAILED;
	return export_from_store(admin, &e);
}

const struct admin_command command_export = {
    "export", "[FILE]", 0, 1, "write the history as NDJSON or CSV", options, export_history};
