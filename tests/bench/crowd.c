/*
 * crowd.c: many pages that only listen: MQTT over WebSocket, each subscribed at QoS 1.
 *
 *     crowd PORT PATH CLIENTS AT_ONCE TOPIC
 *
 * AT_ONCE are being connected at a time. One line of JSON when all are, or have failed; then one
 * for each line on the standard input, about what came since the last: a message is one whose
 * payload has @ and the sender's CLOCK_MONOTONIC in ns. The end of the input ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { INPUT = 4096, EVENTS = 512, STAMPS = 1 << 16, PING_S = 25, KEEPALIVE_S = 120 };
enum state { IDLE, HANDSHAKE, CONNECTING, SUBSCRIBING, READY, GONE };

struct client {
	int fd;
	enum state state;
	unsigned filled;
	double pinged;
	unsigned char *input;
};

static struct client *clients;
static int count, opened, ready, failed, epoll_fd;
static char last_error[200];
static const char *topic, *path;
static struct sockaddr_in address;

static struct {
	long long at; /* as its sender said */
	double last;  /* of those who got it */
	int receivers;
} stamps[STAMPS];
static int stamp_count;
static float *latencies; /* ms */
static size_t latency_count, latency_room;

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void give_up(struct client *client, const char *why)
{
	snprintf(last_error, sizeof(last_error), "%.60s", why);
	last_error[strcspn(last_error, "\r\n\"\\")] = '\0';
	close(client->fd);
	ready -= client->state == READY;
	failed++;
	client->state = GONE;
}

/* One packet in one masked frame; the mask is zero. */
static void put(struct client *client, const void *packet, size_t size)
{
	unsigned char frame[256] = {0x82, (unsigned char)(0x80 | size)};
	memcpy(frame + 6, packet, size);
	if (send(client->fd, frame, 6 + size, MSG_NOSIGNAL) != (ssize_t)(6 + size))
		give_up(client, strerror(errno));
}

static void put_connect(struct client *client)
{
	unsigned char packet[64] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, KEEPALIVE_S, 0};
	int length = snprintf((char *)packet + 14, 40, "crowd-%d-%d", (int)getpid(), client->fd);
	packet[13] = (unsigned char)length;
	packet[1] = (unsigned char)(12 + length);
	client->state = CONNECTING;
	put(client, packet, 14 + (size_t)length);
}

static void put_subscribe(struct client *client)
{
	unsigned char packet[100] = {0x82, 0, 0, 1, 0};
	size_t length = strlen(topic);
	packet[1] = (unsigned char)(5 + length);
	packet[5] = (unsigned char)length;
	memcpy(packet + 6, topic, length);
	packet[6 + length] = 1;
	client->state = SUBSCRIBING;
	put(client, packet, 7 + length);
}

static void note(const unsigned char *payload, size_t size)
{
	const char *mark = memchr(payload, '@', size);
	if (!mark)
		return;
	long long at = strtoll(mark + 1, NULL, 10);
	double time = now();
	int i = stamp_count - 1;
	while (i >= 0 && stamps[i].at != at)
		i--;
	if (i < 0 && stamp_count == STAMPS)
		return;
	if (i < 0) {
		i = stamp_count++;
		memset(&stamps[i], 0, sizeof(stamps[i]));
		stamps[i].at = at;
	}
	stamps[i].receivers++;
	stamps[i].last = time;
	if (latency_count == latency_room) {
		latency_room = latency_room ? 2 * latency_room : 1 << 16;
		latencies = realloc(latencies, latency_room * sizeof(*latencies));
		if (!latencies)
			abort();
	}
	latencies[latency_count++] = (float)(time * 1e3 - (double)at / 1e6);
}

static void take_publish(struct client *client, unsigned char *packet, size_t size)
{
	size_t at = packet[1] & 128 ? 3 : 2, topic_size = (size_t)packet[at] << 8 | packet[at + 1];
	unsigned char *rest = packet + at + 2 + topic_size;
	if (packet[0] & 6) {
		unsigned char acknowledgement[4] = {0x40, 2, rest[0], rest[1]};
		put(client, acknowledgement, sizeof(acknowledgement));
		rest += 2;
	}
	note(rest, size - (size_t)(rest - packet));
}

static void take_packet(struct client *client, unsigned char *packet, size_t size)
{
	switch (packet[0] >> 4) {
	case 2:
		put_subscribe(client);
		break;
	case 9:
		client->state = READY;
		client->pinged = now();
		ready++;
		break;
	case 3:
		take_publish(client, packet, size);
		break;
	default:
		break;
	}
}

/* Returns how many bytes the first frame has, or 0 if it is not all here. */
static size_t take_frame(struct client *client, unsigned char *in, size_t size)
{
	size_t head = size >= 2 && in[1] == 126 ? 4 : 2;
	if (size < head)
		return 0;
	size_t body = head == 4 ? (size_t)in[2] << 8 | in[3] : in[1];
	if (size < head + body)
		return 0;
	if (in[0] == 0x88)
		give_up(client, "closed by the broker");
	for (size_t at = head; at + 2 <= head + body && client->state != GONE;) {
		unsigned char *packet = in + at;
		size_t length = packet[1] & 127, more = packet[1] & 128;
		if (more)
			length |= (size_t)packet[2] << 7;
		length += more ? 3 : 2;
		take_packet(client, packet, length);
		at += length;
	}
	return head + body;
}

static size_t take_handshake(struct client *client, unsigned char *in, size_t size)
{
	unsigned char *end = memmem(in, size, "\r\n\r\n", 4);
	if (!end)
		return 0;
	if (memcmp(in, "HTTP/1.1 101", 12) == 0)
		put_connect(client);
	else
		give_up(client, (char *)in);
	return (size_t)(end - in) + 4;
}

static void read_some(struct client *client)
{
	ssize_t size =
	    recv(client->fd, client->input + client->filled, INPUT - client->filled, MSG_DONTWAIT);
	if (size < 0 && errno == EAGAIN)
		return;
	if (size <= 0) {
		give_up(client, size ? strerror(errno) : "the connection ended");
		return;
	}
	client->filled += (unsigned)size;
	unsigned done = 0;
	for (size_t took = 1; took && client->state != GONE; done += (unsigned)took) {
		unsigned char *in = client->input + done;
		size_t rest = client->filled - done;
		took = client->state == HANDSHAKE ? take_handshake(client, in, rest)
						  : take_frame(client, in, rest);
	}
	memmove(client->input, client->input + done, client->filled - done);
	client->filled -= done;
}

static void open_one(struct client *client)
{
	char request[400];
	int port = ntohs(address.sin_port), on = 1;
	int size = snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: bXF0dC1jaGF0LWNyb3dkIQ==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
	    path, port, port);
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	client->input = malloc(INPUT);
	client->state = HANDSHAKE;
	if (client->fd < 0 || !client->input ||
	    connect(client->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		give_up(client, strerror(errno));
		return;
	}
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, client->fd, &event) != 0 ||
	    send(client->fd, request, (size_t)size, MSG_NOSIGNAL) != size)
		give_up(client, strerror(errno));
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

/* Of those who are there: complete are the messages that all of them got. */
static void report(void)
{
	int complete = 0;
	double first = 0, last = 0, whole = 0;
	for (int i = 0; i < stamp_count; i++) {
		double at = (double)stamps[i].at / 1e9;
		complete += stamps[i].receivers == ready;
		first = i == 0 || at < first ? at : first;
		last = stamps[i].last > last ? stamps[i].last : last;
		whole += (stamps[i].last - at) * 1e3 / stamp_count;
	}
	qsort(latencies, latency_count, sizeof(*latencies), compare);
	printf("{\"ready\":%d,\"failed\":%d,\"error\":\"%s\",\"messages\":%d,\"complete\":%d,"
	       "\"received\":%zu,\"seconds\":%.4f,\"p50\":%.3f,\"p99\":%.3f,\"whole\":%.3f}\n",
	    ready, failed, last_error, stamp_count, complete, latency_count, last - first,
	    latency_count ? (double)latencies[latency_count / 2] : 0,
	    latency_count ? (double)latencies[latency_count * 99 / 100] : 0, whole);
	fflush(stdout);
	latency_count = 0;
	stamp_count = 0;
}

static void ping_all(void)
{
	static const unsigned char ping[2] = {0xc0, 0};
	double time = now();
	for (int i = 0; i < opened; i++) {
		if (clients[i].state != READY || time - clients[i].pinged < PING_S)
			continue;
		clients[i].pinged = time;
		put(&clients[i], ping, sizeof(ping));
	}
}

/* Returns whether it goes on. */
static int answer_stdin(void)
{
	char line[100];
	ssize_t size = read(STDIN_FILENO, line, sizeof(line));
	if (size > 0)
		report();
	return size > 0;
}

int main(int argc, char **argv)
{
	if (argc != 6 || strlen(argv[5]) > 80) {
		fprintf(stderr, "usage: crowd PORT PATH CLIENTS AT_ONCE TOPIC\n");
		return 64;
	}
	address.sin_family = AF_INET;
	address.sin_port = htons((unsigned short)strtol(argv[1], NULL, 10));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	path = argv[2];
	topic = argv[5];
	count = (int)strtol(argv[3], NULL, 10);
	int at_once = (int)strtol(argv[4], NULL, 10);
	clients = calloc((size_t)count, sizeof(*clients));
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event input = {.events = EPOLLIN}, events[EVENTS];
	if (!clients || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &input) != 0)
		return 1;
	for (int told = 0, on = 1; on;) {
		while (opened < count && opened - ready - failed < at_once)
			open_one(&clients[opened++]);
		if (!told && ready + failed == count) {
			told = 1;
			report();
		}
		int got = epoll_wait(epoll_fd, events, EVENTS, 1000);
		for (int i = 0; i < got; i++) {
			struct client *client = events[i].data.ptr;
			if (!client)
				on = answer_stdin();
			else if (client->state != GONE)
				read_some(client);
		}
		ping_all();
	}
	return 0;
}
