/*
 * sqlite_index.c: the index of the search is filled here, in slices, behind the messages.
 */
#include "chat/fold.h"
#include "chat/snippet.h"
#include "chat/words.h"
#include "store/sqlite.h"
#include "store/store_admin.h"

/*
 * Each slice leaves a small segment of the index, and merging them is half of the work. As many
 * pages of that are done with each slice as keeps up with them, so that it never comes all at once
 * (in a flood it is put off: many segments are merged in one go with less work). FTS5 stops only
 * between two words, though: the most frequent one of four segments is merged in one step, which
 * takes a third of a second of the processor for four million messages, once in as many. Fewer
 * pages or other settings move that, and bound it not.
 */
#define MESSAGES_A_PAGE 4

/*
 * The longest texts have as many bytes, and no text of people's has more when it is folded. One
 * that does, of hundreds of ligatures like ﷺ, is found by what of it has room.
 */
enum { TEXT_BYTES = 4 * MESSAGE_TEXT_MAX, NICKNAME_BYTES = 4 * MESSAGE_NICKNAME_MAX };

_Static_assert(TEXT_BYTES == (int)SNIPPET_TEXT_MAX, "a snippet is of what is in the index");

static struct str column_within(sqlite3_stmt *stmt, int column, size_t most)
{
	struct str s = sql_column_str(stmt, column);
	return (struct str){s.at, s.len < most ? s.len : most};
}

int sql_index_row(sqlite3_stmt *insert, sqlite3_stmt *from)
{
	char folded_text[TEXT_BYTES], folded_nickname[FOLD_SIZE(NICKNAME_BYTES)];
	char text[WORDS_SIZE(sizeof(folded_text))], nickname[WORDS_SIZE(sizeof(folded_nickname))];
	char room[WORDS_ROOM_SIZE(MESSAGE_ROOM_MAX)];
	struct str t =
	    fold(column_within(from, 1, TEXT_BYTES), folded_text, sizeof(folded_text), NULL);
	struct str n = fold(
	    column_within(from, 2, NICKNAME_BYTES), folded_nickname, sizeof(folded_nickname), NULL);
	sqlite3_bind_int64(insert, 1, sqlite3_column_int64(from, 0));
	sql_bind_str(insert, 2, words_split(t, text));
	sql_bind_str(insert, 3, words_split(n, nickname));
	sql_bind_str(insert, 4, words_room(column_within(from, 3, MESSAGE_ROOM_MAX), room));
	sqlite3_step(insert);
	int rc = sqlite3_reset(insert);
	sqlite3_clear_bindings(insert);
	return rc;
}

int64_t store_unindexed(const struct store *store)
{
	return store->newest_id - store->indexed_id;
}

/* Sets *last to the last one that it put in. Newer ones may have been deleted. */
static int index_rows(struct store *store, int limit, int64_t *last)
{
	sqlite3_stmt *stmt = store->stmts[STMT_UNINDEXED];
	sqlite3_bind_int64(stmt, 1, store->indexed_id);
	sqlite3_bind_int(stmt, 2, limit);
	int rc, left = limit;
	for (; (rc = sqlite3_step(stmt)) == SQLITE_ROW; left--) {
		*last = sqlite3_column_int64(stmt, 0);
		rc = sql_index_row(store->stmts[STMT_INDEX_ROW], stmt);
		if (rc)
			break;
	}
	sql_finish(stmt);
	if (rc == SQLITE_DONE && left > 0)
		store->newest_id = *last;
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int sql_index_merge(struct store *store, int pages)
{
	sqlite3_bind_int(store->stmts[STMT_INDEX_MERGE], 1, pages);
	return sql_run(store, STMT_INDEX_MERGE);
}

/*
 * *more: there was something to merge. FTS5 tells that by a second change beside the statement's.
 */
static int merge_pages(struct store *store, int pages, bool *more)
{
	int before = sqlite3_total_changes(store->db);
	int rc = sql_index_merge(store, pages);
	*more = sqlite3_total_changes(store->db) - before >= 2;
	return rc;
}

struct index_slice {
	int messages, pages; /* to put in, and to merge, at most */
	int64_t last;	     /* the last message of the index then */
	bool more;	     /* there may be something left to merge */
};

static int run_slice(struct store *store, void *arg)
{
	struct index_slice *slice = arg;
	int rc = SQLITE_OK;
	slice->last = store->indexed_id;
	slice->more = true;
	if (slice->messages)
		rc = index_rows(store, slice->messages, &slice->last);
	if (!rc && slice->pages)
		rc = merge_pages(store, slice->pages, &slice->more);
	if (!rc && slice->messages) {
		sqlite3_bind_int64(store->stmts[STMT_INDEX_STATE], 1, slice->last);
		rc = sql_run(store, STMT_INDEX_STATE);
	}
	return rc;
}

/* The logger does not wait for a lock here: the index is behind the messages, and can wait. */
static enum store_status write_slice(struct store *store, struct index_slice *slice)
{
	if (!store->editor)
		sqlite3_busy_timeout(store->db, 0);
	enum store_status status = sql_write_unsynced(store, run_slice, slice);
	if (!store->editor)
		sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
	if (!status)
		store->indexed_id = slice->last;
	return status;
}

enum store_status store_index(struct store *store, int limit, enum store_merging merging)
{
	bool now = merging == STORE_MERGE;
	struct index_slice slice = {
	    .messages = limit, .pages = now ? limit / MESSAGES_A_PAGE + 1 : 0};
	enum store_status status = write_slice(store, &slice);
	if (!status && !now)
		store->unmerged++;
	return status;
}

enum store_status store_merge(struct store *store, int pages)
{
	struct index_slice slice = {.pages = pages};
	enum store_status status = write_slice(store, &slice);
	if (!status && !slice.more)
		store->unmerged = 0;
	return status;
}

int store_unmerged(const struct store *store)
{
	return store->unmerged;
}

enum store_status store_forget_index(struct store *store)
{
	int rc = sql_begin_write(store);
	if (!rc)
		rc = sql_run(store, STMT_INDEX_EMPTY);
	if (!rc) {
		sql_bind_str(store->stmts[STMT_INDEX_ANEW], 1, str_of(fold_version()));
		rc = sql_run(store, STMT_INDEX_ANEW);
	}
	enum store_status status = sql_end_write(store, rc);
	store->data_version = 0;
	if (!status)
		store->indexed_id = 0;
	return status;
}

enum store_status sql_follow_unicode(struct store *store)
{
	int64_t same = 0;
	sql_bind_str(store->stmts[STMT_INDEX_UNICODE], 1, str_of(fold_version()));
	int rc = sql_number(store, STMT_INDEX_UNICODE, &same);
	if (rc)
		return sql_fail(store, rc);
	store->index_renewed = !same && store->indexed_id > 0;
	return same ? STORE_OK : store_forget_index(store);
}

bool store_index_renewed(const struct store *store)
{
	return store->index_renewed;
}
