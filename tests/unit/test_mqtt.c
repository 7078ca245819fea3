/*
 * test_mqtt.c: what the logger needs of libmosquitto, whichever it is built with, against a real
 * broker: a PUBACK waits for mqtt_write(), and the DUP flag, which the library tells in its log
 * line alone.
 */
#include "broker/mqtt.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "unit.h"

static pid_t broker;
static char address[PATH_MAX];

static bool listens(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	snprintf(name.sun_path, sizeof(name.sun_path), "%.100s", address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool there = connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0;
	close(fd);
	return there;
}

static int setup(void **state)
{
	char config[2 * PATH_MAX];
	if (unit_make_dir(state) != 0)
		return -1;
	snprintf(address, sizeof(address), "%s", unit_path("broker"));
	snprintf(config, sizeof(config),
	    "listener 0 %s\nallow_anonymous true\nupgrade_outgoing_qos true\nlog_type none\nuser %s\n",
	    address, "root");
	unit_write(unit_path("conf"), str_of(config));
	const char *conf = unit_path("conf");
	broker = fork();
	if (broker == 0) {
		execlp("mosquitto", "mosquitto", "-c", conf, (char *)NULL);
		execl("/usr/sbin/mosquitto", "mosquitto", "-c", conf, (char *)NULL);
		_exit(127);
	}
	for (int tries = 0; tries < 500 && !listens(); tries++)
		usleep(10000);
	return listens() ? 0 : -1;
}

static int teardown(void **state)
{
	kill(broker, SIGKILL);
	waitpid(broker, NULL, 0);
	return unit_remove_dir(state);
}

/* ---- a client and what it heard ---- */

struct heard {
	bool subscribed, resumed;
	int messages;
	char text[100]; /* of the last one */
	struct delivery delivery;
};

static void connected(void *arg, bool session_present)
{
	((struct heard *)arg)->resumed = session_present;
}

static void subscribed(void *arg)
{
	((struct heard *)arg)->subscribed = true;
}

static void message(
    void *arg, struct str topic, struct str payload, const struct delivery *delivery)
{
	struct heard *heard = arg;
	(void)topic;
	snprintf(heard->text, sizeof(heard->text), "%.*s", (int)payload.len, payload.at);
	heard->delivery = *delivery;
	heard->messages++;
}

static void dropped(void *arg, uint64_t total)
{
	(void)arg;
	(void)total;
}

static void probed(void *arg)
{
	(void)arg;
}

static const struct mqtt_events events = {.connected = connected,
    .subscribed = subscribed,
    .message = message,
    .dropped = dropped,
    .probed = probed};

/* Reads until `flag`, or `count` messages; writes only where it is told to. */
static void listen_for(struct mqtt *mqtt, struct heard *heard, int count, bool write)
{
	for (int tries = 0; tries < 500; tries++) {
		if (count ? heard->messages >= count : heard->subscribed)
			return;
		struct pollfd p = {mqtt_socket(mqtt), POLLIN, 0};
		if (poll(&p, 1, 10) > 0)
			assert_int_equal(mqtt_read(mqtt), 0);
		if (write)
			assert_int_equal(mqtt_write(mqtt), 0);
	}
	expect(false, "%d messages", heard->messages);
}

static void connect_client(struct mqtt *mqtt, struct heard *heard)
{
	*heard = (struct heard){0};
	assert_int_equal(mqtt_connect(mqtt, address, 0), 0);
	listen_for(mqtt, heard, 0, true);
}

static void say(const char *text)
{
	struct heard heard;
	struct mqtt *mqtt = mqtt_visit("chat/none", &events, &heard);
	connect_client(mqtt, &heard);
	assert_int_equal(mqtt_publish(mqtt, "chat/lab", str_of(text)), 0);
	mqtt_disconnect(mqtt);
	assert_int_equal(mqtt_write(mqtt), 0);
	mqtt_close(mqtt);
}

TEST(what_was_not_acknowledged_comes_again_as_a_duplicate)
{
	struct heard heard;
	struct mqtt *mqtt = mqtt_open("logger-of-a-test", "chat/+", &events, &heard);
	connect_client(mqtt, &heard);
	assert_false(heard.resumed);
	say("first");
	listen_for(mqtt, &heard, 1, false);
	assert_false(heard.delivery.duplicate);
	assert_true(mqtt_wants_write(mqtt)); /* the PUBACK */
	struct delivery first = heard.delivery;

	connect_client(mqtt, &heard);
	listen_for(mqtt, &heard, 1, true);
	assert_true(heard.resumed);
	assert_string_equal(heard.text, "first");
	assert_true(heard.delivery.duplicate);
	assert_int_equal(heard.delivery.packet_id, first.packet_id);
	say("second");
	listen_for(mqtt, &heard, 2, true);
	assert_string_equal(heard.text, "second");
	assert_false(heard.delivery.duplicate);

	connect_client(mqtt, &heard);
	say("third");
	listen_for(mqtt, &heard, 1, true);
	assert_string_equal(heard.text, "third");
	mqtt_close(mqtt);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		what_was_not_acknowledged_comes_again_as_a_duplicate, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
