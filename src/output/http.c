#include "output/http.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/fnv.h"

void http_response_free(struct http_response *response)
{
	text_free(&response->body);
	if (response->stream.close)
		response->stream.close(response->stream.arg);
	response->stream = (struct http_stream){0};
}

void http_set_error(
    struct http_response *response, int status, const char *code, const char *format, ...)
{
	char message[256];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	response->status = status;
	response->content_type = NULL;
	response->link[0] = '\0';
	text_free(&response->body);
	json_begin(&response->body, '{');
	json_key(&response->body, "error");
	json_begin(&response->body, '{');
	json_member(&response->body, "code", str_of(code));
	json_member(&response->body, "message", str_of(message));
	json_end(&response->body, '}');
	json_end(&response->body, '}');
}

void http_mend(struct http_response *response)
{
	if ((response->body.at && !response->body.broken) || response->stream.run)
		return;
	text_free(&response->body);
	response->status = 500;
	response->body = text_lent(
	    str_of("{\"error\":{\"code\":\"out_of_memory\",\"message\":\"out of memory\"}}"));
}

/* Splits `s` at the first `at`; *rest is what follows it, or empty. */
static struct str split(struct str s, char at, struct str *rest)
{
	const char *found = s.len ? memchr(s.at, at, s.len) : NULL;
	size_t len = found ? (size_t)(found - s.at) : s.len;
	*rest = found ? (struct str){found + 1, s.len - len - 1} : (struct str){s.at + s.len, 0};
	return (struct str){s.at, len};
}

bool http_next_param(struct str *query, struct str *name, struct str *value)
{
	while (query->len > 0) {
		struct str pair = split(*query, '&', query);
		if (pair.len == 0)
			continue;
		*name = split(pair, '=', value);
		return true;
	}
	return false;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The character at `*i`, moved past it; -1 for a broken %-sequence. */
static int decode_one(struct str in, size_t *i)
{
	char c = in.at[(*i)++];
	if (c == '+')
		return ' ';
	if (c != '%')
		return (unsigned char)c;
	if (in.len - *i < 2 || hex(in.at[*i]) < 0 || hex(in.at[*i + 1]) < 0)
		return -1;
	int value = hex(in.at[*i]) * 16 + hex(in.at[*i + 1]);
	*i += 2;
	return value;
}

int http_decode(struct str in, char *out, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < in.len;) {
		int c = decode_one(in, &i);
		if (c <= 0 || n + 1 >= size)
			return -1;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return (int)n;
}

static bool is_unreserved(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void http_encode(struct str in, char *out)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = (unsigned char)in.at[i];
		if (is_unreserved(in.at[i])) {
			*out++ = in.at[i];
			continue;
		}
		*out++ = '%';
		*out++ = digits[c >> 4];
		*out++ = digits[c & 15];
	}
	*out = '\0';
}

void http_set_etag(struct http_response *response)
{
	uint64_t h = fnv_add(FNV_BEGIN, text_str(&response->body));
	h = fnv_add(h, str_of(response->link));
	snprintf(response->etag, sizeof(response->etag), "\"%016" PRIx64 "\"", h);
}

static struct str trim_blanks(struct str s)
{
	while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
		s = (struct str){s.at + 1, s.len - 1};
	while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Our tags hold no comma, so a list can be split at each. */
bool http_etag_matches(struct str if_none_match, const char *etag)
{
	struct str rest = if_none_match;
	while (rest.len > 0) {
		struct str tag = trim_blanks(split(rest, ',', &rest));
		if (str_eq(tag, str_of("*")))
			return true;
		if (tag.len > 2 && tag.at[0] == 'W' && tag.at[1] == '/')
			tag = (struct str){tag.at + 2, tag.len - 2};
		if (str_eq(tag, str_of(etag)))
			return true;
	}
	return false;
}

static void put_line(struct text *head, const char *name, const char *value)
{
	text_puts(head, name);
	text_puts(head, value);
	text_puts(head, "\r\n");
}

/* The number is there too, as CGI's Status wants it. */
static const char *status_line(int status)
{
	switch (status) {
	case 200:
		return "200 OK";
	case 304:
		return "304 Not Modified";
	case 400:
		return "400 Bad Request";
	case 401:
		return "401 Unauthorized";
	case 403:
		return "403 Forbidden";
	case 404:
		return "404 Not Found";
	case 405:
		return "405 Method Not Allowed";
	case 413:
		return "413 Content Too Large";
	case 415:
		return "415 Unsupported Media Type";
	case 429:
		return "429 Too Many Requests";
	case 503:
		return "503 Service Unavailable";
	default:
		return "500 Internal Server Error";
	}
}

size_t http_head(const struct http_response *response, char out[HTTP_HEAD_MAX])
{
	struct text head = {.at = out, .size = HTTP_HEAD_MAX, .fixed = true};
	put_line(&head, "Status: ", status_line(response->status));
	put_line(&head, "Content-Type: ",
	    response->content_type ? response->content_type : "application/json; charset=utf-8");
	put_line(&head, "Cache-Control: ", response->no_store ? "no-store" : "no-cache");
	if (response->file[0]) {
		text_puts(&head, "Content-Disposition: attachment; filename=\"");
		put_line(&head, response->file, "\"");
	}
	if (response->status != 304 && !response->stream.run)
		text_printf(&head, "Content-Length: %zu\r\n", response->body.len + 1);
	if (response->etag[0])
		put_line(&head, "ETag: ", response->etag);
	if (response->link[0])
		put_line(&head, "Link: ", response->link);
	if (response->allow)
		put_line(&head, "Allow: ", response->allow);
	if (response->retry_after)
		text_printf(&head, "Retry-After: %d\r\n", response->retry_after);
	text_puts(&head, "\r\n");
	return head.len;
}
