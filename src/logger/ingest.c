#include "logger/ingest.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/retry.h"
#include "base/text.h"
#include "broker/anonymous.h"
#include "broker/mqtt.h"
#include "logger/notify.h"
#include "logger/topics.h"
#include "logger/writer.h"

#define FILTER "chat/+"
#define TOPICS "chat/+/topic"
#define TICK_MS 1000
#define BATCH_MS 50	 /* a batch is not read for longer: PINGREQ has to wait for it */
#define FLOOD_FROM 32	 /* messages that wait: so many come that a batch is worth waiting for */
#define FLOOD_ENOUGH 500 /* in a batch */
#define FLOOD_MS 3
#define CONNECT_MS 10000 /* until the subscription is in force */
#define SETTLE_MS 1000	 /* at the end, for the broker to read the last acknowledgements */

struct ingest {
	const struct ingest_config *config;
	struct writer *writer;
	struct mqtt *mqtt;
	struct topics topics;
	bool online;	    /* there is a connection, or one is being made */
	bool ready;	    /* the subscription is in force */
	bool was_ready;	    /* it has been, at least once */
	bool unguarded;	    /* the broker lets in whoever comes, and must not */
	bool out_of_memory; /* a message could not be taken in */
	uint64_t probe;	    /* the batch that the probe under way will settle; 0: none */
	uint64_t settled;   /* the last batch whose acknowledgements the broker has read */
	uint64_t received;  /* messages and topics, of all connections */
	uint64_t dropped;   /* messages that the broker said it dropped */
	unsigned attempt;   /* since all went well last */
	int64_t deadline;   /* monotonic ms, for becoming ready */
	char why[200];	    /* it is not online */
};

/* ---- what the broker tells ---- */

static void on_connected(void *arg, bool session_present)
{
	struct ingest *in = arg;
	topics_begin(&in->topics);
	writer_connected(in->writer, session_present);
}

static void on_subscribed(void *arg)
{
	struct ingest *in = arg;
	in->ready = in->was_ready = true;
	if (writer_error(in->writer)[0])
		return;
	in->attempt = 0;
	log_info("ready: connected to %s, storing what is sent to " FILTER, in->config->broker);
}

static void on_message(
    void *arg, struct str topic, struct str payload, const struct delivery *delivery)
{
	struct ingest *in = arg;
	in->received++;
	if (!writer_take(in->writer, topic, payload, delivery))
		in->out_of_memory = true;
}

/* Starts at 0 again with the broker. */
static void on_dropped(void *arg, uint64_t total)
{
	struct ingest *in = arg;
	if (total > in->dropped)
		log_warning("the broker has dropped %llu message%s since it started, because a "
			    "queue was full; what was this logger's is not stored: raise "
			    "max_queued_messages, max_queued_bytes and memory_limit of the broker",
		    (unsigned long long)total, text_plural((int64_t)total));
	in->dropped = total;
}

static void on_probed(void *arg)
{
	struct ingest *in = arg;
	in->settled = in->probe;
	in->probe = 0;
	writer_settle(in->writer, in->settled);
}

static void on_topic(void *arg, struct str topic, struct str payload)
{
	struct ingest *in = arg;
	in->received++;
	topics_note(&in->topics, topic, payload);
}

static void on_topics(void *arg)
{
	struct ingest *in = arg;
	topics_listed(&in->topics);
}

static const struct mqtt_events events = {
    on_connected, on_subscribed, on_message, on_dropped, on_probed, on_topic, on_topics};

/* ---- connecting ---- */

/* Nobody's clientId is bound where whoever comes is let in, with what the settings promise. */
static bool is_unguarded(struct ingest *in)
{
	const struct ingest_config *config = in->config;
	in->unguarded = config->writer.bound && anonymous_let_in(config->broker, config->port);
	if (in->unguarded)
		log_error("the broker at %s lets in who has no token, and `identity` is not open: "
			  "restart the broker, whose journal says what is wrong with its plugin",
		    config->broker);
	return in->unguarded;
}

static void connect_broker(struct ingest *in)
{
	in->ready = in->online = false;
	if (is_unguarded(in))
		return;
	in->probe = 0;
	in->deadline = clock_ms(CLOCK_MONOTONIC) + CONNECT_MS;
	in->online = mqtt_connect(in->mqtt, in->config->broker, in->config->port) == 0 &&
		     mqtt_write(in->mqtt) == 0;
	if (!in->online)
		snprintf(in->why, sizeof(in->why), "%s", mqtt_error(in->mqtt));
}

static void leave_broker(struct ingest *in)
{
	in->online = in->ready = false;
}

/* One line when it goes, not one for each attempt to get it back. */
static void lose(struct ingest *in, const char *why)
{
	snprintf(in->why, sizeof(in->why), "%s", why);
	if (in->ready)
		log_warning("lost the broker at %s: %s; trying again until it is back",
		    in->config->broker, why);
	leave_broker(in);
}

static void wait_and_reconnect(struct ingest *in)
{
	unsigned random = 0;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (unsigned)clock_ms(CLOCK_MONOTONIC);
	int ms = retry_wait_ms(++in->attempt, random);
	struct timespec timeout = {ms / 1000, (long)(ms % 1000) * 1000000};
	ppoll(NULL, 0, &timeout, in->config->wait_mask);
	if (!*in->config->stop && writer_ready(in->writer))
		connect_broker(in);
}

/* ---- a round ---- */

static bool readable(int socket)
{
	struct pollfd p = {socket, POLLIN, 0};
	return poll(&p, 1, 0) == 1;
}

/*
 * Reads until what comes is no message, the batch is full, or its time is over. -1: connection
 * lost.
 */
static int read_messages(struct ingest *in, int64_t end)
{
	uint64_t before;
	do {
		before = in->received;
		if (mqtt_read(in->mqtt) != 0 || in->out_of_memory)
			return -1;
	} while (
	    in->received > before && !writer_full(in->writer) && clock_ms(CLOCK_MONOTONIC) < end);
	return 0;
}

/*
 * A commit costs the processor what tens of messages do. In a flood, where all have to share it, a
 * batch waits for more of them: as many as come by themselves while a slower disk syncs.
 */
static int read_batch(struct ingest *in)
{
	int64_t end = clock_ms(CLOCK_MONOTONIC) + BATCH_MS;
	if (read_messages(in, end) != 0)
		return -1;
	size_t count = writer_waiting(in->writer);
	if (count < FLOOD_FROM || count >= FLOOD_ENOUGH)
		return 0;
	nanosleep(&(struct timespec){0, FLOOD_MS * 1000000L}, NULL);
	return read_messages(in, end);
}

static void publish(void *arg, const char *topic, struct str payload)
{
	struct ingest *in = arg;
	if (mqtt_publish(in->mqtt, topic, payload) != 0)
		log_warning("no memory for an answer on %s", topic);
}

static void publish_topic(void *arg, const char *topic, struct str payload)
{
	struct ingest *in = arg;
	if (mqtt_publish_kept(in->mqtt, topic, payload) != 0)
		log_warning("no memory to publish %s", topic);
}

/*
 * Where it cannot be stored, it may not be acknowledged: the connection goes, with all that is
 * queued on it, and the broker will deliver again. A batch whose connection is lost is stored all
 * the same: if the broker delivers it again, it is known.
 */
static void store_and_answer(struct ingest *in)
{
	if (writer_waiting(in->writer) == 0)
		return;
	if (!writer_store(in->writer)) {
		leave_broker(in);
		return;
	}
	in->attempt = 0;
	writer_answer(in->writer, in->online ? publish : NULL, in);
}

/* After acknowledgements, a question: its answer tells that they were read. */
static void probe(struct ingest *in)
{
	if (in->probe || in->settled == writer_batch(in->writer))
		return;
	if (mqtt_probe(in->mqtt) == 0)
		in->probe = writer_batch(in->writer);
}

static int wait_for_broker(struct ingest *in)
{
	short want = (short)(mqtt_wants_write(in->mqtt) ? POLLIN | POLLOUT : POLLIN);
	struct pollfd p = {mqtt_socket(in->mqtt), want, 0};
	int ms = in->ready ? writer_wait_ms(in->writer, TICK_MS) : TICK_MS;
	ms = topics_wait_ms(&in->topics, clock_ms(CLOCK_MONOTONIC), ms);
	struct timespec timeout = {ms / 1000, (long)(ms % 1000) * 1000000};
	if (ppoll(&p, 1, &timeout, in->config->wait_mask) <= 0)
		return 0;
	/* With something to read at once it has let no signal in. */
	ppoll(NULL, 0, &(struct timespec){0, 0}, in->config->wait_mask);
	return p.revents;
}

static void work_behind(struct ingest *in, bool quiet)
{
	if (!in->ready)
		return;
	if (writer_work(in->writer, quiet, readable(mqtt_socket(in->mqtt))))
		topics_run(&in->topics, writer_lend(in->writer), clock_ms(CLOCK_MONOTONIC),
		    publish_topic, in);
	else
		leave_broker(in);
}

static void one_round(struct ingest *in)
{
	int events_seen = wait_for_broker(in);
	if ((events_seen & ~POLLOUT) && read_batch(in) != 0)
		lose(in, in->out_of_memory ? "out of memory" : mqtt_error(in->mqtt));
	in->out_of_memory = false;
	if (!writer_ready(in->writer))
		leave_broker(in);
	else
		store_and_answer(in);
	if (!in->online)
		return;
	if (in->ready && !writer_awaits_repetition(in->writer))
		mqtt_ignore_duplicates(in->mqtt);
	probe(in);
	if (mqtt_write(in->mqtt) != 0 || mqtt_tick(in->mqtt) != 0)
		lose(in, mqtt_error(in->mqtt));
	else if (!in->ready && clock_ms(CLOCK_MONOTONIC) > in->deadline)
		lose(in, "no answer to CONNECT");
	work_behind(in, !events_seen);
}

/*
 * At the start a broker that is not there is a mistake to be told, later an event to wait out. A
 * service manager starts us before its time, or while the broker is being mended: it waits, too.
 */
static bool broken_at_start(const struct ingest *in)
{
	if (in->online || in->was_ready || in->attempt || writer_error(in->writer)[0] ||
	    *in->config->stop)
		return false;
	log_error("cannot use the broker at %s (port %u): %s; start it, or set `broker` and `port`",
	    in->config->broker, in->config->port, in->why);
	return !notify_wanted();
}

/* For `systemctl status`; not before the first connection has come about, or has failed. */
static void tell_systemd(const struct ingest *in)
{
	const char *error = writer_error(in->writer);
	enum message_fault refused = writer_refuses(in->writer);
	if (error[0])
		notify_alive("cannot store: %s", error);
	else if (in->ready && refused)
		notify_alive("refusing messages: %s", message_fault_text(refused));
	else if (in->ready)
		notify_alive("storing what is sent to " FILTER " at %s", in->config->broker);
	else if (in->attempt)
		notify_alive("waiting for the broker at %s (port %u): %s", in->config->broker,
		    in->config->port, in->why);
}

/* DISCONNECT goes out behind all that is queued; the batch is empty between rounds. */
static void disconnect(struct ingest *in)
{
	int64_t end = clock_ms(CLOCK_MONOTONIC) + TICK_MS;
	mqtt_disconnect(in->mqtt);
	while (mqtt_socket(in->mqtt) >= 0 && mqtt_write(in->mqtt) == 0 &&
	       mqtt_wants_write(in->mqtt) && clock_ms(CLOCK_MONOTONIC) < end) {
		struct pollfd p = {mqtt_socket(in->mqtt), POLLOUT, 0};
		poll(&p, 1, TICK_MS);
	}
}

static void leave(struct ingest *in)
{
	int64_t end = clock_ms(CLOCK_MONOTONIC) + SETTLE_MS;
	while (
	    in->ready && in->settled != writer_batch(in->writer) && clock_ms(CLOCK_MONOTONIC) < end)
		one_round(in);
	if (in->ready && in->settled == writer_batch(in->writer))
		writer_forget_marks(in->writer);
	if (in->online)
		disconnect(in);
}

static enum ingest_status loop(struct ingest *in)
{
	connect_broker(in);
	while (!*in->config->stop) {
		if (in->unguarded)
			return INGEST_UNGUARDED;
		if (broken_at_start(in))
			return INGEST_UNREACHABLE;
		if (in->online)
			one_round(in);
		else
			wait_and_reconnect(in);
		if (in->ready && writer_show_life(in->writer))
			in->attempt = 0;
		writer_tell(in->writer);
		tell_systemd(in);
	}
	notify_stopping();
	leave(in);
	return INGEST_STOPPED;
}

static int log_in(struct ingest *in)
{
	const struct ingest_config *config = in->config;
	return config->username[0] ? mqtt_login(in->mqtt, config->username, config->password) : 0;
}

enum ingest_status ingest_run(const struct ingest_config *config, struct store *store)
{
	struct ingest in = {.config = config, .writer = writer_open(&config->writer, store)};
	if (!in.writer)
		return INGEST_FAILED;
	enum ingest_status status = INGEST_FAILED;
	in.mqtt = mqtt_open(config->client_id, FILTER, &events, &in);
	if (in.mqtt)
		mqtt_follow(in.mqtt, TOPICS);
	if (!in.mqtt || log_in(&in) != 0)
		log_error("out of memory");
	else
		status = loop(&in);
	topics_end(&in.topics);
	mqtt_close(in.mqtt);
	writer_close(in.writer);
	return status;
}
