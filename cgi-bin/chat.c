/*
 * chat.fcgi: answers /api/ from the history. Run by spawn-fcgi, which hands over the listening
 * socket as standard input; one request at a time, several processes beside each other.
 */
#include <fcgiapp.h>
#include <signal.h>
#include <sysexits.h>

#include "log.h"
#include "routes.h"
#include "settings.h"

#define PROGRAM "chat.fcgi"

static void on_signal(int number)
{
	(void)number;
	FCGX_ShutdownPending();
}

/* Without SA_RESTART: the signal has to end the wait in accept(). multiwatch passes on SIGUSR1. */
static void catch_signals(void)
{
	static const int ending[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
	struct sigaction action = {.sa_handler = on_signal};
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaction(ending[i], &action, NULL);
}

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
	FCGX_PutStr(response->body.at.at, (int)response->body.at.len, out);
	FCGX_PutChar('\n', out);
	return true;
}

/* Returns false where the answer broke off. */
static bool answer(struct api *api, FCGX_Request *fcgi)
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

static int serve(const char *database)
{
	FCGX_Request fcgi;
	struct api *api = api_open(database);
	if (!api || FCGX_Init() != 0 || FCGX_InitRequest(&fcgi, 0, 0) != 0) {
		log_error("out of memory");
		api_close(api);
		return EX_OSERR;
	}
	catch_signals();
	while (FCGX_Accept_r(&fcgi) == 0) {
		/* Closed without an end of the request, nginx lets the client see that it broke off. */
		if (answer(api, &fcgi))
			FCGX_Finish_r(&fcgi);
		else
			FCGX_Free(&fcgi, 1);
	}
	api_close(api);
	return 0;
}

int main(int argc, char **argv)
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
	if (FCGX_IsCGI()) {
		log_error("standard input is not a FastCGI socket; start this with spawn-fcgi");
		return EX_USAGE;
	}
	return serve(settings.database);
}
