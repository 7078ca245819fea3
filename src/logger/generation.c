#include "logger/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define NAME "number"

struct generation {
	int folder, file; /* each may be -1 */
	const char *path;
	uint64_t number; /* the file's size in bytes, none of which is ever written */
	bool failed;	 /* last time; told once */
};

static void close_file(struct generation *generation)
{
	if (generation->file >= 0)
		close(generation->file);
	generation->file = -1;
}

/* At most 16 MiB: a copy of the folder may write them. nginx opens it, whatever our umask is. */
static int open_file(struct generation *generation)
{
	uint32_t random;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -1;
	generation->number = random & 0xffffff;
	int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
	generation->file = openat(generation->folder, NAME, flags, 0644);
	return generation->file < 0 ? -1 : fchmod(generation->file, 0644);
}

static int set_number(struct generation *generation)
{
	struct stat about;
	if (generation->file >= 0 && (fstat(generation->file, &about) != 0 || !about.st_nlink))
		close_file(generation);
	if (generation->file < 0 && open_file(generation) != 0)
		return -1;
	return ftruncate(generation->file, (off_t)++generation->number);
}

/* Returns whether there is none now. */
static bool remove_file(struct generation *generation)
{
	close_file(generation);
	return unlinkat(generation->folder, NAME, 0) == 0 || errno == ENOENT;
}

static void note_problem(struct generation *generation)
{
	int problem = errno;
	bool removed = remove_file(generation);
	if (generation->failed)
		return;
	generation->failed = true;
	if (removed)
		log_warning("%s/" NAME ": %s; until it can be written again nginx keeps no answers",
		    generation->path, strerror(problem));
	else
		log_error("%s/" NAME ": %s; remove it, or nginx gives answers that are a second "
			  "old",
		    generation->path, strerror(problem));
}

void generation_next(struct generation *generation)
{
	if (!generation)
		return;
	if (set_number(generation) != 0) {
		note_problem(generation);
		return;
	}
	if (generation->failed)
		log_info("%s/" NAME " can be written again", generation->path);
	generation->failed = false;
}

struct generation *generation_open(const char *folder)
{
	if (!folder[0])
		return NULL;
	struct generation *generation = calloc(1, sizeof(*generation));
	if (!generation)
		return NULL;
	*generation = (struct generation){
	    .folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), .file = -1, .path = folder};
	if (generation->folder < 0) {
		log_warning("%s: %s; make it, or set `generation-dir`: until then nginx keeps no "
			    "answers",
		    folder, strerror(errno));
		generation_close(generation);
		return NULL;
	}
	generation_next(generation);
	return generation;
}

void generation_close(struct generation *generation)
{
	if (!generation)
		return;
	close_file(generation);
	if (generation->folder >= 0)
		close(generation->folder);
	free(generation);
}
