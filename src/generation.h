/*
 * generation.h: lets nginx keep answers, and never give one that is older than a receipt. The
 * logger has a folder with a symbolic link `now` in it. After each commit of messages, before it
 * says that they are stored, it lets the link point elsewhere. nginx keeps an answer under what the
 * link points at ($realpath_root), and so does not find again what it kept before.
 */
#ifndef CHAT_GENERATION_H
#define CHAT_GENERATION_H

struct generation;

/*
 * `folder` has to be there; an empty name is for none. What an earlier logger left in it goes, and
 * `now` points at what it never pointed at. NULL where there is nothing to do, or where it fails,
 * which is logged: then nginx keeps nothing. To be freed with generation_close(), which leaves
 * `now`: without a logger there are no receipts.
 */
struct generation *generation_open(const char *folder);
void generation_close(struct generation *generation);

/*
 * To be called between a COMMIT and its receipts; NULL is allowed. Where the link cannot be changed
 * it is removed, so that nothing is kept until it can; that is logged once.
 */
void generation_next(struct generation *generation);

/* Does beforehand what the next generation_next() would take most of its time for. NULL is allowed.
 */
void generation_prepare(struct generation *generation);

#endif
