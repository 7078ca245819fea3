/*
 * str.h: bytes with a length. Whatever comes from outside is one of these until it has been
 * checked.
 */
#ifndef CHAT_STR_H
#define CHAT_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* `at` is not NUL-terminated unless its owner says so; `at == NULL` means absent, not empty. */
struct str {
	const char *at;
	size_t len;
};

static inline struct str str_of(const char *s)
{
	return (struct str){s, s ? strlen(s) : 0};
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool str_starts(struct str s, const char *with)
{
	size_t len = strlen(with);
	return s.len >= len && memcmp(s.at, with, len) == 0;
}

#endif
