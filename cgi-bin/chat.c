/*
 * chat.fcgi: answers /api/ from the history. Run by spawn-fcgi, which hands over the listening
 * socket as standard input.
 */
#include <unistd.h>

#include "api/api.h"
#include "api/places.h"
#include "responder.h"
#include "serve.h"

/* Returns false where the answer broke off. */
static bool answer(void *api, FCGX_Request *fcgi)
{
	struct http_request request = {
	    .method = responder_param(fcgi, "REQUEST_METHOD"),
	    .path = responder_param(fcgi, "PATH_INFO"),
	    .query = responder_param(fcgi, "QUERY_STRING"),
	    .if_none_match = responder_param(fcgi, "HTTP_IF_NONE_MATCH"),
	};
	struct http_response response;
	api_answer(api, &request, &response);
	return responder_write(fcgi, &response);
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

static int serve_api(const struct settings *settings)
{
	places_set((int)settings->threads);
	const struct service service = {
	    .threads = (int)settings->threads,
	    .arg = (void *)settings,
	    .open = open_api,
	    .close = close_api,
	    .answer = answer,
	};
	return serve(STDIN_FILENO, &service);
}

int main(int argc, char **argv)
{
	static const struct responder chat = {"chat.fcgi",
	    "Answers /api/ of mqtt-chat over FastCGI; to be started by spawn-fcgi.", serve_api};
	return responder_main(&chat, argc, argv);
}
