#include "base/settings.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/suggest.h"
#include "config.h"

enum option_type { OPTION_STRING, OPTION_INTEGER, OPTION_LEVEL, OPTION_IDENTITY };

struct option_def {
	const char *name;
	enum option_type type;
	size_t offset;	   /* in struct settings */
	int64_t min, max;  /* of a number, or of a string's length */
	const char *value; /* the default */
	const char *help;
};

#define FIELD(member) offsetof(struct settings, member)

static const struct option_def table[] = {
    {"database", OPTION_STRING, FIELD(database), 1, PATH_MAX - 32, DATABASE_FILE,
	"the SQLite file that holds the history"},
    {"api-socket", OPTION_STRING, FIELD(api_socket), 1,
	sizeof(((struct settings *)0)->api_socket) - 1, API_SOCKET,
	"the API's Unix socket, where mqtt-chat looks for it"},
    {"broker", OPTION_STRING, FIELD(broker), 1, PATH_MAX - 1, BROKER_SOCKET,
	"the path of the broker's Unix socket, or its host (the API does not use it)"},
    {"port", OPTION_INTEGER, FIELD(port), 1, 65535, "1883",
	"the port on that host (the API does not use it)"},
    {"username", OPTION_STRING, FIELD(username), 0, 255, "", "the logger's name at the broker"},
    {"password-file", OPTION_STRING, FIELD(password_file), 0, PATH_MAX - 1, "",
	"a file whose first line is the password for that name"},
    {"retention-days", OPTION_INTEGER, FIELD(retention_days), 0, 36500, "0",
	"the logger deletes messages that are older; 0: none"},
    {"retention-messages", OPTION_INTEGER, FIELD(retention_messages), 0, 1000000000, "0",
	"the logger keeps so many messages of a room, and deletes older ones; 0: all"},
    {"min-free", OPTION_INTEGER, FIELD(min_free), 0, 90, "1",
	"messages are refused while fewer percent of the disk are free; 0: never"},
    {"max-rate", OPTION_INTEGER, FIELD(max_rate), 0, 1000000, "0",
	"messages a minute, of all senders; the logger refuses what is above; 0: none"},
    {"identity", OPTION_IDENTITY, FIELD(identity), 0, 0, "open",
	"who may talk: whoever comes, guests with a token, or the site's users"},
    {"token-key", OPTION_STRING, FIELD(token_key), 1, PATH_MAX - 1, TOKEN_KEY_FILE,
	"the private key that tokens are signed with"},
    {"bans", OPTION_STRING, FIELD(bans), 1, PATH_MAX - 1, BANS_FILE,
	"the list of bans, mutes and revoked tokens"},
    {"threads", OPTION_INTEGER, FIELD(threads), 1, 256, "4",
	"requests that a responder serves at a time (the logger does not use it)"},
    {"log-level", OPTION_LEVEL, FIELD(log_level), 0, 0, "info", "the least that is logged"},
};
enum { OPTIONS = sizeof(table) / sizeof(table[0]) };

static const struct option_def *find_option(const char *name)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

const char *settings_name(size_t i)
{
	return i < OPTIONS ? table[i].name : NULL;
}

const char *settings_value(size_t i)
{
	static const char *const names[] = {[OPTION_STRING] = "TEXT",
	    [OPTION_INTEGER] = "N",
	    [OPTION_LEVEL] = "error|warning|info|debug",
	    [OPTION_IDENTITY] = "open|guest|site"};
	return i < OPTIONS ? names[table[i].type] : NULL;
}

const char *settings_help(size_t i)
{
	return i < OPTIONS ? table[i].help : NULL;
}

/* ---- one value ---- */

static const char *set_string(const struct option_def *def, struct settings *s, const char *value)
{
	size_t length = strlen(value);
	if (length < (size_t)def->min)
		return "must not be empty";
	if (length > (size_t)def->max)
		return "is too long";
	memcpy((char *)s + def->offset, value, length + 1);
	return NULL;
}

static const char *set_integer(const struct option_def *def, struct settings *s, const char *value)
{
	char *end;
	errno = 0;
	long long number = strtoll(value, &end, 10);
	if (errno || end == value || *end || number < def->min || number > def->max) {
		static char problem[80];
		snprintf(problem, sizeof(problem), "must be a whole number from %lld to %lld",
		    (long long)def->min, (long long)def->max);
		return problem;
	}
	*(int64_t *)(void *)((char *)s + def->offset) = number;
	return NULL;
}

static const char *set_level(const struct option_def *def, struct settings *s, const char *value)
{
	enum log_level level;
	if (!log_level_named(value, &level))
		return "must be error, warning, info or debug";
	*(enum log_level *)(void *)((char *)s + def->offset) = level;
	return NULL;
}

static const char *const identities[IDENTITY__MAX] = {
    [IDENTITY_OPEN] = "open", [IDENTITY_GUEST] = "guest", [IDENTITY_SITE] = "site"};

const char *settings_identity_name(enum identity identity)
{
	return identities[identity];
}

static const char *set_identity(const struct option_def *def, struct settings *s, const char *value)
{
	size_t i = 0;
	while (i < IDENTITY__MAX && strcmp(value, identities[i]) != 0)
		i++;
	if (i == IDENTITY__MAX)
		return "must be open, guest or site";
	*(enum identity *)(void *)((char *)s + def->offset) = (enum identity)i;
	return NULL;
}

/* Returns NULL, or what is wrong with the value. */
static const char *set_option(const struct option_def *def, struct settings *s, const char *value)
{
	switch (def->type) {
	case OPTION_INTEGER:
		return set_integer(def, s, value);
	case OPTION_LEVEL:
		return set_level(def, s, value);
	case OPTION_IDENTITY:
		return set_identity(def, s, value);
	default:
		return set_string(def, s, value);
	}
}

/* ---- the file ---- */

static char *trim(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	char *end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return s;
}

static const char *name_in_table(const void *list, size_t i)
{
	(void)list;
	return settings_name(i);
}

/* Takes a line apart and in. Returns false with one line in `error`, after "FILE:LINE: ". */
static bool take_line(struct settings *s, char *line, char *error, size_t size)
{
	line = trim(line);
	if (!*line || *line == '#')
		return true;
	char *equals = strchr(line, '=');
	if (!equals) {
		snprintf(error, size, "'%.60s' is not of the form name = value", line);
		return false;
	}
	*equals = '\0';
	const char *name = trim(line), *value = trim(equals + 1);
	const struct option_def *def = find_option(name);
	if (!def) {
		const char *near = suggest(name, name_in_table, NULL);
		snprintf(error, size, "unknown option '%.60s'%s%s%s", name,
		    near ? ": did you mean " : "", near ? near : "; --help lists all",
		    near ? "?" : "");
		return false;
	}
	const char *problem = set_option(def, s, value);
	if (problem)
		snprintf(error, size, "%s %s, not '%.60s'", name, problem, value);
	return !problem;
}

static bool read_lines(struct settings *s, FILE *file, const char *path, char *error)
{
	char *line = NULL;
	size_t size = 0;
	bool ok = true;
	for (int number = 1; ok && getline(&line, &size, file) >= 0; number++) {
		int prefix = snprintf(error, SETTINGS_ERROR_SIZE, "%.300s:%d: ", path, number);
		ok = take_line(s, line, error + prefix, SETTINGS_ERROR_SIZE - (size_t)prefix);
	}
	if (ok)
		error[0] = '\0';
	if (ok && ferror(file)) {
		snprintf(error, SETTINGS_ERROR_SIZE, "%.300s: %s", path, strerror(errno));
		ok = false;
	}
	free(line);
	return ok;
}

/* The standard file may be missing, one that was asked for may not. */
static enum settings_result read_file(struct settings *s, const char *asked, char *error)
{
	const char *variable = getenv(SETTINGS_VARIABLE);
	bool by_variable = !asked && variable && variable[0];
	if (by_variable)
		asked = variable;
	const char *path = asked ? asked : SETTINGS_FILE;
	FILE *file = fopen(path, "re");
	if (!file && !asked && errno == ENOENT)
		return SETTINGS_OK;
	if (!file) {
		snprintf(error, SETTINGS_ERROR_SIZE, "%s %.300s: %s",
		    by_variable ? SETTINGS_VARIABLE : "configuration", path, strerror(errno));
		return SETTINGS_BROKEN;
	}
	bool ok = read_lines(s, file, path, error);
	fclose(file);
	return ok ? SETTINGS_OK : SETTINGS_BROKEN;
}

/* ---- the command line ---- */

enum { KEY_CONFIG = 'c', KEY_HELP = 'h', KEY_VERSION = 'V', KEY_TABLE = 256 };

static void print_help(const char *program, const char *purpose)
{
	printf("Usage: %s [OPTION]...\n%s\n\n", program, purpose);
	printf("  -c, --config=FILE          read options from FILE as `name = value` lines\n"
	       "                             (default: $%s; %s, where it exists)\n",
	    SETTINGS_VARIABLE, SETTINGS_FILE);
	for (size_t i = 0; i < OPTIONS; i++) {
		char left[40];
		snprintf(left, sizeof(left), "--%s=%s", table[i].name, settings_value(i));
		printf("      %-18s %s\n                         (default: %s)\n", left,
		    table[i].help, table[i].value);
	}
	printf("  -h, --help                 print this and end\n"
	       "  -V, --version              print the version and end\n");
}

static void fill_long_options(struct option options[OPTIONS + 4])
{
	for (int i = 0; i < OPTIONS; i++)
		options[i] = (struct option){table[i].name, required_argument, NULL, KEY_TABLE + i};
	options[OPTIONS] = (struct option){"config", required_argument, NULL, KEY_CONFIG};
	options[OPTIONS + 1] = (struct option){"help", no_argument, NULL, KEY_HELP};
	options[OPTIONS + 2] = (struct option){"version", no_argument, NULL, KEY_VERSION};
	options[OPTIONS + 3] = (struct option){0};
}

struct command_line {
	const char *config;
	const char *values[OPTIONS];
};

static enum settings_result read_command_line(struct command_line *out, int argc, char **argv,
    const char *program, const char *purpose, char *error)
{
	struct option options[OPTIONS + 4];
	fill_long_options(options);
	opterr = 0;
	optind = 0; /* glibc: forget what an earlier call left */
	int key, at = 1;
	while ((key = getopt_long(argc, argv, "+:c:hV", options, NULL)) != -1) {
		if (key >= KEY_TABLE)
			out->values[key - KEY_TABLE] = optarg;
		else if (key == KEY_CONFIG)
			out->config = optarg;
		else if (key == KEY_HELP)
			print_help(program, purpose);
		else if (key == KEY_VERSION)
			printf("%s (%s)\n", program, PACKAGE_STRING);
		else
			break;
		if (key == KEY_HELP || key == KEY_VERSION)
			return SETTINGS_DONE;
		at = optind;
	}
	if (key == -1 && optind == argc)
		return SETTINGS_OK;
	const char *word = key == -1 ? argv[optind] : argv[at];
	const char *near = key == '?' ? suggest_option(word, options) : NULL;
	snprintf(error, SETTINGS_ERROR_SIZE, "%s '%.100s'%s%s%s",
	    key == ':'	 ? "no value for option"
	    : key == '?' ? "unknown option"
			 : "unexpected argument",
	    word, near ? ": did you mean --" : "", near ? near : "; see --help", near ? "?" : "");
	return SETTINGS_USAGE;
}

static enum settings_result apply_command_line(
    struct settings *s, const struct command_line *line, char *error)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		const char *problem =
		    line->values[i] ? set_option(&table[i], s, line->values[i]) : NULL;
		if (!problem)
			continue;
		snprintf(error, SETTINGS_ERROR_SIZE, "--%s %s, not '%.100s'", table[i].name,
		    problem, line->values[i]);
		return SETTINGS_USAGE;
	}
	return SETTINGS_OK;
}

enum settings_result settings_load(struct settings *out, int argc, char **argv, const char *program,
    const char *purpose, char error[SETTINGS_ERROR_SIZE])
{
	struct command_line line = {0};
	error[0] = '\0';
	enum settings_result result = read_command_line(&line, argc, argv, program, purpose, error);
	if (result != SETTINGS_OK)
		return result;
	for (size_t i = 0; i < OPTIONS; i++)
		set_option(&table[i], out, table[i].value);
	result = read_file(out, line.config, error);
	return result == SETTINGS_OK ? apply_command_line(out, &line, error) : result;
}

int settings_read_password(const struct settings *settings, char out[SETTINGS_PASSWORD_SIZE],
    char error[SETTINGS_ERROR_SIZE])
{
	const char *path = settings->password_file;
	out[0] = '\0';
	if (!path[0])
		return 0;
	FILE *file = fopen(path, "re");
	bool read = file && fgets(out, SETTINGS_PASSWORD_SIZE, file);
	const char *problem = !file || ferror(file) ? strerror(errno) : "its first line is empty";
	out[strcspn(out, "\r\n")] = '\0';
	if (file)
		fclose(file);
	if (read && out[0])
		return 0;
	snprintf(error, SETTINGS_ERROR_SIZE, "password-file %.300s: %s", path, problem);
	return -1;
}
