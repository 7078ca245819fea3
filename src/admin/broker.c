#include "admin/broker.h"

#include <poll.h>
#include <stdio.h>

#include "base/clock.h"

#define CONNECT_MS 5000
#define TICK_MS 200

void broker_connected(void *arg, bool session_present)
{
	struct broker *broker = arg;
	(void)session_present;
	broker->connected = true;
}

void broker_subscribed(void *arg)
{
	struct broker *broker = arg;
	broker->subscribed = true;
}

void broker_ignored(
    void *arg, struct str topic, struct str payload, const struct delivery *delivery)
{
	(void)arg;
	(void)topic;
	(void)payload;
	(void)delivery;
}

static int round_of(struct broker *broker)
{
	struct mqtt *mqtt = broker->mqtt;
	short want = (short)(mqtt_wants_write(mqtt) ? POLLIN | POLLOUT : POLLIN);
	struct pollfd p = {mqtt_socket(mqtt), want, 0};
	if (poll(&p, 1, TICK_MS) > 0 && (p.revents & ~POLLOUT) && mqtt_read(mqtt) != 0)
		return -1;
	return mqtt_write(mqtt) != 0 || mqtt_tick(mqtt) != 0 ? -1 : 0;
}

int broker_wait(struct broker *broker, const bool *flag, int ms)
{
	int64_t end = clock_ms(CLOCK_MONOTONIC) + ms;
	while (!*flag && clock_ms(CLOCK_MONOTONIC) < end)
		if (round_of(broker) != 0)
			return -1;
	return 0;
}

int broker_visit(struct broker *broker, const struct settings *settings, const char *filter,
    const struct mqtt_events *events, char error[BROKER_ERROR_SIZE])
{
	char password[SETTINGS_PASSWORD_SIZE];
	*broker = (struct broker){0};
	if (settings_read_password(settings, password, error) != 0)
		return -1;
	broker->mqtt = mqtt_visit(filter, events, broker);
	if (!broker->mqtt ||
	    (settings->username[0] && mqtt_login(broker->mqtt, settings->username, password))) {
		snprintf(error, BROKER_ERROR_SIZE, "out of memory");
		return -1;
	}
	int rc = mqtt_connect(broker->mqtt, settings->broker, (uint16_t)settings->port);
	if (rc == 0)
		rc = broker_wait(broker, &broker->subscribed, CONNECT_MS);
	if (rc == 0 && broker->subscribed)
		return 0;
	int length = snprintf(error, BROKER_ERROR_SIZE, "broker at %.300s", settings->broker);
	if (settings->broker[0] != '/')
		length += snprintf(error + length, BROKER_ERROR_SIZE - (size_t)length,
		    ", port %lld", (long long)settings->port);
	snprintf(error + length, BROKER_ERROR_SIZE - (size_t)length, ": %s",
	    rc ? mqtt_error(broker->mqtt) : "no answer");
	return -1;
}

void broker_leave(struct broker *broker)
{
	if (broker->mqtt && broker->connected) {
		mqtt_disconnect(broker->mqtt);
		mqtt_write(broker->mqtt);
	}
	mqtt_close(broker->mqtt);
	broker->mqtt = NULL;
}
