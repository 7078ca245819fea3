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

/* The text of a string or of a number. False with `error` for any other value but null. */
static bool text_of(
    struct import *import, const char *key, struct json_object *value, struct str *out)
{
	if (json_object_is_type(value, json_type_string)) {
		*out = (struct str){
		    json_object_get_string(value), (size_t)json_object_get_string_len(value)};
		return true;
	}
	bool integer = json_object_is_type(value, json_type_int);
	if (!integer && value && !json_object_is_type(value, json_type_double))
		import_say(import, IMPORT_BROKEN, "%s is neither a string nor a number", key);
	else if (integer && !is_exact(value))
		import_say(
		    import, IMPORT_BROKEN, "%s is too large for a number: make it a string", key);
	else
		*out = str_of(value ? json_object_get_string(value) : NULL);
	return !import->error[0];
}

static enum import_result read_members(struct import *import, struct json_object *object)
{
	import->given = 0;
	json_object_object_foreach(object, key, value)
	{
		int field = import_field(str_of(key));
		if (field < 0)
			continue;
		import->given |= 1u << field;
		if (!text_of(import, key, value, &import->fields[field]))
			return IMPORT_BROKEN;
	}
	return IMPORT_RECORD;
}

static enum import_result read_object(struct import *import)
{
	enum json_kind kind = json_check(import->raw);
	if (import->raw.at[0] == '[')
		return import_say(
		    import, IMPORT_BROKEN, "it is an array, not an object a line: see jq -c '.[]'");
	if (kind == JSON_NOT || kind == JSON_DEEP)
		return import_say(import, IMPORT_BROKEN,
		    kind == JSON_NOT ? "it is not JSON" : "the JSON is nested too deeply");
	struct json_tokener *tokener = json_tokener_new_ex(JSON_LEVELS);
	if (!tokener)
		return import_say(import, IMPORT_FAILED, "out of memory");
	struct json_object *object =
	    json_tokener_parse_ex(tokener, import->raw.at, (int)import->raw.len);
	json_tokener_free(tokener);
	import->owner = object;
	return json_object_is_type(object, json_type_object)
		   ? read_members(import, object)
		   : import_say(import, IMPORT_BROKEN, "it is no JSON object");
}

static enum import_result next(struct import *import)
{
	struct str line;
	while (import_line(import, &line)) {
		while (line.len > 0 && strchr("\r\n", line.at[line.len - 1]))
			line.len--;
		if (line.len == 0)
			continue;
		end_ndjson(import);
		import->at = import->lines;
		import->raw = line;
		return read_object(import);
	}
	return IMPORT_END;
}

const struct import_format import_ndjson = {"ndjson", next, end_ndjson};
