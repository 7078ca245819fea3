#include "metrics.h"

#include <stdatomic.h>

static atomic_int exports;

bool metrics_export_begin(void)
{
	if (atomic_fetch_add(&exports, 1) < METRICS_EXPORTS_MAX)
		return true;
	atomic_fetch_sub(&exports, 1);
	return false;
}

void metrics_export_end(void)
{
	atomic_fetch_sub(&exports, 1);
}
