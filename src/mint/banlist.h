/*
 * banlist.h: the file with the list of bans, read again when it has changed.
 */
#ifndef CHAT_MINT_BANLIST_H
#define CHAT_MINT_BANLIST_H

#include "auth/bans.h"

/* One thread at a time. */
struct banlist;

/*
 * Reads the file `path`, which is only lent; without it nobody is banned. NULL with one line in
 * `error` where it cannot be read or is malformed. Whoever calls frees it with banlist_close().
 */
struct banlist *banlist_open(const char *path, char error[BANS_ERROR_SIZE]);

/* Frees it; NULL is allowed. */
void banlist_close(struct banlist *list);

/*
 * The list as the file has it now, lent until the next call. Where the file cannot be read or is
 * malformed the list before stays in force, and a line in the log says so, once for each change.
 */
const struct bans *banlist_now(struct banlist *list);

#endif
