/*
 * files.h: what backup and restore share.
 */
#ifndef CHAT_ADMIN_FILES_H
#define CHAT_ADMIN_FILES_H

#include "store/store_admin.h"

/* Reads all of a copy of the database, and says what is wrong with it. An enum admin_result. */
int admin_verify(const char *path, struct store_overview *overview);

/* Renames, and waits until that is on the disk. 0, or -1 with errno. */
int admin_replace(const char *from, const char *to);

#endif
