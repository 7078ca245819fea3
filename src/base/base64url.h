/*
 * base64url.h: bytes as text that needs no escape in JSON, a header or an address: RFC 4648
 * section 5, without padding.
 */
#ifndef CHAT_BASE64URL_H
#define CHAT_BASE64URL_H

#include "base/str.h"

/* How many characters `bytes` bytes take: a constant where `bytes` is one. */
#define BASE64URL_LENGTH(bytes) (((bytes)*4 + 2) / 3)

/*
 * Writes `bytes` into `out` as BASE64URL_LENGTH(bytes.len) characters and a NUL, which `out` must
 * have room for.
 */
void base64url_encode(struct str bytes, char *out);

/*
 * Writes the bytes that `text` stands for into `out`, which has room for `size`, and their number
 * into *length. False, with `out` in any state, where they are more than `size`, or `text` is not
 * what base64url_encode() makes of some bytes: it has padding, white space or another character
 * that is not of the alphabet, one character too many, or bits after the last byte that are not 0.
 * No text stands for no bytes.
 */
bool base64url_decode(struct str text, char *out, size_t size, size_t *length);

#endif
