/*
 * import_ndjson.c: an object a line, as it is exported.
 */
#include <json-c/json.h>
#include <stdlib.h>

#include "admin/import.h"
#include "base/json_check.h"

static void end_ndjson(struct import *import)
{
	json_object_put(import->owner);
	import->owner = NULL;
}

/* json-c makes the nearest that it has of an integer over 64 bits: another id then. */
static bool is_exact(struct json_object *value)
{
	return json_object_get_uint64(value) != UINT64_MAX &&
	       json_object_get_int64(value) != INT64_MIN;
}

/* The text of a string or of a number; other values are none of ours. */
static struct str text_of(struct json_object *value)
{
	if (json_object_is_type(value, json_type_string))
		return (struct str){
		    json_object_get_string(value), (size_t)json_object_get_string_len(value)};
	bool number = json_object_is_type(value, json_type_double) ||
		      (json_object_is_type(value, json_type_int) && is_exact(value));
	return str_of(number ? json_object_get_string(value) : NULL);
}

static enum import_result read_object(struct import *import)
{
	enum json_kind kind = json_check(import->raw);
	if (kind == JSON_NOT || kind == JSON_DEEP)
		return IMPORT_BROKEN;
	struct json_tokener *tokener = json_tokener_new_ex(JSON_LEVELS);
	if (!tokener)
		return IMPORT_FAILED;
	struct json_object *object =
	    json_tokener_parse_ex(tokener, import->raw.at, (int)import->raw.len);
	json_tokener_free(tokener);
	import->owner = object;
	if (!json_object_is_type(object, json_type_object))
		return IMPORT_BROKEN;
	json_object_object_foreach(object, key, value)
	{
		int field = import_field(str_of(key));
		if (field >= 0)
			import->fields[field] = text_of(value);
	}
	return IMPORT_RECORD;
}

static enum import_result next(struct import *import)
{
	ssize_t length;
	while ((length = getline(&import->line, &import->line_size, import->in)) >= 0) {
		while (length > 0 && strchr("\r\n", import->line[length - 1]))
			length--;
		if (length == 0)
			continue;
		end_ndjson(import);
		import->raw = (struct str){import->line, (size_t)length};
		return read_object(import);
	}
	return IMPORT_END;
}

const struct import_format import_ndjson = {"ndjson", next, end_ndjson};
