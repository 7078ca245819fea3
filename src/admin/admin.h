/*
 * admin.h: the administrator's command, `mqtt-chat`: a table of subcommands, each in a file of its
 * own (admin_*.c), and what they share: options, a terminal, the database.
 */
#ifndef CHAT_ADMIN_H
#define CHAT_ADMIN_H

#include <stdio.h>

#include "base/settings.h"
#include "store/store.h"

/* What a command ends with; the numbers above 1 are those of sysexits(3). */
enum admin_result {
	ADMIN_OK = 0,
	ADMIN_FAILED = 1, /* said why */
	ADMIN_USAGE = 64,
};

struct admin_option {
	const char *name;
	const char *value; /* how --help calls its value; NULL: it takes none */
	const char *help;
};

struct admin;

/* It stands at the end of its file, and in the table of main.c. */
struct admin_command {
	const char *name;
	const char *args; /* how --help calls its arguments */
	int args_min, args_max;
	const char *summary;
	const struct admin_option *options; /* up to one without a name; NULL: none */
	int (*run)(struct admin *admin);
};

enum { ADMIN_OPTIONS_MAX = 16 };

/* A command line that was read. */
struct admin {
	const struct admin_command *const *commands; /* the table, up to NULL */
	const struct admin_command *command;
	struct settings settings;
	const char *values[ADMIN_OPTIONS_MAX]; /* of command->options, one to one */
	char **args;
	int arg_count;
};

/* Prints the help of the command, or where that is NULL, of all. Gives ADMIN_OK. */
int admin_help(const struct admin_command *const *commands, const struct admin_command *command);

/* The command of that name; NULL where there is none, after saying so. */
const struct admin_command *admin_find_command(
    const struct admin_command *const *commands, const char *name);

/* The option's value ("" for one that takes none), or NULL where it was not given. */
const char *admin_option(const struct admin *admin, const char *name);

/*
 * The option as a number from `min` to `max`, or `standard` where it was not given. 0, or -1 after
 * saying what is wrong.
 */
int admin_number(const struct admin *admin, const char *name, int64_t min, int64_t max,
    int64_t standard, int64_t *out);

/*
 * The option as how long something lasts, in ms: from 1s to 100y, or 0 where it was not given. 0,
 * or -1 after saying what is wrong.
 */
int admin_span(const struct admin *admin, const char *name, int64_t *out);

/* The option as a room's name; at == NULL where it was not given. 0, or -1 after saying so. */
int admin_room(const struct admin *admin, struct str *out);

/* Says on stderr what went wrong, and gives ADMIN_FAILED. */
int admin_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for a command line that is wrong; gives ADMIN_USAGE. */
int admin_misused(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Opens the database of the settings. On failure says why and returns NULL. */
struct store *admin_open(const struct admin *admin, enum store_mode mode);

/* Whether to go on: asks where stdin is a terminal, elsewhere --yes says so. Says why not. */
bool admin_confirmed(const struct admin *admin, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What colours mean: used on a terminal alone, and not where NO_COLOR is set. */
enum admin_colour { ADMIN_PLAIN, ADMIN_GOOD, ADMIN_WARN, ADMIN_BAD, ADMIN_DIM };

/* The escape sequence that begins the colour on `out`, or "". */
const char *admin_colour(FILE *out, enum admin_colour colour);

/* Writes text that somebody else wrote: control characters show, and do nothing to a terminal. */
void admin_put(FILE *out, struct str text);

/* A size for people: 4.2 MB. */
const char *admin_bytes(char out[24], int64_t bytes);

/* How long for people: 3 min. */
const char *admin_age(char out[24], int64_t ms);

/* How long ago, or less than 0, for people: 3 min ago, 2 h in the future. */
const char *admin_ago(char out[40], int64_t ms);

/* How far something is, on stderr where that is a terminal, several times a second. */
struct admin_progress {
	const char *what;
	int64_t total; /* 0: not known */
	int64_t shown_at;
	bool shown;
};
void admin_progress(struct admin_progress *progress, int64_t done);

/* Takes the line away. */
void admin_progress_end(struct admin_progress *progress);

extern const struct admin_command command_backup, command_ban, command_bans, command_check,
    command_completion, command_export, command_help, command_import, command_mute, command_prune,
    command_reindex, command_restore, command_revoke, command_room, command_salvage, command_search,
    command_send, command_status, command_tail, command_token, command_unban;

#endif
