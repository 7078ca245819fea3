#include <time.h>

#include "admin/admin.h"
#include "chat/words.h"
#include "output/json.h"

static const struct admin_option options[] = {
    {"room", "ROOM", "in this room alone"},
    {"limit", "N", "at most so many, the newest (default: 10)"},
    {"before", "ID", "older than the message with this id"},
    {"json", NULL, "as JSON, a message a line"},
    {0},
};

static int put_hit(void *arg, const struct store_row *row, struct str snippet)
{
	const char *match = admin_colour(stdout, ADMIN_BAD),
		   *plain = admin_colour(stdout, ADMIN_PLAIN);
	char time_text[32] = "";
	time_t seconds = (time_t)(row->ts / 1000);
	struct tm local;
	(void)arg;
	if (localtime_r(&seconds, &local))
		strftime(time_text, sizeof(time_text), "%Y-%m-%d %H:%M", &local);
	printf("%lld %s #", (long long)row->id, time_text);
	admin_put(stdout, row->room);
	putchar(' ');
	admin_put(stdout, row->nickname);
	fputs(": ", stdout);
	for (size_t i = 0; i < snippet.len; i++) {
		char c = snippet.at[i];
		size_t length = 1;
		while (i + length < snippet.len &&
		       ((unsigned char)snippet.at[i + length] & 0xc0) == 0x80)
			length++;
		if (c == WORDS_BEGIN || c == WORDS_END)
			fputs(c == WORDS_BEGIN ? match : plain, stdout);
		else
			admin_put(stdout, (struct str){snippet.at + i, length});
		i += length - 1;
	}
	putchar('\n');
	return 0;
}

static int put_json(void *arg, const struct store_row *row, struct str snippet)
{
	struct text *line = arg;
	(void)snippet;
	line->len = 0;
	json_line(line, row);
	return line->broken || fwrite(line->at, 1, line->len, stdout) != line->len ? -1 : 0;
}

static int search(struct admin *admin, const struct search_query *query, int64_t before, int limit)
{
	struct store_page page;
	struct text line = {0};
	struct store *store = admin_open(admin, STORE_READER);
	if (!store)
		return ADMIN_FAILED;
	enum store_status status = store_search(store, query, before, limit, &page,
	    admin_option(admin, "json") ? put_json : put_hit, &line);
	int result = status ? admin_fail("%s", store_error(store)) : ADMIN_OK;
	if (!status && page.older)
		fprintf(stderr, "there are older ones: --before=%lld\n", (long long)page.first);
	text_free(&line);
	store_close(store);
	return result;
}

static int search_messages(struct admin *admin)
{
	struct search_query query;
	struct str room;
	struct text words = {0};
	char problem[SEARCH_PROBLEM_SIZE];
	int64_t limit, before;
	if (admin_room(admin, &room) != 0 ||
	    admin_number(admin, "limit", 1, STORE_PAGE_MAX, 10, &limit) != 0 ||
	    admin_number(admin, "before", 1, INT64_MAX, INT64_MAX, &before) != 0)
		return ADMIN_USAGE;
	for (int i = 0; i < admin->arg_count; i++)
		text_printf(&words, "%s%s", i ? " " : "", admin->args[i]);
	bool read = !words.broken && search_query_read(&query, text_str(&words), problem);
	text_free(&words);
	if (!read)
		return admin_misused("%s", problem);
	if (room.at && !search_query_narrow(&query, room))
		return admin_misused("--room and in: name different rooms");
	return search(admin, &query, before, (int)limit);
}

const struct admin_command command_search = {
    "search", "WORD...", 1, 1000, "find messages", options, search_messages};
