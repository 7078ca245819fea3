#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"

#define LINE_SIZE 1000

static const char *program_name = "mqtt-chat";

void log_open(const char *program)
{
	program_name = program;
}

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error: ";
	case LOG_LEVEL_WARNING:
		return "warning: ";
	case LOG_LEVEL_INFO:
		break;
	}
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
	text_printf(line, "%.100s: %s", program_name, level_name(level));
}

void log_line(enum log_level level, const char *format, ...)
{
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
