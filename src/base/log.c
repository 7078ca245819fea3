#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

#define LINE_SIZE 1000

static const char *program_name = "mqtt-chat";
static enum log_level least = LOG_LEVEL_INFO;

void log_open(const char *program)
{
	program_name = program;
}

static const struct {
	const char *name;
	enum log_level level;
	const char *prefix;
} levels[] = {
    {"error", LOG_LEVEL_ERROR, "error: "},
    {"warning", LOG_LEVEL_WARNING, "warning: "},
    {"info", LOG_LEVEL_INFO, ""},
    {"debug", LOG_LEVEL_DEBUG, "debug: "},
};
enum { LEVELS = sizeof(levels) / sizeof(levels[0]) };

bool log_level_named(const char *name, enum log_level *out)
{
	for (size_t i = 0; i < LEVELS; i++) {
		if (strcmp(levels[i].name, name) != 0)
			continue;
		*out = levels[i].level;
		return true;
	}
	return false;
}

void log_set_level(enum log_level level)
{
	least = level;
}

bool log_shows(enum log_level level)
{
	return level <= least;
}

static const char *level_prefix(enum log_level level)
{
	for (size_t i = 0; i < LEVELS; i++)
		if (levels[i].level == level)
			return levels[i].prefix;
	return "";
}

static void put_prefix(struct text *line, enum log_level level)
{
	char when[48];
	time_t now = time(NULL);
	struct tm local;
	if (getenv("JOURNAL_STREAM"))
		text_printf(line, "<%d>", (int)level);
	else if (localtime_r(&now, &local) &&
		 strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S%z ", &local))
		text_puts(line, when);
	text_printf(line, "%.100s: %s", program_name, level_prefix(level));
}

void log_line(enum log_level level, const char *format, ...)
{
	if (!log_shows(level))
		return;
	char message[LINE_SIZE], bytes[LINE_SIZE - 1];
	struct text line = TEXT_IN(bytes);
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	put_prefix(&line, level);
	text_put_visible(&line, str_of(message));
	fprintf(stderr, "%.*s\n", (int)line.len, line.at);
}
