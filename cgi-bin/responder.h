/*
 * responder.h: what every responder does between spawn-fcgi, which hands over the listening socket
 * as standard input, and its own work.
 */
#ifndef CHAT_RESPONDER_H
#define CHAT_RESPONDER_H

#include <fcgiapp.h>

#include "base/settings.h"
#include "output/http.h"

struct responder {
	const char *program, *purpose; /* for --help and the log; purpose is one sentence */
	/* Serves the socket until it is told to end; returns an exit status of sysexits(3). */
	int (*serve)(const struct settings *settings);
};

/*
 * main(): reads the settings, opens the log, and serves. Returns what main() is to return. After a
 * failure it waits a second: multiwatch starts it again at once, and what is wrong does not mend
 * itself that quickly.
 */
int responder_main(const struct responder *responder, int argc, char **argv);

/* The parameter of that name, which the web server set; at == NULL: it did not. */
struct str responder_param(const FCGX_Request *request, const char *name);

/* Writes the head and the body. Returns false where the answer broke off. Frees the response. */
bool responder_write(FCGX_Request *request, struct http_response *response);

#endif
