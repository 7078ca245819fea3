/*
 * mqtt.h: a connection to the broker for one who must store before he acknowledges (MQTT 3.1.1,
 * persistent session). The only file behind it that knows libmosquitto is mqtt.c.
 *
 * libmosquitto queues the PUBACK before it hands a message over. In its threaded mode a queued
 * packet stays queued until mqtt_write(), so: read, store, and only then write. Nothing else here
 * sends a byte.
 */
#ifndef CHAT_MQTT_H
#define CHAT_MQTT_H

#include <stdint.h>

#include "base/str.h"

struct mqtt;

/* How a PUBLISH came (MQTT 3.1.1, 3.3). */
struct delivery {
	uint16_t packet_id; /* 0 at QoS 0 */
	bool duplicate;	    /* the broker says that it may have delivered it before */
};

struct mqtt_events {
	/* The broker took us in; `session_present` as in MQTT 3.1.1, 3.2.2.2. */
	void (*connected)(void *arg, bool session_present);
	/* The subscription is in force: from here on nothing is missed. */
	void (*subscribed)(void *arg);
	/* A message; all is lent for the time of the call. Never a retained replay. */
	void (*message)(
	    void *arg, struct str topic, struct str payload, const struct delivery *delivery);
	/*
	 * How many messages the broker has dropped since it started, for whichever client, because
	 * a queue was full. Comes on each connect and when the number grows, from a broker that
	 * tells it as mosquitto does.
	 */
	void (*dropped)(void *arg, uint64_t total);
	/* The broker has answered the last mqtt_probe(). */
	void (*probed)(void *arg);
	/*
	 * What the broker keeps on a topic of mqtt_follow(), as it was when we connected or has
	 * become since; and that all of the former has come.
	 */
	void (*kept)(void *arg, struct str topic, struct str payload);
	void (*kept_all)(void *arg);
};

/*
 * Makes a client that is not connected yet. `filter` is what it subscribes to, at QoS 1, on each
 * connect. The strings and `events` must outlive it. NULL on failure. Freed by mqtt_close().
 */
struct mqtt *mqtt_open(
    const char *client_id, const char *filter, const struct mqtt_events *events, void *arg);

/*
 * The same for one who only looks in: the session ends with the connection, has no name, and
 * retained copies count as messages. `dropped` of the events is not used.
 */
struct mqtt *mqtt_visit(const char *filter, const struct mqtt_events *events, void *arg);

/* Subscribes to `filter`, too, on each connect, for the events `kept` and `kept_all`. */
void mqtt_follow(struct mqtt *mqtt, const char *filter);

/* Sets the name and the password for the next connections. 0, or -1 without memory. */
int mqtt_login(struct mqtt *mqtt, const char *username, const char *password);

/* Closes the connection without a DISCONNECT packet and frees; NULL is allowed. */
void mqtt_close(struct mqtt *mqtt);

/*
 * Connects to a host and port, or to a Unix socket where `broker` starts with '/'. What an earlier
 * connection had queued, acknowledgements included, is dropped. 0, or -1: see mqtt_error().
 */
int mqtt_connect(struct mqtt *mqtt, const char *broker, uint16_t port);

/*
 * On this connection the DUP flag does not matter any more: telling it costs a formatted line for
 * each packet. Until the next mqtt_connect() every delivery is called a duplicate.
 */
void mqtt_ignore_duplicates(struct mqtt *mqtt);

/* The socket to poll, -1 without one. */
int mqtt_socket(const struct mqtt *mqtt);

/* Whether something is queued to be written. */
bool mqtt_wants_write(const struct mqtt *mqtt);

/* Each of these returns 0, or -1 when the connection is lost: see mqtt_error(). */
int mqtt_read(struct mqtt *mqtt);  /* reads at most one packet, does not block */
int mqtt_write(struct mqtt *mqtt); /* writes what is queued, as far as the socket takes it */
int mqtt_tick(struct mqtt *mqtt);  /* keep-alive; to be called about once a second */

/* Queues a message at QoS 0. 0, or -1 without memory. */
int mqtt_publish(struct mqtt *mqtt, const char *topic, struct str payload);

/* Queues what the broker is to keep on the topic, at QoS 1; nothing where it is empty. The same. */
int mqtt_publish_kept(struct mqtt *mqtt, const char *topic, struct str payload);

/*
 * Queues a packet that the broker has to answer, so that its answer proves that the broker has read
 * all that was queued before. Only the last one counts. 0, or -1 without memory.
 */
int mqtt_probe(struct mqtt *mqtt);

/* Queues DISCONNECT; mqtt_write() sends it after all that was queued before. */
void mqtt_disconnect(struct mqtt *mqtt);

/* Why the last call failed, or why the broker refused: one phrase. Valid until the next call. */
const char *mqtt_error(const struct mqtt *mqtt);

#endif
