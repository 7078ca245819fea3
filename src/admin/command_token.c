/*
 * command_token.c: signs the token of a device, which is its password at the broker. It is the only
 * thing on standard output, so that a script can take it; how to use it is said on standard error.
 */
#include <errno.h>
#include <unistd.h>

#include "admin/admin.h"
#include "auth/token.h"
#include "base/base64url.h"
#include "base/clock.h"
#include "base/time.h"
#include "chat/limits.h"

#define YEAR_MS (365LL * 86400000)

enum { ID_BYTES = 5 }; /* seven characters: each counts in a small device */

static const struct admin_option options[] = {
    {"rooms", "ROOMS", "where it may be, with commas: lab,ops (default: everywhere)"},
    {"for", "TIME", "how long: 12h, 30d, 1y (default: 1y)"},
    {"long", NULL, "for a device that takes more than 180 bytes"},
    {0},
};

/* It begins with no "-", so that it is no option of `revoke`. */
static bool make_id(struct token *token)
{
	char bytes[ID_BYTES];
	do {
		if (getentropy(bytes, sizeof(bytes)) != 0)
			return false;
		base64url_encode((struct str){bytes, sizeof(bytes)}, token->id);
	} while (token->id[0] == '-');
	return true;
}

static int read_name(const char *name, struct token *token)
{
	struct str device = str_of(name);
	if (device.len < sizeof(token->sub)) {
		snprintf(token->sub, sizeof(token->sub), "@%s", name);
		snprintf(token->nick, sizeof(token->nick), "%s", name);
	}
	if (name[0] != '@' && device.len + 1 < sizeof(token->sub) &&
	    token_sub_valid(str_of(token->sub)) && message_nickname_valid(device))
		return 0;
	admin_misused("DEVICE must be 1 to %d bytes, visible, without @ in front, spaces and / + # "
		      "\" \\",
	    TOKEN_SUB_MAX - 1);
	return -1;
}

/* `rooms` may be NULL: all. */
static int read_rooms(const char *rooms, struct token *token)
{
	token->all_rooms = !rooms;
	while (rooms) {
		const char *comma = strchr(rooms, ',');
		struct str room = {rooms, comma ? (size_t)(comma - rooms) : strlen(rooms)};
		if (!message_room_valid(room))
			return admin_misused("--rooms: '%.*s': %s", (int)room.len, room.at,
				   message_fault_text(MESSAGE_BAD_ROOM)),
			       -1;
		if (!token_has_room(token, room) && !token_add_room(token, room))
			return admin_misused("--rooms: at most %d", TOKEN_ROOMS_MAX), -1;
		rooms = comma ? comma + 1 : NULL;
	}
	return 0;
}

static int check_length(const struct admin *admin, size_t length)
{
	if (length <= TOKEN_SMALL || admin_option(admin, "long"))
		return ADMIN_OK;
	return admin_misused("the token would have %zu bytes, and small devices take %d: give a "
			     "shorter name, fewer rooms, or --long if the device takes more",
	    length, TOKEN_SMALL);
}

static int sign(const struct admin *admin, const struct token *token, char out[TOKEN_MAX + 1])
{
	char error[TOKEN_ERROR_SIZE];
	struct token_key *key = token_key_load_private(admin->settings.token_key, error);
	if (!key)
		return admin_fail("%s", error);
	bool done = token_sign(key, token, out);
	token_key_free(key);
	if (!done)
		return admin_fail("cannot sign the token: its rooms take too much space");
	return check_length(admin, strlen(out));
}

/* How to use the token, on stderr. */
static void explain(const struct admin *admin, const struct token *token)
{
	char until[TIME_SIZE];
	struct str rooms = str_of(token->all_rooms ? "all" : token->rooms);
	struct str first = str_of(token->all_rooms ? LIMITS_DEFAULT_ROOM : token->rooms);
	if (!token->all_rooms) {
		rooms.len--; /* the space behind the last */
		first.len = strcspn(first.at, " ");
	}
	time_write(until, token->exp * 1000);
	fputs("user name: ", stderr);
	admin_put(stderr, str_of(token->sub));
	fprintf(stderr, "\npassword: what stands on standard output\nrooms: %.*s\nuntil: %.19sZ\n",
	    (int)rooms.len, rooms.at, until);
	fputs("like this: mosquitto_pub -u '", stderr);
	admin_put(stderr, str_of(token->sub));
	fprintf(stderr, "' -P TOKEN -t chat/%.*s -m 'It works'\n", (int)first.len, first.at);
	fprintf(stderr, "if it is lost: mqtt-chat revoke %s\n", token->id);
	if (admin->settings.identity == IDENTITY_OPEN)
		fputs("mqtt-chat: with `identity = open` nobody asks for it\n", stderr);
}

static int make_token(struct admin *admin)
{
	struct token token = {.role = TOKEN_DEVICE};
	char text[TOKEN_MAX + 1];
	int64_t span;
	if (read_name(admin->args[0], &token) != 0 ||
	    read_rooms(admin_option(admin, "rooms"), &token) != 0 ||
	    admin_span(admin, "for", &span) != 0)
		return ADMIN_USAGE;
	token.exp = (clock_ms(CLOCK_REALTIME) + (span ? span : YEAR_MS)) / 1000;
	if (!make_id(&token))
		return admin_fail("no random numbers");
	int result = sign(admin, &token, text);
	if (result != ADMIN_OK)
		return result;
	if (puts(text) == EOF || fflush(stdout) != 0)
		return admin_fail("cannot write the output: %s", strerror(errno));
	explain(admin, &token);
	return ADMIN_OK;
}

const struct admin_command command_token = {
    "token", "DEVICE", 1, 1, "make a token, the password of a device", options, make_token};
