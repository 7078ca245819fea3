/*
 * check_identity.c: who may talk, by the settings and at the broker: the mode is a line of ours,
 * and the broker's plugin sees to it.
 */
#include <sys/stat.h>

#include "admin/check.h"
#include "broker/anonymous.h"

#define RESTART                                                                                    \
	"restart what the mode is for: systemctl restart mqtt-chat-broker mqtt-chat-logger "       \
	"mqtt-chat-token"

/* What the mode means for whom. */
static const char *meaning(enum identity identity)
{
	static const char *const meanings[IDENTITY__MAX] = {
	    [IDENTITY_OPEN] = "whoever reaches the chat may talk, under any name",
	    [IDENTITY_GUEST] = "everybody gets a name for the time of a connection, by a token",
	    [IDENTITY_SITE] = "whom nginx has let in may talk, under the name that it knows",
	};
	return meanings[identity];
}

void check_identity(struct check *check)
{
	const struct settings *settings = &check->admin->settings;
	const char *mode = settings_identity_name(settings->identity);
	bool open = settings->identity == IDENTITY_OPEN;
	bool let_in = anonymous_let_in(settings->broker, (uint16_t)settings->port);
	if (!open)
		check_mode(check, settings->token_key, S_IRWXG | S_IRWXO);
	if (!open && let_in)
		check_tell(check, CHECK_FAULT, "identity", RESTART,
		    "the mode is %s, and the broker lets in who has no token", mode);
	else if (open && !let_in)
		check_tell(check, CHECK_FAULT, "identity", RESTART,
		    "the mode is open, and the broker lets in nobody without a token");
	else
		check_tell(
		    check, CHECK_OK, "identity", NULL, "%s: %s", mode, meaning(settings->identity));
}
