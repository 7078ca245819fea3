#include "logger/journal.h"

#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"

enum { VALUE_MAX = 160, LINE_BYTES = 900 }; /* log_line() cuts above */

/* `name` and what somebody sent, in quotes, cut where it is long; nothing where it is absent. */
static void put_value(struct text *line, const char *name, struct str value)
{
	if (!value.at)
		return;
	text_printf(line, ", %s \"", name);
	for (size_t begin = line->len; value.len > 0;) {
		struct str rest = value;
		uint32_t point = utf8_take(&rest);
		if (point == UTF8_INVALID || line->len - begin > VALUE_MAX) {
			text_puts(line, "…");
			break;
		}
		if (point == '"' || point == '\\')
			text_puts(line, "\\");
		text_put_visible(line, (struct str){value.at, value.len - rest.len});
		value = rest;
	}
	text_puts(line, "\"");
}

/* One line: what happened, to whose message. */
static void log_entry(enum log_level level, const char *what, const struct store_entry *entry)
{
	const struct message *m = &entry->message;
	char bytes[LINE_BYTES];
	struct text line = TEXT_IN(bytes);
	text_printf(&line, "%s: %zu byte%s", what, entry->size, text_plural((int64_t)entry->size));
	if (m->room.at)
		put_value(&line, "room", m->room);
	else
		put_value(&line, "topic", entry->topic);
	put_value(&line, "clientId", m->client_id);
	put_value(&line, "msgId", m->msg_id);
	put_value(&line, "nickname", m->nickname);
	log_line(level, "%.*s", (int)line.len, line.at);
}

static void note_room(struct journal *journal, struct str room)
{
	for (int i = journal->room_count - 1; i >= 0; i--)
		if (str_eq(room, str_of(journal->rooms[i])))
			return;
	if (journal->room_count == JOURNAL_ROOMS) {
		journal->more_rooms = true;
		return;
	}
	snprintf(journal->rooms[journal->room_count++], MESSAGE_ROOM_MAX + 1, "%.*s", (int)room.len,
	    room.at);
}

static void note_rejected(struct journal *journal, const struct store_entry *entry)
{
	char what[200];
	if (entry->repeated) { /* it was told when it came first */
		journal->repeated++;
		return;
	}
	if (++journal->rejected > JOURNAL_REJECTED_LINES)
		return;
	snprintf(what, sizeof(what), "rejected: %s", message_fault_text(entry->fault));
	log_entry(LOG_LEVEL_WARNING, what, entry);
}

static void note_taken(struct journal *journal, const struct store_entry *entry)
{
	bool repeated = entry->repeated || entry->id <= journal->newest;
	char what[64];
	if (repeated)
		journal->repeated++;
	else
		journal->stored++;
	if (!repeated)
		journal->newest = entry->id;
	note_room(journal, entry->message.room);
	if (!log_shows(LOG_LEVEL_DEBUG))
		return;
	snprintf(
	    what, sizeof(what), "%s %lld", repeated ? "repeated" : "stored", (long long)entry->id);
	log_entry(LOG_LEVEL_DEBUG, what, entry);
}

void journal_note(
    struct journal *journal, const struct store_entry *entries, size_t count, int64_t now)
{
	if (count > 0)
		journal_tell(journal, now);
	if (count > 0 && journal->stored + journal->repeated + journal->rejected == 0)
		journal->began = now;
	for (size_t i = 0; i < count; i++) {
		if (entries[i].fault)
			note_rejected(journal, &entries[i]);
		else
			note_taken(journal, &entries[i]);
	}
}

void journal_tell(struct journal *journal, int64_t now)
{
	if (now - journal->began >= JOURNAL_MINUTE_MS)
		journal_end(journal, now);
}

/* (lab, messages); of more rooms than have a place, the first ones. */
static void put_rooms(struct text *line, const struct journal *journal)
{
	if (journal->room_count == 0)
		return;
	text_printf(line, " in %s%d room%s (", journal->more_rooms ? "more than " : "",
	    journal->room_count, text_plural(journal->room_count));
	for (int i = 0; i < journal->room_count; i++)
		text_printf(line, "%s%s", i ? ", " : "", journal->rooms[i]);
	text_puts(line, journal->more_rooms ? ", …)" : ")");
}

void journal_end(struct journal *journal, int64_t now)
{
	if (journal->stored + journal->repeated + journal->rejected == 0)
		return;
	char bytes[LINE_BYTES];
	struct text line = TEXT_IN(bytes);
	int64_t more = journal->rejected - JOURNAL_REJECTED_LINES;
	if (more > 0)
		log_warning("rejected: %lld more in this minute; the last ones are in the table "
			    "`rejected`",
		    (long long)more);
	text_printf(&line, "in %lld s: %lld message%s stored",
	    (long long)((now - journal->began) / 1000), (long long)journal->stored,
	    text_plural(journal->stored));
	put_rooms(&line, journal);
	text_printf(&line, ", %lld repeated, %lld rejected", (long long)journal->repeated,
	    (long long)journal->rejected);
	log_info("%.*s", (int)line.len, line.at);
	*journal = (struct journal){.newest = journal->newest};
}
