/*
 * check.h: what the parts of `mqtt-chat check` share. Each looks at one thing and tells what
 * it found, with what to do about it.
 */
#ifndef CHAT_ADMIN_CHECK_H
#define CHAT_ADMIN_CHECK_H

#include "admin/admin.h"
#include "base/text.h"

enum check_state { CHECK_OK, CHECK_WARNING, CHECK_FAULT, CHECK_SKIPPED };

struct check {
	struct admin *admin;
	bool json;
	int lines, faults, warnings;
};

/* `remedy` is one sentence; NULL where there is nothing to do. */
void check_tell(struct check *check, enum check_state state, const char *area, const char *remedy,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

void check_files(struct check *check);
void check_broker(struct check *check);
void check_identity(struct check *check); /* asks a broker that answers */
void check_nginx(struct check *check);
void check_site(struct check *check);

/* A file that others must not read, or not write; one that is missing is somebody else's matter. */
void check_mode(struct check *check, const char *path, unsigned forbidden);

/*
 * Reads a configuration file without its comments, and in the place of each line that begins with
 * `directive` ("include_dir", "include") the files that it names. 0, or -1 where `path` cannot be
 * read.
 */
int check_read_config(const char *path, const char *directive, struct text *out);

/* Takes the next line off *rest, without blanks around it. False at the end. */
bool check_next_line(char **rest, char **line);

/* The value of a line `name value`, or NULL where it is another line. */
const char *check_value(const char *line, const char *name);

/* The option, or `standard`. */
const char *check_path(const struct check *check, const char *option, const char *standard);

#endif
