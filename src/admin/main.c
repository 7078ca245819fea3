/*
 * mqtt-chat: the administrator's command.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "admin/admin.h"
#include "base/suggest.h"
#include "config.h"

/* As --help shows them. */
static const struct admin_command *const commands[] = {&command_status, &command_check,
    &command_tail, &command_send, &command_search, &command_export, &command_import,
    &command_backup, &command_restore, &command_salvage, &command_prune, &command_reindex,
    &command_room, &command_token, &command_revoke, &command_ban, &command_mute, &command_unban,
    &command_bans, &command_completion, &command_help, NULL};

enum {
	KEY_CONFIG = 'c',
	KEY_HELP = 'h',
	KEY_VERSION = 'V',
	KEY_COMMAND = 2000,
	KEY_SETTING = 3000
};
enum { SETTINGS_MAX = 32 };

/* What settings_load() is called with. */
struct passed {
	char *argv[SETTINGS_MAX + 2];
	int argc;
};

static int pass_on(struct passed *passed, const char *name, const char *value)
{
	char *argument;
	if (passed->argc > SETTINGS_MAX || asprintf(&argument, "--%s=%s", name, value) < 0)
		return -1;
	passed->argv[passed->argc++] = argument;
	return 0;
}

/* `command` may be NULL: before it is known. */
static void fill_options(
    const struct admin_command *command, struct option out[ADMIN_OPTIONS_MAX + SETTINGS_MAX + 4])
{
	int n = 0;
	const struct admin_option *own = command ? command->options : NULL;
	for (int i = 0; own && own[i].name; i++)
		out[n++] = (struct option){own[i].name,
		    own[i].value ? required_argument : no_argument, NULL, KEY_COMMAND + i};
	for (int i = 0; settings_name((size_t)i) && i < SETTINGS_MAX; i++)
		out[n++] = (struct option){
		    settings_name((size_t)i), required_argument, NULL, KEY_SETTING + i};
	out[n++] = (struct option){"config", required_argument, NULL, KEY_CONFIG};
	out[n++] = (struct option){"help", no_argument, NULL, KEY_HELP};
	if (!command)
		out[n++] = (struct option){"version", no_argument, NULL, KEY_VERSION};
	out[n] = (struct option){0};
}

/* Says that `word` is wrong, and what may have been meant. */
static int refuse_option(
    const struct admin *admin, int key, const char *word, const struct option *options)
{
	const char *near = key == '?' ? suggest_option(word, options) : NULL;
	if (near)
		return admin_misused("unknown option '%.100s': did you mean --%s?", word, near);
	return admin_misused("%s option '%.100s'; see mqtt-chat %s%s--help",
	    key == '?' ? "unknown" : "no value for", word,
	    admin->command ? admin->command->name : "", admin->command ? " " : "");
}

static int print_version(void)
{
	puts("mqtt-chat (" PACKAGE_STRING ")");
	return ADMIN_OK;
}

/* Returns what main() is to return, or -1 to go on. */
static int take_option(struct admin *admin, struct passed *passed, int key)
{
	if (key == KEY_HELP)
		return admin_help(admin->commands, admin->command);
	if (key == KEY_VERSION)
		return print_version();
	if (key >= KEY_COMMAND && key < KEY_SETTING) {
		admin->values[key - KEY_COMMAND] = optarg ? optarg : "";
		return -1;
	}
	const char *name =
	    key == KEY_CONFIG ? "config" : settings_name((size_t)(key - KEY_SETTING));
	return pass_on(passed, name, optarg) ? admin_fail("out of memory") : -1;
}

/*
 * Reads the options, of the command where that is known, otherwise those before it. What is left
 * begins at optind. Returns as take_option().
 */
static int read_options(struct admin *admin, struct passed *passed, int argc, char **argv)
{
	struct option options[ADMIN_OPTIONS_MAX + SETTINGS_MAX + 4];
	fill_options(admin->command, options);
	opterr = 0;
	optind = 0; /* glibc: begin anew */
	int key, at = 1, result = -1;
	while (result < 0 && (key = getopt_long(argc, argv, admin->command ? ":c:h" : "+:c:hV",
				  options, NULL)) != -1) {
		const char *word = argv[optind > at || optind < 2 ? optind - 1 : at];
		result = key == '?' || key == ':' ? refuse_option(admin, key, word, options)
						  : take_option(admin, passed, key);
		at = optind;
	}
	return result;
}

static int check_arguments(const struct admin *admin)
{
	const struct admin_command *command = admin->command;
	if (admin->arg_count < command->args_min)
		return admin_misused("%s needs %s; see mqtt-chat %s --help", command->name,
		    command->args, command->name);
	if (admin->arg_count > command->args_max)
		return admin_misused("unexpected argument '%.100s'; see mqtt-chat %s --help",
		    admin->args[command->args_max], command->name);
	return -1;
}

/* Those that tell of the program alone work beside a configuration that is wrong, too. */
static bool wants_settings(const struct admin_command *command)
{
	return command != &command_help && command != &command_completion;
}

static int run_command(struct admin *admin, struct passed *passed, int argc, char **argv)
{
	char error[SETTINGS_ERROR_SIZE];
	int result = read_options(admin, passed, argc, argv);
	if (result >= 0)
		return result;
	admin->args = argv + optind;
	admin->arg_count = argc - optind;
	result = check_arguments(admin);
	if (result >= 0)
		return result;
	if (wants_settings(admin->command))
		result = (int)settings_load(
		    &admin->settings, passed->argc, passed->argv, "mqtt-chat", "", error);
	if (result != SETTINGS_OK)
		return admin_fail("%s", error), result;
	return admin->command->run(admin);
}

/* The command is the first word that is no option. */
static int run(struct admin *admin, struct passed *passed, int argc, char **argv)
{
	int result = read_options(admin, passed, argc, argv);
	if (result >= 0)
		return result;
	if (optind == argc)
		return admin_help(admin->commands, NULL), ADMIN_USAGE;
	admin->command = admin_find_command(admin->commands, argv[optind]);
	return admin->command ? run_command(admin, passed, argc - optind, argv + optind)
			      : ADMIN_USAGE;
}

int main(int argc, char **argv)
{
	static char name[] = "mqtt-chat";
	struct admin admin = {.commands = commands};
	struct passed passed = {.argv = {name}, .argc = 1};
	umask(0027);
	int result = run(&admin, &passed, argc, argv);
	for (int i = 1; i < passed.argc; i++)
		free(passed.argv[i]);
	if (fflush(stdout) != 0 && result == ADMIN_OK)
		return admin_fail("cannot write the output: %s", strerror(errno));
	if (ferror(stdout) && result == ADMIN_OK)
		return admin_fail("cannot write the output; a part of it is missing");
	return result;
}
