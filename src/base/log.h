/*
 * log.h: one line an event on stderr, for journald or a file. Control characters are escaped, so
 * that nobody who sends a message can write a line of the log.
 */
#ifndef CHAT_LOG_H
#define CHAT_LOG_H

#include <stdbool.h>

/* The levels of syslog(3) and of sd-daemon(3) that are in use here. */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

/*
 * Names the program in each line. Under journald (JOURNAL_STREAM is set) a line starts with its
 * priority as sd-daemon(3) has it, otherwise with the time. `program` must outlive all calls.
 */
void log_open(const char *program);

/* Leaves out the lines below `level` from now on; until then, those of LOG_LEVEL_DEBUG. */
void log_set_level(enum log_level level);

/* Whether a line of this level is written, for lines that cost something to put together. */
bool log_shows(enum log_level level);

/* The level that is called `name` (error, warning, info, debug); false where none is. */
bool log_level_named(const char *name, enum log_level *out);

/*
 * Writes one line of at most 1000 bytes, where its level is shown; what is longer is cut. `format`
 * never comes from outside.
 */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
