/*
 * params.h: the parameters of the API: one table in params.c, from which each route takes some.
 */
#ifndef CHAT_PARAMS_H
#define CHAT_PARAMS_H

#include "chat/limits.h"
#include "output/http.h"

enum param {
	PARAM_ROOM,
	PARAM_LIMIT,
	PARAM_BEFORE,
	PARAM_AFTER,
	PARAM_AROUND,
	PARAM_SINCE,  /* its number: ms since 1970, UTC */
	PARAM_FORMAT, /* its number: one of enum param_format */
	PARAM_Q,
	PARAM__MAX
};

enum param_format { FORMAT_NDJSON, FORMAT_CSV, FORMAT__MAX };

/* A set of parameters is the sum of these. */
#define PARAM_BIT(param) (1u << (param))

enum { PARAM_DEFAULT_LIMIT = 10 };

/* What the table says of a parameter. */
struct param_about {
	const char *name;
	const char *code; /* of the error for a bad value */
	int64_t min, max; /* of a number; 0 where it is none */
};

struct param_about param_about(enum param which);

struct params {
	unsigned given; /* PARAM_BIT() of each that was */
	int64_t number[PARAM__MAX];
	char room[MESSAGE_ROOM_MAX + 1];
	char q[SEARCH_BYTES_MAX + 1];
};

/*
 * Reads `query`, still encoded, which may hold the parameters in the set `taken`, each once. What
 * is not given has its default: room messages, limit 10. Returns whether all is right; otherwise
 * makes the response an error (400) that says what is not.
 */
bool params_read(
    struct params *out, unsigned taken, struct str query, struct http_response *response);

#endif
