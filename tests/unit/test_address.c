/*
 * test_address.c: which addresses count as one.
 */
#include "auth/address.h"

#include "unit.h"

static void expect_group(const char *address, const char *expected)
{
	char out[ADDRESS_MAX + 1] = "x";
	bool is_one = address_group(str_of(address), out);
	expect(is_one == (expected[0] != '\0') && strcmp(out, expected) == 0,
	    "%s is '%s' and not '%s'", address, out, expected);
}

TEST(an_address_of_ipv4_stands_for_itself)
{
	expect_group("192.0.2.1", "192.0.2.1");
	expect_group("0.0.0.0", "0.0.0.0");
	expect_group("255.255.255.255", "255.255.255.255");
}

TEST(ipv4_in_ipv6_is_ipv4)
{
	expect_group("::ffff:192.0.2.1", "192.0.2.1");
	expect_group("::FFFF:c000:0201", "192.0.2.1");
	expect_group("0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1");
}

TEST(an_address_of_ipv6_stands_for_its_64_bits)
{
	expect_group("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
	expect_group("2001:DB8:1:2::", "2001:db8:1:2::");
	expect_group("2001:0db8:0001:0002:0000:0000:0000:0001", "2001:db8:1:2::");
	expect_group("2001:db8::1", "2001:db8::");
	expect_group("::1", "::");
	expect_group("::1:2:3:4:5", "0:0:0:1::");
	expect_group("fe80::1", "fe80::");
	expect_group("64:ff9b::192.0.2.1", "64:ff9b::");
	expect_group("0000:0000:0000:0000:0000:ffff:255.255.255.255", "255.255.255.255");
}

TEST(the_group_stands_for_itself)
{
	static const char *const all[] = {
	    "192.0.2.1", "2001:db8:1:2::", "2001:db8::", "::", "0:0:0:1::"};
	for (size_t i = 0; i < COUNT(all); i++)
		expect_group(all[i], all[i]);
}

TEST(what_is_no_address_is_told)
{
	static const char *const bad[] = {"", " ", "x", "@ann", "1.2.3", "1.2.3.4.5", "256.0.0.1",
	    "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "10.0.0.0/8", "[::1]", "::1%eth0",
	    ":::", "1:2:3:4:5:6:7", "g::", "unix:", "localhost", "2001:db8::/64",
	    "0000:0000:0000:0000:0000:ffff:255.255.255.2555"};
	for (size_t i = 0; i < COUNT(bad); i++)
		expect_group(bad[i], "");
	char out[ADDRESS_MAX + 1];
	assert_false(address_group(BYTES("1.2.3.4\0"), out));
	assert_false(address_group((struct str){NULL, 0}, out));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_of_ipv4_stands_for_itself),
	    cmocka_unit_test(ipv4_in_ipv6_is_ipv4),
	    cmocka_unit_test(an_address_of_ipv6_stands_for_its_64_bits),
	    cmocka_unit_test(the_group_stands_for_itself),
	    cmocka_unit_test(what_is_no_address_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
