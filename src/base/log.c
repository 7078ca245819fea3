#include "base/log.h"

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

/* Control characters are those of ASCII and U+0080 to U+009F. A character is cut whole. */
static void escape_controls(const char *in, char *out, size_t size)
{
	size_t n = 0;
	for (; *in && n + 1 < size; in++) {
		unsigned char c = (unsigned char)*in, next = (unsigned char)in[1];
		if (n + 7 > size && (c & 0xc0) != 0x80)
			break;
		if (c < 0x20 || c == 0x7f)
			n += (size_t)snprintf(out + n, size - n, "\\x%02x", c);
		else if (c == 0xc2 && next >= 0x80 && next < 0xa0)
			n += (size_t)snprintf(out + n, size - n, "\\u%04x", (unsigned char)*++in);
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
	write_prefix(prefix, sizeof(prefix), level);
	int start = snprintf(line, 200, "%s%.100s: %s", prefix, program_name, level_name(level));
	escape_controls(text, line + start, sizeof(line) - (size_t)start);
	fprintf(stderr, "%s\n", line);
}
