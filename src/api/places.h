/*
 * places.h: how many of the responder's threads may be at work on what takes long, so that a page
 * of messages never waits for one. Counts for this process, from all of its threads.
 */
#ifndef CHAT_API_PLACES_H
#define CHAT_API_PLACES_H

#include <stdbool.h>

enum place { PLACE_SEARCH, PLACE_EXPORT, PLACE__MAX };

/*
 * To be called before the threads begin: there are so many (1 or more; without this call 4). Half
 * of them may search, two export, and one is left whatever the others do; of a single one, none is.
 */
void places_set(int threads);

/* Takes a place and returns true, or false where all are taken. places_give() gives it back. */
bool places_take(enum place kind);
void places_give(enum place kind);

/* How many are taken now, and may be. */
int places_taken(enum place kind);
int places_most(enum place kind);

#endif
