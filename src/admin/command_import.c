/*
 * command_import.c: takes in a history. Each row has a msgId, its own or one made of the source and
 * the row's id, so that what is there already is not stored again: an import that was broken off is
 * run again.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/import.h"
#include "admin/pace.h"
#include "base/clock.h"
#include "base/disk.h"
#include "store/store_admin.h"

#define DEVICE_NICKNAME "mqtt" /* of who gives none, as in message.c */
#define REJECTED_KEPT 100      /* of one import; the table has room for 1000 in all */
#define REJECTED_SHOWN 5
#define HEAD_MAX 256
#define SOURCE_MAX 32

static const struct admin_option options[] = {
    {"format", "ndjson|csv|mariadb", "what FILE, or stdin, holds (default: by its name)"},
    {"source", "NAME", "what the ids in it belong to (default: the format's name)"},
    {"room", "ROOM", "of messages that name none (default: messages)"},
    {0},
};

struct import_run {
	struct admin *admin;
	struct store *store;
	struct import import;
	const char *source;
	struct str room;
	struct store_entry entries[STORE_SLICE_MAX];
	int64_t wanted_ts[STORE_SLICE_MAX];
	size_t count, at;  /* entries that wait, and the first of them that is not stored yet */
	int64_t oldest;	   /* ts; what is older would be deleted at once */
	int64_t seen_id;   /* the newest message so far */
	int64_t before_ts; /* of the newest message before this */
	int64_t records, added, known, rejected, clashes, too_old, nameless, late;
};

/* ---- a record becomes an entry ---- */

static struct message fields_of(struct import_run *run, char made[80])
{
	const struct str *fields = run->import.fields;
	struct message m = {
	    .room = fields[IMPORT_ROOM].at ? fields[IMPORT_ROOM] : run->room,
	    .nickname = fields[IMPORT_NICKNAME],
	    .text = fields[IMPORT_TEXT],
	    .client_id = fields[IMPORT_CLIENT_ID].len ? fields[IMPORT_CLIENT_ID] : str_of(NULL),
	    .msg_id = fields[IMPORT_MSG_ID],
	};
	struct str id = fields[IMPORT_ID];
	if (!m.nickname.at || m.nickname.len == 0) {
		m.nickname = str_of(DEVICE_NICKNAME);
		run->nameless += m.text.at != NULL;
	}
	snprintf(made, 80, "import:%s:%.*s", run->source, (int)(id.len < 20 ? id.len : 20),
	    id.at ? id.at : "");
	if (!m.msg_id.at && id.at && id.len <= 20)
		m.msg_id = str_of(made);
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

/* Counts what is rejected; whether it also goes to the table. */
static bool is_kept(struct import_run *run, const struct store_entry *entry)
{
	bool there = false;
	if (run->rejected++ < REJECTED_SHOWN)
		admin_fail("record %lld was rejected: %s: %.*s", (long long)run->records,
		    message_fault_text(entry->fault),
		    (int)(entry->head.len < 60 ? entry->head.len : 60), entry->head.at);
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
		return MESSAGE_BAD_MSG_ID;
	enum message_fault fault = message_copy(&entry->message, fields);
	if (!fault && !import_time(run->import.fields[IMPORT_TS], &entry->ts))
		fault = MESSAGE_BAD_TIME;
	return fault;
}

/* The topic of what is rejected: by its id, or by its place. */
static int keep_rejected(
    struct import_run *run, struct store_entry *entry, const char *made, bool has_id)
{
	char topic[80];
	snprintf(
	    topic, sizeof(topic), "import:%s:record %lld", run->source, (long long)run->records);
	return keep_origin(entry, str_of(has_id ? made : topic), run->import.raw);
}

/* Makes the next entry of a record. -1 without memory. */
static int take_record(struct import_run *run, enum import_result result)
{
	char made[80];
	struct store_entry *entry = &run->entries[run->count];
	struct message fields = fields_of(run, made);
	*entry = (struct store_entry){.ts = clock_ms(CLOCK_REALTIME)};
	run->records++;
	entry->fault = read_record(run, result, &fields);
	if (entry->fault == MESSAGE_NO_MEMORY)
		return -1;
	bool has_id = run->import.fields[IMPORT_ID].at != NULL;
	if (entry->fault && keep_rejected(run, entry, made, has_id) != 0)
		return -1;
	bool too_old = !entry->fault && entry->ts < run->oldest;
	run->too_old += too_old;
	if (too_old || (entry->fault && !is_kept(run, entry)))
		free_entry(entry);
	else
		run->wanted_ts[run->count++] = entry->ts;
	return 0;
}

/* ---- entries become messages ---- */

static void count_entry(struct import_run *run, size_t i)
{
	const struct store_entry *entry = &run->entries[i];
	if (entry->fault)
		return;
	if (entry->id > run->seen_id) {
		run->seen_id = entry->id;
		run->added++;
		run->late += entry->ts < run->before_ts;
		return;
	}
	run->known++;
	run->clashes += entry->ts != run->wanted_ts[i];
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
		if (result < IMPORT_END && take_record(run, result) != 0)
			return admin_fail("out of memory; run it again");
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
		return admin_fail(
		    "%s; run it again, it goes on where it was", store_error(run->store));
	return result == IMPORT_FAILED ? admin_fail("%s", run->import.error) : ADMIN_OK;
}

/* ---- what came of it ---- */

static void report(const struct import_run *run)
{
	printf("%lld records: %lld added, %lld there already, %lld rejected\n",
	    (long long)run->records, (long long)run->added, (long long)run->known,
	    (long long)run->rejected);
	if (run->rejected)
		printf("the rejected ones, at most %d, are in the table `rejected` with their "
		       "reasons\n",
		    REJECTED_KEPT);
	if (run->nameless)
		printf("%lld without a nickname are of \"%s\"\n", (long long)run->nameless,
		    DEVICE_NICKNAME);
	if (run->too_old)
		printf("%lld are older than retention-days and were left out\n",
		    (long long)run->too_old);
	if (run->late)
		printf(
		    "%lld are older than what was there before, and stand behind it: the order is "
		    "that in which messages came in\n",
		    (long long)run->late);
	if (run->clashes)
		printf(
		    "WARNING: %lld ids of \"%s\" are there with another time. If this is another "
		    "table, give it a name of its own: --source=NAME\n",
		    (long long)run->clashes, run->source);
}

/* ---- the command line ---- */

static int choose_format(const struct admin *admin, struct import *import)
{
	const char *name = admin_option(admin, "format");
	const char *file = admin->arg_count ? admin->args[0] : "";
	const char *end = strrchr(file, '.');
	if (!name && end)
		name = strcmp(end, ".jsonl") == 0 ? "ndjson" : end + 1;
	import->format = name ? import_format(name) : NULL;
	if (import->format)
		return 0;
	admin_misused("say what it is: --format=ndjson, csv or mariadb");
	return -1;
}

static int choose_source(struct import_run *run)
{
	const char *source = admin_option(run->admin, "source");
	run->source = source ? source : run->import.format->name;
	if (message_room_valid(str_of(run->source)) && strlen(run->source) <= SOURCE_MAX)
		return 0;
	admin_misused("--source must be 1 to %d of a-z 0-9 _ -, not '%.60s'", SOURCE_MAX, source);
	return -1;
}

static int open_input(struct import_run *run)
{
	const struct admin *admin = run->admin;
	bool from_stdin = admin->arg_count == 0 || strcmp(admin->args[0], "-") == 0;
	run->import.in = from_stdin ? stdin : fopen(admin->args[0], "re");
	if (!run->import.in)
		return admin_fail("%s: %s", admin->args[0], strerror(errno));
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
	return result;
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
