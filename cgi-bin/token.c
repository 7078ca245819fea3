/*
 * token.fcgi: says who one is, and signs it. The only program that has the private key. Run by
 * spawn-fcgi, which hands over the listening socket as standard input.
 */
#include <sysexits.h>
#include <unistd.h>

#include "mint/mint.h"
#include "responder.h"
#include "serve.h"

/* The body, and one byte more where it is longer than it may be. */
static struct str read_body(FCGX_Request *fcgi, char out[MINT_BODY_MAX + 1])
{
	int length = FCGX_GetStr(out, MINT_BODY_MAX + 1, fcgi->in);
	return (struct str){out, length > 0 ? (size_t)length : 0};
}

/* Returns false where the answer broke off. */
static bool answer(void *mint, FCGX_Request *fcgi)
{
	char body[MINT_BODY_MAX + 1];
	struct mint_request request = {
	    .method = responder_param(fcgi, "REQUEST_METHOD"),
	    .path = responder_param(fcgi, "PATH_INFO"),
	    .content_type = responder_param(fcgi, "CONTENT_TYPE"),
	    .origin = responder_param(fcgi, "HTTP_ORIGIN"),
	    .fetch_site = responder_param(fcgi, "HTTP_SEC_FETCH_SITE"),
	    .site_origin = responder_param(fcgi, "MQTT_CHAT_ORIGIN"),
	    .address = responder_param(fcgi, "REMOTE_ADDR"),
	    .user = responder_param(fcgi, "MQTT_CHAT_USER"),
	    .body = read_body(fcgi, body),
	};
	struct http_response response;
	mint_answer(mint, &request, &response);
	return responder_write(fcgi, &response);
}

/* All threads share one: an address has one account of what it got. */
static void *share(void *mint)
{
	return mint;
}

static void leave(void *mint)
{
	(void)mint;
}

static int serve_tokens(const struct settings *settings)
{
	char error[MINT_ERROR_SIZE];
	struct mint *mint = mint_open(settings, error);
	if (!mint) {
		log_error("%s", error);
		return EX_CONFIG;
	}
	const struct service service = {
	    .threads = (int)settings->threads,
	    .arg = mint,
	    .open = share,
	    .close = leave,
	    .answer = answer,
	};
	int status = serve(STDIN_FILENO, &service);
	mint_close(mint);
	return status;
}

int main(int argc, char **argv)
{
	static const struct responder token = {"token.fcgi",
	    "Answers /api/token of mqtt-chat over FastCGI; to be started by spawn-fcgi.",
	    serve_tokens};
	return responder_main(&token, argc, argv);
}
