/*
 * utf8.h: what the contract says in code points has to be counted in code points.
 */
#ifndef CHAT_UTF8_H
#define CHAT_UTF8_H

#include <sys/types.h>

#include "str.h"

/*
 * The number of code points in `s`, or -1 where `s` is not UTF-8 as RFC 3629 defines it (overlong
 * forms, surrogates and what lies above U+10FFFF are not).
 */
ssize_t utf8_count(struct str s);

/*
 * `s`, which must be UTF-8, without white space at both ends: what String.prototype.trim() of
 * ECMAScript takes away (TAB VT FF SP NBSP ZWNBSP, category Zs, LF CR LS PS), so that the page and
 * the logger agree on a message to the byte. Points into `s`.
 */
struct str utf8_trim(struct str s);

#endif
