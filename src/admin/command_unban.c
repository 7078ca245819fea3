/*
 * command_unban.c: takes ban and mute back.
 */
#include "admin/ban_list.h"

static int unban_person(struct admin *admin)
{
	return ban_list_lift(admin);
}

const struct admin_command command_unban = {
    "unban", "WHO", 1, 1, "lift ban and mute of somebody", NULL, unban_person};
