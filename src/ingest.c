#include "ingest.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "batch.h"
#include "log.h"
#include "mqtt.h"
#include "retry.h"

#define FILTER "chat/+"
#define TICK_MS 1000
#define BATCH_MS 50	 /* a batch is not read for longer: PINGREQ has to wait for it */
#define CONNECT_MS 10000 /* until the subscription is in force */

struct ingest {
	const struct ingest_config *config;
	struct mqtt *mqtt;
	struct batch *batch;
	bool online;	    /* there is a connection, or one is being made */
	bool ready;	    /* the subscription is in force */
	bool was_ready;	    /* it has been, at least once */
	bool out_of_memory; /* a message could not be taken in */
	bool store_failing; /* the last batch could not be stored */
	unsigned attempt;   /* since all went well last */
	int64_t deadline;   /* monotonic ms, for becoming ready */
	char why[200];	    /* it is not online */
};

static int64_t clock_ms(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- what the broker tells ---- */

static void on_connected(void *arg, bool session_present)
{
	struct ingest *in = arg;
	if (in->was_ready && !session_present)
		log_warning(
		    "the broker has forgotten this logger's session: what was sent while the "
		    "logger was away may be lost; check `persistence` in mosquitto.conf");
}

static void on_subscribed(void *arg)
{
	struct ingest *in = arg;
	in->ready = in->was_ready = true;
	if (in->store_failing)
		return;
	in->attempt = 0;
	log_info("ready: connected to %s, storing what is sent to " FILTER, in->config->broker);
}

static void on_message(void *arg, struct str topic, struct str payload, int qos)
{
	struct ingest *in = arg;
	if (!batch_add(in->batch, topic, payload, qos, clock_ms(CLOCK_REALTIME)))
		in->out_of_memory = true;
}

static const struct mqtt_events events = {on_connected, on_subscribed, on_message};

/* ---- connecting ---- */

static void wait_ms(const struct ingest *in, int ms)
{
	struct timespec timeout = {ms / 1000, (long)(ms % 1000) * 1000000};
	ppoll(NULL, 0, &timeout, in->config->wait_mask);
}

static void connect_broker(struct ingest *in)
{
	in->ready = false;
	in->deadline = clock_ms(CLOCK_MONOTONIC) + CONNECT_MS;
	in->online = mqtt_connect(in->mqtt, in->config->broker, in->config->port) == 0 &&
		     mqtt_write(in->mqtt) == 0;
	if (!in->online)
		snprintf(in->why, sizeof(in->why), "%s", mqtt_error(in->mqtt));
}

/* What was read and not acknowledged, the broker will send again on the next connection. */
static void drop_connection(struct ingest *in)
{
	in->online = in->ready = false;
	batch_drop_unacknowledged(in->batch);
}

/* One line when it goes, not one for each attempt to get it back. */
static void lose(struct ingest *in, const char *why)
{
	snprintf(in->why, sizeof(in->why), "%s", why);
	if (in->ready)
		log_warning("lost the broker at %s: %s; trying again until it is back",
		    in->config->broker, why);
	drop_connection(in);
}

static void wait_and_reconnect(struct ingest *in)
{
	unsigned random = 0;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (unsigned)clock_ms(CLOCK_MONOTONIC);
	wait_ms(in, retry_wait_ms(++in->attempt, random));
	if (!*in->config->stop)
		connect_broker(in);
}

/* ---- a round ---- */

static bool readable(int socket)
{
	struct pollfd p = {socket, POLLIN, 0};
	return poll(&p, 1, 0) == 1;
}

/* Reads until nothing is left, the batch is full, or its time is over. -1: connection lost. */
static int read_batch(struct ingest *in)
{
	int64_t end = clock_ms(CLOCK_MONOTONIC) + BATCH_MS;
	do {
		if (mqtt_read(in->mqtt) != 0 || in->out_of_memory)
			return -1;
	} while (!batch_full(in->batch) && clock_ms(CLOCK_MONOTONIC) < end &&
		 readable(mqtt_socket(in->mqtt)));
	return 0;
}

static void publish(void *arg, const char *topic, struct str payload)
{
	struct ingest *in = arg;
	if (mqtt_publish(in->mqtt, topic, payload) != 0)
		log_warning("no memory for an answer on %s", topic);
}

static void note_store(struct ingest *in, bool failing)
{
	if (failing && !in->store_failing)
		log_error("%s; nothing is acknowledged meanwhile, and the broker keeps it",
		    store_error(in->config->store));
	if (!failing && in->store_failing)
		log_info("the database can be written again");
	if (!failing)
		in->attempt = 0;
	in->store_failing = failing;
}

/* Where nothing could be stored, nothing may be acknowledged: the connection goes with its queue.
 */
static void store_and_answer(struct ingest *in)
{
	if (batch_count(in->batch) == 0)
		return;
	note_store(in, batch_store(in->batch, in->config->store) != STORE_OK);
	if (in->store_failing) {
		drop_connection(in);
		return;
	}
	if (in->online)
		batch_answer(in->batch, publish, in);
	batch_clear(in->batch);
}

static int wait_for_broker(struct ingest *in)
{
	short want = (short)(mqtt_wants_write(in->mqtt) ? POLLIN | POLLOUT : POLLIN);
	struct pollfd p = {mqtt_socket(in->mqtt), want, 0};
	struct timespec timeout = {TICK_MS / 1000, (long)(TICK_MS % 1000) * 1000000};
	int n = ppoll(&p, 1, &timeout, in->config->wait_mask);
	return n > 0 ? p.revents : 0;
}

static void one_round(struct ingest *in)
{
	int events_seen = wait_for_broker(in);
	if ((events_seen & ~POLLOUT) && read_batch(in) != 0)
		lose(in, in->out_of_memory ? "out of memory" : mqtt_error(in->mqtt));
	in->out_of_memory = false;
	store_and_answer(in);
	if (!in->online)
		return;
	if (mqtt_write(in->mqtt) != 0 || mqtt_tick(in->mqtt) != 0)
		lose(in, mqtt_error(in->mqtt));
	else if (!in->ready && clock_ms(CLOCK_MONOTONIC) > in->deadline)
		lose(in, "no answer to CONNECT");
}

/* At the start a broker that is not there is a mistake to be told, later an event to wait out. */
static bool broken_at_start(const struct ingest *in)
{
	if (in->online || in->was_ready || in->store_failing || *in->config->stop)
		return false;
	log_error("cannot use the broker at %s (port %u): %s; start it, or set `broker` and `port`",
	    in->config->broker, in->config->port, in->why);
	return true;
}

/* What is acknowledged goes out, and then DISCONNECT: the batch is empty between rounds. */
static void leave(struct ingest *in)
{
	if (!in->online)
		return;
	mqtt_disconnect(in->mqtt);
	int64_t end = clock_ms(CLOCK_MONOTONIC) + TICK_MS;
	while (mqtt_socket(in->mqtt) >= 0 && mqtt_write(in->mqtt) == 0 &&
	       mqtt_wants_write(in->mqtt) && clock_ms(CLOCK_MONOTONIC) < end) {
		struct pollfd p = {mqtt_socket(in->mqtt), POLLOUT, 0};
		poll(&p, 1, TICK_MS);
	}
}

static enum ingest_status loop(struct ingest *in)
{
	connect_broker(in);
	while (!*in->config->stop) {
		if (broken_at_start(in))
			return INGEST_UNREACHABLE;
		if (in->online)
			one_round(in);
		else
			wait_and_reconnect(in);
	}
	leave(in);
	return INGEST_STOPPED;
}

enum ingest_status ingest_run(const struct ingest_config *config)
{
	struct ingest in = {.config = config, .batch = batch_open()};
	in.mqtt = mqtt_open(config->client_id, FILTER, &events, &in);
	enum ingest_status status = INGEST_FAILED;
	if (in.batch && in.mqtt)
		status = loop(&in);
	else
		log_error("out of memory");
	mqtt_close(in.mqtt);
	batch_close(in.batch);
	return status;
}
