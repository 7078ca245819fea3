#include "mint/person.h"

#include <stdio.h>
#include <unistd.h>

#include "base/base64url.h"
#include "base/log.h"
#include "mint/mint.h"

enum { RANDOM_BYTES = 12 };

bool person_random(const char *prefix, char *out, size_t size)
{
	char bytes[RANDOM_BYTES], text[BASE64URL_LENGTH(RANDOM_BYTES) + 1];
	if (getentropy(bytes, sizeof(bytes)) != 0)
		return false;
	base64url_encode((struct str){bytes, sizeof(bytes)}, text);
	return snprintf(out, size, "%s%s", prefix, text) < (int)size;
}

static bool be_guest(
    const struct mint_request *request, struct token *out, struct http_response *response)
{
	if (!mint_request_nickname(request, true, out->nick, response))
		return false;
	out->role = TOKEN_GUEST;
	out->until = MINT_GUEST_S;
	if (person_random("~", out->sub, sizeof(out->sub)))
		return true;
	http_set_error(response, 500, "cannot_sign", "the server has no random bytes");
	return false;
}

/* Whether the name can be a user's here; `out` says so. */
static bool take_name(struct str user, struct token *out)
{
	if (user.len > MINT_USER_MAX || !message_nickname_valid(user))
		return false;
	snprintf(out->sub, sizeof(out->sub), "@%.*s", (int)user.len, user.at);
	snprintf(out->nick, sizeof(out->nick), "%.*s", (int)user.len, user.at);
	return token_sub_valid(str_of(out->sub));
}

static bool be_user(
    const struct mint_request *request, struct token *out, struct http_response *response)
{
	if (request->user.len == 0) {
		http_set_error(response, 401, "not_signed_in", "sign in to this site first");
		return false;
	}
	if (!mint_request_nickname(request, false, out->nick, response))
		return false;
	out->role = TOKEN_USER;
	out->until = MINT_SITE_S;
	if (take_name(request->user, out))
		return true;
	log_warning("the site's user '%.*s' gets no token: the name is too long or has a character "
		    "that no name may have here",
	    MINT_USER_MAX, request->user.at);
	http_set_error(response, 403, "bad_user",
	    "this site's name for you cannot be used here: it must be 1 to %d bytes, visible, "
	    "without spaces and / + # \" \\",
	    MINT_USER_MAX);
	return false;
}

bool person_read(enum identity identity, const struct mint_request *request, struct token *out,
    struct http_response *response)
{
	if (identity == IDENTITY_GUEST)
		return be_guest(request, out, response);
	return be_user(request, out, response);
}
