/* The parts of crowd.c: a client of the crowd, and what it has seen. */
#ifndef CROWD_H
#define CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MESSAGES_MAX = 8192, WAITS_MAX = 16 };

struct client;

/* A connection and what came on it that is not understood yet. fd is -1 where there is none;
 * first is what goes out as soon as it is open. */
struct stream {
	int fd;
	struct client *owner;
	char *first;
	char *bytes;
	size_t used, size;
};

enum phase { WAITING, OPENING, GREETING, SUBSCRIBING, ONLINE };

/* What a client knows: of an id, whether a page had it or a receipt named it; of a sender's
 * message, by its number, whether it came alive. */
struct seen {
	uint8_t by_id[MESSAGES_MAX], alive[MESSAGES_MAX];
};

struct client {
	struct stream socket, http;
	enum phase phase;
	int failures, read_failures;
	int64_t due;	  /* of the next try, of giving up, or of the next ping */
	int64_t read_due; /* of the next reading, 0 for none */
	int64_t online_since, whole_at;
	int cursor; /* pages of the history were read up to this id */
	struct seen *seen;
};

/* What all of the crowd have in common, and what is counted over all of them. */
struct crowd {
	int epoll, port, count;
	const char *path, *room;
	struct client *clients;
	bool named, reads;
	int at_once; /* that may be connecting at the same time, 0 for any number */
	int connecting, online, whole;
	long lost, deliveries, gets, gets_failed;
	int64_t wait_from[WAITS_MAX], wait_to[WAITS_MAX]; /* ms, after so many failures */
	int waits;
	uint32_t *latencies; /* µs, of messages */
	size_t latencies_used, latencies_size;
	int64_t first_ns, last_ns; /* delivery */
};

extern struct crowd crowd;

int64_t now_ns(void);
int64_t now_ms(void);

/* A connection to nginx begins, with this request; false where it cannot. */
bool stream_open(struct stream *stream, const char *request);
/* It is open: the request goes out. */
bool stream_opened(struct stream *stream);
void stream_close(struct stream *stream);
/* Whole or not at all: what is sent is small. */
bool stream_send(struct stream *stream, const void *bytes, size_t size);
/* Reads all that is there; false where the connection has ended. */
bool stream_fill(struct stream *stream);
void stream_drop(struct stream *stream, size_t size);

/* Something happened on one of a client's streams. */
void client_ready(struct stream *stream);
/* What is due is done. */
void client_tick(struct client *client, int64_t now);
void client_read(struct client *client);
int64_t client_wait(int failures);

/* The history over HTTP: an answer has come in, in part or whole. */
void history_ask(struct client *client);
void history_ready(struct client *client);
void history_failed(struct client *client);

/* A message, or receipts, that came alive. A receipt may name what is not here. */
void seen_message(struct client *client, const char *payload, size_t size);
bool seen_receipts(struct client *client, const char *payload, size_t size);
/* A page: returns its last id, 0 for none. */
int seen_page(struct client *client, const char *body, size_t size);
bool seen_knows(const struct client *client, int id);

#endif
