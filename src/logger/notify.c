#include "logger/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

bool notify_wanted(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	return path && path[0];
}

/* Nobody can be told of a failure here: systemd notices that it hears nothing. */
static void send_datagram(const char *text)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;
	if (length < 2 || length >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@') /* an abstract name */
		address.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
	    (const struct sockaddr *)&address, size);
	close(fd);
}

void notify_alive(const char *format, ...)
{
	static char last[401];
	static int64_t sent;
	char status[sizeof(last)], text[sizeof(last) + 40];
	va_list args;
	if (!notify_wanted())
		return;
	va_start(args, format);
	vsnprintf(status, sizeof(status), format, args);
	va_end(args);
	int64_t now = clock_ms(CLOCK_MONOTONIC) / 1000;
	if (now == sent && strcmp(status, last) == 0)
		return;
	sent = now;
	memcpy(last, status, sizeof(last));
	snprintf(text, sizeof(text), "READY=1\nWATCHDOG=1\nSTATUS=%s", status);
	send_datagram(text);
}

void notify_stopping(void)
{
	send_datagram("STOPPING=1");
}
