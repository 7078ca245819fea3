/*
 * metrics.h: what this process counts, from all of its threads, and how it is written down: the
 * text format of Prometheus, version 0.0.4.
 */
#ifndef CHAT_METRICS_H
#define CHAT_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { METRICS_ROUTES_MAX = 16 };

/*
 * An answer was made to a request of the route at that place, of that name (static), since `begin`
 * (monotonic ns).
 */
void metrics_count(size_t route, const char *name, int status, int64_t begin);

/* The lines that introduce a metric; `type` is one of counter, gauge, histogram. */
void metrics_put_head(struct text *out, const char *name, const char *type, const char *help);

/* A label's value, which stands between quotes. */
void metrics_put_label(struct text *out, struct str value);

/*
 * A histogram's lines. `within` counts, for each of the `bounds` (seconds), what took no longer;
 * `labels` stand before "le" and end with a comma, or are empty.
 */
void metrics_put_histogram(struct text *out, const char *name, const char *labels,
    const double *bounds, const int64_t *within, size_t count, int64_t total, double seconds);

/* All that metrics_count() counted, and the exports. */
void metrics_put_http(struct text *out);

#endif
