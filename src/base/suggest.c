#include "base/suggest.h"

#include <getopt.h>
#include <string.h>

enum { WORD_MAX = 40 };

static int least_of(int a, int b)
{
	return a < b ? a : b;
}

/* How many slips lead from one word to the other, both at most WORD_MAX long. */
static int slips(const char *a, size_t a_length, const char *b)
{
	size_t b_length = strlen(b);
	int rows[3][WORD_MAX + 1]; /* of the letters of `a` before: [i % 3] */
	for (size_t i = 0; i <= a_length; i++) {
		int *now = rows[i % 3], *last = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];
		now[0] = (int)i;
		for (size_t j = 1; j <= b_length; j++) {
			if (i == 0) {
				now[j] = (int)j;
				continue;
			}
			now[j] = least_of(least_of(last[j], now[j - 1]) + 1,
			    last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least_of(now[j], older[j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

static const char *nearest(
    const char *typed, size_t length, suggest_word_fn *word, const void *list)
{
	const char *found = NULL, *candidate;
	int fewest = length < 4 ? 2 : 3;
	for (size_t i = 0; length <= WORD_MAX && (candidate = word(list, i)); i++) {
		int count =
		    strlen(candidate) <= WORD_MAX ? slips(typed, length, candidate) : fewest;
		if (count < fewest) {
			fewest = count;
			found = candidate;
		}
	}
	return found;
}

const char *suggest(const char *typed, suggest_word_fn *word, const void *list)
{
	return nearest(typed, strlen(typed), word, list);
}

static const char *option_name(const void *options, size_t i)
{
	return ((const struct option *)options)[i].name;
}

const char *suggest_option(const char *typed, const struct option *options)
{
	if (strncmp(typed, "--", 2) != 0)
		return NULL;
	return nearest(typed + 2, strcspn(typed + 2, "="), option_name, options);
}
