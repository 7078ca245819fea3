/*
 * fuzz_token.c: any bytes are a token or none, and bytes with a good signature as well: what is
 * taken is within its limits, and comes out of a token that says the same.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "auth/address.h"
#include "auth/token.h"
#include "base/base64url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The published key of RFC 8032's first test. */
static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
			  "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
			  "-----END PRIVATE KEY-----\n";

static struct token_key *key(void)
{
	static struct token_key *loaded;
	char error[TOKEN_ERROR_SIZE];
	if (!loaded)
		loaded = token_key_read_private(str_of(pem), "fuzz", error);
	assert(loaded);
	return loaded;
}

static bool has_id(const char *id, size_t max)
{
	return !id[0] || token_id_valid(str_of(id), max);
}

static void check_limits(const struct token *t)
{
	char group[ADDRESS_MAX + 1];
	assert(t->id[0] && has_id(t->id, TOKEN_ID_MAX));
	assert(token_sub_valid(str_of(t->sub)));
	assert(message_nickname_valid(str_of(t->nick)));
	assert(has_id(t->cid, TOKEN_CID_MAX) && has_id(t->pid, TOKEN_PID_MAX));
	assert(!t->ip[0] || address_group(str_of(t->ip), group));
	assert((t->sub[0] == '~') == (t->role == TOKEN_GUEST));
	assert(t->exp > 0 && t->until > 0);
}

static void check_same(const struct token *a, const struct token *b)
{
	assert(strcmp(a->id, b->id) == 0 && strcmp(a->sub, b->sub) == 0);
	assert(strcmp(a->nick, b->nick) == 0 && strcmp(a->cid, b->cid) == 0);
	assert(strcmp(a->pid, b->pid) == 0 && strcmp(a->ip, b->ip) == 0);
	assert(strcmp(a->rooms, b->rooms) == 0 && a->all_rooms == b->all_rooms);
	assert(a->role == b->role && a->exp == b->exp && a->until == b->until);
}

/* What is taken is signed, and read again. */
static void check_round(const struct token *token)
{
	char text[TOKEN_MAX + 1];
	struct token again;
	assert(token_sign(key(), token, text));
	assert(token_read(key(), str_of(text), 0, &again) == TOKEN_OK);
	check_same(token, &again);
}

/* A text stands for bytes in one way alone. */
static void check_base64url(struct str text)
{
	char bytes[TOKEN_MAX], again[BASE64URL_LENGTH(TOKEN_MAX) + 1];
	size_t length;
	if (!base64url_decode(text, bytes, sizeof(bytes), &length))
		return;
	base64url_encode((struct str){bytes, length}, again);
	assert(str_eq(text, str_of(again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = {(const char *)data, size};
	struct token token;
	enum token_result result = token_read(key(), input, 0, &token);
	assert(result < TOKEN__MAX && (result == TOKEN_OK || !token.sub[0]));
	if (result == TOKEN_OK)
		check_limits(&token);
	check_base64url(input);
	if (token_parse(input, &token)) {
		check_limits(&token);
		check_round(&token);
	} else {
		assert(!token.sub[0] && !token.all_rooms);
	}
	return 0;
}
