/*
 * store.h: what the chat keeps, as verbs of the domain. The only store today is an SQLite file
 * (store_*.c); nothing of SQLite shows here, so that another one is another file.
 *
 * One writer, any number of readers, each with a store of its own; a store is not shared between
 * threads. Ids grow strictly in the order in which a reader can see them.
 */
#ifndef CHAT_STORE_H
#define CHAT_STORE_H

#include <stdint.h>
#include <sys/types.h>

#include "chat/message.h"
#include "chat/search_query.h"

enum store_status {
	STORE_OK,
	STORE_BUSY,    /* locked by somebody else for too long: try again */
	STORE_MISSING, /* there is no database at that place, or no longer */
	STORE_VERSION, /* it is of another schema, or not ours at all */
	STORE_DENIED,  /* may not be read, written or created */
	STORE_FULL,    /* the disk or a quota is full */
	STORE_CORRUPT, /* the file is damaged */
	STORE_SLOW,    /* a search took too long, and was given up */
	STORE_BEHIND,  /* too much waits for the index of the search: try again later */
	STORE_FAILED,  /* anything else: I/O, memory */
	STORE__MAX
};

enum store_mode {
	STORE_READER,  /* never writes */
	STORE_WRITER,  /* of a database that is there */
	STORE_EDITOR,  /* a second writer beside the logger: see docs/design.md */
	STORE_CREATOR, /* a writer that makes what is missing */
};

enum { STORE_ERROR_SIZE = 512, STORE_SCHEMA_VERSION = 2 };

struct store;

/*
 * Opens the database at `path`. A creator makes it with mode 0640 less the umask.
 *
 * On failure *out is NULL and `error` holds one line on what is wrong and what to do.
 */
enum store_status store_open(
    struct store **out, const char *path, enum store_mode mode, char error[STORE_ERROR_SIZE]);

/* Ends what is open; store_close(NULL) is allowed. */
void store_close(struct store *store);

/* One line on what went wrong in the last call that failed. Valid until the next call. */
const char *store_error(const struct store *store);

/*
 * Whether the path that was opened leads to another file by now, or to none: then what this store
 * reads is no longer the database.
 */
bool store_moved(const struct store *store);

/*
 * A number that this store has not given before, unless nothing was committed since by anybody.
 * What is read after this call is at least as new.
 */
enum store_status store_version(struct store *store, int64_t *out);

/*
 * The size of what was written and is not in the database file itself yet, in bytes (a writer's
 * -wal file). It shrinks again unless somebody reads for long, which holds it back.
 */
int64_t store_pending_bytes(const struct store *store);

/*
 * An editor's commits do not wait for the disk; after this, what was committed is on it. A power
 * cut before may undo the last of them, whole.
 */
enum store_status store_sync(struct store *store);

/*
 * A writer's, when it has nothing else to do: takes notice of what another process has committed,
 * and copies it to the database file. Costs nothing where that is nothing. An editor may call it
 * only while it holds the logger's lock: see identity_borrow().
 */
enum store_status store_tidy(struct store *store);

/*
 * Gives back the memory in which it keeps what it has read, at most 2 MB; the next calls read it
 * again.
 */
void store_release(struct store *store);

/* A message on its way in, and what became of it. */
struct store_entry {
	struct message message;
	enum message_fault fault; /* other than MESSAGE_OK: it is kept as rejected */
	/* Of one with a fault, as it arrived; at == NULL: not known. */
	struct str topic;
	struct str head; /* the payload's first bytes */
	size_t size;	 /* of the whole payload */
	bool repeated; /* it is stored already, `ts` and `id` are known: nothing is done with it */
	bool no_row; /* of one with a fault: it is counted, and kept nowhere, as enough alike are */
	int64_t ts;  /* ms since 1970, UTC; out: that of the copy that was stored first */
	int64_t id;  /* out: as above; 0 where it was rejected */
	int64_t prev; /* out: the message before it in its room; 0: none. Not of an editor's */
};

/* When the writer last gave a sign of life, and when the broker last forgot its session. */
struct store_signs {
	int64_t alive_at; /* ms since 1970, UTC; 0: never, as below */
	int64_t session_lost_at;
	int64_t reckoned_at; /* when it was alive, by its own account: see logger/reckoning.h */
};

/*
 * What the writer keeps of itself with a batch. The bytes are its own, to be found again after a
 * crash; they are lent until the batch is stored.
 */
struct store_note {
	struct store_signs signs;
	struct str bytes;
};

/* Called in the transaction of a batch when its entries have their ids. */
typedef struct store_note store_note_fn(void *arg);

/*
 * Stores all entries in their order, in one transaction that is on the disk when this returns
 * STORE_OK. An entry whose (client_id, msg_id) is already stored is not stored again, and gets the
 * id and the ts of the first; where room, nickname or text are others, it is rejected. One that is
 * rejected here, or that the database refuses, has its `fault` set. Otherwise nothing of it is
 * stored. The note is kept with them; where `note` is NULL, the one of an earlier batch stays.
 */
enum store_status store_insert_batch(
    struct store *store, struct store_entry *entries, size_t count, store_note_fn *note, void *arg);

/* Whether a message with these ids of its sender is stored; a writer's. False without a msg_id. */
bool store_is_stored(struct store *store, const struct message *message);

/* A reason is lent for the time of the call. */
typedef void store_reason_fn(void *arg, struct str reason, int64_t messages);

/* Calls `reason` for each reason for which rejected messages are kept, and how many. */
enum store_status store_rejected_reasons(struct store *store, store_reason_fn *reason, void *arg);

/* How many messages are stored and are not in the index of the search yet; a writer's. */
int64_t store_unindexed(const struct store *store);

/*
 * Puts at most `limit` of them into the index, the oldest first, in one transaction. It is on the
 * disk for certain when a later batch is: until then a power cut may undo it, and it is done again.
 * It does not wait for a lock: STORE_BUSY. After a failure other than STORE_BUSY the store has to
 * be opened again.
 *
 * Each call leaves a segment of the index, which slows a search down until it is merged with
 * others. With STORE_MERGE as much of that is done as keeps up; STORE_MERGE_LATER takes half the
 * time, and store_merge() has to follow.
 */
enum store_merging { STORE_MERGE, STORE_MERGE_LATER };
enum store_status store_index(struct store *store, int limit, enum store_merging merging);

/* How many segments store_index() has left since store_merge() last found nothing to do; 1 where
 * that is not known, after the start. */
int store_unmerged(const struct store *store);

/* Whether a writer's store_open() has emptied the index, which another version of Unicode had
 * filled. */
bool store_index_renewed(const struct store *store);

/* Merges some of them, about `pages` of them, in a transaction like that of store_index(). */
enum store_status store_merge(struct store *store, int pages);

/*
 * Reads the note of the last batch that had one into `out` (`size` bytes; a longer one is cut).
 * *length is -1 where there has never been one.
 */
enum store_status store_read_note(struct store *store, char *out, size_t size, ssize_t *length);

/* Reads the signs of the last batch that had a note. */
enum store_status store_read_signs(struct store *store, struct store_signs *out);

enum { STORE_COMMIT_BOUNDS = 10 };

/* Upper bounds in seconds, of struct store_figures. */
extern const double store_commit_bounds[STORE_COMMIT_BOUNDS];

/* What the logger has done since the database was made. */
struct store_figures {
	int64_t stored;
	int64_t repeated; /* entries that were stored already */
	int64_t rejected;
	int64_t batches;      /* those that were not empty */
	int64_t batch_age_ms; /* of the last one's oldest message, before it was stored */
	int64_t commits;      /* without the last one */
	double commit_seconds;
	int64_t within[STORE_COMMIT_BOUNDS]; /* commits that took no longer than that bound */
};

/* Reads the figures as they were after the last batch that had a note. */
enum store_status store_read_figures(struct store *store, struct store_figures *out);

/* The size of the -wal file. It is used again and again: what tells is that it grows. */
int64_t store_wal_bytes(const struct store *store);

enum store_selector {
	STORE_NEWEST, /* the end of the room */
	STORE_BEFORE, /* what is older than `id` */
	STORE_AFTER,  /* what is newer than `id` */
	STORE_AROUND, /* `id` and its neighbours on both sides */
};

enum { STORE_PAGE_MAX = 200 };

struct store_query {
	struct str room;
	enum store_selector selector;
	int64_t id;    /* a place in the order; whether a message has it does not matter */
	int limit;     /* 1 to STORE_PAGE_MAX */
	int64_t since; /* STORE_AFTER: only what has ts >= since, ms since 1970, UTC; 0: any */
};

struct store_row {
	int64_t id;
	int64_t ts;
	struct str room;
	struct str nickname;
	struct str text;
	struct str client_id; /* at == NULL where the sender gave none, as for msg_id */
	struct str msg_id;
};

/* What a page covers, from `first` to `last` inclusive; an empty page has first == last + 1. */
struct store_page {
	int64_t first;
	int64_t last;
	bool older; /* there is more before `first` in this room */
	bool newer; /* there is more after `last` */
};

/* A row is lent for the time of the call. Returns 0, or anything else to break off. */
typedef int store_row_fn(void *arg, const struct store_row *row);

/*
 * Calls `row` for each message of the page, oldest first, all from one snapshot, and describes the
 * page in `page`. Where `row` broke off it returns STORE_FAILED.
 */
enum store_status store_page(struct store *store, const struct store_query *query,
    struct store_page *page, store_row_fn *row, void *arg);

enum { STORE_SEARCH_MS = 1000, STORE_UNINDEXED_MAX = 10000 };

/*
 * Calls `hit` for each match of a page: of the newest `limit` (1 to STORE_PAGE_MAX) older than the
 * id `before`, oldest first, all from one snapshot, and describes the page in `page`. `snippet`
 * is a part of the text, as it was said, with what matched between WORDS_BEGIN and WORDS_END: see
 * snippet.h.
 * What is not in the index yet is found as well, where that is no more than STORE_UNINDEXED_MAX
 * messages; and it gives up after STORE_SEARCH_MS.
 */
typedef int store_hit_fn(void *arg, const struct store_row *row, struct str snippet);

enum store_status store_search(struct store *store, const struct search_query *query,
    int64_t before, int limit, struct store_page *page, store_hit_fn *hit, void *arg);

/* How many messages have ts >= `since` (ms since 1970, UTC). Reads them. */
enum store_status store_count_since(struct store *store, int64_t since, int64_t *count);

/* A room that has messages. */
struct store_room {
	struct str room;
	int64_t messages;
	int64_t last_id, last_ts; /* of its newest message */
	struct str topic;	  /* its topic line; at == NULL: it has none */
};

enum { STORE_ROOMS_MAX = 1000 };

/* A room is lent for the time of the call. Returns 0, or anything else to break off. */
typedef int store_room_fn(void *arg, const struct store_room *room);

/*
 * Calls `room` for each room whose name has `part` in it (capitals do not count; all have ""), that
 * with the newest message first; at most `limit`.
 */
enum store_status store_rooms(
    struct store *store, struct str part, int limit, store_room_fn *room, void *arg);

/* The topic line of a room, whether it has messages or not. */
struct store_topic {
	int64_t number; /* of the change; it grows */
	struct str room;
	struct str topic; /* empty: it was taken away */
};

/* It is lent for the time of the call. */
typedef void store_topic_fn(void *arg, const struct store_topic *topic);

/* Calls `topic` for the first `limit` that have changed after the change `after`, in order. */
enum store_status store_topics(
    struct store *store, int64_t after, int limit, store_topic_fn *topic, void *arg);

/*
 * An editor's: sets a room's topic line, which is message_topic_valid(), or takes it away where it
 * is empty. See store_sync().
 */
enum store_status store_set_topic(struct store *store, struct str room, struct str topic);

/* The id of the newest message of all rooms; 0 where there is none. */
enum store_status store_newest(struct store *store, int64_t *id);

/* A part of the history. */
struct store_range {
	struct str room; /* at == NULL: of all rooms */
	int64_t after;	 /* exclusive */
	int64_t until;	 /* inclusive */
};

/*
 * Calls `row` for each message of the range, oldest first, from one snapshot. `row` ends it by
 * returning more than 0, which is no error; where it returns less, this returns STORE_FAILED.
 */
enum store_status store_history(
    struct store *store, const struct store_range *range, store_row_fn *row, void *arg);

/* Which messages; what is not set selects nothing away. */
struct store_filter {
	struct str room, nickname; /* at == NULL: any */
	int64_t before;		   /* ts < before; 0: any */
	int64_t until;		   /* id <= until; 0: any */
};

/*
 * Looks at the next `limit` messages (at most STORE_SLICE_MAX) after *cursor that the filter's room
 * has, counts those that it selects into *matched, and moves *cursor on. *done: there are no more.
 */
enum store_status store_match(struct store *store, const struct store_filter *filter, int limit,
    int64_t *cursor, int64_t *matched, bool *done);

enum { STORE_SLICE_MAX = 1000 };

/*
 * The same, and deletes them, in one transaction, with what the search knows of them. A power cut
 * may undo it until a later batch is on the disk.
 */
enum store_status store_prune(struct store *store, const struct store_filter *filter, int limit,
    int64_t *cursor, int64_t *matched, bool *done);

/*
 * Gives back to the disk at most `pages` (0: none) of those that are empty, in one transaction;
 * *left is how many are empty still. The file is shorter after the next checkpoint.
 */
enum store_status store_shrink(struct store *store, int pages, int64_t *left);

#endif
