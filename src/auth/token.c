#include "auth/token.h"

#include <json-c/json.h>

#include "auth/address.h"
#include "base/base64url.h"
#include "base/json_check.h"
#include "base/utf8.h"
#include "chat/limits.h"
#include "output/json.h"

enum { LEVELS = 8 }; /* of JSON: a token has two, and a later one may have some more */

static const char *const result_texts[TOKEN__MAX] = {
    [TOKEN_OK] = "ok",
    [TOKEN_MALFORMED] = "not a token",
    [TOKEN_FORGED] = "the signature is not of this server's key",
    [TOKEN_EXPIRED] = "expired",
};

static const char *const role_names[TOKEN__ROLES] = {
    [TOKEN_GUEST] = "guest",
    [TOKEN_USER] = "user",
    [TOKEN_MOD] = "mod",
    [TOKEN_DEVICE] = "device",
};

const char *token_result_text(enum token_result result)
{
	return result_texts[result];
}

const char *token_role_name(enum token_role role)
{
	return role_names[role];
}

/* ---- members ---- */

bool token_id_valid(struct str id, size_t max)
{
	static const char characters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	if (id.len < 1 || id.len > max)
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (!memchr(characters, id.at[i], sizeof(characters) - 1))
			return false;
	return true;
}

bool token_sub_valid(struct str sub)
{
	if (sub.len < 2 || sub.len > TOKEN_SUB_MAX || utf8_count(sub) < 0)
		return false;
	if (sub.at[0] != '@' && sub.at[0] != '~')
		return false;
	struct str rest = {sub.at + 1, sub.len - 1};
	while (rest.len > 0) {
		struct str one = rest;
		uint32_t point = utf8_take(&rest);
		one.len -= rest.len;
		if (!utf8_is_visible(one) || (point < 0x80 && strchr("/+#\"\\", (int)point)))
			return false;
	}
	return true;
}

/* Whether a device goes by its own name, which its token then does without. */
static bool is_named_by_sub(const struct token *token)
{
	return token->role == TOKEN_DEVICE && strcmp(token->nick, token->sub + 1) == 0;
}

static bool ip_valid(struct str ip)
{
	char group[ADDRESS_MAX + 1];
	return address_group(ip, group);
}

static bool time_valid(int64_t t)
{
	return t >= 1 && t <= LIMITS_ID_MAX;
}

/* What a token says about itself and what is in no other place checked. */
static bool is_valid(const struct token *t)
{
	bool guest = t->sub[0] == '~';
	return token_id_valid(str_of(t->id), TOKEN_ID_MAX) && token_sub_valid(str_of(t->sub)) &&
	       message_nickname_valid(str_of(t->nick)) &&
	       (!t->cid[0] || token_id_valid(str_of(t->cid), TOKEN_CID_MAX)) &&
	       (!t->pid[0] || token_id_valid(str_of(t->pid), TOKEN_PID_MAX)) &&
	       (!t->ip[0] || ip_valid(str_of(t->ip))) && guest == (t->role == TOKEN_GUEST) &&
	       time_valid(t->exp) && time_valid(t->until);
}

/* ---- rooms: names with a space behind each ---- */

static size_t rooms_count(const struct token *token)
{
	size_t count = 0;
	for (const char *c = token->rooms; *c; c++)
		count += *c == ' ';
	return count;
}

bool token_has_room(const struct token *token, struct str room)
{
	const char *at = token->rooms;
	if (token->all_rooms)
		return true;
	for (const char *end; (end = strchr(at, ' ')); at = end + 1)
		if (str_eq(room, (struct str){at, (size_t)(end - at)}))
			return true;
	return false;
}

bool token_add_room(struct token *token, struct str room)
{
	size_t length = strlen(token->rooms);
	if (!message_room_valid(room) || rooms_count(token) == TOKEN_ROOMS_MAX ||
	    length + room.len + 1 > TOKEN_JSON_MAX)
		return false;
	memcpy(token->rooms + length, room.at, room.len);
	memcpy(token->rooms + length + room.len, " ", 2);
	return true;
}

/* ---- signing ---- */

static void put_string(struct text *out, const char *key, const char *value)
{
	if (value[0])
		json_member(out, key, str_of(value));
}

static void put_rooms(struct text *out, const struct token *token)
{
	const char *at = token->rooms;
	json_key(out, "rooms");
	json_begin(out, '[');
	for (const char *end; (end = strchr(at, ' ')); at = end + 1)
		json_string(out, (struct str){at, (size_t)(end - at)});
	json_end(out, ']');
}

static void put_json(struct text *out, const struct token *t)
{
	json_begin(out, '{');
	put_string(out, "id", t->id);
	put_string(out, "sub", t->sub);
	if (!is_named_by_sub(t))
		put_string(out, "nick", t->nick);
	put_string(out, "cid", t->cid);
	put_string(out, "pid", t->pid);
	if (t->role != TOKEN_DEVICE)
		put_string(out, "role", role_names[t->role]);
	if (!t->all_rooms)
		put_rooms(out, t);
	put_string(out, "ip", t->ip);
	json_member_number(out, "exp", t->exp);
	if (t->until != t->exp)
		json_member_number(out, "until", t->until);
	json_end(out, '}');
}

/* What a reader assumes where nothing is said. */
static void complete(struct token *token)
{
	if (token->role == TOKEN_DEVICE && !token->nick[0] && token->sub[0])
		memcpy(token->nick, token->sub + 1, TOKEN_SUB_MAX);
	if (token->until == 0)
		token->until = token->exp;
}

bool token_sign(const struct token_key *key, const struct token *token, char out[TOKEN_MAX + 1])
{
	char json[TOKEN_JSON_MAX];
	unsigned char signature[TOKEN_SIGNATURE_SIZE];
	struct text text = TEXT_IN(json);
	struct token whole = *token;
	out[0] = '\0';
	complete(&whole);
	if ((unsigned)whole.role >= TOKEN__ROLES || !is_valid(&whole))
		return false;
	put_json(&text, &whole);
	if (text.broken)
		return false;
	base64url_encode(text_str(&text), out);
	size_t length = strlen(out);
	if (!token_key_sign(key, (struct str){out, length}, signature)) {
		out[0] = '\0';
		return false;
	}
	out[length] = '.';
	base64url_encode(
	    (struct str){(const char *)signature, sizeof(signature)}, out + length + 1);
	return true;
}

/* ---- reading ---- */

/* A member that is a string, into `out`; nothing where it is absent. */
static bool read_string(struct json_object *object, const char *key, char *out, size_t size)
{
	struct json_object *value;
	if (!json_object_object_get_ex(object, key, &value))
		return true;
	if (!json_object_is_type(value, json_type_string))
		return false;
	size_t length = (size_t)json_object_get_string_len(value);
	if (length >= size)
		return false;
	memcpy(out, json_object_get_string(value), length);
	out[length] = '\0';
	return true;
}

static bool read_time(struct json_object *object, const char *key, int64_t *out)
{
	struct json_object *value;
	if (!json_object_object_get_ex(object, key, &value))
		return true;
	*out = json_object_get_int64(value);
	return json_object_is_type(value, json_type_int) && time_valid(*out);
}

static bool read_role(struct json_object *object, enum token_role *out)
{
	char name[16] = "";
	*out = TOKEN_DEVICE;
	if (!read_string(object, "role", name, sizeof(name)))
		return false;
	for (int i = 0; i < TOKEN__ROLES; i++) {
		if (strcmp(name, role_names[i]) == 0) {
			*out = (enum token_role)i;
			return true;
		}
	}
	return !name[0];
}

static bool read_rooms(struct json_object *object, struct token *out)
{
	struct json_object *value;
	out->all_rooms = !json_object_object_get_ex(object, "rooms", &value);
	if (out->all_rooms)
		return true;
	if (!json_object_is_type(value, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *room = json_object_array_get_idx(value, i);
		if (!json_object_is_type(room, json_type_string) ||
		    !token_add_room(out, (struct str){json_object_get_string(room),
					     (size_t)json_object_get_string_len(room)}))
			return false;
	}
	return true;
}

static bool read_members(struct json_object *object, struct token *t)
{
	return read_string(object, "id", t->id, sizeof(t->id)) &&
	       read_string(object, "sub", t->sub, sizeof(t->sub)) &&
	       read_string(object, "nick", t->nick, sizeof(t->nick)) &&
	       read_string(object, "cid", t->cid, sizeof(t->cid)) &&
	       read_string(object, "pid", t->pid, sizeof(t->pid)) &&
	       read_string(object, "ip", t->ip, sizeof(t->ip)) && read_role(object, &t->role) &&
	       read_rooms(object, t) && read_time(object, "exp", &t->exp) &&
	       read_time(object, "until", &t->until);
}

/* How many members stand in the object, JSON, repeated ones counted as often: by their colons. */
static int count_members(struct str json)
{
	int level = 0, count = 0;
	bool in_string = false;
	for (size_t i = 0; i < json.len; i++) {
		char c = json.at[i];
		if (c == '"')
			in_string = !in_string;
		else if (in_string)
			i += c == '\\';
		else if (c == '{' || c == '[')
			level++;
		else if (c == '}' || c == ']')
			level--;
		else
			count += c == ':' && level == 1;
	}
	return count;
}

/* The object that `json` is, or NULL: json-c takes more than JSON, and the last of two members. */
static struct json_object *parse_object(struct str json)
{
	if (json.len > TOKEN_JSON_MAX || utf8_count(json) < 0 || json_check(json) != JSON_GOOD)
		return NULL;
	struct json_tokener *tokener = json_tokener_new_ex(LEVELS);
	if (!tokener)
		return NULL;
	struct json_object *object = json_tokener_parse_ex(tokener, json.at, (int)json.len);
	json_tokener_free(tokener);
	if (json_object_is_type(object, json_type_object) &&
	    json_object_object_length(object) == count_members(json))
		return object;
	json_object_put(object);
	return NULL;
}

bool token_parse(struct str json, struct token *out)
{
	*out = (struct token){0};
	struct json_object *object = parse_object(json);
	bool good = object && read_members(object, out);
	json_object_put(object);
	if (good) {
		complete(out);
		good = is_valid(out);
	}
	if (!good)
		*out = (struct token){0};
	return good;
}

enum token_result token_read(
    const struct token_key *key, struct str text, int64_t now_s, struct token *out)
{
	char json[TOKEN_JSON_MAX];
	unsigned char signature[TOKEN_SIGNATURE_SIZE];
	size_t json_length, signature_length;
	*out = (struct token){0};
	const char *point =
	    text.len > 0 && text.len <= TOKEN_MAX ? memchr(text.at, '.', text.len) : NULL;
	if (!point)
		return TOKEN_MALFORMED;
	struct str first = {text.at, (size_t)(point - text.at)};
	struct str second = {point + 1, text.len - first.len - 1};
	if (!base64url_decode(first, json, sizeof(json), &json_length) ||
	    !base64url_decode(second, (char *)signature, sizeof(signature), &signature_length) ||
	    signature_length != sizeof(signature))
		return TOKEN_MALFORMED;
	if (!token_key_verify(key, first, signature))
		return TOKEN_FORGED;
	if (!token_parse((struct str){json, json_length}, out))
		return TOKEN_MALFORMED;
	return now_s >= out->exp || now_s >= out->until ? TOKEN_EXPIRED : TOKEN_OK;
}
