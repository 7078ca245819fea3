#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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

static void escape_controls(const char *in, char *out, size_t size)
{
	size_t n = 0;
	for (; *in && n + 5 < size; in++) {
		unsigned char c = (unsigned char)*in;
		if (c < 0x20 || c == 0x7f)
			n += (size_t)snprintf(out + n, size - n, "\\x%02x", c);
		else
			out[n++] = (char)c;
	}
	out[n] = '\0';
}

static void write_prefix(char *out, size_t size, enum log_level level)
{
	if (getenv("JOURNAL_STREAM")) {
		snprintf(out, size, "<%d>", (int)level);
		return;
	}
	time_t now = time(NULL);
	struct tm local;
	out[0] = '\0';
	if (localtime_r(&now, &local))
		strftime(out, size, "%Y-%m-%dT%H:%M:%S%z ", &local);
}

void log_line(enum log_level level, const char *format, ...)
{
	char text[LINE_SIZE], line[LINE_SIZE], prefix[48];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	escape_controls(text, line, sizeof(line));
	write_prefix(prefix, sizeof(prefix), level);
	fprintf(stderr, "%s%s: %s%s\n", prefix, program_name, level_name(level), line);
}
