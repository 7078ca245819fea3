/*
 * snippet.h: the part of a text that a search shows, with what matched in it.
 *
 * FTS5 knows the text as it is indexed, folded and split, and marks what matches there. People get
 * to see what was said: the same places in the original.
 */
#ifndef CHAT_SNIPPET_H
#define CHAT_SNIPPET_H

#include "base/str.h"

enum {
	SNIPPET_WORDS = 32,
	SNIPPET_TEXT_MAX = 16000, /* bytes of a text, and of what it becomes when it is folded */
	SNIPPET_SIZE = SNIPPET_TEXT_MAX + 128,
};

/*
 * Writes a part of `text` to `out`, which has SNIPPET_SIZE bytes, and returns it: the SNIPPET_WORDS
 * words with the most matches, with … where something is left out, and with what matched
 * between WORDS_BEGIN and WORDS_END. Bytes that are not UTF-8 and the characters of words.h become
 * spaces, so that the marks are ours alone.
 *
 * `marked` is `text` after fold(), which has SNIPPET_TEXT_MAX bytes for it, and words_split(), with
 * the same marks around what matched.
 */
struct str snippet_make(struct str text, struct str marked, char *out);

#endif
