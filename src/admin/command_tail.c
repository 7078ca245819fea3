/*
 * command_tail.c: follows what is stored, by looking whether the database has changed. Works
 * without the API and without the broker.
 */
#include <time.h>

#include "admin/admin.h"
#include "output/json.h"
#include "store/store_admin.h"

#define LOOK_MS 100

static const struct admin_option options[] = {
    {"room", "ROOM", "of this room alone"},
    {"lines", "N", "show the last N messages first (default: 10)"},
    {"json", NULL, "as JSON, a message a line"},
    {"once", NULL, "end after the messages that are there"},
    {0},
};

struct tail {
	struct store *store;
	struct store_range range;
	bool json, all_rooms;
	struct text line;
};

static void print_person(const struct tail *tail, const struct store_row *row)
{
	char time_text[32] = "";
	time_t seconds = (time_t)(row->ts / 1000);
	struct tm local;
	if (localtime_r(&seconds, &local))
		strftime(time_text, sizeof(time_text), "%Y-%m-%d %H:%M:%S", &local);
	printf("%s%s%s ", admin_colour(stdout, ADMIN_DIM), time_text,
	    admin_colour(stdout, ADMIN_PLAIN));
	if (tail->all_rooms) {
		putchar('#');
		admin_put(stdout, row->room);
		putchar(' ');
	}
	fputs(admin_colour(stdout, ADMIN_GOOD), stdout);
	admin_put(stdout, row->nickname);
	printf("%s: ", admin_colour(stdout, ADMIN_PLAIN));
	admin_put(stdout, row->text);
	putchar('\n');
}

static int show_row(void *arg, const struct store_row *row)
{
	struct tail *tail = arg;
	tail->range.after = row->id;
	if (!tail->json) {
		print_person(tail, row);
		return 0;
	}
	tail->line.len = 0;
	json_line(&tail->line, row);
	return tail->line.broken ||
		       fwrite(tail->line.at, 1, tail->line.len, stdout) != tail->line.len
		   ? -1
		   : 0;
}

static int note_first(void *arg, const struct store_row *row)
{
	int64_t *first = arg;
	if (*first == 0)
		*first = row->id;
	return 0;
}

/* Sets range.after so that the last `lines` messages come first. */
static enum store_status find_start(struct tail *tail, int64_t lines)
{
	int64_t newest = 0, first = 0;
	struct store_page page;
	enum store_status status = store_newest(tail->store, &newest);
	tail->range.after = newest;
	if (status || lines == 0 || tail->all_rooms) {
		tail->range.after = newest > lines ? newest - lines : 0;
		return status;
	}
	struct store_query query = {
	    .room = tail->range.room, .selector = STORE_NEWEST, .limit = (int)lines};
	status = store_page(tail->store, &query, &page, note_first, &first);
	if (!status && first)
		tail->range.after = first - 1;
	return status;
}

static int follow(struct tail *tail, bool once)
{
	int64_t version = -1, now;
	const struct timespec pause = {0, LOOK_MS * 1000000L};
	for (;; nanosleep(&pause, NULL)) {
		if (store_moved(tail->store))
			return admin_fail("the database was replaced; start again");
		enum store_status status = store_version(tail->store, &now);
		if (!status && now != version)
			status = store_history(tail->store, &tail->range, show_row, tail);
		if (status && status != STORE_BUSY)
			return admin_fail("%s", store_error(tail->store));
		version = status ? version : now;
		if (once || fflush(stdout) != 0)
			return ADMIN_OK;
	}
}

static int tail_messages(struct admin *admin)
{
	struct tail tail = {.range.until = INT64_MAX, .json = admin_option(admin, "json") != NULL};
	int64_t lines;
	if (admin_room(admin, &tail.range.room) != 0 ||
	    admin_number(admin, "lines", 0, STORE_PAGE_MAX, 10, &lines) != 0)
		return ADMIN_USAGE;
	tail.all_rooms = !tail.range.room.at;
	tail.store = admin_open(admin, STORE_READER);
	if (!tail.store)
		return ADMIN_FAILED;
	int result = find_start(&tail, lines) ? admin_fail("%s", store_error(tail.store))
					      : follow(&tail, admin_option(admin, "once") != NULL);
	text_free(&tail.line);
	store_close(tail.store);
	return result;
}

const struct admin_command command_tail = {
    "tail", "", 0, 0, "follow what is said", options, tail_messages};
