/*
 * command_help.c: which commands there are, and what each takes.
 */
#include "admin/admin.h"
#include "base/suggest.h"

static void print_option(const char *name, const char *value, const char *help)
{
	char left[64];
	snprintf(left, sizeof(left), "--%s%s%s", name, value ? "=" : "", value ? value : "");
	printf("  %-28s %s\n", left, help);
}

static int print_commands(const struct admin_command *const *commands)
{
	puts("Usage: mqtt-chat [OPTION]... COMMAND [OPTION]... [ARGUMENT]...\n"
	     "Looks after a chat: its history, and the parts that make it.\n\nCommands:");
	for (; *commands; commands++)
		printf("  %-12s %s\n", (*commands)->name, (*commands)->summary);
	puts("\nOptions of all commands, over those of the configuration:");
	print_option("config", "FILE",
	    "the configuration (default: $" SETTINGS_VARIABLE ", or " SETTINGS_FILE ")");
	for (size_t i = 0; settings_name(i); i++)
		print_option(settings_name(i), settings_value(i), settings_help(i));
	puts("\n`mqtt-chat help COMMAND` says more; so does mqtt-chat(1).");
	return ADMIN_OK;
}

static int print_command(const struct admin_command *command)
{
	printf("Usage: mqtt-chat %s%s%s%s\nThis will %s.\n\n", command->name,
	    command->options ? " [OPTION]..." : "", command->args[0] ? " " : "", command->args,
	    command->summary);
	for (int i = 0; command->options && command->options[i].name; i++)
		print_option(
		    command->options[i].name, command->options[i].value, command->options[i].help);
	puts("Also --config=FILE, and the settings; `mqtt-chat help` lists them.");
	return ADMIN_OK;
}

int admin_help(const struct admin_command *const *commands, const struct admin_command *command)
{
	return command ? print_command(command) : print_commands(commands);
}

static const char *command_name(const void *list, size_t i)
{
	const struct admin_command *command = ((const struct admin_command *const *)list)[i];
	return command ? command->name : NULL;
}

const struct admin_command *admin_find_command(
    const struct admin_command *const *commands, const char *name)
{
	for (const struct admin_command *const *c = commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	const char *near = suggest(name, command_name, commands);
	admin_misused("there is no command '%.60s'%s%s%s", name, near ? ": did you mean " : "",
	    near ? near : "; see mqtt-chat --help", near ? "?" : "");
	return NULL;
}

static int help(struct admin *admin)
{
	if (admin->arg_count == 0)
		return admin_help(admin->commands, NULL);
	const struct admin_command *command = admin_find_command(admin->commands, admin->args[0]);
	return command ? admin_help(admin->commands, command) : ADMIN_USAGE;
}

const struct admin_command command_help = {
    "help", "[COMMAND]", 0, 1, "say which commands there are, or what one takes", NULL, help};
