#include "responder.h"

#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"

struct str responder_param(const FCGX_Request *request, const char *name)
{
	return str_of(FCGX_GetParam(name, request->envp));
}

static int write_piece(void *to, struct str piece)
{
	return FCGX_PutStr(piece.at, (int)piece.len, to) == (int)piece.len ? 0 : -1;
}

static bool write_body(const struct http_response *response, FCGX_Stream *out)
{
	if (response->omit_body)
		return true;
	if (response->stream.run)
		return response->stream.run(response->stream.arg, write_piece, out) == 0;
	FCGX_PutStr(response->body.at, (int)response->body.len, out);
	FCGX_PutChar('\n', out);
	return true;
}

bool responder_write(FCGX_Request *request, struct http_response *response)
{
	char head[HTTP_HEAD_MAX];
	FCGX_PutStr(head, (int)http_head(response, head), request->out);
	bool whole = write_body(response, request->out);
	http_response_free(response);
	return whole;
}

static int load_and_serve(const struct responder *responder, int argc, char **argv)
{
	struct settings settings;
	char error[SETTINGS_ERROR_SIZE];
	log_open(responder->program);
	enum settings_result result =
	    settings_load(&settings, argc, argv, responder->program, responder->purpose, error);
	if (result != SETTINGS_OK) {
		if (error[0])
			log_error("%s", error);
		return (int)result;
	}
	log_set_level(settings.log_level);
	if (FCGX_IsCGI()) {
		log_error("standard input is not a FastCGI socket; start this with spawn-fcgi");
		return EX_USAGE;
	}
	return responder->serve(&settings);
}

int responder_main(const struct responder *responder, int argc, char **argv)
{
	int status = load_and_serve(responder, argc, argv);
	if (status != 0 && !FCGX_IsCGI())
		sleep(1);
	return status;
}
