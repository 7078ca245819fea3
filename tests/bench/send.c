/*
 * send.c: publishes as fast as the broker acknowledges, or at a rate.
 *
 *     send PORT TOPIC SENDERS WINDOW COUNT [RATE]
 *
 * COUNT messages as the page writes them, QoS 1, from SENDERS connections that have WINDOW each
 * unacknowledged at most; RATE: a second, of all together. Ends when every one is acknowledged, and
 * prints how long that took and what it cost the processor.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 1 << 16, PACKET = 512, SENDERS_MAX = 1000 };

struct sender {
	long in_flight;
	size_t filled, written; /* of out */
	size_t got;		/* of a PUBACK that came in part */
	unsigned short packet_id;
	unsigned char out[BUFFER];
};

static struct sender *senders;
static struct pollfd *sockets;
static long begun, acknowledged;

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "send: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Waits for the CONNACK, too: it is no part of what is measured. */
static int open_connection(int port, int number)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		fail("the broker cannot be reached");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	unsigned char connect_packet[64] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0};
	char *id = (char *)connect_packet + 14;
	int length = snprintf(id, 40, "send-%d-%d", (int)getpid(), number);
	connect_packet[13] = (unsigned char)length;
	connect_packet[1] = (unsigned char)(12 + length);
	unsigned char answer[4];
	if (write(fd, connect_packet, 14 + (size_t)length) < 0 ||
	    recv(fd, answer, sizeof(answer), MSG_WAITALL) != sizeof(answer) || answer[3] != 0)
		fail("the broker refuses the connection");
	return fd;
}

static void put_message(struct sender *sender, const char *topic, int number)
{
	char body[PACKET];
	int length = snprintf(body, sizeof(body),
	    "{\"nickname\":\"Tester\",\"text\":\"Message of an ordinary length, as people write "
	    "them "
	    "%ld\",\"clientId\":\"cli-%d\",\"msgId\":\"%d-%ld\"}",
	    begun, number, (int)getpid(), begun);
	size_t topic_length = strlen(topic), rest = 4 + topic_length + (size_t)length;
	unsigned char *at = sender->out + sender->filled;
	if (++sender->packet_id == 0)
		sender->packet_id = 1;
	*at++ = 0x32;
	*at++ = (unsigned char)(rest % 128 | 128);
	*at++ = (unsigned char)(rest / 128);
	*at++ = 0;
	*at++ = (unsigned char)topic_length;
	memcpy(at, topic, topic_length);
	at += topic_length;
	*at++ = (unsigned char)(sender->packet_id >> 8);
	*at++ = (unsigned char)sender->packet_id;
	memcpy(at, body, (size_t)length);
	sender->filled = (size_t)(at - sender->out) + (size_t)length;
	sender->in_flight++;
	begun++;
}

static void write_out(struct sender *sender, int fd)
{
	ssize_t size =
	    send(fd, sender->out + sender->written, sender->filled - sender->written, MSG_DONTWAIT);
	if (size < 0 && errno != EAGAIN)
		fail("the broker hung up");
	sender->written += size > 0 ? (size_t)size : 0;
	if (sender->written == sender->filled)
		sender->written = sender->filled = 0;
}

static void read_acknowledgements(struct sender *sender, int fd)
{
	unsigned char in[BUFFER];
	ssize_t size = recv(fd, in, sizeof(in), MSG_DONTWAIT);
	if (size == 0 || (size < 0 && errno != EAGAIN))
		fail("the broker hung up");
	sender->got += size > 0 ? (size_t)size : 0;
	long packets = (long)(sender->got / 4); /* nothing else comes */
	sender->got %= 4;
	sender->in_flight -= packets;
	acknowledged += packets;
}

static double processor(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Messages go round the senders, so that each has its part. */
static void fill_windows(const char *topic, int count, long window, long allowed)
{
	for (int more = 1; more;) {
		more = 0;
		for (int i = 0; i < count && begun < allowed; i++) {
			struct sender *sender = &senders[i];
			if (sender->in_flight >= window || sender->filled + PACKET + 64 > BUFFER)
				continue;
			put_message(sender, topic, i);
			more = 1;
		}
	}
	for (int i = 0; i < count; i++)
		if (senders[i].filled)
			write_out(&senders[i], sockets[i].fd);
}

int main(int argc, char **argv)
{
	long limits[] = {0, 0, 0, 0, 0};
	for (int i = 3; i < argc && i < 7; i++)
		limits[i - 2] = strtol(argv[i], NULL, 10);
	int count = (int)limits[1];
	long window = limits[2], total = limits[3], rate = limits[4];
	if (argc < 6 || count < 1 || count > SENDERS_MAX || window < 1 || strlen(argv[2]) > 60) {
		fprintf(stderr, "usage: send PORT TOPIC SENDERS WINDOW COUNT [RATE]\n");
		return 64;
	}
	senders = calloc((size_t)count, sizeof(*senders));
	sockets = calloc((size_t)count, sizeof(*sockets));
	if (!senders || !sockets)
		fail("memory");
	for (int i = 0; i < count; i++)
		sockets[i].fd = open_connection((int)strtol(argv[1], NULL, 10), i);
	double start = now();
	while (acknowledged < total) {
		long allowed = rate ? (long)((now() - start) * (double)rate) + 1 : total;
		fill_windows(argv[2], count, window, allowed < total ? allowed : total);
		for (int i = 0; i < count; i++)
			sockets[i].events = (short)(POLLIN | (senders[i].filled ? POLLOUT : 0));
		poll(sockets, (nfds_t)count, rate ? 1 : 1000);
		for (int i = 0; i < count; i++)
			if (sockets[i].revents & ~POLLOUT)
				read_acknowledgements(&senders[i], sockets[i].fd);
	}
	printf("{\"seconds\":%.6f,\"processor\":%.3f}\n", now() - start, processor());
	return 0;
}
