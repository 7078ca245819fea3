#include "base/base64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_encode(struct str bytes, char *out)
{
	unsigned bits = 0;
	int held = 0; /* how many of the bits are still to be written */
	for (size_t i = 0; i < bytes.len; i++) {
		bits = bits << 8 | (unsigned char)bytes.at[i];
		for (held += 8; held >= 6; held -= 6)
			*out++ = alphabet[bits >> (held - 6) & 63];
	}
	if (held > 0)
		*out++ = alphabet[bits << (6 - held) & 63];
	*out = '\0';
}

/* The six bits that `c` stands for, or -1. */
static int value_of(char c)
{
	const char *found = c ? strchr(alphabet, c) : NULL;
	return found ? (int)(found - alphabet) : -1;
}

bool base64url_decode(struct str text, char *out, size_t size, size_t *length)
{
	unsigned bits = 0;
	int held = 0;
	*length = text.len * 3 / 4;
	if (text.len % 4 == 1 || *length > size)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int six = value_of(text.at[i]);
		if (six < 0)
			return false;
		bits = bits << 6 | (unsigned)six;
		held += 6;
		if (held >= 8)
			*out++ = (char)(bits >> (held -= 8) & 255);
	}
	return (bits & ((1u << held) - 1)) == 0;
}
