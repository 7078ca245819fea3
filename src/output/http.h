/*
 * http.h: the parts of HTTP that a responder needs and libfcgi does not have: query strings,
 * entity tags, the head of a response as CGI wants it (RFC 3875).
 */
#ifndef CHAT_HTTP_H
#define CHAT_HTTP_H

#include <stdint.h>

#include "output/json.h"

struct http_request {
	struct str method;	  /* at == NULL: the server gave none */
	struct str path;	  /* after the mount point: "/messages" */
	struct str query;	  /* still encoded, without '?' */
	struct str if_none_match; /* RFC 9110, 13.1.2; at == NULL without one */
};

/* nginx takes heads of up to 4096 bytes. */
enum { HTTP_LINK_MAX = 3400, HTTP_ETAG_SIZE = 20, HTTP_FILE_MAX = 100, HTTP_HEAD_MAX = 4000 };

/* Takes a piece of a body. Returns 0, or -1 where nobody takes it any more. */
typedef int http_write_fn(void *to, struct str piece);

/* A body that is made while it goes out: it has no length, and may break off. */
struct http_stream {
	int (*run)(void *arg, http_write_fn *write, void *to); /* -1: it broke off; NULL: none */
	void (*close)(void *arg); /* called once, by http_response_free(), whether it ran or not */
	void *arg;
};

struct http_response {
	int status;
	const char *content_type; /* NULL: JSON in UTF-8 */
	const char *allow;	  /* NULL: no such header */
	int retry_after;	  /* seconds; 0: no such header */
	bool no_store; /* it is true for this moment only: no cache keeps it, and it has no ETag */
	char file[HTTP_FILE_MAX]; /* to be saved under this name; empty: to be shown */
	char link[HTTP_LINK_MAX];
	char etag[HTTP_ETAG_SIZE]; /* with its quotes; empty: no such header */
	struct text body;	   /* freed by http_response_free() */
	struct http_stream stream; /* in place of a body */
	bool omit_body;		   /* for HEAD and 304: the head alone goes out */
};

void http_response_free(struct http_response *response);

/*
 * Makes the response an error: {"error":{"code","message"}}. `format` never comes from outside;
 * what is longer than 255 bytes is cut.
 */
void http_set_error(struct http_response *response, int status, const char *code,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Makes a response whose body is missing, or broke off for lack of memory, the error 500. */
void http_mend(struct http_response *response);

/*
 * Takes the first parameter off `query` (application/x-www-form-urlencoded): `name` and `value`
 * are still encoded and point into it. Returns false when nothing is left.
 */
bool http_next_param(struct str *query, struct str *name, struct str *value);

/*
 * Decodes `in` into `out`, `size` bytes with the NUL that ends it. Returns the length, or -1 where
 * a %-sequence is broken, gives a NUL, or the result is too long.
 */
int http_decode(struct str in, char *out, size_t size);

/* The most bytes that http_encode() writes for `length` bytes, with the NUL. */
#define HTTP_ENCODED_SIZE(length) (3 * (length) + 1)

/* Encodes `in` as the value of a parameter into `out`, which ends with NUL. */
void http_encode(struct str in, char *out);

/* Sets the entity tag of the body and the links, which are what a page is made of. */
void http_set_etag(struct http_response *response);

/* Whether If-None-Match names `etag`, or is `*` (weak comparison, RFC 9110, 8.8.3.2). */
bool http_etag_matches(struct str if_none_match, const char *etag);

/*
 * Writes the head of the response, with the empty line that ends it. Returns its length. The length
 * that it announces is the body's and a newline's, which makes it pleasant in a terminal.
 */
size_t http_head(const struct http_response *response, char out[HTTP_HEAD_MAX]);

#endif
