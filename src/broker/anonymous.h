/*
 * anonymous.h: whether the broker lets in who has no name: in every mode but open it must not, and
 * the mode is a line of ours while the plugin that sees to it is the broker's.
 */
#ifndef CHAT_ANONYMOUS_H
#define CHAT_ANONYMOUS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Connects to the broker (as mqtt_connect()) without a name, and leaves again. Returns whether it
 * let us in; false, too, where it does not answer within a second or cannot be reached, which is
 * for the caller's own connection to find.
 */
bool anonymous_let_in(const char *broker, uint16_t port);

#endif
