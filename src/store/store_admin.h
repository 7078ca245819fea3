/*
 * store_admin.h: what only the administrator's command asks of a store: figures, copies, and
 * whether it is sound. Beside store.h, and like it implemented in store_*.c.
 */
#ifndef CHAT_STORE_ADMIN_H
#define CHAT_STORE_ADMIN_H

#include "store/store.h"

struct store_overview {
	int64_t messages, rooms, rejected;
	int64_t newest_id, newest_ts;	/* 0: there is none */
	int64_t indexed_id;		/* the search knows the messages up to this one */
	int64_t last_rejected_ts;	/* 0: none */
	int64_t file_bytes, free_bytes; /* free: inside the file */
	int64_t wal_bytes;
	bool wal; /* false: the file is in another mode, and a reader can hold up the logger */
};

enum store_status store_overview(struct store *store, struct store_overview *out);

/* The engine and its version. */
const char *store_engine(void);

typedef void store_progress_fn(void *arg, int64_t done, int64_t total);

/*
 * Copies one snapshot of all that there is to a new file at `path` (mode 0640 less the umask), on
 * the disk when this returns. Writers are not held up; the -wal file cannot be emptied meanwhile.
 * The copy is one file that can be read from a medium that cannot be written. On failure there is
 * none, and `error` holds one line.
 */
enum store_status store_backup(struct store *store, const char *path, store_progress_fn *progress,
    void *arg, char error[STORE_ERROR_SIZE]);

/* The last id that a database has given, of whatever schema; `error` holds one line. */
enum store_status store_last_id(const char *path, int64_t *id, char error[STORE_ERROR_SIZE]);

/*
 * Makes of a backup, of this schema or an older one, a new file at `path` that can be the database.
 * No message will get an id up to `last_id`, which some client may have seen already. On failure
 * `error` holds one line, and there may be a file.
 */
enum store_status store_restore(
    const char *from, const char *path, int64_t last_id, char error[STORE_ERROR_SIZE]);

enum { STORE_GAPS = 8 };

/* What there was in a damaged database. */
struct store_salvaged {
	int64_t messages; /* that could be read */
	int64_t counted; /* that there were, by the table of rooms; less where it is damaged, too */
	int64_t missing; /* ids that were given and have no message: lost, or deleted before */
	int gap_count;	 /* the longest runs of them */
	struct {
		int64_t first, last;
	} gaps[STORE_GAPS];
};

/*
 * Reads what can be read of the database at `from`, which may be damaged in any way and must not
 * be written to meanwhile, into a new one at `to` (mode 0640 less the umask), on the disk when this
 * returns. Messages keep their ids, rooms their topic lines, and the logger its note; the rest
 * begins anew. On failure there is no new one, and `error` holds one line.
 */
enum store_status store_salvage(const char *from, const char *to, store_progress_fn *progress,
    void *arg, struct store_salvaged *out, char error[STORE_ERROR_SIZE]);

/* What is wrong, and what to do about it; both are lent for the time of the call. */
typedef void store_finding_fn(void *arg, const char *what, const char *remedy);

/*
 * Looks for damage: pages, indexes, constraints, the schema, the table of rooms, the index of the
 * search (in samples). Tells each finding; *count is how many.
 */
enum store_status store_inspect(
    struct store *store, store_finding_fn *finding, void *arg, int *count);

/* Whether a rejected message with this topic is kept. */
enum store_status store_has_rejected(struct store *store, struct str topic, bool *has);

/*
 * An editor's: whether a message with this one's room, ts, nickname and text is stored under `id`,
 * without a msgId, or under one of the msgIds; of those, what has at == NULL is none.
 */
enum store_status store_has_copy(struct store *store, const struct store_entry *entry, int64_t id,
    const struct str msg_ids[3], bool *has);

/* How many pages this store has written since the last call. */
int64_t store_take_written(struct store *store);

/* Empties the index of the search. store_index() fills it again. */
enum store_status store_forget_index(struct store *store);

/* Finds out anew between which times messages lie. Reads them all, in one transaction. */
enum store_status store_renew_spans(struct store *store);

#endif
