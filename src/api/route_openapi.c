#include "api/openapi_json.h"
#include "api/routes.h"

/*
 * GET /openapi.json
 *
 * The contract of this API as a document of OpenAPI 3.1: src/openapi.json.
 */
void route_openapi(struct api *api, const struct params *params, struct http_response *response)
{
	(void)api;
	(void)params;
	response->status = 200;
	response->body = text_lent((struct str){openapi_json, sizeof(openapi_json) - sizeof("\n")});
}
