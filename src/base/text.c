#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

/* The bytes of the character that `s`, not empty, begins with; of what is no UTF-8, one. */
static size_t character(struct str s)
{
	size_t n = 1;
	while (n < s.len && n < 4 && ((unsigned char)s.at[n] & 0xc0) == 0x80)
		n++;
	return (unsigned char)s.at[0] < 0xc0 ? 1 : n;
}

void text_put_visible(struct text *text, struct str s)
{
	while (s.len > 0 && !text->broken) {
		size_t n = character(s);
		unsigned char first = (unsigned char)s.at[0];
		unsigned char second = n > 1 ? (unsigned char)s.at[1] : 0;
		char escape[8] = "";
		if (first == '\n')
			memcpy(escape, "\\n", 3);
		else if (first < 0x20 || first == 0x7f)
			snprintf(escape, sizeof(escape), "\\x%02x", first);
		else if (first == 0xc2 && second < 0xa0 && n > 1)
			snprintf(escape, sizeof(escape), "\\u%04x", second);
		text_put(text, escape[0] ? str_of(escape) : (struct str){s.at, n});
		s = (struct str){s.at + n, s.len - n};
	}
}
