#include "logger/admission.h"

#include "base/log.h"
#include "chat/limits.h"

#define MINUTE_MS 60000
#define DAY_MS 86400000
#define AWAY_MS ((int64_t)2 * LIMITS_ALIVE_MS) /* who is there gives a sign of life sooner */

/* What a message takes: the -wal file, the database and the search's index; and their overhead. */
#define COST_PER_BYTE 3
#define COST_PER_MESSAGE 1024

#define ROWS_MAX 100 /* in the table rejected, of what is refused for one reason in a row */

void admission_open(struct admission *a, int64_t stored_at)
{
	if (a->stored_at)
		return;
	a->stored_at = stored_at;
	a->allowance = a->max_rate * MINUTE_MS;
}

/* ---- the rate ---- */

/*
 * The allowance grows with time, up to a minute's. While the logger was away, or could not store,
 * the broker kept what was said: for that it grows further, until a sign of life tells that all of
 * it has come.
 */
static void refill(struct admission *a, size_t count, int64_t now)
{
	int64_t full = a->max_rate * MINUTE_MS;
	int64_t gone = a->stored_at && now > a->stored_at ? now - a->stored_at : 0;
	int64_t most = count > 0 && a->allowance > full ? a->allowance : full;
	a->left = a->allowance + a->max_rate * (gone < DAY_MS ? gone : DAY_MS);
	if (gone <= AWAY_MS && a->left > most)
		a->left = most;
}

static void tell_rate(struct admission *a, int64_t now)
{
	struct admission_spell *spell = &a->too_fast;
	if (!spell->on || now - spell->last < MINUTE_MS)
		return;
	log_info(
	    "there are no more than %lld messages a minute (max-rate) again; %lld were refused",
	    (long long)a->max_rate, (long long)spell->refused);
	*spell = (struct admission_spell){0};
}

/* ---- the disk ---- */

static void begin_no_space(struct admission *a)
{
	if (!a->no_space.on)
		log_warning("the disk with %s is nearly full: new messages are refused, and the "
			    "history can still be read; make room there, or prune old messages "
			    "(min-free = %lld percent)",
		    a->path, (long long)a->min_free);
	a->no_space.on = true;
}

static void end_no_space(struct admission *a)
{
	log_info("the disk with %s has room again: messages are stored; %lld were refused", a->path,
	    (long long)a->no_space.refused);
	a->no_space = (struct admission_spell){0};
	a->low = false;
}

/*
 * Once it was low a tenth more has to be free, or it would change with each message. If it was only
 * that large batches had no room, the last of them has to be a minute ago.
 */
static void look(struct admission *a, const struct disk *disk, int64_t now)
{
	int64_t reserve = disk_reserve(disk, a->min_free);
	const struct admission_spell *spell = &a->no_space;
	a->room = disk->free - reserve;
	if (a->room < 0) {
		a->low = true;
		begin_no_space(a);
	} else if (a->low ? a->room >= reserve / 10 : spell->on && now - spell->last >= MINUTE_MS) {
		end_no_space(a);
	}
}

/* ---- a batch ---- */

void admission_begin(struct admission *a, const struct disk *disk, size_t count, int64_t now)
{
	a->room = INT64_MAX;
	if (a->min_free && disk)
		look(a, disk, now);
	refill(a, count, now);
	tell_rate(a, now);
}

enum message_fault admission_ask(struct admission *a, size_t size)
{
	int64_t cost = (int64_t)size * COST_PER_BYTE + COST_PER_MESSAGE;
	if (a->min_free && (a->low || cost > a->room))
		return MESSAGE_NO_SPACE;
	if (a->max_rate && a->left < MINUTE_MS)
		return MESSAGE_TOO_FAST;
	a->room -= cost;
	a->left -= MINUTE_MS;
	return MESSAGE_OK;
}

/* Whether it is stored already, or is about to be, so that the store gives it its receipt. */
static bool is_known(struct store *store, const struct store_entry *entries, size_t i)
{
	const struct message *m = &entries[i].message;
	if (!m->msg_id.at)
		return false;
	for (size_t j = 0; j < i; j++)
		if (!entries[j].fault && str_eq(entries[j].message.msg_id, m->msg_id) &&
		    str_eq(entries[j].message.client_id, m->client_id))
			return true;
	return store_is_stored(store, m);
}

static void refuse(
    struct admission *a, struct store_entry *entry, enum message_fault fault, int64_t now)
{
	bool space = fault == MESSAGE_NO_SPACE;
	struct admission_spell *spell = space ? &a->no_space : &a->too_fast;
	if (space)
		begin_no_space(a);
	else if (!spell->on)
		log_warning("more than %lld messages a minute (max-rate): what is above is refused",
		    (long long)a->max_rate);
	spell->on = true;
	spell->last = now;
	entry->fault = fault;
	entry->no_row = ++spell->refused > ROWS_MAX;
}

void admission_check(struct admission *a, struct store *store, struct store_entry *entries,
    size_t count, int64_t now)
{
	struct disk disk;
	bool known = a->min_free && disk_look(a->path, &disk);
	admission_begin(a, known ? &disk : NULL, count, now);
	for (size_t i = 0; i < count; i++) {
		struct store_entry *entry = &entries[i];
		if (entry->fault || entry->repeated)
			continue;
		enum message_fault fault = admission_ask(a, entry->size);
		if (fault && !is_known(store, entries, i))
			refuse(a, entry, fault, now);
	}
}

void admission_stored(struct admission *a, int64_t now)
{
	a->allowance = a->left;
	a->stored_at = now;
}

enum message_fault admission_state(const struct admission *a)
{
	return a->no_space.on ? MESSAGE_NO_SPACE : a->too_fast.on ? MESSAGE_TOO_FAST : MESSAGE_OK;
}
