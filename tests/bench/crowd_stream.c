/* crowd_stream.c: connections that never block. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crowd.h"

enum { FIRST_SIZE = 2048 };

bool stream_open(struct stream *stream, const char *request)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)crowd.port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int on = 1;
	struct epoll_event event = {
	    .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = stream};
	stream->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (stream->fd < 0)
		return false;
	setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	stream->first = strdup(request);
	return (connect(stream->fd, (const struct sockaddr *)&to, sizeof(to)) == 0 ||
		   errno == EINPROGRESS) &&
	       epoll_ctl(crowd.epoll, EPOLL_CTL_ADD, stream->fd, &event) == 0;
}

bool stream_opened(struct stream *stream)
{
	int error = 0;
	socklen_t size = sizeof(error);
	if (!stream->first)
		return true;
	if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &size) || error)
		return false;
	bool sent = stream_send(stream, stream->first, strlen(stream->first));
	free(stream->first);
	stream->first = NULL;
	return sent;
}

void stream_close(struct stream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	free(stream->first);
	free(stream->bytes);
	*stream = (struct stream){.fd = -1, .owner = stream->owner};
}

bool stream_send(struct stream *stream, const void *bytes, size_t size)
{
	return send(stream->fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static void make_room(struct stream *stream)
{
	if (stream->used < stream->size)
		return;
	stream->size = stream->size ? stream->size * 2 : FIRST_SIZE;
	stream->bytes = realloc(stream->bytes, stream->size);
	if (!stream->bytes)
		abort();
}

bool stream_fill(struct stream *stream)
{
	for (;;) {
		make_room(stream);
		size_t room = stream->size - stream->used;
		ssize_t got = recv(stream->fd, stream->bytes + stream->used, room, 0);
		if (got <= 0)
			return got < 0 && (errno == EAGAIN || errno == EINTR);
		stream->used += (size_t)got;
	}
}

void stream_drop(struct stream *stream, size_t size)
{
	stream->used -= size;
	memmove(stream->bytes, stream->bytes + size, stream->used);
}
