/*
 * command_bans.c: who is banned or muted, and which tokens are revoked.
 */
#include "admin/ban_list.h"
#include "admin/ban_news.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "output/json.h"

#define WIDTH_MAX 40

static const struct admin_option options[] = {
    {"json", NULL, "as JSON, an object a line"},
    {0},
};

/* {"kind","who","until","reason"}, until null where it is for ever. */
static void put_json(const struct ban *ban)
{
	struct text line = {0};
	json_begin(&line, '{');
	json_member(&line, "kind", str_of(bans_kind_name(ban->kind)));
	json_member(&line, "who", ban->who);
	if (ban->until)
		json_member_time(&line, "until", ban->until * 1000);
	else
		json_member(&line, "until", (struct str){0});
	json_member(&line, "reason", ban->reason.len ? ban->reason : str_of(""));
	json_end(&line, '}');
	printf("%.*s\n", (int)line.len, line.at);
	text_free(&line);
}

static void put_row(const struct ban *ban, int width)
{
	char until[TIME_SIZE];
	ban_list_until(until, ban);
	printf("%-6s  %-20s  ", bans_kind_name(ban->kind), until);
	admin_put(stdout, ban->who);
	if (ban->reason.len > 0) {
		printf("%*s", width - (int)utf8_length(ban->who) + 2, "");
		admin_put(stdout, ban->reason);
	}
	putchar('\n');
}

/* The next that holds, at *i or behind it; NULL: there is none. */
static const struct ban *next(const struct bans *bans, size_t *i)
{
	int64_t now = clock_ms(CLOCK_REALTIME) / 1000;
	const struct ban *ban;
	while ((ban = bans_at(bans, (*i)++)))
		if (ban->until == 0 || now < ban->until)
			return ban;
	return NULL;
}

static int column(const struct bans *bans)
{
	int width = 0;
	const struct ban *ban;
	for (size_t i = 0; (ban = next(bans, &i));) {
		int length = (int)utf8_length(ban->who);
		if (length > width && length <= WIDTH_MAX)
			width = length;
	}
	return width;
}

static int show_bans(struct admin *admin)
{
	struct bans *bans;
	char error[BANS_ERROR_SIZE];
	if (!bans_load(&bans, admin->settings.bans, error))
		return admin_fail("%s", error);
	int width = column(bans);
	const struct ban *ban;
	for (size_t i = 0; (ban = next(bans, &i));) {
		if (admin_option(admin, "json"))
			put_json(ban);
		else
			put_row(ban, width);
	}
	bans_free(bans);
	ban_news_is_idle(&admin->settings);
	return ADMIN_OK;
}

const struct admin_command command_bans = {
    "bans", "", 0, 0, "show who is banned or muted, and revoked tokens", options, show_bans};
