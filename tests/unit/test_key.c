/*
 * test_key.c: the keys' files, and the signatures: RFC 8032, section 7.1.
 */
#include "auth/key.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "keys.h"
#include "unit.h"

static char error[TOKEN_ERROR_SIZE];

/* ---- signatures ---- */

struct vector {
	const char *seed, *public, *message, *signature; /* hexadecimal */
};

static const struct vector vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
	"5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
	"ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	"dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
	"09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
};

static size_t from_hex(const char *hex, unsigned char *out)
{
	size_t length = strlen(hex) / 2;
	for (size_t i = 0; i < length; i++)
		sscanf(hex + 2 * i, "%2hhx", &out[i]);
	return length;
}

/* PEM of the DER that RFC 8410 puts before the 32 bytes of a key. */
static const char *to_pem(const char *kind, const char *before, const char *key)
{
	static char pem[256];
	unsigned char der[64], text[128];
	size_t n = from_hex(before, der);
	n += from_hex(key, der + n);
	EVP_EncodeBlock(text, der, (int)n);
	snprintf(pem, sizeof(pem), "-----BEGIN %s-----\n%s\n-----END %s-----\n", kind, text, kind);
	return pem;
}

static struct token_key *private_of(const struct vector *v)
{
	return key_private(to_pem("PRIVATE KEY", "302e020100300506032b657004220420", v->seed));
}

static struct token_key *public_of(const struct vector *v)
{
	return key_public(to_pem("PUBLIC KEY", "302a300506032b6570032100", v->public));
}

TEST(signatures_are_those_of_rfc_8032)
{
	for (size_t i = 0; i < COUNT(vectors); i++) {
		unsigned char message[64], expected[64], signature[TOKEN_SIGNATURE_SIZE];
		struct str s = {(char *)message, from_hex(vectors[i].message, message)};
		struct token_key *key = private_of(&vectors[i]);
		assert_int_equal(from_hex(vectors[i].signature, expected), sizeof(signature));
		assert_true(token_key_sign(key, s, signature));
		assert_memory_equal(signature, expected, sizeof(signature));
		token_key_free(key);
	}
}

TEST(signatures_of_rfc_8032_are_verified_and_none_with_another_bit)
{
	for (size_t i = 0; i < COUNT(vectors); i++) {
		unsigned char message[64], signature[TOKEN_SIGNATURE_SIZE];
		struct str s = {(char *)message, from_hex(vectors[i].message, message)};
		struct token_key *key = public_of(&vectors[i]);
		from_hex(vectors[i].signature, signature);
		assert_true(token_key_verify(key, s, signature));
		for (unsigned bit = 0; bit < 8 * sizeof(signature); bit++) {
			signature[bit / 8] ^= (unsigned char)(1u << bit % 8);
			expect(!token_key_verify(key, s, signature), "bit %u", bit);
			signature[bit / 8] ^= (unsigned char)(1u << bit % 8);
		}
		for (unsigned bit = 0; bit < 8 * s.len; bit++) {
			message[bit / 8] ^= (unsigned char)(1u << bit % 8);
			expect(!token_key_verify(key, s, signature), "bit %u", bit);
			message[bit / 8] ^= (unsigned char)(1u << bit % 8);
		}
		token_key_free(key);
	}
}

/* RFC 8032, section 5.1.7: S is below L. With S + L the equation holds as well. */
TEST(another_form_of_a_signature_is_none)
{
	unsigned char signature[TOKEN_SIGNATURE_SIZE];
	struct token_key *key = public_of(&vectors[0]);
	from_hex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
		 "4c8c7872aa064e049dbb3013fbf29380d25bf5f0595bbe24655141438e7a101b",
	    signature);
	assert_false(token_key_verify(key, str_of(""), signature));
	token_key_free(key);
}

TEST(a_signature_of_another_key_is_refused)
{
	unsigned char signature[TOKEN_SIGNATURE_SIZE];
	struct token_key *signer = private_of(&vectors[1]), *key = public_of(&vectors[0]);
	assert_true(token_key_sign(signer, str_of("x"), signature));
	assert_true(token_key_verify(signer, str_of("x"), signature));
	assert_false(token_key_verify(key, str_of("x"), signature));
	token_key_free(signer);
	token_key_free(key);
}

TEST(a_public_key_signs_nothing)
{
	unsigned char signature[TOKEN_SIGNATURE_SIZE];
	struct token_key *key = public_of(&vectors[0]);
	assert_false(token_key_sign(key, str_of("x"), signature));
	token_key_free(key);
}

TEST(nothing_stays_in_the_queue_of_errors_that_the_host_looks_into)
{
	static const unsigned char nothing[TOKEN_SIGNATURE_SIZE];
	struct token_key *key = public_of(&vectors[0]);
	ERR_clear_error();
	assert_false(token_key_verify(key, str_of("x"), nothing));
	assert_null(token_key_read_public(str_of("-----BEGIN PUBLIC KEY-----\nAA"), "f", error));
	assert_null(token_key_read_private(str_of("nothing"), "f", error));
	assert_int_equal(ERR_peek_error(), 0);
	token_key_free(key);
}

/* ---- files ---- */

static void write_key(const char *name, const char *content, mode_t mode)
{
	unlink(unit_path(name));
	unit_write(unit_path(name), str_of(content));
	assert_int_equal(chmod(unit_path(name), mode), 0);
}

/* Whether `error` begins with the file's name and says this. */
static void expect_error(const char *name, const char *what)
{
	const char *path = unit_path(name);
	expect(strncmp(error, path, strlen(path)) == 0 && strstr(error, what), "'%s' lacks '%s'",
	    error, what);
}

static void expect_no_private(const char *name, const char *what)
{
	expect(!token_key_load_private(unit_path(name), error), "%s", what);
	expect_error(name, what);
}

static void expect_no_public(const char *name, const char *what)
{
	expect(!token_key_load_public(unit_path(name), error), "%s", what);
	expect_error(name, what);
}

TEST(a_pair_of_files_signs_and_verifies)
{
	unsigned char signature[TOKEN_SIGNATURE_SIZE];
	write_key("private", KEY_PRIVATE, 0400);
	write_key("public", KEY_PUBLIC, 0444);
	struct token_key *private = token_key_load_private(unit_path("private"), error);
	struct token_key *public = token_key_load_public(unit_path("public"), error);
	assert_non_null(private);
	assert_non_null(public);
	assert_true(token_key_sign(private, str_of("x"), signature));
	assert_true(token_key_verify(public, str_of("x"), signature));
	token_key_free(private);
	token_key_free(public);
	token_key_free(NULL);
}

TEST(a_private_key_that_others_may_read_or_write_is_refused)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0644, 0666, 0440, 0404, 0777};
	for (size_t i = 0; i < COUNT(modes); i++) {
		write_key("private", KEY_PRIVATE, modes[i]);
		expect_no_private("private", "group or others may read or write the private key");
		expect(strstr(error, "do: chmod 0400 FILE"), "%s", error);
	}
	static const mode_t good[] = {0400, 0600, 0700, 0711};
	for (size_t i = 0; i < COUNT(good); i++) {
		write_key("private", KEY_PRIVATE, good[i]);
		struct token_key *key = token_key_load_private(unit_path("private"), error);
		expect(key != NULL, "%o: %s", (unsigned)good[i], error);
		token_key_free(key);
	}
}

TEST(a_key_with_a_passphrase_is_refused_and_asks_for_nothing)
{
	write_key("private",
	    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
	    "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiVgaw2BWnK3QICCAAw\n"
	    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEBeMfSl8xQeHY+kXSwmvDAgEQGf5\n"
	    "iaJkZtZklbDtKuVFNHF+TdWQh+BiqsT3/SN/pAHfY955o+DxpHJVsX+7XKQ04Q/Q\n"
	    "2deOw5Zf95+vfqqNvmE=\n"
	    "-----END ENCRYPTED PRIVATE KEY-----\n",
	    0400);
	expect_no_private("private", "the private key has a passphrase; take it away");
}

TEST(keys_of_another_kind_are_refused)
{
	static const char x25519[] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MC4CAQAwBQYDK2VuBCIEIAi3JpM6fSLuEh0IE8wacXBGLq0f8SnhMW6DORYtqAxo\n"
	    "-----END PRIVATE KEY-----\n";
	static const char ed448[] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MEcCAQAwBQYDK2VxBDsEOVO1BZfraMbUVo/MZMO4fMAU7G3RP9YnrFmtTthtL2Uu\n"
	    "SBMh5/REIQ4K/N/Tc9VqNzVX3tk+Yrogsw==\n"
	    "-----END PRIVATE KEY-----\n";
	static const char *const bad[] = {
	    "", "x", x25519, ed448, "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		write_key("private", bad[i], 0400);
		expect_no_private("private", "holds no private Ed25519 key as PEM; make one");
	}
	write_key("public",
	    "-----BEGIN PUBLIC KEY-----\n"
	    "MCowBQYDK2VuAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
	    "-----END PUBLIC KEY-----\n",
	    0444);
	expect_no_public("public", "holds no public Ed25519 key as PEM; make it");
	write_key("public", "", 0644);
	expect_no_public("public", "holds no public Ed25519 key as PEM; make it");
}

TEST(one_key_of_the_pair_is_not_taken_for_the_other)
{
	write_key("private", KEY_PRIVATE, 0400);
	write_key("public", KEY_PUBLIC, 0400);
	expect_no_private("public", "holds the public key; give the file with the private one");
	expect_no_public("private", "holds the private key; give a file with the public one");
	write_key("both", KEY_PUBLIC KEY_PRIVATE, 0400);
	expect_no_public("both", "holds the private key");
}

TEST(what_is_no_readable_file_is_told)
{
	assert_int_equal(mkfifo(unit_path("fifo"), 0600), 0);
	expect_no_public("fifo", "not a file; give the PEM file of an Ed25519 key");
	assert_int_equal(mkdir(unit_path("folder"), 0700), 0);
	expect_no_private("folder", "not a file; give the PEM file of an Ed25519 key");
	expect_no_private("none", "No such file or directory; check that the key is there");
	unit_be_no_root();
	write_key("closed", KEY_PUBLIC, 0);
	expect_no_public("closed", "Permission denied; check that the key is there and whose");
}

TEST(a_file_that_is_larger_than_a_key_is_not_read)
{
	char *large = calloc(1, TOKEN_KEY_BYTES_MAX + 2);
	assert_non_null(large);
	memset(large, '\n', TOKEN_KEY_BYTES_MAX + 1);
	memcpy(large, KEY_PUBLIC, strlen(KEY_PUBLIC));
	write_key("large", large, 0400);
	expect_no_public("large", "larger than a key");
	expect_no_private("large", "larger than a key");
	large[TOKEN_KEY_BYTES_MAX] = '\0';
	write_key("largest", large, 0600);
	struct token_key *key = token_key_load_public(unit_path("largest"), error);
	expect(key != NULL, "%s", error);
	token_key_free(key);
	free(large);
}

TEST(a_long_path_leaves_room_for_what_is_wrong)
{
	char path[2 * TOKEN_ERROR_SIZE];
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_null(token_key_load_private(path, error));
	expect(strstr(error, "xxx: File name too long; check"), "%s", error);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(signatures_are_those_of_rfc_8032),
	    cmocka_unit_test(signatures_of_rfc_8032_are_verified_and_none_with_another_bit),
	    cmocka_unit_test(another_form_of_a_signature_is_none),
	    cmocka_unit_test(a_signature_of_another_key_is_refused),
	    cmocka_unit_test(a_public_key_signs_nothing),
	    cmocka_unit_test(nothing_stays_in_the_queue_of_errors_that_the_host_looks_into),
	    IN_DIR(a_pair_of_files_signs_and_verifies),
	    IN_DIR(a_private_key_that_others_may_read_or_write_is_refused),
	    IN_DIR(a_key_with_a_passphrase_is_refused_and_asks_for_nothing),
	    IN_DIR(keys_of_another_kind_are_refused),
	    IN_DIR(one_key_of_the_pair_is_not_taken_for_the_other),
	    IN_DIR(what_is_no_readable_file_is_told),
	    IN_DIR(a_file_that_is_larger_than_a_key_is_not_read),
	    cmocka_unit_test(a_long_path_leaves_room_for_what_is_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
