/* crowd_history.c: reads on from the cursor, page by page, as web/chat/reader.js does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"

enum { PAGE_MAX = 200, REQUEST_SIZE = 256 };

static void write_request(const struct client *client, char request[REQUEST_SIZE])
{
	snprintf(request, REQUEST_SIZE,
	    "GET /api/messages?room=%s&limit=%d&after=%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
	    crowd.room, PAGE_MAX, client->cursor, crowd.port);
	crowd.gets++;
}

static void failed(struct client *client)
{
	crowd.gets_failed++;
	stream_close(&client->http);
	client->read_due = now_ms() + client_wait(++client->read_failures);
}

void history_ask(struct client *client)
{
	char request[REQUEST_SIZE];
	write_request(client, request);
	if (!stream_open(&client->http, request))
		failed(client);
}

static void read_to_end(struct client *client)
{
	stream_close(&client->http);
	client->read_failures = 0;
	if (client->whole_at || client->phase != ONLINE)
		return;
	client->whole_at = now_ms();
	crowd.whole++;
}

/* Returns false where it is no page. */
static bool take_page(struct client *client, const char *body, size_t size)
{
	struct stream *stream = &client->http;
	size_t head = (size_t)(body - stream->bytes);
	bool more = memmem(stream->bytes, head, "rel=\"next\"", 10) != NULL;
	int last = seen_page(client, body, size);
	client->cursor = last ? last : client->cursor;
	stream_drop(stream, head + size);
	if (!more) {
		read_to_end(client);
		return true;
	}
	char request[REQUEST_SIZE];
	write_request(client, request);
	return stream_send(stream, request, strlen(request));
}

/* Returns false for an answer that is none. */
static bool take_answer(struct client *client)
{
	struct stream *stream = &client->http;
	const char *end = memmem(stream->bytes, stream->used, "\r\n\r\n", 4);
	if (!end)
		return true;
	size_t head = (size_t)(end + 4 - stream->bytes);
	const char *length = memmem(stream->bytes, head, "\r\nContent-Length: ", 18);
	if (!length || memcmp(stream->bytes, "HTTP/1.1 200", 12) != 0)
		return false;
	size_t size = strtoul(length + 18, NULL, 10);
	return stream->used < head + size || take_page(client, end + 4, size);
}

void history_ready(struct client *client)
{
	struct stream *stream = &client->http;
	if (!stream_opened(stream) || !stream_fill(stream) || !take_answer(client))
		failed(client);
}
