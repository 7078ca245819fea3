/*
 * constant.c: a responder that answers every request with the bytes of a file: the head as CGI has
 * it, and the body. What `make bench` holds chat.fcgi against: the same loop, and no work.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "serve.h"

static struct {
	char bytes[1 << 20];
	int size;
} answer;

static void *open_nothing(void *arg)
{
	return arg;
}

static void close_nothing(void *own)
{
	(void)own;
}

static bool put_answer(void *own, FCGX_Request *request)
{
	(void)own;
	FCGX_PutStr(answer.bytes, answer.size, request->out);
	return true;
}

int main(int argc, char **argv)
{
	log_open("constant");
	FILE *file = argc == 3 ? fopen(argv[2], "rbe") : NULL;
	if (!file) {
		log_error("usage: constant THREADS FILE");
		return 64;
	}
	answer.size = (int)fread(answer.bytes, 1, sizeof(answer.bytes), file);
	fclose(file);
	const struct service service = {
	    .threads = (int)strtol(argv[1], NULL, 10),
	    .arg = &answer,
	    .open = open_nothing,
	    .close = close_nothing,
	    .answer = put_answer,
	};
	return serve(STDIN_FILENO, &service);
}
