/*
 * json_check.h: what is JSON is what RFC 8259 says, and not what a parser happens to take:
 * comments, 'x', NaN, 01. A browser reads the same bytes with JSON.parse(), and both have to agree.
 */
#ifndef CHAT_JSON_CHECK_H
#define CHAT_JSON_CHECK_H

#include "base/str.h"

enum {
	JSON_LEVELS = 32,	/* values inside each other, the outermost being the first */
	JSON_LEVELS_MAX = 4096, /* that are looked into */
};

enum json_kind {
	JSON_NOT,  /* not JSON */
	JSON_GOOD, /* JSON */
	JSON_NUL,  /* JSON with the escape \u0000 in a string or a name, which json-c cuts there */
	JSON_DEEP, /* JSON of more than JSON_LEVELS levels, or anything of over JSON_LEVELS_MAX */
};

/*
 * What `s` is, the whole of it: by the grammar of RFC 8259 one value of any type, with white space
 * around it or none. Whether it is UTF-8 the caller finds out: in strings any byte from 0x80
 * passes.
 */
enum json_kind json_check(struct str s);

#endif
