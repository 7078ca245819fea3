/* test_read_ahead.c: the logger's read() gives what read(2) would, in fewer calls. */
#include "read_ahead.h"

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
	read_ahead_of(-1);
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
	read_ahead_of(ends[0]);
	assert_int_equal(write(ends[1], "abcdef", 6), 6);
	assert_int_equal(read(ends[0], got, 2), 2);
	assert_false(readable(ends[0]));
	assert_true(read_ahead_left());
	assert_int_equal(read(ends[0], got + 2, 6), 4);
	assert_string_equal(got, "abcdef");
	assert_false(read_ahead_left());
	assert_int_equal(read(ends[0], got, 1), -1);
	assert_int_equal(errno, EAGAIN);
	close_pair();
}

TEST(what_was_sent_before_the_end_comes_before_the_end)
{
	char got[4] = "";
	open_pair();
	read_ahead_of(ends[0]);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	assert_int_equal(read(ends[0], got, 1), 1);
	assert_int_equal(shutdown(ends[1], SHUT_WR), 0);
	assert_int_equal(read(ends[0], got + 1, 3), 2);
	assert_string_equal(got, "abc");
	assert_int_equal(read(ends[0], got, 1), 0);
	assert_false(read_ahead_left());
	close_pair();
}

TEST(of_anything_else_nothing_is_read_ahead)
{
	char got[2];
	open_pair();
	read_ahead_of(ends[1]);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	assert_int_equal(read(ends[0], got, 1), 1);
	assert_true(readable(ends[0]));
	assert_false(read_ahead_left());
	assert_int_equal(read(-1, got, 1), -1);
	assert_int_equal(errno, EBADF);
	close_pair();
}

TEST(what_is_left_of_an_earlier_socket_is_forgotten)
{
	char got[2] = "";
	open_pair();
	read_ahead_of(ends[0]);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	assert_int_equal(read(ends[0], got, 1), 1);
	read_ahead_of(ends[0]); /* a new one of the same number */
	assert_false(read_ahead_left());
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
	read_ahead_of(ends[0]);
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_call_takes_what_is_there_and_the_next_give_it),
	    cmocka_unit_test(what_was_sent_before_the_end_comes_before_the_end),
	    cmocka_unit_test(of_anything_else_nothing_is_read_ahead),
	    cmocka_unit_test(what_is_left_of_an_earlier_socket_is_forgotten),
	    cmocka_unit_test(bytes_come_once_and_in_their_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
