/*
 * search_query.h: what a person looks for, as FTS5 wants it and as filters.
 *
 *     door "front door" door* -cat -"big cat"   all of them in the text, or not in it
 *     from:ann from:"Ann Lee" -from:bob         in the nickname
 *     in:lab                                    the room
 *     after:2026-11-01 before:2026-11-02        times: see rfc3339.h
 *
 * Each word is quoted for FTS5, so that it finds nothing to refuse: AND, NEAR( or ;-- are words
 * like others. It is folded as what was said is (fold.h). A quote without its partner, and an
 * operator with nothing behind it, are plain text.
 */
#ifndef CHAT_SEARCH_QUERY_H
#define CHAT_SEARCH_QUERY_H

#include <stdint.h>

#include "chat/message.h"

enum {
	SEARCH_BYTES_MAX = 1000, /* of a query, and of all that it looks for, folded */
	SEARCH_TERMS_MAX = 16,	 /* words and operators in it; those of a phrase count as well */
	SEARCH_PREFIX_MIN =
	    3, /* letters before a *, folded, as the index in schema.sql is made for */
	SEARCH_MATCH_SIZE = 8192,
	SEARCH_PROBLEM_SIZE = 160,
};

struct search_query {
	char match[SEARCH_MATCH_SIZE];	 /* the right side of FTS5's MATCH */
	char room[MESSAGE_ROOM_MAX + 1]; /* exactly this one; empty: any */
	int64_t since;			 /* ts >= since, ms since 1970, UTC */
	int64_t until;			 /* ts < until */
};

/*
 * Reads `q`, as it was typed, into `out`. Returns true, or false with one line in `problem` on what
 * is wrong with it and what it takes.
 */
bool search_query_read(struct search_query *out, struct str q, char problem[SEARCH_PROBLEM_SIZE]);

/*
 * Narrows the query to a room, which has a valid name. Returns false where it is narrowed to
 * another one already.
 */
bool search_query_narrow(struct search_query *query, struct str room);

#endif
