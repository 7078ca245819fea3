#include "mint/request.h"

#include <json-c/json.h>
#include <strings.h>

#include "base/json_check.h"
#include "base/utf8.h"

static bool refuse(
    struct http_response *response, int status, const char *code, const char *message)
{
	http_set_error(response, status, code, "%s", message);
	return false;
}

/*
 * A browser says where a page is from, in one way or in both. Who says nothing is a program, which
 * acts for nobody but itself.
 */
static bool is_from_here(const struct mint_request *request)
{
	if (request->origin.at &&
	    (!request->site_origin.at || !str_eq(request->origin, request->site_origin)))
		return false;
	return !request->fetch_site.at || str_eq(request->fetch_site, str_of("same-origin"));
}

/* Whether it is application/json, whatever parameters follow. A form of HTML cannot send that. */
static bool is_json(struct str type)
{
	static const char json[] = "application/json";
	const size_t len = sizeof(json) - 1;
	if (type.len < len || strncasecmp(type.at, json, len) != 0)
		return false;
	return type.len == len || type.at[len] == ';' || type.at[len] == ' ';
}

bool mint_request_allowed(const struct mint_request *request, struct http_response *response)
{
	if (!str_eq(request->path, str_of("/token")))
		return refuse(response, 404, "not_found", "the API has no such path");
	if (!str_eq(request->method, str_of("POST"))) {
		refuse(response, 405, "method_not_allowed", "only POST is allowed here");
		response->allow = "POST";
		return false;
	}
	if (!is_from_here(request))
		return refuse(
		    response, 403, "bad_origin", "only a page of this site may ask for a token");
	if (!is_json(request->content_type))
		return refuse(response, 415, "bad_media_type", "the body must be application/json");
	if (request->body.len > MINT_BODY_MAX)
		return refuse(
		    response, 413, "body_too_large", "the body must not be longer than 1 KiB");
	return true;
}

/* The object that `body` is, which the caller puts back; NULL: none, or no memory. */
static struct json_object *read_object(struct str body)
{
	struct json_tokener *tokener;
	if (utf8_count(body) < 0 || json_check(body) != JSON_GOOD)
		return NULL;
	if (!(tokener = json_tokener_new_ex(JSON_LEVELS)))
		return NULL;
	struct json_object *value = json_tokener_parse_ex(tokener, body.at, (int)body.len);
	json_tokener_free(tokener);
	if (json_object_is_type(value, json_type_object))
		return value;
	json_object_put(value);
	return NULL;
}

/* Whether the member is there and good; its copy in `out` ends with NUL. */
static bool copy_nickname(struct json_object *object, char out[4 * MESSAGE_NICKNAME_MAX + 1])
{
	struct json_object *value;
	if (!json_object_object_get_ex(object, "nickname", &value) ||
	    !json_object_is_type(value, json_type_string))
		return false;
	struct str s = {json_object_get_string(value), (size_t)json_object_get_string_len(value)};
	s = utf8_trim(s);
	if (!message_nickname_valid(s))
		return false;
	memcpy(out, s.at, s.len);
	out[s.len] = '\0';
	return true;
}

bool mint_request_nickname(const struct mint_request *request, bool needed,
    char out[4 * MESSAGE_NICKNAME_MAX + 1], struct http_response *response)
{
	struct json_object *object = read_object(request->body);
	bool good = !needed || (object && copy_nickname(object, out));
	if (!needed)
		out[0] = '\0';
	json_object_put(object);
	if (!object)
		return refuse(
		    response, 400, "bad_json", "the body must be a JSON object without \\u0000");
	if (!good)
		return refuse(response, 400, "bad_nickname",
		    "nickname must be a string of 1 to 64 characters, some of them visible, none "
		    "of which turns the direction of text");
	return true;
}
