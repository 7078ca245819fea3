/*
 * batch_tests.h: a batch on a store of its own, and what it answers.
 */
#ifndef CHAT_BATCH_TESTS_H
#define CHAT_BATCH_TESTS_H

#include "history.h"
#include "logger/batch.h"
#include "logger/redelivery.h"

static struct batch *batch;
static struct store *writer;

static inline int setup(void **state)
{
	if (unit_make_dir(state) != 0)
		return -1;
	writer = open_store(unit_path("db"), STORE_CREATOR);
	batch = batch_open();
	return batch ? 0 : -1;
}

static inline int teardown(void **state)
{
	batch_close(batch);
	store_close(writer);
	return unit_remove_dir(state);
}

#define BATCH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* Takes in what is freed right after, as a broker's library does. */
static inline void add_payload(const char *topic, struct str payload, int qos)
{
	static uint16_t packet_id;
	char *copy = malloc(payload.len + 1), *place = strdup(topic);
	assert_non_null(copy);
	memcpy(copy, payload.at, payload.len);
	packet_id = (uint16_t)(packet_id % 65535 + 1);
	bool added = batch_add(batch, str_of(place), (struct str){copy, payload.len},
	    &(struct delivery){qos > 0 ? packet_id : 0, false}, TS);
	free(copy);
	free(place);
	assert_true(added);
}

static inline void add(const char *topic, const char *payload)
{
	add_payload(topic, str_of(payload), 1);
}

static inline void store_all(void)
{
	assert_int_equal(batch_store(batch, writer, TS), STORE_OK);
}

/* What was published, as "topic payload" lines. */
static char published[16384];

static inline void publish(void *arg, const char *topic, struct str payload)
{
	size_t n = strlen(published);
	assert_ptr_equal(arg, &published);
	snprintf(
	    published + n, sizeof(published) - n, "%s %.*s\n", topic, (int)payload.len, payload.at);
}

static inline void expect_answers(const char *expected)
{
	published[0] = '\0';
	batch_answer(batch, publish, &published);
	expect(strcmp(published, expected) == 0, "%s", published);
}

/* The end of a receipt: the time of all messages here, and the id before it in the room. */
#define AT(prev) ",\"ts\":\"2026-11-23T17:41:05.123Z\",\"prev\":" #prev "}"
#define BAD_TEXT "\"reason\":\"text must be a string of 1 to 4000 characters\"}"

#endif
