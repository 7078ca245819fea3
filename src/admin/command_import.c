/*
 * command_import.c: takes in a history. Each row has a msgId, its own or one made of the source and
 * the row's id, so that what is there already is not stored again: an import that was broken off is
 * run again.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/files.h"
#include "admin/import.h"
#include "admin/pace.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/time.h"
#include "chat/limits.h"
#include "store/store_admin.h"

#define REJECTED_KEPT 100 /* of one import; the table has room for 1000 in all */
#define REJECTED_SHOWN 5
#define SHOWN_MAX 60
#define HEAD_MAX LIMITS_REJECTED_HEAD
#define SOURCE_MAX 32

static const struct admin_option options[] = {
    {"format", "ndjson|csv|mariadb", "what FILE, or stdin, holds (default: by its name)"},
    {"source", "NAME", "what the ids in it belong to (default: the format's name)"},
    {"room", "ROOM", "of messages that name none (default: messages)"},
    {0},
};

/* Of an entry, as it was read. */
struct origin {
	int64_t ts, line;
};

struct import_run {
	struct admin *admin;
	struct store *store;
	struct import import;
	const char *name;   /* of the input */
	const char *source; /* NULL: none was given */
	struct str room;
	struct store_entry entries[STORE_SLICE_MAX];
	struct origin origins[STORE_SLICE_MAX];
	size_t count, at;  /* entries that wait, and the first of them that is not stored yet */
	int64_t oldest;	   /* ts; what is older would be deleted at once */
	int64_t seen_id;   /* the newest message so far */
	int64_t before_ts; /* of the newest message before this */
	int64_t records, added, known, rejected, clashes, too_old, nameless, late;
};

static const char *source_of(const struct import_run *run)
{
	return run->source ? run->source : run->import.format->name;
}

/* ---- a record becomes an entry ---- */

static struct message fields_of(struct import_run *run, char made[IMPORT_MSG_ID_SIZE])
{
	const struct str *fields = run->import.fields;
	struct message m = {
	    .room = fields[IMPORT_ROOM].at ? fields[IMPORT_ROOM] : run->room,
	    .nickname = fields[IMPORT_NICKNAME],
	    .text = fields[IMPORT_TEXT],
	    .client_id = fields[IMPORT_CLIENT_ID].len ? fields[IMPORT_CLIENT_ID] : str_of(NULL),
	    .msg_id = fields[IMPORT_MSG_ID],
	};
	if (!m.nickname.at || m.nickname.len == 0) {
		m.nickname = str_of(LIMITS_DEVICE_NICKNAME);
		run->nameless += m.text.at != NULL;
	}
	if (m.msg_id.len == 0)
		m.msg_id = import_msg_id(&run->import, run->source, made);
	return m;
}

/*
 * Topic and head of what is rejected stand in one piece of memory, which topic.at is the start of.
 */
static int keep_origin(struct store_entry *entry, struct str topic, struct str raw)
{
	size_t head = raw.len < HEAD_MAX ? raw.len : HEAD_MAX;
	char *memory = malloc(topic.len + head + 1);
	if (!memory)
		return -1;
	memcpy(memory, topic.at, topic.len);
	if (raw.len)
		memcpy(memory + topic.len, raw.at, head);
	entry->topic = (struct str){memory, topic.len};
	entry->head = (struct str){memory + topic.len, head};
	entry->size = raw.len;
	return 0; /* cppcheck-suppress memleak ; entry->topic.at owns it */
}

static void free_entry(struct store_entry *entry)
{
	message_free(&entry->message);
	free((char *)entry->topic.at);
	*entry = (struct store_entry){0};
}

/* Says why a record is rejected, with the beginning of what is wrong in it. */
static void say_rejected(
    struct import_run *run, int64_t line, enum message_fault fault, struct str shown)
{
	if (++run->rejected > REJECTED_SHOWN)
		return;
	size_t length = shown.len < SHOWN_MAX ? shown.len : SHOWN_MAX;
	while (length < shown.len && length > 0 && ((unsigned char)shown.at[length] & 0xc0) == 0x80)
		length--;
	const char *why =
	    fault == MESSAGE_BAD_RECORD ? run->import.error : message_fault_text(fault);
	admin_fail("line %lld was rejected: %s: '%.*s'%s", (long long)line, why, (int)length,
	    length ? shown.at : "", length < shown.len ? "..." : "");
}

/* Counts what is rejected; whether it also goes to the table. */
static bool is_kept(struct import_run *run, const struct store_entry *entry)
{
	bool there = false;
	enum import_field field = import_field_at_fault(entry->fault);
	say_rejected(run, run->import.at, entry->fault,
	    field == IMPORT__FIELDS ? entry->head : run->import.fields[field]);
	return run->rejected <= REJECTED_KEPT &&
	       store_has_rejected(run->store, entry->topic, &there) == STORE_OK && !there;
}

static enum message_fault read_record(
    struct import_run *run, enum import_result result, const struct message *fields)
{
	struct store_entry *entry = &run->entries[run->count];
	if (result != IMPORT_RECORD)
		return MESSAGE_BAD_RECORD;
	if (!fields->msg_id.at)
		return MESSAGE_NO_ID;
	enum message_fault fault = message_copy(&entry->message, fields);
	if (!fault && !time_read_foreign(run->import.fields[IMPORT_TS], &entry->ts))
		fault = MESSAGE_BAD_TIME;
	return fault;
}

/* The topic of what is rejected: by its id, or by its place. */
static int keep_rejected(struct import_run *run, struct store_entry *entry)
{
	char topic[IMPORT_MSG_ID_SIZE];
	struct str made = import_msg_id(&run->import, run->source, topic);
	if (!made.at) {
		snprintf(topic, sizeof(topic), "import:%s:record %lld", source_of(run),
		    (long long)run->records);
		made = str_of(topic);
	}
	return keep_origin(entry, made, run->import.raw);
}

/* Whether the record is a message that is there already, though not under its msgId. */
static enum store_status find_copy(
    struct import_run *run, const struct store_entry *entry, bool *has)
{
	struct import_names names;
	int64_t id = import_known_as(&run->import, &names);
	*has = false;
	return id ? store_has_copy(run->store, entry, id, names.msg_ids, has) : STORE_OK;
}

static int fail_store(const struct import_run *run)
{
	return admin_fail("%s; run it again, it goes on where it was", store_error(run->store));
}

/* Makes the next entry of a record. An enum admin_result. */
static int take_record(struct import_run *run, enum import_result result)
{
	char made[IMPORT_MSG_ID_SIZE];
	bool there = false;
	struct store_entry *entry = &run->entries[run->count];
	struct message fields = fields_of(run, made);
	*entry = (struct store_entry){.ts = clock_ms(CLOCK_REALTIME)};
	run->records++;
	entry->fault = read_record(run, result, &fields);
	if (entry->fault == MESSAGE_NO_MEMORY || (entry->fault && keep_rejected(run, entry) != 0))
		return admin_fail("out of memory; run it again, it goes on where it was");
	bool too_old = !entry->fault && entry->ts < run->oldest;
	if (!entry->fault && !too_old && find_copy(run, entry, &there))
		return fail_store(run);
	run->too_old += too_old;
	run->known += there;
	if (too_old || there || (entry->fault && !is_kept(run, entry)))
		free_entry(entry);
	else
		run->origins[run->count++] = (struct origin){entry->ts, run->import.at};
	return ADMIN_OK;
}

/* ---- entries become messages ---- */

static void count_entry(struct import_run *run, size_t i)
{
	const struct store_entry *entry = &run->entries[i];
	if (entry->fault && !entry->topic.at) { /* the store refused it */
		say_rejected(run, run->origins[i].line, entry->fault, entry->message.msg_id);
		run->clashes += entry->fault != MESSAGE_REFUSED;
	}
	if (entry->fault)
		return;
	if (entry->id > run->seen_id) {
		run->seen_id = entry->id;
		run->added++;
		run->late += entry->ts < run->before_ts;
		return;
	}
	if (entry->ts == run->origins[i].ts)
		run->known++;
	else
		run->clashes++;
}

static enum store_status insert_slice(void *arg, int rows)
{
	struct import_run *run = arg;
	size_t count = run->count - run->at;
	if (count > (size_t)rows)
		count = (size_t)rows;
	enum store_status status = store_newest(run->store, &run->seen_id);
	if (!status)
		status = store_insert_batch(run->store, run->entries + run->at, count, NULL, NULL);
	if (status)
		return status;
	for (size_t i = run->at; i < run->at + count; i++)
		count_entry(run, i);
	run->at += count;
	return STORE_OK;
}

static enum store_status store_entries(struct import_run *run, struct pace *pace)
{
	enum store_status status = STORE_OK;
	run->at = 0;
	while (!status && run->at < run->count)
		status = pace_slice(pace, insert_slice, run);
	for (size_t i = 0; i < run->count; i++)
		free_entry(&run->entries[i]);
	run->count = 0;
	return status;
}

static bool has_room(const struct import_run *run)
{
	const struct settings *settings = &run->admin->settings;
	struct disk disk;
	if (!disk_look(settings->database, &disk) || !disk_low(&disk, settings->min_free))
		return true;
	admin_fail("the disk with %s is nearly full (min-free = %lld percent): make room there, "
		   "and run it again, it goes on where it was",
	    settings->database, (long long)settings->min_free);
	return false;
}

static int import_all(struct import_run *run)
{
	struct pace pace = {.store = run->store, .database = run->admin->settings.database};
	struct admin_progress progress = {.what = "importing"};
	struct stat about;
	enum import_result result;
	enum store_status status = STORE_OK;
	if (fstat(fileno(run->import.in), &about) == 0 && S_ISREG(about.st_mode))
		progress.total = about.st_size;
	do {
		result = import_next(&run->import);
		if (result < IMPORT_END && take_record(run, result) != ADMIN_OK)
			return ADMIN_FAILED;
		bool due = run->count == STORE_SLICE_MAX || (result >= IMPORT_END && run->count);
		if (due && !has_room(run))
			return ADMIN_FAILED;
		if (due)
			status = store_entries(run, &pace);
		admin_progress(&progress, progress.total ? ftello(run->import.in) : run->records);
	} while (!status && result < IMPORT_END);
	admin_progress_end(&progress);
	if (!status)
		status = store_sync(run->store);
	if (status)
		return fail_store(run);
	return result == IMPORT_FAILED ? admin_fail("%s: %s", run->name, run->import.error)
				       : ADMIN_OK;
}

/* ---- what came of it ---- */

static void report(const struct import_run *run)
{
	printf("%lld record%s: %lld added, %lld there already, %lld rejected\n",
	    (long long)run->records, text_plural(run->records), (long long)run->added,
	    (long long)run->known, (long long)run->rejected);
	if (run->rejected)
		puts("the table `rejected` has the first of the rejected ones, with their reasons");
	if (run->nameless)
		printf("%lld without a nickname %s of \"%s\"\n", (long long)run->nameless,
		    run->nameless == 1 ? "is" : "are", LIMITS_DEVICE_NICKNAME);
	if (run->too_old)
		printf("%lld %s older than retention-days and %s left out\n",
		    (long long)run->too_old, run->too_old == 1 ? "is" : "are",
		    run->too_old == 1 ? "was" : "were");
	if (run->late)
		printf("%lld %s older than what was there before, and %s behind it: the order is "
		       "that in which messages came in\n",
		    (long long)run->late, run->late == 1 ? "is" : "are",
		    run->late == 1 ? "stands" : "stand");
	if (run->clashes)
		printf(
		    "WARNING: %lld id%s of \"%s\" belong%s to other messages: left out. If this is "
		    "another table, give it a name of its own: --source=NAME\n",
		    (long long)run->clashes, text_plural(run->clashes), source_of(run),
		    run->clashes == 1 ? "s" : "");
	if (run->known && run->known == run->records)
		puts("nothing to do: all of it is there already");
}

/* An import of which nothing is in the history in the end has failed. An enum admin_result. */
static int judge(const struct import_run *run)
{
	if (run->added || run->known)
		return ADMIN_OK;
	if (run->import.lines == 0)
		return admin_fail(
		    "nothing was imported: %s is empty; see whether the program that writes it failed",
		    run->name);
	if (run->records == 0)
		return admin_fail("nothing was imported: %s has no records", run->name);
	if (run->clashes == run->records)
		return admin_fail("nothing was imported: all its ids belong to other messages");
	if (run->rejected == run->records)
		return admin_fail("nothing was imported: every record was rejected");
	return admin_fail("nothing was imported: %lld record%s: %lld rejected, %lld older than "
			  "retention-days, %lld with ids of other messages",
	    (long long)run->records, text_plural(run->records), (long long)run->rejected,
	    (long long)run->too_old, (long long)run->clashes);
}

/* ---- the command line ---- */

static int choose_format(const struct admin *admin, struct import *import)
{
	const char *name = admin_option(admin, "format");
	if (!name && admin->arg_count)
		name = admin_format_of(admin->args[0]);
	import->format = name ? import_format(name) : NULL;
	if (import->format)
		return 0;
	admin_misused("say what it is: --format=ndjson, csv or mariadb");
	return -1;
}

static int choose_source(struct import_run *run)
{
	run->source = admin_option(run->admin, "source");
	if (!run->source ||
	    (message_room_valid(str_of(run->source)) && strlen(run->source) <= SOURCE_MAX))
		return 0;
	admin_misused("--source must be 1 to %d of a-z 0-9 _ -, and start with a letter or digit, "
		      "not '%.60s'",
	    SOURCE_MAX, run->source);
	return -1;
}

static int open_input(struct import_run *run)
{
	const struct admin *admin = run->admin;
	bool from_stdin = admin->arg_count == 0 || strcmp(admin->args[0], "-") == 0;
	run->name = from_stdin ? "standard input" : admin->args[0];
	run->import.in = from_stdin ? stdin : fopen(run->name, "re");
	if (!run->import.in)
		return admin_fail("%s: %s", run->name, strerror(errno));
	if (from_stdin && isatty(STDIN_FILENO))
		return admin_misused("give a FILE, or something on stdin");
	return ADMIN_OK;
}

static int run_import(struct import_run *run)
{
	struct store_overview overview;
	run->store = admin_open(run->admin, STORE_EDITOR);
	if (!run->store)
		return ADMIN_FAILED;
	if (store_overview(run->store, &overview))
		return admin_fail("%s", store_error(run->store));
	run->before_ts = overview.newest_ts;
	if (run->admin->settings.retention_days)
		run->oldest =
		    clock_ms(CLOCK_REALTIME) - run->admin->settings.retention_days * 86400000;
	int result = import_all(run);
	report(run);
	return result == ADMIN_OK ? judge(run) : result;
}

static int import_history(struct admin *admin)
{
	struct import_run *run = calloc(1, sizeof(*run));
	if (!run)
		return admin_fail("out of memory");
	run->admin = admin;
	int result = ADMIN_USAGE;
	if (admin_room(admin, &run->room) == 0 && choose_format(admin, &run->import) == 0 &&
	    choose_source(run) == 0)
		result = open_input(run);
	if (!run->room.at)
		run->room = str_of("messages");
	if (result == ADMIN_OK)
		result = run_import(run);
	if (run->import.format)
		import_end(&run->import);
	if (run->import.in && run->import.in != stdin)
		fclose(run->import.in);
	store_close(run->store);
	for (size_t i = 0; i < run->count; i++)
		free_entry(&run->entries[i]);
	free(run);
	return result;
}

const struct admin_command command_import = {"import", "[FILE]", 0, 1,
    "take in a history: NDJSON, CSV, or a MariaDB table", options, import_history};
