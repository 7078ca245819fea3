/*
 * file.h: a small file that is read whole.
 */
#ifndef CHAT_AUTH_FILE_H
#define CHAT_AUTH_FILE_H

#include "base/text.h"

/*
 * Reads the regular file `path` of at most `max` bytes into `out`, which is empty and which whoever
 * calls frees. 0, or an errno: EISDIR, EFBIG, ENOMEM, EACCES and so on; EPERM where it is `secret`
 * and its group or others may read or write it; EINVAL where it is neither a file nor a folder.
 */
int auth_file_read(const char *path, size_t max, bool secret, struct text *out);

#endif
