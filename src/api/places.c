#include "api/places.h"

#include <pthread.h>

#define EXPORTS_MAX 2 /* each lasts as long as its reader takes */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int most[PLACE__MAX] = {2, EXPORTS_MAX}, most_in_all = 3;
static int taken[PLACE__MAX];

static int at_least_one(int n)
{
	return n > 1 ? n : 1;
}

void places_set(int threads)
{
	most_in_all = at_least_one(threads - 1);
	most[PLACE_SEARCH] = at_least_one(threads / 2);
	most[PLACE_EXPORT] = most_in_all < EXPORTS_MAX ? most_in_all : EXPORTS_MAX;
}

bool places_take(enum place kind)
{
	pthread_mutex_lock(&lock);
	int in_all = taken[PLACE_SEARCH] + taken[PLACE_EXPORT];
	bool free = taken[kind] < most[kind] && in_all < most_in_all;
	taken[kind] += free;
	pthread_mutex_unlock(&lock);
	return free;
}

void places_give(enum place kind)
{
	pthread_mutex_lock(&lock);
	taken[kind]--;
	pthread_mutex_unlock(&lock);
}

int places_taken(enum place kind)
{
	pthread_mutex_lock(&lock);
	int count = taken[kind];
	pthread_mutex_unlock(&lock);
	return count;
}

int places_most(enum place kind)
{
	return most[kind];
}
