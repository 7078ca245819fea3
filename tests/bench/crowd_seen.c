/* crowd_seen.c: what a client of the crowd has seen, as the page merges it: pages of the history by
 * id, live messages by the sender's number, and receipts, which tell the id of a number. */
#include <stdlib.h>
#include <string.h>

#include "crowd.h"

enum { PAGED = 1, NAMED = 2 };

/* The sender's number of an id: a fact, whoever learnt it. */
static int number_of[MESSAGES_MAX];

static long number_at(const char *at, const char *end)
{
	long number = 0;
	while (at < end && *at >= '0' && *at <= '9' && number < MESSAGES_MAX)
		number = number * 10 + (*at++ - '0');
	return number < MESSAGES_MAX ? number : 0;
}

static const char *after(const char *at, const char *end, const char *what)
{
	size_t length = strlen(what);
	const char *found = memmem(at, (size_t)(end - at), what, length);
	return found ? found + length : NULL;
}

/* "msgId":"sender-12" */
static long message_number(const char *at, const char *end)
{
	const char *id = after(at, end, "\"msgId\":\"");
	const char *dash = id ? after(id, end, "-") : NULL;
	return dash ? number_at(dash, end) : 0;
}

static void note_latency(const char *payload, const char *end)
{
	const char *text = after(payload, end, "\"text\":\"");
	int64_t sent = text ? strtoll(text, NULL, 10) : 0, now = now_ns();
	if (!crowd.first_ns)
		crowd.first_ns = now;
	crowd.last_ns = now;
	if (crowd.latencies_used == crowd.latencies_size) {
		crowd.latencies_size = crowd.latencies_size ? crowd.latencies_size * 2 : 65536;
		crowd.latencies =
		    realloc(crowd.latencies, crowd.latencies_size * sizeof(*crowd.latencies));
		if (!crowd.latencies)
			abort();
	}
	crowd.latencies[crowd.latencies_used++] = (uint32_t)((now - sent) / 1000);
}

void seen_message(struct client *client, const char *payload, size_t size)
{
	const char *end = payload + size;
	if (client->seen)
		client->seen->alive[message_number(payload, end)] = 1;
	else
		note_latency(payload, end);
}

bool seen_receipts(struct client *client, const char *payload, size_t size)
{
	const char *end = payload + size, *at = payload;
	bool all = true;
	while (client->seen && (at = after(at, end, "\"id\":"))) {
		long id = number_at(at, end);
		number_of[id] = (int)message_number(at, end);
		client->seen->by_id[id] |= NAMED;
		all = all && seen_knows(client, (int)id);
	}
	return all;
}

int seen_page(struct client *client, const char *body, size_t size)
{
	const char *end = body + size, *at = body;
	long id = 0;
	while ((at = after(at, end, "\"id\":"))) {
		id = number_at(at, end);
		client->seen->by_id[id] |= PAGED;
	}
	return (int)id;
}

bool seen_knows(const struct client *client, int id)
{
	uint8_t how = client->seen->by_id[id];
	return how & PAGED || (how & NAMED && client->seen->alive[number_of[id]]);
}
