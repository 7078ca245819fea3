#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

#include "admin/files.h"
#include "output/csv.h"
#include "output/json.h"

#define PIECE_ROWS 1000

static const struct admin_option options[] = {
    {"room", "ROOM", "of this room alone"},
    {"format", "ndjson|csv", "how (default: by the name of FILE, or ndjson)"},
    {"yes", NULL, "replace FILE where it is there already"},
    {0},
};

struct exporting {
	FILE *out;
	bool csv;
	struct store_range rest;
	int rows; /* of this piece */
	int64_t count;
	int error; /* errno of a write that failed */
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
	if (e->line.broken || fwrite(e->line.at, 1, e->line.len, e->out) != e->line.len) {
		e->error = e->line.broken ? ENOMEM : errno;
		return -1;
	}
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
	if (!e->error && fflush(e->out) != 0)
		e->error = errno;
	if (e->error)
		return admin_fail("cannot write: %s", strerror(e->error));
	return status ? admin_fail("%s", store_error(store)) : ADMIN_OK;
}

static int export_to_file(struct exporting *e, struct store *store, const struct destination *to)
{
	int fd = open(to->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	e->out = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!e->out)
		return admin_fail("%s: %s", to->part, strerror(errno));
	int result = write_all(e, store);
	bool flushed = fsync(fd) == 0;
	flushed = fclose(e->out) == 0 && flushed;
	if (result == ADMIN_OK && (!flushed || admin_replace(to->part, to->path) != 0))
		result = admin_fail("%s: %s", to->path, strerror(errno));
	if (result != ADMIN_OK)
		unlink(to->part);
	else
		fprintf(stderr, "%s: %lld message%s\n", to->name, (long long)e->count,
		    text_plural(e->count));
	return result;
}

/* To what is open already: standard output, a FIFO, a device. */
static int export_through(struct exporting *e, struct store *store, const struct destination *to)
{
	e->out = to->fd == STDOUT_FILENO ? stdout : fdopen(to->fd, "w");
	if (!e->out)
		return admin_fail("%s: %s", to->name, strerror(errno));
	int result = write_all(e, store);
	if (e->out != stdout && fclose(e->out) != 0 && result == ADMIN_OK)
		result = admin_fail("%s: %s", to->name, strerror(errno));
	return result;
}

static int export_from_store(struct admin *admin, struct exporting *e, const struct destination *to)
{
	struct store *store = admin_open(admin, STORE_READER);
	if (!store)
		return ADMIN_FAILED;
	int result;
	if (store_newest(store, &e->rest.until))
		result = admin_fail("%s", store_error(store));
	else if (to->fd >= 0)
		result = export_through(e, store, to);
	else
		result = export_to_file(e, store, to);
	store_close(store);
	text_free(&e->line);
	return result;
}

/* By the option, or by the file's name; both have to agree. */
static int choose_format(const struct admin *admin, const char *file, bool *csv)
{
	const char *format = admin_option(admin, "format");
	const char *named = file ? admin_format_of(file) : NULL;
	bool known = named && (strcasecmp(named, "csv") == 0 || strcasecmp(named, "ndjson") == 0);
	if (format && strcmp(format, "csv") != 0 && strcmp(format, "ndjson") != 0)
		return admin_misused("--format is ndjson or csv, not '%.60s'", format);
	if (format && known && strcasecmp(format, named) != 0)
		return admin_misused(
		    "--format=%s contradicts the name %s: leave one of them out", format, file);
	if (!format && named && !known)
		return admin_misused("an export is NDJSON or CSV, and %s is a name of neither: end "
				     "it in .ndjson, .jsonl or .csv, or say --format",
		    file);
	*csv = strcasecmp(format ? format : known ? named : "ndjson", "csv") == 0;
	return ADMIN_OK;
}

static int export_history(struct admin *admin)
{
	struct exporting e = {.out = NULL};
	struct destination to;
	const char *file = admin->arg_count ? admin->args[0] : NULL;
	if (admin_room(admin, &e.rest.room) != 0 || choose_format(admin, file, &e.csv) != ADMIN_OK)
		return ADMIN_USAGE;
	int result = admin_destination(admin, file, &to);
	return result == ADMIN_OK ? export_from_store(admin, &e, &to) : result;
}

const struct admin_command command_export = {
    "export", "[FILE]", 0, 1, "write the history as NDJSON or CSV", options, export_history};
