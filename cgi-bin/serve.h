/*
 * serve.h: how a responder waits for its requests: one process, a few threads, and connections
 * that the web server may keep as long as it likes.
 */
#ifndef CHAT_SERVE_H
#define CHAT_SERVE_H

#include <fcgiapp.h>
#include <stdbool.h>

/* What is served. `own` is a thread's: whatever `open` made for it. */
struct service {
	int threads;
	void *arg;		  /* for `open` */
	void *(*open)(void *arg); /* NULL: out of memory */
	void (*close)(void *own);
	bool (*answer)(void *own, FCGX_Request *request); /* false: the answer broke off */
};

/*
 * Answers the requests that come in on the listening Unix socket, until SIGTERM, SIGINT, SIGHUP,
 * SIGUSR1 or SIGUSR2. Then it accepts no more, finishes those under way, for a few seconds at the
 * most, and returns 0. What waits in the socket's queue is for whoever serves it next. Returns an
 * exit status of sysexits(3), having logged why, where it cannot begin.
 */
int serve(int listener, const struct service *service);

#endif
