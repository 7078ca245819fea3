/* test_notify.c: what systemd is told, read from the other end of its socket. */
#include "logger/notify.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "unit.h"

static int service_manager;
static char told[1024];

static int listen_as_systemd(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (unit_make_dir(state) != 0)
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", unit_path("notify"));
	service_manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	return bind(service_manager, (struct sockaddr *)&address, sizeof(address));
}

static int stop_listening(void **state)
{
	unsetenv("NOTIFY_SOCKET");
	close(service_manager);
	return unit_remove_dir(state);
}

/* The next datagram, "" where there is none. */
static const char *hear(void)
{
	ssize_t length = recv(service_manager, told, sizeof(told) - 1, 0);
	told[length > 0 ? length : 0] = '\0';
	return told;
}

#define HEARD(test) cmocka_unit_test_setup_teardown(test, listen_as_systemd, stop_listening)

TEST(says_that_it_is_up_and_what_it_is_at)
{
	notify_alive("waiting for %s", "a broker");
	assert_string_equal(hear(), "READY=1\nWATCHDOG=1\nSTATUS=waiting for a broker");
	notify_stopping();
	assert_string_equal(hear(), "STOPPING=1");
}

TEST(repeats_itself_once_a_second_and_tells_a_change_at_once)
{
	int heard = 0;
	for (int i = 0; i < 1000; i++)
		notify_alive("busy");
	while (hear()[0])
		heard++;
	expect(heard >= 1 && heard <= 3, "%d datagrams", heard);
	notify_alive("busier");
	expect(strstr(hear(), "STATUS=busier"), "%s", told);
	for (int tries = 0; tries < 300; tries++) {
		usleep(10000);
		notify_alive("busier");
		if (hear()[0])
			return;
	}
	fail_msg("no sign of life");
}

TEST(cuts_a_long_status)
{
	char text[600];
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	notify_alive("%s", text);
	expect(strlen(hear()) == strlen("READY=1\nWATCHDOG=1\nSTATUS=") + 400, "%s", told);
}

TEST(uses_an_abstract_socket)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char name[64];
	snprintf(name, sizeof(name), "@mqtt-chat-test-%d", (int)getpid());
	memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
	close(service_manager);
	service_manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(service_manager, (struct sockaddr *)&address,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
	    0);
	setenv("NOTIFY_SOCKET", name, 1);
	notify_stopping();
	assert_string_equal(hear(), "STOPPING=1");
}

TEST(is_silent_where_nobody_asked)
{
	unsetenv("NOTIFY_SOCKET");
	assert_false(notify_wanted());
	notify_alive("unheard");
	notify_stopping();
	assert_string_equal(hear(), "");
	setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	assert_true(notify_wanted());
	notify_stopping();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    HEARD(says_that_it_is_up_and_what_it_is_at),
	    HEARD(repeats_itself_once_a_second_and_tells_a_change_at_once),
	    HEARD(cuts_a_long_status),
	    HEARD(uses_an_abstract_socket),
	    HEARD(is_silent_where_nobody_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
