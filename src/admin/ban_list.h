/*
 * ban_list.h: what ban, mute, unban and revoke do to the list of bans. The file is the truth: a
 * change is on the disk before the broker hears of it. What has ended goes with the next change.
 */
#ifndef CHAT_ADMIN_BAN_LIST_H
#define CHAT_ADMIN_BAN_LIST_H

#include "admin/admin.h"
#include "auth/bans.h"
#include "base/time.h"

/* What ban and mute take: --for and --reason. */
extern const struct admin_option ban_list_options[];

/*
 * Bans or mutes the command's argument, a user or an address, as its options say, in place of what
 * held against it before. An enum admin_result, after saying what came of it.
 */
int ban_list_person(const struct admin *admin, enum ban_kind kind);

/* Revokes the token whose id is the command's argument, for ever. The same. */
int ban_list_token(const struct admin *admin);

/* Lifts ban and mute of the command's argument; fails where there is none. The same. */
int ban_list_lift(const struct admin *admin);

/* Writes when a ban ends, to the second, or "for ever". */
void ban_list_until(char out[TIME_SIZE], const struct ban *ban);

#endif
