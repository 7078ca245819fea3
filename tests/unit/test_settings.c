/* test_settings.c: where each value comes from, and what is said where one is wrong. */
#include "base/settings.h"

#include "unit.h"

static struct settings settings;
static char error[SETTINGS_ERROR_SIZE];
static char printed[8192];

enum { ARGS_MAX = 8 };

/* Loads with a command line, which ends with NULL. */
static enum settings_result load(const char *const *args)
{
	const char *argv[ARGS_MAX + 2] = {"program"};
	int argc = 1;
	memset(&settings, 0, sizeof(settings));
	memset(error, 'x', sizeof(error));
	while (args[argc - 1]) {
		argv[argc] = args[argc - 1];
		argc++;
	}
	struct capture capture = capture_begin(STDOUT_FILENO);
	enum settings_result result =
	    settings_load(&settings, argc, (char **)argv, "program", "Does its work.", error);
	capture_end(&capture, printed, sizeof(printed));
	return result;
}

#define LOAD(...) load((const char *const[]){__VA_ARGS__, NULL})

/* Loads from a file with this content, and whatever else the command line says. */
#define LOAD_FILE(content, ...)                                                                    \
	(unit_write(unit_path("conf"), (content)),                                                 \
	    load((const char *const[]){"--config", unit_path("conf"), ##__VA_ARGS__, NULL}))

static void expect_error(const char *expected)
{
	expect(strstr(error, expected) != NULL, "'%s' is not in '%s'", expected, error);
	expect(strchr(error, '\n') == NULL, "more than one line: %s", error);
}

TEST(an_empty_file_leaves_the_defaults)
{
	assert_int_equal(LOAD_FILE(BYTES("")), SETTINGS_OK);
	assert_string_equal(settings.broker, BROKER_SOCKET);
	assert_int_equal(settings.port, 1883);
	assert_int_equal(settings.threads, 4);
	expect(settings.database[0] == '/', "the database is %s", settings.database);
	expect(strstr(settings.database, "/lib/mqtt-chat/chat.db") != NULL, "it is %s",
	    settings.database);
}

TEST(the_file_wins_over_the_defaults)
{
	assert_int_equal(
	    LOAD_FILE(BYTES("database = /d\nbroker = /b.sock\nport = 1\nthreads = 9\n")),
	    SETTINGS_OK);
	assert_int_equal(settings.threads, 9);
	assert_string_equal(settings.database, "/d");
	assert_string_equal(settings.broker, "/b.sock");
	assert_int_equal(settings.port, 1);
}

TEST(the_command_line_wins_over_the_file)
{
	assert_int_equal(LOAD_FILE(BYTES("database = /d\nbroker = b\nport = 1\n"), "--port=2",
			     "--broker", "host"),
	    SETTINGS_OK);
	assert_string_equal(settings.database, "/d");
	assert_string_equal(settings.broker, "host");
	assert_int_equal(settings.port, 2);
}

TEST(the_command_line_wins_wherever_the_file_is_named)
{
	unit_write(unit_path("conf"), BYTES("port = 1\n"));
	assert_int_equal(LOAD("--port=2", "-c", unit_path("conf")), SETTINGS_OK);
	assert_int_equal(settings.port, 2);
}

TEST(the_last_of_a_repeated_option_counts)
{
	assert_int_equal(
	    LOAD_FILE(BYTES("port = 1\nport = 2\n"), "--broker=a", "--broker=b"), SETTINGS_OK);
	assert_int_equal(settings.port, 2);
	assert_string_equal(settings.broker, "b");
}

TEST(lines_may_be_written_in_any_usual_way)
{
	static const struct str files[] = {
	    BYTES("port = 42\nbroker = a=b c\n"),
	    BYTES("port=42\nbroker=a=b c\n"),
	    BYTES("  port\t=\t42  \n \tbroker  =  a=b c \t\n"),
	    BYTES("port = 42\r\nbroker = a=b c\r\n"),
	    BYTES("port = 42\nbroker = a=b c"),
	    BYTES("# a comment = 1\n\n   \n\t# another\nport = 42\n\n#\nbroker = a=b c\n\n"),
	    BYTES("port = 042\nbroker = a=b c\n"),
	};
	for (size_t i = 0; i < COUNT(files); i++) {
		expect(LOAD_FILE(files[i]) == SETTINGS_OK, "%s: %s", files[i].at, error);
		expect(settings.port == 42, "%s: port %d", files[i].at, (int)settings.port);
		expect(
		    strcmp(settings.broker, "a=b c") == 0, "%s: %s", files[i].at, settings.broker);
	}
}

TEST(a_wrong_line_is_named_by_file_and_number)
{
	static const struct {
		struct str file;
		const char *error;
	} cases[] = {
	    {BYTES("threads = 0\n"), "/conf:1: threads must be a whole number from 1 to 256"},
	    {BYTES("port = x\n"), "/conf:1: port must be a whole number from 1 to 65535, not 'x'"},
	    {BYTES("# one\n\nport = 0\n"), "/conf:3: port must be a whole number from 1 to 65535"},
	    {BYTES("port = 65536"), "/conf:1: port must be a whole number"},
	    {BYTES("port = -1"), "/conf:1: port must be a whole number"},
	    {BYTES("port = 1.5"), "/conf:1: port must be a whole number"},
	    {BYTES("port = 0x10"), "/conf:1: port must be a whole number"},
	    {BYTES("port = 1 # one"), "/conf:1: port must be a whole number"},
	    {BYTES("port = 99999999999999999999"), "/conf:1: port must be a whole number"},
	    {BYTES("port ="), "/conf:1: port must be a whole number"},
	    {BYTES("database ="), "/conf:1: database must not be empty"},
	    {BYTES("broker = \t \n"), "/conf:1: broker must not be empty"},
	    {BYTES("port = 1\nport 2\n"), "/conf:2: 'port 2' is not of the form name = value"},
	    {BYTES("prot = 1\n"), "/conf:1: unknown option 'prot': did you mean port?"},
	    {BYTES("colour = red\n"), "/conf:1: unknown option 'colour'; --help lists all"},
	    {BYTES("identity = accounts"), "identity must be open, guest or site, not 'accounts'"},
	    {BYTES("identity = Guest"), "identity must be open, guest or site, not 'Guest'"},
	    {BYTES("identity ="), "identity must be open, guest or site, not ''"},
	    {BYTES("token-key ="), "token-key must not be empty"},
	    {BYTES("log-level = loud"),
		"log-level must be error, warning, info or debug, not 'loud'"},
	    {BYTES("Port = 1\n"), "/conf:1: unknown option 'Port'"},
	    {BYTES("config = /x\n"), "/conf:1: unknown option 'config'"},
	    {BYTES("= 1\n"), "/conf:1: unknown option ''"},
	    {BYTES("port = 1\r\nbroker\r\n"), "/conf:2: 'broker' is not of the form"},
	    {BYTES("\xef\xbb\xbfport = 1\n"), "/conf:1: unknown option"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		expect(LOAD_FILE(cases[i].file) == SETTINGS_BROKEN, "%s", cases[i].file.at);
		expect_error(cases[i].error);
	}
}

TEST(what_is_not_wrong_leaves_no_error)
{
	assert_int_equal(LOAD_FILE(BYTES("port = 42\n# the end\n")), SETTINGS_OK);
	assert_string_equal(error, "");
}

TEST(a_line_of_a_megabyte_is_an_error_of_one_line)
{
	enum { MEGABYTE = 1 << 20 };
	char *line = malloc(MEGABYTE);
	memset(line, 'x', MEGABYTE);
	memcpy(line, "broker = ", 9);
	enum settings_result result = LOAD_FILE(((struct str){line, MEGABYTE}));
	free(line);
	assert_int_equal(result, SETTINGS_BROKEN);
	expect_error("/conf:1: broker is too long");
}

/* A line that sets `option` to a path of `length` bytes. */
static struct str long_line(const char *option, size_t length)
{
	static char line[2 * PATH_MAX];
	int n = snprintf(line, sizeof(line), "%s = /", option);
	memset(line + n, 'x', length - 1);
	return (struct str){line, (size_t)n + length - 1};
}

TEST(a_path_may_be_as_long_as_its_place)
{
	assert_int_equal(LOAD_FILE(long_line("broker", PATH_MAX - 1)), SETTINGS_OK);
	assert_int_equal(strlen(settings.broker), PATH_MAX - 1);
	assert_int_equal(LOAD_FILE(long_line("database", PATH_MAX - 32)), SETTINGS_OK);
	assert_int_equal(strlen(settings.database), PATH_MAX - 32);
}

TEST(a_path_may_not_be_longer_than_its_place)
{
	assert_int_equal(LOAD_FILE(long_line("broker", PATH_MAX)), SETTINGS_BROKEN);
	expect_error("broker is too long");
	assert_int_equal(LOAD_FILE(long_line("database", PATH_MAX - 31)), SETTINGS_BROKEN);
	expect_error("database is too long");
}

TEST(a_file_that_was_asked_for_has_to_be_there)
{
	assert_int_equal(LOAD("--config", unit_path("none")), SETTINGS_BROKEN);
	expect_error("/none: No such file or directory");
}

TEST(the_environment_names_a_file_where_the_command_line_does_not)
{
	unit_write(unit_path("conf"), BYTES("port = 1\n"));
	unit_write(unit_path("other"), BYTES("port = 2\n"));
	setenv(SETTINGS_VARIABLE, unit_path("other"), 1);
	assert_int_equal(LOAD("--threads=3"), SETTINGS_OK);
	assert_int_equal(settings.port, 2);
	assert_int_equal(LOAD("-c", unit_path("conf")), SETTINGS_OK);
	assert_int_equal(settings.port, 1);
	setenv(SETTINGS_VARIABLE, "/none", 1);
	assert_int_equal(LOAD("--threads=3"), SETTINGS_BROKEN);
	expect_error("MQTT_CHAT_CONFIG /none: No such file or directory");
	unsetenv(SETTINGS_VARIABLE);
}

TEST(the_level_of_the_log_is_called_by_its_name)
{
	static const struct {
		const char *arg;
		enum log_level level;
	} cases[] = {{"--log-level=error", LOG_LEVEL_ERROR},
	    {"--log-level=warning", LOG_LEVEL_WARNING}, {"--log-level=info", LOG_LEVEL_INFO},
	    {"--log-level=debug", LOG_LEVEL_DEBUG}};
	assert_int_equal(LOAD_FILE(BYTES("")), SETTINGS_OK);
	assert_int_equal(settings.log_level, LOG_LEVEL_INFO);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(LOAD_FILE(BYTES(""), cases[i].arg), SETTINGS_OK);
		assert_int_equal(settings.log_level, cases[i].level);
	}
}

TEST(who_may_talk_is_whoever_comes_unless_it_is_set)
{
	static const struct {
		const char *arg;
		enum identity identity;
	} cases[] = {{"--identity=open", IDENTITY_OPEN}, {"--identity=guest", IDENTITY_GUEST},
	    {"--identity=site", IDENTITY_SITE}};
	assert_int_equal(LOAD_FILE(BYTES("")), SETTINGS_OK);
	assert_int_equal(settings.identity, IDENTITY_OPEN);
	assert_string_equal(settings.token_key, TOKEN_KEY_FILE);
	assert_string_equal(settings.bans, BANS_FILE);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(LOAD_FILE(BYTES(""), cases[i].arg), SETTINGS_OK);
		assert_int_equal(settings.identity, cases[i].identity);
		assert_string_equal(settings_identity_name(settings.identity), cases[i].arg + 11);
	}
}

TEST(the_socket_of_the_api_is_as_long_as_an_address_takes)
{
	char longest[128] = "--api-socket=/";
	assert_int_equal(LOAD_FILE(BYTES("")), SETTINGS_OK);
	assert_string_equal(settings.api_socket, API_SOCKET);
	memset(longest + 14, 'x', 106);
	assert_int_equal(LOAD_FILE(BYTES(""), longest), SETTINGS_OK);
	assert_int_equal(strlen(settings.api_socket), 107);
	longest[120] = 'x';
	assert_int_equal(LOAD_FILE(BYTES(""), longest), SETTINGS_USAGE);
	expect_error("--api-socket is too long");
}

TEST(a_folder_is_not_a_file)
{
	assert_int_equal(LOAD("-c", unit_dir), SETTINGS_BROKEN);
	expect_error(unit_dir);
	expect_error(": Is a directory");
}

/* What is read of a file with this content as the password; NULL where it is refused. */
static const char *password_in(const char *path)
{
	static char password[SETTINGS_PASSWORD_SIZE];
	snprintf(settings.password_file, sizeof(settings.password_file), "%s", path);
	memset(error, 'x', sizeof(error));
	return settings_read_password(&settings, password, error) == 0 ? password : NULL;
}

TEST(a_password_is_the_first_line_of_its_file)
{
	static const struct {
		struct str content;
		const char *password;
	} cases[] = {
	    {BYTES("secret"), "secret"},
	    {BYTES("secret\n"), "secret"},
	    {BYTES("secret\r\nmore\n"), "secret"},
	    {BYTES(" with blanks \n"), " with blanks "},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		unit_write(unit_path("password"), cases[i].content);
		expect_str(str_of(password_in(unit_path("password"))), cases[i].password);
	}
	assert_string_equal(password_in(""), ""); /* none is wanted */
}

TEST(a_password_that_is_not_there_is_told_with_its_file)
{
	unit_write(unit_path("password"), BYTES(""));
	assert_null(password_in(unit_path("password")));
	expect_error("/password: its first line is empty");
	unit_write(unit_path("password"), BYTES("\nsecret\n"));
	assert_null(password_in(unit_path("password")));
	expect_error("/password: its first line is empty");
	assert_null(password_in(unit_path("none")));
	expect_error("/none: No such file or directory");
	assert_null(password_in(unit_dir));
	expect_error(": Is a directory");
	assert_int_equal(strncmp(error, "password-file /", 15), 0);
}

TEST(a_file_that_may_not_be_read_is_told)
{
	unit_be_no_root();
	unit_write(unit_path("closed"), BYTES("port = 1\n"));
	chmod(unit_path("closed"), 0);
	assert_int_equal(LOAD("-c", unit_path("closed")), SETTINGS_BROKEN);
	expect_error("/closed: Permission denied");
}

TEST(the_standard_file_may_be_missing)
{
#ifdef SETTINGS_FILE
	if (unit_exists(SETTINGS_FILE))
		skip();
	assert_int_equal(LOAD("--port=2"), SETTINGS_OK);
	assert_int_equal(settings.port, 2);
#else
	skip();
#endif
}

TEST(a_wrong_command_line_is_told)
{
	static const struct {
		const char *args[3];
		const char *error;
	} cases[] = {
	    {{"--prot=1"}, "unknown option '--prot=1': did you mean --port?"},
	    {{"--colour"}, "unknown option '--colour'; see --help"},
	    {{"-x"}, "unknown option '-x'; see --help"},
	    {{"--port"}, "no value for option '--port'; see --help"},
	    {{"-c"}, "no value for option '-c'; see --help"},
	    {{"file"}, "unexpected argument 'file'; see --help"},
	    {{"--", "file"}, "unexpected argument 'file'; see --help"},
	    {{"file", "--port=1"}, "unexpected argument 'file'; see --help"},
	    {{"--help=x"}, "unknown option '--help=x': did you mean --help?"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		expect(load(cases[i].args) == SETTINGS_USAGE, "%s", cases[i].args[0]);
		expect_error(cases[i].error);
		assert_ptr_equal(strstr(error, cases[i].error), error);
	}
}

TEST(a_wrong_value_on_the_command_line_is_told)
{
	static const struct {
		const char *arg;
		const char *error;
	} cases[] = {
	    {"--port=x", "--port must be a whole number from 1 to 65535, not 'x'"},
	    {"--port=0", "--port must be a whole number from 1 to 65535, not '0'"},
	    {"--port=", "--port must be a whole number from 1 to 65535, not ''"},
	    {"--database=", "--database must not be empty"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		expect(LOAD_FILE(BYTES("port = 1\n"), cases[i].arg) == SETTINGS_USAGE, "%s",
		    cases[i].arg);
		expect(strncmp(error, cases[i].error, strlen(cases[i].error)) == 0, "%s", error);
	}
}

TEST(help_names_every_option_and_ends)
{
	static const char *const parts[] = {"Usage: program", "Does its work.", "--config=FILE",
	    "--database=", "--broker=", "--port=", "--help", "--version", "1883", BROKER_SOCKET};
	static const char *const ways[] = {"--help", "-h"};
	for (size_t w = 0; w < COUNT(ways); w++) {
		assert_int_equal(LOAD(ways[w]), SETTINGS_DONE);
		assert_string_equal(error, "");
		for (size_t i = 0; i < COUNT(parts); i++)
			expect(strstr(printed, parts[i]), "%s is not in\n%s", parts[i], printed);
	}
}

TEST(help_wants_no_file)
{
	assert_int_equal(LOAD("-c", unit_path("none"), "--help"), SETTINGS_DONE);
}

TEST(version_names_program_and_number_and_ends)
{
	static const char *const ways[] = {"--version", "-V"};
	for (size_t w = 0; w < COUNT(ways); w++) {
		assert_int_equal(LOAD(ways[w]), SETTINGS_DONE);
		expect(strncmp(printed, "program (mqtt-chat ", 19) == 0, "%s", printed);
		assert_int_equal(strcspn(printed, "\n"), strlen(printed) - 1);
	}
}

TEST(an_unknown_letter_among_others_is_named)
{
	assert_int_equal(LOAD("-xh"), SETTINGS_USAGE);
	expect_error("unknown option '-x");
}

TEST(settings_can_be_loaded_again_after_a_failure)
{
	assert_int_equal(LOAD("-xh"), SETTINGS_USAGE);
	assert_int_equal(LOAD_FILE(BYTES("port = 1\n"), "--broker=a"), SETTINGS_OK);
	assert_string_equal(settings.broker, "a");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(an_empty_file_leaves_the_defaults),
	    IN_DIR(the_file_wins_over_the_defaults),
	    IN_DIR(the_command_line_wins_over_the_file),
	    IN_DIR(the_command_line_wins_wherever_the_file_is_named),
	    IN_DIR(the_last_of_a_repeated_option_counts),
	    IN_DIR(lines_may_be_written_in_any_usual_way),
	    IN_DIR(a_wrong_line_is_named_by_file_and_number),
	    IN_DIR(what_is_not_wrong_leaves_no_error),
	    IN_DIR(a_line_of_a_megabyte_is_an_error_of_one_line),
	    IN_DIR(a_path_may_be_as_long_as_its_place),
	    IN_DIR(a_path_may_not_be_longer_than_its_place),
	    IN_DIR(a_file_that_was_asked_for_has_to_be_there),
	    IN_DIR(the_environment_names_a_file_where_the_command_line_does_not),
	    IN_DIR(the_level_of_the_log_is_called_by_its_name),
	    IN_DIR(who_may_talk_is_whoever_comes_unless_it_is_set),
	    IN_DIR(the_socket_of_the_api_is_as_long_as_an_address_takes),
	    IN_DIR(a_folder_is_not_a_file),
	    IN_DIR(a_password_is_the_first_line_of_its_file),
	    IN_DIR(a_password_that_is_not_there_is_told_with_its_file),
	    IN_DIR(a_file_that_may_not_be_read_is_told),
	    IN_DIR(the_standard_file_may_be_missing),
	    IN_DIR(a_wrong_command_line_is_told),
	    IN_DIR(a_wrong_value_on_the_command_line_is_told),
	    IN_DIR(help_names_every_option_and_ends),
	    IN_DIR(help_wants_no_file),
	    IN_DIR(version_names_program_and_number_and_ends),
	    IN_DIR(an_unknown_letter_among_others_is_named),
	    IN_DIR(settings_can_be_loaded_again_after_a_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
