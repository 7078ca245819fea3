#include "auth/bans.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/address.h"
#include "auth/file.h"
#include "auth/token.h"
#include "base/utf8.h"
#include "chat/limits.h"

struct bans {
	char *text; /* into which the bans point */
	size_t count;
	struct ban all[]; /* by kind, who, and which holds longest */
};

static const char *const kind_names[BAN__KINDS] = {
    [BAN_BAN] = "ban",
    [BAN_MUTE] = "mute",
    [BAN_REVOKE] = "revoke",
};

/* ---- a line: what is wrong with it, or NULL ---- */

static bool read_kind(struct str s, enum ban_kind *out)
{
	for (int i = 0; i < BAN__KINDS; i++) {
		if (str_eq(s, str_of(kind_names[i]))) {
			*out = (enum ban_kind)i;
			return true;
		}
	}
	return false;
}

/* Digits alone, and no 0 before them: each time can be written in one way. */
static bool read_until(struct str s, int64_t *out)
{
	*out = 0;
	if (s.len < 1 || s.len > 16 || (s.at[0] == '0' && s.len > 1))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		*out = *out * 10 + (s.at[i] - '0');
	}
	return *out <= LIMITS_ID_MAX;
}

static bool reason_valid(struct str s)
{
	if (utf8_count(s) < 0)
		return false;
	while (s.len > 0)
		if (utf8_is_control(utf8_take(&s)))
			return false;
	return true;
}

/* `at` is where it stands, in memory that is ours; no other way to write an address is shorter. */
static bool read_who(struct str s, char *at, enum ban_kind kind, struct str *out)
{
	char group[ADDRESS_MAX + 1];
	*out = s;
	if (kind == BAN_REVOKE)
		return token_id_valid(s, TOKEN_ID_MAX);
	if (!address_group(s, group))
		return token_sub_valid(s);
	out->len = strlen(group);
	if (out->len > s.len)
		return false;
	memcpy(at, group, out->len);
	return true;
}

/* Takes off what stands before the next TAB; false where there is none. */
static bool take_field(struct str *line, struct str *out)
{
	const char *tab = line->len > 0 ? memchr(line->at, '\t', line->len) : NULL;
	if (!tab)
		return false;
	*out = (struct str){line->at, (size_t)(tab - line->at)};
	*line = (struct str){tab + 1, line->len - out->len - 1};
	return true;
}

static const char *read_line(struct str line, char *memory, struct ban *out)
{
	struct str kind, who, until;
	char *begin = memory;
	if (!take_field(&line, &kind) || !take_field(&line, &who) || !take_field(&line, &until))
		return "a line is KIND, WHO, UNTIL and REASON with a TAB between them";
	begin += kind.len + 1;
	out->reason = line;
	if (!read_kind(kind, &out->kind))
		return "KIND must be ban, mute or revoke";
	if (!read_who(who, begin, out->kind, &out->who))
		return out->kind == BAN_REVOKE
			   ? "WHO must be a token's id: 1 to 32 of A-Z a-z 0-9 _ -"
			   : "WHO must be a user (@name, or a guest's ~name) or an address";
	if (!read_until(until, &out->until))
		return "UNTIL must be Unix seconds, or 0 for ever";
	return reason_valid(line) ? NULL : "REASON must be UTF-8 without controls";
}

/* ---- the list ---- */

static int compare_str(struct str a, struct str b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.at, b.at, shorter);
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_who(const void *one, const void *other)
{
	const struct ban *a = one, *b = other;
	return a->kind != b->kind ? (int)a->kind - (int)b->kind : compare_str(a->who, b->who);
}

static int64_t end_of(const struct ban *ban)
{
	return ban->until ? ban->until : INT64_MAX;
}

static int compare(const void *one, const void *other)
{
	int order = compare_who(one, other);
	int64_t a = end_of(one), b = end_of(other);
	return order ? order : (a < b) - (a > b);
}

static size_t count_lines(struct str text)
{
	size_t count = 0;
	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '\n';
	return count;
}

static struct bans *allocate(struct str text)
{
	size_t lines = count_lines(text);
	struct bans *bans = calloc(1, sizeof(*bans) + lines * sizeof(bans->all[0]));
	char *copy = malloc(text.len + 1);
	if (!bans || !copy) {
		free(bans);
		free(copy);
		return NULL;
	}
	if (text.len > 0)
		memcpy(copy, text.at, text.len);
	bans->text = copy;
	return bans;
}

static const char *read_lines(struct bans *bans, size_t length)
{
	for (char *at = bans->text, *end = at + length; at < end; bans->count++) {
		char *feed = memchr(at, '\n', (size_t)(end - at));
		if (!feed)
			return "it does not end, so the list may have been cut; end it with a line "
			       "feed";
		const char *wrong =
		    read_line((struct str){at, (size_t)(feed - at)}, at, &bans->all[bans->count]);
		if (wrong)
			return wrong;
		at = feed + 1;
	}
	return NULL;
}

bool bans_parse(struct bans **out, struct str text, char error[BANS_ERROR_SIZE])
{
	*out = NULL;
	if (text.len > BANS_BYTES_MAX) {
		snprintf(error, BANS_ERROR_SIZE,
		    "the list of bans is larger than 1 MiB; take out what does not hold any more");
		return false;
	}
	struct bans *bans = allocate(text);
	if (!bans) {
		snprintf(error, BANS_ERROR_SIZE, "out of memory for the list of bans");
		return false;
	}
	const char *wrong = read_lines(bans, text.len);
	if (wrong) {
		snprintf(error, BANS_ERROR_SIZE, "line %zu: %s", bans->count + 1, wrong);
		bans_free(bans);
		return false;
	}
	if (bans->count > 0)
		qsort(bans->all, bans->count, sizeof(bans->all[0]), compare);
	*out = bans;
	return true;
}

bool bans_load(struct bans **out, const char *path, char error[BANS_ERROR_SIZE])
{
	char wrong[BANS_ERROR_SIZE];
	struct text text = {0};
	bool done = false;
	*out = NULL;
	int failed = auth_file_read(path, BANS_BYTES_MAX, false, &text);
	if (failed && failed != ENOENT && failed != EFBIG)
		snprintf(error, BANS_ERROR_SIZE,
		    "%.256s: %s; check owner and mode of the list of bans", path,
		    failed == EINVAL ? "not a file" : strerror(failed));
	else if (!(done = bans_parse(out, text_str(&text), wrong)))
		snprintf(error, BANS_ERROR_SIZE, "%.256s: %s", path, wrong);
	text_free(&text);
	return done;
}

void bans_free(struct bans *bans)
{
	if (bans)
		free(bans->text);
	free(bans);
}

size_t bans_count(const struct bans *bans)
{
	return bans ? bans->count : 0;
}

const struct ban *bans_at(const struct bans *bans, size_t i)
{
	return i < bans_count(bans) ? &bans->all[i] : NULL;
}

void bans_put(struct text *out, const struct ban *ban)
{
	text_printf(out, "%s\t", bans_kind_name(ban->kind));
	text_put(out, ban->who);
	text_printf(out, "\t%lld\t", (long long)ban->until);
	text_put(out, ban->reason);
	text_puts(out, "\n");
}

const char *bans_kind_name(enum ban_kind kind)
{
	return kind_names[kind];
}

/* The first of those that are equal in kind and who, or NULL. */
static const struct ban *find_first(const struct bans *bans, const struct ban *wanted)
{
	size_t low = 0, high = bans->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_who(&bans->all[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == bans->count || compare_who(&bans->all[low], wanted) != 0)
		return NULL;
	return &bans->all[low];
}

const struct ban *bans_find(
    const struct bans *bans, enum ban_kind kind, struct str who, int64_t now_s)
{
	char group[ADDRESS_MAX + 1];
	if (!bans || who.len == 0)
		return NULL;
	if (kind != BAN_REVOKE && address_group(who, group))
		who = str_of(group);
	const struct ban *found = find_first(bans, &(struct ban){.who = who, .kind = kind});
	return found && now_s < end_of(found) ? found : NULL;
}
