/*
 * test_serve.c: what serve() asks of the system, from a process of its own. accept4(), setsockopt()
 * and nanosleep() are the test's: they fail where they shall, count, and do their work.
 */
#include "../../cgi-bin/serve.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "unit.h"

/* What the process of the server and the test both see. */
static struct {
	int abort_next; /* accept4() fails so many times with ECONNABORTED */
	int receive_limits, send_limits, naps, answers;
} * seen;

int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
	if (seen->abort_next > 0) {
		seen->abort_next--;
		errno = ECONNABORTED;
		return -1;
	}
	return (int)syscall(SYS_accept4, fd, address, size, flags);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	const struct timeval *limit = value;
	if (level == SOL_SOCKET && name == SO_RCVTIMEO && limit->tv_sec > 0)
		seen->receive_limits++;
	if (level == SOL_SOCKET && name == SO_SNDTIMEO && limit->tv_sec > 0)
		seen->send_limits++;
	return (int)syscall(SYS_setsockopt, fd, level, name, value, size);
}

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	seen->naps++;
	return (int)syscall(SYS_nanosleep, wanted, left);
}

/* ---- a server ---- */

static pid_t server;
static struct sockaddr_un address;
static char nothing;

static void *open_nothing(void *arg)
{
	return arg;
}

static void close_nothing(void *own)
{
	(void)own;
}

static bool answer(void *own, FCGX_Request *request)
{
	(void)own;
	seen->answers++;
	FCGX_PutS("Status: 200 OK\r\n\r\nok", request->out);
	return true;
}

static int setup(void **state)
{
	static const struct service service = {.threads = 1,
	    .arg = &nothing,
	    .open = open_nothing,
	    .close = close_nothing,
	    .answer = answer};
	if (unit_make_dir(state) != 0)
		return -1;
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/socket", unit_dir);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 8) != 0)
		return -1;
	server = fork();
	if (server == 0)
		_exit(serve(listener, &service));
	close(listener);
	return server > 0 ? 0 : -1;
}

static int teardown(void **state)
{
	kill(server, SIGTERM);
	waitpid(server, NULL, 0);
	munmap(seen, sizeof(*seen));
	return unit_remove_dir(state);
}

#define SERVING(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static int connect_to_server(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* A whole request that asks for the connection to be kept (FastCGI 1.0, 3.3 and 5.1). */
static bool send_request(int fd)
{
	static const unsigned char request[] = {
	    1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, /* BEGIN_REQUEST: responder, keep */
	    1, 4, 0, 1, 0, 0, 0, 0,			    /* PARAMS, empty */
	    1, 5, 0, 1, 0, 0, 0, 0,			    /* STDIN, empty */
	};
	return send(fd, request, sizeof(request), MSG_NOSIGNAL) == sizeof(request);
}

/* Reads an answer up to its END_REQUEST. False where the connection ended before. */
static bool read_answer(int fd)
{
	unsigned char head[8], body[65536];
	for (;;) {
		if (recv(fd, head, sizeof(head), MSG_WAITALL) != sizeof(head))
			return false;
		size_t length = (size_t)(head[4] << 8 | head[5]) + head[6];
		if (length && recv(fd, body, length, MSG_WAITALL) != (ssize_t)length)
			return false;
		if (head[1] == 3)
			return true;
	}
}

TEST(a_connection_has_a_limit_for_a_request_and_for_an_answer)
{
	int fd = connect_to_server();
	assert_true(send_request(fd) && read_answer(fd));
	assert_int_equal(seen->receive_limits, 1);
	assert_int_equal(seen->send_limits, 1);
	close(fd);
}

TEST(a_client_that_gave_up_before_it_was_accepted_costs_no_pause)
{
	seen->abort_next = 3;
	int fd = connect_to_server();
	assert_true(send_request(fd) && read_answer(fd));
	assert_int_equal(seen->abort_next, 0);
	assert_int_equal(seen->naps, 0);
	close(fd);
}

TEST(a_kept_connection_serves_one_request_after_the_other)
{
	int fd = connect_to_server();
	for (int i = 0; i < 3; i++)
		assert_true(send_request(fd) && read_answer(fd));
	assert_int_equal(seen->answers, 3);
	close(fd);
}

TEST(while_it_ends_each_connection_gets_one_answer_and_is_closed)
{
	int fd = connect_to_server(), other = connect_to_server();
	assert_true(send_request(fd) && read_answer(fd));
	assert_true(send_request(other) && read_answer(other));
	kill(server, SIGTERM);
	nanosleep(&(struct timespec){0, 50000000}, NULL);
	assert_true(send_request(fd) && read_answer(fd));
	char byte;
	const struct timeval soon = {0, 100000}; /* before the server has ended */
	syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	close(fd);
	close(other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    SERVING(a_connection_has_a_limit_for_a_request_and_for_an_answer),
	    SERVING(a_client_that_gave_up_before_it_was_accepted_costs_no_pause),
	    SERVING(a_kept_connection_serves_one_request_after_the_other),
	    SERVING(while_it_ends_each_connection_gets_one_answer_and_is_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
