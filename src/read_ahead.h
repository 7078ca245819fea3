/*
 * read_ahead.h: libmosquitto takes a packet from its socket with four calls of read(), which is a
 * quarter of what a message costs the logger. So the logger has a read() of its own: the dynamic
 * linker looks for a name in the program before it looks in libraries, and gives it to
 * libmosquitto, too. From one socket it takes all that is there at once, and hands it on from
 * memory; for anything else it is read(2). A libmosquitto that calls something else does without.
 */
#ifndef CHAT_READ_AHEAD_H
#define CHAT_READ_AHEAD_H

#include <stdbool.h>

/* From now on it is this socket, -1: none. What is left of the one before is forgotten. */
void read_ahead_of(int socket);

/* Whether there is something for the next read() that poll() does not tell of. */
bool read_ahead_left(void);

#endif
