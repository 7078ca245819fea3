/*
 * fold.h: what the search takes for the same is made the same: case, accents, normal forms, width.
 *
 * Whatever goes into the index, comes out of it, or is looked for goes through here, and after it
 * through words_split(). In this order:
 *
 * - Each character is decomposed, compatibility forms as well (ﬁ, Ａ, ² and ﻼ become fi, A, 2 and
 *   لا), its case is folded, and what nobody sees goes (soft hyphen, ZWJ, variation selectors).
 * - Marks that do not make another letter go: accents, Hebrew and Arabic vowels, the tatweel.
 * Vowels of Thai and Indic scripts and the voiced mark of Kana stay, which is why this goes by
 * combining classes and not by the category.
 * - æ œ ø đ ð ħ ı ł ŧ, which have no decomposition, become what people type for them.
 * - What is left is put together again (NFC): か and its mark are が, Jamo are syllables.
 * - An emoji stays itself, also one that has a compatibility form (™ is not tm). Those that are
 *   punctuation or mathematics to Unicode, as ‼ ⁉ ↔, become letters for private use, U+E0xx with
 * the last byte of their own number, since the tokenizer leaves out the others.
 *
 * Folded once more it is what it was.
 */
#ifndef CHAT_FOLD_H
#define CHAT_FOLD_H

#include <stdint.h>

#include "base/str.h"

/* The most bytes that fold() makes of `length` bytes: U+FDFA has 3 and becomes 33. */
#define FOLD_SIZE(length) ((size_t)11 * (length))

/*
 * Writes `s`, folded, to `out`, which has `size` bytes, and returns it. With less than
 * FOLD_SIZE(s.len) bytes it may end before `s` does, after a whole character. A byte that is not
 * UTF-8 becomes a space.
 *
 * `origin`, if not NULL, has `size` + 1 numbers, and `s` at most 65535 bytes then. Each byte of
 * `out` gets the place in `s` where the character begins that it comes from; these never go down.
 * After the last one comes the place up to which `s` was folded.
 */
struct str fold(struct str s, char *out, size_t size, uint16_t *origin);

/* The version of Unicode that it folds by. */
const char *fold_version(void);

#endif
