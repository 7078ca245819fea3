/*
 * keys.h: the keys that the unit tests sign with: the published ones of RFC 8032's first two tests,
 * which are no secret to anybody.
 */
#ifndef CHAT_UNIT_KEYS_H
#define CHAT_UNIT_KEYS_H

#include "auth/key.h"
#include "unit.h"

#define KEY_PRIVATE                                                                                \
	"-----BEGIN PRIVATE KEY-----\n"                                                            \
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"                       \
	"-----END PRIVATE KEY-----\n"
#define KEY_PUBLIC                                                                                 \
	"-----BEGIN PUBLIC KEY-----\n"                                                             \
	"MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"                           \
	"-----END PUBLIC KEY-----\n"
#define KEY_OTHER_PRIVATE                                                                          \
	"-----BEGIN PRIVATE KEY-----\n"                                                            \
	"MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"                       \
	"-----END PRIVATE KEY-----\n"

static inline struct token_key *key_private(const char *pem)
{
	char error[TOKEN_ERROR_SIZE] = "";
	struct token_key *key = token_key_read_private(str_of(pem), "test", error);
	expect(key != NULL, "%s", error);
	return key;
}

static inline struct token_key *key_public(const char *pem)
{
	char error[TOKEN_ERROR_SIZE] = "";
	struct token_key *key = token_key_read_public(str_of(pem), "test", error);
	expect(key != NULL, "%s", error);
	return key;
}

#endif
