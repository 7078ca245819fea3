/*
 * test_bans.c: who is on the list, until when, and that a list with a fault is none.
 */
#include "auth/bans.h"

#include "unit.h"

#define NOW 1800000000

static char error[BANS_ERROR_SIZE];

/* Reads a copy without a byte to spare. */
static struct bans *parse(const char *text)
{
	struct bans *bans;
	size_t n = strlen(text);
	char *copy = malloc(n ? n : 1);
	assert_non_null(copy);
	memcpy(copy, text, n);
	bool good = bans_parse(&bans, (struct str){copy, n}, error);
	free(copy);
	expect(good == (bans != NULL), "%s", text);
	return bans;
}

static struct bans *parse_good(const char *text)
{
	struct bans *bans = parse(text);
	expect(bans != NULL, "%s", error);
	return bans;
}

static const struct ban *find(const struct bans *bans, enum ban_kind kind, const char *who)
{
	return bans_find(bans, kind, str_of(who), NOW);
}

/* ---- written ---- */

TEST(what_is_written_is_read_again_in_the_order_of_kind_and_who)
{
	struct bans *bans = parse_good("revoke\tt1\t0\t\nban\t@eve\t1900000000\tspam é\n"
				       "mute\t@eve\t0\t\nban\t2001:DB8:1:2::9\t0\tx\n");
	struct text text = {0};
	for (size_t i = 0; bans_at(bans, i); i++)
		bans_put(&text, bans_at(bans, i));
	expect_str(text_str(&text), "ban\t2001:db8:1:2::\t0\tx\nban\t@eve\t1900000000\tspam é\n"
				    "mute\t@eve\t0\t\nrevoke\tt1\t0\t\n");
	bans_free(bans);
	text_free(&text);
	assert_null(bans_at(NULL, 0));
}

/* ---- who ---- */

TEST(a_line_is_a_kind_who_until_when_and_why)
{
	struct bans *bans = parse_good("ban\t@ann\t1900000000\tspam, twice\n"
				       "mute\t~k3Zq\t0\t\n"
				       "revoke\tt-1_A\t1800000001\tlost the tablet é\n");
	assert_int_equal(bans_count(bans), 3);
	const struct ban *ban = find(bans, BAN_BAN, "@ann");
	assert_non_null(ban);
	assert_int_equal(ban->kind, BAN_BAN);
	assert_int_equal(ban->until, 1900000000);
	expect_str(ban->who, "@ann");
	expect_str(ban->reason, "spam, twice");
	ban = find(bans, BAN_MUTE, "~k3Zq");
	assert_non_null(ban);
	assert_int_equal(ban->until, 0);
	expect_str(ban->reason, "");
	ban = find(bans, BAN_REVOKE, "t-1_A");
	assert_non_null(ban);
	expect_str(ban->reason, "lost the tablet é");
	bans_free(bans);
}

TEST(only_the_one_that_is_named_is_found_and_of_that_kind)
{
	struct bans *bans = parse_good("ban\t@ann\t0\tx\nban\t~guest\t0\t\nrevoke\tann\t0\t\n");
	static const char *const others[] = {
	    "@an", "@anna", "ann", "@Ann", "~ann", "@", "", "guest", "@guest", "\t", "@ann\t0"};
	for (size_t i = 0; i < COUNT(others); i++)
		expect(!find(bans, BAN_BAN, others[i]), "'%s'", others[i]);
	assert_null(find(bans, BAN_MUTE, "@ann"));
	assert_null(find(bans, BAN_REVOKE, "@ann"));
	assert_null(bans_find(bans, BAN_BAN, BYTES("@ann\0"), NOW));
	assert_null(bans_find(bans, BAN_BAN, (struct str){NULL, 0}, NOW));
	bans_free(bans);
}

TEST(no_list_bans_nobody)
{
	struct bans *bans = parse_good("");
	assert_int_equal(bans_count(bans), 0);
	assert_int_equal(bans_count(NULL), 0);
	assert_null(find(bans, BAN_BAN, "@ann"));
	assert_null(find(NULL, BAN_BAN, "@ann"));
	bans_free(bans);
	bans_free(NULL);
}

TEST(addresses_are_found_however_they_are_written)
{
	struct bans *bans = parse_good("ban\t192.0.2.1\t0\t\n"
				       "ban\t2001:0DB8:0001:0002:0003::9\t0\thouse\n"
				       "mute\t::ffff:198.51.100.7\t0\t\n");
	static const char *const banned[] = {"192.0.2.1", "::ffff:192.0.2.1",
	    "2001:db8:1:2::", "2001:db8:1:2:3::9", "2001:DB8:1:2:ffff:ffff:ffff:ffff"};
	static const char *const others[] = {
	    "192.0.2.10", "192.0.2.2", "2001:db8:1:3::9", "2001:db8:1::", "198.51.100.7"};
	for (size_t i = 0; i < COUNT(banned); i++)
		expect(find(bans, BAN_BAN, banned[i]) != NULL, "%s", banned[i]);
	for (size_t i = 0; i < COUNT(others); i++)
		expect(!find(bans, BAN_BAN, others[i]), "%s", others[i]);
	assert_non_null(find(bans, BAN_MUTE, "198.51.100.7"));
	expect_str(find(bans, BAN_BAN, "2001:db8:1:2::5")->who, "2001:db8:1:2::");
	bans_free(bans);
}

/* ---- until when ---- */

TEST(a_ban_ends_at_its_time_and_one_for_ever_never)
{
	struct bans *bans = parse_good("ban\t@ann\t1800000000\t\nban\t@bob\t0\t\n");
	assert_non_null(bans_find(bans, BAN_BAN, str_of("@ann"), NOW - 1));
	assert_null(bans_find(bans, BAN_BAN, str_of("@ann"), NOW));
	assert_non_null(bans_find(bans, BAN_BAN, str_of("@bob"), INT64_MAX - 1));
	bans_free(bans);
}

TEST(of_several_the_one_that_holds_longest_counts)
{
	static const char *const lists[] = {
	    "ban\t@ann\t1\ta\nban\t@ann\t1900000000\tb\nban\t@ann\t1800000005\tc\n",
	    "ban\t@ann\t1900000000\tb\nban\t@ann\t1800000005\tc\nban\t@ann\t1\ta\n",
	    "ban\t@ann\t1900000000\ta\nban\t@ann\t0\tb\n", "ban\t@ann\t0\tb\nban\t@ann\t1\ta\n"};
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct bans *bans = parse_good(lists[i]);
		const struct ban *ban = find(bans, BAN_BAN, "@ann");
		expect(ban && str_is(ban->reason, "b"), "%s", lists[i]);
		bans_free(bans);
	}
}

/* ---- what is wrong ---- */

static void expect_bad(const char *text, const char *what)
{
	expect(!parse(text) && strstr(error, what), "of '%s': '%s' lacks '%s'", text, error, what);
}

TEST(a_malformed_line_is_told_with_its_number)
{
	static const char good[] = "ban\t@ann\t0\t\n";
	static const char *const bad[][2] = {{"\n", "with a TAB between"},
	    {"ban\n", "with a TAB between"}, {"ban\t@ann\t0\n", "with a TAB between"},
	    {"# comment\n", "with a TAB between"}, {"ban @ann 0 x\n", "with a TAB between"},
	    {"Ban\t@ann\t0\t\n", "KIND must be ban, mute or revoke"},
	    {"\t@ann\t0\t\n", "KIND must be"}, {"unban\t@ann\t0\t\n", "KIND must be"},
	    {" ban\t@ann\t0\t\n", "KIND must be"}, {"ban\tann\t0\t\n", "WHO must be a user"},
	    {"ban\t\t0\t\n", "WHO must be a user"}, {"ban\t@a b\t0\t\n", "WHO must be a user"},
	    {"mute\t10.0.0.0/8\t0\t\n", "WHO must be a user"},
	    {"ban\t@\xff\t0\t\n", "WHO must be a user"},
	    {"revoke\t@ann\t0\t\n", "WHO must be a token's id"},
	    {"revoke\t192.0.2.1\t0\t\n", "WHO must be a token's id"},
	    {"revoke\t0123456789012345678901234567890123\t0\t\n", "WHO must be a token's id"},
	    {"ban\t@ann\t\t\n", "UNTIL must be Unix seconds"},
	    {"ban\t@ann\t-1\t\n", "UNTIL must be"}, {"ban\t@ann\t+1\t\n", "UNTIL must be"},
	    {"ban\t@ann\t01\t\n", "UNTIL must be"}, {"ban\t@ann\t00\t\n", "UNTIL must be"},
	    {"ban\t@ann\t1.5\t\n", "UNTIL must be"}, {"ban\t@ann\t1 \t\n", "UNTIL must be"},
	    {"ban\t@ann\tnever\t\n", "UNTIL must be"},
	    {"ban\t@ann\t9007199254740992\t\n", "UNTIL must be"},
	    {"ban\t@ann\t99999999999999999999999999\t\n", "UNTIL must be"},
	    {"ban\t@ann\t0\ta\tb\n", "REASON must be UTF-8 without controls"},
	    {"ban\t@ann\t0\tx\r\n", "REASON must be"}, {"ban\t@ann\t0\t\xff\n", "REASON must be"},
	    {"ban\t@ann\t0\t\x1b[2J\n", "REASON must be"},
	    {"ban\t@ann\t0\t", "end it with a line feed"},
	    {"ban\t@ann\t0\tx", "end it with a line feed"}, {"b", "end it with a line feed"}};
	for (size_t i = 0; i < COUNT(bad); i++) {
		char text[256];
		expect_bad(bad[i][0], bad[i][1]);
		expect(strncmp(error, "line 1: ", 8) == 0, "%s", error);
		snprintf(text, sizeof(text), "%s%s%s", good, good, bad[i][0]);
		expect_bad(text, bad[i][1]);
		expect(strncmp(error, "line 3: ", 8) == 0, "%s", error);
	}
	bans_free(parse_good("ban\t@ann\t9007199254740991\t\n"));
}

TEST(a_nul_is_malformed_wherever_it_is)
{
	struct bans *bans;
	assert_false(bans_parse(&bans, BYTES("ban\t@ann\t0\t\0\n"), error));
	assert_false(bans_parse(&bans, BYTES("ban\t@a\0n\t0\t\n"), error));
	assert_false(bans_parse(&bans, BYTES("ban\0\t@ann\t0\t\n"), error));
	assert_false(bans_parse(&bans, BYTES("ban\t@ann\t0\0\t\n"), error));
	assert_false(bans_parse(&bans, BYTES("ban\t@ann\t0\t\n\0"), error));
	assert_false(bans_parse(&bans, BYTES("revoke\ta\0\t0\t\n"), error));
}

/* ---- sizes ---- */

static char *make_list(size_t lines)
{
	char *text = malloc(lines * 32 + 1), *at = text;
	assert_non_null(text);
	*at = '\0';
	for (size_t i = 0; i < lines; i++)
		at += sprintf(at, "ban\t@user%zu\t0\tr%zu\n", (i * 7919) % lines, i);
	return text;
}

TEST(many_bans_are_found_each)
{
	enum { LINES = 20000 };
	char *text = make_list(LINES);
	struct bans *bans = parse_good(text);
	assert_int_equal(bans_count(bans), LINES);
	for (int i = 0; i < LINES; i += 7) {
		char who[32];
		snprintf(who, sizeof(who), "@user%d", i);
		expect(find(bans, BAN_BAN, who) != NULL, "%s", who);
	}
	assert_null(find(bans, BAN_BAN, "@user20000"));
	bans_free(bans);
	free(text);
}

TEST(a_list_of_more_than_a_mebibyte_is_refused)
{
	char *text = malloc(BANS_BYTES_MAX + 1);
	struct bans *bans;
	assert_non_null(text);
	memset(text, 'r', BANS_BYTES_MAX + 1);
	memcpy(text, "ban\t@ann\t0\t", 11);
	text[BANS_BYTES_MAX] = '\n';
	assert_false(bans_parse(&bans, (struct str){text, BANS_BYTES_MAX + 1}, error));
	assert_null(bans);
	assert_string_equal(
	    error, "the list of bans is larger than 1 MiB; take out what does not hold any more");
	text[BANS_BYTES_MAX - 1] = '\n';
	assert_true(bans_parse(&bans, (struct str){text, BANS_BYTES_MAX}, error));
	bans_free(bans);
	memset(text, '\n', BANS_BYTES_MAX);
	assert_false(bans_parse(&bans, (struct str){text, BANS_BYTES_MAX}, error));
	free(text);
}

/* ---- files ---- */

static void expect_no_list(const char *name, const char *what)
{
	struct bans *bans = (struct bans *)error;
	const char *path = unit_path(name);
	expect(!bans_load(&bans, path, error) && !bans, "%s", what);
	expect(strncmp(error, path, strlen(path)) == 0 && strstr(error, what), "'%s' lacks '%s'",
	    error, what);
}

TEST(a_file_is_read_and_one_that_is_not_there_is_an_empty_list)
{
	struct bans *bans;
	assert_true(bans_load(&bans, unit_path("bans"), error));
	assert_int_equal(bans_count(bans), 0);
	assert_non_null(bans);
	bans_free(bans);
	unit_write(unit_path("bans"), str_of("ban\t@ann\t0\tx\n"));
	assert_true(bans_load(&bans, unit_path("bans"), error));
	assert_non_null(find(bans, BAN_BAN, "@ann"));
	bans_free(bans);
}

TEST(what_is_wrong_with_a_file_is_told_with_its_name)
{
	unit_write(unit_path("bans"), str_of("ban\t@ann\t0\tx\nban\n"));
	expect_no_list("bans", "bans: line 2: a line is KIND");
	assert_int_equal(mkdir(unit_path("folder"), 0700), 0);
	expect_no_list("folder", "Is a directory; check owner and mode of the list of bans");
	assert_int_equal(mkfifo(unit_path("fifo"), 0600), 0);
	expect_no_list("fifo", "not a file; check");
	expect_no_list("bans/x", "Not a directory; check");
	char *large = make_list(BANS_BYTES_MAX / 16);
	unit_write(unit_path("large"), str_of(large));
	free(large);
	expect_no_list("large", "larger than 1 MiB");
	unit_be_no_root();
	unit_write(unit_path("closed"), str_of(""));
	assert_int_equal(chmod(unit_path("closed"), 0), 0);
	expect_no_list("closed", "Permission denied; check");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read_again_in_the_order_of_kind_and_who),
	    cmocka_unit_test(a_line_is_a_kind_who_until_when_and_why),
	    cmocka_unit_test(only_the_one_that_is_named_is_found_and_of_that_kind),
	    cmocka_unit_test(no_list_bans_nobody),
	    cmocka_unit_test(addresses_are_found_however_they_are_written),
	    cmocka_unit_test(a_ban_ends_at_its_time_and_one_for_ever_never),
	    cmocka_unit_test(of_several_the_one_that_holds_longest_counts),
	    cmocka_unit_test(a_malformed_line_is_told_with_its_number),
	    cmocka_unit_test(a_nul_is_malformed_wherever_it_is),
	    cmocka_unit_test(many_bans_are_found_each),
	    cmocka_unit_test(a_list_of_more_than_a_mebibyte_is_refused),
	    IN_DIR(a_file_is_read_and_one_that_is_not_there_is_an_empty_list),
	    IN_DIR(what_is_wrong_with_a_file_is_told_with_its_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
