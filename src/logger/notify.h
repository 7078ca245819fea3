/*
 * notify.h: tells systemd that the service is up, what it is at, and that it is not stuck: the
 * datagrams of sd_notify(3). Without $NOTIFY_SOCKET nothing is sent.
 */
#ifndef CHAT_NOTIFY_H
#define CHAT_NOTIFY_H

#include <stdbool.h>

/* Whether somebody asked to be told, who will then also see a failure in the status. */
bool notify_wanted(void);

/*
 * To be called again and again: READY=1, WATCHDOG=1 and the status, one line of at most 400 bytes,
 * at once where it is another than before, otherwise once a second.
 */
void notify_alive(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* STOPPING=1: what comes now is the orderly end. */
void notify_stopping(void);

#endif
