/*
 * ban_news.h: the running broker hears of a list of bans that has changed.
 */
#ifndef CHAT_ADMIN_BAN_NEWS_H
#define CHAT_ADMIN_BAN_NEWS_H

#include "base/settings.h"
#include "base/str.h"

/*
 * Publishes the whole list for the broker's plugin, over the broker's Unix socket, and says on
 * stdout what came of it: the broker knows, or does not run and will read the file when it starts.
 * A list that is no packet is not sent: the broker is told to read its file. Whoever calls has the
 * list's lock, so that the broker hears of the last change last. An enum admin_result, after saying
 * why; then the broker runs and holds to the list before.
 */
int ban_news_tell(const struct settings *settings, struct str list);

/* Whether nobody is kept away, because the mode is open; then it is said on stderr. */
bool ban_news_is_idle(const struct settings *settings);

#endif
