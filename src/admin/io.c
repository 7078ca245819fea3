/*
 * io.c: options, questions and answers: what the subcommands share.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/time.h"

const char *admin_option(const struct admin *admin, const char *name)
{
	const struct admin_option *options = admin->command->options;
	for (int i = 0; options && options[i].name; i++)
		if (strcmp(options[i].name, name) == 0)
			return admin->values[i];
	return NULL;
}

int admin_number(const struct admin *admin, const char *name, int64_t min, int64_t max,
    int64_t standard, int64_t *out)
{
	const char *value = admin_option(admin, name);
	char *end;
	*out = standard;
	if (!value)
		return 0;
	errno = 0;
	long long number = strtoll(value, &end, 10);
	if (!errno && end != value && !*end && number >= min && number <= max) {
		*out = number;
		return 0;
	}
	admin_misused("--%s must be a whole number from %lld to %lld, not '%.60s'", name,
	    (long long)min, (long long)max, value);
	return -1;
}

int admin_span(const struct admin *admin, const char *name, int64_t *out)
{
	static const int64_t max = 100LL * 365 * 86400000;
	const char *value = admin_option(admin, name);
	*out = 0;
	if (!value || (time_read_span(value, out) && *out > 0 && *out <= max))
		return 0;
	admin_misused(
	    "--%s is how long, like 30m, 12h, 7d or 1y, at most 100y, not '%.60s'", name, value);
	return -1;
}

int admin_room(const struct admin *admin, struct str *out)
{
	*out = str_of(admin_option(admin, "room"));
	if (!out->at || message_room_valid(*out))
		return 0;
	admin_misused("--room: %s", message_fault_text(MESSAGE_BAD_ROOM));
	return -1;
}

static void put_formatted(const char *format, va_list args)
{
	char *line = NULL;
	if (vasprintf(&line, format, args) < 0)
		line = NULL;
	admin_put(stderr, str_of(line ? line : format));
	free(line);
}

static void say(const char *format, va_list args)
{
	fputs("mqtt-chat: ", stderr);
	put_formatted(format, args);
	fputc('\n', stderr);
}

int admin_fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(format, args);
	va_end(args);
	return ADMIN_FAILED;
}

int admin_misused(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(format, args);
	va_end(args);
	return ADMIN_USAGE;
}

struct store *admin_open(const struct admin *admin, enum store_mode mode)
{
	struct store *store;
	char error[STORE_ERROR_SIZE];
	if (store_open(&store, admin->settings.database, mode, error))
		admin_fail("%s", error);
	return store;
}

static bool answered_yes(void)
{
	char answer[16] = "";
	fputs(" [y/N] ", stderr);
	return fgets(answer, sizeof(answer), stdin) && tolower((unsigned char)answer[0]) == 'y';
}

bool admin_confirmed(const struct admin *admin, const char *format, ...)
{
	va_list args;
	if (admin_option(admin, "yes"))
		return true;
	va_start(args, format);
	put_formatted(format, args);
	va_end(args);
	if (isatty(STDIN_FILENO)) {
		if (answered_yes())
			return true;
		fputs("mqtt-chat: nothing was changed\n", stderr);
		return false;
	}
	fputc('\n', stderr);
	admin_fail("this is not a terminal, so nothing was changed: say --yes if it shall be done");
	return false;
}

const char *admin_colour(FILE *out, enum admin_colour colour)
{
	static const char *const codes[] = {
	    [ADMIN_PLAIN] = "\033[0m",
	    [ADMIN_GOOD] = "\033[32m",
	    [ADMIN_WARN] = "\033[33m",
	    [ADMIN_BAD] = "\033[31m",
	    [ADMIN_DIM] = "\033[2m",
	};
	return isatty(fileno(out)) && !getenv("NO_COLOR") ? codes[colour] : "";
}

void admin_put(FILE *out, struct str s)
{
	struct text text = {0};
	text_put_visible(&text, s);
	fwrite(text.at ? text.at : "", 1, text.len, out);
	text_free(&text);
}

const char *admin_bytes(char out[24], int64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	double size = (double)bytes;
	size_t unit = 0;
	for (; size >= 1000 && unit < 4; unit++)
		size /= 1000;
	snprintf(out, 24, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
	return out;
}

const char *admin_age(char out[24], int64_t ms)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	int64_t seconds = ms / 1000;
	size_t i = 0;
	while (i < 3 && seconds < 2 * units[i].seconds)
		i++;
	snprintf(out, 24, "%lld %s", (long long)(seconds / units[i].seconds), units[i].unit);
	return out;
}

const char *admin_ago(char out[40], int64_t ms)
{
	char age[24];
	bool past = ms > -1000;
	admin_age(age, past ? (ms > 0 ? ms : 0) : -ms);
	snprintf(out, 40, past ? "%s ago" : "%s in the future", age);
	return out;
}

#define BAR "##############################"

void admin_progress(struct admin_progress *progress, int64_t done)
{
	int64_t now = clock_ms(CLOCK_MONOTONIC);
	if (now - progress->shown_at < 100 || !isatty(STDERR_FILENO))
		return;
	progress->shown_at = now;
	progress->shown = true;
	if (progress->total <= 0) {
		fprintf(stderr, "\r\033[K%s: %lld", progress->what, (long long)done);
		return;
	}
	int width = (int)(sizeof(BAR) - 1);
	double part = (double)done / (double)progress->total;
	int filled = (int)((part > 1 ? 1 : part) * width);
	fprintf(stderr, "\r\033[K%s: [%.*s%*s] %3.0f %%", progress->what, filled, BAR,
	    width - filled, "", (part > 1 ? 1 : part) * 100);
}

void admin_progress_end(struct admin_progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
