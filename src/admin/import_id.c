/*
 * import_id.c: which record is which, so that none is stored twice.
 *
 * A record without a msgId gets import:SOURCE:ID. Without --source our own export, whatever its
 * format, is of the source "export", and the ID has a digest of the record behind it: two chats may
 * have different messages under one id, and both belong into a third.
 */
#include "admin/import.h"
#include "base/fnv.h"
#include "base/utf8.h"
#include "chat/limits.h"
#include "chat/message.h"

#define DIGITS_MAX 16 /* of an id below 2^53 */

/* The digits that `s` begins with, as a number; 0 where they are none of ours, or are not ended by
 * `end` or by the end. */
static int64_t read_id(struct str s, char end)
{
	int64_t id = 0;
	size_t i = 0;
	for (; i < s.len && i < DIGITS_MAX && s.at[i] >= '0' && s.at[i] <= '9'; i++)
		id = id * 10 + (s.at[i] - '0');
	return i == s.len || (i > 0 && s.at[i] == end) ? id : 0;
}

static struct str trimmed(struct str s)
{
	return s.len && utf8_count(s) >= 0 ? utf8_trim(s) : s;
}

static bool is_export(const struct import *import)
{
	return import->given == (1u << IMPORT__FIELDS) - 1 &&
	       read_id(trimmed(import->fields[IMPORT_ID]), '\0');
}

static uint64_t digest_of(const struct str *fields)
{
	static const enum import_field parts[] = {
	    IMPORT_ROOM, IMPORT_NICKNAME, IMPORT_TEXT, IMPORT_TS};
	uint64_t digest = FNV_BEGIN;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		digest = fnv_add(fnv_add(digest, fields[parts[i]]), (struct str){"", 1});
	return digest;
}

static struct str put_export_id(const struct import *import, int64_t id, char *out)
{
	int length = snprintf(out, IMPORT_MSG_ID_SIZE, LIMITS_IMPORT_PREFIX "export:%lld-%016llx",
	    (long long)id, (unsigned long long)digest_of(import->fields));
	return (struct str){out, (size_t)length};
}

struct str import_msg_id(
    const struct import *import, const char *source, char out[IMPORT_MSG_ID_SIZE])
{
	struct text made = {.at = out, .size = IMPORT_MSG_ID_SIZE, .fixed = true};
	struct str id = trimmed(import->fields[IMPORT_ID]);
	if (id.len == 0)
		return (struct str){NULL, 0};
	if (!source && is_export(import))
		return put_export_id(import, read_id(id, '\0'), out);
	text_printf(&made, LIMITS_IMPORT_PREFIX "%s:", source ? source : import->format->name);
	size_t prefix = made.len;
	text_put(&made, id);
	if (made.broken || utf8_count(text_str(&made)) > MESSAGE_ID_MAX) {
		made.len = prefix;
		made.broken = false;
		text_printf(&made, "~%016llx", (unsigned long long)fnv_add(FNV_BEGIN, id));
	}
	return text_str(&made);
}

/* The id that the record had where it was exported; 0: it is another's, or has a msgId of its own.
 */
static int64_t id_at_home(const struct str *fields)
{
	struct str msg_id = trimmed(fields[IMPORT_MSG_ID]);
	if (msg_id.len == 0)
		return read_id(trimmed(fields[IMPORT_ID]), '\0');
	size_t prefix = strlen(LIMITS_IMPORT_PREFIX);
	if (msg_id.len <= prefix || memcmp(msg_id.at, LIMITS_IMPORT_PREFIX, prefix) != 0)
		return 0;
	const char *colon = memchr(msg_id.at + prefix, ':', msg_id.len - prefix);
	if (!colon)
		return 0;
	size_t before = (size_t)(colon + 1 - msg_id.at);
	return read_id((struct str){colon + 1, msg_id.len - before}, '-');
}

int64_t import_known_as(const struct import *import, struct import_names *names)
{
	int64_t id = id_at_home(import->fields);
	for (int i = 0; i < IMPORT_NAMES; i++)
		names->msg_ids[i] = (struct str){NULL, 0};
	if (!id)
		return 0;
	static const char *const formats[] = {"ndjson", "csv"}; /* as 0.2 took exports in */
	for (int i = 0; i < 2; i++) {
		snprintf(names->memory[i], IMPORT_MSG_ID_SIZE, LIMITS_IMPORT_PREFIX "%s:%lld",
		    formats[i], (long long)id);
		names->msg_ids[i] = str_of(names->memory[i]);
	}
	names->msg_ids[2] = put_export_id(import, id, names->memory[2]);
	return id;
}
