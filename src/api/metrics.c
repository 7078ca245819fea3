#include "api/metrics.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "api/places.h"
#include "base/clock.h"

#define BOUNDS (sizeof(bounds) / sizeof(bounds[0]))
#define STATUSES (sizeof(statuses) / sizeof(statuses[0]))

static const double bounds[] = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5};

/* Whatever else an answer has is counted as the last one. */
static const int statuses[] = {200, 304, 400, 404, 405, 503, 500};

static struct {
	_Atomic(const char *) name; /* NULL: it was not asked for yet */
	atomic_uint_fast64_t by_status[STATUSES];
	atomic_uint_fast64_t by_time[BOUNDS + 1]; /* within this bound and not the one before */
	atomic_uint_fast64_t nanoseconds;
} routes[METRICS_ROUTES_MAX];

static void count_up(atomic_uint_fast64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t read_counter(atomic_uint_fast64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_count(size_t route, const char *name, int status, int64_t begin)
{
	int64_t took = clock_ns(CLOCK_MONOTONIC) - begin;
	size_t s = 0, b = 0;
	while (s < STATUSES - 1 && statuses[s] != status)
		s++;
	while (b < BOUNDS && (double)took > bounds[b] * 1e9)
		b++;
	atomic_store_explicit(&routes[route].name, name, memory_order_relaxed);
	count_up(&routes[route].by_status[s], 1);
	count_up(&routes[route].by_time[b], 1);
	count_up(&routes[route].nanoseconds, (uint64_t)took);
}

void metrics_put_head(struct text *out, const char *name, const char *type, const char *help)
{
	text_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_put_label(struct text *out, struct str value)
{
	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];
		if (c == '"' || c == '\\' || c == '\n')
			text_puts(out, "\\");
		text_put(out, (struct str){c == '\n' ? "n" : &value.at[i], 1});
	}
}

void metrics_put_histogram(struct text *out, const char *name, const char *labels, const double *of,
    const int64_t *within, size_t count, int64_t total, double seconds)
{
	int open = (int)strlen(labels);
	int without_comma = open ? open - 1 : 0;
	const char *begin = open ? "{" : "", *end = open ? "}" : "";
	for (size_t i = 0; i < count; i++)
		text_printf(out, "%s_bucket{%sle=\"%g\"} %lld\n", name, labels, of[i],
		    (long long)within[i]);
	text_printf(out, "%s_bucket{%sle=\"+Inf\"} %lld\n", name, labels, (long long)total);
	text_printf(out, "%s_sum%s%.*s%s %.9g\n", name, begin, without_comma, labels, end, seconds);
	text_printf(out, "%s_count%s%.*s%s %lld\n", name, begin, without_comma, labels, end,
	    (long long)total);
}

static void put_requests(struct text *out)
{
	static const char name[] = "mqtt_chat_http_requests_total";
	metrics_put_head(out, name, "counter", "Requests to the API that were answered.");
	for (size_t i = 0; i < METRICS_ROUTES_MAX; i++)
		for (size_t s = 0; s < STATUSES; s++)
			if (read_counter(&routes[i].by_status[s]))
				text_printf(out, "%s{route=\"%s\",status=\"%d\"} %llu\n", name,
				    routes[i].name, statuses[s],
				    (unsigned long long)read_counter(&routes[i].by_status[s]));
}

static void put_times(struct text *out)
{
	static const char name[] = "mqtt_chat_http_request_seconds";
	metrics_put_head(out, name, "histogram", "Time to make an answer, until its first byte.");
	for (size_t i = 0; i < METRICS_ROUTES_MAX; i++) {
		char labels[64];
		int64_t within[BOUNDS], total = 0;
		for (size_t b = 0; b < BOUNDS; b++)
			within[b] = total += (int64_t)read_counter(&routes[i].by_time[b]);
		total += (int64_t)read_counter(&routes[i].by_time[BOUNDS]);
		snprintf(labels, sizeof(labels), "route=\"%s\",", total ? routes[i].name : "");
		if (total)
			metrics_put_histogram(out, name, labels, bounds, within, BOUNDS, total,
			    (double)read_counter(&routes[i].nanoseconds) / 1e9);
	}
}

void metrics_put_http(struct text *out)
{
	put_requests(out);
	put_times(out);
	metrics_put_head(out, "mqtt_chat_exports_running", "gauge", "Exports under way.");
	text_printf(out, "mqtt_chat_exports_running %d\n", places_taken(PLACE_EXPORT));
}
