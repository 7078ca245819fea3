#include "api/params.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/time.h"
#include "base/utf8.h"

#define VALUE_SIZE (SEARCH_BYTES_MAX + 1)
#define PROBLEM_SIZE 128

enum param_type { TYPE_ROOM, TYPE_NUMBER, TYPE_SINCE, TYPE_FORMAT, TYPE_TEXT };

struct param_def {
	const char *name;
	enum param_type type;
	int64_t min, max; /* of a number */
	const char *code; /* of the error for a bad value */
};

static const struct param_def param_table[PARAM__MAX] = {
    [PARAM_ROOM] = {"room", TYPE_ROOM, 0, 0, "bad_room"},
    [PARAM_LIMIT] = {"limit", TYPE_NUMBER, 1, STORE_PAGE_MAX, "bad_limit"},
    [PARAM_BEFORE] = {"before", TYPE_NUMBER, 0, LIMITS_ID_MAX, "bad_before"},
    [PARAM_AFTER] = {"after", TYPE_NUMBER, 0, LIMITS_ID_MAX, "bad_after"},
    [PARAM_AROUND] = {"around", TYPE_NUMBER, 0, LIMITS_ID_MAX, "bad_around"},
    [PARAM_SINCE] = {"since", TYPE_SINCE, 0, 0, "bad_since"},
    [PARAM_FORMAT] = {"format", TYPE_FORMAT, 0, 0, "bad_format"},
    [PARAM_Q] = {"q", TYPE_TEXT, 0, 0, "bad_query"},
};

struct param_about param_about(enum param which)
{
	const struct param_def *def = &param_table[which];
	return (struct param_about){def->name, def->code, def->min, def->max};
}

/* Returns whether it is right, or says in `problem` what is not. */
static bool read_number(
    const struct param_def *def, const char *text, int64_t *out, char problem[PROBLEM_SIZE])
{
	char *end;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	bool digits = text[0] >= '0' && text[0] <= '9';
	if (digits && !errno && !*end && number >= def->min && number <= def->max) {
		*out = number;
		return true;
	}
	snprintf(problem, PROBLEM_SIZE, "%s must be %lld to %lld", def->name, (long long)def->min,
	    (long long)def->max);
	return false;
}

static bool read_room(const char *text, char out[MESSAGE_ROOM_MAX + 1], char problem[PROBLEM_SIZE])
{
	if (!message_room_valid(str_of(text))) {
		snprintf(problem, PROBLEM_SIZE,
		    "room must be 1 to 64 of a-z 0-9 _ -; those that begin with _ or - are reserved");
		return false;
	}
	memcpy(out, text, strlen(text) + 1);
	return true;
}

static bool read_since(const char *text, int64_t *out, char problem[PROBLEM_SIZE])
{
	if (time_read_since(text, clock_ms(CLOCK_REALTIME), out))
		return true;
	snprintf(problem, PROBLEM_SIZE,
	    "since must be like 30s, 10m, 2h or 3d, or a time like 2026-11-23T17:41:05Z");
	return false;
}

static bool read_format(const char *text, int64_t *out, char problem[PROBLEM_SIZE])
{
	static const char *const names[FORMAT__MAX] = {"ndjson", "csv"};
	for (*out = 0; *out < FORMAT__MAX; (*out)++)
		if (strcmp(text, names[*out]) == 0)
			return true;
	snprintf(problem, PROBLEM_SIZE, "format must be ndjson or csv");
	return false;
}

/* Returns whether it is right, or says in `problem` what is not. */
static bool read_value(
    struct params *out, enum param which, const char *text, char problem[PROBLEM_SIZE])
{
	switch (param_table[which].type) {
	case TYPE_ROOM:
		return read_room(text, out->room, problem);
	case TYPE_SINCE:
		return read_since(text, &out->number[which], problem);
	case TYPE_FORMAT:
		return read_format(text, &out->number[which], problem);
	default:
		return read_number(&param_table[which], text, &out->number[which], problem);
	}
}

static int find_param(const char *name, unsigned taken)
{
	for (int i = 0; i < PARAM__MAX; i++)
		if ((taken & PARAM_BIT(i)) && strcmp(param_table[i].name, name) == 0)
			return i;
	return -1;
}

/* The beginning of a name as the client wrote it, if it can be shown in JSON. */
static struct str showable(struct str name)
{
	if (name.len > 32) {
		name.len = 32;
		while (name.len > 0 && ((unsigned char)name.at[name.len] & 0xc0) == 0x80)
			name.len--;
	}
	return utf8_count(name) < 0 ? str_of("?") : name;
}

/* Reads one parameter into `out`; returns whether it is right, or makes the response an error. */
static bool read_param(struct params *out, unsigned taken, struct str raw_name,
    struct str raw_value, struct http_response *response)
{
	char name[32], value[VALUE_SIZE];
	if (http_decode(raw_name, name, sizeof(name)) < 0 || find_param(name, taken) < 0) {
		struct str shown = showable(raw_name);
		http_set_error(response, 400, "unknown_parameter",
		    "there is no parameter \"%.*s\" here", (int)shown.len, shown.at);
		return false;
	}
	int which = find_param(name, taken);
	const struct param_def *def = &param_table[which];
	if (out->given & PARAM_BIT(which)) {
		http_set_error(
		    response, 400, "repeated_parameter", "%s is given more than once", name);
		return false;
	}
	out->given |= PARAM_BIT(which);
	if (http_decode(raw_value, value, sizeof(value)) < 0) {
		http_set_error(
		    response, 400, def->code, "the value of %s is too long or broken", name);
		return false;
	}
	if (def->type == TYPE_TEXT) {
		memcpy(out->q, value, sizeof(out->q));
		return true;
	}
	char problem[PROBLEM_SIZE];
	bool right = read_value(out, (enum param)which, value, problem);
	if (!right)
		http_set_error(response, 400, def->code, "%s", problem);
	return right;
}

bool params_read(
    struct params *out, unsigned taken, struct str query, struct http_response *response)
{
	struct str name, value;
	*out = (struct params){
	    .room = LIMITS_DEFAULT_ROOM, .number[PARAM_LIMIT] = PARAM_DEFAULT_LIMIT};
	while (http_next_param(&query, &name, &value))
		if (!read_param(out, taken, name, value, response))
			return false;
	return true;
}
