#include "admin/import.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

const struct import_format *import_format(const char *name)
{
	static const struct import_format *const formats[] = {
	    &import_ndjson, &import_csv, &import_mariadb};
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcasecmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

enum import_result import_say(
    struct import *import, enum import_result result, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(import->error, sizeof(import->error), format, args);
	va_end(args);
	return result;
}

static bool begins_with(struct str s, const char *bytes, size_t count)
{
	return s.len >= count && memcmp(s.at, bytes, count) == 0;
}

/* Takes the mark of UTF-8 off the first line. False for UTF-16, with one or without. */
static bool take_mark(struct import *import, struct str *line)
{
	if (begins_with(*line, "\xff\xfe", 2) || begins_with(*line, "\xfe\xff", 2) ||
	    memchr(line->at, '\0', line->len < 2 ? line->len : 2)) {
		import_say(import, IMPORT_FAILED,
		    "it is UTF-16, or no text; make UTF-8 of it: iconv -f UTF-16 -t UTF-8");
		return false;
	}
	if (begins_with(*line, "\xef\xbb\xbf", 3))
		*line = (struct str){line->at + 3, line->len - 3};
	return true;
}

bool import_line(struct import *import, struct str *line)
{
	ssize_t length = getline(&import->line, &import->line_size, import->in);
	if (length < 0) {
		if (!feof(import->in))
			import_say(import, IMPORT_FAILED, "cannot be read: %s", strerror(errno));
		return false;
	}
	*line = (struct str){import->line, (size_t)length};
	return ++import->lines > 1 || take_mark(import, line);
}

enum import_result import_next(struct import *import)
{
	for (int i = 0; i < IMPORT__FIELDS; i++)
		import->fields[i] = (struct str){NULL, 0};
	import->error[0] = '\0';
	enum import_result result = import->format->next(import);
	return result == IMPORT_END && import->error[0] ? IMPORT_FAILED : result;
}

void import_end(struct import *import)
{
	if (import->format->end)
		import->format->end(import);
	free(import->line);
	text_free(&import->record);
	import->line = NULL;
}
