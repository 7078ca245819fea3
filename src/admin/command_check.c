/*
 * command_check.c: looks for what can be wrong with an installation. The history here, the rest in
 * admin_check_*.c.
 */
#include "admin/check.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/identity.h"
#include "store/store_admin.h"

#define DAY_MS 86400000
#define ALIVE_LIMIT_MS 90000
#define LAG_LIMIT 50000
#define WAL_LIMIT (256LL * 1024 * 1024)

const struct admin_option admin_check_options[] = {
    {"json", NULL, "as JSON, an object a line"},
    {"broker-config", "FILE", "the broker's configuration (default: " BROKER_FILE ")"},
    {"nginx-config", "FILE", "nginx's configuration (default: " NGINX_FILE ")"},
    {"api-socket", "PATH", "the responder's socket (default: " API_SOCKET ")"},
    {0},
};

static void print_json(
    enum check_state state, const char *area, const char *what, const char *remedy)
{
	static const char *const names[] = {"ok", "warning", "fault", "skipped"};
	printf("{\"state\":\"%s\",\"area\":\"%s\",\"what\":", names[state], area);
	admin_put_json(stdout, str_of(what));
	fputs(",\"remedy\":", stdout);
	admin_put_json(stdout, str_of(remedy));
	puts("}");
}

static void print_line(
    enum check_state state, const char *area, const char *what, const char *remedy)
{
	static const struct {
		const char *word;
		enum admin_colour colour;
	} looks[] = {{"ok", ADMIN_GOOD}, {"WARNING", ADMIN_WARN}, {"FAULT", ADMIN_BAD},
	    {"skipped", ADMIN_DIM}};
	printf("%s%-8s%s %-8s ", admin_colour(stdout, looks[state].colour), looks[state].word,
	    admin_colour(stdout, ADMIN_PLAIN), area);
	admin_put(stdout, str_of(what));
	if (remedy) {
		fputs("\n                  -> ", stdout);
		admin_put(stdout, str_of(remedy));
	}
	putchar('\n');
}

void check_tell(struct check *check, enum check_state state, const char *area, const char *remedy,
    const char *format, ...)
{
	char what[700];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	check->faults += state == CHECK_FAULT;
	check->warnings += state == CHECK_WARNING;
	(check->json ? print_json : print_line)(state, area, what, remedy);
}

const char *check_path(const struct check *check, const char *option, const char *standard)
{
	const char *path = admin_option(check->admin, option);
	return path ? path : standard;
}

bool check_next_line(char **rest, char **line)
{
	char *at = *rest;
	if (!at || !*at)
		return false;
	char *end = strchr(at, '\n');
	*rest = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	while (isspace((unsigned char)*at))
		at++;
	for (char *last = at + strlen(at); last > at && isspace((unsigned char)last[-1]);)
		*--last = '\0';
	*line = at;
	return true;
}

const char *check_value(const char *line, const char *name)
{
	size_t length = strlen(name);
	if (strncmp(line, name, length) != 0 || !isspace((unsigned char)line[length]))
		return NULL;
	return line + length + strspn(line + length, " \t");
}

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
	int64_t now = admin_now();
	if (store_overview(store, &o))
		return;
	if (o.newest_id - o.indexed_id > LAG_LIMIT)
		check_tell(check, CHECK_WARNING, "search",
		    "wait, or run mqtt-chat reindex if it does not get less",
		    "%lld messages are not in its index yet",
		    (long long)(o.newest_id - o.indexed_id));
	if (o.wal_bytes > WAL_LIMIT)
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
	int64_t now = admin_now();
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
	else if (now - signs.alive_at > ALIVE_LIMIT_MS)
		check_tell(check, CHECK_FAULT, "logger",
		    "see journalctl -u mqtt-chat-logger, and restart it",
		    "it runs and has stored nothing for %s", admin_age(age, now - signs.alive_at));
	else
		check_tell(check, CHECK_OK, "logger", NULL, "it runs and stores");
	if (now - signs.session_lost_at < 7LL * DAY_MS)
		check_tell(check, CHECK_WARNING, "logger",
		    "check `persistence` and persistent_client_expiration in mosquitto.conf",
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

int admin_check(struct admin *admin)
{
	struct check check = {.admin = admin, .json = admin_option(admin, "json") != NULL};
	check_database(&check);
	check_files(&check);
	check_broker(&check);
	check_nginx(&check);
	if (!check.json)
		printf("%d faults, %d warnings\n", check.faults, check.warnings);
	return check.faults ? ADMIN_FAILED : ADMIN_OK;
}
