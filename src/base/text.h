/*
 * text.h: bytes that grow.
 */
#ifndef CHAT_TEXT_H
#define CHAT_TEXT_H

#include "base/str.h"

/* All zero: empty. Once memory ran out it is `broken` and takes no more. */
struct text {
	char *at;
	size_t len, size;
	bool broken;
};

/* Frees the bytes; the text is empty then. */
void text_free(struct text *text);

void text_put(struct text *text, struct str piece);

void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The bytes so far, until the next call. */
static inline struct str text_str(const struct text *text)
{
	return (struct str){text->at, text->len};
}

#endif
