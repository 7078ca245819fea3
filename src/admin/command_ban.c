/*
 * command_ban.c: keeps somebody out: who is there is thrown out within a second.
 */
#include "admin/ban_list.h"

static int ban_person(struct admin *admin)
{
	return ban_list_person(admin, BAN_BAN);
}

const struct admin_command command_ban = {
    "ban", "WHO", 1, 1, "keep out a user, a guest or an address", ban_list_options, ban_person};
