/*
 * commands.h: runs the administrator's commands, as main() would, on a database in the test's
 * folder.
 */
#ifndef CHAT_COMMANDS_H
#define CHAT_COMMANDS_H

#include "admin/admin.h"
#include "history.h"

static struct settings settings;
static char out[1 << 16], err[1 << 12]; /* of the last command */

/* Each test has an empty database, and a broker that is not there. */
static inline int commands_setup(void **state)
{
	if (unit_make_dir(state) != 0)
		return -1;
	settings = (struct settings){0};
	snprintf(settings.database, sizeof(settings.database), "%s", unit_path("db"));
	snprintf(settings.broker, sizeof(settings.broker), "%s", unit_path("none"));
	store_close(open_store(settings.database, STORE_CREATOR));
	return 0;
}

#define COMMAND(test) cmocka_unit_test_setup_teardown(test, commands_setup, unit_remove_dir)

/* `word` is name=value, or the name of an option that takes none. */
static inline void set_option(struct admin *admin, const char *word)
{
	const struct admin_option *options = admin->command->options;
	size_t length = strcspn(word, "=");
	for (int i = 0; options[i].name; i++) {
		if (strlen(options[i].name) == length &&
		    memcmp(options[i].name, word, length) == 0) {
			admin->values[i] = word[length] ? word + length + 1 : "";
			return;
		}
	}
	fail_msg("no option %s", word);
}

/* Runs it with the words up to NULL, of which "--name=value" are options. Fills `out` and `err`. */
static inline int run(const struct admin_command *command, ...) __attribute__((sentinel));

static inline int run(const struct admin_command *command, ...)
{
	char *args[8];
	struct admin admin = {.command = command, .settings = settings, .args = args};
	va_list words;
	va_start(words, command);
	for (const char *word; (word = va_arg(words, const char *));) {
		if (strncmp(word, "--", 2) == 0)
			set_option(&admin, word + 2);
		else
			args[admin.arg_count++] = (char *)word;
	}
	va_end(words);
	int next = unit_next_fd();
	struct capture said = capture_begin(STDOUT_FILENO), told = capture_begin(STDERR_FILENO);
	int result = command->run(&admin);
	capture_end(&told, err, sizeof(err));
	capture_end(&said, out, sizeof(out));
	expect(unit_next_fd() == next, "something stayed open: %s%s", out, err);
	return result;
}

static inline void expect_out(const char *part)
{
	expect(strstr(out, part) != NULL, "no '%s' in: %s%s", part, out, err);
}

static inline void expect_not_out(const char *part)
{
	expect(strstr(out, part) == NULL, "'%s' is in: %s", part, out);
}

/* Stores a message of that time; returns its id. */
static inline int64_t add_at(const char *room, const char *text, int64_t ts)
{
	struct store *store = open_store(settings.database, STORE_WRITER);
	struct store_entry entry = entry_with(room, text, NULL, NULL);
	entry.ts = ts;
	store_one(store, &entry);
	store_close(store);
	return entry.id;
}

#endif
