/*
 * crowd.c: many browsers at once. Each of the clients does what the page's connection does: MQTT 5
 * over a WebSocket through nginx, the page's subscriptions, an acknowledgement for each delivery, a
 * ping every 25 s; where the connection ends it waits and comes back. crowd.js steers it.
 *
 *     crowd PORT PATH ROOM COUNT
 *
 * It takes commands from its input, a line each, and answers each with a line of JSON:
 *
 *     waits MS-MS …    how long to wait after the first failure, the second, …; the last holds on
 *     named            each says that it is present, as the page does of one that has a nickname
 *     reads            each reads the history when it is online, and tells what it knows
 *     connect N        no more than N connecting at the same time; answers when all are online
 *     free             no such bound from now on
 *     forget           of latencies and deliveries
 *     status           the figures
 *     whole            when each had all of the history: ms of the monotonic clock
 *     check FILE       how many know exactly the ids in FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "crowd.h"

enum { TICK_MS = 10, EVENTS = 512 };

struct crowd crowd;

static struct {
	bool waits; /* for all to be online */
	int64_t since;
} connecting;

int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t now_ms(void)
{
	return now_ns() / 1000000;
}

static int number(const char *text)
{
	return (int)strtol(text, NULL, 10);
}

/* --- Answers */

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static double latency_ms(double part)
{
	size_t used = crowd.latencies_used, n = (size_t)(part * (double)used);
	return used ? crowd.latencies[n < used ? n : used - 1] / 1e3 : 0;
}

static void answer_status(void)
{
	if (crowd.latencies_used)
		qsort(crowd.latencies, crowd.latencies_used, sizeof(*crowd.latencies), compare);
	printf("{\"online\":%d,\"whole\":%d,\"lost\":%ld,\"gets\":%ld,\"getsFailed\":%ld,"
	       "\"deliveries\":%ld,\"messages\":%zu,\"seconds\":%.6f,\"p50\":%.3f,\"p99\":%.3f,"
	       "\"longest\":%.3f}\n",
	    crowd.online, crowd.whole, crowd.lost, crowd.gets, crowd.gets_failed, crowd.deliveries,
	    crowd.latencies_used, (double)(crowd.last_ns - crowd.first_ns) / 1e9, latency_ms(0.5),
	    latency_ms(0.99), latency_ms(1));
}

static void answer_whole(void)
{
	printf("[");
	for (int i = 0; i < crowd.count; i++)
		printf("%s%lld", i ? "," : "", (long long)crowd.clients[i].whole_at);
	printf("]\n");
}

static void check_ids(const char *path)
{
	static uint8_t wanted[MESSAGES_MAX];
	memset(wanted, 0, sizeof(wanted));
	FILE *file = fopen(path, "re");
	char line[32];
	while (file && fgets(line, sizeof(line), file))
		wanted[number(line) % MESSAGES_MAX] = 1;
	if (file)
		fclose(file);
	int exact = 0;
	long missing = 0, foreign = 0;
	for (int i = 0; i < crowd.count; i++) {
		long before = missing + foreign;
		for (int id = 0; id < MESSAGES_MAX; id++) {
			bool knows = seen_knows(&crowd.clients[i], id);
			missing += wanted[id] && !knows;
			foreign += !wanted[id] && knows;
		}
		exact += missing + foreign == before;
	}
	printf("{\"exact\":%d,\"missing\":%ld,\"foreign\":%ld}\n", exact, missing, foreign);
}

/* --- Commands */

static void set_waits(char *list)
{
	crowd.waits = 0;
	for (char *at = list; *at && crowd.waits < WAITS_MAX; crowd.waits++) {
		crowd.wait_from[crowd.waits] = strtol(at, &at, 10);
		crowd.wait_to[crowd.waits] = strtol(at + (*at == '-'), &at, 10);
		at += strspn(at, " ");
	}
}

static void set_reads(void)
{
	crowd.reads = true;
	for (int i = 0; i < crowd.count; i++)
		if (!(crowd.clients[i].seen = calloc(1, sizeof(struct seen))))
			abort();
}

static void forget(void)
{
	crowd.latencies_used = 0;
	crowd.deliveries = crowd.lost = crowd.gets = crowd.gets_failed = 0;
	crowd.first_ns = crowd.last_ns = 0;
}

static void begin_connecting(int at_once)
{
	crowd.at_once = at_once;
	connecting.waits = true;
	connecting.since = now_ns();
	for (int i = 0; i < crowd.count; i++)
		crowd.clients[i].due = now_ms();
}

static void set(const char *name, char *rest)
{
	if (strcmp(name, "waits") == 0)
		set_waits(rest);
	else if (strcmp(name, "named") == 0)
		crowd.named = true;
	else if (strcmp(name, "reads") == 0)
		set_reads();
	else if (strcmp(name, "free") == 0)
		crowd.at_once = 0;
	else if (strcmp(name, "forget") == 0)
		forget();
	printf("{}\n");
}

static void obey(const char *name, char *rest)
{
	if (strcmp(name, "connect") == 0)
		begin_connecting(number(rest));
	else if (strcmp(name, "status") == 0)
		answer_status();
	else if (strcmp(name, "whole") == 0)
		answer_whole();
	else if (strcmp(name, "check") == 0)
		check_ids(rest);
	else
		set(name, rest);
	fflush(stdout);
}

/* Returns false at the end of the input. */
static bool read_commands(void)
{
	static char line[4096];
	static size_t used;
	ssize_t got = read(STDIN_FILENO, line + used, sizeof(line) - 1 - used);
	if (got <= 0)
		return false;
	used += (size_t)got;
	line[used] = '\0';
	char *end = strchr(line, '\n');
	if (end) { /* crowd.js waits for each answer, so there is one line at most */
		*end = '\0';
		size_t name = strcspn(line, " ");
		char *rest = line + name + (line[name] == ' ');
		line[name] = '\0';
		used = 0;
		obey(line, rest);
	}
	return true;
}

static void tick(void)
{
	static int64_t last;
	int64_t now = now_ms();
	if (now - last < TICK_MS)
		return;
	last = now;
	for (int i = 0; i < crowd.count; i++)
		client_tick(&crowd.clients[i], now);
	if (connecting.waits && crowd.online == crowd.count) {
		connecting.waits = false;
		printf("{\"seconds\":%.6f,\"lost\":%ld}\n",
		    (double)(now_ns() - connecting.since) / 1e9, crowd.lost);
		fflush(stdout);
	}
}

static void make_clients(void)
{
	crowd.clients = calloc((size_t)crowd.count, sizeof(*crowd.clients));
	if (!crowd.clients)
		abort();
	for (int i = 0; i < crowd.count; i++) {
		struct client *client = &crowd.clients[i];
		client->socket = client->http = (struct stream){.fd = -1, .owner = client};
		client->due = INT64_MAX;
	}
}

static void run(void)
{
	struct epoll_event events[EVENTS];
	for (;;) {
		int n = epoll_wait(crowd.epoll, events, EVENTS, TICK_MS);
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				client_ready(events[i].data.ptr);
			else if (!read_commands())
				return;
		}
		tick();
	}
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: crowd PORT PATH ROOM COUNT\n");
		return 64;
	}
	crowd.port = number(argv[1]);
	crowd.path = argv[2];
	crowd.room = argv[3];
	crowd.count = number(argv[4]);
	srand48(getpid());
	crowd.epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event input = {.events = EPOLLIN};
	if (crowd.epoll < 0 || epoll_ctl(crowd.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input)) {
		perror("crowd");
		return 1;
	}
	make_clients();
	run();
	return 0;
}
