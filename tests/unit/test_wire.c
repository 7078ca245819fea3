/* test_wire.c: the logger's read() and write() do what read(2) and write(2) would, in fewer calls.
 */
#include "logger/wire.h"

#include <poll.h>
#include <sys/socket.h>

#include "unit.h"

static int ends[2];

static void open_pair(void)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
}

static void close_pair(void)
{
	wire_use(-1);
	close(ends[0]);
	close(ends[1]);
}

static bool readable(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};
	return poll(&p, 1, 0) == 1;
}

TEST(one_call_takes_what_is_there_and_the_next_give_it)
{
	char got[8] = "";
	open_pair();
	wire_use(ends[0]);
	assert_int_equal(write(ends[1], "abcdef", 6), 6);
	assert_int_equal(read(ends[0], got, 2), 2);
	assert_false(readable(ends[0]));
	assert_true(wire_has_read());
	assert_int_equal(read(ends[0], got + 2, 6), 4);
	assert_string_equal(got, "abcdef");
	assert_false(wire_has_read());
	assert_int_equal(read(ends[0], got, 1), -1);
	assert_int_equal(errno, EAGAIN);
	close_pair();
}

TEST(what_was_sent_before_the_end_comes_before_the_end)
{
	char got[4] = "";
	open_pair();
	wire_use(ends[0]);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	assert_int_equal(read(ends[0], got, 1), 1);
	assert_int_equal(shutdown(ends[1], SHUT_WR), 0);
	assert_int_equal(read(ends[0], got + 1, 3), 2);
	assert_string_equal(got, "abc");
	assert_int_equal(read(ends[0], got, 1), 0);
	assert_false(wire_has_read());
	close_pair();
}

TEST(of_anything_else_nothing_is_read_ahead)
{
	char got[2];
	open_pair();
	wire_use(ends[1]);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	assert_int_equal(read(ends[0], got, 1), 1);
	assert_true(readable(ends[0]));
	assert_false(wire_has_read());
	assert_int_equal(read(-1, got, 1), -1);
	assert_int_equal(errno, EBADF);
	close_pair();
}

TEST(what_is_left_of_an_earlier_socket_is_forgotten)
{
	char got[2] = "";
	open_pair();
	wire_use(ends[0]);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	assert_int_equal(read(ends[0], got, 1), 1);
	wire_use(ends[0]); /* a new one of the same number */
	assert_false(wire_has_read());
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(read(ends[0], got, 1), 1);
	assert_string_equal(got, "x");
	close_pair();
}

/* More than fits at once, in pieces of all sizes. */
TEST(bytes_come_once_and_in_their_order)
{
	static unsigned char sent[100000], got[sizeof(sent)];
	size_t written = 0, taken = 0;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (unsigned char)(i * 2654435761u >> 13);
	open_pair();
	wire_use(ends[0]);
	for (size_t step = 1; taken < sizeof(got); step = step * 7 % 30011) {
		size_t left = sizeof(sent) - written;
		ssize_t n = write(ends[1], sent + written, step < left ? step : left);
		written += n > 0 ? (size_t)n : 0;
		n = read(ends[0], got + taken, step % 977 + 1);
		taken += n > 0 ? (size_t)n : 0;
	}
	assert_memory_equal(got, sent, sizeof(sent));
	close_pair();
}

static size_t receive(char *to, size_t size)
{
	ssize_t n = recv(ends[1], to, size, 0);
	return n > 0 ? (size_t)n : 0;
}

TEST(what_is_written_is_gathered_until_it_is_sent)
{
	char got[10] = "";
	open_pair();
	wire_use(ends[0]);
	wire_gather();
	assert_int_equal(write(ends[0], "abc", 3), 3);
	assert_int_equal(write(ends[0], "def", 3), 3);
	assert_false(readable(ends[1]));
	assert_int_equal(wire_send(false), 0);
	assert_int_equal(receive(got, sizeof(got)), 6);
	assert_string_equal(got, "abcdef");
	assert_int_equal(write(ends[0], "ghi", 3), 3);
	assert_int_equal(receive(got, sizeof(got)), 3);
	close_pair();
}

TEST(what_does_not_fit_goes_out_behind_what_came_before)
{
	static char sent[100000], got[sizeof(sent)];
	size_t written = 0;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 2654435761u >> 13);
	open_pair();
	wire_use(ends[0]);
	wire_gather();
	for (size_t size = 1; written < sizeof(sent); size = size * 2 % 20011) {
		size_t left = sizeof(sent) - written;
		ssize_t n = write(ends[0], sent + written, size < left ? size : left);
		assert_true(n > 0);
		written += (size_t)n;
	}
	assert_int_equal(wire_send(false), 0);
	size_t length = 0;
	for (size_t n; (n = receive(got + length, sizeof(got) - length)) > 0;)
		length += n;
	assert_int_equal(length, sizeof(sent));
	assert_memory_equal(got, sent, sizeof(sent));
	close_pair();
}

TEST(of_a_lost_connection_nothing_is_sent)
{
	open_pair();
	wire_use(ends[0]);
	wire_gather();
	assert_int_equal(write(ends[0], "abc", 3), 3);
	assert_int_equal(wire_send(true), 0);
	assert_false(readable(ends[1]));
	assert_int_equal(write(ends[0], "x", 1), 1);
	assert_true(readable(ends[1]));
	close_pair();
}

TEST(a_connection_that_takes_nothing_is_lost)
{
	static char much[1 << 16];
	open_pair();
	while (write(ends[0], much, sizeof(much)) > 0)
		;
	wire_use(ends[0]);
	wire_gather();
	assert_int_equal(write(ends[0], "abc", 3), 3);
	assert_int_equal(wire_send(false), -1);
	assert_int_equal(errno, EAGAIN);
	close(ends[1]);
	wire_use(ends[0]);
	wire_gather();
	assert_int_equal(write(ends[0], "abc", 3), 3);
	assert_int_equal(wire_send(false), -1);
	assert_int_equal(errno, EPIPE);
	close(ends[0]);
	wire_use(-1);
}

/* The other end takes nothing for a while, in the middle of what was gathered. */
TEST(what_goes_on_after_a_failure_goes_on_where_it_stopped)
{
	static char bytes[8000], got[1 << 20];
	size_t written = 0, length = 0;
	open_pair();
	assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &(int){1}, sizeof(int)), 0);
	wire_use(ends[0]);
	for (bool failed = false; !failed;) {
		wire_gather();
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)((written + i) * 2654435761u >> 13);
		written += sizeof(bytes);
		assert_int_equal(write(ends[0], bytes, sizeof(bytes)), sizeof(bytes));
		failed = wire_send(false) != 0;
	}
	length += receive(got, sizeof(got));
	assert_int_not_equal(length % sizeof(bytes), 0);
	assert_int_equal(wire_send(false), 0);
	for (size_t n; (n = receive(got + length, sizeof(got) - length)) > 0;)
		length += n;
	assert_int_equal(length, written);
	for (size_t i = 0; i < length; i++)
		assert_true(got[i] == (char)(i * 2654435761u >> 13));
	close_pair();
}

TEST(what_had_no_room_is_not_tried_again_until_the_next_socket)
{
	static char much[1 << 16];
	open_pair();
	wire_use(-1);
	while (write(ends[0], much, sizeof(much)) > 0)
		;
	assert_int_equal(errno, EAGAIN);
	while (receive(much, sizeof(much)) > 0)
		;
	assert_int_equal(write(ends[0], "x", 1), -1);
	assert_int_equal(errno, EAGAIN);
	wire_use(-1);
	assert_int_equal(write(ends[0], "x", 1), 1);
	close_pair();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_call_takes_what_is_there_and_the_next_give_it),
	    cmocka_unit_test(what_was_sent_before_the_end_comes_before_the_end),
	    cmocka_unit_test(of_anything_else_nothing_is_read_ahead),
	    cmocka_unit_test(what_is_left_of_an_earlier_socket_is_forgotten),
	    cmocka_unit_test(bytes_come_once_and_in_their_order),
	    cmocka_unit_test(what_is_written_is_gathered_until_it_is_sent),
	    cmocka_unit_test(what_does_not_fit_goes_out_behind_what_came_before),
	    cmocka_unit_test(of_a_lost_connection_nothing_is_sent),
	    cmocka_unit_test(what_goes_on_after_a_failure_goes_on_where_it_stopped),
	    cmocka_unit_test(what_had_no_room_is_not_tried_again_until_the_next_socket),
	    cmocka_unit_test(a_connection_that_takes_nothing_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
