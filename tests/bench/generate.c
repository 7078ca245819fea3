/*
 * generate.c: makes a long history to measure on, by the same ways as the logger.
 *
 *     make tests/bench/generate && tests/bench/generate DATABASE COUNT [SLICE]
 *
 * 50 rooms and 400 nicknames, a few of which say most; words as often as in real talk (by Zipf's
 * law, of 100,000 words; "the" is the first), one message in twenty in Chinese, half with a msgId.
 * Every 100,000th has the word "needle". The same COUNT gives the same messages. SLICE is how many
 * are indexed at a time, 0 for none.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/store.h"

enum { BATCH = 250, WORDS = 100000, HAN = 3000, TEXT_SIZE = 1500, NEEDLE = 100000 };

#define FIRST_TS 1600000000000

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static double uniform(void)
{
	return (double)(next_random() >> 11) / 9007199254740992.0;
}

/* 0 is the most frequent of `count`. */
static int zipf(int count)
{
	return (int)pow(count, uniform()) - 1;
}

static size_t put_word(char *out, int rank)
{
	static const char *const first[] = {"the", "to", "a", "and", "is", "in", "it", "you", "of",
	    "for", "on", "that", "have", "we", "open", "door", "ok", "what", "not", "was"};
	static const char syllables[][4] = {"ka", "ter", "mo", "lin", "su", "ra", "pe", "ton", "vi",
	    "ne", "shu", "bar", "do", "gel", "fi", "wo"};
	if ((size_t)rank < sizeof(first) / sizeof(first[0]))
		return (size_t)sprintf(out, "%s", first[rank]);
	size_t n = 0;
	for (unsigned rest = (unsigned)rank * 7 + 3; rest; rest /= 16)
		n += (size_t)sprintf(out + n, "%s", syllables[rest % 16]);
	return n;
}

static size_t put_han(char *out, int rank)
{
	unsigned point = 0x4e00 + ((unsigned)rank * 37) % 20000;
	out[0] = (char)(0xe0 | point >> 12);
	out[1] = (char)(0x80 | (point >> 6 & 0x3f));
	out[2] = (char)(0x80 | (point & 0x3f));
	return 3;
}

static struct str make_text(char out[TEXT_SIZE], long number)
{
	bool chinese = next_random() % 20 == 0;
	int words = 1 + (int)(exp(uniform() * 3.6));
	size_t n = 0;
	for (int i = 0; i < words * (chinese ? 2 : 1); i++) {
		if (n && !chinese)
			out[n++] = ' ';
		n += chinese ? put_han(out + n, zipf(HAN)) : put_word(out + n, zipf(WORDS));
	}
	if (number % NEEDLE == NEEDLE / 2)
		n += (size_t)sprintf(out + n, " needle");
	return (struct str){out, n};
}

struct made {
	char text[TEXT_SIZE], room[32], nickname[32], client_id[32], msg_id[64];
};

static struct store_entry make_entry(struct made *made, long number)
{
	bool with_id = next_random() % 2;
	sprintf(made->room, "room-%d", zipf(50));
	sprintf(made->nickname, "Person%d", zipf(400));
	sprintf(made->client_id, "web-%d", (int)(next_random() % 400));
	sprintf(made->msg_id, "018f%08lx-%016llx", number, (unsigned long long)next_random());
	return (struct store_entry){
	    .message = {str_of(made->room), str_of(made->nickname), make_text(made->text, number),
		with_id ? str_of(made->client_id) : (struct str){NULL, 0},
		with_id ? str_of(made->msg_id) : (struct str){NULL, 0}, NULL},
	    .ts = FIRST_TS + number * 15000,
	};
}

static double now_ms(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* By the clock, and of the processor, which other work on the machine does not show in. */
struct span {
	double clock, cpu;
};

struct times {
	struct span storing, indexing, longest;
	long slices, long_slices; /* over 20 ms by the clock */
};

static struct span span_begin(void)
{
	return (struct span){now_ms(CLOCK_MONOTONIC), now_ms(CLOCK_PROCESS_CPUTIME_ID)};
}

static struct span span_end(struct span start, struct span *sum)
{
	struct span now = span_begin();
	struct span took = {now.clock - start.clock, now.cpu - start.cpu};
	sum->clock += took.clock;
	sum->cpu += took.cpu;
	return took;
}

static enum store_status store_batch(struct store *store, long first, long end, struct times *times)
{
	static struct made made[BATCH];
	static struct store_entry entries[BATCH];
	for (long i = first; i < end; i++)
		entries[i - first] = make_entry(&made[i - first], i);
	struct span start = span_begin();
	enum store_status status =
	    store_insert_batch(store, entries, (size_t)(end - first), NULL, NULL);
	span_end(start, &times->storing);
	return status;
}

static enum store_status index_waiting(struct store *store, int slice, struct times *times)
{
	enum store_status status = STORE_OK;
	while (!status && slice > 0 && store_unindexed(store) >= slice) {
		struct span start = span_begin();
		status = store_index(store, slice, STORE_MERGE);
		struct span took = span_end(start, &times->indexing);
		times->slices++;
		times->long_slices += took.clock > 20;
		times->longest.clock = fmax(times->longest.clock, took.clock);
		times->longest.cpu = fmax(times->longest.cpu, took.cpu);
	}
	return status;
}

static enum store_status generate(struct store *store, long count, int slice)
{
	struct times times = {0};
	enum store_status status = STORE_OK;
	for (long i = 0; i < count && !status; i += BATCH) {
		status = store_batch(store, i, i + BATCH < count ? i + BATCH : count, &times);
		if (!status)
			status = index_waiting(store, slice, &times);
	}
	double slices = times.slices ? (double)times.slices : 1;
	printf("%ld messages stored in %.1f s (%.1f of the processor)\n", count,
	    times.storing.clock / 1e3, times.storing.cpu / 1e3);
	printf("indexed in %.1f s (%.1f): %ld slices, mean %.2f ms (%.2f), longest %.1f ms (%.1f), "
	       "%ld over 20 ms\n",
	    times.indexing.clock / 1e3, times.indexing.cpu / 1e3, times.slices,
	    times.indexing.clock / slices, times.indexing.cpu / slices, times.longest.clock,
	    times.longest.cpu, times.long_slices);
	return status;
}

int main(int argc, char **argv)
{
	struct store *store;
	char error[STORE_ERROR_SIZE];
	if (argc < 3) {
		fprintf(stderr, "usage: %s DATABASE COUNT [SLICE]\n", argv[0]);
		return 2;
	}
	if (store_open(&store, argv[1], STORE_CREATOR, error)) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	enum store_status status =
	    generate(store, strtol(argv[2], NULL, 10), argc > 3 ? atoi(argv[3]) : BATCH);
	if (status)
		fprintf(stderr, "%s\n", store_error(store));
	store_close(store);
	return status ? 1 : 0;
}
