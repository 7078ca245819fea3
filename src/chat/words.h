/*
 * words.h: where words begin and end in what is said, for the index of the search.
 *
 * SQLite's tokenizer takes what stands between blanks and punctuation as a word. Chinese, Japanese,
 * Korean, Thai and their neighbours write without blanks, and nobody puts any around an emoji. So
 * there each character becomes a word of its own: text is stored in the index, and looked for,
 * with a separator between them, and a phrase of single characters finds it from one on.
 */
#ifndef CHAT_WORDS_H
#define CHAT_WORDS_H

#include "base/str.h"

/* The characters that are ours in a text that was split. */
#define WORDS_GAP '\1'	 /* between words that stood together */
#define WORDS_BEGIN '\2' /* around what is to be highlighted */
#define WORDS_END '\3'

/* The most bytes that words_split() makes of `length` bytes. */
#define WORDS_SIZE(length) (2 * (length))

/*
 * Writes `s`, split, to `out`, which has WORDS_SIZE(s.len) bytes, and returns it. Without the gaps
 * it is `s` again, but for NUL and the three characters above: in `s` they become
 * spaces, as do bytes that are not UTF-8.
 */
struct str words_split(struct str s, char *out);

/* The most bytes that words_room() makes of `length` bytes. */
#define WORDS_ROOM_SIZE(length) (3 * (length))

/*
 * Writes the name of a room as one word to `out`, which has WORDS_ROOM_SIZE(room.len) bytes, and
 * returns it: - and _ become U+E02D and U+E05F, which stand for nothing else and are letters to the
 * index. So a room is found exactly, and lab-2 is not looked through for lab.
 */
struct str words_room(struct str room, char *out);

/* Whether there may be a word in `s`: something other than blanks and punctuation. */
bool words_any(struct str s);

/* Takes the next word off `s`, with what stands before it. Returns the word; empty: no more. */
struct str words_take(struct str *s);

/*
 * How many characters the last word of `s` has; 0 where it is one of those that are words of their
 * own, which begin no longer one.
 */
size_t words_last(struct str s);

#endif
