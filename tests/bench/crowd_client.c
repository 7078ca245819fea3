/* crowd_client.c: MQTT 5 over a WebSocket, no more of it than the page's connection needs. The
 * broker sends each packet in a frame of its own; ours are masked with zeros. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"

/* As in web/chat/connection.js and reader.js. */
enum { PROBE_MS = 25000, CONNECT_TIMEOUT_MS = 10000, GOOD_MS = 10000, KEEPALIVE_S = 120 };
enum { GATHER_MS = 250 };

enum { CONNACK = 2, PUBLISH = 3, SUBACK = 9 };

/* Of one event: answers that go out together. */
static struct packets {
	unsigned char bytes[65536];
	size_t used;
} out;

int64_t client_wait(int failures)
{
	int n = failures < crowd.waits ? failures : crowd.waits;
	if (n < 1)
		return 0;
	int64_t from = crowd.wait_from[n - 1], to = crowd.wait_to[n - 1];
	return from + (int64_t)(drand48() * (double)(to - from));
}

static void lost(struct client *client)
{
	int64_t now = now_ms();
	if (client->phase == ONLINE && now - client->online_since >= GOOD_MS)
		client->failures = 0;
	crowd.online -= client->phase == ONLINE;
	crowd.connecting -= client->phase > WAITING && client->phase < ONLINE;
	crowd.whole -= client->whole_at != 0;
	crowd.lost++;
	client->whole_at = 0;
	stream_close(&client->socket);
	client->phase = WAITING;
	client->due = now + client_wait(++client->failures);
}

static void begin(struct client *client)
{
	if (crowd.at_once && crowd.connecting >= crowd.at_once)
		return;
	client->phase = OPENING;
	client->due = now_ms() + CONNECT_TIMEOUT_MS;
	crowd.connecting++;
	char request[400];
	snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Protocol: mqtt\r\n\r\n",
	    crowd.path, crowd.port, crowd.port);
	if (!stream_open(&client->socket, request))
		lost(client);
}

/* --- What goes out */

static void put(const void *bytes, size_t size)
{
	if (out.used + size > sizeof(out.bytes))
		abort();
	memcpy(out.bytes + out.used, bytes, size);
	out.used += size;
}

/* One packet of less than 126 bytes with its two, in a frame. */
static void put_packet(unsigned char first, const void *body, size_t size)
{
	const unsigned char head[] = {
	    0x82, (unsigned char)(0x80 | (size + 2)), 0, 0, 0, 0, first, (unsigned char)size};
	if (size + 2 > 125)
		abort();
	put(head, sizeof(head));
	put(body, size);
}

static bool flush(struct client *client)
{
	size_t used = out.used;
	out.used = 0;
	return !used || stream_send(&client->socket, out.bytes, used);
}

static size_t add_string(unsigned char *to, const char *text)
{
	size_t size = strlen(text);
	to[0] = 0;
	to[1] = (unsigned char)size;
	memcpy(to + 2, text, size);
	return size + 2;
}

static size_t add_presence_topic(unsigned char *to, const struct client *client)
{
	char topic[100];
	snprintf(topic, sizeof(topic), "chat/%s/presence/crowd-%d", crowd.room,
	    (int)(client - crowd.clients));
	return add_string(to, topic);
}

static void put_connect(const struct client *client)
{
	static const unsigned char head[] = {0, 4, 'M', 'Q', 'T', 'T', 5};
	unsigned char body[200];
	char id[32];
	memcpy(body, head, sizeof(head));
	size_t n = sizeof(head);
	body[n++] = crowd.named ? 0x2e : 0x02; /* clean; a retained will of QoS 1 */
	body[n++] = 0;
	body[n++] = KEEPALIVE_S;
	body[n++] = 0;
	snprintf(id, sizeof(id), "crowd-%d", (int)(client - crowd.clients));
	n += add_string(body + n, id);
	if (crowd.named) {
		body[n++] = 0;
		n += add_presence_topic(body + n, client);
		n += add_string(body + n, "");
	}
	put_packet(0x10, body, n);
}

static void put_subscribe(void)
{
	static const char *const all[] = {"chat/+", "chat/+/stored", "chat/+/rejected"};
	unsigned char body[200] = {0, 1, 0};
	size_t n = 3;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		n += add_string(body + n, all[i]);
		body[n++] = 0x21; /* QoS 1, nothing retained */
	}
	put_packet(0x82, body, n);
}

static void put_presence(const struct client *client)
{
	unsigned char body[200] = {0, 2, 0};
	char topic[100];
	snprintf(topic, sizeof(topic), "chat/%s/presence/+", crowd.room);
	size_t n = 3 + add_string(body + 3, topic);
	body[n++] = 0x01;
	put_packet(0x82, body, n);
	n = add_presence_topic(body, client);
	n += (size_t)sprintf((char *)body + n, "%c%c%c{\"nickname\":\"Somebody\"}", 0, 3, 0);
	put_packet(0x33, body, n);
}

/* --- What comes in */

static void take_publish(struct client *client, const unsigned char *packet,
    const unsigned char *at, const unsigned char *end)
{
	size_t length = (size_t)at[0] << 8 | at[1];
	const char *topic = (const char *)at + 2;
	at += 2 + length;
	if (packet[0] & 0x06) {
		put_packet(0x40, at, 2);
		at += 2;
	}
	at += 1 + at[0]; /* properties: the broker has few to say */
	crowd.deliveries++;
	const char *payload = (const char *)at;
	size_t size = (size_t)(end - at);
	const char *level = memchr(topic + 5, '/', length - 5);
	if (!level)
		seen_message(client, payload, size);
	else if (level[1] == 's' && !seen_receipts(client, payload, size) && !client->read_due)
		client->read_due = now_ms() + GATHER_MS;
}

static void subscribed(struct client *client)
{
	client->phase = ONLINE;
	client->online_since = now_ms();
	client->due = client->online_since + PROBE_MS;
	crowd.connecting--;
	crowd.online++;
	if (crowd.named)
		put_presence(client);
	if (crowd.reads)
		client_read(client);
}

static bool take_packet(struct client *client, const unsigned char *packet, size_t size)
{
	const unsigned char *at = packet + 1, *end = packet + size;
	while (at < end && *at++ & 0x80)
		;
	switch (packet[0] >> 4) {
	case CONNACK:
		if (at[1])
			return false;
		put_subscribe();
		client->phase = SUBSCRIBING;
		return true;
	case SUBACK:
		if (client->phase == SUBSCRIBING)
			subscribed(client);
		return true;
	case PUBLISH:
		take_publish(client, packet, at, end);
		return true;
	default:
		return true;
	}
}

/* Returns the frame's size, 0 for one that is not whole. */
static size_t frame_size(const unsigned char *bytes, size_t used, size_t *head)
{
	size_t length = used > 1 ? bytes[1] & 0x7f : 0;
	*head = length == 126 ? 4 : length == 127 ? 10 : 2;
	if (used < *head)
		return 0;
	if (*head > 2) {
		length = 0;
		for (size_t i = 2; i < *head; i++)
			length = length << 8 | bytes[i];
	}
	return used < *head + length ? 0 : *head + length;
}

/* Returns false for what ends the connection. */
static bool take_frames(struct client *client)
{
	struct stream *stream = &client->socket;
	size_t done = 0, size, head;
	const unsigned char *bytes = (const unsigned char *)stream->bytes;
	while ((size = frame_size(bytes + done, stream->used - done, &head))) {
		const unsigned char *frame = bytes + done;
		bool binary = frame[0] == 0x82;
		if (!binary || !take_packet(client, frame + head, size - head))
			return false;
		if (out.used > sizeof(out.bytes) / 2 && !flush(client))
			return false;
		done += size;
	}
	stream_drop(stream, done);
	return true;
}

/* Returns false for a refusal. */
static bool take_handshake(struct client *client)
{
	struct stream *stream = &client->socket;
	const char *end = memmem(stream->bytes, stream->used, "\r\n\r\n", 4);
	if (!end)
		return true;
	if (memcmp(stream->bytes, "HTTP/1.1 101", 12) != 0)
		return false;
	stream_drop(stream, (size_t)(end + 4 - stream->bytes));
	client->phase = GREETING;
	put_connect(client);
	return true;
}

static void socket_ready(struct client *client)
{
	bool goes_on = stream_opened(&client->socket) && stream_fill(&client->socket);
	if (goes_on && client->phase == OPENING)
		goes_on = take_handshake(client);
	if (goes_on && client->phase > OPENING)
		goes_on = take_frames(client);
	if (!goes_on)
		out.used = 0;
	if (!goes_on || !flush(client))
		lost(client);
}

void client_ready(struct stream *stream)
{
	if (stream->fd < 0)
		return; /* closed by what came before in this round */
	if (stream == &stream->owner->socket)
		socket_ready(stream->owner);
	else
		history_ready(stream->owner);
}

void client_read(struct client *client)
{
	if (client->http.fd >= 0) {
		client->read_due = now_ms() + GATHER_MS;
		return;
	}
	client->read_due = 0;
	history_ask(client);
}

void client_tick(struct client *client, int64_t now)
{
	if (client->read_due && client->read_due <= now && client->phase == ONLINE)
		client_read(client);
	if (client->due > now)
		return;
	if (client->phase == WAITING) {
		begin(client);
	} else if (client->phase == ONLINE) {
		put_packet(0xc0, "", 0);
		client->due = now + PROBE_MS;
		if (!flush(client))
			lost(client);
	} else {
		lost(client);
	}
}
