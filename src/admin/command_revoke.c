/*
 * command_revoke.c: a token that is of no use any more, because it was lost or its device is gone.
 */
#include "admin/ban_list.h"

static int revoke_token(struct admin *admin)
{
	return ban_list_token(admin);
}

const struct admin_command command_revoke = {
    "revoke", "ID", 1, 1, "make a token useless, for ever", NULL, revoke_token};
