/* test_pages.c: a database read without SQLite has what SQLite says, down to the last byte. */
#include "store/sqlite_pages.h"

#include "history.h"

static struct pages pages;

static void open_pages(const char *path)
{
	int rc = pages_open(&pages, path);
	expect(rc == 0, "%s: %s", path, strerror(errno));
}

/* Makes a database of pages of that size. */
static const char *make(int page_size, const char *sql)
{
	char begin[200];
	const char *path = unit_path("db");
	sqlite3 *db = raw_open(path);
	char *error = NULL;
	snprintf(begin, sizeof(begin), "PRAGMA page_size = %d; PRAGMA auto_vacuum = INCREMENTAL",
	    page_size);
	assert_int_equal(sqlite3_exec(db, begin, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_exec(db, sql, NULL, NULL, &error);
	expect(!error, "%s: %s", sql, error);
	sqlite3_close(db);
	return path;
}

/* Visits the rows of all pages that are in use. Returns what the last visit did. */
static int visit_all(pages_row_fn *visit, void *arg)
{
	int result = 0;
	for (uint32_t number = 1; number <= pages.count && !result; number++)
		if (!pages_free(&pages, number))
			result = pages_rows(&pages, number, visit, arg);
	return result;
}

/* ---- texts of any length ---- */

/* The text of the row `id`: as many letters. */
#define LETTERS                                                                                    \
	"CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT);"                                      \
	"WITH RECURSIVE n (i) AS (VALUES (%d) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"         \
	"INSERT INTO t SELECT i, substr(replace(hex(zeroblob(i / 20 + 1)), '00',"                  \
	" 'abcdefghijklmnopqrst'), 1, i) FROM n"

struct seen {
	int first, count;
	bool ids[4000];
};

static int see_letters(void *arg, const struct pages_row *row)
{
	struct seen *seen = arg;
	if (row->index || row->columns != 2)
		return 0; /* of the schema */
	expect(row->id >= seen->first && row->id < seen->first + 4000, "%lld", (long long)row->id);
	assert_int_equal(row->types[0], PAGES_NULL);
	assert_int_equal(row->types[1], PAGES_TEXT);
	expect((int64_t)row->texts[1].len == row->id, "%zu", row->texts[1].len);
	for (size_t i = 0; i < row->texts[1].len; i++)
		expect(row->texts[1].at[i] == 'a' + (int)(i % 20), "%zu of %lld", i,
		    (long long)row->id);
	assert_false(seen->ids[row->id - seen->first]);
	seen->ids[row->id - seen->first] = true;
	seen->count++;
	return 0;
}

static void expect_letters(int page_size, int first, int last)
{
	char sql[400];
	struct seen seen = {.first = first};
	snprintf(sql, sizeof(sql), LETTERS, first, last);
	open_pages(make(page_size, sql));
	assert_int_equal(pages.size, page_size);
	assert_int_equal(visit_all(see_letters, &seen), 0);
	expect(seen.count == last - first + 1, "%d of %d", seen.count, last - first + 1);
	pages_close(&pages);
	unlink(unit_path("db"));
}

TEST(rows_of_any_length_are_read_from_pages_of_any_size)
{
	expect_letters(512, 0, 2600);
	expect_letters(1024, 900, 1200);
	expect_letters(4096, 4000, 4200);
	expect_letters(4096, 65000, 65010);
	expect_letters(32768, 32700, 32740);
	expect_letters(65536, 60000, 60020);
}

TEST(a_row_is_read_up_to_the_longest)
{
	char sql[400];
	struct seen seen = {.first = PAGES_ROW_MAX - 100};
	/* Before the text there are 5 bytes. */
	snprintf(sql, sizeof(sql), LETTERS, PAGES_ROW_MAX - 8, PAGES_ROW_MAX);
	open_pages(make(4096, sql));
	visit_all(see_letters, &seen);
	assert_int_equal(seen.count, 4);
	assert_true(seen.ids[100 - 5]);
	pages_close(&pages);
}

/* ---- values ---- */

static const int64_t integers[] = {0, 1, 2, -1, 127, 128, -128, -129, 255, 256, 32767, 32768,
    -32768, -32769, 8388607, 8388608, -8388608, -8388609, INT32_MAX, INT32_MAX + 1LL, INT32_MIN,
    INT32_MIN - 1LL, 140737488355327, 140737488355328, -140737488355328, -140737488355329,
    INT64_MAX, INT64_MIN, 9007199254740991, 0x0102030405060708};

static int see_integer(void *arg, const struct pages_row *row)
{
	int *count = arg;
	if (row->columns != 3)
		return 0;
	assert_int_equal(row->types[1], PAGES_INTEGER);
	assert_int_equal(row->types[2], PAGES_INTEGER);
	expect(row->integers[1] == row->id, "%lld is %lld", (long long)row->id,
	    (long long)row->integers[1]);
	assert_int_equal(row->integers[2], 77);
	++*count;
	return 0;
}

TEST(integers_and_ids_of_any_size_are_read)
{
	char sql[4000] = "CREATE TABLE t (id INTEGER PRIMARY KEY, n, m)";
	for (size_t i = 0; i < COUNT(integers); i++)
		if (integers[i] != INT64_MIN)
			snprintf(sql + strlen(sql), 120, ";INSERT INTO t VALUES (%lld, %lld, 77)",
			    (long long)integers[i], (long long)integers[i]);
	strcat(sql, ";INSERT INTO t VALUES (-9223372036854775807 - 1, -9223372036854775807 - 1, "
		    "77)");
	int count = 0;
	open_pages(make(4096, sql));
	visit_all(see_integer, &count);
	assert_int_equal(count, COUNT(integers));
	pages_close(&pages);
}

static int copy_row(void *arg, const struct pages_row *row)
{
	struct pages_row *to = arg;
	if (row->columns < 5 || row->types[0] == PAGES_TEXT)
		return 0;
	static char texts[PAGES_COLUMNS_MAX][100];
	*to = *row;
	for (int i = 0; i < row->columns; i++) {
		memcpy(texts[i], row->texts[i].at, row->texts[i].len);
		to->texts[i].at = texts[i];
	}
	return 1;
}

TEST(each_type_is_told)
{
	struct pages_row row;
	static const enum pages_type types[] = {PAGES_NULL, PAGES_NULL, PAGES_OTHER, PAGES_OTHER,
	    PAGES_OTHER, PAGES_TEXT, PAGES_TEXT, PAGES_INTEGER};
	open_pages(make(4096, "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d, e, f, g, h, i);"
			      "INSERT INTO t VALUES (5, NULL, 1.5, x'', x'0102', '', 'word', 1,"
			      " 'left', 'out')"));
	assert_int_equal(visit_all(copy_row, &row), 1);
	assert_int_equal(row.id, 5);
	assert_int_equal(row.columns, PAGES_COLUMNS_MAX);
	for (size_t i = 0; i < COUNT(types); i++)
		expect(row.types[i] == types[i], "%zu is %d", i, row.types[i]);
	assert_int_equal(row.texts[2].len, 8);
	assert_int_equal(row.texts[3].len, 0);
	assert_true(str_eq(row.texts[4], BYTES("\1\2")));
	assert_true(str_eq(row.texts[5], BYTES("")));
	expect_str(row.texts[6], "word");
	assert_int_equal(row.integers[7], 1);
	pages_close(&pages);
}

static int see_schema(void *arg, const struct pages_row *row)
{
	bool *found = arg;
	*found |= row->id == 1 && row->columns == 5 && str_is(row->texts[0], "table") &&
		  str_is(row->texts[1], "t") && row->integers[3] == 3;
	return 0;
}

TEST(the_first_page_begins_behind_the_head_of_the_file)
{
	bool found = false;
	open_pages(make(512, "CREATE TABLE t (a)"));
	assert_int_equal(pages_rows(&pages, 1, see_schema, &found), 0);
	assert_true(found);
	pages_close(&pages);
}

/* ---- indexes ---- */

enum { KEYS = 900, KEY_LENGTHS = 300 };

static int see_key(void *arg, const struct pages_row *row)
{
	struct seen *seen = arg;
	if (!row->index)
		return 0;
	assert_int_equal(row->columns, 2);
	assert_int_equal(row->types[1], PAGES_INTEGER);
	int64_t i = row->integers[1] - 1000;
	expect(i >= 0 && i < KEYS, "%lld", (long long)i);
	expect(row->texts[0].len == (size_t)(i % KEY_LENGTHS) + 4, "%zu", row->texts[0].len);
	seen->ids[i] = true;
	seen->count++;
	return 0;
}

static void expect_keys(int page_size)
{
	struct seen seen = {0};
	int wanted = 0;
	open_pages(make(page_size,
	    "CREATE TABLE t (k TEXT PRIMARY KEY, n) WITHOUT ROWID;"
	    "WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 899)"
	    "INSERT INTO t SELECT printf('%04d', i) || substr(hex(zeroblob(200)), 1, i % 300),"
	    " i + 1000 FROM n"));
	visit_all(see_key, &seen);
	for (int i = 0; i < KEYS; i++) {
		int length = i % KEY_LENGTHS + 4;
		int size = 1 + (13 + 2 * length > 127 ? 2 : 1) + 1 + length + 2;
		bool whole = size <= (page_size - 12) * 64 / 255 - 23;
		expect(seen.ids[i] == whole, "%d, of %d bytes", i, size);
		wanted += whole;
	}
	assert_int_equal(seen.count, wanted);
	pages_close(&pages);
	unlink(unit_path("db"));
}

TEST(of_an_index_those_that_stand_on_one_page_are_read)
{
	expect_keys(512);
	expect_keys(1024);
	expect_keys(4096);
}

static int break_off(void *arg, const struct pages_row *row)
{
	(void)row;
	return ++*(int *)arg == 3 ? 9 : 0;
}

TEST(a_visit_can_break_off)
{
	int calls = 0;
	open_pages(make(4096, "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3), (4), (5)"));
	assert_int_equal(pages_rows(&pages, 3, break_off, &calls), 9);
	assert_int_equal(calls, 3);
	pages_close(&pages);
}

/* ---- pages that are free ---- */

static int count_row(void *arg, const struct pages_row *row)
{
	*(int *)arg += !row->index && row->columns == 2;
	return 0;
}

static void expect_free(const char *path, int rows)
{
	int count = 0;
	int64_t empty = 0;
	open_pages(path);
	for (uint32_t number = 1; number <= pages.count; number++)
		empty += pages_free(&pages, number);
	assert_int_equal(empty, raw_number(path, "PRAGMA freelist_count"));
	visit_all(count_row, &count);
	assert_int_equal(count, rows);
	assert_false(pages_free(&pages, pages.count * 10));
	pages_close(&pages);
}

TEST(what_was_deleted_stands_on_pages_that_are_free)
{
	char sql[600];
	snprintf(sql, sizeof(sql), "PRAGMA secure_delete = off;" LETTERS ";", 1, 600);
	strcat(sql, "DELETE FROM t WHERE id BETWEEN 100 AND 399 OR id > 570");
	const char *path = make(512, sql);
	expect_free(path, 600 - 300 - 30);
	assert_true(raw_number(path, "PRAGMA freelist_count") > 200);
	assert_true(raw_number(path, "PRAGMA page_count") > 400);
	raw_run(path, "PRAGMA auto_vacuum = NONE; VACUUM; DELETE FROM t WHERE id < 500");
	open_pages(path);
	assert_false(pages.mapped);
	for (uint32_t number = 1; number <= pages.count; number++)
		assert_false(pages_free(&pages, number));
	pages_close(&pages);
}

/* ---- the head of the file ---- */

static void patch(const char *path, off_t at, const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, bytes, size, at), size);
	close(fd);
}

static void expect_head(const char *path, uint32_t size, uint32_t count, bool mapped)
{
	open_pages(path);
	assert_int_equal(pages.size, size);
	assert_int_equal(pages.count, count);
	assert_int_equal(pages.mapped, mapped);
	pages_close(&pages);
}

TEST(the_head_tells_how_many_pages_there_are_unless_it_is_damaged)
{
	static unsigned char page[PAGES_SIZE_MAX];
	char more[1500] = "";
	char sql[400];
	snprintf(sql, sizeof(sql), LETTERS, 1, 100);
	const char *path = make(1024, sql);
	struct stat about;
	assert_int_equal(stat(path, &about), 0);
	uint32_t count = (uint32_t)(about.st_size / 1024);
	expect_head(path, 1024, count, true);
	patch(path, about.st_size, more, sizeof(more)); /* a page and a half */
	expect_head(path, 1024, count, true);
	patch(path, 92, "\0\0\0", 4); /* the count is of an older version */
	expect_head(path, 1024, count + 2, true);
	open_pages(path);
	assert_true(pages_read(&pages, count + 1, page));
	assert_false(pages_read(&pages, count + 2, page));
	assert_false(pages_read(&pages, count + 3, page));
	assert_false(pages_read(&pages, 0, page));
	pages_close(&pages);
	patch(path, 52, "\0\0\0", 4); /* no auto_vacuum */
	expect_head(path, 1024, count + 2, false);
	patch(path, 16, "\4\1", 2); /* 1025 bytes a page */
	expect_head(path, 4096, (uint32_t)(about.st_size + 1500 + 4095) / 4096, false);
	patch(path, 16, "\1\0", 2); /* 256 */
	expect_head(path, 4096, (uint32_t)(about.st_size + 1500 + 4095) / 4096, false);
	patch(path, 0, "X", 1);
	expect_head(path, 4096, (uint32_t)(about.st_size + 1500 + 4095) / 4096, true);
	assert_int_equal(truncate(path, 50), 0);
	expect_head(path, 4096, 1, true);
}

TEST(what_cannot_be_opened_is_told)
{
	assert_int_equal(pages_open(&pages, unit_path("none")), -1);
	assert_int_equal(errno, ENOENT);
	pages_close(&pages);
	const char *path = make(4096, "CREATE TABLE t (a)");
	assert_int_equal(symlink("db-wal", unit_path("db-wal")), 0);
	assert_int_equal(pages_open(&pages, path), -1);
	assert_int_equal(errno, ELOOP);
	pages_close(&pages);
}

/* ---- damage ---- */

/* Overwrites the types of the one row of t, and tells whether it is read. */
static bool is_read(const char *path, const char *types)
{
	static char page[4096];
	int count = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, page, sizeof(page), 2 * 4096), sizeof(page));
	close(fd);
	char *text = memmem(page, sizeof(page), "abcd", 4);
	assert_non_null(text);
	patch(path, 2 * 4096 + (text - page) - 3, types, 3);
	open_pages(path);
	pages_rows(&pages, 3, count_row, &count);
	pages_close(&pages);
	return count == 1;
}

TEST(a_row_that_contradicts_itself_is_left_out)
{
	const char *path = make(4096, "CREATE TABLE t (id INTEGER PRIMARY KEY, text);"
				      "INSERT INTO t VALUES (1, 'abcd')");
	assert_true(is_read(path, "\3\0\25"));
	assert_true(is_read(path, "\3\0\23"));	/* three letters of the four */
	assert_false(is_read(path, "\3\0\27")); /* five */
	assert_true(is_read(path, "\3\0\24"));	/* four bytes that are no text */
	assert_false(is_read(path, "\3\0\12")); /* 10 and 11 are no types */
	assert_false(is_read(path, "\3\0\13"));
	assert_false(is_read(path, "\3\0\225")); /* a type that does not end */
	assert_true(is_read(path, "\3\0\4"));
	assert_false(is_read(path, "\3\0\6"));
	assert_false(is_read(path, "\11\0\4")); /* a head that is longer than the row */
}

TEST(a_page_of_anything_is_read_to_its_end)
{
	static char page[512];
	char sql[400];
	int calls = 0;
	snprintf(sql, sizeof(sql), LETTERS, 1, 100);
	const char *path = make(512, sql);
	srand(7);
	for (int i = 0; i < 2000; i++) {
		static const char kinds[] = {13, 10, 2, 5, 0};
		for (size_t at = 0; at < sizeof(page); at++)
			page[at] = (char)(rand() % 3 ? rand() : rand() % 16);
		page[0] = kinds[i % 5];
		patch(path, 4 * 512, page, sizeof(page));
		open_pages(path);
		pages_rows(&pages, 5, break_off, &calls);
		pages_close(&pages);
		calls = i % 5 > 2 ? calls : 5;
	}
	assert_int_equal(calls, 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(rows_of_any_length_are_read_from_pages_of_any_size),
	    IN_DIR(a_row_is_read_up_to_the_longest),
	    IN_DIR(integers_and_ids_of_any_size_are_read),
	    IN_DIR(each_type_is_told),
	    IN_DIR(the_first_page_begins_behind_the_head_of_the_file),
	    IN_DIR(of_an_index_those_that_stand_on_one_page_are_read),
	    IN_DIR(a_visit_can_break_off),
	    IN_DIR(what_was_deleted_stands_on_pages_that_are_free),
	    IN_DIR(the_head_tells_how_many_pages_there_are_unless_it_is_damaged),
	    IN_DIR(what_cannot_be_opened_is_told),
	    IN_DIR(a_row_that_contradicts_itself_is_left_out),
	    IN_DIR(a_page_of_anything_is_read_to_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
