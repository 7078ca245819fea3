/*
 * writing.h: a store that is open for writing.
 */
#ifndef CHAT_WRITING_H
#define CHAT_WRITING_H

#include "history.h"

static struct store *writer;
static const char *path;

/* Each test has a store that is open for writing. */
static inline int setup(void **state)
{
	static char place[PATH_MAX];
	if (unit_make_dir(state) != 0)
		return -1;
	snprintf(place, sizeof(place), "%s", unit_path("db"));
	path = place;
	writer = open_store(path, STORE_CREATOR);
	return 0;
}

static inline int teardown(void **state)
{
	store_close(writer);
	return unit_remove_dir(state);
}

#define WRITING(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static inline void reopen(void)
{
	store_close(writer);
	writer = open_store(path, STORE_CREATOR);
}

static inline int64_t count_of(const char *table)
{
	char sql[80];
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	return raw_number(path, sql);
}

static inline int64_t store_ids(const char *client_id, const char *msg_id)
{
	struct store_entry entry = entry_with("lab", "Hi", client_id, msg_id);
	store_one(writer, &entry);
	return entry.id;
}

#endif
