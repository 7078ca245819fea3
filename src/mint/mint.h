/*
 * mint.h: says who somebody is: a request for a token in, a token or the reason against it out.
 * Nothing here knows how a request came in.
 *
 *   POST /token {"nickname"?}
 *     200 {"mode","user","nickname","role","clientId","presenceId","token","connectBy","until"}
 *
 * `user`, `clientId` and `presenceId` are the token's sub, cid and pid, the times RFC 3339: until
 * when the token connects, and when the connection ends. An error is {"error":{"code","message"}}:
 *
 *   400 bad_json, bad_nickname    401 not_signed_in (site: the web server names nobody)
 *   403 bad_origin (not this site's page), bad_user (site: a name that cannot be used),
 *       banned, with {"until","reason"} besides, where null is for ever
 *   404 not_found                 405 method_not_allowed     413 body_too_large
 *   415 bad_media_type            429 too_many               500 out_of_memory, cannot_sign
 *
 * No answer may be stored by a cache.
 */
#ifndef CHAT_MINT_H
#define CHAT_MINT_H

#include "base/settings.h"
#include "mint/request.h"

enum {
	MINT_CONNECT_S = 60,	  /* from when it is signed on a token connects for so long */
	MINT_GUEST_S = 12 * 3600, /* and the connection ends then, of a guest */
	MINT_SITE_S = 3600,	  /* and of the site's user, whom the site may shut out */
	MINT_BURST = 20,	  /* tokens at once, an address of guests or a user of the site */
	MINT_EACH_S = 3,	  /* and then one in so many seconds */
	MINT_USER_MAX = 63,	  /* bytes of a name of the site's */
	MINT_ERROR_SIZE = 512,
};

struct mint;

/*
 * Loads the private key and the list of bans that the settings name, which are only lent. In mode
 * open neither is looked at, and every path is none. NULL with one line in `error`, which says what
 * to do. Whoever calls frees it with mint_close().
 */
struct mint *mint_open(const struct settings *settings, char error[MINT_ERROR_SIZE]);

/* Frees it; NULL is allowed. */
void mint_close(struct mint *mint);

/*
 * Answers one request, in any thread. Always fills `response`; the caller calls
 * http_response_free().
 */
void mint_answer(
    struct mint *mint, const struct mint_request *request, struct http_response *response);

#endif
