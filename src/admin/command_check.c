/*
 * command_check.c: looks for what can be wrong with an installation. The history here, the rest in
 * check_*.c.
 */
#include "admin/check.h"

#include <unistd.h>

#include "base/clock.h"
#include "broker/identity.h"
#include "chat/limits.h"
#include "store/store_admin.h"

#define DAY_MS 86400000

static const struct admin_option options[] = {
    {"json", NULL, "as JSON, an object a line"},
    {"broker-config", "FILE", "the broker's configuration (default: " BROKER_FILE ")"},
    {"nginx-config", "FILE", "nginx's configuration (default: " NGINX_FILE ")"},
    {0},
};

/* ---- the history ---- */

static void tell_damage(void *arg, const char *what, const char *remedy)
{
	check_tell(arg, CHECK_FAULT, "database", remedy, "%s", what);
}

static void check_damage(struct check *check, struct store *store)
{
	int count = 0;
	enum store_status status = store_inspect(store, tell_damage, check, &count);
	if (status && !count)
		check_tell(check, CHECK_FAULT, "database",
		    "restore it from a backup: mqtt-chat restore FILE", "%s", store_error(store));
	else if (!status && !count)
		check_tell(check, CHECK_OK, "database", NULL, "%s is sound and of schema %d",
		    check->admin->settings.database, STORE_SCHEMA_VERSION);
}

static void check_figures(struct check *check, struct store *store)
{
	struct store_overview o;
	int64_t now = clock_ms(CLOCK_REALTIME);
	if (store_overview(store, &o))
		return;
	if (o.newest_id - o.indexed_id > LIMITS_UNINDEXED_WARN)
		check_tell(check, CHECK_WARNING, "search",
		    "wait, or run mqtt-chat reindex if it does not get less",
		    "%lld messages are not in its index yet",
		    (long long)(o.newest_id - o.indexed_id));
	if (!o.wal)
		check_tell(check, CHECK_FAULT, "database",
		    "restart the logger, which sets it: systemctl restart mqtt-chat-logger",
		    "it is not in WAL mode: a reader can hold up the logger");
	if (o.wal_bytes > LIMITS_WAL_WARN_BYTES)
		check_tell(check, CHECK_WARNING, "database",
		    "end the program that reads the database for so long",
		    "its -wal file has grown to %lld MB", (long long)(o.wal_bytes / 1000000));
	if (now - o.last_rejected_ts < DAY_MS)
		check_tell(check, CHECK_WARNING, "messages",
		    "see why: sqlite3 -readonly chat.db 'SELECT * FROM rejected'",
		    "messages were rejected during the last day");
	if (o.newest_ts > now + DAY_MS)
		check_tell(check, CHECK_WARNING, "clock", "set the clock, and let NTP keep it",
		    "the newest message is from the future");
}

static void check_logger(struct check *check, struct store *store)
{
	struct store_signs signs;
	int lock = -1;
	char age[24];
	int64_t now = clock_ms(CLOCK_REALTIME);
	if (store_read_signs(store, &signs))
		return;
	bool idle = identity_borrow(check->admin->settings.database, &lock);
	if (lock >= 0)
		close(lock);
	if (idle)
		check_tell(check, CHECK_FAULT, "logger",
		    "start it: systemctl start mqtt-chat-logger; if it ends, see journalctl -u "
		    "mqtt-chat-logger",
		    "it does not run, so nothing is stored");
	else if (now - signs.alive_at > LIMITS_SILENT_MS)
		check_tell(check, CHECK_FAULT, "logger",
		    "see journalctl -u mqtt-chat-logger, and restart it",
		    "it runs and has stored nothing for %s", admin_age(age, now - signs.alive_at));
	else
		check_tell(check, CHECK_OK, "logger", NULL, "it runs and stores");
	if (now - signs.session_lost_at < 7LL * DAY_MS)
		check_tell(check, CHECK_WARNING, "logger",
		    "see journalctl -u mqtt-chat-broker, and whether /var/lib/mqtt-chat-broker can be "
		    "written",
		    "the broker forgot its queue %s ago",
		    admin_age(age, now - signs.session_lost_at));
}

static void check_database(struct check *check)
{
	struct store *store;
	char error[STORE_ERROR_SIZE];
	enum store_status status =
	    store_open(&store, check->admin->settings.database, STORE_READER, error);
	if (status) {
		/* The line says what to do, behind a semicolon. */
		char *remedy = strrchr(error, ';');
		if (remedy)
			*remedy++ = '\0';
		check_tell(check, CHECK_FAULT, "database",
		    status == STORE_CORRUPT ? "restore it from a backup: mqtt-chat restore FILE"
		    : remedy		    ? remedy + 1
					    : "see mqtt-chat(1)",
		    "%s", error);
		return;
	}
	check_damage(check, store);
	check_figures(check, store);
	check_logger(check, store);
	store_close(store);
}

static int check_all(struct admin *admin)
{
	struct check check = {.admin = admin, .json = admin_option(admin, "json") != NULL};
	check_database(&check);
	check_files(&check);
	check_broker(&check);
	check_nginx(&check);
	if (!check.json)
		printf("%d fault%s, %d warning%s\n", check.faults, text_plural(check.faults),
		    check.warnings, text_plural(check.warnings));
	return check.faults ? ADMIN_FAILED : ADMIN_OK;
}

const struct admin_command command_check = {
    "check", "", 0, 0, "look for faults, and say how to mend them", options, check_all};
