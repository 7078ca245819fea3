#include "broker/mqtt.h"

#include <errno.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>

#define KEEPALIVE_S 30
#define DROPPED_TOPIC "$SYS/broker/publish/messages/dropped"
#define PROBE_FILTER "chat/-" /* nobody subscribes to it: no room has that name */

struct mqtt {
	struct mosquitto *mosq;
	const char *filter, *followed; /* the latter may be NULL */
	const struct mqtt_events *events;
	void *arg;
	bool visitor;	  /* see mqtt_visit() */
	bool duplicate;	  /* the DUP flag of the PUBLISH that is being read */
	int probe;	  /* packet id of the last one */
	int subscription; /* packet id of the SUBSCRIBE for `filter` */
	int following;	  /* the same for `followed`, then of what is asked behind its answer */
	bool refused;	  /* by CONNACK or SUBACK; `error` says why */
	char error[160];
};

static int explain(struct mqtt *mqtt, int rc)
{
	if (rc == MOSQ_ERR_SUCCESS)
		return mqtt->refused ? -1 : 0;
	if (!mqtt->refused)
		snprintf(mqtt->error, sizeof(mqtt->error), "%s",
		    rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
	return -1;
}

static void on_connect(struct mosquitto *mosq, void *arg, int rc, int flags)
{
	struct mqtt *mqtt = arg;
	if (rc != 0) {
		mqtt->refused = true;
		snprintf(mqtt->error, sizeof(mqtt->error), "the broker refused the connection: %s",
		    mosquitto_connack_string(rc));
		return;
	}
	mqtt->events->connected(mqtt->arg, (flags & 1) != 0);
	mosquitto_subscribe(mosq, &mqtt->subscription, mqtt->filter, 1);
	if (!mqtt->visitor)
		mosquitto_subscribe(mosq, NULL, DROPPED_TOPIC, 0);
	if (mqtt->followed)
		mosquitto_subscribe(mosq, &mqtt->following, mqtt->followed, 0);
}

static void on_subscribe(struct mosquitto *mosq, void *arg, int mid, int count, const int *granted)
{
	struct mqtt *mqtt = arg;
	/* Retained messages may come after a SUBACK, but not after the answer to what follows it.
	 */
	if (mqtt->followed && mid == mqtt->following)
		mosquitto_unsubscribe(mosq, &mqtt->following, PROBE_FILTER);
	if (mid != mqtt->subscription)
		return;
	if (count == 1 && granted[0] == 1) {
		mqtt->events->subscribed(mqtt->arg);
		return;
	}
	mqtt->refused = true;
	snprintf(mqtt->error, sizeof(mqtt->error),
	    "the broker does not allow a subscription to %s at QoS 1", mqtt->filter);
}

static uint64_t read_count(struct str digits)
{
	char text[24];
	snprintf(text, sizeof(text), "%.*s", (int)(digits.len < 20 ? digits.len : 20), digits.at);
	return strtoull(text, NULL, 10);
}

static bool is_followed(const struct mqtt *mqtt, const char *topic)
{
	bool matches = false;
	if (mqtt->followed)
		mosquitto_topic_matches_sub(mqtt->followed, topic, &matches);
	return matches;
}

static void on_message(struct mosquitto *mosq, void *arg, const struct mosquitto_message *message)
{
	const struct mqtt *mqtt = arg;
	struct str payload = {message->payload, (size_t)message->payloadlen};
	(void)mosq;
	if (strcmp(message->topic, DROPPED_TOPIC) == 0)
		mqtt->events->dropped(mqtt->arg, read_count(payload));
	else if (is_followed(mqtt, message->topic))
		mqtt->events->kept(mqtt->arg, str_of(message->topic), payload);
	else if (!message->retain || mqtt->visitor)
		mqtt->events->message(mqtt->arg, str_of(message->topic), payload,
		    &(struct delivery){(uint16_t)message->mid, mqtt->duplicate});
}

/*
 * libmosquitto tells the DUP flag nowhere but in its log, right before on_message(). From one whose
 * log says something else, every delivery may be a repeated one.
 */
static void on_log(struct mosquitto *mosq, void *arg, int level, const char *line)
{
	struct mqtt *mqtt = arg;
	(void)mosq;
	(void)level;
	static const char prefix[] = " received PUBLISH (";
	const char *flags = strstr(line, prefix);
	if (flags)
		mqtt->duplicate = strncmp(flags + strlen(prefix), "d0,", 3) != 0;
}

static void on_unsubscribe(struct mosquitto *mosq, void *arg, int mid)
{
	const struct mqtt *mqtt = arg;
	(void)mosq;
	if (mid == mqtt->probe)
		mqtt->events->probed(mqtt->arg);
	else if (mqtt->followed && mid == mqtt->following)
		mqtt->events->kept_all(mqtt->arg);
}

static struct mqtt *make(
    const char *client_id, const char *filter, const struct mqtt_events *events, void *arg)
{
	mosquitto_lib_init();
	struct mqtt *mqtt = calloc(1, sizeof(*mqtt));
	if (!mqtt)
		return NULL;
	*mqtt = (struct mqtt){.filter = filter,
	    .events = events,
	    .arg = arg,
	    .visitor = !client_id,
	    .duplicate = true};
	mqtt->mosq = mosquitto_new(client_id, mqtt->visitor, mqtt);
	if (!mqtt->mosq || mosquitto_threaded_set(mqtt->mosq, true)) {
		mqtt_close(mqtt);
		return NULL;
	}
	/* PUBACK, receipt and probe are three writes: the second would be held back for 40 ms. */
	mosquitto_int_option(mqtt->mosq, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_connect_with_flags_callback_set(mqtt->mosq, on_connect);
	mosquitto_subscribe_callback_set(mqtt->mosq, on_subscribe);
	mosquitto_message_callback_set(mqtt->mosq, on_message);
	mosquitto_unsubscribe_callback_set(mqtt->mosq, on_unsubscribe);
	return mqtt;
}

struct mqtt *mqtt_open(
    const char *client_id, const char *filter, const struct mqtt_events *events, void *arg)
{
	return make(client_id, filter, events, arg);
}

struct mqtt *mqtt_visit(const char *filter, const struct mqtt_events *events, void *arg)
{
	return make(NULL, filter, events, arg);
}

void mqtt_follow(struct mqtt *mqtt, const char *filter)
{
	mqtt->followed = filter;
}

int mqtt_login(struct mqtt *mqtt, const char *username, const char *password)
{
	int rc = mosquitto_username_pw_set(mqtt->mosq, username, password);
	return rc == MOSQ_ERR_SUCCESS ? 0 : -1;
}

void mqtt_close(struct mqtt *mqtt)
{
	if (!mqtt)
		return;
	mosquitto_destroy(mqtt->mosq);
	free(mqtt);
	mosquitto_lib_cleanup();
}

int mqtt_connect(struct mqtt *mqtt, const char *broker, uint16_t port)
{
	mqtt->refused = false;
	mqtt->probe = 0;
	mosquitto_log_callback_set(mqtt->mosq, on_log);
	/* Port 0 is how libmosquitto is told of a Unix socket. */
	int rc = mosquitto_connect(mqtt->mosq, broker, broker[0] == '/' ? 0 : port, KEEPALIVE_S);
	return explain(mqtt, rc);
}

void mqtt_ignore_duplicates(struct mqtt *mqtt)
{
	mosquitto_log_callback_set(mqtt->mosq, NULL);
	mqtt->duplicate = true;
}

int mqtt_socket(const struct mqtt *mqtt)
{
	return mosquitto_socket(mqtt->mosq);
}

bool mqtt_wants_write(const struct mqtt *mqtt)
{
	return mosquitto_want_write(mqtt->mosq);
}

int mqtt_read(struct mqtt *mqtt)
{
	return explain(mqtt, mosquitto_loop_read(mqtt->mosq, 1));
}

int mqtt_write(struct mqtt *mqtt)
{
	return explain(mqtt, mosquitto_loop_write(mqtt->mosq, 1));
}

int mqtt_tick(struct mqtt *mqtt)
{
	return explain(mqtt, mosquitto_loop_misc(mqtt->mosq));
}

static int publish(struct mqtt *mqtt, const char *topic, struct str payload, int qos, bool retain)
{
	int rc =
	    mosquitto_publish(mqtt->mosq, NULL, topic, (int)payload.len, payload.at, qos, retain);
	return rc == MOSQ_ERR_SUCCESS ? 0 : -1;
}

int mqtt_publish(struct mqtt *mqtt, const char *topic, struct str payload)
{
	return publish(mqtt, topic, payload, 0, false);
}

int mqtt_publish_kept(struct mqtt *mqtt, const char *topic, struct str payload)
{
	return publish(mqtt, topic, payload, 1, true);
}

/* UNSUBSCRIBE is always answered ([MQTT-3.10.4-5]), and there is no way to ask for a PINGREQ. */
int mqtt_probe(struct mqtt *mqtt)
{
	int rc = mosquitto_unsubscribe(mqtt->mosq, &mqtt->probe, PROBE_FILTER);
	return rc == MOSQ_ERR_SUCCESS ? 0 : -1;
}

void mqtt_disconnect(struct mqtt *mqtt)
{
	mosquitto_disconnect(mqtt->mosq);
}

const char *mqtt_error(const struct mqtt *mqtt)
{
	return mqtt->error;
}
