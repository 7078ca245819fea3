#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

#define FIRST_SIZE 4096

void text_free(struct text *text)
{
	if (!text->fixed)
		free(text->at);
	*text = (struct text){0};
}

/* Makes room for so many bytes more. */
static bool reserve(struct text *text, size_t more)
{
	size_t size = text->size ? text->size : FIRST_SIZE;
	if (text->broken || more <= text->size - text->len)
		return !text->broken;
	text->broken = text->fixed;
	while (!text->broken && size - text->len < more)
		size *= 2;
	char *at = text->broken ? NULL : realloc(text->at, size);
	text->broken = !at;
	if (!at)
		return false;
	text->at = at;
	text->size = size;
	return true;
}

void text_put(struct text *text, struct str piece)
{
	if (piece.len == 0 || !reserve(text, piece.len))
		return;
	memcpy(text->at + text->len, piece.at, piece.len);
	text->len += piece.len;
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	text->broken = text->broken || n < 0;
	/* The NUL of vsnprintf() takes a byte as well. */
	if (n > 0 && reserve(text, (size_t)n + 1)) {
		vsnprintf(text->at + text->len, (size_t)n + 1, format, again);
		text->len += (size_t)n;
	}
	va_end(again);
	va_end(args);
}

void text_put_visible(struct text *text, struct str s)
{
	while (s.len > 0 && !text->broken) {
		struct str rest = s;
		uint32_t point = utf8_take(&rest);
		size_t n = point == UTF8_INVALID ? 1 : s.len - rest.len;
		char escape[8] = "";
		if (point == '\n')
			memcpy(escape, "\\n", 3);
		else if (point < 0x20 || point == 0x7f)
			snprintf(escape, sizeof(escape), "\\x%02x", (unsigned)point);
		else if (utf8_is_control(point) || utf8_is_bidi_control(point))
			snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)point);
		text_put(text, escape[0] ? str_of(escape) : (struct str){s.at, n});
		s = (struct str){s.at + n, s.len - n};
	}
}
