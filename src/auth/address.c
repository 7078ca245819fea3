#include "auth/address.h"

#include <arpa/inet.h>

bool address_group(struct str address, char out[ADDRESS_MAX + 1])
{
	char text[ADDRESS_MAX + 1];
	struct in_addr four;
	struct in6_addr six;
	out[0] = '\0';
	if (address.len == 0 || address.len > ADDRESS_MAX || memchr(address.at, '\0', address.len))
		return false;
	memcpy(text, address.at, address.len);
	text[address.len] = '\0';
	if (inet_pton(AF_INET, text, &four) == 1)
		return inet_ntop(AF_INET, &four, out, ADDRESS_MAX + 1);
	if (inet_pton(AF_INET6, text, &six) != 1)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&six))
		return inet_ntop(AF_INET, &six.s6_addr[12], out, ADDRESS_MAX + 1);
	memset(&six.s6_addr[8], 0, 8);
	return inet_ntop(AF_INET6, &six, out, ADDRESS_MAX + 1);
}
