/*
 * Histories of others, record by record: what is read of them, and what is told to be broken.
 */
#include "admin/import.h"

#include "unit.h"

static struct import open_import(const struct import_format *format, struct str content)
{
	const char *path = unit_path("input");
	unit_write(path, content);
	struct import import = {.format = format, .in = fopen(path, "re")};
	assert_non_null(import.in);
	return import;
}

static void close_import(struct import *import)
{
	fclose(import->in);
	import_end(import);
}

static void expect_record(
    struct import *import, const char *id, const char *nickname, const char *text, const char *ts)
{
	assert_int_equal(import_next(import), IMPORT_RECORD);
	expect_str(import->fields[IMPORT_ID], id);
	expect_str(import->fields[IMPORT_NICKNAME], nickname);
	expect_str(import->fields[IMPORT_TEXT], text);
	expect_str(import->fields[IMPORT_TS], ts);
}

TEST(mariadb_rows_are_unescaped_and_null_is_absent)
{
	struct import import =
	    open_import(&import_mariadb, BYTES("id\tnickname\ttext\tclient_id\tcreated_at\n"
					       "1\tAnn\ta\\nb\\tc\\\\n\tNULL\t2024-01-02 03:04:05\n"
					       "2\tNULL\tNULLs\\\t\t2024-01-02 03:04:06\n"));
	expect_record(&import, "1", "Ann", "a\nb\tc\\n", "2024-01-02 03:04:05");
	expect_str(import.fields[IMPORT_CLIENT_ID], NULL);
	expect_record(&import, "2", NULL, "NULLs\\", "2024-01-02 03:04:06");
	expect_str(import.fields[IMPORT_CLIENT_ID], "");
	assert_int_equal(import_next(&import), IMPORT_END);
	close_import(&import);
}

TEST(a_nul_in_a_mariadb_row_is_kept_for_the_contract_to_refuse)
{
	struct import import =
	    open_import(&import_mariadb, BYTES("id\ttext\tts\n1\ta\\0b\t2024-01-02\n"));
	assert_int_equal(import_next(&import), IMPORT_RECORD);
	assert_true(str_eq(import.fields[IMPORT_TEXT], BYTES("a\0b")));
	close_import(&import);
}

TEST(columns_are_found_by_their_names_in_any_order)
{
	struct import import = open_import(
	    &import_mariadb, BYTES("text\tmood\tcreated_at\tid\nHi\tgood\t1700000000\t7\n"));
	expect_record(&import, "7", NULL, "Hi", "1700000000");
	close_import(&import);
}

TEST(a_row_with_too_few_or_too_many_columns_is_broken_and_the_next_one_is_read)
{
	struct import import = open_import(
	    &import_mariadb, BYTES("id\ttext\tts\n1\tx\n2\ta\tb\tc\n3\tok\t2024-01-01"));
	assert_int_equal(import_next(&import), IMPORT_BROKEN);
	expect_str(import.raw, "1\tx");
	assert_int_equal(import_next(&import), IMPORT_BROKEN);
	expect_record(&import, "3", NULL, "ok", "2024-01-01");
	assert_int_equal(import_next(&import), IMPORT_END);
	close_import(&import);
}

TEST(a_head_without_a_needed_column_is_told)
{
	static const struct {
		const char *head, *missing;
	} cases[] = {
	    {"id,ts\n", "text"},
	    {"id,text\n", "ts or created_at"},
	    {"text,ts\n", "id or msgId"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct import import = open_import(&import_csv, str_of(cases[i].head));
		expect(import_next(&import) == IMPORT_FAILED, "%s", cases[i].head);
		expect(strstr(import.error, cases[i].missing), "%s", import.error);
		close_import(&import);
	}
}

TEST(csv_fields_are_quoted_as_in_rfc_4180)
{
	struct import import = open_import(
	    &import_csv, BYTES("id,nickname,text,ts\r\n1,\"A, \"\"B\"\"\",\"two\r\nlines\",x\r\n"
			       "2,,\"\",y\n\r\n3,a\"b,c,z"));
	expect_record(&import, "1", "A, \"B\"", "two\r\nlines", "x");
	expect_record(&import, "2", NULL, NULL, "y");
	expect_record(&import, "3", "a\"b", "c", "z");
	assert_int_equal(import_next(&import), IMPORT_END);
	close_import(&import);
}

TEST(csv_with_something_behind_a_quote_or_an_open_quote_is_broken)
{
	struct import import =
	    open_import(&import_csv, BYTES("id,text,ts\n1,\"a\"b,x\n2,ok,y\n3,\"open"));
	assert_int_equal(import_next(&import), IMPORT_BROKEN);
	expect_record(&import, "2", NULL, "ok", "y");
	assert_int_equal(import_next(&import), IMPORT_BROKEN);
	assert_int_equal(import_next(&import), IMPORT_END);
	close_import(&import);
}

TEST(ndjson_takes_strings_and_numbers_and_skips_what_is_no_object)
{
	struct import import = open_import(&import_ndjson,
	    BYTES("{\"id\":5,\"nickname\":null,\"text\":\"a\\nb\",\"ts\":\"t\",\"more\":[1]}\n\n"
		  "[1]\n{\"id\":\n{\"id\":\"6\",\"text\":{},\"ts\":1.5}\n"));
	expect_record(&import, "5", NULL, "a\nb", "t");
	assert_int_equal(import_next(&import), IMPORT_BROKEN);
	assert_int_equal(import_next(&import), IMPORT_BROKEN);
	expect_record(&import, "6", NULL, NULL, "1.5");
	assert_int_equal(import_next(&import), IMPORT_END);
	close_import(&import);
}

TEST(ndjson_is_json_by_rfc_8259_in_utf8)
{
	struct import import = open_import(&import_ndjson,
	    BYTES("{\"id\":1,\"text\":\"Zoë 日本 😀\",\"ts\":\"t\",\"x\":1e999}\n"
		  "{\"id\":02,\"text\":\"x\",\"ts\":\"t\"}\n{\"id\":3,\"text\":'x',\"ts\":\"t\"}\n"
		  "{\"id\":4,\"text\":\"x\",\"ts\":\"t\",}\n{\"id\":5,\"text\":\"x\"} more\n"
		  "{/**/\"id\":6,\"text\":\"x\"}\n{\"id\":7,\"x\":NaN}\n {\"id\":8} \r\n"));
	expect_record(&import, "1", NULL, "Zoë 日本 😀", "t");
	for (int i = 2; i < 8; i++)
		expect(import_next(&import) == IMPORT_BROKEN, "%.*s", (int)import.raw.len,
		    import.raw.at);
	expect_record(&import, "8", NULL, NULL, NULL);
	assert_int_equal(import_next(&import), IMPORT_END);
	close_import(&import);
}

/* json-c gives the largest integer that it has for both of these, so they would be one message. */
TEST(ndjson_ids_over_64_bits_are_none)
{
	struct import import = open_import(&import_ndjson,
	    BYTES("{\"id\":18446744073709551616,\"text\":\"a\"}\n"
		  "{\"id\":123456789012345678901234567890,\"text\":\"b\"}\n"
		  "{\"id\":-123456789012345678901234567890,\"text\":\"c\"}\n"
		  "{\"id\":9223372036854775808,\"text\":\"d\"}\n{\"id\":-1,\"text\":\"e\"}\n"));
	expect_record(&import, NULL, NULL, "a", NULL);
	expect_record(&import, NULL, NULL, "b", NULL);
	expect_record(&import, NULL, NULL, "c", NULL);
	expect_record(&import, "9223372036854775808", NULL, "d", NULL);
	expect_record(&import, "-1", NULL, "e", NULL);
	close_import(&import);
}

TEST(a_number_that_is_none_of_seconds_is_no_time)
{
	int64_t ts = 7;
	assert_false(import_time(str_of("1e-999"), &ts));
	assert_false(import_time(str_of("1e999"), &ts));
	assert_int_equal(ts, 7);
}

TEST(times_are_read_in_each_form_and_nothing_else_is)
{
	static const struct {
		const char *text;
		int64_t ts; /* -1: no time */
	} cases[] = {
	    {"2024-01-01", 1704067200000},
	    {"2024-01-01T00:00:00.25Z", 1704067200250},
	    {"2024-01-01 00:00:00", 1704067200000},
	    {"2024-01-01 00:00:00.5", 1704067200500},
	    {"2024-01-01T02:00:00+02:00", 1704067200000},
	    {"1704067200", 1704067200000},
	    {"1704067200.123", 1704067200123},
	    {"0000-00-00 00:00:00", -1},
	    {"", -1},
	    {"now", -1},
	    {"-5", -1},
	    {"1e300", -1},
	    {"17040672001704067200170406720017040672001704067200", -1},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ts = -1;
		bool read = import_time(str_of(cases[i].text), &ts);
		expect(read == (cases[i].ts >= 0) && ts == cases[i].ts, "'%s' is %lld",
		    cases[i].text, (long long)ts);
	}
	int64_t ts;
	assert_false(import_time(str_of(NULL), &ts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(mariadb_rows_are_unescaped_and_null_is_absent),
	    IN_DIR(a_nul_in_a_mariadb_row_is_kept_for_the_contract_to_refuse),
	    IN_DIR(columns_are_found_by_their_names_in_any_order),
	    IN_DIR(a_row_with_too_few_or_too_many_columns_is_broken_and_the_next_one_is_read),
	    IN_DIR(a_head_without_a_needed_column_is_told),
	    IN_DIR(csv_fields_are_quoted_as_in_rfc_4180),
	    IN_DIR(csv_with_something_behind_a_quote_or_an_open_quote_is_broken),
	    IN_DIR(ndjson_takes_strings_and_numbers_and_skips_what_is_no_object),
	    IN_DIR(ndjson_is_json_by_rfc_8259_in_utf8),
	    IN_DIR(ndjson_ids_over_64_bits_are_none),
	    cmocka_unit_test(a_number_that_is_none_of_seconds_is_no_time),
	    cmocka_unit_test(times_are_read_in_each_form_and_nothing_else_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
