#include "logger/redelivery.h"

#include "base/fnv.h"

/* A mark that has not been acknowledged on this connection cannot be settled by it. */
#define NOT_YET UINT64_MAX

uint64_t redelivery_digest(struct str topic, struct str payload)
{
	/* A topic holds no NUL, so one stands between the two. */
	uint64_t hash = fnv_add(fnv_add(FNV_BEGIN, topic), (struct str){"", 1});
	return fnv_add(hash, payload);
}

/* Leaves the marks that `stays` says, in their order. */
static void filter(
    struct redelivery *r, bool (*stays)(const struct redelivery_mark *, uint64_t), uint64_t batch)
{
	size_t left = 0;
	for (size_t i = 0; i < r->count; i++)
		if (stays(&r->marks[i], batch))
			r->marks[left++] = r->marks[i];
	r->count = left;
}

static bool acknowledged_here(const struct redelivery_mark *mark, uint64_t batch)
{
	(void)batch;
	return mark->batch != NOT_YET;
}

static bool later_than(const struct redelivery_mark *mark, uint64_t batch)
{
	return mark->batch > batch;
}

void redelivery_begin(struct redelivery *r, bool session_resumed)
{
	if (!session_resumed)
		r->count = 0;
	for (size_t i = 0; i < r->count; i++)
		r->marks[i].batch = NOT_YET;
	r->repeating = r->count > 0;
}

static struct redelivery_mark *lookup(struct redelivery *r, uint16_t packet_id, uint64_t digest)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->marks[i].packet_id == packet_id && r->marks[i].digest == digest &&
		    r->marks[i].batch == NOT_YET)
			return &r->marks[i];
	return NULL;
}

void redelivery_end(struct redelivery *r)
{
	if (!r->repeating)
		return;
	r->repeating = false;
	filter(r, acknowledged_here, 0);
}

const struct redelivery_mark *redelivery_find(
    struct redelivery *r, uint16_t packet_id, uint64_t digest, uint64_t batch)
{
	if (!r->repeating)
		return NULL;
	struct redelivery_mark *mark = lookup(r, packet_id, digest);
	if (mark) {
		mark->batch = batch;
		return mark;
	}
	redelivery_end(r);
	return NULL;
}

void redelivery_copy(struct redelivery *to, const struct redelivery *from)
{
	memcpy(to->marks, from->marks, from->count * sizeof(from->marks[0]));
	to->count = from->count;
	to->repeating = from->repeating;
}

void redelivery_add(struct redelivery *r, struct redelivery_mark mark)
{
	if (r->count == REDELIVERY_MARKS_MAX) {
		r->count /= 2;
		memmove(&r->marks[0], &r->marks[REDELIVERY_MARKS_MAX - r->count],
		    r->count * sizeof(r->marks[0]));
	}
	r->marks[r->count++] = mark;
}

void redelivery_settle(struct redelivery *r, uint64_t batch)
{
	filter(r, later_than, batch);
}

/* ---- bytes, little-endian ---- */

static unsigned char *put_number(unsigned char *out, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		*out++ = (unsigned char)(value >> (8 * i));
	return out;
}

static const unsigned char *get_number(const unsigned char *in, uint64_t *value, int bytes)
{
	*value = 0;
	for (int i = 0; i < bytes; i++)
		*value |= (uint64_t)*in++ << (8 * i);
	return in;
}

size_t redelivery_encode(const struct redelivery *r, unsigned char out[REDELIVERY_NOTE_MAX])
{
	unsigned char *end = out;
	for (size_t i = 0; i < r->count; i++) {
		end = put_number(end, r->marks[i].packet_id, 2);
		end = put_number(end, r->marks[i].digest, 8);
		end = put_number(end, (uint64_t)r->marks[i].id, 8);
		end = put_number(end, (uint64_t)r->marks[i].ts, 8);
	}
	return (size_t)(end - out);
}

void redelivery_decode(struct redelivery *r, struct str note)
{
	const unsigned char *in = (const unsigned char *)note.at;
	r->count = 0;
	for (size_t left = note.len;
	     left >= REDELIVERY_MARK_SIZE && r->count < REDELIVERY_MARKS_MAX;
	     left -= REDELIVERY_MARK_SIZE) {
		uint64_t packet_id, digest, id, ts;
		in = get_number(in, &packet_id, 2);
		in = get_number(in, &digest, 8);
		in = get_number(in, &id, 8);
		in = get_number(in, &ts, 8);
		r->marks[r->count++] = (struct redelivery_mark){
		    (uint16_t)packet_id, digest, (int64_t)id, (int64_t)ts, NOT_YET};
	}
}
