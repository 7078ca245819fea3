#include "auth/bucket.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/fnv.h"

#define NS_PER_MS 1000000
#define NS_PER_S 1000000000

enum { NONE = -1 };

/* A bucket is one time: when it will be full. The longer until then, the less there is in it. */
struct bucket {
	int64_t full_at;  /* ns */
	int older, newer; /* by their last use; NONE at the ends */
	int next;	  /* in the same slot, or NONE */
	unsigned slot;
	size_t length;
	char key[BUCKET_KEY_MAX];
};

struct buckets {
	int64_t each;  /* ns until one flows in */
	int64_t whole; /* ns until an empty bucket is full */
	int64_t now;   /* ns; never goes back */
	uint64_t seed; /* so that nobody outside knows which keys share a slot */
	unsigned capacity, used;
	int oldest, newest;
	int *slots; /* as many as buckets: the first one in each, or NONE */
	struct bucket all[];
};

struct buckets *buckets_new(double per_second, unsigned burst, unsigned capacity)
{
	struct buckets *b = calloc(1, sizeof(*b) + capacity * sizeof(b->all[0]));
	int *slots = malloc(capacity * sizeof(*slots));
	if (!b || !slots) {
		free(b);
		free(slots);
		return NULL;
	}
	b->each = (int64_t)(NS_PER_S / per_second);
	b->whole = b->each * burst;
	b->capacity = capacity;
	b->oldest = b->newest = NONE;
	b->slots = slots;
	for (unsigned i = 0; i < capacity; i++)
		slots[i] = NONE;
	if (getrandom(&b->seed, sizeof(b->seed), GRND_NONBLOCK) < 0)
		b->seed = (uintptr_t)b;
	return b;
}

void buckets_free(struct buckets *buckets)
{
	if (buckets)
		free(buckets->slots);
	free(buckets);
}

/* ---- the order of their last use ---- */

static void unlink_use(struct buckets *b, int i)
{
	struct bucket *it = &b->all[i];
	*(it->older == NONE ? &b->oldest : &b->all[it->older].newer) = it->newer;
	*(it->newer == NONE ? &b->newest : &b->all[it->newer].older) = it->older;
}

static void link_newest(struct buckets *b, int i)
{
	b->all[i].older = b->newest;
	b->all[i].newer = NONE;
	*(b->newest == NONE ? &b->oldest : &b->all[b->newest].newer) = i;
	b->newest = i;
}

/* ---- the keys ---- */

static unsigned slot_of(const struct buckets *b, struct str key)
{
	uint64_t hash = fnv_add(FNV_BEGIN ^ b->seed, key);
	return (unsigned)((hash ^ hash >> 32) % b->capacity);
}

static int find(const struct buckets *b, unsigned slot, struct str key)
{
	int i = b->slots[slot];
	while (i != NONE && !str_eq(key, (struct str){b->all[i].key, b->all[i].length}))
		i = b->all[i].next;
	return i;
}

/* The one that goes: the oldest that is full, or the oldest. */
static int choose(const struct buckets *b)
{
	for (int i = b->oldest; i != NONE; i = b->all[i].newer)
		if (b->all[i].full_at <= b->now)
			return i;
	return b->oldest;
}

/* Takes a bucket out of the table for another key. */
static int evict(struct buckets *b)
{
	int gone = choose(b);
	int *link = &b->slots[b->all[gone].slot];
	while (*link != gone)
		link = &b->all[*link].next;
	*link = b->all[gone].next;
	unlink_use(b, gone);
	return gone;
}

static int add(struct buckets *b, unsigned slot, struct str key)
{
	int i = b->used < b->capacity ? (int)b->used++ : evict(b);
	struct bucket *it = &b->all[i];
	it->full_at = b->now;
	it->slot = slot;
	it->next = b->slots[slot];
	it->length = key.len;
	if (key.len > 0)
		memcpy(it->key, key.at, key.len);
	b->slots[slot] = i;
	link_newest(b, i);
	return i;
}

/* The bucket of the key, which was used now. */
static struct bucket *use(struct buckets *b, struct str key)
{
	if (key.len > BUCKET_KEY_MAX)
		key.len = BUCKET_KEY_MAX;
	unsigned slot = slot_of(b, key);
	int i = find(b, slot, key);
	if (i == NONE)
		return &b->all[add(b, slot, key)];
	unlink_use(b, i);
	link_newest(b, i);
	return &b->all[i];
}

int64_t buckets_take(struct buckets *buckets, struct str key, int64_t now_ms)
{
	if (now_ms * NS_PER_MS > buckets->now)
		buckets->now = now_ms * NS_PER_MS;
	struct bucket *bucket = use(buckets, key);
	int64_t full_at = bucket->full_at > buckets->now ? bucket->full_at : buckets->now;
	int64_t missing = full_at + buckets->each - buckets->now - buckets->whole;
	if (missing > 0)
		return (missing + NS_PER_MS - 1) / NS_PER_MS;
	bucket->full_at = full_at + buckets->each;
	return 0;
}
