#include "admin/import.h"

#include <errno.h>
#include <stdlib.h>

const struct import_format *import_format(const char *name)
{
	static const struct import_format *const formats[] = {
	    &import_ndjson, &import_csv, &import_mariadb};
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

enum import_result import_next(struct import *import)
{
	for (int i = 0; i < IMPORT__FIELDS; i++)
		import->fields[i] = (struct str){NULL, 0};
	enum import_result result = import->format->next(import);
	if (result == IMPORT_END && ferror(import->in)) {
		snprintf(
		    import->error, sizeof(import->error), "cannot be read: %s", strerror(errno));
		return IMPORT_FAILED;
	}
	return result;
}

void import_end(struct import *import)
{
	if (import->format->end)
		import->format->end(import);
	free(import->line);
	text_free(&import->record);
	import->line = NULL;
}
