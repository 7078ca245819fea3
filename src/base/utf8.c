#include "base/utf8.h"

static size_t sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 0;
}

uint32_t utf8_take(struct str *s)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)s->at;
	size_t n = sequence_length(p[0]);
	if (n == 0 || n > s->len)
		return UTF8_INVALID;
	uint32_t point = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return UTF8_INVALID;
		point = point << 6 | (p[i] & 0x3f);
	}
	if (point < least[n - 1] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return UTF8_INVALID;
	s->at += n;
	s->len -= n;
	return point;
}

/* How many bytes of ASCII `s` begins with, eight at a time: mostly that is all of it. */
static size_t ascii_length(struct str s)
{
	size_t n = 0;
	for (uint64_t eight; s.len - n >= sizeof(eight); n += sizeof(eight)) {
		memcpy(&eight, s.at + n, sizeof(eight));
		if (eight & 0x8080808080808080u)
			break;
	}
	while (n < s.len && ((unsigned char)s.at[n] & 0x80) == 0)
		n++;
	return n;
}

ssize_t utf8_count(struct str s)
{
	ssize_t count = 0;
	while (s.len > 0) {
		size_t ascii = ascii_length(s);
		s = (struct str){s.at + ascii, s.len - ascii};
		count += (ssize_t)ascii;
		if (s.len == 0)
			break;
		if (utf8_take(&s) == UTF8_INVALID)
			return -1;
		count++;
	}
	return count;
}

size_t utf8_length(struct str s)
{
	size_t length = 0;
	for (size_t i = 0; i < s.len; i++)
		length += ((unsigned char)s.at[i] & 0xc0) != 0x80;
	return length;
}

bool utf8_is_space(uint32_t point)
{
	return (point >= 0x09 && point <= 0x0d) || point == 0x20 || point == 0xa0 ||
	       point == 0x1680 || (point >= 0x2000 && point <= 0x200a) || point == 0x2028 ||
	       point == 0x2029 || point == 0x202f || point == 0x205f || point == 0x3000 ||
	       point == 0xfeff;
}

bool utf8_is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x2028 ||
	       point == 0x2029;
}

bool utf8_is_bidi_control(uint32_t point)
{
	return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

static bool is_unseen(uint32_t point)
{
	/* Default_Ignorable_Code_Point of Unicode, the controls, and the blank of braille. */
	static const uint32_t ranges[][2] = {
	    {0x00, 0x20},
	    {0x7f, 0x9f},
	    {0xad, 0xad},
	    {0x34f, 0x34f},
	    {0x61c, 0x61c},
	    {0x115f, 0x1160},
	    {0x17b4, 0x17b5},
	    {0x180b, 0x180f},
	    {0x200b, 0x200f},
	    {0x202a, 0x202e},
	    {0x2060, 0x206f},
	    {0x2800, 0x2800},
	    {0x3164, 0x3164},
	    {0xfe00, 0xfe0f},
	    {0xffa0, 0xffa0},
	    {0xfff0, 0xfff8},
	    {0x1bca0, 0x1bca3},
	    {0x1d173, 0x1d17a},
	    {0xe0000, 0xe0fff},
	};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (point >= ranges[i][0] && point <= ranges[i][1])
			return true;
	return utf8_is_space(point);
}

bool utf8_is_visible(struct str s)
{
	while (s.len > 0)
		if (!is_unseen(utf8_take(&s)))
			return true;
	return false;
}

bool utf8_turns(struct str s)
{
	while (s.len > 0)
		if (utf8_is_bidi_control(utf8_take(&s)))
			return true;
	return false;
}

struct str utf8_trim(struct str s)
{
	for (struct str rest = s; s.len > 0 && utf8_is_space(utf8_take(&rest));)
		s = rest;
	while (s.len > 0) {
		size_t last = s.len - 1;
		while (last > 0 && ((unsigned char)s.at[last] & 0xc0) == 0x80)
			last--;
		struct str tail = {s.at + last, s.len - last};
		if (!utf8_is_space(utf8_take(&tail)))
			break;
		s.len = last;
	}
	return s;
}
