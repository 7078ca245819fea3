/*
 * command_status.c: all parts at a glance.
 */
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/broker.h"
#include "base/clock.h"
#include "base/disk.h"
#include "broker/identity.h"
#include "chat/limits.h"
#include "config.h"
#include "output/json.h"
#include "store/signs.h"
#include "store/store_admin.h"

static const struct admin_option options[] = {
    {"json", NULL, "as JSON"},
    {0},
};

struct status {
	struct admin *admin;
	bool bad;
	struct text *json; /* NULL: for people */
};

/* A line of the list: as text with a colour, or a member of the JSON object. */
static void put_line(struct status *s, enum admin_colour colour, const char *name,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

static void put_line(
    struct status *s, enum admin_colour colour, const char *name, const char *format, ...)
{
	char value[400];
	va_list args;
	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	s->bad = s->bad || colour == ADMIN_BAD;
	if (s->json) {
		json_member(s->json, name, str_of(value));
		return;
	}
	printf("%-10s %s", name, admin_colour(stdout, colour));
	admin_put(stdout, str_of(value));
	printf("%s\n", admin_colour(stdout, ADMIN_PLAIN));
}

/* A figure that a script may want; people get it within a line. */
static void figure(struct status *s, const char *name, int64_t value)
{
	if (s->json)
		json_member_number(s->json, name, value);
}

struct version_visit {
	struct broker broker;
	char version[80];
	bool known;
};

static void take_version(
    void *arg, struct str topic, struct str payload, const struct delivery *delivery)
{
	struct version_visit *visit = arg;
	(void)topic;
	(void)delivery;
	snprintf(visit->version, sizeof(visit->version), "%.*s",
	    (int)(payload.len < 60 ? payload.len : 60), payload.at);
	visit->known = true;
}

static void show_broker(struct status *s)
{
	static const struct mqtt_events events = {.connected = broker_connected,
	    .subscribed = broker_subscribed,
	    .message = take_version};
	struct version_visit visit = {.version = "answers"};
	char error[BROKER_ERROR_SIZE];
	if (broker_visit(
		&visit.broker, &s->admin->settings, "$SYS/broker/version", &events, error) != 0) {
		put_line(s, ADMIN_BAD, "broker", "%.380s", error);
	} else {
		broker_wait(&visit.broker, &visit.known, 500);
		put_line(s, ADMIN_GOOD, "broker", "%s", visit.version);
	}
	broker_leave(&visit.broker);
}

static void show_api(struct status *s)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", s->admin->settings.api_socket);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answers = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	if (answers)
		put_line(s, ADMIN_GOOD, "api", "takes requests at %s", address.sun_path);
	else
		put_line(s, ADMIN_BAD, "api", "%s: %m", address.sun_path);
	if (fd >= 0)
		close(fd);
}

static void show_life(struct status *s, const struct store_signs *signs, int64_t now)
{
	char ago[40];
	switch (signs_life(signs, now)) {
	case SIGNS_ALIVE:
		put_line(s, ADMIN_GOOD, "logger", "last sign of life %s",
		    admin_ago(ago, signs_age(signs, now) * 1000));
		break;
	case SIGNS_NEVER:
		put_line(s, ADMIN_WARN, "logger", "runs, and has not given a sign of life yet");
		break;
	case SIGNS_SILENT:
		put_line(s, ADMIN_BAD, "logger",
		    "stored something %s, and nothing since: see its log",
		    admin_ago(ago, now - signs->alive_at));
		break;
	case SIGNS_AHEAD:
		put_line(s, ADMIN_BAD, "logger",
		    "last sign of life %s: the clock was set back, and none came since; see its log",
		    admin_ago(ago, now - signs->alive_at));
		break;
	}
}

static void show_doubt(struct status *s, const struct store_signs *signs)
{
	char age[24];
	if (!signs_doubt(signs))
		return;
	put_line(s, ADMIN_BAD, "clock",
	    "%s ahead of the logger's account of the time, so retention waits: see "
	    "mqtt-chat check",
	    admin_age(age, signs_doubt(signs)));
}

static void show_logger(struct status *s, struct store *store)
{
	struct store_signs signs;
	if (store_read_signs(store, &signs)) {
		put_line(s, ADMIN_BAD, "logger", "%s", store_error(store));
		return;
	}
	int64_t now = clock_ms(CLOCK_REALTIME);
	int lock = -1;
	figure(s, "loggerAgeSeconds", signs_age(&signs, now));
	if (identity_borrow(s->admin->settings.database, &lock))
		put_line(s, ADMIN_BAD, "logger", "does not run");
	else
		show_life(s, &signs, now);
	if (lock >= 0)
		close(lock);
	show_doubt(s, &signs);
	if (!signs.session_lost_at)
		return;
	char ago[40];
	put_line(s, ADMIN_WARN, "session", "the broker forgot the logger's queue %s",
	    admin_ago(ago, now - signs.session_lost_at));
}

static void show_rates(struct status *s, struct store *store)
{
	static const struct {
		const char *figure;
		int64_t ms;
	} spans[] = {{"lastMinute", 60000}, {"lastHour", 3600000}, {"lastDay", 86400000}};
	int64_t counts[3] = {0}, now = clock_ms(CLOCK_REALTIME);
	for (int i = 0; i < 3; i++) {
		if (store_count_since(store, now - spans[i].ms, &counts[i]))
			counts[i] = 0;
		figure(s, spans[i].figure, counts[i]);
	}
	put_line(s, ADMIN_PLAIN, "rate",
	    "%lld in the last minute, %lld in the last hour, %lld in the last day",
	    (long long)counts[0], (long long)counts[1], (long long)counts[2]);
}

static void show_history(struct status *s, struct store *store)
{
	struct store_overview o;
	char ago[40], file[24], empty[24], wal[24];
	if (store_overview(store, &o)) {
		put_line(s, ADMIN_BAD, "history", "%s", store_error(store));
		return;
	}
	int64_t lag = o.newest_id > o.indexed_id ? o.newest_id - o.indexed_id : 0;
	figure(s, "messages", o.messages);
	figure(s, "rooms", o.rooms);
	figure(s, "newestId", o.newest_id);
	figure(s, "fileBytes", o.file_bytes);
	figure(s, "walBytes", o.wal_bytes);
	figure(s, "unindexed", lag);
	figure(s, "rejectedKept", o.rejected);
	put_line(s, ADMIN_PLAIN, "history", "%lld message%s in %lld room%s, the last one %s",
	    (long long)o.messages, text_plural(o.messages), (long long)o.rooms,
	    text_plural(o.rooms),
	    o.newest_id ? admin_ago(ago, clock_ms(CLOCK_REALTIME) - o.newest_ts) : "never");
	show_rates(s, store);
	put_line(s, o.wal_bytes > LIMITS_WAL_WARN_BYTES ? ADMIN_WARN : ADMIN_PLAIN, "sizes",
	    "%s, of that %s empty; -wal %s", admin_bytes(file, o.file_bytes),
	    admin_bytes(empty, o.free_bytes), admin_bytes(wal, o.wal_bytes));
	put_line(s, lag > LIMITS_UNINDEXED_WARN ? ADMIN_WARN : ADMIN_PLAIN, "search",
	    "%lld message%s to be indexed", (long long)lag, text_plural(lag));
	put_line(s, ADMIN_PLAIN, "rejected", "%lld %s kept for a look (at most %d)",
	    (long long)o.rejected, o.rejected == 1 ? "is" : "are", LIMITS_REJECTED_ROWS);
}

static void show_disk(struct status *s)
{
	const struct settings *set = &s->admin->settings;
	struct disk disk;
	char left[24];
	if (!disk_look(set->database, &disk))
		return;
	int64_t needed = disk_reserve(&disk, set->min_free);
	bool low = disk.free < needed;
	figure(s, "diskFreeBytes", disk.free);
	figure(s, "diskReserveBytes", needed);
	admin_bytes(left, disk.free);
	if (low) {
		char reserve[24];
		put_line(s, ADMIN_BAD, "disk", "%s free, less than %s: new messages are refused",
		    left, admin_bytes(reserve, needed));
	} else {
		put_line(s, ADMIN_PLAIN, "disk", "%s free", left);
	}
}

static void show_settings(struct status *s)
{
	const struct settings *set = &s->admin->settings;
	put_line(s, ADMIN_PLAIN, "version", "%s, schema %d, %s", PACKAGE_STRING,
	    STORE_SCHEMA_VERSION, store_engine());
	put_line(s, ADMIN_PLAIN, "database", "%.380s", set->database);
	if (set->retention_days || set->retention_messages)
		put_line(s, ADMIN_PLAIN, "retention", "%lld day%s, %lld message%s a room (0: all)",
		    (long long)set->retention_days, text_plural(set->retention_days),
		    (long long)set->retention_messages, text_plural(set->retention_messages));
	if (set->max_rate)
		put_line(s, ADMIN_PLAIN, "max-rate", "%lld message%s a minute",
		    (long long)set->max_rate, text_plural(set->max_rate));
}

static int show_status(struct admin *admin)
{
	struct text json = {0};
	struct status s = {.admin = admin, .json = admin_option(admin, "json") ? &json : NULL};
	struct store *store;
	char error[STORE_ERROR_SIZE];
	json_begin(&json, '{');
	show_settings(&s);
	show_broker(&s);
	show_api(&s);
	if (store_open(&store, admin->settings.database, STORE_READER, error)) {
		put_line(&s, ADMIN_BAD, "history", "%.380s", error);
	} else {
		show_logger(&s, store);
		show_history(&s, store);
		show_disk(&s);
	}
	store_close(store);
	json_member_boolean(&json, "ok", !s.bad);
	json_end(&json, '}');
	if (s.json)
		printf("%.*s\n", (int)json.len, json.at);
	text_free(&json);
	return s.bad ? ADMIN_FAILED : ADMIN_OK;
}

const struct admin_command command_status = {
    "status", "", 0, 0, "show how all parts are", options, show_status};
