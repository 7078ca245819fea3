#include "broker/anonymous.h"

#include <poll.h>

#include "base/clock.h"
#include "broker/mqtt.h"

#define ANSWER_MS 1000

static void on_connected(void *arg, bool session_present)
{
	(void)session_present;
	*(bool *)arg = true;
}

static void on_subscribed(void *arg)
{
	(void)arg;
}

static void on_message(
    void *arg, struct str topic, struct str payload, const struct delivery *delivery)
{
	(void)arg;
	(void)topic;
	(void)payload;
	(void)delivery;
}

/* Reads until the broker has taken us in, or has refused by closing the connection. */
static void wait_for_answer(struct mqtt *mqtt, const bool *connected)
{
	int64_t end = clock_ms(CLOCK_MONOTONIC) + ANSWER_MS;
	int64_t left;
	while (!*connected && (left = end - clock_ms(CLOCK_MONOTONIC)) > 0) {
		struct pollfd p = {mqtt_socket(mqtt), POLLIN, 0};
		if (poll(&p, 1, (int)left) > 0 && mqtt_read(mqtt) != 0)
			return;
	}
}

bool anonymous_let_in(const char *broker, uint16_t port)
{
	static const struct mqtt_events events = {
	    .connected = on_connected, .subscribed = on_subscribed, .message = on_message};
	bool connected = false;
	struct mqtt *mqtt = mqtt_visit("chat/+/stored", &events, &connected);
	if (mqtt && mqtt_connect(mqtt, broker, port) == 0 && mqtt_write(mqtt) == 0) {
		wait_for_answer(mqtt, &connected);
		mqtt_disconnect(mqtt);
		mqtt_write(mqtt);
	}
	mqtt_close(mqtt);
	return connected;
}
