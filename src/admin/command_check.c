/*
 * command_check.c: looks for what can be wrong with an installation. The history here, the rest in
 * check_*.c.
 */
#include "admin/check.h"

#include <unistd.h>

#include "base/clock.h"
#include "broker/identity.h"
#include "chat/limits.h"
#include "store/signs.h"
#include "store/store_admin.h"

#define DAY_MS 86400000

static const struct admin_option options[] = {
    {"json", NULL, "as JSON, an object a line"},
    {"broker-config", "FILE", "the broker's configuration (default: " BROKER_FILE ")"},
    {"nginx-config", "FILE", "nginx's configuration (default: " NGINX_FILE ")"},
    {"site-file", "FILE", "what the page says of this site (default: " SITE_FILE ")"},
    {0},
};

/* ---- the history ---- */

static void tell_damage(void *arg, const char *what, const char *remedy)
{
	check_tell(arg, CHECK_FAULT, "database", remedy, "%s", what);
}

/* The line says what to do, behind a semicolon. */
static void tell_error(struct check *check, const char *error)
{
	const char *remedy = strrchr(error, ';');
	int length = remedy ? (int)(remedy - error) : (int)strlen(error);
	check_tell(check, CHECK_FAULT, "database", remedy ? remedy + 2 : "see mqtt-chat(1)", "%.*s",
	    length, error);
}

static void check_damage(struct check *check, struct store *store)
{
	int count = 0;
	enum store_status status = store_inspect(store, tell_damage, check, &count);
	if (status && !count)
		tell_error(check, store_error(store));
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
	if (signs_within(o.last_rejected_ts, now, DAY_MS))
		check_tell(check, CHECK_WARNING, "messages",
		    "see why: sqlite3 -readonly chat.db 'SELECT * FROM rejected'",
		    "messages were rejected during the last day");
	if (o.newest_ts > now + DAY_MS)
		check_tell(check, CHECK_WARNING, "clock", "set the clock, and let NTP keep it",
		    "the newest message is from the future");
}

static void check_life(struct check *check, const struct store_signs *signs, int64_t now)
{
	static const char remedy[] = "see journalctl -u mqtt-chat-logger, and restart it";
	char ago[40];
	enum signs_life life = signs_life(signs, now);
	if (life == SIGNS_ALIVE)
		check_tell(check, CHECK_OK, "logger", NULL, "it runs and stores");
	else if (life == SIGNS_NEVER)
		check_tell(check, CHECK_FAULT, "logger", remedy, "it runs and has never stored");
	else
		check_tell(check, CHECK_FAULT, "logger", remedy,
		    life == SIGNS_AHEAD
			? "its last sign of life is %s: the clock was set back, and "
			  "it has stored nothing since"
			: "it runs, stored last %s, and nothing since",
		    admin_ago(ago, now - signs->alive_at));
}

static void check_doubt(struct check *check, const struct store_signs *signs)
{
	char age[24], remedy[160];
	if (!signs_doubt(signs))
		return;
	snprintf(remedy, sizeof(remedy),
	    "set the clock, and let NTP keep it; if it is right: mqtt-chat prune --days=%lld",
	    (long long)check->admin->settings.retention_days);
	check_tell(check, CHECK_FAULT, "clock", remedy,
	    "it is %s ahead of the logger's own account of the time, so nothing is deleted by age",
	    admin_age(age, signs_doubt(signs)));
}

static void check_logger(struct check *check, struct store *store)
{
	struct store_signs signs;
	int lock = -1;
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
	else
		check_life(check, &signs, now);
	check_doubt(check, &signs);
	if (!signs_within(signs.session_lost_at, now, 7LL * DAY_MS))
		return;
	char ago[40];
	check_tell(check, CHECK_WARNING, "logger",
	    "see journalctl -u mqtt-chat-broker, and whether /var/lib/mqtt-chat-broker can be written",
	    "the broker forgot its queue %s", admin_ago(ago, now - signs.session_lost_at));
}

static void check_database(struct check *check)
{
	struct store *store;
	char error[STORE_ERROR_SIZE];
	if (store_open(&store, check->admin->settings.database, STORE_READER, error)) {
		tell_error(check, error);
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
	check_site(&check);
	if (!check.json)
		printf("%d fault%s, %d warning%s\n", check.faults, text_plural(check.faults),
		    check.warnings, text_plural(check.warnings));
	return check.faults ? ADMIN_FAILED : ADMIN_OK;
}

const struct admin_command command_check = {
    "check", "", 0, 0, "look for faults, and say how to mend them", options, check_all};
