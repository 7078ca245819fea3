#include "admin/files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <unistd.h>

#include "admin/admin.h"

static void tell_finding(void *arg, const char *what, const char *remedy)
{
	(void)remedy;
	admin_fail("%s: %s", (const char *)arg, what);
}

int admin_verify(const char *path, struct store_overview *overview)
{
	struct store *store;
	char error[STORE_ERROR_SIZE];
	int findings = 0;
	if (store_open(&store, path, STORE_READER, error))
		return admin_fail("%s", error);
	enum store_status status = store_inspect(store, tell_finding, (void *)path, &findings);
	if (!status)
		status = store_overview(store, overview);
	if (status && !findings)
		admin_fail("%s", store_error(store));
	store_close(store);
	return status || findings ? ADMIN_FAILED : ADMIN_OK;
}

int admin_replace(const char *from, const char *to)
{
	char folder[PATH_MAX];
	if (rename(from, to) != 0)
		return -1;
	snprintf(folder, sizeof(folder), "%s", to);
	int fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd >= 0 ? fsync(fd) : -1;
	if (fd >= 0)
		close(fd);
	return rc;
}
