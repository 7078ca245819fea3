/* test_json.c: what goes out is the JSON of the contract, and holds what was put in. */
#include "output/json.h"

#include <json-c/json.h>

#include "unit.h"

static const struct store_row row = {
    .id = 7,
    .ts = 1795455665123,
    .room = {"lab", 3},
    .nickname = {"Ann", 3},
    .text = {"Hi", 2},
    .client_id = {"c1", 2},
    .msg_id = {"m1", 2},
};

static void expect_text(struct json_text text, const char *expected)
{
	char found[1024] = "(no text)";
	if (text.at.at)
		snprintf(found, sizeof(found), "%.*s", (int)text.at.len, text.at.at);
	json_text_free(&text);
	expect(strcmp(found, expected) == 0, "%s", found);
}

static struct json_list *list_of(const struct store_row *rows, size_t count)
{
	struct json_list *list = json_list_open();
	assert_non_null(list);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(json_list_add_row(list, &rows[i]), 0);
	return list;
}

TEST(a_list_of_nothing_is_an_empty_array)
{
	expect_text(json_list_close(json_list_open()), "[]");
}

TEST(a_row_has_the_members_of_the_contract)
{
	expect_text(json_list_close(list_of(&row, 1)),
	    "[{\"id\":7,\"room\":\"lab\",\"nickname\":\"Ann\",\"text\":\"Hi\","
	    "\"clientId\":\"c1\",\"msgId\":\"m1\",\"ts\":\"2026-11-23T17:41:05.123Z\"}]");
}

TEST(an_absent_id_is_null)
{
	struct store_row device = row;
	device.client_id = device.msg_id = (struct str){NULL, 0};
	expect_text(json_list_close(list_of(&device, 1)),
	    "[{\"id\":7,\"room\":\"lab\",\"nickname\":\"Ann\",\"text\":\"Hi\","
	    "\"clientId\":null,\"msgId\":null,\"ts\":\"2026-11-23T17:41:05.123Z\"}]");
}

TEST(rows_stand_in_the_order_in_which_they_were_added)
{
	struct store_row rows[] = {row, row, row};
	for (int i = 0; i < 3; i++)
		rows[i].id = 9 - i;
	struct json_text text = json_list_close(list_of(rows, 3));
	struct json_object *array = json_tokener_parse(text.at.at);
	for (size_t i = 0; i < 3; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);
		int id = json_object_get_int(json_object_object_get(item, "id"));
		expect(id == 9 - (int)i, "place %zu has %d", i, id);
	}
	json_object_put(array);
	json_text_free(&text);
}

TEST(the_greatest_id_of_the_contract_is_exact)
{
	struct store_row last = row;
	last.id = 9007199254740991;
	struct json_text text = json_list_close(list_of(&last, 1));
	bool exact = strstr(text.at.at, "{\"id\":9007199254740991,") != NULL;
	json_text_free(&text);
	assert_true(exact);
}

/* Whether a text is the same after it was rendered and read again. */
static void expect_round_trip(struct str text)
{
	struct store_row one = row;
	one.text = text;
	struct json_text rendered = json_list_close(list_of(&one, 1));
	struct json_object *array = json_tokener_parse(rendered.at.at);
	struct json_object *item = json_object_array_get_idx(array, 0);
	struct json_object *value = json_object_object_get(item, "text");
	struct str read = {
	    json_object_get_string(value), (size_t)json_object_get_string_len(value)};
	bool same = str_eq(read, text) && strlen(rendered.at.at) == rendered.at.len;
	json_object_put(array);
	json_text_free(&rendered);
	expect(same, "'%.*s' became something else", (int)text.len, text.at);
}

TEST(any_text_comes_out_as_it_went_in)
{
	static const struct str texts[] = {
	    BYTES("\"quotes\" and \\ and /"),
	    BYTES("line\nline\r\n\ttab"),
	    BYTES("</script><img src=x onerror=alert(1)>"),
	    BYTES("Zoë 日本 😀 \xe2\x80\xa8 \xe2\x80\xa9 \xef\xbb\xbf"),
	    BYTES("\x01\x02\x1b[31m\x1f\x7f"),
	    BYTES("{\"text\":null}"),
	    BYTES("%s %n %%"),
	};
	for (size_t i = 0; i < COUNT(texts); i++)
		expect_round_trip(texts[i]);
}

/* json-c's own rendering of the same string. */
static bool same_as_json_c(struct str text)
{
	struct text out = {0};
	struct store_row one = row;
	struct json_object *string = json_object_new_string_len(text.at, (int)text.len);
	char expected[400];
	one.text = text;
	json_put_row(&out, &one);
	text_put(&out, (struct str){"", 1});
	snprintf(expected, sizeof(expected), ",\"text\":%s,\"clientId\":",
	    json_object_to_json_string_ext(
		string, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	bool same = strstr(out.at, expected) != NULL;
	json_object_put(string);
	text_free(&out);
	return same;
}

TEST(each_character_is_written_as_json_c_writes_it)
{
	for (int c = 0; c < 256; c++) {
		char bytes[] = {'a', (char)c, 'b', (char)c, (char)c};
		expect(same_as_json_c((struct str){bytes, sizeof(bytes)}), "character %d", c);
		expect(same_as_json_c((struct str){bytes + 1, 1}), "character %d alone", c);
	}
	assert_true(same_as_json_c(BYTES("")));
}

TEST(a_text_is_no_longer_than_its_length_says)
{
	struct store_row one = row;
	one.text = (struct str){"Hi there", 2};
	struct json_text text = json_list_close(list_of(&one, 1));
	bool cut = strstr(text.at.at, "\"text\":\"Hi\"") != NULL;
	json_text_free(&text);
	assert_true(cut);
}

TEST(control_characters_never_go_out_raw)
{
	struct store_row one = row;
	one.text = BYTES("a\nb\x1b");
	struct json_text text = json_list_close(list_of(&one, 1));
	bool raw = memchr(text.at.at, '\n', text.at.len) || memchr(text.at.at, 0x1b, text.at.len);
	json_text_free(&text);
	assert_false(raw);
}

static struct store_entry entry(const char *client_id, const char *msg_id)
{
	return (struct store_entry){
	    .id = 8,
	    .ts = 1795455665123,
	    .fault = MESSAGE_BAD_TEXT,
	    .message = {.client_id = str_of(client_id), .msg_id = str_of(msg_id)},
	};
}

TEST(a_receipt_has_the_members_of_the_contract)
{
	struct store_entry known = entry("c1", "m1"), unknown = entry(NULL, NULL);
	struct json_list *list = json_list_open();
	assert_int_equal(json_list_add_receipt(list, &known), 0);
	assert_int_equal(json_list_add_receipt(list, &unknown), 0);
	expect_text(json_list_close(list),
	    "[{\"id\":8,\"msgId\":\"m1\",\"clientId\":\"c1\",\"ts\":\"2026-11-23T17:41:05.123Z\"},"
	    "{\"id\":8,\"msgId\":null,\"clientId\":null,\"ts\":\"2026-11-23T17:41:05.123Z\"}]");
}

TEST(a_rejection_has_the_members_of_the_contract)
{
	struct store_entry known = entry("c1", "m1");
	expect_text(json_rejection(&known),
	    "{\"msgId\":\"m1\",\"clientId\":\"c1\","
	    "\"reason\":\"text must be a string of 1 to 4000 characters\"}");
}

TEST(a_rejection_without_ids_has_nulls)
{
	struct store_entry unknown = entry(NULL, NULL);
	unknown.fault = MESSAGE_BAD_UTF8;
	expect_text(json_rejection(&unknown),
	    "{\"msgId\":null,\"clientId\":null,\"reason\":\"the payload is not UTF-8\"}");
}

TEST(an_error_has_a_code_and_a_message)
{
	expect_text(json_error("bad_limit", "limit must be \"1\" to 200"),
	    "{\"error\":{\"code\":\"bad_limit\",\"message\":\"limit must be \\\"1\\\" to 200\"}}");
}

TEST(no_list_gives_no_text)
{
	struct json_text text = json_list_close(NULL);
	assert_null(text.at.at);
	json_text_free(&text);
}

TEST(a_text_can_be_freed_twice)
{
	struct json_text text = json_error("a", "b");
	json_text_free(&text);
	json_text_free(&text);
	assert_null(text.at.at);
}

TEST(time_is_rfc_3339_with_milliseconds_in_utc)
{
	static const struct {
		int64_t ts;
		const char *text;
	} cases[] = {
	    {0, "1970-01-01T00:00:00.000Z"},
	    {1, "1970-01-01T00:00:00.001Z"},
	    {999, "1970-01-01T00:00:00.999Z"},
	    {1000, "1970-01-01T00:00:01.000Z"},
	    {-1, "1969-12-31T23:59:59.999Z"},
	    {-1000, "1969-12-31T23:59:59.000Z"},
	    {951782400050, "2000-02-29T00:00:00.050Z"},
	    {1709251199999, "2024-02-29T23:59:59.999Z"},
	    {1795455665123, "2026-11-23T17:41:05.123Z"},
	    {2147483648000, "2038-01-19T03:14:08.000Z"},
	    {253402300799999, "9999-12-31T23:59:59.999Z"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[JSON_TS_SIZE];
		json_ts(text, cases[i].ts);
		expect(strcmp(text, cases[i].text) == 0, "%s and not %s", text, cases[i].text);
	}
}

TEST(time_does_not_depend_on_the_time_zone)
{
	char text[JSON_TS_SIZE];
	setenv("TZ", "Asia/Kathmandu", 1);
	json_ts(text, 0);
	unsetenv("TZ");
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
}

TEST(times_out_of_all_bounds_stay_in_their_place)
{
	static const int64_t times[] = {INT64_MAX, -9007199254740991};
	for (size_t i = 0; i < COUNT(times); i++) {
		char text[JSON_TS_SIZE];
		json_ts(text, times[i]);
		expect(strlen(text) < JSON_TS_SIZE, "%lld", (long long)times[i]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_list_of_nothing_is_an_empty_array),
	    cmocka_unit_test(a_row_has_the_members_of_the_contract),
	    cmocka_unit_test(an_absent_id_is_null),
	    cmocka_unit_test(rows_stand_in_the_order_in_which_they_were_added),
	    cmocka_unit_test(the_greatest_id_of_the_contract_is_exact),
	    cmocka_unit_test(any_text_comes_out_as_it_went_in),
	    cmocka_unit_test(each_character_is_written_as_json_c_writes_it),
	    cmocka_unit_test(a_text_is_no_longer_than_its_length_says),
	    cmocka_unit_test(control_characters_never_go_out_raw),
	    cmocka_unit_test(a_receipt_has_the_members_of_the_contract),
	    cmocka_unit_test(a_rejection_has_the_members_of_the_contract),
	    cmocka_unit_test(a_rejection_without_ids_has_nulls),
	    cmocka_unit_test(an_error_has_a_code_and_a_message),
	    cmocka_unit_test(no_list_gives_no_text),
	    cmocka_unit_test(a_text_can_be_freed_twice),
	    cmocka_unit_test(time_is_rfc_3339_with_milliseconds_in_utc),
	    cmocka_unit_test(time_does_not_depend_on_the_time_zone),
	    cmocka_unit_test(times_out_of_all_bounds_stay_in_their_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
