/* test_mint.c: who gets a token, what it says, and what everybody else is told. */
#include "minting.h"

static bool is_random(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);
	return strncmp(text, prefix, len) == 0 && strlen(text) == len + 16 &&
	       token_id_valid(str_of(text + len), 16);
}

/* The answer's members say the same as the token. */
static void expect_answer(const struct token *token, const char *mode)
{
	const struct {
		const char *name, *value;
	} members[] = {{"mode", mode}, {"user", token->sub}, {"nickname", token->nick},
	    {"role", token_role_name(token->role)}, {"clientId", token->cid},
	    {"presenceId", token->pid}};
	for (size_t i = 0; i < COUNT(members); i++) {
		char value[300];
		member(members[i].name, value, sizeof(value));
		assert_string_equal(value, members[i].value);
	}
}

static void expect_times(const struct token *token, int64_t before, int64_t connection)
{
	int64_t now = clock_ms(CLOCK_REALTIME) / 1000;
	assert_in_range(token->exp, before + MINT_CONNECT_S, now + MINT_CONNECT_S);
	assert_in_range(token->until, before + connection, now + connection);
}

TEST(a_guest_gets_a_token_with_a_name_of_his_own)
{
	begin(IDENTITY_GUEST);
	int64_t before = clock_ms(CLOCK_REALTIME) / 1000;
	struct token token = get_token(request_of("{\"nickname\":\" Zoë \"}"));
	expect_answer(&token, "guest");
	expect_times(&token, before, MINT_GUEST_S);
	assert_string_equal(token.nick, "Zoë");
	assert_int_equal(token.role, TOKEN_GUEST);
	assert_string_equal(token.ip, "192.0.2.1");
	assert_true(token.all_rooms);
	expect(is_random(token.sub, "~"), "%s", token.sub);
	expect(is_random(token.cid, "page-"), "%s", token.cid);
	expect(is_random(token.pid, ""), "%s", token.pid);
	expect(is_random(token.id, ""), "%s", token.id);
}

TEST(no_two_tokens_share_an_id)
{
	begin(IDENTITY_GUEST);
	struct token a = get_token(request_of("{\"nickname\":\"Ann\"}"));
	struct token b = get_token(request_of("{\"nickname\":\"Ann\"}"));
	assert_string_not_equal(a.id, b.id);
	assert_string_not_equal(a.sub, b.sub);
	assert_string_not_equal(a.cid, b.cid);
	assert_string_not_equal(a.pid, b.pid);
	assert_string_not_equal(a.pid, a.id);
}

TEST(what_the_web_server_says_of_a_user_does_not_make_a_guest_one)
{
	begin(IDENTITY_GUEST);
	struct mint_request request = request_of("{\"nickname\":\"Ann\"}");
	request.user = str_of("ann");
	struct token token = get_token(request);
	assert_int_equal(token.role, TOKEN_GUEST);
	expect(token.sub[0] == '~', "%s", token.sub);
}

TEST(the_longest_nickname_fits_a_token)
{
	char content[4 * 64 + 20] = "{\"nickname\":\"";
	begin(IDENTITY_GUEST);
	for (int i = 0; i < 64; i++)
		strcat(content, "🦆"); /* NOLINT(clang-analyzer-security.*) */
	strcat(content, "\"}");		 /* NOLINT(clang-analyzer-security.*) */
	struct mint_request request = request_of(content);
	request.address = str_of("2001:db8:1111:2222:3333:4444:5555:6666");
	struct token token = get_token(request);
	assert_int_equal(strlen(token.nick), 256);
	assert_string_equal(token.ip, "2001:db8:1111:2222:3333:4444:5555:6666");
}

TEST(a_guest_without_an_address_gets_one_all_the_same)
{
	begin(IDENTITY_GUEST);
	struct mint_request request = request_of("{\"nickname\":\"Ann\"}");
	request.address = str_of("unix:");
	assert_string_equal(get_token(request).ip, "");
	request.address = (struct str){NULL, 0};
	assert_string_equal(get_token(request).ip, "");
}

TEST(bodies_that_name_nobody_are_refused)
{
	static const struct {
		const char *content, *code;
	} cases[] = {
	    {"", "bad_json"},
	    {"{", "bad_json"},
	    {"[]", "bad_json"},
	    {"null", "bad_json"},
	    {"\"Ann\"", "bad_json"},
	    {"{'nickname':'Ann'}", "bad_json"},
	    {"{\"nickname\":\"Ann\"}{}", "bad_json"},
	    {"{\"nickname\":\"A\\u0000\"}", "bad_json"},
	    {"{\"nickname\":\"\xff\"}", "bad_json"},
	    {"{}", "bad_nickname"},
	    {"{\"nickname\":null}", "bad_nickname"},
	    {"{\"nickname\":5}", "bad_nickname"},
	    {"{\"nickname\":\"\"}", "bad_nickname"},
	    {"{\"nickname\":\" \\t\"}", "bad_nickname"},
	    {"{\"nickname\":\"\\u200b\\u2800\"}", "bad_nickname"},
	    {"{\"nickname\":\"\\u202eAnn\"}", "bad_nickname"},
	    {"{\"Nickname\":\"Ann\"}", "bad_nickname"},
	    {"{\"nickname\":\"0123456789012345678901234567890123456789012345678901234567890123x\"}",
		"bad_nickname"},
	};
	begin(IDENTITY_GUEST);
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_refused(request_of(cases[i].content), 400, cases[i].code);
	get_token(request_of("\n{\"nickname\":\"x\",\"nickname\":\"Ann\",\"more\":[1]} "));
	assert_non_null(strstr(body, "\"nickname\":\"Ann\""));
}

/* ---- the site's users ---- */

static struct mint_request request_by(const char *user)
{
	struct mint_request request = request_of("{\"nickname\":\"Somebody else\"}");
	request.user = str_of(user);
	return request;
}

TEST(a_user_of_the_site_gets_a_token_under_his_name_there)
{
	begin(IDENTITY_SITE);
	int64_t before = clock_ms(CLOCK_REALTIME) / 1000;
	struct token token = get_token(request_by("ann@example.org"));
	expect_answer(&token, "site");
	expect_times(&token, before, MINT_SITE_S);
	assert_string_equal(token.sub, "@ann@example.org");
	assert_string_equal(token.nick, "ann@example.org");
	assert_int_equal(token.role, TOKEN_USER);
	assert_string_equal(get_token(request_by("Jürgen")).nick, "Jürgen");
}

TEST(whom_the_web_server_does_not_name_is_not_signed_in)
{
	begin(IDENTITY_SITE);
	expect_refused(request_by(""), 401, "not_signed_in");
	expect_refused(request_by(NULL), 401, "not_signed_in");
}

TEST(names_of_the_site_that_cannot_be_used_are_refused_with_a_warning)
{
	static const char *const names[] = {
	    "ann smith",
	    "ann/smith",
	    "ann+smith",
	    "ann#smith",
	    "ann\"smith",
	    "ann\\smith",
	    "ann\nsmith",
	    "ann\u202esmith",
	    "ann\xc2\x85smith",
	    "ann\xff",
	    "\u200b",
	    " ann",
	    "0123456789012345678901234567890123456789012345678901234567890123",
	};
	begin(IDENTITY_SITE);
	for (size_t i = 0; i < COUNT(names); i++) {
		char log[1000];
		struct capture capture = capture_begin(STDERR_FILENO);
		int status = ask(request_by(names[i]));
		capture_end(&capture, log, sizeof(log));
		expect(status == 403 && strstr(body, "\"bad_user\""), "%s: %s", names[i], body);
		expect(strstr(log, "gets no token") != NULL, "%s: '%s'", names[i], log);
		expect(strchr(log, '\n') == strrchr(log, '\n'), "%s: two lines", names[i]);
	}
	get_token(request_by("012345678901234567890123456789012345678901234567890123456789012"));
}

/* ---- bans ---- */

TEST(who_is_banned_is_told_until_when_and_why)
{
	write_bans("ban\t@ann\t32503680000\tspam \"again\"\nban\t192.0.2.7\t0\t\n");
	begin(IDENTITY_SITE);
	assert_int_equal(ask(request_by("ann")), 403);
	assert_string_equal(body,
	    "{\"error\":{\"code\":\"banned\",\"message\":\"you are banned from this chat\","
	    "\"until\":\"3000-01-01T00:00:00.000Z\",\"reason\":\"spam \\\"again\\\"\"}}");
	struct mint_request request = request_by("bob");
	request.address = str_of("192.0.2.7");
	assert_int_equal(ask(request), 403);
	assert_non_null(strstr(body, "\"until\":null,\"reason\":\"\""));
	get_token(request_by("bob"));
	request = request_by("ann");
	request.address = str_of("192.0.2.7");
	assert_int_equal(ask(request), 403);
	expect(strstr(body, "\"until\":null") != NULL, "the longer one is told: %s", body);
}

TEST(a_ban_of_one_address_of_ipv6_holds_for_its_neighbours)
{
	write_bans("ban\t2001:db8:1:2::5\t0\t\n");
	begin(IDENTITY_GUEST);
	struct mint_request request = request_of("{\"nickname\":\"Ann\"}");
	request.address = str_of("2001:db8:1:2::6");
	expect_refused(request, 403, "banned");
	request.address = str_of("2001:db8:1:3::5");
	get_token(request);
}

TEST(bans_that_are_over_and_mutes_do_not_hold)
{
	write_bans("ban\t@ann\t1000\told\nmute\t@ann\t0\tquiet\nrevoke\tann\t0\t\n");
	begin(IDENTITY_SITE);
	get_token(request_by("ann"));
}

TEST(a_list_that_changes_counts_at_once_and_a_broken_one_does_not)
{
	char log[1000];
	begin(IDENTITY_SITE);
	get_token(request_by("ann"));
	write_bans("ban\t@ann\t0\tspam\n");
	expect_refused(request_by("ann"), 403, "banned");
	write_bans("ban\t@ann\tsoon\t\n");
	struct capture capture = capture_begin(STDERR_FILENO);
	for (int i = 0; i < 3; i++)
		expect_refused(request_by("ann"), 403, "banned");
	capture_end(&capture, log, sizeof(log));
	expect(strstr(log, "bans") && strstr(log, "the list before stays in force"), "%s", log);
	expect(strchr(log, '\n') == strrchr(log, '\n'), "once for each change: %s", log);
	assert_int_equal(unlink(unit_path("bans")), 0);
	get_token(request_by("ann"));
}

/* ---- how many ---- */

static void take(struct mint_request request, int count)
{
	for (int i = 0; i < count; i++)
		expect(ask(request) == 200, "%d: %s", i, body);
}

TEST(an_address_has_so_many_guests_and_another_is_not_held_up)
{
	begin(IDENTITY_GUEST);
	struct mint_request request = request_of("{\"nickname\":\"Ann\"}");
	take(request, MINT_BURST);
	expect_refused(request, 429, "too_many");
	assert_in_range(response.retry_after, 1, MINT_EACH_S);
	request.address = str_of("::ffff:192.0.2.1");
	expect_refused(request, 429, "too_many");
	request.address = str_of("192.0.2.2");
	take(request, 1);
	request.address = str_of("2001:db8::1");
	take(request, MINT_BURST);
	request.address = str_of("2001:db8::2");
	expect_refused(request, 429, "too_many");
	request.address = str_of("2001:db8:0:1::1");
	take(request, 1);
}

TEST(what_is_refused_takes_nothing_from_the_address)
{
	begin(IDENTITY_GUEST);
	for (int i = 0; i < 2 * MINT_BURST; i++)
		expect_refused(request_of("{}"), 400, "bad_nickname");
	take(request_of("{\"nickname\":\"Ann\"}"), MINT_BURST);
}

TEST(users_of_the_site_are_counted_by_name_since_an_office_has_one_address)
{
	begin(IDENTITY_SITE);
	take(request_by("ann"), MINT_BURST);
	expect_refused(request_by("ann"), 429, "too_many");
	take(request_by("bob"), 1);
}

/* ---- what it needs ---- */

TEST(open_needs_no_key_and_has_no_tokens)
{
	assert_non_null(open_mint(IDENTITY_OPEN));
	expect_refused(request_of("{\"nickname\":\"Ann\"}"), 404, "not_found");
}

TEST(without_a_key_of_its_own_it_does_not_begin)
{
	assert_null(open_mint(IDENTITY_GUEST));
	expect(strstr(error, "token.key") != NULL, "%s", error);
	static const mode_t modes[] = {0440, 0404, 0444, 0644, 0602};
	for (size_t i = 0; i < COUNT(modes); i++) {
		write_key(modes[i]);
		expect(open_mint(IDENTITY_GUEST) == NULL, "mode %o", modes[i]);
		expect(strstr(error, "chmod 0400") != NULL, "what to do: %s", error);
	}
	write_key(0400);
	assert_non_null(open_mint(IDENTITY_GUEST));
}

TEST(with_a_broken_list_of_bans_it_does_not_begin)
{
	write_key(0400);
	write_bans("ban\t@ann\t0\t\nbann\t@bob\t0\t\n");
	assert_null(open_mint(IDENTITY_GUEST));
	expect(strstr(error, "bans") && strstr(error, "2"), "which line: %s", error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    MINTING(a_guest_gets_a_token_with_a_name_of_his_own),
	    MINTING(no_two_tokens_share_an_id),
	    MINTING(what_the_web_server_says_of_a_user_does_not_make_a_guest_one),
	    MINTING(the_longest_nickname_fits_a_token),
	    MINTING(a_guest_without_an_address_gets_one_all_the_same),
	    MINTING(bodies_that_name_nobody_are_refused),
	    MINTING(a_user_of_the_site_gets_a_token_under_his_name_there),
	    MINTING(whom_the_web_server_does_not_name_is_not_signed_in),
	    MINTING(names_of_the_site_that_cannot_be_used_are_refused_with_a_warning),
	    MINTING(who_is_banned_is_told_until_when_and_why),
	    MINTING(a_ban_of_one_address_of_ipv6_holds_for_its_neighbours),
	    MINTING(bans_that_are_over_and_mutes_do_not_hold),
	    MINTING(a_list_that_changes_counts_at_once_and_a_broken_one_does_not),
	    MINTING(an_address_has_so_many_guests_and_another_is_not_held_up),
	    MINTING(what_is_refused_takes_nothing_from_the_address),
	    MINTING(users_of_the_site_are_counted_by_name_since_an_office_has_one_address),
	    MINTING(open_needs_no_key_and_has_no_tokens),
	    MINTING(without_a_key_of_its_own_it_does_not_begin),
	    MINTING(with_a_broken_list_of_bans_it_does_not_begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
