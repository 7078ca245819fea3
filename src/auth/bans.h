/*
 * bans.h: the list of who is banned or muted and which tokens are revoked: text, a line each,
 *
 *   KIND<TAB>WHO<TAB>UNTIL<TAB>REASON<LF>
 *
 * KIND is ban, mute or revoke. WHO is for a ban or a mute a user (a token's sub) or an address,
 * which stands for what address_group() says, so one of IPv6 for its /64; for a revoke a token's
 * id. UNTIL is Unix seconds, from when on it does not hold any more, or 0 for ever. REASON is UTF-8
 * without controls and may be empty. The last line ends with LF like the others: a list that was
 * cut is not taken for a whole one. There are no comments and no empty lines.
 */
#ifndef CHAT_AUTH_BANS_H
#define CHAT_AUTH_BANS_H

#include <stdint.h>

#include "base/text.h"

enum {
	BANS_BYTES_MAX = 1048576, /* of the list */
	BANS_ERROR_SIZE = 512,
};

enum ban_kind { BAN_BAN, BAN_MUTE, BAN_REVOKE, BAN__KINDS };

struct ban {
	struct str who; /* an address as address_group() writes it */
	struct str reason;
	int64_t until;
	enum ban_kind kind;
};

/* Does not change once it is read. */
struct bans;

/*
 * Reads the list in `text`, which is only lent. False, with *out NULL and one line in `error`:
 * which line is wrong, in what, and how it has to be; then nothing of the list counts. Whoever
 * calls frees it with bans_free().
 */
bool bans_parse(struct bans **out, struct str text, char error[BANS_ERROR_SIZE]);

/*
 * The same of the file `path`, which `error` names. A file that is not there is an empty list; one
 * that cannot be read is an error.
 */
bool bans_load(struct bans **out, const char *path, char error[BANS_ERROR_SIZE]);

/* Frees the list; NULL is allowed. */
void bans_free(struct bans *bans);

/* How many lines it has. */
size_t bans_count(const struct bans *bans);

/*
 * Line `i`, counted from 0, by kind and then by who; NULL behind the last. It is lent until
 * bans_free().
 */
const struct ban *bans_at(const struct bans *bans, size_t i);

/* Puts the ban as a line of a list. Whether it is one, bans_parse() says. */
void bans_put(struct text *out, const struct ban *ban);

/* What stands for the kind in a list: static. */
const char *bans_kind_name(enum ban_kind kind);

/*
 * What holds against `who`, a sub, an address as one writes it, or a token's id, at the time
 * `now_s` (Unix seconds): of several the one that holds longest. NULL: nothing, or `who` is empty.
 * It is lent until bans_free(). NULL for `bans` is an empty list.
 */
const struct ban *bans_find(
    const struct bans *bans, enum ban_kind kind, struct str who, int64_t now_s);

#endif
