/*
 * command_completion.c: completion for the shells, made from the tables of commands and settings.
 */
#include "admin/admin.h"

/* Inside single quotes; `escaped` are characters that want a backslash there besides. */
static void put(const char *text, const char *quote, const char *escaped)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs(quote, stdout);
		else
			printf("%s%c", strchr(escaped, *text) ? "\\" : "", *text);
	}
}

/* How a help calls a value that is a file, or may be one: `database` is TEXT. */
static bool takes_files(const char *value)
{
	return strstr(value, "FILE") || strcmp(value, "TEXT") == 0;
}

/* Whether it lists the words that it may be: "ndjson|csv". */
static bool has_choices(const char *value)
{
	return value && strchr(value, '|') && !takes_files(value);
}

/* With a space between them; what may follow one of them does not belong to it. */
static void put_choices(const char *value)
{
	for (; *value && *value != ' '; value++)
		putchar(*value == '|' ? ' ' : *value);
}

static bool takes_command(const struct admin_command *command)
{
	return strcmp(command->args, "[COMMAND]") == 0;
}

static void put_names(const struct admin_command *const *commands)
{
	for (; *commands; commands++)
		printf(" %s", (*commands)->name);
}

/* ---- bash ---- */

/* What is before the command, and whose value is completed. */
static const char bash_begin[] =
    "# bash completion for mqtt-chat; made by `mqtt-chat completion bash`.\n"
    "_mqtt_chat() {\n"
    "  local cur=$2 command='' option='' words='' files='' i\n"
    "  COMPREPLY=()\n"
    "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "    case ${COMP_WORDS[i]} in\n"
    "      --help | --version | -h | -V) ;;\n"
    "      -*) if [[ ${COMP_WORDS[i + 1]} == = ]]; then ((i++)); fi; ((i++)) ;;\n"
    "      *) command=${COMP_WORDS[i]} && break ;;\n"
    "    esac\n"
    "  done\n"
    "  if [[ $cur == = ]]; then cur='' option=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "  elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then option=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "  elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == -c ]]; then option=-c; fi\n";

static const char bash_end[] = "  if [[ $files ]]; then\n"
			       "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
			       "    compopt -o filenames\n"
			       "  else\n"
			       "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
			       "    if [[ ${COMPREPLY[0]-} == *= ]]; then compopt -o nospace; fi\n"
			       "  fi\n"
			       "}\n"
			       "complete -F _mqtt_chat mqtt-chat\n";

static void put_bash_values(const struct admin_command *command)
{
	const struct admin_option *option = command->options;
	for (; option && option->name; option++) {
		if (!has_choices(option->value))
			continue;
		printf("    %s--%s) words='", command->name, option->name);
		put_choices(option->value);
		puts("' ;;");
	}
}

static void put_bash_command(
    const struct admin_command *command, const struct admin_command *const *commands)
{
	const struct admin_option *option = command->options;
	printf("      %s) options='", command->name);
	for (; option && option->name; option++)
		printf(" --%s%s", option->name, option->value ? "=" : "");
	printf("' words='");
	if (has_choices(command->args))
		put_choices(command->args);
	else if (takes_command(command))
		put_names(commands);
	printf("'%s ;;\n", takes_files(command->args) ? " files=yes" : "");
}

static void put_bash(const struct admin_command *const *commands)
{
	fputs(bash_begin, stdout);
	puts("  case $command$option in");
	for (const struct admin_command *const *c = commands; *c; c++)
		put_bash_values(*c);
	for (size_t i = 0; settings_name(i); i++)
		if (has_choices(settings_value(i))) {
			printf("    *--%s) words='", settings_name(i));
			put_choices(settings_value(i));
			puts("' ;;");
		}
	puts("    *-*) files=yes ;;\n    *)\n      local options=''\n      case $command in");
	printf("      '') options='--version' words='");
	put_names(commands);
	puts("' ;;");
	for (const struct admin_command *const *c = commands; *c; c++)
		put_bash_command(*c, commands);
	puts("      *) return ;;\n      esac");
	fputs("      if [[ $cur == -* ]]; then\n        files='' words=\"$options --help --config=",
	    stdout);
	for (size_t i = 0; settings_name(i); i++)
		printf(" --%s=", settings_name(i));
	puts("\"\n      fi ;;\n  esac");
	fputs(bash_end, stdout);
}

/* ---- zsh ---- */

/* What completes it. */
static void put_zsh_value(const char *value)
{
	fputs(":value:", stdout);
	if (has_choices(value)) {
		putchar('(');
		put_choices(value);
		putchar(')');
	} else if (takes_files(value)) {
		fputs("_files", stdout);
	}
}

static void put_zsh_option(const char *name, const char *value, const char *help)
{
	printf(" '--%s%s[", name, value ? "=" : "");
	put(help, "'\\''", "[]:\\");
	putchar(']');
	if (value)
		put_zsh_value(value);
	putchar('\'');
}

static void put_zsh_command(const struct admin_command *command)
{
	const struct admin_option *option = command->options;
	if (takes_command(command)) {
		printf("      %s) _describe command commands ;;\n", command->name);
		return;
	}
	printf("      %s) _arguments $common", command->name);
	for (; option && option->name; option++)
		put_zsh_option(option->name, option->value, option->help);
	if (command->args[0]) {
		fputs(" '1", stdout);
		put_zsh_value(command->args);
		putchar('\'');
	}
	puts(" ;;");
}

static void put_zsh(const struct admin_command *const *commands)
{
	puts("# zsh completion for mqtt-chat; made by `mqtt-chat completion zsh`.\n"
	     "_mqtt_chat() {\n"
	     "  local context state state_descr line curcontext=$curcontext\n"
	     "  local -a commands common");
	fputs("  common=('(-)--help[what it takes]'", stdout);
	put_zsh_option("config", "FILE", "the configuration");
	for (size_t i = 0; settings_name(i); i++)
		put_zsh_option(settings_name(i), settings_value(i), settings_help(i));
	puts(")\n  commands=(");
	for (const struct admin_command *const *c = commands; *c; c++) {
		printf("    '%s:", (*c)->name);
		put((*c)->summary, "'\\''", "");
		puts("'");
	}
	puts("  )\n"
	     "  _arguments -C $common '(-)--version[the version]' '1:command:->command' "
	     "'*::argument:->argument' && return\n"
	     "  case $state in\n"
	     "    command) _describe command commands ;;\n"
	     "    argument) case $words[1] in");
	for (const struct admin_command *const *c = commands; *c; c++)
		put_zsh_command(*c);
	puts("      esac ;;\n  esac\n}\ncompdef _mqtt_chat mqtt-chat");
}

/* ---- fish ---- */

static void put_fish_end(const char *help)
{
	fputs(" -d '", stdout);
	put(help, "\\'", "\\");
	puts("'");
}

/* `condition` is one of fish's. */
static void put_fish_option(
    const char *condition, const char *name, const char *value, const char *help)
{
	printf("complete -c mqtt-chat %s -l %s", condition, name);
	if (has_choices(value)) {
		fputs(" -x -a '", stdout);
		put_choices(value);
		putchar('\'');
	} else if (value) {
		fputs(takes_files(value) ? " -r -F" : " -x", stdout);
	}
	put_fish_end(help);
}

static void put_fish_command(
    const struct admin_command *command, const struct admin_command *const *commands)
{
	char condition[100];
	const struct admin_option *option = command->options;
	printf("complete -c mqtt-chat -n __fish_use_subcommand -a %s", command->name);
	put_fish_end(command->summary);
	snprintf(
	    condition, sizeof(condition), "-n '__fish_seen_subcommand_from %s'", command->name);
	for (; option && option->name; option++)
		put_fish_option(condition, option->name, option->value, option->help);
	if (takes_files(command->args))
		printf("complete -c mqtt-chat %s -F\n", condition);
	if (!has_choices(command->args) && !takes_command(command))
		return;
	printf("complete -c mqtt-chat %s -a '", condition);
	if (takes_command(command))
		put_names(commands);
	else
		put_choices(command->args);
	puts("'");
}

static void put_fish(const struct admin_command *const *commands)
{
	puts("# fish completion for mqtt-chat; made by `mqtt-chat completion fish`.\n"
	     "complete -c mqtt-chat -f\n"
	     "complete -c mqtt-chat -l help -d 'what it takes'");
	put_fish_option("", "config", "FILE", "the configuration");
	for (size_t i = 0; settings_name(i); i++)
		put_fish_option("", settings_name(i), settings_value(i), settings_help(i));
	for (const struct admin_command *const *c = commands; *c; c++)
		put_fish_command(*c, commands);
}

static int write_completion(struct admin *admin)
{
	static const struct {
		const char *name;
		void (*put)(const struct admin_command *const *commands);
	} shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(admin->args[0], shells[i].name) != 0)
			continue;
		shells[i].put(admin->commands);
		return ADMIN_OK;
	}
	return admin_misused("completion is for bash, zsh or fish, not '%.60s'", admin->args[0]);
}

const struct admin_command command_completion = {"completion", "bash|zsh|fish", 1, 1,
    "write the completion of this command for a shell", NULL, write_completion};
