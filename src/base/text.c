#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_SIZE 4096

void text_free(struct text *text)
{
	free(text->at);
	*text = (struct text){0};
}

/* Makes room for so many bytes more. */
static bool reserve(struct text *text, size_t more)
{
	size_t size = text->size ? text->size : FIRST_SIZE;
	while (size - text->len < more)
		size *= 2;
	if (text->broken || size == text->size)
		return !text->broken;
	char *at = realloc(text->at, size);
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
	char line[512];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	text->broken = text->broken || n < 0 || (size_t)n >= sizeof(line);
	if (!text->broken)
		text_put(text, (struct str){line, (size_t)n});
}
