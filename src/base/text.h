/*
 * text.h: bytes that are put together piece by piece, in memory that grows or in a buffer of a
 * fixed size.
 */
#ifndef CHAT_TEXT_H
#define CHAT_TEXT_H

#include <stdint.h>

#include "base/str.h"

/* What ends the noun behind a number: 0 messages, 1 message, 2 messages. */
static inline const char *text_plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

/* All zero: empty, and it grows. Once a piece had no room it is `broken` and takes no more. */
struct text {
	char *at;
	size_t len, size;
	bool fixed; /* `at` belongs to somebody else, and does not grow */
	bool broken;
};

/* An empty text in an array of char. It is not ended with NUL. */
#define TEXT_IN(array) ((struct text){.at = (array), .size = sizeof(array), .fixed = true})

/* A text that is `s`, which it is lent: it takes nothing more. */
static inline struct text text_lent(struct str s)
{
	return (struct text){.at = (char *)s.at, .len = s.len, .size = s.len, .fixed = true};
}

/* Frees what is its own; the text is empty then. */
void text_free(struct text *text);

/* Puts the piece behind what is there: all of it, or nothing where there is no room. */
void text_put(struct text *text, struct str piece);

/* The same for a string that ends with NUL. */
static inline void text_puts(struct text *text, const char *piece)
{
	text_put(text, str_of(piece));
}

void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Puts text that somebody else wrote so that it does nothing to a terminal or a log: control
 * characters, those of ASCII and U+0080 to U+009F, ends of lines, and what turns the direction of
 * text become \n, \x1b, \u009b or \u202e. Where a fixed text
 * ends, a character or an escape is put whole or not at all.
 */
void text_put_visible(struct text *text, struct str s);

/* The bytes so far, until the next call. */
static inline struct str text_str(const struct text *text)
{
	return (struct str){text->at, text->len};
}

#endif
