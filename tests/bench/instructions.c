/*
 * instructions.c: pieces of work that instructions.sh has callgrind count the instructions of.
 *
 *     instructions             which there are, in the order in which they need each other
 *     instructions DATABASE W  does one of them
 *     instructions --made-with what the counts depend on besides our code
 */
#include <gnu/libc-version.h>
#include <json-c/json_c_version.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "api/api.h"
#include "logger/batch.h"

/* 10,000 pages together: a search takes a hundred times as many instructions as a kept answer. */
enum { NEWEST = 2000, OLDER = 2000, KEPT = 5950, FOUND = 50 };

/* More rooms than the API keeps answers: whoever asks for one after the other gets none of them. */
enum { MESSAGES = 10000, BATCH = 25, SLICE = 250, ROOMS = 16 };

#define FIRST_TS 1795455665123 /* 2026-11-23T17:41:05.123Z */

static const char *const words[] = {"the", "door", "is", "open", "and", "nobody", "who", "has",
    "seen", "it", "says", "when", "café", "你好世界", "temperature", "21.5", "\\\"quoted\\\"",
    "https://example.org/a?b=c", "<b>", "🙂"};

enum { WORDS = sizeof(words) / sizeof(words[0]) };

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static struct store *open_store(const char *path)
{
	struct store *store;
	char error[STORE_ERROR_SIZE];
	if (store_open(&store, path, STORE_CREATOR, error))
		fail(error);
	return store;
}

/* ---- the logger's ---- */

/* Of 1 to 20 words. */
static size_t make_text(char *out, unsigned number)
{
	size_t n = 0;
	for (unsigned i = 0; i <= number * 7 % 20; i++)
		n += (size_t)sprintf(out + n, "%s%s", i ? " " : "",
		    words[(number / 3 * 11 + i * i * 5 + i) % WORDS]);
	return n;
}

/* One in eight is a device's plain text. */
static void add(struct batch *batch, unsigned number)
{
	char text[1024], payload[1536], topic[32];
	size_t length = make_text(text, number);
	if (number % 8 != 0)
		length = (size_t)sprintf(payload,
		    "{\"nickname\":\"Person%u\",\"text\":\"%s\",\"clientId\":\"web-%u\","
		    "\"msgId\":\"018f%08x-7a3c-%04x\"}",
		    number % 100, text, number % 100, number, number * 40503 % 65536);
	else
		memcpy(payload, text, length);
	sprintf(topic, "chat/room-%u", number / 2 % ROOMS);
	struct delivery delivery = {(uint16_t)(number % 65535 + 1), false};
	if (!batch_add(batch, str_of(topic), (struct str){payload, length}, &delivery,
		FIRST_TS + number * 1000LL))
		fail("a message was not taken in");
}

static void receive_answer(void *arg, const char *topic, struct str payload)
{
	(void)topic;
	*(size_t *)arg += payload.len;
}

static void store_messages(const char *path)
{
	size_t answers = 0;
	struct store *store = open_store(path);
	struct batch *batch = batch_open();
	for (unsigned i = 0; i < MESSAGES; i++) {
		add(batch, i);
		if (batch_count(batch) < BATCH)
			continue;
		if (batch_store(batch, store, FIRST_TS))
			fail(store_error(store));
		batch_answer(batch, receive_answer, &answers);
		batch_clear(batch);
		batch_settle(batch, batch_number(batch));
	}
	batch_close(batch);
	store_close(store);
	if (answers < MESSAGES * sizeof("{\"id\":1}"))
		fail("there were no receipts");
}

static void index_messages(const char *path)
{
	struct store *store = open_store(path);
	if (store_unindexed(store) != MESSAGES)
		fail("the messages are not there, or are in the index already");
	while (store_unindexed(store) > 0)
		if (store_index(store, SLICE, STORE_MERGE))
			fail(store_error(store));
	store_close(store);
}

/* ---- the API's ---- */

static void ask(struct api *api, const char *path, const char *query)
{
	struct http_response response;
	struct http_request request = {
	    .method = str_of("GET"), .path = str_of(path), .query = str_of(query)};
	api_answer(api, &request, &response);
	if (response.status != 200 || response.body.len < 500)
		fail("a page is not what it should be");
	http_response_free(&response);
}

/* `query` lacks its last number, which `next` gives for each page. */
static void ask_pages(const char *database, const char *path, const char *query,
    unsigned (*next)(unsigned i), unsigned times)
{
	char whole[100];
	struct api *api = api_open(database);
	for (unsigned i = 0; i < times; i++) {
		snprintf(whole, sizeof(whole), "%s%u", query, next(i));
		ask(api, path, whole);
	}
	api_close(api);
}

static unsigned room_of(unsigned i)
{
	return i % ROOMS;
}

static unsigned some_id(unsigned i)
{
	return 1000 + i * 37 % (MESSAGES - 1000);
}

static unsigned zero(unsigned i)
{
	(void)i;
	return 0;
}

static void newest_pages(const char *database)
{
	ask_pages(database, "/messages", "room=room-", room_of, NEWEST);
}

static void older_pages(const char *database)
{
	ask_pages(database, "/messages", "room=room-7&before=", some_id, OLDER);
}

static void kept_pages(const char *database)
{
	ask_pages(database, "/messages", "room=room-", zero, KEPT);
}

static void found_pages(const char *database)
{
	ask_pages(database, "/search", "q=open+door&before=", some_id, FOUND);
}

/* ---- which there are ---- */

static const struct work {
	const char *name;
	void (*run)(const char *database);
} works[] = {
    {"store", store_messages},
    {"index", index_messages},
    {"newest", newest_pages},
    {"before", older_pages},
    {"cached", kept_pages},
    {"search", found_pages},
};

enum { WORKS = sizeof(works) / sizeof(works[0]) };

/* The function that callgrind counts in. */
__attribute__((noinline, noclone)) static void counted(const struct work *work, const char *path)
{
	work->run(path);
}

static void print_made_with(void)
{
	struct utsname system;
	uname(&system);
	printf("gcc %s (%s), glibc %s, SQLite %s, json-c %s, %s\n", __VERSION__, BUILD_FLAGS,
	    gnu_get_libc_version(), sqlite3_libversion(), json_c_version(), system.machine);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--made-with") == 0) {
		print_made_with();
		return 0;
	}
	for (int i = 0; i < WORKS; i++) {
		if (argc < 3)
			puts(works[i].name);
		else if (strcmp(argv[2], works[i].name) == 0)
			counted(&works[i], argv[1]);
	}
	return 0;
}
