/*
 * broker.h: a short visit at the broker, with what the configuration says of it.
 */
#ifndef CHAT_ADMIN_BROKER_H
#define CHAT_ADMIN_BROKER_H

#include "base/settings.h"
#include "broker/mqtt.h"

enum { BROKER_ERROR_SIZE = 600 };

/*
 * Connects and logs in, and waits until the subscription to `filter` is in force. The events'
 * connected and subscribed must be broker_connected and broker_subscribed, `arg` is the struct
 * broker, which may be the first member of something larger. 0, or -1 with one line in `error`.
 * Either way broker_leave() frees it.
 */
struct broker {
	struct mqtt *mqtt;
	bool connected, subscribed;
};

int broker_visit(struct broker *broker, const struct settings *settings, const char *filter,
    const struct mqtt_events *events, char error[BROKER_ERROR_SIZE]);

void broker_connected(void *arg, bool session_present);
void broker_subscribed(void *arg);

/* The event `message` of who does not come for messages. */
void broker_ignored(
    void *arg, struct str topic, struct str payload, const struct delivery *delivery);

/* Reads and writes until *flag, or for `ms`. 0, or -1 where the connection is lost. */
int broker_wait(struct broker *broker, const bool *flag, int ms);

void broker_leave(struct broker *broker);

#endif
