#include "chat/snippet.h"

#include <stdint.h>

#include "base/text.h"
#include "base/utf8.h"
#include "chat/fold.h"
#include "chat/words.h"

struct snippet {
	struct str text, folded;
	char bytes[SNIPPET_TEXT_MAX]; /* of `folded` */
	uint16_t origin[SNIPPET_TEXT_MAX + 1];
	bool matched[SNIPPET_TEXT_MAX]; /* for each byte of `folded` */
};

/* In words, until it is a part of `folded`, in bytes. */
struct window {
	size_t begin, end;
	bool before, behind; /* there is more */
};

static void read_marks(struct snippet *snippet, struct str marked)
{
	bool inside = false;
	size_t at = 0;
	for (size_t i = 0; i < marked.len && at < snippet->folded.len; i++) {
		char c = marked.at[i];
		if (c == WORDS_BEGIN || c == WORDS_END)
			inside = c == WORDS_BEGIN;
		else if (c != WORDS_GAP)
			snippet->matched[at++] = inside;
	}
	while (at < snippet->folded.len)
		snippet->matched[at++] = false;
}

/* Which words: those with the most matches, with as many words before as behind them. */
static struct window choose(const struct snippet *snippet)
{
	bool last[SNIPPET_WORDS] = {false};
	size_t total = 0, matches = 0, most = 0, begin = 0;
	struct str left = snippet->folded, word;
	while ((word = words_take(&left)).len > 0) {
		size_t place = total++ % SNIPPET_WORDS;
		matches -= last[place];
		last[place] = snippet->matched[word.at - snippet->folded.at];
		matches += last[place];
		if (matches <= most)
			continue;
		most = matches;
		begin = 0;
		if (total <= SNIPPET_WORDS)
			continue;
		size_t free = 0;
		while (!last[(total + free) % SNIPPET_WORDS])
			free++;
		begin = total - SNIPPET_WORDS + free / 2;
	}
	if (begin + SNIPPET_WORDS > total)
		begin = total > SNIPPET_WORDS ? total - SNIPPET_WORDS : 0;
	return (struct window){
	    begin, begin + SNIPPET_WORDS, begin > 0, begin + SNIPPET_WORDS < total};
}

static void to_bytes(const struct snippet *snippet, struct window *window)
{
	struct window bytes = {.end = snippet->folded.len};
	struct str left = snippet->folded, word;
	for (size_t i = 0; i < window->end && (word = words_take(&left)).len > 0; i++) {
		if (window->before && i == window->begin)
			bytes.begin = (size_t)(word.at - snippet->folded.at);
		if (window->behind)
			bytes.end = (size_t)(word.at - snippet->folded.at) + word.len;
	}
	window->begin = bytes.begin;
	window->end = bytes.end;
}

/* Where in the text the character ends that the byte of `folded` before `end` comes from. */
static size_t original_end(const struct snippet *snippet, size_t end)
{
	size_t at = end;
	if (end == 0)
		return snippet->origin[0];
	while (at < snippet->folded.len && snippet->origin[at] == snippet->origin[end - 1])
		at++;
	return snippet->origin[at];
}

/* Puts the text up to `to`, from *at on. */
static void put_part(const struct snippet *snippet, struct text *out, size_t *at, size_t to)
{
	struct str left = {snippet->text.at + *at, to > *at ? to - *at : 0};
	while (left.len > 0) {
		struct str rest = left;
		uint32_t point = utf8_take(&rest);
		size_t taken = point == UTF8_INVALID ? 1 : left.len - rest.len;
		bool ours = point == UTF8_INVALID || point <= WORDS_END;
		text_put(out, ours ? str_of(" ") : (struct str){left.at, taken});
		left = (struct str){left.at + taken, left.len - taken};
	}
	if (to > *at)
		*at = to;
}

static void put_window(const struct snippet *snippet, const struct window *window, struct text *out)
{
	size_t at = window->before ? snippet->origin[window->begin] : 0;
	for (size_t i = window->begin; i < window->end; i++) {
		size_t end = i;
		while (end < window->end && snippet->matched[end])
			end++;
		if (end == i || original_end(snippet, end) <= at)
			continue;
		put_part(snippet, out, &at, snippet->origin[i]);
		text_put(out, (struct str){(const char[]){WORDS_BEGIN}, 1});
		put_part(snippet, out, &at, original_end(snippet, end));
		text_put(out, (struct str){(const char[]){WORDS_END}, 1});
		i = end;
	}
	put_part(snippet, out, &at,
	    window->behind ? original_end(snippet, window->end) : snippet->text.len);
}

struct str snippet_make(struct str text, struct str marked, char *out)
{
	struct snippet snippet;
	struct text part = {.at = out, .size = SNIPPET_SIZE, .fixed = true};
	snippet.text =
	    (struct str){text.at, text.len < SNIPPET_TEXT_MAX ? text.len : SNIPPET_TEXT_MAX};
	snippet.folded = fold(snippet.text, snippet.bytes, sizeof(snippet.bytes), snippet.origin);
	read_marks(&snippet, marked);
	struct window window = choose(&snippet);
	to_bytes(&snippet, &window);
	text_puts(&part, window.before ? "…" : "");
	put_window(&snippet, &window, &part);
	text_puts(&part, window.behind ? "…" : "");
	return text_str(&part);
}
