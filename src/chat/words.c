#include "chat/words.h"

#include "base/utf8.h"

struct range {
	uint32_t first, last;
};

/* Scripts without blanks between words, and symbols: each character is a word. In order. */
static const struct range single[] = {
    {0x00a6, 0x00a6},	/* broken bar; as the next three a symbol beside letters: 20°C */
    {0x00a9, 0x00a9},	/* copyright */
    {0x00ae, 0x00ae},	/* registered */
    {0x00b0, 0x00b0},	/* degree */
    {0x0e00, 0x0eff},	/* Thai, Lao */
    {0x1000, 0x109f},	/* Myanmar */
    {0x1100, 0x11ff},	/* Hangul Jamo */
    {0x1780, 0x17ff},	/* Khmer */
    {0x1950, 0x1aaf},	/* Tai Le, New Tai Lue, Khmer symbols, Buginese, Tai Tham */
    {0x1b00, 0x1b7f},	/* Balinese */
    {0x2100, 0x2bff},	/* letterlike symbols, arrows, technical, shapes, dingbats */
    {0x2e80, 0x31ff},	/* CJK radicals, Kana, Bopomofo, Hangul compatibility Jamo, strokes */
    {0x3200, 0x9fff},	/* enclosed and compatibility CJK, Han */
    {0xa960, 0xa97f},	/* Hangul Jamo extended A */
    {0xa980, 0xa9ff},	/* Javanese, Myanmar extended B */
    {0xaa60, 0xaadf},	/* Myanmar extended A, Tai Viet */
    {0xac00, 0xd7ff},	/* Hangul syllables, Jamo extended B */
    {0xe000, 0xe0ff},	/* emoji that became letters: see fold.h */
    {0xf900, 0xfaff},	/* CJK compatibility ideographs */
    {0xfe00, 0xfe0f},	/* variation selectors: behind an emoji */
    {0xff65, 0xffdc},	/* half-width Katakana and Hangul */
    {0x16f00, 0x18dff}, /* Miao, Tangut, Khitan */
    {0x1aff0, 0x1b2ff}, /* Kana extended and supplement, Nushu */
    {0x1f000, 0x1fbff}, /* tiles, cards, enclosed, emoji */
    {0x20000, 0x3ffff}, /* CJK extensions */
};

/* Blanks and punctuation beyond ASCII that people type alone. In order. */
static const struct range nothing[] = {
    {0x0080, 0x00a5},
    {0x00a7, 0x00a8},
    {0x00ab, 0x00ad},
    {0x00af, 0x00af},
    {0x00b1, 0x00b1},
    {0x00b4, 0x00b4},
    {0x00b6, 0x00b8},
    {0x00bb, 0x00bb},
    {0x00bf, 0x00bf},
    {0x00d7, 0x00d7},
    {0x00f7, 0x00f7},
    {0x2000, 0x206f},
    {0x20a0, 0x20cf},
    {0x3000, 0x3003},
    {0x3008, 0x3011},
    {0x3014, 0x301f},
    {0xfe0e, 0xfe0f},
    {0xfe30, 0xfe6f},
    {0xfeff, 0xfeff},
    {0xff01, 0xff0f},
    {0xff1a, 0xff20},
    {0xff3b, 0xff40},
    {0xff5b, 0xff65},
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t point)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (point > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && point >= ranges[low].first;
}

static bool is_single(uint32_t point)
{
	return point >= single[0].first &&
	       in_ranges(single, sizeof(single) / sizeof(single[0]), point);
}

static bool is_word(uint32_t point)
{
	if (point < 0x80)
		return (point >= '0' && point <= '9') || (point >= 'A' && point <= 'Z') ||
		       (point >= 'a' && point <= 'z');
	return !in_ranges(nothing, sizeof(nothing) / sizeof(nothing[0]), point);
}

/* As utf8_take(), but a space for a byte that is not UTF-8, for NUL, and for what is ours. */
static uint32_t take_point(struct str *s)
{
	uint32_t point = utf8_take(s);
	if (point == UTF8_INVALID)
		*s = (struct str){s->at + 1, s->len - 1};
	return point == UTF8_INVALID || point <= WORDS_END ? ' ' : point;
}

struct str words_split(struct str s, char *out)
{
	size_t n = 0;
	bool gap = false, started = false; /* whether the last one wants a gap after it */
	while (s.len > 0) {
		const char *at = s.at;
		uint32_t point = take_point(&s);
		bool alone = is_single(point);
		if (started && (alone || gap))
			out[n++] = WORDS_GAP;
		if (point == ' ')
			out[n++] = ' ';
		else
			for (; at < s.at; at++)
				out[n++] = *at;
		gap = alone;
		started = true;
	}
	return (struct str){out, n};
}

struct str words_room(struct str room, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < room.len; i++) {
		char c = room.at[i];
		if (c != '-' && c != '_') {
			out[n++] = c;
			continue;
		}
		out[n++] = '\xee';
		out[n++] = c == '-' ? '\x80' : '\x81';
		out[n++] = (char)(0x80 | (c & 0x3f));
	}
	return (struct str){out, n};
}

bool words_any(struct str s)
{
	while (s.len > 0)
		if (is_word(take_point(&s)))
			return true;
	return false;
}

struct str words_take(struct str *s)
{
	struct str word = {s->at, 0};
	while (s->len > 0) {
		struct str rest = *s;
		uint32_t point = take_point(&rest);
		bool in_word = is_word(point), alone = in_word && is_single(point);
		if (word.len > 0 && (!in_word || alone))
			break;
		if (in_word && word.len == 0)
			word.at = s->at;
		if (in_word)
			word.len = (size_t)(rest.at - word.at);
		*s = rest;
		if (alone)
			break;
	}
	return word;
}

size_t words_last(struct str s)
{
	size_t length = 0;
	bool over = true; /* the next character begins a word */
	while (s.len > 0) {
		uint32_t point = take_point(&s);
		if (is_word(point))
			length = is_single(point) ? 0 : over ? 1 : length + 1;
		over = !is_word(point) || is_single(point);
	}
	return length;
}
