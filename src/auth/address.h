/*
 * address.h: whom an address stands for. Behind one of IPv6 is whoever has its /64, in which he
 * takes any other as he likes; so bans and rates count that.
 */
#ifndef CHAT_AUTH_ADDRESS_H
#define CHAT_AUTH_ADDRESS_H

#include "base/str.h"

enum { ADDRESS_MAX = 45 }; /* bytes of an address as text, without the NUL */

/*
 * Writes the one way to write what `address` stands for into `out`: of IPv4 ("192.0.2.1") the same,
 * of IPv4 in IPv6 ("::ffff:192.0.2.1") the IPv4, of IPv6 its /64 with the rest 0
 * ("2001:db8:1:2::", RFC 5952). False, with `out` empty, where it is no address of either kind; one
 * with a zone ("fe80::1%eth0"), a port or a prefix length is none.
 */
bool address_group(struct str address, char out[ADDRESS_MAX + 1]);

#endif
