#include "chat/fold.h"

#include <pthread.h>
#include <utf8proc.h>

#include "base/utf8.h"

enum {
	POINT_MAX = 32,	     /* code points that one becomes; U+FDFA has the most, 18 */
	SEGMENT_MAX = 32,    /* code points that are ordered and put together with each other */
	TABLE_END = 0x700,   /* Latin to Arabic: what they become is looked up */
	TABLE_BYTES = 7,     /* that such a one becomes */
	NOT_IN_TABLE = 0xff, /* it becomes more */
};

struct folding {
	struct str in; /* what is left */
	const char *begin;
	char *out;
	size_t len, size;
	bool full;
	uint16_t *origin;
	size_t at;		      /* where the character begins that is folded now */
	int32_t segment[SEGMENT_MAX]; /* a base and what may combine with it */
	int classes[SEGMENT_MAX];     /* of combining, of these */
	size_t count, from;	      /* how many, and where the first of them begins */
};

struct range {
	int32_t first, last;
};

/* Emoji with a compatibility form. In order, as the next. */
static const struct range as_they_are[] = {
    {0x2122, 0x2122},
    {0x2139, 0x2139},
    {0x24c2, 0x24c2},
    {0x3297, 0x3297},
    {0x3299, 0x3299},
    {0x1f201, 0x1f202},
    {0x1f21a, 0x1f21a},
    {0x1f22f, 0x1f22f},
    {0x1f232, 0x1f23a},
    {0x1f250, 0x1f251},
};

/* Emoji that the tokenizer would leave out. */
static const struct range as_letters[] = {
    {0x203c, 0x203c},
    {0x2049, 0x2049},
    {0x2194, 0x2194},
    {0x25fb, 0x25fe},
    {0x2934, 0x2935},
    {0x3030, 0x3030},
    {0x303d, 0x303d},
};

/* Letters without a decomposition that people look for by another one. */
static const struct {
	int32_t letter;
	const char *as;
} as_latin[] = {{0xe6, "ae"}, {0xf0, "d"}, {0xf8, "o"}, {0x111, "d"}, {0x127, "h"}, {0x131, "i"},
    {0x142, "l"}, {0x153, "oe"}, {0x167, "t"}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct known {
	uint8_t length; /* 0: it is left out */
	char bytes[TABLE_BYTES];
} table[TABLE_END];

/* ---- one code point ---- */

static bool in_ranges(const struct range *ranges, size_t count, int32_t point)
{
	if (point > ranges[count - 1].last)
		return false;
	for (size_t i = 0; i < count && point >= ranges[i].first; i++)
		if (point <= ranges[i].last)
			return true;
	return false;
}

static int32_t as_letter(int32_t point)
{
	return in_ranges(as_letters, COUNT(as_letters), point) ? 0xe000 | (point & 0xff) : point;
}

static bool is_dropped_class(int class)
{
	return class == 1 || (class >= 10 && class <= 36) || (class >= 200 && class <= 240);
}

static bool is_dropped(int32_t point)
{
	return point == 0x640 || is_dropped_class(utf8proc_get_property(point)->combining_class);
}

static size_t decompose(int32_t point, int options, int32_t out[POINT_MAX])
{
	int boundary = 0;
	options |= UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_IGNORE;
	utf8proc_ssize_t count =
	    utf8proc_decompose_char(point, out, POINT_MAX, (utf8proc_option_t)options, &boundary);
	return count < 0 ? 0 : count > POINT_MAX ? POINT_MAX : (size_t)count;
}

/* Puts a folded code point, or what people type for it; `out` has room for two. */
static size_t put_point(int32_t point, int32_t *out)
{
	size_t count = 0;
	for (size_t i = 0; i < COUNT(as_latin) && point < TABLE_END; i++)
		for (const char *as = as_latin[i].as; as_latin[i].letter == point && *as; as++)
			out[count++] = (unsigned char)*as;
	if (count == 0)
		out[count++] = as_letter(point);
	return count;
}

/* Marks go before the case is folded, too, which makes a letter of the iota below (U+0345). */
static size_t fold_parts(int32_t point, int32_t out[POINT_MAX])
{
	int32_t parts[POINT_MAX], folded[POINT_MAX];
	size_t count = 0, part_count = decompose(point, 0, parts);
	for (size_t i = 0; i < part_count; i++) {
		if (is_dropped(parts[i]))
			continue;
		size_t folded_count = decompose(parts[i], UTF8PROC_CASEFOLD, folded);
		for (size_t j = 0; j < folded_count && count + 2 <= POINT_MAX; j++)
			if (!is_dropped(folded[j]))
				count += put_point(folded[j], out + count);
	}
	return count;
}

/* What a code point becomes, before it is put together with others; returns how many there are. */
static size_t fold_point(int32_t point, int32_t out[POINT_MAX])
{
	/* U+FEFF is a space at the ends of a text and in a query, and so within a text. */
	out[0] = point == 0xfeff ? ' ' : as_letter(point);
	bool is_syllable = point >= 0xac00 && point <= 0xd7a3;
	if (out[0] != point || is_syllable || in_ranges(as_they_are, COUNT(as_they_are), point))
		return 1;
	return fold_parts(point, out);
}

static void fill_table(void)
{
	for (int32_t point = 0; point < TABLE_END; point++) {
		utf8proc_uint8_t bytes[4 * POINT_MAX] = {0};
		int32_t points[POINT_MAX];
		size_t length = 0, count = fold_point(point, points);
		for (size_t i = 0; i < count; i++)
			length += (size_t)utf8proc_encode_char(points[i], bytes + length);
		table[point].length = length <= TABLE_BYTES ? (uint8_t)length : NOT_IN_TABLE;
		if (length <= TABLE_BYTES)
			memcpy(table[point].bytes, bytes, length);
	}
}

/* ---- a text ---- */

static void put_bytes(struct folding *f, const char *bytes, size_t length, size_t from)
{
	if (f->full || length > f->size - f->len) {
		f->full = true;
		return;
	}
	for (size_t i = 0; i < length; i++)
		f->out[f->len + i] = bytes[i];
	for (size_t i = 0; i < length && f->origin; i++)
		f->origin[f->len + i] = (uint16_t)from;
	f->len += length;
}

static void put_segment(struct folding *f)
{
	size_t count = f->count;
	if (count > 1) {
		utf8proc_ssize_t composed = utf8proc_normalize_utf32(
		    f->segment, (utf8proc_ssize_t)count, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
		count = composed > 0 ? (size_t)composed : 0;
	}
	for (size_t i = 0; i < count; i++) {
		utf8proc_uint8_t bytes[4];
		size_t length = (size_t)utf8proc_encode_char(f->segment[i], bytes);
		put_bytes(f, (const char *)bytes, length, f->from);
	}
	f->count = 0;
}

/* Whether it may combine with what stands before it: a mark, or a vowel or final of Jamo. */
static bool joins(int32_t point, const utf8proc_property_t *property)
{
	return property->combining_class || (point >= 0x1160 && point <= 0x11ff) ||
	       (property->category >= UTF8PROC_CATEGORY_MN &&
		   property->category <= UTF8PROC_CATEGORY_ME);
}

/* Adds a code point to the segment, in canonical order; or ends that one, and begins another. */
static void take_folded(struct folding *f, int32_t point, const utf8proc_property_t *property)
{
	if (f->count == SEGMENT_MAX || !joins(point, property))
		put_segment(f);
	if (f->count == 0)
		f->from = f->at;
	int class = property->combining_class;
	size_t i = f->count++;
	for (; class && i > 0 && f->classes[i - 1] > class; i--) {
		f->segment[i] = f->segment[i - 1];
		f->classes[i] = f->classes[i - 1];
	}
	f->segment[i] = point;
	f->classes[i] = class;
}

/* Whether it stays what it is, which is so for most of what is not in the table. */
static bool is_folded(int32_t point, const utf8proc_property_t *property)
{
	return property->decomp_seqindex == UINT16_MAX &&
	       property->casefold_seqindex == UINT16_MAX && !property->ignorable &&
	       !is_dropped_class(property->combining_class) && as_letter(point) == point;
}

static bool at_ascii(const struct folding *f)
{
	return f->in.len > 0 && ((unsigned char)f->in.at[0] & 0x80) == 0;
}

/* Each becomes one byte, and nothing combines with what it becomes. */
static void take_ascii(struct folding *f)
{
	put_segment(f);
	const char *in = f->in.at;
	char *out = f->out + f->len;
	size_t n = 0, room = f->size - f->len, most = f->in.len < room ? f->in.len : room;
	for (; n < most && !f->full && ((unsigned char)in[n] & 0x80) == 0; n++)
		out[n] = table[(unsigned char)in[n]].bytes[0];
	for (size_t i = 0; i < n && f->origin; i++)
		f->origin[f->len + i] = (uint16_t)(in - f->begin + i);
	f->in = (struct str){in + n, f->in.len - n};
	f->len += n;
	f->full = f->full || at_ascii(f);
}

/* What a character of two bytes becomes; NULL where `s` begins with none, or the table has it not.
 */
static const struct known *find_known(struct str s)
{
	const unsigned char *bytes = (const unsigned char *)s.at;
	if (s.len < 2 || bytes[0] < 0xc2 || bytes[0] >= 0xc0 + TABLE_END / 64 ||
	    (bytes[1] & 0xc0) != 0x80)
		return NULL;
	const struct known *known = &table[(bytes[0] & 0x1f) << 6 | (bytes[1] & 0x3f)];
	return known->length == NOT_IN_TABLE ? NULL : known;
}

/* With these nothing combines, either: the marks that would are left out, and do not end a segment.
 */
static void take_known(struct folding *f)
{
	const struct known *known;
	while (!f->full && (known = find_known(f->in)) != NULL) {
		if (known->length > 0 && f->count > 0)
			put_segment(f);
		put_bytes(f, known->bytes, known->length, (size_t)(f->in.at - f->begin));
		f->in = (struct str){f->in.at + 2, f->in.len - 2};
	}
}

static void take_other(struct folding *f)
{
	f->at = (size_t)(f->in.at - f->begin);
	uint32_t taken = utf8_take(&f->in);
	int32_t point = taken == UTF8_INVALID ? ' ' : (int32_t)taken;
	if (taken == UTF8_INVALID)
		f->in = (struct str){f->in.at + 1, f->in.len - 1};
	const utf8proc_property_t *property = utf8proc_get_property(point);
	if (is_folded(point, property)) {
		take_folded(f, point, property);
		return;
	}
	int32_t points[POINT_MAX];
	size_t count = fold_point(point, points);
	for (size_t i = 0; i < count; i++)
		take_folded(f, points[i], utf8proc_get_property(points[i]));
}

struct str fold(struct str s, char *out, size_t size, uint16_t *origin)
{
	static pthread_once_t filled = PTHREAD_ONCE_INIT;
	struct folding f = {.in = s, .begin = s.at, .out = out, .size = size, .origin = origin};
	pthread_once(&filled, fill_table);
	while (f.in.len > 0 && !f.full) {
		if (at_ascii(&f))
			take_ascii(&f);
		else if (find_known(f.in))
			take_known(&f);
		else
			take_other(&f);
	}
	put_segment(&f);
	if (origin)
		origin[f.len] = (uint16_t)(f.in.at - f.begin);
	return (struct str){out, f.len};
}

const char *fold_version(void)
{
	return utf8proc_unicode_version();
}
