/*
 * test_token.c: what is signed is what is read: all members, roles, rooms, times. What is no token
 * stands in test_token_bad.c.
 */
#include "auth/token.h"

#include "keys.h"
#include "unit.h"

#define NOW 1800000000
#define LATER 1900000000

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

static struct token a_user(void)
{
	return (struct token){.id = "t1",
	    .sub = "@ann",
	    .nick = "Ann",
	    .role = TOKEN_USER,
	    .all_rooms = true,
	    .exp = LATER};
}

static struct token a_guest(void)
{
	return (struct token){.id = "abcdefghijklmnopqrstuvwxyz_-0129",
	    .sub = "~k3ZqabcdefghijKL",
	    .nick = "Zoë 👋",
	    .cid = "page-0123456789",
	    .pid = "pid_0-9",
	    .ip = "2001:db8::1",
	    .role = TOKEN_GUEST,
	    .all_rooms = true,
	    .exp = LATER,
	    .until = LATER + 43200};
}

static struct token a_device(void)
{
	return (struct token){
	    .id = "d3v1ce", .sub = "@esp32", .role = TOKEN_DEVICE, .all_rooms = true, .exp = LATER};
}

static enum token_result read_at(const char *text, int64_t now, struct token *out)
{
	size_t n = strlen(text);
	char *copy = malloc(n ? n : 1);
	assert_non_null(copy);
	memcpy(copy, text, n);
	enum token_result result = token_read(verifier, (struct str){copy, n}, now, out);
	free(copy);
	return result;
}

static struct token again(const struct token *token)
{
	char text[TOKEN_MAX + 1];
	struct token out;
	assert_true(token_sign(signer, token, text));
	assert_int_equal(read_at(text, NOW, &out), TOKEN_OK);
	return out;
}

static void expect_same(const struct token *a, const struct token *b)
{
	assert_string_equal(a->id, b->id);
	assert_string_equal(a->sub, b->sub);
	assert_string_equal(a->nick, b->nick);
	assert_string_equal(a->cid, b->cid);
	assert_string_equal(a->pid, b->pid);
	assert_string_equal(a->ip, b->ip);
	assert_string_equal(a->rooms, b->rooms);
	assert_int_equal(a->role, b->role);
	assert_int_equal(a->all_rooms, b->all_rooms);
	assert_int_equal(a->exp, b->exp);
	assert_int_equal(a->until, b->until);
}

TEST(what_was_signed_is_read)
{
	struct token guest = a_guest();
	struct token out = again(&guest);
	expect_same(&out, &guest);
}

/* Made by another implementation, Python's cryptography, with RFC 8032's first key. */
TEST(a_token_that_somebody_else_made_is_read)
{
	static const char text[] =
	    "eyJpZCI6InQtMSIsInN1YiI6In5rM1pxIiwibmljayI6Ilpvw6sg8J-RiyIsImNpZCI6InBhZ2UtMSIsInBp"
	    "ZCI6InAxIiwicm9sZSI6Imd1ZXN0Iiwicm9vbXMiOlsibWVzc2FnZXMiLCJsYWIiXSwiaXAiOiIyMDAxOmRi"
	    "ODo6MSIsImV4cCI6MTkwMDAwMDAwMCwidW50aWwiOjE5MDAwNDMyMDB9.t_8ZlqihQfUS5Yk_Cx_YyJkB1KV"
	    "k-C7LoqJMoiECzk1eq12XlP7e1rJI_07T-8seKvYmxHKhoMEU8ZEX_2J_BQ";
	struct token out, expected = a_guest();
	strcpy(expected.id, "t-1");
	strcpy(expected.sub, "~k3Zq");
	strcpy(expected.cid, "page-1");
	strcpy(expected.pid, "p1");
	strcpy(expected.rooms, "messages lab ");
	expected.all_rooms = false;
	assert_int_equal(read_at(text, NOW, &out), TOKEN_OK);
	expect_same(&out, &expected);
	char made[TOKEN_MAX + 1];
	assert_true(token_sign(signer, &out, made));
	assert_string_equal(made, text);
}

TEST(what_is_absent_is_empty)
{
	struct token user = a_user(), out = again(&user);
	assert_string_equal(out.cid, "");
	assert_string_equal(out.pid, "");
	assert_string_equal(out.ip, "");
}

TEST(each_role_is_read_as_it_was_signed)
{
	static const char *const names[] = {"guest", "user", "mod", "device"};
	for (int role = 0; role < TOKEN__ROLES; role++) {
		struct token t = a_user();
		t.role = (enum token_role)role;
		t.sub[0] = role == TOKEN_GUEST ? '~' : '@';
		assert_int_equal(again(&t).role, role);
		assert_string_equal(token_role_name(t.role), names[role]);
	}
}

/* ---- times ---- */

TEST(a_token_is_good_until_it_expires)
{
	char text[TOKEN_MAX + 1];
	struct token user = a_user(), out;
	assert_true(token_sign(signer, &user, text));
	assert_int_equal(read_at(text, LATER - 1, &out), TOKEN_OK);
	assert_int_equal(read_at(text, LATER, &out), TOKEN_EXPIRED);
	assert_string_equal(out.sub, "@ann");
	assert_int_equal(read_at(text, INT64_MAX, &out), TOKEN_EXPIRED);
}

TEST(a_connection_may_last_longer_than_the_token_is_good_for)
{
	char text[TOKEN_MAX + 1];
	struct token guest = a_guest(), out;
	assert_true(token_sign(signer, &guest, text));
	assert_int_equal(read_at(text, LATER - 1, &out), TOKEN_OK);
	assert_int_equal(out.until, LATER + 43200);
	assert_int_equal(read_at(text, LATER, &out), TOKEN_EXPIRED);
}

TEST(a_token_whose_connection_would_have_ended_is_expired)
{
	char text[TOKEN_MAX + 1];
	struct token user = a_user(), out;
	user.until = NOW;
	assert_true(token_sign(signer, &user, text));
	assert_int_equal(read_at(text, NOW - 1, &out), TOKEN_OK);
	assert_int_equal(out.until, NOW);
	assert_int_equal(read_at(text, NOW, &out), TOKEN_EXPIRED);
}

TEST(a_connection_without_an_end_ends_with_the_token)
{
	struct token user = a_user(), device = a_device();
	assert_int_equal(again(&user).until, LATER);
	assert_int_equal(again(&device).until, LATER);
}

/* ---- rooms ---- */

TEST(a_token_without_rooms_lets_into_all)
{
	struct token user = a_user(), out = again(&user);
	assert_true(out.all_rooms);
	assert_true(token_has_room(&out, str_of("messages")));
}

TEST(a_token_with_rooms_lets_into_those_alone)
{
	struct token user = a_user();
	user.all_rooms = false;
	assert_true(token_add_room(&user, str_of("lab")));
	assert_true(token_add_room(&user, str_of("lab-2")));
	struct token out = again(&user);
	assert_false(out.all_rooms);
	assert_true(token_has_room(&out, str_of("lab")));
	assert_true(token_has_room(&out, str_of("lab-2")));
	static const char *const others[] = {
	    "la", "ab", "lab-", "b", "", " ", "lab ", "lab lab-2", "messages", "-2"};
	for (size_t i = 0; i < COUNT(others); i++)
		expect(!token_has_room(&out, str_of(others[i])), "'%s'", others[i]);
}

TEST(a_token_with_an_empty_list_and_one_of_zeros_let_into_none)
{
	struct token user = a_user(), nobody = {0};
	user.all_rooms = false;
	struct token out = again(&user);
	assert_false(out.all_rooms);
	assert_false(token_has_room(&out, str_of("messages")));
	assert_false(token_has_room(&nobody, str_of("messages")));
}

TEST(only_names_of_rooms_are_added_and_32_of_them)
{
	static const char *const bad[] = {"", "Lab", "a b", "-a", "chat/a", "+", "#"};
	struct token user = a_user();
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(!token_add_room(&user, str_of(bad[i])), "'%s'", bad[i]);
	for (int i = 0; i < TOKEN_ROOMS_MAX; i++)
		assert_true(token_add_room(&user, str_of("r")));
	assert_false(token_add_room(&user, str_of("r")));
	user.all_rooms = false;
	struct token out = again(&user);
	assert_string_equal(out.rooms, user.rooms);
}

TEST(rooms_end_where_a_token_has_no_space_for_more)
{
	char name[MESSAGE_ROOM_MAX + 1], text[TOKEN_MAX + 1];
	struct token user = a_user();
	int added = 0;
	memset(name, 'r', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	while (token_add_room(&user, str_of(name)))
		added++;
	assert_int_equal(added, TOKEN_JSON_MAX / (MESSAGE_ROOM_MAX + 1));
	assert_true(token_add_room(&user, str_of("r")));
	user.all_rooms = false;
	assert_false(token_sign(signer, &user, text));
	assert_string_equal(text, "");
}

/* ---- sizes ---- */

TEST(a_devices_token_is_small)
{
	char text[TOKEN_MAX + 1];
	struct token device = a_device();
	device.all_rooms = false;
	assert_true(token_add_room(&device, str_of("lab")));
	assert_true(token_sign(signer, &device, text));
	expect(strlen(text) <= TOKEN_SMALL, "%zu: %s", strlen(text), text);
	struct token out = again(&device);
	assert_string_equal(out.nick, "esp32");
	assert_int_equal(out.role, TOKEN_DEVICE);
}

TEST(a_device_may_go_by_another_name)
{
	struct token device = a_device();
	strcpy(device.nick, "Küche");
	assert_string_equal(again(&device).nick, "Küche");
}

TEST(the_largest_token_has_1024_bytes_at_most)
{
	char text[TOKEN_MAX + 1];
	struct token guest = a_guest();
	guest.all_rooms = false;
	size_t length = 0;
	while (token_add_room(&guest, str_of("r")) && token_sign(signer, &guest, text))
		length = strlen(text);
	expect(length > 400 && length <= TOKEN_MAX, "%zu", length);
	for (int i = 0; i < MESSAGE_NICKNAME_MAX; i++)
		memcpy(guest.nick + 4 * i, "👋", 5);
	memset(guest.sub + 1, 's', TOKEN_SUB_MAX - 1);
	guest.rooms[0] = '\0';
	assert_string_equal(again(&guest).nick, guest.nick);
	assert_string_equal(again(&guest).sub, guest.sub);
}

/* ---- what is not signed ---- */

static void expect_unsigned(const struct token *token, const char *what)
{
	char text[TOKEN_MAX + 1] = "x";
	expect(!token_sign(signer, token, text) && !text[0], "%s", what);
}

#define EXPECT_UNSIGNED(change)                                                                    \
	do {                                                                                       \
		struct token t = a_guest();                                                        \
		change;                                                                            \
		expect_unsigned(&t, #change);                                                      \
	} while (0)

TEST(what_is_not_valid_is_not_signed)
{
	EXPECT_UNSIGNED(t.id[0] = '\0');
	EXPECT_UNSIGNED(t.id[1] = '.');
	EXPECT_UNSIGNED(t.sub[0] = '\0');
	EXPECT_UNSIGNED(t.sub[1] = '\0');
	EXPECT_UNSIGNED(t.sub[0] = '@');
	EXPECT_UNSIGNED(t.sub[0] = 'k');
	EXPECT_UNSIGNED(t.sub[1] = '+');
	EXPECT_UNSIGNED(t.nick[0] = '\0');
	EXPECT_UNSIGNED(t.nick[0] = ' ');
	EXPECT_UNSIGNED(t.cid[4] = '/');
	EXPECT_UNSIGNED(t.pid[0] = '+');
	EXPECT_UNSIGNED(t.ip[0] = 'x');
	EXPECT_UNSIGNED(t.exp = 0);
	EXPECT_UNSIGNED(t.exp = -1);
	EXPECT_UNSIGNED(t.until = -1);
	EXPECT_UNSIGNED(t.until = 9007199254740992);
	EXPECT_UNSIGNED(t.role = TOKEN_USER);
	EXPECT_UNSIGNED((t.role = TOKEN__ROLES, t.sub[0] = '@'));
	EXPECT_UNSIGNED(t = (struct token){0});
}

TEST(a_public_key_makes_no_token)
{
	char text[TOKEN_MAX + 1] = "x";
	struct token user = a_user();
	assert_false(token_sign(verifier, &user, text));
	assert_string_equal(text, "");
}

/* ---- names of users ---- */

TEST(names_of_users_are_visible_and_harmless_in_a_topic)
{
	static const char *const good[] = {"@a", "~k3", "@ann@example.org", "@Zoë", "@用户", "@į",
	    "@a.b-c_d", "@DOMAIN'x", "@~", "@@"};
	static const char *const bad[] = {"", "@", "~", "ann", "@a b", "@a/b", "@a+b", "@a#b",
	    "@a\"b", "@a\\b", "@a\n", "@a\x7f", "@a\xc2\xa0",
	    "@a\xe2\x80\xae"
	    "b",
	    "@a\xe2\x80\x8b", "@a\xff", "@\xc0\xaf", "@\xed\xa0\x80"};
	for (size_t i = 0; i < COUNT(good); i++)
		expect(token_sub_valid(str_of(good[i])), "'%s'", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(!token_sub_valid(str_of(bad[i])), "'%s'", bad[i]);
	assert_false(token_sub_valid(BYTES("@a\0b")));
	char longest[TOKEN_SUB_MAX + 2] = "@";
	memset(longest + 1, 'a', TOKEN_SUB_MAX);
	assert_true(token_sub_valid((struct str){longest, TOKEN_SUB_MAX}));
	assert_false(token_sub_valid((struct str){longest, TOKEN_SUB_MAX + 1}));
}

TEST(an_id_is_of_the_letters_of_base64url)
{
	assert_true(token_id_valid(str_of("azAZ09_-"), 8));
	assert_false(token_id_valid(str_of("azAZ09_-"), 7));
	assert_false(token_id_valid(str_of(""), 7));
	assert_false(token_id_valid(BYTES("a\0"), 7));
	static const char bad[] = "+/=. @~é";
	for (const char *c = bad; *c; c++)
		expect(!token_id_valid((struct str){c, 1}, 7), "%c", *c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_signed_is_read),
	    cmocka_unit_test(a_token_that_somebody_else_made_is_read),
	    cmocka_unit_test(what_is_absent_is_empty),
	    cmocka_unit_test(each_role_is_read_as_it_was_signed),
	    cmocka_unit_test(a_token_is_good_until_it_expires),
	    cmocka_unit_test(a_connection_may_last_longer_than_the_token_is_good_for),
	    cmocka_unit_test(a_token_whose_connection_would_have_ended_is_expired),
	    cmocka_unit_test(a_connection_without_an_end_ends_with_the_token),
	    cmocka_unit_test(a_token_without_rooms_lets_into_all),
	    cmocka_unit_test(a_token_with_rooms_lets_into_those_alone),
	    cmocka_unit_test(a_token_with_an_empty_list_and_one_of_zeros_let_into_none),
	    cmocka_unit_test(only_names_of_rooms_are_added_and_32_of_them),
	    cmocka_unit_test(rooms_end_where_a_token_has_no_space_for_more),
	    cmocka_unit_test(a_devices_token_is_small),
	    cmocka_unit_test(a_device_may_go_by_another_name),
	    cmocka_unit_test(the_largest_token_has_1024_bytes_at_most),
	    cmocka_unit_test(what_is_not_valid_is_not_signed),
	    cmocka_unit_test(a_public_key_makes_no_token),
	    cmocka_unit_test(names_of_users_are_visible_and_harmless_in_a_topic),
	    cmocka_unit_test(an_id_is_of_the_letters_of_base64url),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
