/* minting.h: what the tests of src/mint/ share: a mint in the test's folder, and requests. */
#ifndef CHAT_MINTING_H
#define CHAT_MINTING_H

#include "auth/token.h"
#include "base/clock.h"
#include "keys.h"
#include "mint/mint.h"
#include "unit.h"

static struct settings settings;
static struct mint *mint;
static struct http_response response;
static char body[4096], error[MINT_ERROR_SIZE];

#define HERE "https://chat.example"

static inline void write_key(mode_t mode)
{
	const char *path = unit_path("token.key");
	unlink(path);
	unit_write(path, str_of(KEY_PRIVATE));
	assert_int_equal(chmod(path, mode), 0);
}

static inline void write_bans(const char *lines)
{
	unit_write(unit_path("bans"), str_of(lines));
}

static inline struct mint *open_mint(enum identity identity)
{
	settings = (struct settings){.identity = identity};
	snprintf(settings.token_key, sizeof(settings.token_key), "%s", unit_path("token.key"));
	snprintf(settings.bans, sizeof(settings.bans), "%s", unit_path("bans"));
	error[0] = '\0';
	return mint = mint_open(&settings, error);
}

/* A mint in this mode for the rest of the test. */
static inline void begin(enum identity identity)
{
	write_key(0400);
	expect(open_mint(identity) != NULL, "%s", error);
}

static inline int end_minting(void **state)
{
	mint_close(mint);
	mint = NULL;
	http_response_free(&response);
	return unit_remove_dir(state);
}

#define MINTING(test) cmocka_unit_test_setup_teardown(test, unit_make_dir, end_minting)

/* What a page of this site asks; user and nickname may be absent. */
static inline struct mint_request request_of(const char *content)
{
	return (struct mint_request){
	    .method = str_of("POST"),
	    .path = str_of("/token"),
	    .content_type = str_of("application/json"),
	    .origin = str_of(HERE),
	    .fetch_site = str_of("same-origin"),
	    .site_origin = str_of(HERE),
	    .address = str_of("192.0.2.1"),
	    .body = str_of(content),
	};
}

/* The status; the body is in `body`, ended with NUL. */
static inline int ask(struct mint_request request)
{
	http_response_free(&response);
	mint_answer(mint, &request, &response);
	struct str s = text_str(&response.body);
	assert_true(s.len < sizeof(body));
	memcpy(body, s.at, s.len);
	body[s.len] = '\0';
	expect(response.no_store, "an answer may be stored: %s", body);
	return response.status;
}

static inline void expect_refused(struct mint_request request, int status, const char *code)
{
	char expected[80];
	int got = ask(request);
	snprintf(expected, sizeof(expected), "{\"error\":{\"code\":\"%s\",\"message\":\"", code);
	expect(got == status && strncmp(body, expected, strlen(expected)) == 0,
	    "%d and %s, not %d %s", got, body, status, code);
}

/* The member of the answer, a string without escapes, in `out`. */
static inline void member(const char *name, char *out, size_t size)
{
	char key[40];
	snprintf(key, sizeof(key), "\"%s\":\"", name);
	const char *at = strstr(body, key);
	expect(at != NULL, "no %s in %s", name, body);
	at += strlen(key);
	snprintf(out, size, "%.*s", (int)strcspn(at, "\""), at);
}

/* Asks for a token, which has to be given, and verifies it. */
static inline struct token get_token(struct mint_request request)
{
	char text[TOKEN_MAX + 1];
	struct token token;
	expect(ask(request) == 200, "%s", body);
	member("token", text, sizeof(text));
	struct token_key *key = key_public(KEY_PUBLIC);
	int64_t now = clock_ms(CLOCK_REALTIME) / 1000;
	assert_int_equal(token_read(key, str_of(text), now, &token), TOKEN_OK);
	token_key_free(key);
	return token;
}

#endif
