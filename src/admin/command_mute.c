/*
 * command_mute.c: lets somebody read and not write.
 */
#include "admin/ban_list.h"

static int mute_person(struct admin *admin)
{
	return ban_list_person(admin, BAN_MUTE);
}

const struct admin_command command_mute = {"mute", "WHO", 1, 1,
    "let a user, a guest or an address read and not write", ban_list_options, mute_person};
