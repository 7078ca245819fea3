/*
 * test_store_schema.c: what the database itself keeps out, whoever writes to it, and what a person
 * finds in it with a sqlite3 shell.
 */
#include "history.h"

static const char *path;

static int setup(void **state)
{
	static char place[PATH_MAX];
	if (unit_make_dir(state) != 0)
		return -1;
	snprintf(place, sizeof(place), "%s", unit_path("db"));
	path = place;
	make_history(path, 0);
	return 0;
}

#define WITH_SCHEMA(test) cmocka_unit_test_setup_teardown(test, setup, unit_remove_dir)

/* One message as SQL expressions; what is NULL has a value that is right. */
struct values {
	const char *id, *ts, *room, *nickname, *text, *client_id, *msg_id;
};

static const char *or_else(const char *value, const char *standard)
{
	return value ? value : standard;
}

static int insert(const struct values *v)
{
	char sql[1000];
	snprintf(sql, sizeof(sql), "INSERT INTO messages VALUES (%s, %s, %s, %s, %s, %s, %s)",
	    or_else(v->id, "NULL"), or_else(v->ts, "0"), or_else(v->room, "'lab'"),
	    or_else(v->nickname, "'Ann'"), or_else(v->text, "'Hi'"), or_else(v->client_id, "NULL"),
	    or_else(v->msg_id, "NULL"));
	return raw_try(path, sql);
}

/* A string of `n` characters, as SQL. */
#define LONG(n, character) "replace(hex(zeroblob(" n ")), '00', '" character "')"

TEST(what_keeps_the_contract_is_taken)
{
	static const struct values cases[] = {
	    {0},
	    {.id = "9007199254740990"},
	    {.id = "9007199254740991"},
	    {.ts = "-1"},
	    {.room = LONG("64", "a")},
	    {.room = "'0'"},
	    {.room = "'a-_9'"},
	    {.nickname = LONG("64", "😀")},
	    {.text = LONG("4000", "😀")},
	    {.client_id = LONG("64", "é")},
	    {.msg_id = LONG("64", "é")},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int rc = insert(&cases[i]);
		expect(rc == SQLITE_OK, "case %zu: %s", i, sqlite3_errstr(rc));
		raw_run(path, "DELETE FROM messages; DELETE FROM sqlite_sequence");
	}
}

TEST(what_breaks_the_contract_is_refused)
{
	static const struct {
		const char *what;
		struct values values;
	} cases[] = {
	    {"id 0", {.id = "0"}},
	    {"id -1", {.id = "-1"}},
	    {"id 2^53", {.id = "9007199254740992"}},
	    {"no ts", {.ts = "NULL"}},
	    {"ts of another type", {.ts = "'now'"}},
	    {"fractional ts", {.ts = "1.5"}},
	    {"no room", {.room = "NULL"}},
	    {"empty room", {.room = "''"}},
	    {"long room", {.room = LONG("65", "a")}},
	    {"upper-case room", {.room = "'Lab'"}},
	    {"room with a dot", {.room = "'a.b'"}},
	    {"room with a slash", {.room = "'a/b'"}},
	    {"room with a space", {.room = "'a b'"}},
	    {"room beyond ASCII", {.room = "'é'"}},
	    {"room that starts with -", {.room = "'-a'"}},
	    {"room that starts with _", {.room = "'_a'"}},
	    {"room that ends with a newline", {.room = "'a' || char(10)"}},
	    {"room that is a blob", {.room = "x'61'"}},
	    {"no nickname", {.nickname = "NULL"}},
	    {"empty nickname", {.nickname = "''"}},
	    {"long nickname", {.nickname = LONG("65", "😀")}},
	    {"nickname that is a blob", {.nickname = "x'61'"}},
	    {"no text", {.text = "NULL"}},
	    {"empty text", {.text = "''"}},
	    {"long text", {.text = LONG("4001", "a")}},
	    {"text that is a blob", {.text = "x'61'"}},
	    {"text that starts with NUL", {.text = "char(0) || 'a'"}},
	    {"empty client_id", {.client_id = "''"}},
	    {"long client_id", {.client_id = LONG("65", "a")}},
	    {"empty msg_id", {.msg_id = "''"}},
	    {"long msg_id", {.msg_id = LONG("65", "a")}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int rc = insert(&cases[i].values);
		expect((rc & 0xff) == SQLITE_CONSTRAINT || rc == SQLITE_MISMATCH, "%s: %s",
		    cases[i].what, sqlite3_errstr(rc));
	}
}

TEST(no_id_is_given_beyond_what_javascript_counts)
{
	static const struct values last = {.id = "9007199254740991"}, next = {0};
	assert_int_equal(insert(&last), SQLITE_OK);
	assert_int_equal(insert(&next) & 0xff, SQLITE_CONSTRAINT);
}

TEST(the_same_ids_of_a_sender_are_refused)
{
	static const struct values both = {.client_id = "'c'", .msg_id = "'m'"};
	static const struct values alone = {.msg_id = "'m'"};
	assert_int_equal(insert(&both), SQLITE_OK);
	assert_int_equal(insert(&both), SQLITE_CONSTRAINT_UNIQUE);
	assert_int_equal(insert(&alone), SQLITE_OK);
	assert_int_equal(insert(&alone), SQLITE_CONSTRAINT_UNIQUE);
}

TEST(a_client_may_send_as_much_as_it_likes_without_a_msg_id)
{
	static const struct values client = {.client_id = "'c'"};
	assert_int_equal(insert(&client), SQLITE_OK);
	assert_int_equal(insert(&client), SQLITE_OK);
}

TEST(a_rejected_payload_has_all_its_columns)
{
	static const char *const bad[] = {
	    "INSERT INTO rejected VALUES (NULL, NULL, 't', NULL, 'r', 1, x'00')",
	    "INSERT INTO rejected VALUES (NULL, 1, NULL, NULL, 'r', 1, x'00')",
	    "INSERT INTO rejected VALUES (NULL, 1, 't', NULL, NULL, 1, x'00')",
	    "INSERT INTO rejected VALUES (NULL, 1, 't', NULL, 'r', NULL, x'00')",
	    "INSERT INTO rejected VALUES (NULL, 1, 't', NULL, 'r', 1, NULL)",
	    "INSERT INTO rejected VALUES (NULL, 'x', 't', NULL, 'r', 1, x'00')",
	    "INSERT INTO rejected VALUES (NULL, 1, 't', NULL, 'r', 1, 'text')",
	};
	raw_run(path, "INSERT INTO rejected VALUES (NULL, 1, 't', NULL, 'r', 1, x'00')");
	for (size_t i = 0; i < COUNT(bad); i++)
		expect((raw_try(path, bad[i]) & 0xff) == SQLITE_CONSTRAINT, "%s", bad[i]);
}

TEST(every_table_is_strict)
{
	assert_int_equal(
	    raw_number(path, "SELECT count(*) FROM pragma_table_list WHERE type = 'table' "
			     "AND name NOT LIKE 'sqlite_%' AND NOT strict"),
	    0);
	assert_int_equal(
	    raw_number(path, "SELECT count(*) FROM pragma_table_list WHERE type = 'table' "
			     "AND name IN ('messages', 'rejected')"),
	    2);
}

TEST(a_person_reads_the_messages_in_a_view)
{
	static const struct values message = {.ts = "1795455665123", .msg_id = "'m'"};
	assert_int_equal(insert(&message), SQLITE_OK);
	setenv("TZ", "UTC", 1);
	assert_string_equal(
	    raw_text(path,
		"SELECT id || '|' || time || '|' || room || '|' || nickname || '|' || text "
		"FROM chat"),
	    "1|2026-11-23 17:41:05.123|lab|Ann|Hi");
	unsetenv("TZ");
}

TEST(space_can_be_given_back_in_small_steps)
{
	assert_int_equal(raw_number(path, "PRAGMA auto_vacuum"), 2);
}

TEST(a_new_database_is_sound)
{
	assert_string_equal(raw_text(path, "PRAGMA integrity_check"), "ok");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    WITH_SCHEMA(what_keeps_the_contract_is_taken),
	    WITH_SCHEMA(what_breaks_the_contract_is_refused),
	    WITH_SCHEMA(no_id_is_given_beyond_what_javascript_counts),
	    WITH_SCHEMA(the_same_ids_of_a_sender_are_refused),
	    WITH_SCHEMA(a_client_may_send_as_much_as_it_likes_without_a_msg_id),
	    WITH_SCHEMA(a_rejected_payload_has_all_its_columns),
	    WITH_SCHEMA(every_table_is_strict),
	    WITH_SCHEMA(a_person_reads_the_messages_in_a_view),
	    WITH_SCHEMA(space_can_be_given_back_in_small_steps),
	    WITH_SCHEMA(a_new_database_is_sound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
