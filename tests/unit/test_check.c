/* test_check.c: `mqtt-chat check`: what each part finds, and that it finds nothing else. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "broker/identity.h"
#include "chat/limits.h"
#include "commands.h"

#define DAY 86400000LL

static char etc[4][PATH_MAX + 20];
static int64_t now;

/* Each test has an installation of which all is well but that nothing runs. */
static int setup(void **state)
{
	if (commands_setup(state) != 0)
		return -1;
	now = clock_ms(CLOCK_REALTIME);
	snprintf(settings.api_socket, sizeof(settings.api_socket), "%s", unit_path("no-api"));
	assert_int_equal(chmod(settings.database, 0640), 0);
	unit_write(unit_path("broker"), str_of("persistence true\n"));
	unit_write(unit_path("nginx"),
	    str_of("worker_connections 768;\nupstream mqtt_chat_api\nfastcgi_pass mqtt_chat_api\n"
		   "if ($mqtt_chat_same_origin = 0)\nlimit_conn mqtt_chat_sockets 50;\n"
		   "script-src 'self'\n"));
	snprintf(etc[0], sizeof(etc[0]), "--broker-config=%s", unit_path("broker"));
	snprintf(etc[1], sizeof(etc[1]), "--nginx-config=%s", unit_path("nginx"));
	snprintf(etc[2], sizeof(etc[2]), "--site-file=%s", unit_path("site"));
	return 0;
}

#define CHECK(test) cmocka_unit_test_setup_teardown(test, setup, unit_remove_dir)

static int check(void)
{
	return run(&command_check, etc[0], etc[1], etc[2], NULL);
}

/* Runs it; whether a finding of that area begins so. */
static bool finds(const char *state, const char *area, const char *what)
{
	char line[PATH_MAX];
	check();
	snprintf(line, sizeof(line), "%-8s %-8s %s", state, area, what);
	return strstr(out, line) != NULL;
}

#define expect_finds(state, area, what) expect(finds(state, area, what), "no %s in %s", what, out)
#define expect_none(state, area, what) expect(!finds(state, area, what), "%s in %s", what, out)

TEST(what_is_well_and_what_does_not_run_is_told_and_counted)
{
	char line[PATH_MAX + 100];
	assert_int_equal(check(), ADMIN_FAILED);
	snprintf(line, sizeof(line), "ok       database %s is sound and of schema 2\n",
	    settings.database);
	expect_out(line);
	expect_out("FAULT    logger   it does not run, so nothing is stored\n"
		   "                  -> start it: systemctl start mqtt-chat-logger; ");
	expect_out("ok       files    owners and modes are as they should be\n");
	expect_out("FAULT    broker   broker at ");
	snprintf(line, sizeof(line), "ok       broker   %s is safe\n", unit_path("broker"));
	expect_out(line);
	snprintf(
	    line, sizeof(line), "ok       nginx    %s has both parts, whole\n", unit_path("nginx"));
	expect_out(line);
	snprintf(line, sizeof(line), "FAULT    api      %s: No such file", unit_path("no-api"));
	expect_out(line);
	expect_not_out(" site ");
	expect_out("\n3 faults, 0 warnings\n");
	raw_run(settings.database, "UPDATE rooms SET messages = 3;"
				   "INSERT INTO rooms VALUES ('x', 1, 1, 1)");
	check();
	expect_out("FAULT    database the table `rooms` counts 1 rooms wrong\n"
		   "                  -> delete its rows while the logger runs; ");
	expect_not_out("is sound");
	expect_out("\n4 faults, 0 warnings\n");
}

TEST(a_script_gets_an_object_for_each)
{
	assert_int_equal(run(&command_check, "--json", etc[0], etc[1], etc[2], NULL), ADMIN_FAILED);
	expect_out(
	    "{\"state\":\"ok\",\"area\":\"files\",\"what\":\"owners and modes are as they should "
	    "be\",\"remedy\":null}\n");
	expect_out(
	    "{\"state\":\"fault\",\"area\":\"logger\",\"what\":\"it does not run, so nothing is "
	    "stored\",\"remedy\":\"start it: ");
	expect_not_out("warnings");
	run(&command_check, "--json", "--broker-config=/none", etc[1], etc[2], NULL);
	expect_out("{\"state\":\"skipped\",\"area\":\"broker\",\"what\":\"/none: No such file or "
		   "directory\",\"remedy\":\"say where it is: ");
}

/* ---- the history ---- */

TEST(an_error_of_the_database_is_told_with_its_remedy)
{
	snprintf(settings.database, sizeof(settings.database), "%s", unit_path("nowhere"));
	check();
	expect_out(
	    "nowhere: there is none\n                  -> start the logger, which makes it\n");
	unit_write(
	    unit_path("nowhere"), str_of("This is no database, but it is long enough for one."));
	check();
	expect_out("FAULT    database ");
	expect_not_out("ok       database");
}

static void set_note(int64_t alive_at, int64_t lost_at, int64_t reckoned_at)
{
	char sql[200];
	snprintf(sql, sizeof(sql), "REPLACE INTO logger_note VALUES (1, %lld, %lld, x'', %lld)",
	    (long long)alive_at, (long long)lost_at, (long long)reckoned_at);
	raw_run(settings.database, sql);
}

TEST(the_loggers_life_is_judged)
{
	char id[IDENTITY_LENGTH + 1], error[IDENTITY_ERROR_SIZE];
	int lock = identity_claim(settings.database, id, error);
	expect_finds("FAULT", "logger", "it runs and has never stored\n");
	set_note(now - 60000, 0, 0);
	expect_finds("ok", "logger", "it runs and stores\n");
	expect_none("WARNING", "logger", "");
	set_note(now - 600000, 0, 0);
	expect_finds("FAULT", "logger", "it runs, stored last 10 min ago, and nothing since\n");
	set_note(now + 3 * DAY + 30000, 0, 0);
	expect_finds("FAULT", "logger", "its last sign of life is 3 d in the future: the clock");
	set_note(now, now - 7 * DAY + 60000, now - 3 * DAY);
	settings.retention_days = 9;
	expect_finds("WARNING", "logger", "the broker forgot its queue 6 d ago\n");
	expect_finds("FAULT", "clock", "it is 3 d ahead of the logger's own account of the time,");
	expect_out("if it is right: mqtt-chat prune --days=9\n");
	set_note(now, now - 7 * DAY - 60000, now);
	expect_none("WARNING", "logger", "");
	expect_none("FAULT", "clock", "");
	close(lock);
	expect_finds("FAULT", "logger", "it does not run");
	expect_none("ok", "logger", "");
}

static void set_rejected(int64_t ts)
{
	char sql[200];
	snprintf(sql, sizeof(sql),
	    "DELETE FROM rejected; INSERT INTO rejected (ts, topic, reason,"
	    " size, head) VALUES (%lld, 't', 'r', 1, x'00')",
	    (long long)ts);
	raw_run(settings.database, sql);
}

TEST(figures_that_are_out_of_the_ordinary_are_told)
{
	expect_none("WARNING", "", "");
	set_rejected(now - DAY + 60000);
	expect_finds("WARNING", "messages", "messages were rejected during the last day\n");
	expect_out("1 warning\n");
	set_rejected(now - DAY - 60000);
	expect_none("WARNING", "messages", "");
	add_at("lab", "Hi", now + DAY - 60000);
	expect_none("WARNING", "clock", "");
	add_at("lab", "Hi", now + DAY + 60000);
	expect_finds("WARNING", "clock", "the newest message is from the future\n");
	raw_run(settings.database, "INSERT INTO messages (id, ts, room, nickname, text)"
				   " VALUES (60000, 1, 'lab', 'A', 'x')");
	raw_run(settings.database, "UPDATE search_state SET indexed_id = 10000");
	expect_none("WARNING", "search", "");
	raw_run(settings.database, "UPDATE search_state SET indexed_id = 9999");
	expect_finds("WARNING", "search", "50001 messages are not in its index yet\n");
}

TEST(a_wal_file_that_grew_is_told)
{
	struct store *holds = open_store(settings.database, STORE_WRITER);
	add_message(holds, "lab", "Text");
	assert_int_equal(truncate(unit_path("db-wal"), LIMITS_WAL_WARN_BYTES), 0);
	expect_none("WARNING", "database", "");
	assert_int_equal(truncate(unit_path("db-wal"), LIMITS_WAL_WARN_BYTES + 1), 0);
	expect_finds("WARNING", "database", "its -wal file has grown to 134 MB\n");
	expect_none("FAULT", "database", "");
	store_close(holds);
	raw_run(settings.database, "PRAGMA journal_mode = DELETE");
	expect_finds("FAULT", "database", "it is not in WAL mode");
}

/* ---- files ---- */

TEST(modes_that_let_others_in_are_told)
{
	char line[PATH_MAX + 60];
	static const struct {
		const char *name;
		mode_t good, bad, better;
	} cases[] = {{"db", 0660, 0644, 0640}, {"db.client-id", 0600, 0610, 0600},
	    {"db.client-id", 0400, 0601, 0600}, {"password", 0640, 0642, 0640},
	    {"db-shm", 0660, 0664, 0660}};
	snprintf(
	    settings.password_file, sizeof(settings.password_file), "%s", unit_path("password"));
	unit_write(unit_path("password"), str_of("secret\n"));
	unit_write(unit_path("db.client-id"), str_of("logabcdefghijklmnopqrst"));
	assert_int_equal(chmod(unit_path("db.client-id"), 0600), 0);
	assert_int_equal(chmod(unit_path("password"), 0600), 0);
	struct store *holds = open_store(settings.database, STORE_WRITER);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(chmod(unit_path(cases[i].name), cases[i].good), 0);
		expect_finds("ok", "files", "owners and modes are as they should be\n");
		assert_int_equal(chmod(unit_path(cases[i].name), cases[i].bad), 0);
		snprintf(line, sizeof(line),
		    "%s may be read or written by others (mode %04o)\n                  -> chmod %04o ",
		    unit_path(cases[i].name), (unsigned)cases[i].bad, (unsigned)cases[i].better);
		expect_finds("FAULT", "files", line);
		expect_not_out("ok       files");
		assert_int_equal(chmod(unit_path(cases[i].name), cases[i].good), 0);
	}
	store_close(holds);
	assert_int_equal(chmod(unit_dir, 0707), 0);
	snprintf(line, sizeof(line), "%s may be read or written by others (mode 0707)", unit_dir);
	expect_finds("FAULT", "files", line);
	expect_out("-> chmod 0705 ");
}

TEST(owners_that_keep_the_logger_out_are_told)
{
	char line[PATH_MAX + 60];
	if (geteuid() != 0)
		return;
	unit_write(unit_path("db.client-id"), str_of("x"));
	assert_int_equal(chmod(unit_path("db.client-id"), 0600), 0);
	assert_int_equal(chown(unit_path("db.client-id"), 7, 7), 0);
	snprintf(line, sizeof(line), "%s belongs to user 7 and the database to user 0: the logger",
	    unit_path("db.client-id"));
	expect_finds("FAULT", "files", line);
	assert_int_equal(chown(unit_path("db.client-id"), 5, 5), 0);
	assert_int_equal(chown(unit_path("db"), 5, 5), 0);
	expect_finds("FAULT", "files", "the logger cannot make files in ");
	assert_int_equal(chown(unit_dir, 5, 5), 0);
	expect_finds("ok", "files", "");
	assert_int_equal(chmod(unit_dir, 0500), 0);
	expect_finds("FAULT", "files", "the logger cannot make files in ");
	assert_int_equal(chown(unit_path("db"), 0, 0), 0);
	expect_none("FAULT", "files", "the logger cannot make files in ");
	assert_int_equal(chmod(unit_dir, 0700), 0);
}

TEST(a_disk_that_is_nearly_full_is_told)
{
	expect_none("FAULT", "disk", "");
	settings.min_free = 100;
	expect_finds("FAULT", "disk", "");
	expect_out(" MB (min-free = 100 percent)\n                  -> make room there, ");
	expect_out(": new messages are refused below ");
}

/* ---- the broker ---- */

static void put_broker(const char *name, const char *value)
{
	char text[PATH_MAX + 100];
	snprintf(text, sizeof(text), "%s %s\n", name, value);
	unit_write(unit_path("broker"), str_of(text));
}

TEST(rights_that_let_others_write_what_is_the_loggers_are_told)
{
	static const struct {
		const char *acl;
		bool forges;
	} cases[] = {
	    {"topic readwrite chat/+", false},
	    {"topic readwrite chat/#", true},
	    {"topic chat/#", true},
	    {"topic write #", true},
	    {"topic read chat/#", false},
	    {"topic deny chat/#", false},
	    {"topic write chat/messages/stored", true},
	    {"topic write chat/messages/rejected", true},
	    {"topic write chat/messages/topic", true},
	    {"topic write chat/messages/topics", false},
	    {"topic write chat/messages/store", false},
	    {"topic write chat/lab/stored", false},
	    {"topic write chat/+/presence/+", false},
	    {"topic write +/+/+", true},
	    {"topic write +/+", false},
	    {"topic write +/+/+/+", false},
	    {"topic write chat/messages", false},
	    {"user logger\ntopic write chat/+/stored", false},
	    {"user logger\npattern write chat/+/stored", true},
	    {"topic write chat/+/stored\nuser logger", true},
	    {"# topic write chat/+/stored", false},
	    {"pattern write chat/%u/stored", true},
	    {"pattern write chat/%c/stored", true},
	    {"pattern write chat/%x/stored", false},
	    {"pattern write %u/%c/%u", true},
	    {"pattern write chat/%u", false},
	    {"pattern write chat/%u/seen", false},
	};
	put_broker("acl_file", unit_path("acl"));
	for (size_t i = 0; i < COUNT(cases); i++) {
		unit_write(unit_path("acl"), str_of(cases[i].acl));
		bool told = finds("FAULT", "broker", unit_path("acl"));
		expect(told == cases[i].forges, "%s: %s", cases[i].acl, out);
		expect(!told || strstr(out, "acl lets anybody publish receipts or topics\n"), "%s",
		    out);
	}
	unlink(unit_path("acl"));
	expect_finds("FAULT", "broker", "acl_file ");
	expect_out("acl: No such file or directory\n                  -> put it back,");
}

TEST(settings_for_each_listener_are_told)
{
	put_broker("per_listener_settings", "false");
	expect_none("FAULT", "broker", "per_listener");
	put_broker("per_listener_settings", "true");
	expect_finds(
	    "FAULT", "broker", "per_listener_settings is true: what is sent while the logger");
	expect_not_out("is safe");
}

/* Listens on a port of its own. */
static int listen_on(int *port)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

TEST(a_port_of_the_broker_that_another_has_is_told)
{
	int port;
	char number[200], what[80];
	int fd = listen_on(&port);
	snprintf(
	    what, sizeof(what), "port %d, which the broker needs, is another program's\n", port);
	snprintf(number, sizeof(number), "%d 127.0.0.1", port);
	put_broker("listener", number);
	expect_finds("FAULT", "broker", what);
	snprintf(number, sizeof(number), "%d\nlistener 0 /run/x", port);
	put_broker("listener", number);
	expect_finds("FAULT", "broker", what);
	close(fd);
	expect_none("FAULT", "broker", "port ");
}

/* ---- nginx ---- */

static void put_nginx(const char *more)
{
	char text[2000];
	snprintf(text, sizeof(text),
	    "upstream mqtt_chat_api\nfastcgi_pass mqtt_chat_api\n$mqtt_chat_same_origin = 0\n"
	    "script-src 'self'\n%s\n",
	    more);
	unit_write(unit_path("nginx"), str_of(text));
}

TEST(addresses_that_can_take_all_connections_are_told)
{
	static const struct {
		const char *text, *state, *what;
	} cases[] = {
	    {"limit_conn mqtt_chat_sockets 50;", "ok", ""},
	    {"limit_conn mqtt_chat_sockets 85;", "ok", ""},
	    {"limit_conn mqtt_chat_sockets 86;", "WARNING",
		"3 addresses, with the 86 WebSockets that each may hold, can take all 512 connections"},
	    {"limit_conn mqtt_chat_sockets 255;", "WARNING", "2 addresses, "},
	    {"limit_conn mqtt_chat_sockets 256;", "FAULT", "1 address, "},
	    {"worker_connections 1024;\nlimit_conn mqtt_chat_sockets 170;", "ok", ""},
	    {"worker_connections 1024;\nlimit_conn mqtt_chat_sockets 171;", "WARNING", "3 addr"},
	    {"worker_connections 1;\nlimit_conn mqtt_chat_sockets 1;", "FAULT", "1 address, "},
	    {"worker_connections 4;\nlimit_conn mqtt_chat_sockets 1;", "WARNING", "2 addresses, "},
	    {"limit_conn mqtt_chat_sockets 0;", "ok", ""},
	    {"", "FAULT", "nothing limits how many WebSockets one address may hold\n"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		put_nginx(cases[i].text);
		expect_finds(cases[i].state, "nginx", cases[i].what);
		expect((strstr(out, "has both parts") != NULL) == (cases[i].state[0] == 'o'), "%s",
		    out);
	}
}

TEST(a_location_without_its_slash_is_told)
{
	static const char *const good[] = {"location /chat/ {}", "location = /chat {}",
	    "location /chats {}", "location ^~ /chat/\n{}", "location chat {}",
	    "location /x;/chat {"};
	static const char *const bad[] = {"location /chat {}", "location /chat{}",
	    "location ^~ /chat\t {", "location / {}\nlocation /chat {}", "location /my/chat\n{}"};
	char text[200];
	for (size_t i = 0; i < COUNT(good) + COUNT(bad); i++) {
		bool is_bad = i >= COUNT(good);
		snprintf(text, sizeof(text), "limit_conn mqtt_chat_sockets 50;\n%s",
		    is_bad ? bad[i - COUNT(good)] : good[i]);
		put_nginx(text);
		expect(
		    finds("FAULT", "nginx", "a location ends in /chat without a slash") == is_bad,
		    "%s: %s", text, out);
	}
}

TEST(the_socket_of_the_api_is_there_and_not_for_everybody)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char line[300];
	snprintf(settings.api_socket, sizeof(settings.api_socket), "%s", unit_path("api"));
	memcpy(address.sun_path, settings.api_socket, sizeof(address.sun_path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(chmod(unit_path("api"), 0660), 0);
	expect_finds("ok", "api", "it takes requests\n");
	assert_int_equal(chmod(unit_path("api"), 0662), 0);
	snprintf(line, sizeof(line), "%s may be used by every user of this machine (mode 0662)\n",
	    unit_path("api"));
	expect_finds("FAULT", "api", line);
	close(fd);
	snprintf(line, sizeof(line), "%s: Connection refused\n", unit_path("api"));
	expect_finds("FAULT", "api", line);
}

/* ---- the site ---- */

TEST(what_the_page_cannot_use_is_told)
{
	static const struct {
		const char *text, *state, *what;
	} cases[] = {
	    {"{}", "ok", ""},
	    {"{\"title\":\"T\",\"welcome\":\"W\",\"room\":\"lab\",\"language\":\"fi\"}", "ok", ""},
	    {"{\"language\":\"ar\"}", "ok", ""},
	    {"{\"language\":\"sv\"}", "FAULT", "the page does not speak \"sv\"\n"},
	    {"{\"room\":\"Lab\"}", "FAULT", "\"Lab\" is no room\n"},
	    {"{\"title\":7}", "FAULT", "\"title\" is no text\n"},
	    {"{\"titel\":7}", "WARNING", "the page knows no \"titel\"\n"},
	    {"[]", "FAULT", " is no JSON object\n"},
	    {"", "FAULT", " is no JSON object\n"},
	    {"{\"title\":\"\xff\"}", "FAULT", " is no JSON object\n"},
	    {"{\"title\":\"T\",}", "FAULT", " is no JSON object\n"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		unit_write(unit_path("site"), str_of(cases[i].text));
		assert_int_equal(chmod(unit_path("site"), 0644), 0);
		expect_finds(cases[i].state, "site", unit_path("site"));
		expect_out(cases[i].what);
		expect((strstr(out, "site can be read\n") != NULL) == (cases[i].state[0] == 'o'),
		    "%s", out);
	}
	unit_write(unit_path("site"), str_of("{}"));
	assert_int_equal(chmod(unit_path("site"), 0646), 0);
	expect_finds("FAULT", "files", unit_path("site"));
	expect_out("-> chmod 0644 ");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CHECK(what_is_well_and_what_does_not_run_is_told_and_counted),
	    CHECK(a_script_gets_an_object_for_each),
	    CHECK(an_error_of_the_database_is_told_with_its_remedy),
	    CHECK(the_loggers_life_is_judged),
	    CHECK(figures_that_are_out_of_the_ordinary_are_told),
	    CHECK(a_wal_file_that_grew_is_told),
	    CHECK(modes_that_let_others_in_are_told),
	    CHECK(owners_that_keep_the_logger_out_are_told),
	    CHECK(a_disk_that_is_nearly_full_is_told),
	    CHECK(rights_that_let_others_write_what_is_the_loggers_are_told),
	    CHECK(settings_for_each_listener_are_told),
	    CHECK(a_port_of_the_broker_that_another_has_is_told),
	    CHECK(addresses_that_can_take_all_connections_are_told),
	    CHECK(a_location_without_its_slash_is_told),
	    CHECK(the_socket_of_the_api_is_there_and_not_for_everybody),
	    CHECK(what_the_page_cannot_use_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
