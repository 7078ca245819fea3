/*
 * sqlite_write.c: a batch and its note, in one transaction.
 */
#include <stdio.h>

#include "chat/limits.h"
#include "store/sqlite.h"

enum { TALLIES = 16 }; /* rooms in a batch that are counted as they come */

/* What the database itself refuses was read by then: its topic follows from the room. */
static struct str topic_of(const struct store_entry *entry, char out[MESSAGE_ROOM_MAX + 8])
{
	if (entry->topic.at)
		return entry->topic;
	snprintf(out, MESSAGE_ROOM_MAX + 8, "chat/%.*s", (int)entry->message.room.len,
	    entry->message.room.at);
	return str_of(out);
}

static struct str head_of(const struct store_entry *entry)
{
	struct str head = entry->topic.at ? entry->head : entry->message.text;
	if (head.len > LIMITS_REJECTED_HEAD)
		head.len = LIMITS_REJECTED_HEAD;
	return head.len ? head : str_of("");
}

static int reject(struct store *store, const struct store_entry *entry)
{
	char topic[MESSAGE_ROOM_MAX + 8];
	struct str head = head_of(entry);
	sqlite3_stmt *stmt = store->stmts[STMT_REJECT];
	sqlite3_bind_int64(stmt, 1, entry->ts);
	sql_bind_str(stmt, 2, topic_of(entry, topic));
	sql_bind_str(stmt, 3, entry->message.client_id);
	sql_bind_str(stmt, 4, str_of(message_fault_text(entry->fault)));
	sqlite3_bind_int64(stmt, 5, (sqlite3_int64)entry->size);
	sqlite3_bind_blob64(stmt, 6, head.at, head.len, SQLITE_STATIC);
	return sql_run(store, STMT_REJECT);
}

static int trim_rejected(struct store *store)
{
	sqlite3_bind_int(store->stmts[STMT_TRIM_REJECTED], 1, LIMITS_REJECTED_ROWS);
	return sql_run(store, STMT_TRIM_REJECTED);
}

/*
 * Sets the entry's id and ts to those of the copy that is stored already; or its fault, where its
 * sender has used the same msgId for something else.
 */
static int find_first(struct store *store, struct store_entry *entry)
{
	const struct message *m = &entry->message;
	sqlite3_stmt *stmt = store->stmts[STMT_FIND];
	sql_bind_str(stmt, 1, m->msg_id);
	sql_bind_str(stmt, 2, m->client_id);
	sql_bind_str(stmt, 3, m->room);
	sql_bind_str(stmt, 4, m->nickname);
	sql_bind_str(stmt, 5, m->text);
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		bool same = sqlite3_column_int(stmt, 2);
		entry->fault = same ? MESSAGE_OK : MESSAGE_ID_USED;
		entry->id = same ? sqlite3_column_int64(stmt, 0) : 0;
		entry->ts = same ? sqlite3_column_int64(stmt, 1) : entry->ts;
		rc = SQLITE_OK;
	} else if (rc == SQLITE_DONE) {
		rc = SQLITE_INTERNAL;
	}
	sql_finish(stmt);
	return rc;
}

/* The values of an INSERT, from `place` on. */
static void bind_values(sqlite3_stmt *stmt, int place, const struct store_entry *entry)
{
	const struct message *m = &entry->message;
	sqlite3_bind_int64(stmt, place, entry->ts);
	sql_bind_str(stmt, place + 1, m->room);
	sql_bind_str(stmt, place + 2, m->nickname);
	sql_bind_str(stmt, place + 3, m->text);
	sql_bind_str(stmt, place + 4, m->client_id);
	sql_bind_str(stmt, place + 5, m->msg_id);
}

/* *known: it is stored already. */
static int insert(struct store *store, struct store_entry *entry, bool *known)
{
	bind_values(store->stmts[STMT_INSERT], 1, entry);
	int rc = sql_run(store, STMT_INSERT);
	if (rc)
		return rc;
	*known = sqlite3_changes(store->db) == 0;
	if (*known)
		return find_first(store, entry);
	store->newest_id = entry->id = sqlite3_last_insert_rowid(store->db);
	return SQLITE_OK;
}

static int undo_insert(struct store *store)
{
	int rc = sql_run(store, STMT_ROLLBACK_TO);
	return rc ? rc : sql_run(store, STMT_RELEASE);
}

/*
 * Inserts all or none: one statement for many takes half as long for each as one for each. *done:
 * all of them are new, and have the ids from the newest one on. Otherwise each has to be tried by
 * itself: one is known, or refused, or a trigger inserts as well.
 */
static int insert_many(
    struct store *store, struct store_entry *const entries[INSERT_MANY], bool *done)
{
	sqlite3_stmt *stmt = store->stmts[STMT_INSERT_MANY];
	int64_t newest = store->newest_id;
	*done = false;
	if (newest > LIMITS_ID_MAX - INSERT_MANY)
		return SQLITE_OK;
	for (int i = 0; i < INSERT_MANY; i++)
		bind_values(stmt, i * INSERT_VALUES + 1, entries[i]);
	int rc = sql_run(store, STMT_SAVEPOINT);
	if (!rc)
		rc = sql_run(store, STMT_INSERT_MANY);
	if (rc)
		return (rc & 0xff) == SQLITE_CONSTRAINT ? undo_insert(store) : rc;
	if (sqlite3_last_insert_rowid(store->db) != newest + INSERT_MANY)
		return undo_insert(store);
	for (int i = 0; i < INSERT_MANY; i++)
		entries[i]->id = ++store->newest_id;
	*done = true;
	return sql_run(store, STMT_RELEASE);
}

static int insert_or_reject(struct store *store, struct store_entry *entry, bool *known)
{
	*known = entry->repeated;
	if (*known)
		return SQLITE_OK;
	entry->id = 0;
	if (entry->fault)
		return entry->no_row ? SQLITE_OK : reject(store, entry);
	int rc = insert(store, entry, known);
	if ((rc & 0xff) == SQLITE_CONSTRAINT) {
		entry->fault = MESSAGE_REFUSED;
		rc = SQLITE_OK;
	}
	if (rc || !entry->fault)
		return rc;
	*known = false;
	return reject(store, entry);
}

/* Counts in the table rooms what came after the last id that it counts, whoever inserted it. */
static int count_rooms_anew(struct store *store)
{
	int rc = SQLITE_OK;
	if (store->counted < 0)
		rc = sql_number(store, STMT_COUNTED, &store->counted);
	sqlite3_bind_int64(store->stmts[STMT_COUNT_ROOMS], 1, store->counted);
	if (!rc)
		rc = sql_run(store, STMT_COUNT_ROOMS);
	return rc ? rc : spans_add_anew(store, store->counted);
}

struct tally {
	const struct store_entry *last;
	int64_t messages;
};

/*
 * Tallies the messages `after` an id up to the `newest`, all of which have to be among the entries.
 * An entry that was known has the id of one before it. Returns how many rooms there are, or -1:
 * more than TALLIES, or messages of somebody else's, a trigger's.
 */
static int tally_rooms(const struct store_entry *entries, size_t count, int64_t after,
    int64_t newest, struct tally tallies[TALLIES])
{
	int rooms = 0;
	for (size_t i = 0; i < count; i++) {
		int r = 0;
		if (entries[i].id <= after)
			continue;
		if (entries[i].id != ++after)
			return -1;
		while (r < rooms && !str_eq(tallies[r].last->message.room, entries[i].message.room))
			r++;
		if (r == TALLIES)
			return -1;
		if (r == rooms)
			tallies[rooms++].messages = 0;
		tallies[r].last = &entries[i];
		tallies[r].messages++;
	}
	return after == newest ? rooms : -1;
}

static int count_room(struct store *store, const struct tally *tally)
{
	sqlite3_stmt *stmt = store->stmts[STMT_COUNT_ROOM];
	sql_bind_str(stmt, 1, tally->last->message.room);
	sqlite3_bind_int64(stmt, 2, tally->messages);
	sqlite3_bind_int64(stmt, 3, tally->last->id);
	sqlite3_bind_int64(stmt, 4, tally->last->ts);
	return sql_run(store, STMT_COUNT_ROOM);
}

/* *newest is the last id that the table rooms counts then. */
static int count_rooms(
    struct store *store, const struct store_entry *entries, size_t count, int64_t *newest)
{
	struct tally tallies[TALLIES];
	int rooms = -1, rc = sql_number(store, STMT_NEWEST, newest);
	if (!rc && store->counted >= 0)
		rooms = tally_rooms(entries, count, store->counted, *newest, tallies);
	if (!rc && rooms < 0)
		rc = count_rooms_anew(store);
	for (int r = 0; r < rooms && !rc; r++)
		rc = count_room(store, &tallies[r]);
	return rc || rooms < 0 ? rc : spans_add(store, entries, count, store->counted);
}

/* The message before this one in its room, if it came in with this batch, after the id `after`. */
static int64_t prev_in_batch(const struct store_entry *entries, size_t i, int64_t after)
{
	int64_t prev = 0;
	for (size_t j = 0; j < i; j++)
		if (entries[j].id > after && entries[j].id < entries[i].id &&
		    entries[j].id > prev &&
		    str_eq(entries[j].message.room, entries[i].message.room))
			prev = entries[j].id;
	return prev;
}

/* A new message follows the one before it in the batch; of all others the room is asked. */
static int find_prev(struct store *store, struct store_entry *entries, size_t i)
{
	struct store_entry *entry = &entries[i];
	sqlite3_stmt *stmt = store->stmts[STMT_IDS_BEFORE];
	bool fresh = entry->id > store->counted;
	entry->prev = fresh ? prev_in_batch(entries, i, store->counted) : 0;
	if (entry->prev || entry->id == 0)
		return SQLITE_OK;
	sql_bind_str(stmt, 1, entry->message.room);
	sqlite3_bind_int64(stmt, 2, entry->id);
	sqlite3_bind_int(stmt, 3, 1);
	return sql_number(store, STMT_IDS_BEFORE, &entry->prev);
}

static int find_all_prev(struct store *store, struct store_entry *entries, size_t count)
{
	int rc = SQLITE_OK;
	for (size_t i = 0; i < count && !rc && !store->editor; i++)
		rc = find_prev(store, entries, i);
	return rc;
}

static int write_note(struct store *store, const struct store_note *note)
{
	sqlite3_stmt *stmt = store->stmts[STMT_WRITE_NOTE];
	sqlite3_bind_blob64(
	    stmt, 1, note->bytes.len ? note->bytes.at : "", note->bytes.len, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, note->signs.alive_at);
	sqlite3_bind_int64(stmt, 3, note->signs.session_lost_at);
	sqlite3_bind_int64(stmt, 4, note->signs.reckoned_at);
	return sql_run(store, STMT_WRITE_NOTE);
}

/* Where the file at the path is another by now, what is written here would be lost. */
static enum store_status gone(struct store *store)
{
	snprintf(store->error, sizeof(store->error),
	    "database %s: it was moved, replaced or deleted; put it back, or start the logger "
	    "again to make a new one",
	    sqlite3_db_filename(store->db, NULL));
	return STORE_MISSING;
}

static int insert_one(struct store *store, struct store_entry *entry, struct store_figures *figures)
{
	bool known;
	int rc = insert_or_reject(store, entry, &known);
	figures_count(figures, entry, known);
	return rc;
}

static int insert_sixteen(struct store *store, struct store_entry *const entries[INSERT_MANY],
    struct store_figures *figures)
{
	bool done;
	int rc = insert_many(store, entries, &done);
	for (int i = 0; i < INSERT_MANY && !rc; i++) {
		if (done)
			figures_count(figures, entries[i], false);
		else
			rc = insert_one(store, entries[i], figures);
	}
	return rc;
}

static int insert_all(struct store *store, struct store_entry *entries, size_t count)
{
	struct store_figures figures = store->last;
	struct store_entry *many[INSERT_MANY];
	int waiting = 0, rc = SQLITE_OK;
	figures_begin(&figures, entries, count);
	int64_t rejected = figures.rejected;
	for (size_t i = 0; i < count && !rc; i++) {
		struct store_entry *entry = &entries[i];
		if (entry->repeated || entry->fault)
			rc = insert_one(store, entry, &figures);
		else
			many[waiting++] = entry;
		if (waiting == INSERT_MANY) {
			rc = insert_sixteen(store, many, &figures);
			waiting = 0;
		}
	}
	for (int i = 0; i < waiting && !rc; i++)
		rc = insert_one(store, many[i], &figures);
	if (!rc && figures.rejected > rejected)
		rc = trim_rejected(store);
	return rc || store->editor ? rc : figures_add(store, &figures);
}

enum store_status store_insert_batch(
    struct store *store, struct store_entry *entries, size_t count, store_note_fn *note, void *arg)
{
	if (store_moved(store))
		return gone(store);
	int64_t newest = 0;
	int rc = sql_begin_write(store);
	if (!rc)
		rc = insert_all(store, entries, count);
	if (!rc)
		rc = count_rooms(store, entries, count, &newest);
	if (!rc)
		rc = find_all_prev(store, entries, count);
	if (!rc && note) {
		struct store_note written = note(arg);
		rc = write_note(store, &written);
	}
	if (!rc)
		rc = figures_commit(store);
	enum store_status status = rc ? sql_end_write(store, rc) : STORE_OK;
	store->counted = status ? -1 : newest;
	return status;
}

enum store_status store_read_note(struct store *store, char *out, size_t size, ssize_t *length)
{
	sqlite3_stmt *stmt = store->stmts[STMT_READ_NOTE];
	int rc = sqlite3_step(stmt);
	*length = -1;
	if (rc == SQLITE_ROW) {
		size_t have = (size_t)sqlite3_column_bytes(stmt, 0);
		*length = (ssize_t)(have < size ? have : size);
		if (have)
			memcpy(out, sqlite3_column_blob(stmt, 0), (size_t)*length);
		rc = SQLITE_DONE;
	}
	enum store_status status = rc == SQLITE_DONE ? STORE_OK : sql_fail(store, rc);
	sql_finish(stmt);
	return status;
}
