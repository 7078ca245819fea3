/*
 * command_completion.c: bash completion, made from the table of commands.
 */
#include "admin/admin.h"

static void put_options(const struct admin_command *command)
{
	for (int i = 0; command->options && command->options[i].name; i++)
		printf(" --%s%s", command->options[i].name, command->options[i].value ? "=" : "");
}

static int write_completion(struct admin *admin)
{
	puts("# bash completion for mqtt-chat; made by `mqtt-chat completion`.\n"
	     "_mqtt_chat() {\n"
	     "  local cur=$2 words\n"
	     "  COMPREPLY=()\n"
	     "  if ((COMP_CWORD == 1)); then");
	fputs("    words='--help --version", stdout);
	for (const struct admin_command *const *c = admin->commands; *c; c++)
		printf(" %s", (*c)->name);
	puts("'\n  else\n    case ${COMP_WORDS[1]} in");
	for (const struct admin_command *const *c = admin->commands; *c; c++) {
		printf("      %s) words='", (*c)->name);
		put_options(*c);
		puts("' ;;");
	}
	puts("      *) return ;;\n    esac");
	fputs("    words+=' --help --config=", stdout);
	for (size_t i = 0; settings_name(i); i++)
		printf(" --%s=", settings_name(i));
	puts("'\n  fi\n"
	     "  if ((COMP_CWORD > 1)) && [[ $cur != -* ]]; then\n"
	     "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	     "    compopt -o filenames\n"
	     "    return\n"
	     "  fi\n"
	     "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	     "  if [[ ${COMPREPLY[0]-} == *= ]]; then compopt -o nospace; fi\n"
	     "}\n"
	     "complete -F _mqtt_chat mqtt-chat");
	return ADMIN_OK;
}

const struct admin_command command_completion = {"completion", "", 0, 0,
    "write the completion of this command for bash", NULL, write_completion};
