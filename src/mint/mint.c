#include "mint/mint.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/address.h"
#include "auth/bucket.h"
#include "base/clock.h"
#include "base/log.h"
#include "mint/banlist.h"
#include "mint/person.h"

struct mint {
	enum identity identity;
	struct token_key *key;
	pthread_mutex_t lock; /* of the next two */
	struct banlist *bans;
	struct buckets *buckets;
};

static bool load(struct mint *mint, const struct settings *settings, char *error)
{
	mint->identity = settings->identity;
	if (mint->identity == IDENTITY_OPEN)
		return true;
	mint->key = token_key_load_private(settings->token_key, error);
	mint->bans = mint->key ? banlist_open(settings->bans, error) : NULL;
	if (!mint->bans)
		return false;
	mint->buckets = buckets_new(1.0 / MINT_EACH_S, MINT_BURST, BUCKETS_DEFAULT);
	if (!mint->buckets)
		snprintf(error, MINT_ERROR_SIZE, "out of memory");
	return mint->buckets != NULL;
}

struct mint *mint_open(const struct settings *settings, char error[MINT_ERROR_SIZE])
{
	struct mint *mint = calloc(1, sizeof(*mint));
	if (!mint) {
		snprintf(error, MINT_ERROR_SIZE, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&mint->lock, NULL);
	if (load(mint, settings, error))
		return mint;
	mint_close(mint);
	return NULL;
}

void mint_close(struct mint *mint)
{
	if (!mint)
		return;
	token_key_free(mint->key);
	banlist_close(mint->bans);
	buckets_free(mint->buckets);
	pthread_mutex_destroy(&mint->lock);
	free(mint);
}

/* ---- whether one gets one ---- */

/* {"error":{"code","message","until","reason"}} */
static void set_banned(struct http_response *response, const struct ban *ban)
{
	struct text *body = &response->body;
	response->status = 403;
	json_begin(body, '{');
	json_key(body, "error");
	json_begin(body, '{');
	json_member(body, "code", str_of("banned"));
	json_member(body, "message", str_of("you are banned from this chat"));
	if (ban->until)
		json_member_time(body, "until", ban->until * 1000);
	else
		json_member(body, "until", (struct str){0});
	json_member(body, "reason", ban->reason.at ? ban->reason : str_of(""));
	json_end(body, '}');
	json_end(body, '}');
}

/* Of the two bans that may hold, the one that holds longer. */
static const struct ban *find_ban(struct mint *mint, const struct token *token, struct str address)
{
	const struct bans *bans = banlist_now(mint->bans);
	int64_t now = clock_ms(CLOCK_REALTIME) / 1000;
	const struct ban *user = bans_find(bans, BAN_BAN, str_of(token->sub), now);
	const struct ban *from = bans_find(bans, BAN_BAN, address, now);
	if (!user || !from)
		return user ? user : from;
	return from->until == 0 || (user->until && user->until < from->until) ? from : user;
}

/* Guests are told apart by where they are from, users of the site by their names. */
static int64_t take_turn(struct mint *mint, const struct token *token, struct str address)
{
	char group[ADDRESS_MAX + 1];
	int64_t now = clock_ms(CLOCK_MONOTONIC);
	if (token->role != TOKEN_GUEST)
		return buckets_take(mint->buckets, str_of(token->sub), now);
	bool known = address_group(address, group);
	return buckets_take(mint->buckets, known ? str_of(group) : address, now);
}

static bool admit(struct mint *mint, const struct token *token, struct str address,
    struct http_response *response)
{
	pthread_mutex_lock(&mint->lock);
	const struct ban *ban = find_ban(mint, token, address);
	int64_t wait = ban ? 0 : take_turn(mint, token, address);
	if (ban)
		set_banned(response, ban);
	pthread_mutex_unlock(&mint->lock);
	if (wait > 0) {
		http_set_error(response, 429, "too_many",
		    "too many tokens at once; one comes every %d seconds", MINT_EACH_S);
		response->retry_after = (int)((wait + 999) / 1000);
	}
	return !ban && wait == 0;
}

/* ---- the token ---- */

static bool sign(struct mint *mint, struct token *token, char text[TOKEN_MAX + 1])
{
	int64_t now = clock_ms(CLOCK_REALTIME) / 1000;
	token->all_rooms = true;
	token->exp = now + MINT_CONNECT_S;
	token->until += now;
	return person_random("", token->id, sizeof(token->id)) &&
	       person_random("page-", token->cid, sizeof(token->cid)) &&
	       person_random("", token->pid, sizeof(token->pid)) &&
	       token_sign(mint->key, token, text);
}

/* Behind a Unix socket of the web server's nobody has an address. */
static void note_address(struct token *token, struct str address)
{
	char group[ADDRESS_MAX + 1];
	if (address.len < sizeof(token->ip) && address_group(address, group))
		memcpy(token->ip, address.at, address.len);
}

static void issue(struct mint *mint, struct token *token, struct http_response *response)
{
	char text[TOKEN_MAX + 1];
	struct text *body = &response->body;
	if (!sign(mint, token, text)) {
		log_error("cannot sign a token for %s", token->sub);
		http_set_error(response, 500, "cannot_sign", "the server cannot sign a token");
		return;
	}
	response->status = 200;
	json_begin(body, '{');
	json_member(body, "mode", str_of(settings_identity_name(mint->identity)));
	json_member(body, "user", str_of(token->sub));
	json_member(body, "nickname", str_of(token->nick));
	json_member(body, "role", str_of(token_role_name(token->role)));
	json_member(body, "clientId", str_of(token->cid));
	json_member(body, "presenceId", str_of(token->pid));
	json_member(body, "token", str_of(text));
	json_member_time(body, "connectBy", token->exp * 1000);
	json_member_time(body, "until", token->until * 1000);
	json_end(body, '}');
}

void mint_answer(
    struct mint *mint, const struct mint_request *request, struct http_response *response)
{
	struct token token = {0};
	*response = (struct http_response){.no_store = true};
	if (mint->identity == IDENTITY_OPEN) {
		http_set_error(response, 404, "not_found", "this chat is open: nobody has a token");
	} else if (mint_request_allowed(request, response) &&
		   person_read(mint->identity, request, &token, response) &&
		   admit(mint, &token, request->address, response)) {
		note_address(&token, request->address);
		issue(mint, &token, response);
	}
	http_mend(response);
}
