/*
 * person.h: whom a token is for, in each mode.
 */
#ifndef CHAT_MINT_PERSON_H
#define CHAT_MINT_PERSON_H

#include "auth/token.h"
#include "base/settings.h"
#include "mint/request.h"

/*
 * Fills in what a token says of the person: sub, nick, role and, in seconds from now, until.
 * A guest is a new one with each request and has the nickname that the body says. The site's user
 * is whom its web server names, in role user. Returns whether there is such a person, or makes the
 * response an error.
 */
bool person_read(enum identity identity, const struct mint_request *request, struct token *out,
    struct http_response *response);

/*
 * Writes `prefix`, and behind it 16 characters of [A-Za-z0-9_-] that nobody can guess (96 bits),
 * with a NUL into `out`. False where the system has no random bytes.
 */
bool person_random(const char *prefix, char *out, size_t size);

#endif
