/*
 * suggest.h: which word was meant by one that is mistyped.
 */
#ifndef CHAT_SUGGEST_H
#define CHAT_SUGGEST_H

#include <stddef.h>

/* Word number `i` of a `list`, counted from 0; NULL behind the last. */
typedef const char *suggest_word_fn(const void *list, size_t i);

/*
 * The word of the list that `typed` is nearest to, or NULL where none is near: one slip (a letter
 * too many, too few, wrong, or two that changed places) in words of up to three letters, two in
 * longer ones.
 */
const char *suggest(const char *typed, suggest_word_fn *word, const void *list);

/* The same for an option as it was typed: --name or --name=value. `options` ends as getopt_long()
 * wants. */
struct option;
const char *suggest_option(const char *typed, const struct option *options);

#endif
