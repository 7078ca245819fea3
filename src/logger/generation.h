/*
 * generation.h: lets nginx keep answers, and never give one that is older than a receipt. The
 * logger has a folder with a file `number` in it, whose size is the number. After each commit of
 * messages, before it says that they are stored, it makes the file larger. nginx keeps an answer
 * under the file's ETag (its size and time), and so does not find again what it kept before.
 */
#ifndef CHAT_GENERATION_H
#define CHAT_GENERATION_H

struct generation;

/*
 * `folder` has to be there; an empty name is for none. The number begins at random, so that it is
 * none that an earlier logger had. NULL where there is nothing to do, or where it fails, which is
 * logged: then nginx keeps nothing. To be freed with generation_close(), which leaves the file:
 * without a logger there are no receipts.
 */
struct generation *generation_open(const char *folder);
void generation_close(struct generation *generation);

/*
 * To be called between a COMMIT and its receipts; NULL is allowed. Where the number cannot be
 * changed the file is removed, so that nothing is kept until it can; that is logged once. A file
 * that somebody has removed is made again.
 */
void generation_next(struct generation *generation);

#endif
