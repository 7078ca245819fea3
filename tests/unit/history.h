/*
 * history.h: for tests that need a database: stores that are open, messages in them, and a second
 * connection that looks at the file, or harms it, behind the store's back.
 */
#ifndef CHAT_HISTORY_H
#define CHAT_HISTORY_H

#include <sqlite3.h>

#include "store/store.h"
#include "unit.h"

#define TS 1795455665123 /* 2026-11-23T17:41:05.123Z */

/* Opens a store, or ends the test. */
static inline struct store *open_store(const char *path, enum store_mode mode)
{
	struct store *store;
	char error[STORE_ERROR_SIZE];
	enum store_status status = store_open(&store, path, mode, error);
	expect(status == STORE_OK, "status %d: %s", status, error);
	return store;
}

/* A message as it comes out of message_parse(); all strings are lent, NULL is absent. */
static inline struct store_entry entry_with(
    const char *room, const char *text, const char *client_id, const char *msg_id)
{
	return (struct store_entry){
	    .message = {str_of(room), str_of("Ann"), str_of(text), str_of(client_id),
		str_of(msg_id), NULL},
	    .topic = str_of("chat/room"),
	    .head = str_of("head"),
	    .size = 4,
	    .ts = TS,
	};
}

/* Stores one entry, which then has its id. */
static inline void store_one(struct store *store, struct store_entry *entry)
{
	enum store_status status = store_insert_batch(store, entry, 1, NULL, NULL);
	expect(status == STORE_OK, "status %d: %s", status, store_error(store));
}

/* Stores a message without ids of a sender; returns its id. */
static inline int64_t add_message(struct store *store, const char *room, const char *text)
{
	struct store_entry entry = entry_with(room, text, NULL, NULL);
	store_one(store, &entry);
	return entry.id;
}

/* Makes a database at `path` with `count` messages in the room "messages", ids from 1 on. */
static inline void make_history(const char *path, int count)
{
	struct store *store = open_store(path, STORE_CREATOR);
	for (int i = 0; i < count; i++)
		add_message(store, "messages", "Hi");
	store_close(store);
}

/* ---- a connection of its own ---- */

static inline sqlite3 *raw_open(const char *path)
{
	sqlite3 *db;
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	assert_int_equal(rc, SQLITE_OK);
	sqlite3_extended_result_codes(db, 1);
	return db;
}

/* Runs SQL and returns SQLite's result code. */
static inline int raw_try(const char *path, const char *sql)
{
	sqlite3 *db = raw_open(path);
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return rc;
}

static inline void raw_run(const char *path, const char *sql)
{
	int rc = raw_try(path, sql);
	expect(rc == SQLITE_OK, "%s: %s", sql, sqlite3_errstr(rc));
}

/* The first column of the first row as text, "NULL" for NULL. Valid until the next call. */
static inline const char *raw_text(const char *path, const char *sql)
{
	static char text[20000];
	sqlite3 *db = raw_open(path);
	sqlite3_stmt *stmt = NULL;
	snprintf(text, sizeof(text), "no row");
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW) {
		const char *value = (const char *)sqlite3_column_text(stmt, 0);
		snprintf(text, sizeof(text), "%s", value ? value : "NULL");
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return text;
}

static inline int64_t raw_number(const char *path, const char *sql)
{
	return strtoll(raw_text(path, sql), NULL, 10);
}

#endif
