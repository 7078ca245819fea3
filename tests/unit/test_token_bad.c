/*
 * test_token_bad.c: what is no token: text that is not of its form, signatures of others, and what
 * no JSON of a token may be, even with a good signature.
 */
#include "auth/token.h"
#include "base/base64url.h"

#include "keys.h"
#include "unit.h"

#define NOW 1800000000

static struct token_key *signer, *verifier;

static int begin(void **state)
{
	(void)state;
	signer = key_private(KEY_PRIVATE);
	verifier = key_public(KEY_PUBLIC);
	return 0;
}

static int end(void **state)
{
	(void)state;
	token_key_free(signer);
	token_key_free(verifier);
	return 0;
}

/* Reads a copy without a byte to spare. */
static enum token_result read_bytes(struct str text)
{
	struct token out;
	char *copy = malloc(text.len ? text.len : 1);
	assert_non_null(copy);
	if (text.len > 0)
		memcpy(copy, text.at, text.len);
	memset(&out, 0xff, sizeof(out));
	enum token_result result = token_read(verifier, (struct str){copy, text.len}, NOW, &out);
	free(copy);
	if (result == TOKEN_MALFORMED || result == TOKEN_FORGED)
		assert_true(!out.id[0] && !out.sub[0] && !out.nick[0] && !out.cid[0] &&
			    !out.pid[0] && !out.ip[0] && !out.rooms[0] && !out.all_rooms &&
			    out.exp == 0 && out.until == 0);
	return result;
}

/* Signs `first` as it is, whatever it is, and puts the signature behind it. */
static void sign_part(struct token_key *key, struct str first, char *out)
{
	unsigned char signature[TOKEN_SIGNATURE_SIZE];
	assert_true(token_key_sign(key, first, signature));
	memcpy(out, first.at, first.len);
	out[first.len] = '.';
	base64url_encode((struct str){(char *)signature, sizeof(signature)}, out + first.len + 1);
}

static enum token_result read_json(struct token_key *key, struct str json)
{
	char first[4096], text[4096];
	assert_true(BASE64URL_LENGTH(json.len) < sizeof(first) - 100);
	base64url_encode(json, first);
	sign_part(key, str_of(first), text);
	return read_bytes(str_of(text));
}

#define GOOD                                                                                       \
	"{\"id\":\"t1\",\"sub\":\"@ann\",\"nick\":\"Ann\",\"role\":\"user\",\"exp\":1900000000}"

/* ---- text ---- */

static void make_good(char text[TOKEN_MAX + 1])
{
	char first[512];
	base64url_encode(str_of(GOOD), first);
	sign_part(signer, str_of(first), text);
	assert_int_equal(read_bytes(str_of(text)), TOKEN_OK);
}

TEST(text_that_is_not_of_the_form_is_malformed)
{
	static const char *const bad[] = {
	    "", ".", "..", "a", "a.b", "password", "abcd.", ".abcd", "e30.", "eyJ.eyJ.eyJ"};
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(read_bytes(str_of(bad[i])) == TOKEN_MALFORMED, "'%s'", bad[i]);
	assert_int_equal(read_bytes((struct str){NULL, 0}), TOKEN_MALFORMED);
}

TEST(a_token_that_is_cut_anywhere_is_malformed)
{
	char text[TOKEN_MAX + 1];
	make_good(text);
	for (size_t length = 0; length < strlen(text); length++)
		expect(read_bytes((struct str){text, length}) == TOKEN_MALFORMED, "%zu", length);
}

TEST(a_token_with_something_before_or_behind_it_is_malformed)
{
	static const char *const more[] = {" ", "\n", "=", "==", ".", "A", "%00", "\t"};
	char text[TOKEN_MAX + 1], longer[TOKEN_MAX + 16];
	make_good(text);
	for (size_t i = 0; i < COUNT(more); i++) {
		snprintf(longer, sizeof(longer), "%s%s", text, more[i]);
		expect(read_bytes(str_of(longer)) == TOKEN_MALFORMED, "behind: '%s'", more[i]);
		snprintf(longer, sizeof(longer), "%s%s", more[i], text);
		expect(read_bytes(str_of(longer)) != TOKEN_OK, "before: '%s'", more[i]);
	}
	assert_int_equal(read_bytes((struct str){text, strlen(text) + 1}), TOKEN_MALFORMED);
}

TEST(bits_that_nothing_needs_are_malformed)
{
	/* The signature's last character has two bits of it: 16 others would stand for the same. */
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char text[TOKEN_MAX + 1];
	make_good(text);
	char *last = text + strlen(text) - 1, was = *last;
	for (const char *c = alphabet; *c; c++) {
		*last = *c;
		bool canonical = (c - alphabet) % 16 == 0;
		expect(read_bytes(str_of(text)) == (*c == was	   ? TOKEN_OK
						       : canonical ? TOKEN_FORGED
								   : TOKEN_MALFORMED),
		    "%c", *c);
	}
}

TEST(a_first_part_that_is_signed_but_not_canonical_is_malformed)
{
	static const char *const endings[] = {"=", "==", " ", "\n", "+"};
	char first[512], text[1024];
	for (size_t i = 0; i < COUNT(endings); i++) {
		base64url_encode(str_of(GOOD), first);
		strcat(first, endings[i]);
		sign_part(signer, str_of(first), text);
		expect(read_bytes(str_of(text)) == TOKEN_MALFORMED, "'%s'", endings[i]);
	}
}

TEST(a_token_of_more_than_1024_bytes_is_malformed)
{
	char json[1024];
	/* An unknown member fills it up to the last byte that fits. */
	for (int fill = 600; fill < 700; fill++) {
		snprintf(json, sizeof(json),
		    "{\"id\":\"t1\",\"sub\":\"@d\",\"exp\":1900000000,\"x\":\"%0*d\"}", fill, 0);
		bool fits = strlen(json) <= TOKEN_JSON_MAX;
		expect(read_json(signer, str_of(json)) == (fits ? TOKEN_OK : TOKEN_MALFORMED),
		    "%zu", strlen(json));
	}
	char large[TOKEN_MAX * 3];
	memset(large, 'A', sizeof(large));
	large[10] = '.';
	assert_int_equal(read_bytes((struct str){large, sizeof(large)}), TOKEN_MALFORMED);
}

/* ---- signatures ---- */

TEST(a_token_of_another_server_is_forged)
{
	struct token_key *other = key_private(KEY_OTHER_PRIVATE);
	assert_int_equal(read_json(other, str_of(GOOD)), TOKEN_FORGED);
	assert_int_equal(read_json(signer, str_of(GOOD)), TOKEN_OK);
	token_key_free(other);
}

TEST(a_token_with_one_character_changed_is_none)
{
	char text[TOKEN_MAX + 1];
	make_good(text);
	for (char *c = text; *c; c++) {
		char was = *c;
		*c = was == 'A' ? 'B' : 'A';
		expect(read_bytes(str_of(text)) != TOKEN_OK, "character %zd", c - text);
		*c = was;
	}
	assert_int_equal(read_bytes(str_of(text)), TOKEN_OK);
}

TEST(a_signature_belongs_to_its_own_claims)
{
	char one[TOKEN_MAX + 1], first[512], mixed[2 * TOKEN_MAX];
	make_good(one);
	base64url_encode(
	    str_of("{\"id\":\"t1\",\"sub\":\"@root\",\"nick\":\"Root\",\"role\":\"mod\","
		   "\"exp\":1900000000}"),
	    first);
	snprintf(mixed, sizeof(mixed), "%s%s", first, strchr(one, '.'));
	assert_int_equal(read_bytes(str_of(mixed)), TOKEN_FORGED);
}

TEST(the_signature_comes_before_the_json)
{
	struct token_key *other = key_private(KEY_OTHER_PRIVATE);
	static const char *const any[] = {"", "x", "{", "{\"exp\":1}", "[[[[[[[[[[[[[[[[", "\xff"};
	for (size_t i = 0; i < COUNT(any); i++) {
		expect(read_json(other, str_of(any[i])) == TOKEN_FORGED, "%zu", i);
		expect(read_json(signer, str_of(any[i])) == TOKEN_MALFORMED, "%zu", i);
	}
	token_key_free(other);
}

/* ---- JSON with a good signature ---- */

TEST(json_that_is_none_is_malformed)
{
	static const char *const bad[] = {"null", "[]", "1", "\"@ann\"", GOOD GOOD, GOOD "x",
	    GOOD ",", "{'id':'t1','sub':'@d','exp':1900000000}",
	    "{\"id\":\"t1\",\"sub\":\"@d\",\"exp\":1900000000,}",
	    "{\"id\":\"t1\",\"sub\":\"@d\",\"exp\":1900000000}/**/",
	    "/**/{\"id\":\"t1\",\"sub\":\"@d\",\"exp\":1900000000}",
	    "{\"id\":\"t1\",\"sub\":\"@d\",\"exp\":1900000000,\"x\":NaN}",
	    "{\"id\":\"t1\",\"sub\":\"@\xff\",\"exp\":1900000000}",
	    "{\"id\":\"t1\",\"sub\":\"@d\",\"exp\":1900000000,\"x\":\"\xff\"}"};
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(read_json(signer, str_of(bad[i])) == TOKEN_MALFORMED, "%s", bad[i]);
}

TEST(a_nul_is_malformed_wherever_it_is)
{
	static const char *const bad[] = {
	    "{\"id\":\"t1\\u0000\",\"sub\":\"@d\",\"exp\":1900000000}",
	    "{\"id\":\"t1\",\"sub\":\"@d\\u0000x\",\"exp\":1900000000}",
	    "{\"id\":\"t1\",\"sub\":\"@d\",\"exp\":1900000000,\"x\":\"\\u0000\"}",
	    "{\"id\":\"t1\",\"sub\":\"@d\",\"exp\":1900000000,\"exp\\u0000\":1}"};
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(read_json(signer, str_of(bad[i])) == TOKEN_MALFORMED, "%s", bad[i]);
	assert_int_equal(read_json(signer, BYTES(GOOD "\0")), TOKEN_MALFORMED);
	assert_int_equal(read_json(signer, BYTES("\0" GOOD)), TOKEN_MALFORMED);
	assert_int_equal(
	    read_json(signer, BYTES("{\"id\":\"t1\",\"sub\":\"@d\0\",\"exp\":1900000000}")),
	    TOKEN_MALFORMED);
}

/* `members` behind those that a device's token must have. */
static enum token_result read_with(const char *members)
{
	char json[1024];
	snprintf(json, sizeof(json), "{\"id\":\"t1\",\"sub\":\"@d\",\"exp\":1900000000%s%s}",
	    members[0] ? "," : "", members);
	return read_json(signer, str_of(json));
}

TEST(a_member_that_stands_twice_is_malformed)
{
	static const char *const bad[] = {"\"sub\":\"@e\"", "\"sub\":\"@d\"", "\"exp\":1900000000",
	    "\"\\u0065xp\":1900000001", "\"x\":1,\"x\":1", "\"rooms\":[],\"rooms\":[\"lab\"]"};
	static const char *const good[] = {"\"x\":{\"sub\":1,\"exp\":2}", "\"x\":\",\\\":\\\\\"",
	    "\"x\":[1,\"a:b\",{}]", "\"x\":\"\\\\\",\"y:\":\"{[:\""};
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(read_with(bad[i]) == TOKEN_MALFORMED, "%s", bad[i]);
	for (size_t i = 0; i < COUNT(good); i++)
		expect(read_with(good[i]) == TOKEN_OK, "%s", good[i]);
}

TEST(a_member_of_another_type_or_not_valid_is_malformed)
{
	static const char *const bad[] = {"\"nick\":null", "\"nick\":1", "\"nick\":\" a\"",
	    "\"nick\":\"\\u200b\"", "\"nick\":\"a\\u202eb\"", "\"cid\":[]", "\"cid\":\"a b\"",
	    "\"cid\":\"a/b\"", "\"pid\":{}", "\"pid\":\"+\"", "\"pid\":true", "\"role\":\"admin\"",
	    "\"role\":\"Device\"", "\"role\":\"a role of more than 16 bytes\"", "\"role\":3",
	    "\"role\":\"guest\"", "\"ip\":\"x\"", "\"ip\":\"1.2.3\"", "\"ip\":\"fe80::1%eth0\"",
	    "\"ip\":\"10.0.0.0/8\"", "\"ip\":7"};
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(read_with(bad[i]) == TOKEN_MALFORMED, "%s", bad[i]);
}

TEST(rooms_that_are_no_list_of_names_are_malformed)
{
	static const char *const bad[] = {"\"rooms\":null", "\"rooms\":\"lab\"", "\"rooms\":{}",
	    "\"rooms\":[null]", "\"rooms\":[1]", "\"rooms\":[\"\"]", "\"rooms\":[\"Lab\"]",
	    "\"rooms\":[\"a b\"]", "\"rooms\":[[\"lab\"]]", "\"rooms\":[\"lab\",\"+\"]"};
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(read_with(bad[i]) == TOKEN_MALFORMED, "%s", bad[i]);
	char rooms[256] = "\"rooms\":[\"a\"";
	for (int i = 1; i < TOKEN_ROOMS_MAX; i++)
		strcat(rooms, ",\"a\"");
	char one_more[256];
	snprintf(one_more, sizeof(one_more), "%s,\"a\"]", rooms);
	strcat(rooms, "]");
	assert_int_equal(read_with(rooms), TOKEN_OK);
	assert_int_equal(read_with(one_more), TOKEN_MALFORMED);
}

TEST(a_time_is_an_integer_that_javascript_counts_exactly)
{
	static const char *const bad[] = {"0", "-1", "9007199254740992", "9223372036854775807",
	    "9223372036854775808", "18446744073709551616", "1e99", "1900000000.0", "1.9e9",
	    "\"1900000000\"", "null", "true", "[]",
	    "99999999999999999999999999999999999999999999999999"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		char until[128], exp[256];
		snprintf(until, sizeof(until), "\"until\":%s", bad[i]);
		snprintf(exp, sizeof(exp), "{\"id\":\"t1\",\"sub\":\"@d\",\"exp\":%s}", bad[i]);
		expect(read_with(until) == TOKEN_MALFORMED, "%s", until);
		expect(read_json(signer, str_of(exp)) == TOKEN_MALFORMED, "%s", exp);
	}
	assert_int_equal(read_with("\"until\":9007199254740991"), TOKEN_OK);
	assert_int_equal(read_with("\"until\":1"), TOKEN_EXPIRED);
}

TEST(what_a_token_must_have_is_not_left_out)
{
	static const char *const bad[] = {"{}", "{\"sub\":\"@d\",\"exp\":1900000000}",
	    "{\"id\":\"\",\"sub\":\"@d\",\"exp\":1900000000}", "{\"id\":\"t1\",\"exp\":1900000000}",
	    "{\"id\":\"t1\",\"sub\":\"\",\"exp\":1900000000}", "{\"id\":\"t1\",\"sub\":\"@d\"}",
	    "{\"id\":\"t1\",\"sub\":\"@d\",\"role\":\"user\",\"exp\":1900000000}",
	    "{\"id\":\"t1\",\"sub\":\"~d\",\"exp\":1900000000}",
	    "{\"id\":\"t1\",\"sub\":\"~d\",\"nick\":\"d\",\"role\":\"user\",\"exp\":1900000000}",
	    "{\"ID\":\"t1\",\"sub\":\"@d\",\"exp\":1900000000}"};
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(read_json(signer, str_of(bad[i])) == TOKEN_MALFORMED, "%s", bad[i]);
	assert_int_equal(read_with(""), TOKEN_OK);
	assert_int_equal(
	    read_with("\"nick\":\"\",\"cid\":\"\",\"pid\":\"\",\"ip\":\"\",\"role\":\"\""),
	    TOKEN_OK);
}

TEST(what_is_too_long_is_malformed)
{
	static const struct {
		const char *key;
		int max;
	} members[] = {
	    {"nick", MESSAGE_NICKNAME_MAX}, {"cid", TOKEN_CID_MAX}, {"pid", TOKEN_PID_MAX}};
	for (size_t i = 0; i < COUNT(members); i++) {
		char member[512];
		int max = members[i].max;
		snprintf(member, sizeof(member), "\"%s\":\"%0*d\"", members[i].key, max, 0);
		expect(read_with(member) == TOKEN_OK, "%s", member);
		snprintf(member, sizeof(member), "\"%s\":\"%0*d\"", members[i].key, max + 1, 0);
		expect(read_with(member) == TOKEN_MALFORMED, "%s", member);
		snprintf(member, sizeof(member), "\"%s\":\"%0*d\"", members[i].key, 400, 0);
		expect(read_with(member) == TOKEN_MALFORMED, "%s", member);
	}
}

TEST(unknown_members_are_ignored_as_far_as_they_are_not_deep)
{
	assert_int_equal(read_with("\"x\":null,\"y\":1e400,\"z\":[[[[1]]]]"), TOKEN_OK);
	assert_int_equal(read_with("\"x\":12345678901234567890123"), TOKEN_OK);
	assert_int_equal(read_with("\"x\":[[[[[[[[[1]]]]]]]]]"), TOKEN_MALFORMED);
	char deep[512] = "\"x\":";
	memset(deep + 4, '[', 400);
	assert_int_equal(read_with(deep), TOKEN_MALFORMED);
}

TEST(each_result_has_words)
{
	for (int i = 0; i < TOKEN__MAX; i++)
		assert_true(strlen(token_result_text((enum token_result)i)) > 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_that_is_not_of_the_form_is_malformed),
	    cmocka_unit_test(a_token_that_is_cut_anywhere_is_malformed),
	    cmocka_unit_test(a_token_with_something_before_or_behind_it_is_malformed),
	    cmocka_unit_test(bits_that_nothing_needs_are_malformed),
	    cmocka_unit_test(a_first_part_that_is_signed_but_not_canonical_is_malformed),
	    cmocka_unit_test(a_token_of_more_than_1024_bytes_is_malformed),
	    cmocka_unit_test(a_token_of_another_server_is_forged),
	    cmocka_unit_test(a_token_with_one_character_changed_is_none),
	    cmocka_unit_test(a_signature_belongs_to_its_own_claims),
	    cmocka_unit_test(the_signature_comes_before_the_json),
	    cmocka_unit_test(json_that_is_none_is_malformed),
	    cmocka_unit_test(a_nul_is_malformed_wherever_it_is),
	    cmocka_unit_test(a_member_that_stands_twice_is_malformed),
	    cmocka_unit_test(a_member_of_another_type_or_not_valid_is_malformed),
	    cmocka_unit_test(rooms_that_are_no_list_of_names_are_malformed),
	    cmocka_unit_test(a_time_is_an_integer_that_javascript_counts_exactly),
	    cmocka_unit_test(what_a_token_must_have_is_not_left_out),
	    cmocka_unit_test(what_is_too_long_is_malformed),
	    cmocka_unit_test(unknown_members_are_ignored_as_far_as_they_are_not_deep),
	    cmocka_unit_test(each_result_has_words),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
