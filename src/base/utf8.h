/*
 * utf8.h: what the contract says in code points has to be counted in code points.
 */
#ifndef CHAT_UTF8_H
#define CHAT_UTF8_H

#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"

#define UTF8_INVALID UINT32_MAX

/*
 * Reads the code point at the front of `s`, which is not empty, and takes it off; or gives
 * UTF8_INVALID, and leaves `s` alone.
 */
uint32_t utf8_take(struct str *s);

/*
 * The number of code points in `s`, or -1 where `s` is not UTF-8 as RFC 3629 defines it (overlong
 * forms, surrogates and what lies above U+10FFFF are not).
 */
ssize_t utf8_count(struct str s);

/* The number of code points in `s`, which must be UTF-8. */
size_t utf8_length(struct str s);

/*
 * Whether it is white space, as String.prototype.trim() of ECMAScript has it (TAB VT FF SP NBSP
 * ZWNBSP, category Zs, LF CR LS PS).
 */
bool utf8_is_space(uint32_t point);

/* Whether it is a control of ASCII or of U+0080 to U+009F, or an end of a line. */
bool utf8_is_control(uint32_t point);

/* Whether it is an embedding, override or isolate of the direction of text, or the end of one. */
bool utf8_is_bidi_control(uint32_t point);

/*
 * Whether there is anything to see of `s`, which must be UTF-8: more than white space, controls,
 * the blank of braille, and what Unicode lets be ignored where it cannot be shown.
 */
bool utf8_is_visible(struct str s);

/* Whether `s`, which must be UTF-8, has an embedding, override or isolate of the direction of text.
 */
bool utf8_turns(struct str s);

/*
 * `s`, which must be UTF-8, without white space at both ends, so that the page and the logger agree
 * on a message to the byte. Points into `s`.
 */
struct str utf8_trim(struct str s);

#endif
