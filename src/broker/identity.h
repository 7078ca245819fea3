/*
 * identity.h: the name under which the broker keeps the logger's session, and with it every message
 * that the logger has not seen yet. Whoever connects with that name takes the session, so it must
 * not be guessed; and it must stay the same, so it is kept in a file beside the database.
 */
#ifndef CHAT_IDENTITY_H
#define CHAT_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

/* 23 characters of a-z 0-9: what every MQTT 3.1.1 server must allow ([MQTT-3.1.3-5]). */
enum { IDENTITY_LENGTH = 23, IDENTITY_ERROR_SIZE = 512 };

/*
 * Reads the id from `database` + ".client-id", or makes a random one (about 100 bits) and writes it
 * there, mode 0600. The file stays locked while the process lives: a second logger on the same
 * database is refused. Returns a descriptor that holds the lock, to be kept open, or -1 with one
 * line in `error`.
 */
int identity_claim(
    const char *database, char id[IDENTITY_LENGTH + 1], char error[IDENTITY_ERROR_SIZE]);

/*
 * Takes the lock of a logger that does not run, so that none starts before *lock is closed. False:
 * one runs, or its file cannot be opened. *lock is -1 where there is no such file yet, or on false.
 */
bool identity_borrow(const char *database, int *lock);

#endif
