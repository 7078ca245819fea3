/*
 * test_base64url.c: RFC 4648's own examples, and that a text stands for bytes in one way alone.
 */
#include "base/base64url.h"

#include "unit.h"

/* Decodes a copy without a byte to spare. */
static bool decode(const char *text, char *out, size_t size, size_t *length)
{
	size_t n = strlen(text);
	char *copy = malloc(n ? n : 1);
	assert_non_null(copy);
	memcpy(copy, text, n);
	bool good = base64url_decode((struct str){copy, n}, out, size, length);
	free(copy);
	return good;
}

TEST(the_examples_of_rfc_4648_go_both_ways)
{
	static const char *const examples[][2] = {{"", ""}, {"f", "Zg"}, {"fo", "Zm8"},
	    {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
	for (size_t i = 0; i < COUNT(examples); i++) {
		char text[16], bytes[16];
		size_t length;
		base64url_encode(str_of(examples[i][0]), text);
		assert_string_equal(text, examples[i][1]);
		assert_int_equal(strlen(text), BASE64URL_LENGTH(strlen(examples[i][0])));
		expect(decode(examples[i][1], bytes, sizeof(bytes), &length), "%s", examples[i][1]);
		expect_str(((struct str){bytes, length}), examples[i][0]);
	}
}

TEST(the_last_two_letters_are_those_of_urls)
{
	char text[8], bytes[3];
	size_t length;
	base64url_encode(BYTES("\xfb\xff\xbf"), text);
	assert_string_equal(text, "-_-_");
	assert_true(decode("-_-_", bytes, sizeof(bytes), &length));
	assert_memory_equal(bytes, "\xfb\xff\xbf", 3);
	assert_false(decode("+/+/", bytes, sizeof(bytes), &length));
}

TEST(every_byte_is_the_same_again)
{
	char all[256], text[BASE64URL_LENGTH(256) + 1], again[256];
	size_t length;
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	base64url_encode((struct str){all, sizeof(all)}, text);
	assert_true(decode(text, again, sizeof(again), &length));
	assert_int_equal(length, sizeof(all));
	assert_memory_equal(again, all, sizeof(all));
}

TEST(another_way_to_write_the_same_bytes_is_none)
{
	static const char *const bad[] = {"Zg==", "Zm8=", "Zm9vYg==", " Zg", "Zg ", "Zg\n", "Z g",
	    "Zh", "Zm9", "Zm9vY", "Z", "A", "Zm9vA", "Zm9vYmF=", "Zg\xc3", "Zm9v.Zm9v", "Zm9vYmE,"};
	char out[16];
	size_t length;
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(!decode(bad[i], out, sizeof(out), &length), "%s", bad[i]);
	assert_false(base64url_decode(BYTES("Zm\0v"), out, sizeof(out), &length));
	assert_false(base64url_decode(BYTES("Zg\0\0"), out, sizeof(out), &length));
}

TEST(what_has_no_room_is_refused_before_a_byte_is_written)
{
	char out[4] = "xyz";
	size_t length;
	assert_false(decode("Zm9vYg", out, 3, &length));
	assert_string_equal(out, "xyz");
	assert_true(decode("Zm9v", out, 3, &length));
	assert_string_equal(out, "foo");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_examples_of_rfc_4648_go_both_ways),
	    cmocka_unit_test(the_last_two_letters_are_those_of_urls),
	    cmocka_unit_test(every_byte_is_the_same_again),
	    cmocka_unit_test(another_way_to_write_the_same_bytes_is_none),
	    cmocka_unit_test(what_has_no_room_is_refused_before_a_byte_is_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
