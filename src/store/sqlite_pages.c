#include "store/sqlite_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_SIZE 4096
#define HEADER 100
#define WAL_HEADER 32
#define FRAME_HEADER 24
#define MAP_FREE 2 /* of a page in the map */

static uint32_t be16(const unsigned char *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t be32(const unsigned char *at)
{
	return be16(at) << 16 | be16(at + 2);
}

static bool read_at(int fd, void *out, size_t size, int64_t offset)
{
	return fd >= 0 && pread(fd, out, size, (off_t)offset) == (ssize_t)size;
}

/* ---- the -wal file ---- */

static int64_t frame_offset(const struct pages *pages, uint32_t frame)
{
	return WAL_HEADER + (int64_t)(frame - 1) * (FRAME_HEADER + pages->size);
}

static void add_checksum(uint32_t sum[2], const unsigned char *at, size_t size, bool big)
{
	for (size_t i = 0; i < size; i += 8) {
		uint32_t one = be32(at + i), two = be32(at + i + 4);
		sum[0] += (big ? one : __builtin_bswap32(one)) + sum[1];
		sum[1] += (big ? two : __builtin_bswap32(two)) + sum[0];
	}
}

static bool frame_holds(
    const unsigned char *frame, const unsigned char *header, size_t size, uint32_t sum[2], bool big)
{
	add_checksum(sum, frame, 8, big);
	add_checksum(sum, frame + FRAME_HEADER, size, big);
	return memcmp(frame + 8, header + 16, 8) == 0 && be32(frame + 16) == sum[0] &&
	       be32(frame + 20) == sum[1];
}

/* The number of the last frame that belongs to a whole transaction; *pages is the file's then. */
static uint32_t last_commit(const struct pages *pages, uint32_t *count)
{
	unsigned char header[WAL_HEADER], frame[FRAME_HEADER + PAGES_SIZE_MAX];
	uint32_t sum[2] = {0, 0}, last = 0;
	if (!read_at(pages->wal, header, WAL_HEADER, 0) || be32(header + 8) != pages->size)
		return 0;
	bool big = header[3] & 1;
	add_checksum(sum, header, 24, big);
	for (uint32_t i = 1;
	     read_at(pages->wal, frame, FRAME_HEADER + pages->size, frame_offset(pages, i)) &&
	     frame_holds(frame, header, pages->size, sum, big);
	     i++) {
		if (!be32(frame + 4))
			continue;
		*count = be32(frame + 4);
		last = i;
	}
	return last;
}

static int read_frames(struct pages *pages)
{
	uint32_t last = last_commit(pages, &pages->count);
	pages->frames = calloc((size_t)pages->count + 1, sizeof(*pages->frames));
	if (!pages->frames)
		return -1;
	for (uint32_t i = 1; i <= last; i++) {
		unsigned char number[4];
		if (read_at(pages->wal, number, 4, frame_offset(pages, i)) &&
		    be32(number) <= pages->count)
			pages->frames[be32(number)] = i;
	}
	return 0;
}

/* ---- the file ---- */

static bool is_size(uint32_t size)
{
	return size >= 512 && size <= PAGES_SIZE_MAX && (size & (size - 1)) == 0;
}

/* The head of the file tells, unless it is damaged itself; then it is a file as we make them. */
static void read_header(struct pages *pages)
{
	unsigned char header[HEADER] = {0};
	struct stat about;
	bool whole =
	    read_at(pages->file, header, HEADER, 0) && memcmp(header, "SQLite format 3", 16) == 0;
	uint32_t size = be16(header + 16) == 1 ? PAGES_SIZE_MAX : be16(header + 16);
	bool sized = whole && memcmp(header + 24, header + 92, 4) == 0;
	pages->size = whole && is_size(size) ? size : DEFAULT_SIZE;
	pages->mapped = !whole || be32(header + 52) > 0;
	if (fstat(pages->file, &about) == 0)
		pages->count = (uint32_t)((about.st_size + pages->size - 1) / pages->size);
	if (sized && be32(header + 28) < pages->count)
		pages->count = be32(header + 28);
}

int pages_open(struct pages *pages, const char *path)
{
	char real[PATH_MAX], wal[PATH_MAX + 8];
	*pages = (struct pages){.file = -1, .wal = -1};
	if (!realpath(path, real))
		return -1;
	snprintf(wal, sizeof(wal), "%s-wal", real);
	pages->file = open(real, O_RDONLY | O_CLOEXEC);
	if (pages->file < 0)
		return -1;
	pages->wal = open(wal, O_RDONLY | O_CLOEXEC);
	if (pages->wal < 0 && errno != ENOENT)
		return -1;
	read_header(pages);
	pages->map = malloc(pages->size);
	return pages->map ? read_frames(pages) : -1;
}

void pages_close(struct pages *pages)
{
	if (pages->file >= 0)
		close(pages->file);
	if (pages->wal >= 0)
		close(pages->wal);
	free(pages->frames);
	free(pages->map);
}

bool pages_read(const struct pages *pages, uint32_t number, unsigned char *out)
{
	if (number < 1 || number > pages->count)
		return false;
	uint32_t frame = pages->frames[number];
	if (frame)
		return read_at(
		    pages->wal, out, pages->size, frame_offset(pages, frame) + FRAME_HEADER);
	return read_at(pages->file, out, pages->size, (int64_t)(number - 1) * pages->size);
}

bool pages_free(struct pages *pages, uint32_t number)
{
	uint32_t covered = pages->size / 5 + 1;
	if (!pages->mapped || number < 3)
		return false;
	uint32_t map = (number - 2) / covered * covered + 2;
	if (map != pages->map_number && !pages_read(pages, map, pages->map))
		memset(pages->map, 0, pages->size);
	pages->map_number = map;
	return number > map && pages->map[5 * (size_t)(number - map - 1)] == MAP_FREE;
}

/* ---- rows ---- */

struct bytes {
	const unsigned char *at, *end;
};

/* Takes a number of one to nine bytes off the front. */
static bool take_varint(struct bytes *in, uint64_t *out)
{
	*out = 0;
	for (int i = 0; i < 9 && in->at < in->end; i++) {
		unsigned char byte = *in->at++;
		*out = i == 8 ? *out << 8 | byte : *out << 7 | (byte & 0x7f);
		if (i == 8 || !(byte & 0x80))
			return true;
	}
	return false;
}

static int64_t get_integer(const unsigned char *at, size_t size)
{
	uint64_t value = size && at[0] & 0x80 ? UINT64_MAX : 0;
	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[i];
	return (int64_t)value;
}

/* Takes the value of a column off `body`. */
static bool take_column(struct pages_row *row, uint64_t type, struct bytes *body)
{
	static const unsigned char sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
	size_t left = (size_t)(body->end - body->at);
	uint64_t size = type < 10 ? sizes[type] : (type - 12) / 2;
	if (type == 10 || type == 11 || size > left)
		return false;
	int i = row->columns;
	if (i < PAGES_COLUMNS_MAX) {
		row->columns++;
		row->types[i] = type == 0			     ? PAGES_NULL
				: type < 7 || type == 8 || type == 9 ? PAGES_INTEGER
				: type >= 13 && type & 1	     ? PAGES_TEXT
								     : PAGES_OTHER;
		row->integers[i] = type >= 8 ? type == 9 : get_integer(body->at, (size_t)size);
		row->texts[i] = (struct str){(const char *)body->at, (size_t)size};
	}
	body->at += size;
	return true;
}

static bool read_record(struct pages_row *row, struct bytes record)
{
	uint64_t length, type;
	struct bytes types = record;
	row->columns = 0;
	if (!take_varint(&types, &length) || length > (size_t)(record.end - record.at))
		return false;
	struct bytes body = {record.at + length, record.end};
	types.end = body.at;
	while (types.at < types.end)
		if (!take_varint(&types, &type) || !take_column(row, type, &body))
			return false;
	return true;
}

/* Collects what stands on this page and on those that it goes on on. */
static bool collect(const struct pages *pages, struct bytes cell, size_t size, unsigned char *out)
{
	unsigned char page[PAGES_SIZE_MAX];
	size_t most = pages->size - 35, least = (pages->size - 12) * 32 / 255 - 23;
	size_t local = least + (size - least) % (pages->size - 4);
	local = size <= most ? size : local <= most ? local : least;
	size_t have = local, room = (size_t)(cell.end - cell.at);
	if (local + (have < size ? 4 : 0) > room)
		return false;
	memcpy(out, cell.at, local);
	uint32_t next = have < size ? be32(cell.at + local) : 0;
	while (have < size) {
		size_t part = size - have < pages->size - 4 ? size - have : pages->size - 4;
		if (!pages_read(pages, next, page))
			return false;
		memcpy(out + have, page + 4, part);
		have += part;
		next = be32(page);
	}
	return true;
}

enum { INDEX_INNER = 2, INDEX_LEAF = 10, TABLE_LEAF = 13 };

static bool read_cell(const struct pages *pages, int kind, struct bytes cell, struct pages_row *row,
    unsigned char *payload)
{
	uint64_t size, id = 0;
	row->index = kind != TABLE_LEAF;
	if (kind == INDEX_INNER)
		cell.at += 4;
	if (cell.at >= cell.end || !take_varint(&cell, &size) || size > PAGES_ROW_MAX)
		return false;
	if (row->index)
		return size <= (size_t)(cell.end - cell.at) &&
		       size <= (pages->size - 12) * 64 / 255 - 23 &&
		       read_record(row, (struct bytes){cell.at, cell.at + size});
	if (!take_varint(&cell, &id) || !collect(pages, cell, (size_t)size, payload))
		return false;
	row->id = (int64_t)id;
	return read_record(row, (struct bytes){payload, payload + size});
}

int pages_rows(const struct pages *pages, uint32_t number, pages_row_fn *visit, void *arg)
{
	unsigned char page[PAGES_SIZE_MAX], payload[PAGES_ROW_MAX];
	struct pages_row row;
	if (!pages_read(pages, number, page))
		return 0;
	const unsigned char *head = page + (number == 1 ? HEADER : 0), *end = page + pages->size;
	int kind = head[0], result = 0;
	if (kind != TABLE_LEAF && kind != INDEX_LEAF && kind != INDEX_INNER)
		return 0;
	const unsigned char *places = head + (kind == INDEX_INNER ? 12 : 8);
	for (size_t i = 0; i < be16(head + 3) && places + 2 * i + 2 <= end && !result; i++) {
		struct bytes cell = {page + be16(places + 2 * i), end};
		if (cell.at < end && read_cell(pages, kind, cell, &row, payload))
			result = visit(arg, &row);
	}
	return result;
}
