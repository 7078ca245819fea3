#include "base/json_check.h"

#include <ctype.h>

struct reader {
	const char *at, *end;
	bool value_due;	      /* a value has to come next */
	size_t open, deepest; /* objects and arrays that are open; the level of the deepest value */
	bool nul;
	char closing[JSON_LEVELS_MAX]; /* the bracket that ends each of those */
};

static bool take(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static void skip_space(struct reader *r)
{
	while (take(r, ' ') || take(r, '\n') || take(r, '\r') || take(r, '\t'))
		;
}

static bool take_word(struct reader *r, const char *word)
{
	size_t length = strlen(word);
	if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0)
		return false;
	r->at += length;
	return true;
}

static bool take_digits(struct reader *r)
{
	const char *first = r->at;
	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > first;
}

static bool take_number(struct reader *r)
{
	take(r, '-');
	if (!take(r, '0') && !take_digits(r))
		return false;
	if (take(r, '.') && !take_digits(r))
		return false;
	if (!take(r, 'e') && !take(r, 'E'))
		return true;
	if (!take(r, '+'))
		take(r, '-');
	return take_digits(r);
}

/* What stands behind a backslash. */
static bool take_escape(struct reader *r)
{
	if (!take(r, 'u'))
		return r->at < r->end && *r->at && strchr("\"\\/bfnrt", *r->at++);
	if (r->end - r->at < 4)
		return false;
	for (int i = 0; i < 4; i++)
		if (!isxdigit((unsigned char)r->at[i]))
			return false;
	r->nul |= memcmp(r->at, "0000", 4) == 0;
	return true; /* the digits are characters of the string like others */
}

static bool take_string(struct reader *r)
{
	if (!take(r, '"'))
		return false;
	while (r->at < r->end && (unsigned char)*r->at >= 0x20) {
		char c = *r->at++;
		if (c == '"')
			return true;
		if (c == '\\' && !take_escape(r))
			return false;
	}
	return false;
}

/* A member's name and the colon behind it. */
static bool take_name(struct reader *r)
{
	skip_space(r);
	if (!take_string(r))
		return false;
	skip_space(r);
	return take(r, ':');
}

static bool take_scalar(struct reader *r)
{
	switch (r->at < r->end ? *r->at : '\0') {
	case '"':
		return take_string(r);
	case 't':
		return take_word(r, "true");
	case 'f':
		return take_word(r, "false");
	case 'n':
		return take_word(r, "null");
	default:
		return take_number(r);
	}
}

/* Takes a value; of an object or an array what stands before the first value in it. */
static bool begin_value(struct reader *r)
{
	if (r->open >= r->deepest)
		r->deepest = r->open + 1;
	if (r->open == JSON_LEVELS_MAX)
		return false;
	skip_space(r);
	bool object = take(r, '{');
	r->value_due = object || take(r, '[');
	if (!r->value_due)
		return take_scalar(r);
	char closing = object ? '}' : ']';
	r->closing[r->open++] = closing;
	skip_space(r);
	r->value_due = r->at == r->end || *r->at != closing;
	return !r->value_due || !object || take_name(r);
}

/* Takes what stands behind a value, or in an empty object or array. */
static bool go_on(struct reader *r)
{
	char closing = r->closing[r->open - 1];
	skip_space(r);
	if (take(r, closing)) {
		r->open--;
		return true;
	}
	r->value_due = true;
	return take(r, ',') && (closing == ']' || take_name(r));
}

static bool take_all(struct reader *r)
{
	while (r->value_due || r->open > 0)
		if (!(r->value_due ? begin_value(r) : go_on(r)))
			return false;
	skip_space(r);
	return r->at == r->end;
}

enum json_kind json_check(struct str s)
{
	struct reader r;
	r.at = s.at;
	r.end = s.at + s.len;
	r.value_due = true;
	r.open = r.deepest = 0;
	r.nul = false;
	if (!take_all(&r) && r.deepest <= JSON_LEVELS_MAX)
		return JSON_NOT;
	if (r.deepest > JSON_LEVELS)
		return JSON_DEEP;
	return r.nul ? JSON_NUL : JSON_GOOD;
}
