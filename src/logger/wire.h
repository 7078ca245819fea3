/*
 * wire.h: libmosquitto takes a packet off its socket with four calls of read(), and puts each on it
 * with a write(): together a third of what a message costs the logger. So the logger has a read()
 * and a write() of its own: the dynamic linker looks for a name in the program before it looks in
 * libraries, and gives these to libmosquitto, too. For one socket they go by way of memory; for
 * anything else they are read(2) and write(2). A libmosquitto that calls something else does
 * without.
 *
 * It also writes a byte for each packet that is to wake a thread of its own. There is none, so
 * nobody reads those bytes, and soon there is no room for more: what once had no room is not tried
 * again until the next wire_use().
 */
#ifndef CHAT_WIRE_H
#define CHAT_WIRE_H

#include <stdbool.h>

/*
 * From now on it is this socket; -1: none. What is there, one read() takes, and the next ones give.
 * What is left of the socket before is forgotten.
 */
void wire_use(int socket);

/* Whether there is something for the next read() that poll() does not tell of. */
bool wire_has_read(void);

/* From now on, what write() is given for that socket is gathered. */
void wire_gather(void);

/*
 * Sends what was gathered, waiting for a second at most for the socket to take it. 0, or -1: the
 * connection is of no use any more, errno tells why. `lost`: that is known, and nothing is sent.
 */
int wire_send(bool lost);

#endif
