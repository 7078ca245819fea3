/*
 * key.h: the pair of Ed25519 keys (RFC 8032) that tokens are signed and verified with, by OpenSSL's
 * EVP. The private key is token.fcgi's alone; the broker's plugin has the public one.
 *
 * The files are PEM (RFC 7468), as these commands make them:
 *   openssl genpkey -algorithm ed25519 -out private.pem      PKCS#8, RFC 8410
 *   openssl pkey -in private.pem -pubout -out public.pem     SubjectPublicKeyInfo, RFC 8410
 */
#ifndef CHAT_AUTH_KEY_H
#define CHAT_AUTH_KEY_H

#include "base/str.h"

enum {
	TOKEN_SIGNATURE_SIZE = 64,   /* bytes */
	TOKEN_KEY_BYTES_MAX = 16384, /* of a key's file */
	TOKEN_ERROR_SIZE = 512,
};

/* Never changes once it is loaded: any number of threads may use it at the same time. */
struct token_key;

/*
 * Loads the public key in the file `path`. NULL with one line in `error`, which says the file, what
 * is wrong and what to do. A file that holds a private key is refused: who only verifies is not to
 * have it. Whoever calls frees it with token_key_free().
 */
struct token_key *token_key_load_public(const char *path, char error[TOKEN_ERROR_SIZE]);

/*
 * The same for the private key, which verifies as well. A file that group or others may read or
 * write is refused, and so is a key with a passphrase: nothing ever asks for one.
 */
struct token_key *token_key_load_private(const char *path, char error[TOKEN_ERROR_SIZE]);

/*
 * The same of PEM in memory, which is only lent; `name` stands for it in `error`.
 */
struct token_key *token_key_read_public(
    struct str pem, const char *name, char error[TOKEN_ERROR_SIZE]);
struct token_key *token_key_read_private(
    struct str pem, const char *name, char error[TOKEN_ERROR_SIZE]);

/* Frees the key; NULL is allowed. */
void token_key_free(struct token_key *key);

/*
 * Signs `message`, any bytes, into `signature` (RFC 8032, PureEd25519). False where the key is a
 * public one, or without memory.
 */
bool token_key_sign(
    const struct token_key *key, struct str message, unsigned char signature[TOKEN_SIGNATURE_SIZE]);

/*
 * Whether `signature` is the key's for `message`. Without memory it is not. Leaves nothing in
 * OpenSSL's queue of errors, in which its host (the broker's TLS) looks for its own.
 */
bool token_key_verify(const struct token_key *key, struct str message,
    const unsigned char signature[TOKEN_SIGNATURE_SIZE]);

#endif
