#include "generation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

#define LINK "now"
#define LINK_IN_THE_MAKING "next"
#define DIGITS 16
#define STAYING 16 /* nginx may be on its way along the link that was */

struct generation {
	int folder;
	const char *path;
	uint64_t number; /* of the folder that was made last; the first is a random one */
	bool prepared;	 /* it is the next one's, and `next` points at it */
	bool failed;	 /* last time; told once */
};

static void name_of(uint64_t number, char name[DIGITS + 1])
{
	snprintf(name, DIGITS + 1, "%0*" PRIx64, DIGITS, number);
}

static void forget(const struct generation *generation, uint64_t number)
{
	char name[DIGITS + 1];
	name_of(number, name);
	unlinkat(generation->folder, name, AT_REMOVEDIR);
}

/* What it points at has to exist, for realpath(3), and to be readable whatever our umask: nginx
 * opens it. */
static int make_link(struct generation *generation)
{
	char name[DIGITS + 1];
	name_of(++generation->number, name);
	forget(generation, generation->number - STAYING);
	if (mkdirat(generation->folder, name, 0755) != 0 && errno != EEXIST)
		return -1;
	if (fchmodat(generation->folder, name, 0755, 0) != 0)
		return -1;
	if (symlinkat(name, generation->folder, LINK_IN_THE_MAKING) != 0 &&
	    (unlinkat(generation->folder, LINK_IN_THE_MAKING, 0) != 0 ||
		symlinkat(name, generation->folder, LINK_IN_THE_MAKING) != 0))
		return -1;
	return 0;
}

void generation_prepare(struct generation *generation)
{
	if (!generation || generation->prepared)
		return;
	generation->prepared = make_link(generation) == 0;
}

static int rename_link(const struct generation *generation)
{
	return renameat(generation->folder, LINK_IN_THE_MAKING, generation->folder, LINK);
}

/* What was prepared may have been taken away meanwhile. */
static int switch_link(struct generation *generation)
{
	bool prepared = generation->prepared;
	generation->prepared = false;
	if (prepared && rename_link(generation) == 0)
		return 0;
	return make_link(generation) ? -1 : rename_link(generation);
}

static void note(struct generation *generation, int problem)
{
	if (problem && !generation->failed)
		log_warning("%s: %s; until it can be written again nginx keeps no answers",
		    generation->path, strerror(problem));
	if (!problem && generation->failed)
		log_info("%s can be written again", generation->path);
	generation->failed = problem != 0;
}

void generation_next(struct generation *generation)
{
	if (!generation)
		return;
	int problem = 0;
	if (switch_link(generation) != 0) {
		problem = errno;
		unlinkat(generation->folder, LINK, 0);
	}
	note(generation, problem);
}

/* Of an earlier logger: all that look like ours, but for the present one. */
static void sweep(const struct generation *generation)
{
	char name[DIGITS + 1];
	name_of(generation->number, name);
	DIR *entries = opendir(generation->path);
	if (!entries)
		return;
	for (const struct dirent *entry; (entry = readdir(entries));)
		if (strspn(entry->d_name, "0123456789abcdef") == DIGITS &&
		    strcmp(entry->d_name, name) != 0)
			unlinkat(generation->folder, entry->d_name, AT_REMOVEDIR);
	closedir(entries);
}

struct generation *generation_open(const char *folder)
{
	if (!folder[0])
		return NULL;
	struct generation *generation = calloc(1, sizeof(*generation));
	if (!generation)
		return NULL;
	*generation = (struct generation){
	    .folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), .path = folder};
	if (generation->folder < 0 || getrandom(&generation->number, sizeof(uint64_t), 0) < 0) {
		log_warning("%s: %s; make it, or set `generation-dir`: until then nginx keeps no "
			    "answers",
		    folder, strerror(errno));
		generation_close(generation);
		return NULL;
	}
	generation_next(generation);
	sweep(generation);
	return generation;
}

void generation_close(struct generation *generation)
{
	if (!generation)
		return;
	if (generation->folder >= 0)
		close(generation->folder);
	free(generation);
}
