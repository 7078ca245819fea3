#include "admin/ban_list.h"

#include "admin/ban_file.h"
#include "admin/ban_news.h"
#include "auth/address.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "chat/message.h"

const struct admin_option ban_list_options[] = {
    {"for", "TIME", "how long: 30m, 12h, 7d or 1y (default: until unban)"},
    {"reason", "WHY", "what the person is told: one line"},
    {0},
};

/* Takes out what held against `who`, and puts `added` in its place unless that is NULL. */
struct change {
	struct str who;
	const struct ban *added;
	size_t taken;
};

/* ---- what is said ---- */

void ban_list_until(char out[TIME_SIZE], const struct ban *ban)
{
	char time[TIME_SIZE];
	if (ban->until == 0) {
		snprintf(out, TIME_SIZE, "for ever");
		return;
	}
	time_write(time, ban->until * 1000);
	snprintf(out, TIME_SIZE, "%.*sZ", (int)strlen("2026-11-23T17:41:05"), time);
}

static bool is_person(struct str who)
{
	return who.at[0] == '@' || who.at[0] == '~';
}

/* One address of IPv6 stands for all that somebody has. */
static void put_who(struct str who)
{
	admin_put(stdout, who);
	if (!is_person(who) && memchr(who.at, ':', who.len))
		fputs(" (all of its /64)", stdout);
}

static void say(const struct change *change)
{
	static const char *const done[BAN__KINDS] = {
	    [BAN_BAN] = "banned", [BAN_MUTE] = "muted", [BAN_REVOKE] = "revoked"};
	char until[TIME_SIZE];
	const struct ban *ban = change->added;
	if (ban && ban->kind == BAN_REVOKE)
		fputs("the token ", stdout);
	put_who(change->who);
	if (!ban)
		puts(" is neither banned nor muted any more");
	else if (ban->until == 0)
		printf(" is %s\n", done[ban->kind]);
	else
		printf(" is %s until %s\n", done[ban->kind], (ban_list_until(until, ban), until));
	fflush(stdout);
}

/* ---- the change ---- */

static bool takes(const struct change *change, const struct ban *ban)
{
	bool kind = change->added ? ban->kind == change->added->kind : ban->kind != BAN_REVOKE;
	return kind && str_eq(ban->who, change->who);
}

static void put_list(struct text *out, const struct bans *bans, struct change *change)
{
	int64_t now = clock_ms(CLOCK_REALTIME) / 1000;
	const struct ban *ban;
	for (size_t i = 0; (ban = bans_at(bans, i)); i++) {
		bool holds = ban->until == 0 || now < ban->until;
		if (holds && takes(change, ban))
			change->taken++;
		else if (holds)
			bans_put(out, ban);
	}
	if (change->added)
		bans_put(out, change->added);
}

/* What broker and token.fcgi would refuse is not written. */
static int check_list(const char *path, const struct text *list)
{
	struct bans *bans;
	char error[BANS_ERROR_SIZE];
	if (list->broken)
		return admin_fail("out of memory");
	if (!bans_parse(&bans, text_str(list), error))
		return admin_fail("%s: %s; nothing was changed", path, error);
	bans_free(bans);
	return ADMIN_OK;
}

static int make_list(const char *path, struct change *change, struct text *list)
{
	struct bans *bans;
	char error[BANS_ERROR_SIZE];
	if (!bans_load(&bans, path, error))
		return admin_fail("%s; nothing was changed", error);
	put_list(list, bans, change);
	bans_free(bans);
	return check_list(path, list);
}

static int apply(const struct admin *admin, const struct ban_file *file, struct change *change,
    struct text *list)
{
	int result = make_list(file->path, change, list);
	if (result != ADMIN_OK)
		return result;
	if (!change->added && change->taken == 0)
		return admin_fail("%.*s is neither banned nor muted; mqtt-chat bans shows who is",
		    (int)change->who.len, change->who.at);
	result = ban_file_write(file, text_str(list));
	if (result != ADMIN_OK)
		return result;
	say(change);
	return ban_news_tell(&admin->settings, text_str(list));
}

static int make_change(const struct admin *admin, struct change *change)
{
	struct ban_file file;
	struct text list = {0};
	int result = ban_file_lock(&file, admin->settings.bans);
	if (result == ADMIN_OK)
		result = apply(admin, &file, change, &list);
	ban_file_unlock(&file);
	text_free(&list);
	return result;
}

/* ---- the command line ---- */

/* `group` is where an address stands. */
static int read_who(const struct admin *admin, char group[ADDRESS_MAX + 1], struct str *out)
{
	*out = str_of(admin->args[0]);
	if (address_group(*out, group)) {
		*out = str_of(group);
		return 0;
	}
	if (token_sub_valid(*out))
		return 0;
	admin_misused("'%.70s' is nobody: a user is like @ann, a guest like ~k3Zq, an address like "
		      "192.0.2.7 or 2001:db8::1",
	    admin->args[0]);
	return -1;
}

static int read_reason(const struct admin *admin, struct str *out)
{
	const char *reason = admin_option(admin, "reason");
	*out = str_of(reason ? reason : "");
	if (utf8_count(*out) >= 0)
		*out = utf8_trim(*out);
	if (out->len == 0 || message_topic_valid(*out))
		return 0;
	admin_misused("--reason is one line of at most %d characters in UTF-8, without controls",
	    MESSAGE_TOPIC_MAX);
	return -1;
}

int ban_list_person(const struct admin *admin, enum ban_kind kind)
{
	char group[ADDRESS_MAX + 1];
	int64_t span;
	struct ban ban = {.kind = kind};
	if (read_who(admin, group, &ban.who) != 0 || admin_span(admin, "for", &span) != 0 ||
	    read_reason(admin, &ban.reason) != 0)
		return ADMIN_USAGE;
	if (span > 0)
		ban.until = (clock_ms(CLOCK_REALTIME) + span) / 1000;
	return make_change(admin, &(struct change){.who = ban.who, .added = &ban});
}

int ban_list_token(const struct admin *admin)
{
	struct ban ban = {.kind = BAN_REVOKE, .who = str_of(admin->args[0]), .reason = str_of("")};
	if (!token_id_valid(ban.who, TOKEN_ID_MAX))
		return admin_misused("'%.70s' is no token's id, which is 1 to %d of A-Z a-z 0-9 _ "
				     "and -: mqtt-chat token says it",
		    admin->args[0], TOKEN_ID_MAX);
	return make_change(admin, &(struct change){.who = ban.who, .added = &ban});
}

int ban_list_lift(const struct admin *admin)
{
	char group[ADDRESS_MAX + 1];
	struct change change = {0};
	if (read_who(admin, group, &change.who) != 0)
		return ADMIN_USAGE;
	return make_change(admin, &change);
}
