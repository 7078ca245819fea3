/*
 * measure.c: how long the API takes to answer, without a server in between.
 *
 *     make tests/bench/measure && tests/bench/measure DATABASE [QUERY …]
 *
 * DATABASE is one of generate.c, of at least 10,000 messages. A QUERY is a path: /search?q=door.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "api/api.h"

enum { TIMES = 31 };

/* What ends with = is asked for an id in the middle. */
static const char *const questions[] = {
    "/messages?room=room-0",
    "/messages?room=room-0&before=",
    "/messages?room=room-0&around=",
    "/messages?room=room-0&limit=200",
    "/search?q=needle",
    "/search?q=the",
    "/search?q=the&before=",
    "/search?q=door",
    "/search?q=%22open+door%22",
    "/search?q=the+door",
    "/search?q=the+needle",
    "/search?q=the+-to",
    "/search?q=\xe4\xb8\x80\xe4\xb8\xa5",
    "/search?q=\xe4\xb8\x80",
    "/search?q=the&room=room-48",
    "/search?q=needle&room=room-48",
    "/search?q=the+from:Person398",
    "/search?q=the+in:room-48+from:Person398",
    "/search?q=from:Person398",
    "/search?q=in:room-0",
    "/search?q=the+after:2020-09-14+before:2020-09-15",
    "/search?q=needle+before:2021-01-01",
    "/search?q=door*",
    "/search?q=the*",
    "/search?q=nee*",
    "/search?q=lin*",
    "/search?q=absent",
    "/search?q=the&limit=200",
};

static double now_ms(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Returns how long it took by the clock, and in *cpu of the processor. */
static double ask(struct api *api, const char *question, double *cpu, int *status, size_t *bytes)
{
	const char *mark = strchr(question, '?');
	struct http_response response;
	struct http_request request = {
	    .method = str_of("GET"),
	    .path = {question, (size_t)(mark - question)},
	    .query = str_of(mark + 1),
	};
	double start = now_ms(CLOCK_MONOTONIC), busy = now_ms(CLOCK_PROCESS_CPUTIME_ID);
	api_answer(api, &request, &response);
	double took = now_ms(CLOCK_MONOTONIC) - start;
	*cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID) - busy;
	*status = response.status;
	*bytes = response.body.len;
	http_response_free(&response);
	return took;
}

static void measure(struct api *api, const char *question)
{
	double took[TIMES], cpu[TIMES];
	int status;
	size_t bytes;
	for (int i = 0; i < TIMES; i++)
		took[i] = ask(api, question, &cpu[i], &status, &bytes);
	double first = took[0];
	qsort(took, TIMES, sizeof(took[0]), compare);
	qsort(cpu, TIMES, sizeof(cpu[0]), compare);
	printf("%9.3f %9.3f %9.3f %9.3f  %d %7zu  %s\n", first, took[TIMES / 2], took[TIMES - 1],
	    cpu[TIMES / 2], status, bytes, question);
}

static long newest_id(struct api *api)
{
	struct http_response response;
	struct http_request request = {.method = str_of("GET"),
	    .path = str_of("/messages"),
	    .query = str_of("room=room-0&limit=1")};
	api_answer(api, &request, &response);
	const char *id = strstr(response.body.at, "\"id\":");
	long newest = id ? strtol(id + 5, NULL, 10) : 0;
	http_response_free(&response);
	return newest;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s DATABASE [QUERY ...]\n", argv[0]);
		return 2;
	}
	struct api *api = api_open(argv[1]);
	long middle = newest_id(api) / 2;
	printf("    first    median   longest    median of the processor (ms of %d)\n", TIMES);
	for (int i = 2; i < argc; i++)
		measure(api, argv[i]);
	for (size_t i = 0; argc == 2 && i < sizeof(questions) / sizeof(questions[0]); i++) {
		char question[256];
		size_t length = strlen(questions[i]);
		bool open = questions[i][length - 1] == '=';
		snprintf(question, sizeof(question), "%s%.0ld", questions[i], open ? middle : 0);
		measure(api, question);
	}
	api_close(api);
	return 0;
}
