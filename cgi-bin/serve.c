/*
 * serve.c: all threads wait in one epoll for the listening socket and for connections that are
 * idle; whoever gets an event accepts, or answers one request and lets go of the connection again.
 * So an idle connection costs a descriptor and no thread.
 *
 * libfcgi would rather do this itself: its FCGX_Accept_r() waits for the next request on the
 * connection of the last. It is given each connection when there is something to read on it, has it
 * taken away after the answer, and a listening socket that is none, so that it never accepts.
 */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define READ_SECONDS 5	 /* for the rest of a request that has begun */
#define WRITE_SECONDS 60 /* for a reader that takes nothing: nginx gives up by then */
#define END_SECONDS 5	 /* for the requests that are under way when it ends */
#define QUIET_MS 250	 /* without a request, when it ends: none is on its way */
#define NO_ROOM_MS 20	 /* until it looks again for a free descriptor */
#define WAKE SIGALRM	 /* ends a thread's wait */

struct server {
	const struct service *service;
	int listener, epoll;
	atomic_bool ending;
	sigset_t waiting; /* the signals that are blocked in a thread that waits */
};

struct thread {
	struct server *server;
	void *own;
	pthread_t id;
};

static void watch(const struct server *server, int fd, int op)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.fd = fd};
	if (epoll_ctl(server->epoll, op, fd, &event) != 0 && fd != server->listener)
		close(fd);
}

static void limit_waits(int fd)
{
	const struct timeval in = {READ_SECONDS, 0}, out = {WRITE_SECONDS, 0};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &in, sizeof(in));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &out, sizeof(out));
}

static void accept_all(const struct server *server)
{
	int fd;
	while ((fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		limit_waits(fd);
		watch(server, fd, EPOLL_CTL_ADD);
	}
	if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		nanosleep(&(struct timespec){0, NO_ROOM_MS * 1000000L}, NULL);
	watch(server, server->listener, EPOLL_CTL_MOD);
}

static void answer_one(const struct thread *thread, FCGX_Request *request, int fd)
{
	const struct server *server = thread->server;
	request->ipcFd = fd;
	request->keepConnection = 1;
	if (FCGX_Accept_r(request) != 0)
		return; /* it was closed, by the web server or as broken */
	bool whole = server->service->answer(thread->own, request);
	/* What it left of a body would be taken for the next request. */
	if (FCGX_GetChar(request->in) != EOF || server->ending)
		request->keepConnection = 0;
	/* Closed without an end of the request, the web server lets its client see the break. */
	if (whole)
		FCGX_Finish_r(request);
	else
		FCGX_Free(request, 1);
	if (request->ipcFd >= 0)
		watch(server, request->ipcFd, EPOLL_CTL_MOD);
	request->ipcFd = -1;
}

/*
 * Where the server ends, what comes in on connections that are open is answered still, and each is
 * closed with its answer, so that the web server uses it no more. When nothing has come for a
 * moment, nothing is on its way.
 */
static void *serve_requests(void *arg)
{
	const struct thread *thread = arg;
	const struct server *server = thread->server;
	FCGX_Request request;
	struct epoll_event event;
	FCGX_InitRequest(&request, -1, 0);
	for (;;) {
		bool ending = server->ending;
		int count =
		    epoll_pwait(server->epoll, &event, 1, ending ? QUIET_MS : -1, &server->waiting);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 1)
			return NULL;
		if (event.data.fd != server->listener)
			answer_one(thread, &request, event.data.fd);
		else if (!ending)
			accept_all(server);
	}
}

static void on_wake(int number)
{
	(void)number;
}

/*
 * All signals wait for end_on_signal(), in this thread and in those to come; one lets go of a
 * thread's wait, and of nothing else. libfcgi's handler for SIGPIPE is all that it is to install.
 */
static void take_signals(struct server *server, sigset_t *ending)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
	struct sigaction action = {.sa_handler = on_wake};
	sigset_t blocked;
	sigemptyset(ending);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(ending, numbers[i]);
	blocked = *ending;
	sigaddset(&blocked, WAKE);
	server->waiting = *ending;
	sigemptyset(&action.sa_mask);
	sigaction(WAKE, &action, NULL);
	pthread_sigmask(SIG_BLOCK, &blocked, NULL);
}

static void end_threads(struct thread *threads, int count)
{
	struct timespec end;
	int late = 0;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += END_SECONDS;
	threads[0].server->ending = true;
	for (int i = 0; i < count; i++)
		pthread_kill(threads[i].id, WAKE);
	for (int i = 0; i < count; i++)
		if (pthread_timedjoin_np(threads[i].id, NULL, &end) == 0)
			threads[0].server->service->close(threads[i].own);
		else
			late++;
	if (!late)
		return;
	log_warning(
	    "ending with %d of the requests under way broken off after %d s", late, END_SECONDS);
	_exit(0);
}

/* Starts the threads until one fails, for the reason in errno; returns how many run. */
static int start_threads(struct thread *threads, struct server *server)
{
	int i;
	for (i = 0; i < server->service->threads; i++) {
		threads[i].server = server;
		threads[i].own = server->service->open(server->service->arg);
		if (!threads[i].own)
			break;
		int rc = pthread_create(&threads[i].id, NULL, serve_requests, &threads[i]);
		if (rc != 0) {
			server->service->close(threads[i].own);
			errno = rc;
			break;
		}
	}
	return i;
}

static bool open_server(struct server *server, int listener)
{
	/* Otherwise a connection that libfcgi closes may hold its thread for two seconds. */
	setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1);
	server->listener = listener;
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (server->epoll < 0 || FCGX_Init() != 0 || fcntl(listener, F_SETFL, O_NONBLOCK) != 0)
		return false;
	watch(server, listener, EPOLL_CTL_ADD);
	return true;
}

int serve(int listener, const struct service *service)
{
	struct server server = {.service = service};
	sigset_t ending;
	int number, started = 0;
	struct thread *threads = calloc((size_t)service->threads, sizeof(*threads));
	take_signals(&server, &ending);
	bool running = threads && open_server(&server, listener) &&
		       (started = start_threads(threads, &server)) == service->threads;
	if (running)
		sigwait(&ending, &number);
	else
		log_error("cannot start: %s", strerror(errno));
	if (started > 0)
		end_threads(threads, started);
	close(server.epoll);
	free(threads);
	return running ? 0 : EX_OSERR;
}
