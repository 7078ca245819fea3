/*
 * chat.fcgi: answers /api/ from the history. Run by spawn-fcgi, which hands over the listening
 * socket as standard input.
 */
#include <sysexits.h>
#include <unistd.h>

#include "api/api.h"
#include "base/log.h"
#include "base/settings.h"
#include "serve.h"

#define PROGRAM "chat.fcgi"

static struct str param(const FCGX_Request *fcgi, const char *name)
{
	return str_of(FCGX_GetParam(name, fcgi->envp));
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

/* Returns false where the answer broke off. */
static bool answer(void *api, FCGX_Request *fcgi)
{
	struct http_request request = {
	    .method = param(fcgi, "REQUEST_METHOD"),
	    .path = param(fcgi, "PATH_INFO"),
	    .query = param(fcgi, "QUERY_STRING"),
	    .if_none_match = param(fcgi, "HTTP_IF_NONE_MATCH"),
	};
	struct http_response response;
	char head[HTTP_HEAD_MAX];
	api_answer(api, &request, &response);
	FCGX_PutStr(head, (int)http_head(&response, head), fcgi->out);
	bool whole = write_body(&response, fcgi->out);
	http_response_free(&response);
	return whole;
}

/* Each thread has a database connection of its own, and so an API. */
static void *open_api(void *arg)
{
	const struct settings *settings = arg;
	struct api *api = api_open(settings->database);
	if (api)
		api_watch_disk(api, settings->min_free);
	return api;
}

static void close_api(void *api)
{
	api_close(api);
}

static int serve_api(int argc, char **argv)
{
	struct settings settings;
	char error[SETTINGS_ERROR_SIZE];
	log_open(PROGRAM);
	enum settings_result result = settings_load(&settings, argc, argv, PROGRAM,
	    "Answers /api/ of mqtt-chat over FastCGI; to be started by spawn-fcgi.", error);
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
	const struct service service = {
	    .threads = (int)settings.threads,
	    .arg = &settings,
	    .open = open_api,
	    .close = close_api,
	    .answer = answer,
	};
	return serve(STDIN_FILENO, &service);
}

int main(int argc, char **argv)
{
	int status = serve_api(argc, argv);
	/*
	 * multiwatch starts it again at once, and what is wrong does not mend itself that quickly.
	 */
	if (status != 0 && !FCGX_IsCGI())
		sleep(1);
	return status;
}
