/*
 * settings.h: what a person can configure: one table of options for all programs, read from a file
 * of `name = value` lines and then from the command line, which wins.
 */
#ifndef CHAT_SETTINGS_H
#define CHAT_SETTINGS_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

#define SETTINGS_VARIABLE "MQTT_CHAT_CONFIG"

/* Who may talk. */
enum identity {
	IDENTITY_OPEN,	/* whoever reaches it, under any name */
	IDENTITY_GUEST, /* whoever has a token, which binds the name */
	IDENTITY_SITE,	/* whom the site's web server has let in, under his name there */
	IDENTITY__MAX
};

struct settings {
	char database[PATH_MAX];      /* the SQLite file */
	char api_socket[108];	      /* of the API: as long as an address has room for */
	char broker[PATH_MAX];	      /* a host, or a Unix socket where it starts with '/' */
	int64_t port;		      /* of that host */
	char username[256];	      /* for the broker; empty: none */
	char password_file[PATH_MAX]; /* its first line is the password; empty: none */
	int64_t retention_days;	      /* the logger deletes what is older; 0: nothing */
	int64_t retention_messages;   /* a room; it deletes the oldest above; 0: none */
	int64_t min_free;	      /* percent of the disk; below, messages are refused; 0: off */
	int64_t max_rate;	      /* messages a minute; above, they are refused; 0: off */
	enum identity identity;	      /* who may talk */
	char token_key[PATH_MAX];     /* the private key that tokens are signed with */
	char bans[PATH_MAX];	      /* the list of bans, mutes and revoked tokens */
	int64_t threads;	      /* how many requests a responder serves at a time */
	enum log_level log_level;     /* the least that is logged */
};

/* What main() is to return, but for the first. The numbers are those of sysexits(3). */
enum settings_result {
	SETTINGS_OK = -1,
	SETTINGS_DONE = 0,   /* --help or --version was answered */
	SETTINGS_USAGE = 64, /* the command line is wrong */
	SETTINGS_BROKEN = 78 /* the file is missing or wrong */
};

enum { SETTINGS_ERROR_SIZE = 512 };

/*
 * Fills `out` from the defaults, the file and the command line, in this order. The file is that of
 * --config, or of the environment's SETTINGS_VARIABLE, or SETTINGS_FILE where it exists. `program`
 * and `purpose` (one sentence) are for --help and --version. `error` holds one line that says what
 * is wrong and where, or is empty.
 */
enum settings_result settings_load(struct settings *out, int argc, char **argv, const char *program,
    const char *purpose, char error[SETTINGS_ERROR_SIZE]);

/*
 * Option number `i` of the table, counted from 0: its name, what its value is called in a help
 * (TEXT, N, or the words that it may be: a|b), and its help; NULL behind the last.
 */
const char *settings_name(size_t i);
const char *settings_value(size_t i);
const char *settings_help(size_t i);

/* What the value is called in the file: open, guest or site. */
const char *settings_identity_name(enum identity identity);

enum { SETTINGS_PASSWORD_SIZE = 256 };

/*
 * Reads the password for the broker from the file that is set, without the end of the line; empty
 * where no file is set. 0, or -1 with one line in `error`.
 */
int settings_read_password(const struct settings *settings, char out[SETTINGS_PASSWORD_SIZE],
    char error[SETTINGS_ERROR_SIZE]);

#endif
