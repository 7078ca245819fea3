/*
 * fnv.h: FNV-1a with 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): a quick digest of bytes,
 * no defence against somebody who wants two to be equal.
 */
#ifndef CHAT_FNV_H
#define CHAT_FNV_H

#include <stdint.h>

#include "base/str.h"

#define FNV_BEGIN 14695981039346656037u

/* The hash of what `hash` stands for, with `s` behind it. */
static inline uint64_t fnv_add(uint64_t hash, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (unsigned char)s.at[i]) * 1099511628211u;
	return hash;
}

#endif
