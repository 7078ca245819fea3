/*
 * mqtt-chat: the administrator's command.
 */
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "admin/admin.h"
#include "config.h"

/* As --help shows them. */
static const struct admin_command *const commands[] = {&command_status, &command_check,
    &command_tail, &command_send, &command_search, &command_export, &command_import,
    &command_backup, &command_restore, &command_salvage, &command_prune, &command_reindex,
    &command_completion, NULL};

enum { KEY_HELP = 1000, KEY_VERSION, KEY_CONFIG, KEY_COMMAND = 2000, KEY_SETTING = 3000 };
enum { SETTINGS_MAX = 32 };

static void print_option(const char *name, const char *value, const char *help)
{
	char left[64];
	snprintf(left, sizeof(left), "--%s%s%s", name, value ? "=" : "", value ? value : "");
	printf("  %-22s %s\n", left, help);
}

static void print_common(void)
{
	puts("\nOptions of all commands, over those of the configuration:");
	print_option("config", "FILE", "the configuration (default: " SETTINGS_FILE ")");
	for (size_t i = 0; settings_name(i); i++)
		print_option(settings_name(i), "VALUE", settings_help(i));
}

static int print_help(void)
{
	puts("Usage: mqtt-chat COMMAND [OPTION]... [ARGUMENT]...\n"
	     "Looks after a chat: its history, and the parts that make it.\n\nCommands:");
	for (const struct admin_command *const *c = commands; *c; c++)
		printf("  %-12s %s\n", (*c)->name, (*c)->summary);
	print_common();
	puts("\nmqtt-chat COMMAND --help says more; so does mqtt-chat(1).");
	return ADMIN_OK;
}

static int print_command_help(const struct admin_command *command)
{
	printf("Usage: mqtt-chat %s [OPTION]... %s\nThis will %s.\n\n", command->name,
	    command->args, command->summary);
	for (int i = 0; command->options && command->options[i].name; i++)
		print_option(
		    command->options[i].name, command->options[i].value, command->options[i].help);
	print_common();
	return ADMIN_OK;
}

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

static void fill_options(
    const struct admin_command *command, struct option out[ADMIN_OPTIONS_MAX + SETTINGS_MAX + 3])
{
	int n = 0;
	for (int i = 0; command->options && command->options[i].name; i++)
		out[n++] = (struct option){command->options[i].name,
		    command->options[i].value ? required_argument : no_argument, NULL,
		    KEY_COMMAND + i};
	for (int i = 0; settings_name((size_t)i) && i < SETTINGS_MAX; i++)
		out[n++] = (struct option){
		    settings_name((size_t)i), required_argument, NULL, KEY_SETTING + i};
	out[n++] = (struct option){"config", required_argument, NULL, KEY_CONFIG};
	out[n++] = (struct option){"help", no_argument, NULL, KEY_HELP};
	out[n] = (struct option){0};
}

/* Returns what main() is to return, or -1 to go on. */
static int take_option(struct admin *admin, struct passed *passed, int key, const char *word)
{
	if (key == KEY_HELP || key == 'h')
		return print_command_help(admin->command);
	if (key == ':')
		return admin_misused("no value for option '%.100s'; see mqtt-chat %s --help", word,
		    admin->command->name);
	if (key == '?')
		return admin_misused(
		    "unknown option '%.100s'; see mqtt-chat %s --help", word, admin->command->name);
	if (key >= KEY_COMMAND && key < KEY_SETTING) {
		admin->values[key - KEY_COMMAND] = optarg ? optarg : "";
		return -1;
	}
	const char *name =
	    key == KEY_CONFIG || key == 'c' ? "config" : settings_name((size_t)(key - KEY_SETTING));
	return pass_on(passed, name, optarg) ? admin_fail("out of memory") : -1;
}

static int read_options(struct admin *admin, struct passed *passed, int argc, char **argv)
{
	struct option options[ADMIN_OPTIONS_MAX + SETTINGS_MAX + 3];
	fill_options(admin->command, options);
	opterr = 0;
	int key, at = 1, result = -1;
	while (result < 0 && (key = getopt_long(argc, argv, ":c:h", options, NULL)) != -1) {
		result = take_option(
		    admin, passed, key, argv[optind > at || optind < 2 ? optind - 1 : at]);
		at = optind;
	}
	if (result >= 0)
		return result;
	admin->args = argv + optind;
	admin->arg_count = argc - optind;
	if (admin->arg_count < admin->command->args_min)
		return admin_misused("%s needs %s; see mqtt-chat %s --help", admin->command->name,
		    admin->command->args, admin->command->name);
	if (admin->arg_count > admin->command->args_max)
		return admin_misused("unexpected argument '%.100s'; see mqtt-chat %s --help",
		    admin->args[admin->command->args_max], admin->command->name);
	return -1;
}

static int run_command(struct admin *admin, int argc, char **argv)
{
	static char name[] = "mqtt-chat";
	struct passed passed = {.argv = {name}, .argc = 1};
	int result = read_options(admin, &passed, argc, argv);
	if (result < 0) {
		char error[SETTINGS_ERROR_SIZE];
		result = (int)settings_load(
		    &admin->settings, passed.argc, passed.argv, "mqtt-chat", "", error);
		if (result != SETTINGS_OK)
			admin_fail("%s", error);
	}
	if (result < 0)
		result = admin->command->run(admin);
	for (int i = 1; i < passed.argc; i++)
		free(passed.argv[i]);
	return result;
}

int main(int argc, char **argv)
{
	struct admin admin = {.commands = commands};
	umask(0027);
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return argc < 2 ? print_help(), ADMIN_USAGE : print_help();
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts("mqtt-chat (" PACKAGE_STRING ")");
		return ADMIN_OK;
	}
	for (const struct admin_command *const *c = commands; *c && !admin.command; c++)
		if (strcmp((*c)->name, argv[1]) == 0)
			admin.command = *c;
	if (!admin.command)
		return admin_misused("there is no command '%.60s'; see mqtt-chat --help", argv[1]);
	int result = run_command(&admin, argc - 1, argv + 1);
	if ((fflush(stdout) != 0 || ferror(stdout)) && result == ADMIN_OK)
		return admin_fail("cannot write the output; make room where it goes");
	return result;
}
