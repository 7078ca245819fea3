/* test_completion.c: what `mqtt-chat completion` writes of a command, in the words of each shell.
 */
#include "commands.h"

static const struct admin_option options[] = {{"kind", "a|b", "what it's [of]: \\ no: x"},
    {"at", "FILE", "where"}, {"who", "TEXT", "whom"}, {"much", "N", "how much"},
    {"flag", NULL, "so"}, {0}};

static const struct admin_command one = {"one", "FILE", 1, 1, "do it's [first]", options, NULL},
				  two = {"two", "x|y [ROOM]", 1, 2, "do more", NULL, NULL},
				  three = {"three", "[COMMAND]", 0, 1, "say which", NULL, NULL},
				  four = {"four", "", 0, 0, "do \\ nothing", NULL, NULL};
static const struct admin_command *const table[] = {&one, &two, &three, &four, NULL};

/* Fills `out`. */
static int complete(const char *shell)
{
	char word[10], *args[] = {word};
	snprintf(word, sizeof(word), "%s", shell);
	struct admin admin = {
	    .commands = table, .command = &command_completion, .args = args, .arg_count = 1};
	struct capture said = capture_begin(STDOUT_FILENO), told = capture_begin(STDERR_FILENO);
	int result = command_completion.run(&admin);
	capture_end(&told, err, sizeof(err));
	capture_end(&said, out, sizeof(out));
	return result;
}

/* The lines follow each other. */
static void expect_lines(const char *lines)
{
	const char *at = strstr(out, lines);
	expect(at && (at == out || at[-1] == '\n'), "no\n%sin\n%s", lines, out);
}

TEST(bash_gets_the_words_of_each_command)
{
	assert_int_equal(complete("bash"), ADMIN_OK);
	expect_lines(
	    "  case $command$option in\n"
	    "    one--kind) words='a b' ;;\n"
	    "    *--identity) words='open guest site' ;;\n"
	    "    *--log-level) words='error warning info debug' ;;\n"
	    "    *-*) files=yes ;;\n"
	    "    *)\n"
	    "      local options=''\n"
	    "      case $command in\n"
	    "      '') options='--version' words=' one two three four' ;;\n"
	    "      one) options=' --kind= --at= --who= --much= --flag' words='' files=yes ;;\n"
	    "      two) options='' words='x y' ;;\n"
	    "      three) options='' words=' one two three four' ;;\n"
	    "      four) options='' words='' ;;\n"
	    "      *) return ;;\n"
	    "      esac\n"
	    "      if [[ $cur == -* ]]; then\n"
	    "        files='' words=\"$options --help --config= --database= ");
	expect_out(" --threads= --log-level=\"\n      fi ;;\n  esac\n  if [[ $files ]]; then\n");
	expect_out("}\ncomplete -F _mqtt_chat mqtt-chat\n");
}

TEST(zsh_gets_them_with_their_help)
{
	assert_int_equal(complete("zsh"), ADMIN_OK);
	expect_out(
	    "  common=('(-)--help[what it takes]' '--config=[the configuration]:value:_files'"
	    " '--database=[the SQLite file that holds the history]:value:_files'"
	    " '--api-socket=[the API'\\''s Unix socket, where");
	expect_out(" '--log-level=[the least that is logged]:value:(error warning info debug)')\n");
	expect_lines("  commands=(\n"
		     "    'one:do it'\\''s [first]'\n"
		     "    'two:do more'\n"
		     "    'three:say which'\n"
		     "    'four:do \\ nothing'\n"
		     "  )\n"
		     "  _arguments -C $common ");
	expect_lines(
	    "    argument) case $words[1] in\n"
	    "      one) _arguments $common '--kind=[what it'\\''s \\[of\\]\\: \\\\ no\\: x]:value:(a b)'"
	    " '--at=[where]:value:_files' '--who=[whom]:value:_files' '--much=[how much]:value:'"
	    " '--flag[so]' '1:value:_files' ;;\n"
	    "      two) _arguments $common '1:value:(x y)' ;;\n"
	    "      three) _describe command commands ;;\n"
	    "      four) _arguments $common ;;\n"
	    "      esac ;;\n  esac\n}\ncompdef _mqtt_chat mqtt-chat\n");
}

#define NAME(command) "complete -c mqtt-chat -n __fish_use_subcommand -a " command " -d "
#define IN(command) "complete -c mqtt-chat -n '__fish_seen_subcommand_from " command "' "

TEST(fish_gets_a_line_for_each)
{
	assert_int_equal(complete("fish"), ADMIN_OK);
	expect_lines(
	    "complete -c mqtt-chat -f\n"
	    "complete -c mqtt-chat -l help -d 'what it takes'\n"
	    "complete -c mqtt-chat  -l config -r -F -d 'the configuration'\n"
	    "complete -c mqtt-chat  -l database -r -F -d 'the SQLite file that holds the "
	    "history'\n"
	    "complete -c mqtt-chat  -l api-socket -r -F -d 'the API\\'s Unix socket, where");
	expect_lines("complete -c mqtt-chat  -l log-level -x -a 'error warning info debug'"
		     " -d 'the least that is logged'\n" NAME("one") "'do it\\'s [first]'\n");
	expect_lines(IN("one") "-l kind -x -a 'a b' -d 'what it\\'s [of]: \\\\ no: x'\n");
	expect_lines(IN("one") "-l at -r -F -d 'where'\n");
	expect_lines(IN("one") "-l who -r -F -d 'whom'\n");
	expect_lines(IN("one") "-l much -x -d 'how much'\n");
	expect_lines(IN("one") "-l flag -d 'so'\n");
	expect_lines(IN("one") "-F\n");
	expect_lines(NAME("two") "'do more'\n");
	expect_lines(IN("two") "-a 'x y'\n");
	expect_lines(NAME("three") "'say which'\n");
	expect_lines(IN("three") "-a ' one two three four'\n");
	expect_lines(NAME("four") "'do \\\\ nothing'\n");
	expect_not_out("from two' -F");
	expect_not_out("from four'");
}

TEST(there_is_none_for_other_shells)
{
	assert_int_equal(complete("tcsh"), ADMIN_USAGE);
	assert_string_equal(out, "");
	assert_string_equal(err, "mqtt-chat: completion is for bash, zsh or fish, not 'tcsh'\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(bash_gets_the_words_of_each_command),
	    IN_DIR(zsh_gets_them_with_their_help),
	    IN_DIR(fish_gets_a_line_for_each),
	    IN_DIR(there_is_none_for_other_shells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
