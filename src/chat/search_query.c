#include "chat/search_query.h"

#include <stdio.h>

#include "base/text.h"
#include "base/time.h"
#include "base/utf8.h"
#include "chat/fold.h"
#include "chat/words.h"

struct reading {
	struct search_query *query;
	struct str left; /* of what was typed */
	struct str room; /* of in: */
	int terms;
	size_t folded;		      /* bytes of all values, folded */
	struct text wanted, unwanted; /* parts of the expression */
	const char *problem;	      /* NULL as long as all is well */
};

/* What stands in a query between blanks. */
struct term {
	bool negative, prefix;
	struct str value;
};

typedef void take_fn(struct reading *r, const struct term *term);

static void complain(struct reading *r, const char *problem)
{
	if (!r->problem)
		r->problem = problem;
}

/* ---- into the expression ---- */

/*
 * A byte becomes two at most, with a gap beside it or as a doubled quote; and around each term
 * there is a column, NOT and the like.
 */
_Static_assert(SEARCH_MATCH_SIZE / 2 > 2 * SEARCH_BYTES_MAX + 32 * (SEARCH_TERMS_MAX + 1),
    "an expression could be too long");

static void put_quoted(struct text *text, struct str s)
{
	text_puts(text, "\"");
	for (size_t i = 0; i < s.len; i++)
		text_put(text, s.at[i] == '"' ? str_of("\"\"") : (struct str){s.at + i, 1});
	text_puts(text, "\"");
}

/* The value as the index has it; empty, and a problem, where all of them are too long then. */
static struct str fold_value(
    struct reading *r, struct str value, char out[FOLD_SIZE(SEARCH_BYTES_MAX)])
{
	struct str folded = fold(value, out, FOLD_SIZE(SEARCH_BYTES_MAX), NULL);
	r->folded += folded.len;
	if (r->folded <= SEARCH_BYTES_MAX)
		return folded;
	complain(r, "q is too long: at most 1000 bytes, ligatures and the like written out");
	return (struct str){out, 0};
}

/*
 * NOT binds looser than what stands side by side, so what is unwanted goes to the end. Returns
 * false where there is no word in the value; then nothing is added.
 */
static bool add_term(struct reading *r, const char *column, const struct term *term)
{
	char folded[FOLD_SIZE(SEARCH_BYTES_MAX)], split[WORDS_SIZE(SEARCH_BYTES_MAX)];
	struct str value = fold_value(r, term->value, folded);
	if (!words_any(value))
		return false;
	struct text *text = term->negative ? &r->unwanted : &r->wanted;
	if (term->negative)
		text_puts(text, " NOT");
	text_puts(text, " ");
	text_puts(text, column);
	text_puts(text, ":");
	put_quoted(text, words_split(value, split));
	size_t length = words_last(value);
	if (!term->prefix || length == 0)
		return true;
	text_puts(text, "*");
	if (length < SEARCH_PREFIX_MIN)
		complain(r, "a word with * takes at least 3 letters before it");
	return true;
}

/* ---- terms ---- */

static void take_word(struct reading *r, const struct term *term)
{
	if (add_term(r, "text", term))
		r->terms++;
}

static void take_from(struct reading *r, const struct term *term)
{
	r->terms++;
	if (!add_term(r, "nickname", term))
		complain(r, "from: takes a nickname, or from:\"two words\"");
}

static void take_in(struct reading *r, const struct term *term)
{
	r->terms++;
	if (term->negative || term->prefix || !message_room_valid(term->value))
		complain(r,
		    "in: takes a room (1 to 64 of a-z 0-9 _ -; those that begin with _ or - "
		    "are reserved), and no - before it");
	else if (r->room.at && !str_eq(r->room, term->value))
		complain(r, "in: can name one room");
	else
		r->room = term->value;
}

/* Returns false where it is no time. */
static bool read_time(struct reading *r, const struct term *term, int64_t *ts)
{
	r->terms++;
	if (!term->negative && !term->prefix && time_read(term->value, ts))
		return true;
	complain(r, "before: and after: take a date (2026-11-01) or a time with its offset "
		    "(2026-11-01T09:30:00Z), and no - before them");
	return false;
}

static void take_before(struct reading *r, const struct term *term)
{
	int64_t ts;
	if (read_time(r, term, &ts) && ts < r->query->until)
		r->query->until = ts;
}

static void take_after(struct reading *r, const struct term *term)
{
	int64_t ts;
	if (read_time(r, term, &ts) && ts > r->query->since)
		r->query->since = ts;
}

static const struct filter {
	const char *name;
	take_fn *take;
} filters[] = {
    {"from:", take_from},
    {"in:", take_in},
    {"before:", take_before},
    {"after:", take_after},
};

/* ---- reading ---- */

static bool at_space(struct str s)
{
	return utf8_is_space(utf8_take(&s));
}

static void skip(struct str *s, size_t count)
{
	*s = (struct str){s->at + count, s->len - count};
}

/* Takes "what stands in quotes"; false where no quote begins or ends here. */
static bool take_quoted(struct str *left, struct str *out)
{
	const char *end =
	    left->len > 1 && left->at[0] == '"' ? memchr(left->at + 1, '"', left->len - 1) : NULL;
	if (!end)
		return false;
	*out = (struct str){left->at + 1, (size_t)(end - left->at) - 1};
	skip(left, out->len + 2);
	return true;
}

/* Takes what comes before the next blank. */
static struct str take_bare(struct str *left)
{
	struct str word = *left;
	while (left->len > 0 && !at_space(*left))
		utf8_take(left);
	word.len = (size_t)(left->at - word.at);
	return word;
}

static void read_value(struct reading *r, struct term *term)
{
	if (take_quoted(&r->left, &term->value))
		return;
	term->value = take_bare(&r->left);
	while (term->value.len > 1 && term->value.at[term->value.len - 1] == '*') {
		term->value.len--;
		term->prefix = true;
	}
}

/* The filter that begins here and has something behind it; then it is taken. */
static const struct filter *take_filter(struct str *left)
{
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		struct str rest = *left, quoted;
		if (!str_starts(rest, filters[i].name))
			continue;
		skip(&rest, strlen(filters[i].name));
		struct str behind = rest;
		bool empty = rest.len == 0 || at_space(rest) ||
			     (take_quoted(&behind, &quoted) && quoted.len == 0);
		if (empty)
			return NULL;
		*left = rest;
		return &filters[i];
	}
	return NULL;
}

static void read_term(struct reading *r)
{
	struct term term = {0};
	if (r->left.len > 1 && r->left.at[0] == '-') {
		struct str rest = r->left;
		skip(&rest, 1);
		term.negative = !at_space(rest);
	}
	if (term.negative)
		skip(&r->left, 1);
	const struct filter *filter = take_filter(&r->left);
	read_value(r, &term);
	if (filter)
		filter->take(r, &term);
	else
		take_word(r, &term);
	if (r->terms > SEARCH_TERMS_MAX)
		complain(r, "q has too many words: at most 32");
}

static void read_terms(struct reading *r)
{
	while (r->left.len > 0 && !r->problem) {
		if (at_space(r->left))
			utf8_take(&r->left);
		else
			read_term(r);
	}
	if (r->wanted.len == 0 && !r->room.at)
		complain(r, "q has nothing to look for: it takes words, \"phrases\", from: or in:, "
			    "and not only what to leave out");
}

bool search_query_read(struct search_query *out, struct str q, char problem[SEARCH_PROBLEM_SIZE])
{
	/* All that fits in a query fits in these. */
	char wanted[SEARCH_MATCH_SIZE / 2], unwanted[SEARCH_MATCH_SIZE / 2];
	struct reading r = {
	    .query = out, .left = q, .wanted = TEXT_IN(wanted), .unwanted = TEXT_IN(unwanted)};
	*out = (struct search_query){.since = INT64_MIN, .until = INT64_MAX};
	if (q.len > SEARCH_BYTES_MAX)
		complain(&r, "q is too long: at most 1000 bytes");
	else if (utf8_count(q) < 0)
		complain(&r, "q is not UTF-8");
	else
		read_terms(&r);
	snprintf(out->match, sizeof(out->match), "%.*s%.*s", (int)r.wanted.len, r.wanted.at,
	    (int)r.unwanted.len, r.unwanted.at);
	if (r.room.at)
		search_query_narrow(out, r.room);
	snprintf(problem, SEARCH_PROBLEM_SIZE, "%s", r.problem ? r.problem : "");
	return !r.problem;
}

bool search_query_narrow(struct search_query *query, struct str room)
{
	if (query->room[0])
		return str_eq(str_of(query->room), room);
	memcpy(query->room, room.at, room.len);
	query->room[room.len] = '\0';
	char match[SEARCH_MATCH_SIZE], word[WORDS_ROOM_SIZE(MESSAGE_ROOM_MAX)];
	memcpy(match, query->match, sizeof(match));
	snprintf(query->match, sizeof(match), "room:\"%.*s\"%s", (int)words_room(room, word).len,
	    word, match);
	return true;
}
