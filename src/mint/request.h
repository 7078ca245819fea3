/*
 * request.h: what comes in, and what HTTP says against it. Only a page of this site may ask: a form
 * or a script of another site would come with its visitor's cookies and passwords.
 */
#ifndef CHAT_MINT_REQUEST_H
#define CHAT_MINT_REQUEST_H

#include "chat/message.h"
#include "output/http.h"

enum { MINT_BODY_MAX = 1024 }; /* bytes */

/* at == NULL: the web server gave none. */
struct mint_request {
	struct str method;
	struct str path;	 /* after the mount point: "/token" */
	struct str content_type; /* RFC 9110, 8.3 */
	struct str origin;	 /* RFC 6454 */
	struct str fetch_site;	 /* Sec-Fetch-Site of Fetch Metadata */
	struct str
	    site_origin;    /* what the origin of a page of this site is: scheme://host[:port] */
	struct str address; /* the client's */
	struct str user;    /* whom the site's web server has let in; empty: nobody */
	struct str body;    /* MINT_BODY_MAX bytes, and one more where it is longer */
};

/*
 * Whether a page of this site, or a program, asks for a token in the way it has to: POST, a body of
 * JSON that is not too long. Otherwise makes the response an error.
 */
bool mint_request_allowed(const struct mint_request *request, struct http_response *response);

/*
 * Reads the body, which has to be a JSON object. *nickname is a copy in `out` of its member of that
 * name, trimmed and valid as a message's has to be. Where `needed` is false the member is not
 * looked at, and `out` is empty. Returns whether all is right, or makes the response an error.
 */
bool mint_request_nickname(const struct mint_request *request, bool needed,
    char out[4 * MESSAGE_NICKNAME_MAX + 1], struct http_response *response);

#endif
