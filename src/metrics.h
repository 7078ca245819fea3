/*
 * metrics.h: what this process counts, from all of its threads.
 */
#ifndef CHAT_METRICS_H
#define CHAT_METRICS_H

#include <stdbool.h>

enum { METRICS_EXPORTS_MAX = 2 };

/* Whether one more export may begin; each that did is ended by metrics_export_end(). */
bool metrics_export_begin(void);
void metrics_export_end(void);

#endif
