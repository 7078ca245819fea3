/*
 * Histories of others, record by record: what is read of them, and what is told to be broken.
 */
#include "admin/import.h"
#include "chat/message.h"
#include "output/csv.h"

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
		  "[1]\n{\"id\":\n{\"id\":\"6\",\"more\":{},\"ts\":1.5}\n"));
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
TEST(ndjson_ids_over_64_bits_are_refused)
{
	struct import import = open_import(&import_ndjson,
	    BYTES("{\"id\":18446744073709551616,\"text\":\"a\"}\n"
		  "{\"id\":123456789012345678901234567890,\"text\":\"b\"}\n"
		  "{\"id\":-123456789012345678901234567890,\"text\":\"c\"}\n"
		  "{\"id\":9223372036854775808,\"text\":\"d\"}\n{\"id\":-1,\"text\":\"e\"}\n"));
	for (int i = 0; i < 3; i++)
		assert_int_equal(import_next(&import), IMPORT_BROKEN);
	expect_record(&import, "9223372036854775808", NULL, "d", NULL);
	expect_record(&import, "-1", NULL, "e", NULL);
	close_import(&import);
}

/* ---- what other programs put around it ---- */

TEST(a_byte_order_mark_is_skipped_in_every_format)
{
	static const struct {
		const struct import_format *format;
		const char *text;
	} cases[] = {
	    {&import_ndjson,
		"\xef\xbb\xbf{\"id\":1,\"nickname\":\"A\",\"text\":\"x\",\"ts\":\"t\"}\r\n"
		"{\"id\":2,\"nickname\":\"A\",\"text\":\"y\",\"ts\":\"t\"}\r\n"},
	    {&import_csv, "\xef\xbb\xbf\"id\",nickname,text,ts\r\n1,A,x,t\r\n2,A,y,t\r\n"},
	    {&import_csv, "\xef\xbb\xbfid,nickname,text,ts\n1,A,x,t\n2,A,y,t"},
	    {&import_mariadb, "\xef\xbb\xbfid\tnickname\ttext\tts\r\n1\tA\tx\tt\r\n2\tA\ty\tt\r\n"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct import import = open_import(cases[i].format, str_of(cases[i].text));
		expect_record(&import, "1", "A", "x", "t");
		expect_record(&import, "2", "A", "y", "t");
		assert_int_equal(import_next(&import), IMPORT_END);
		close_import(&import);
	}
}

TEST(utf_16_is_told_with_a_mark_or_without)
{
	static const struct import_format *const formats[] = {
	    &import_ndjson, &import_csv, &import_mariadb};
	static const struct str starts[] = {BYTES("\xff\xfei\0d\0,\0"), BYTES("\xfe\xff\0i\0d\0,"),
	    BYTES("i\0d\0,\0"), BYTES("\0i\0d\0,")};
	for (size_t i = 0; i < COUNT(formats) * COUNT(starts); i++) {
		struct import import = open_import(formats[i % 3], starts[i / 3]);
		expect(import_next(&import) == IMPORT_FAILED, "%zu", i);
		expect(strstr(import.error, "UTF-16"), "%s", import.error);
		close_import(&import);
	}
}

/* mariadb does not escape a CR: where the head has none it is the text's own. */
TEST(a_cr_before_the_line_end_is_dropped_where_the_head_has_one)
{
	struct import import =
	    open_import(&import_mariadb, BYTES("id\tts\ttext\r\n1\tt\tNULL\r\n2\tt\tx\n"));
	expect_record(&import, "1", NULL, NULL, "t");
	expect_record(&import, "2", NULL, "x", "t");
	close_import(&import);
	import = open_import(&import_mariadb, BYTES("id\tts\ttext\n1\tt\tx\r\n"));
	expect_record(&import, "1", NULL, "x\r", "t");
	close_import(&import);
}

TEST(a_file_that_cannot_be_read_says_why)
{
	struct import import = {.format = &import_csv, .in = fopen("/", "re")};
	assert_non_null(import.in);
	assert_int_equal(import_next(&import), IMPORT_FAILED);
	assert_string_equal(import.error, "cannot be read: Is a directory");
	close_import(&import);
}

TEST(what_is_broken_says_where_and_why)
{
	static const struct {
		const struct import_format *format;
		const char *text, *why;
		int line;
	} cases[] = {
	    {&import_ndjson, "\n{\"id\":\n", "it is not JSON", 2},
	    {&import_ndjson, "[{\"id\":1}]\n",
		"it is an array, not an object a line: see jq -c '.[]'", 1},
	    {&import_ndjson, "7\n", "it is no JSON object", 1},
	    {&import_ndjson, "{\"room\":[1]}\n", "room is neither a string nor a number", 1},
	    {&import_ndjson, "{\"id\":18446744073709551616}\n",
		"id is too large for a number: make it a string", 1},
	    {&import_csv, "id,text,ts\n1,\"a\nb\"c,t\n", "something follows a closing quote", 2},
	    {&import_csv, "id,text,ts\n1,\"two\nlines\n", "a quote is not closed", 2},
	    {&import_csv, "id,text,ts\n\n1,x\n", "the first line names 3 columns, this one has 2",
		3},
	    {&import_mariadb, "id\ttext\tts\n1\tx\n",
		"the first line names 3 columns, this one has 2", 2},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct import import = open_import(cases[i].format, str_of(cases[i].text));
		expect(import_next(&import) == IMPORT_BROKEN, "%s", cases[i].text);
		expect(strcmp(import.error, cases[i].why) == 0, "%s", import.error);
		expect(import.at == cases[i].line, "%s: line %lld", import.error,
		    (long long)import.at);
		close_import(&import);
	}
}

TEST(a_head_of_more_than_64_columns_is_told)
{
	static const struct import_format *const formats[] = {&import_csv, &import_mariadb};
	char head[65 * 2 + 1] = "";
	for (int f = 0; f < 2; f++)
		for (int columns = 64; columns <= 65; columns++) {
			for (int i = 0; i < columns; i++)
				snprintf(head + 2 * i, 3, "x%c", f ? '\t' : ',');
			head[2 * columns - 1] = '\0';
			struct import import = open_import(formats[f], str_of(head));
			assert_int_equal(import_next(&import), IMPORT_FAILED);
			expect(strstr(import.error, columns > 64 ? "64 columns" : "called text"),
			    "%d: %s", columns, import.error);
			close_import(&import);
		}
}

/* ---- which record is which ---- */

static void expect_id(const char *record, const char *source, const char *expected)
{
	char out[IMPORT_MSG_ID_SIZE];
	struct import import = open_import(&import_ndjson, str_of(record));
	assert_int_equal(import_next(&import), IMPORT_RECORD);
	expect_str(import_msg_id(&import, source, out), expected);
	close_import(&import);
}

TEST(an_id_becomes_a_msg_id_of_the_source)
{
	expect_id("{\"id\":7}", NULL, "import:ndjson:7");
	expect_id("{\"id\":\" 7 \"}", "flask", "import:flask:7");
	expect_id("{\"id\":\"\"}", "flask", NULL);
	expect_id("{\"text\":\"x\"}", "flask", NULL);
	expect_id("{\"id\":\"018f2c3e-7d1a-7000-8000-0123456789ab\"}", "s",
	    "import:s:018f2c3e-7d1a-7000-8000-0123456789ab");
}

TEST(an_id_that_is_too_long_for_a_msg_id_becomes_a_digest)
{
	char record[200], fits[65], out[IMPORT_MSG_ID_SIZE];
	for (int length = 55; length <= 57; length++) {
		snprintf(record, sizeof(record), "{\"id\":\"%0*d\"}", length, 7);
		snprintf(fits, sizeof(fits), "import:s:%0*d", length, 7);
		struct import import = open_import(&import_ndjson, str_of(record));
		assert_int_equal(import_next(&import), IMPORT_RECORD);
		struct str id = import_msg_id(&import, "s", out);
		if (length == 55)
			expect_str(id, fits);
		else
			expect(id.len == 26 && id.at[9] == '~', "%.*s", (int)id.len, id.at);
		close_import(&import);
	}
	/* 55 characters of four bytes each fit as well. */
	struct text wide = {0};
	text_puts(&wide, "{\"id\":\"");
	for (int i = 0; i < 55; i++)
		text_puts(&wide, "\xf0\x9f\x98\x80");
	text_puts(&wide, "\"}");
	struct import import = open_import(&import_ndjson, text_str(&wide));
	assert_int_equal(import_next(&import), IMPORT_RECORD);
	assert_int_equal(import_msg_id(&import, "s", out).len, 9 + 4 * 55);
	close_import(&import);
	text_free(&wide);
}

#define EXPORTED(id, text)                                                                         \
	"{\"id\":" id ",\"room\":\"lab\",\"nickname\":\"A\",\"text\":\"" text                      \
	"\",\"clientId\":null,\"msgId\":null,\"ts\":\"2026-01-02T03:04:05.000Z\"}"

static struct str id_of(const char *record, char out[IMPORT_MSG_ID_SIZE])
{
	struct import import = open_import(&import_ndjson, str_of(record));
	assert_int_equal(import_next(&import), IMPORT_RECORD);
	struct str id = import_msg_id(&import, NULL, out);
	close_import(&import);
	return id;
}

TEST(a_record_of_our_export_is_known_by_its_content_as_well)
{
	char a[IMPORT_MSG_ID_SIZE], b[IMPORT_MSG_ID_SIZE];
	struct str first = id_of(EXPORTED("5", "x"), a);
	assert_true(str_eq(first, id_of(EXPORTED("5", "x"), b)));
	assert_false(str_eq(first, id_of(EXPORTED("5", "y"), b)));
	assert_memory_equal(a, "import:export:5-", 16);
	assert_in_range(first.len, 17, MESSAGE_ID_MAX);
	expect_id(EXPORTED("5", "x"), "mine", "import:mine:5");
	expect_id(EXPORTED("\"x5\"", "x"), NULL, "import:ndjson:x5");
	assert_true(id_of(EXPORTED("9007199254740991", "x"), a).len <= MESSAGE_ID_MAX);
}

TEST(what_an_id_was_at_home_is_read_out_of_an_imported_msg_id)
{
	static const struct {
		const char *record;
		int64_t id;
	} cases[] = {
	    {"{\"id\":5}", 5},
	    {"{\"id\":5,\"msgId\":null}", 5},
	    {"{\"id\":5,\"msgId\":\"mine\"}", 0},
	    {"{\"id\":5,\"msgId\":\"import:ndjson:7\"}", 7},
	    {"{\"id\":5,\"msgId\":\"import:export:7-0123456789abcdef\"}", 7},
	    {"{\"id\":5,\"msgId\":\"import:s:~0123456789abcdef\"}", 0},
	    {"{\"id\":5,\"msgId\":\"import:s:7x\"}", 0},
	    {"{\"id\":5,\"msgId\":\"import:s:\"}", 0},
	    {"{\"id\":5,\"msgId\":\"import:7\"}", 0},
	    {"{\"id\":\"12345678901234567\"}", 0},
	    {"{\"id\":\"1-2\"}", 0},
	    {"{\"id\":-5}", 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct import_names names;
		struct import import = open_import(&import_ndjson, str_of(cases[i].record));
		assert_int_equal(import_next(&import), IMPORT_RECORD);
		int64_t id = import_known_as(&import, &names);
		expect(id == cases[i].id, "%s: %lld", cases[i].record, (long long)id);
		expect(!id == !names.msg_ids[0].at, "%s", cases[i].record);
		close_import(&import);
	}
}

/* ---- our own CSV ---- */

/* A field of characters that mean something to CSV or to a spreadsheet, from a number. */
static struct str make_field(unsigned *random, char out[8 * 3])
{
	static const char *const pieces[] = {"'", "=", "+", "-", "@", "\t", "\r", "\n", "\"", ",",
	    ";", "a", " ", "＝", "＋", "－", "＠", "é", "\r\n"};
	struct text field = {.at = out, .size = 24, .fixed = true};
	*random = *random * 1103515245 + 12345;
	for (unsigned n = 1 + (*random >> 16) % 7; n > 0; n--) {
		*random = *random * 1103515245 + 12345;
		text_puts(&field, pieces[(*random >> 16) % COUNT(pieces)]);
	}
	return text_str(&field);
}

/* Whether a cell of the CSV begins as a spreadsheet's formula does. */
static bool has_formula(struct str csv)
{
	bool quoted = false, first = true;
	for (size_t i = strlen(CSV_HEAD); i < csv.len; i++) {
		const char *at = csv.at + i;
		if (first && *at == '"') {
			quoted = true;
			at++, i++;
		}
		if (first && ((quoted && strchr("\r\n", *at)) || strchr("=+-@\t", *at) ||
				 strncmp(at, "＝", 3) == 0 || strncmp(at, "＋", 3) == 0 ||
				 strncmp(at, "－", 3) == 0 || strncmp(at, "＠", 3) == 0))
			return true;
		first = !quoted && *at == ',';
		if (quoted && *at == '"' && at[1] == '"')
			i++;
		else if (quoted && *at == '"')
			quoted = false;
	}
	return false;
}

TEST(csv_gives_back_each_text_to_the_byte_and_no_cell_is_a_formula)
{
	unsigned random = 1;
	for (int i = 0; i < 20000; i++) {
		char memory[4][24];
		struct text csv = {0};
		struct store_row row = {.id = 1,
		    .room = str_of("lab"),
		    .nickname = make_field(&random, memory[0]),
		    .text = make_field(&random, memory[1]),
		    .client_id = make_field(&random, memory[2]),
		    .msg_id = make_field(&random, memory[3])};
		text_puts(&csv, CSV_HEAD);
		csv_row(&csv, &row);
		struct import import = {
		    .format = &import_csv, .in = fmemopen(csv.at, csv.len, "r")};
		assert_int_equal(import_next(&import), IMPORT_RECORD);
		const struct str *fields = import.fields;
		expect(str_eq(fields[IMPORT_NICKNAME], row.nickname) &&
			   str_eq(fields[IMPORT_TEXT], row.text) &&
			   str_eq(fields[IMPORT_CLIENT_ID], row.client_id) &&
			   str_eq(fields[IMPORT_MSG_ID], row.msg_id),
		    "%.*s", (int)csv.len, csv.at);
		expect(!has_formula(text_str(&csv)), "%.*s", (int)csv.len, csv.at);
		close_import(&import);
		text_free(&csv);
	}
}

TEST(a_mark_is_taken_off_in_our_own_csv_alone)
{
	struct import import = open_import(&import_csv,
	    BYTES("id,room,nickname,text,clientId,msgId,ts\n1,lab,A,'=1,,,t\n2,lab,A,'x,,,t\n"
		  "3,lab,A,''=1,,,t\n4,lab,A,=1,,,t\n"));
	expect_record(&import, "1", "A", "=1", "t");
	expect_record(&import, "2", "A", "'x", "t");
	expect_record(&import, "3", "A", "'=1", "t");
	expect_record(&import, "4", "A", "=1", "t");
	close_import(&import);
	import = open_import(&import_csv, BYTES("id,nickname,text,ts\n1,A,'=1,t\n"));
	expect_record(&import, "1", "A", "'=1", "t");
	close_import(&import);
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
	    IN_DIR(ndjson_ids_over_64_bits_are_refused),
	    IN_DIR(a_byte_order_mark_is_skipped_in_every_format),
	    IN_DIR(utf_16_is_told_with_a_mark_or_without),
	    IN_DIR(a_cr_before_the_line_end_is_dropped_where_the_head_has_one),
	    IN_DIR(a_file_that_cannot_be_read_says_why),
	    IN_DIR(what_is_broken_says_where_and_why),
	    IN_DIR(a_head_of_more_than_64_columns_is_told),
	    IN_DIR(an_id_becomes_a_msg_id_of_the_source),
	    IN_DIR(an_id_that_is_too_long_for_a_msg_id_becomes_a_digest),
	    IN_DIR(a_record_of_our_export_is_known_by_its_content_as_well),
	    IN_DIR(what_an_id_was_at_home_is_read_out_of_an_imported_msg_id),
	    IN_DIR(csv_gives_back_each_text_to_the_byte_and_no_cell_is_a_formula),
	    IN_DIR(a_mark_is_taken_off_in_our_own_csv_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
