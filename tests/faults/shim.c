/*
 * shim.c: faults for the logger, from outside. Preloaded into it, this kills it at a chosen place,
 * makes its disk fail, keeps what a power cut would leave of the disk, and can take away what the
 * promise rests on, to see that the harness notices.
 *
 * The harness steers it by files in the folder $FAULTS, which are looked at each time:
 *
 *   kill       "POINT N ANYTHING": SIGKILL when POINT is reached for the Nth time since the file
 *              has had this content; POINT is then written to `fired`
 *   sync       "EIO", "ENOSPC", …: every sync of a database's file fails with it
 *   write      as `sync`, for pwrite and ftruncate
 *   slow       milliseconds that every sync of a database's file takes more
 *   after      "N": `sync` and `write` begin with their Nth call since the file has been so
 *   disk/      while it is there, it holds what is on the disk for certain: see disk_*() below
 *   no-sync    negative control: a sync does nothing and says that it went well
 *   ack-first  negative control: acknowledgements go out before COMMIT: libmosquitto's default
 *   no-unique  negative control: INSERT without its conflict clause (the index must be dropped)
 *   no-marks   negative control: the note of what may be delivered again is read as empty
 *
 * The last three are read when the logger starts.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <mosquitto.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Declares next(): the function that would have been called without us. */
#define NEXT(name)                                                                                 \
	static __typeof__(name) *next;                                                             \
	if (!next)                                                                                 \
	next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* ---- the harness's files ---- */

static const char *path_of(const char *name)
{
	static char path[PATH_MAX];
	const char *folder = getenv("FAULTS");
	snprintf(path, sizeof(path), "%s/%s", folder ? folder : "/nonexistent", name);
	return path;
}

static bool is_set(const char *name)
{
	return access(path_of(name), F_OK) == 0;
}

/* Reads a file as a string; false, and an empty one, where there is none. */
static bool read_setting(const char *name, char *out, size_t size)
{
	out[0] = '\0';
	int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t length = read(fd, out, size - 1);
	close(fd);
	out[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* Counts calls since `setting` has had this content. */
struct counter {
	char setting[80];
	long count;
};

static long count_on(struct counter *counter, const char *setting)
{
	if (strcmp(counter->setting, setting) != 0) {
		snprintf(counter->setting, sizeof(counter->setting), "%s", setting);
		counter->count = 0;
	}
	return ++counter->count;
}

/* ---- kill points ---- */

static void die(const char *point)
{
	int fd = open(path_of("fired"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || dprintf(fd, "%s", point) < 0)
		perror("shim: fired");
	kill(getpid(), SIGKILL);
	pause();
}

/* Whether this is the place and the time. */
static bool due(const char *point)
{
	static struct counter counter;
	char setting[80], wanted[40] = "";
	long n = 0;
	return read_setting("kill", setting, sizeof(setting)) &&
	       sscanf(setting, "%39s %ld", wanted, &n) == 2 && strcmp(wanted, point) == 0 &&
	       count_on(&counter, setting) == n;
}

static void kill_point(const char *point)
{
	if (due(point))
		die(point);
}

static void (*real_on_message)(struct mosquitto *, void *, const struct mosquitto_message *);

static void on_message(struct mosquitto *mosq, void *arg, const struct mosquitto_message *message)
{
	kill_point("callback-begin");
	real_on_message(mosq, arg, message);
	kill_point("callback-end");
}

void mosquitto_message_callback_set(struct mosquitto *mosq,
    void (*callback)(struct mosquitto *, void *, const struct mosquitto_message *))
{
	NEXT(mosquitto_message_callback_set);
	real_on_message = callback;
	next(mosq, on_message);
}

struct json_object *json_tokener_parse_ex(
    struct json_tokener *tokener, const char *text, int length)
{
	NEXT(json_tokener_parse_ex);
	kill_point("callback");
	return next(tokener, text, length);
}

static bool in_slice; /* of the index, from its first row to the end of its COMMIT */

static void slice_point(void)
{
	if (in_slice)
		kill_point("slice");
}

int sqlite3_step(sqlite3_stmt *stmt)
{
	NEXT(sqlite3_step);
	const char *sql = sqlite3_sql(stmt);
	bool commit = sql && strcmp(sql, "COMMIT") == 0;
	if (sql && strncmp(sql, "INSERT INTO search ", 19) == 0)
		in_slice = true;
	if (commit)
		kill_point("before-commit");
	slice_point();
	int rc = next(stmt);
	slice_point();
	if (commit && rc == SQLITE_DONE)
		kill_point("after-commit");
	if (commit)
		in_slice = false;
	return rc;
}

int mosquitto_loop_write(struct mosquitto *mosq, int max_packets)
{
	NEXT(mosquitto_loop_write);
	kill_point("before-write");
	int rc = next(mosq, max_packets);
	kill_point("after-write");
	return rc;
}

/* ---- negative controls ---- */

int mosquitto_threaded_set(struct mosquitto *mosq, bool threaded)
{
	NEXT(mosquitto_threaded_set);
	return is_set("ack-first") ? MOSQ_ERR_SUCCESS : next(mosq, threaded);
}

int sqlite3_prepare_v3(sqlite3 *db, const char *sql, int length, unsigned int flags,
    sqlite3_stmt **stmt, const char **tail)
{
	NEXT(sqlite3_prepare_v3);
	char changed[500];
	const char *clause = strstr(sql, " ON CONFLICT ");
	bool message = strncmp(sql, "INSERT INTO messages ", 21) == 0;
	if (clause && message && is_set("no-unique")) {
		snprintf(changed, sizeof(changed), "%.*s", (int)(clause - sql), sql);
		return next(db, changed, -1, flags, stmt, NULL);
	}
	if (strcmp(sql, "SELECT note FROM logger_note") == 0 && is_set("no-marks"))
		return next(db, "SELECT x'' FROM logger_note", -1, flags, stmt, NULL);
	return next(db, sql, length, flags, stmt, tail);
}

/* ---- the database's files ---- */

/* The name of an open file in the database's folder (chat.db, chat.db-wal), or NULL; not -shm. */
static const char *database_file(int fd)
{
	static char path[PATH_MAX];
	const char *database = getenv("FAULTS_DATABASE");
	char link[40];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof(path) - 1);
	if (length < 0 || !database)
		return NULL;
	path[length] = '\0';
	const char *end = path + strlen(path);
	if (strncmp(path, database, strlen(database)) != 0 ||
	    (end - path > 4 && strcmp(end - 4, "-shm") == 0))
		return NULL;
	return strrchr(path, '/') + 1;
}

/* What "EIO" and the like stand for; 0 where the fault is off. */
static int fault(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} errors[] = {{"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EROFS", EROFS}, {"EDQUOT", EDQUOT}};
	static struct counter counter;
	char setting[20], after[80];
	if (!read_setting(name, setting, sizeof(setting)))
		return 0;
	if (read_setting("after", after, sizeof(after)) && count_on(&counter, after) < atol(after))
		return 0;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(setting, errors[i].name) == 0)
			return errors[i].number;
	return 0;
}

/* ---- what a power cut leaves ----
 *
 * disk/FILE is the file as it is on the disk, disk/FILE.dirty has a byte for each page of the
 * file: 1 where it was written and not synced. A sync copies the dirty pages. A sync that fails
 * leaves them off the disk and yet clean, as Linux does: later syncs will not write them.
 */

enum { PAGE = 4096, PAGES = 1 << 18 };

struct disk_file {
	char name[80];
	unsigned char *dirty;
};

static unsigned char *disk_map(const char *name)
{
	char file[120];
	snprintf(file, sizeof(file), "disk/%s.dirty", name);
	int fd = open(path_of(file), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || ftruncate(fd, PAGES) != 0)
		return NULL;
	void *map = mmap(NULL, PAGES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

/* NULL where no disk is kept. */
static unsigned char *disk_dirty(const char *name)
{
	static struct disk_file files[8];
	if (!is_set("disk"))
		return NULL;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!files[i].dirty) {
			snprintf(files[i].name, sizeof(files[i].name), "%s", name);
			return files[i].dirty = disk_map(name);
		}
		if (strcmp(files[i].name, name) == 0)
			return files[i].dirty;
	}
	return NULL;
}

static void disk_written(const char *name, off_t offset, ssize_t length)
{
	unsigned char *dirty = disk_dirty(name);
	for (off_t page = offset / PAGE;
	     dirty && length > 0 && page <= (offset + length - 1) / PAGE && page < PAGES; page++)
		dirty[page] = 1;
}

static void disk_copy(int from, int to, off_t offset)
{
	NEXT(pwrite);
	char page[PAGE];
	ssize_t length = pread(from, page, sizeof(page), offset);
	if (length > 0 && next(to, page, (size_t)length, offset) != length)
		perror("shim: disk");
}

static void disk_synced(const char *name, int fd, bool reached)
{
	unsigned char *dirty = disk_dirty(name);
	struct stat st;
	char file[120];
	snprintf(file, sizeof(file), "disk/%s", name);
	if (!dirty || fstat(fd, &st) != 0)
		return;
	int disk = open(path_of(file), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (disk < 0 || (reached && ftruncate(disk, st.st_size) != 0))
		perror("shim: disk");
	for (off_t page = 0; page * PAGE < st.st_size && page < PAGES; page++) {
		if (dirty[page] && reached)
			disk_copy(fd, disk, page * PAGE);
		dirty[page] = 0;
	}
	close(disk);
}

/* ---- the system calls ---- */

/* A slow disk: each sync takes that many milliseconds more. */
static void be_slow(void)
{
	char ms[20];
	if (read_setting("slow", ms, sizeof(ms)))
		usleep((useconds_t)(atol(ms) * 1000));
}

static int sync_file(int fd, int (*next)(int))
{
	const char *name = database_file(fd);
	if (!name)
		return next(fd);
	kill_point("before-sync");
	be_slow();
	int error = fault("sync");
	int rc = error ? -1 : 0;
	if (!is_set("no-sync")) {
		rc = error ? -1 : next(fd);
		disk_synced(name, fd, rc == 0);
	}
	kill_point("after-sync");
	if (error)
		errno = error;
	return rc;
}

int fsync(int fd)
{
	NEXT(fsync);
	return sync_file(fd, next);
}

int fdatasync(int fd)
{
	NEXT(fdatasync);
	return sync_file(fd, next);
}

static ssize_t write_at(int fd, const void *data, size_t length, off_t offset,
    ssize_t (*next)(int, const void *, size_t, off_t))
{
	const char *name = database_file(fd);
	int error = name ? fault("write") : 0;
	if (error) {
		errno = error;
		return -1;
	}
	if (name && due("half-pwrite")) {
		disk_written(name, offset, next(fd, data, length / 2, offset));
		die("half-pwrite");
	}
	slice_point();
	ssize_t written = next(fd, data, length, offset);
	if (name)
		disk_written(name, offset, written);
	slice_point();
	return written;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset)
{
	NEXT(pwrite);
	return write_at(fd, data, length, offset, next);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
	NEXT(pwrite64);
	return write_at(fd, data, length, offset, next);
}

int ftruncate64(int fd, off64_t length)
{
	NEXT(ftruncate64);
	int error = database_file(fd) ? fault("write") : 0;
	if (!error)
		return next(fd, length);
	errno = error;
	return -1;
}

/* libmosquitto sends each packet with one call: of write() before 2.0.15, of send() since. */
static void half_send(int fd, const void *data, size_t length)
{
	NEXT(send);
	if (length < 2 || !due("half-send"))
		return;
	if (next(fd, data, length / 2, 0) < 0)
		perror("shim: half-send");
	die("half-send");
}

ssize_t send(int fd, const void *data, size_t length, int flags)
{
	NEXT(send);
	half_send(fd, data, length);
	return next(fd, data, length, flags);
}

ssize_t write(int fd, const void *data, size_t length)
{
	NEXT(write);
	struct stat st;
	if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
		half_send(fd, data, length);
	return next(fd, data, length);
}
