#include "auth/key.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/file.h"

struct token_key {
	EVP_PKEY *pair;
	bool private;
};

/* ---- what is wrong, and what to do ---- */

#define SHOWN "%.256s" /* of a path or name, so that the rest of a line has room */

static bool contains(struct str s, const char *what)
{
	return s.len > 0 && memmem(s.at, s.len, what, strlen(what));
}

/* Says it of the file, whose name leaves it room. */
static void explain(char error[TOKEN_ERROR_SIZE], const char *name, const char *what)
{
	snprintf(error, TOKEN_ERROR_SIZE, "%.256s: %s", name, what);
}

static void explain_file(char error[TOKEN_ERROR_SIZE], const char *path, int failed)
{
	if (failed == EPERM)
		explain(error, path,
		    "group or others may read or write the private key; do: chmod 0400 FILE, and "
		    "make a new one if somebody may have read it");
	else if (failed == EFBIG)
		explain(error, path, "larger than a key; give the PEM file of an Ed25519 key");
	else if (failed == EINVAL || failed == EISDIR)
		explain(error, path, "not a file; give the PEM file of an Ed25519 key");
	else
		snprintf(error, TOKEN_ERROR_SIZE,
		    "%.256s: %s; check that the key is there and whose it is", path,
		    strerror(failed));
}

static const char *wrong_private(struct str pem)
{
	if (contains(pem, "ENCRYPTED"))
		return "the private key has a passphrase; take it away: openssl pkey -in OLD -out "
		       "NEW";
	if (contains(pem, "BEGIN PUBLIC KEY"))
		return "holds the public key; give the file with the private one";
	return "holds no private Ed25519 key as PEM; make one: openssl genpkey -algorithm ed25519 "
	       "-out FILE";
}

static const char *wrong_public(struct str pem)
{
	if (contains(pem, "PRIVATE KEY"))
		return "holds the private key; give a file with the public one: openssl pkey -in "
		       "PRIVATE -pubout -out PUBLIC";
	return "holds no public Ed25519 key as PEM; make it: openssl pkey -in PRIVATE -pubout -out "
	       "PUBLIC";
}

/* ---- reading ---- */

/* Instead of OpenSSL's own, which asks at the terminal. */
static int no_passphrase(char *out, int size, int writing, void *context)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

/* NULL where it is no Ed25519 key. Leaves no error in OpenSSL's queue. */
static EVP_PKEY *parse(struct str pem, bool private)
{
	ERR_set_mark();
	EVP_PKEY *pair = NULL;
	BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
	if (bio)
		pair = private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
			       : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	if (pair && !EVP_PKEY_is_a(pair, "ED25519")) {
		EVP_PKEY_free(pair);
		pair = NULL;
	}
	ERR_pop_to_mark();
	return pair;
}

static struct token_key *read_key(
    struct str pem, const char *name, bool private, char error[TOKEN_ERROR_SIZE])
{
	EVP_PKEY *pair = NULL;
	if (pem.len <= TOKEN_KEY_BYTES_MAX && (private || !contains(pem, "PRIVATE KEY")))
		pair = parse(pem, private);
	if (!pair) {
		explain(error, name, private ? wrong_private(pem) : wrong_public(pem));
		return NULL;
	}
	struct token_key *key = malloc(sizeof(*key));
	if (key) {
		*key = (struct token_key){pair, private};
	} else {
		EVP_PKEY_free(pair);
		explain(error, name, "out of memory");
	}
	return key;
}

struct token_key *token_key_read_public(
    struct str pem, const char *name, char error[TOKEN_ERROR_SIZE])
{
	return read_key(pem, name, false, error);
}

struct token_key *token_key_read_private(
    struct str pem, const char *name, char error[TOKEN_ERROR_SIZE])
{
	return read_key(pem, name, true, error);
}

static struct token_key *load(const char *path, bool private, char error[TOKEN_ERROR_SIZE])
{
	/* Of a fixed size, so that no copy of a secret is left behind where it grows. */
	char content[TOKEN_KEY_BYTES_MAX + 4096];
	struct text pem = TEXT_IN(content);
	struct token_key *key = NULL;
	int failed = auth_file_read(path, TOKEN_KEY_BYTES_MAX, private, &pem);
	if (failed)
		explain_file(error, path, failed);
	else
		key = read_key(text_str(&pem), path, private, error);
	explicit_bzero(content, sizeof(content));
	return key;
}

struct token_key *token_key_load_public(const char *path, char error[TOKEN_ERROR_SIZE])
{
	return load(path, false, error);
}

struct token_key *token_key_load_private(const char *path, char error[TOKEN_ERROR_SIZE])
{
	return load(path, true, error);
}

void token_key_free(struct token_key *key)
{
	if (key)
		EVP_PKEY_free(key->pair);
	free(key);
}

/* ---- signatures ---- */

bool token_key_sign(
    const struct token_key *key, struct str message, unsigned char signature[TOKEN_SIGNATURE_SIZE])
{
	size_t size = TOKEN_SIGNATURE_SIZE;
	if (!key->private)
		return false;
	ERR_set_mark();
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool done = context && EVP_DigestSignInit(context, NULL, NULL, NULL, key->pair) == 1 &&
		    EVP_DigestSign(context, signature, &size, (const unsigned char *)message.at,
			message.len) == 1 &&
		    size == TOKEN_SIGNATURE_SIZE;
	EVP_MD_CTX_free(context);
	ERR_pop_to_mark();
	return done;
}

bool token_key_verify(const struct token_key *key, struct str message,
    const unsigned char signature[TOKEN_SIGNATURE_SIZE])
{
	ERR_set_mark();
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->pair) == 1 &&
		    EVP_DigestVerify(context, signature, TOKEN_SIGNATURE_SIZE,
			(const unsigned char *)message.at, message.len) == 1;
	EVP_MD_CTX_free(context);
	ERR_pop_to_mark();
	return good;
}
