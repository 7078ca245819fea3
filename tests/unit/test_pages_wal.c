/*
 * test_pages_wal.c: of the -wal file, those pages are read that SQLite would read of it, whatever
 * is wrong with it.
 */
#include "store/sqlite_pages.h"

#include "base/text.h"
#include "history.h"

enum { PAGE = 1024, HEADER = 32, FRAME = 24 + PAGE };

/* A database and its -wal file, as a process that was killed leaves them. */
static struct {
	char file[1 << 20], wal[1 << 20];
	size_t file_size, wal_size;
} left;

static void run_sql(sqlite3 *db, const char *sql)
{
	expect(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql,
	    sqlite3_errmsg(db));
}

/* Adds `count` rows of about a third of a page. */
static void add_rows(sqlite3 *db, int count)
{
	for (int i = 0; i < count; i++)
		run_sql(db, "INSERT INTO t VALUES (NULL, hex(zeroblob(150)))");
}

static size_t read_file(const char *name, char *out)
{
	size_t length = unit_read(unit_path(name), out, 1 << 20);
	assert_true(length < (1 << 20) - 1);
	return length;
}

static sqlite3 *begin(void)
{
	sqlite3 *db = raw_open(unit_path("from"));
	run_sql(db, "PRAGMA page_size = 1024; PRAGMA auto_vacuum = INCREMENTAL;"
		    "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;"
		    "PRAGMA synchronous = OFF;"
		    "CREATE TABLE t (id INTEGER PRIMARY KEY, text)");
	return db;
}

static void take_copy(void)
{
	left.file_size = read_file("from", left.file);
	left.wal_size = read_file("from-wal", left.wal);
	assert_true(left.wal_size > HEADER);
}

/* Some transactions, of which the last is not committed, and one behind the others of before. */
static void make_left(void)
{
	sqlite3 *db = begin();
	add_rows(db, 9);
	run_sql(db, "PRAGMA wal_checkpoint(PASSIVE)");
	for (int i = 0; i < 4; i++) {
		run_sql(db, "BEGIN");
		add_rows(db, i + 2);
		run_sql(db, "COMMIT");
	}
	run_sql(db, "PRAGMA cache_size = 2; PRAGMA cache_spill = 2; BEGIN");
	add_rows(db, 30);
	take_copy();
	run_sql(db, "ROLLBACK");
	sqlite3_close(db);
}

static int count_row(void *arg, const struct pages_row *row)
{
	*(int *)arg += !row->index && row->columns == 2 && row->texts[1].len == 300;
	return 0;
}

static int rows_without_sqlite(const char *path)
{
	int count = 0;
	struct pages pages;
	int next = unit_next_fd();
	assert_int_equal(pages_open(&pages, path), 0);
	assert_int_equal(pages.size, PAGE);
	for (uint32_t number = 1; number <= pages.count; number++)
		if (!pages_free(&pages, number))
			pages_rows(&pages, number, count_row, &count);
	pages_close(&pages);
	expect(unit_next_fd() == next, "something stayed open");
	return count;
}

static int rows_with_sqlite(const char *path)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = raw_open(path);
	run_sql(db, "PRAGMA synchronous = OFF");
	sqlite3_prepare_v2(db, "SELECT count(*) FROM t", -1, &stmt, NULL);
	expect(sqlite3_step(stmt) == SQLITE_ROW, "%s", sqlite3_errmsg(db));
	int count = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return count;
}

/* Compares on a copy, with so many bytes of the -wal file, what both read. Returns the rows. */
static int expect_same(size_t wal_size, const char *what, size_t at)
{
	const char *path = unit_path("copy");
	unit_write(path, (struct str){left.file, left.file_size});
	unit_write(unit_path("copy-wal"), (struct str){left.wal, wal_size});
	int count = rows_without_sqlite(path);
	int wanted = rows_with_sqlite(path);
	expect(count == wanted, "%s %zu: %d rows, and not %d", what, at, count, wanted);
	unlink(unit_path("copy-shm"));
	return count;
}

TEST(whole_transactions_are_read)
{
	make_left();
	assert_int_equal(expect_same(left.wal_size, "all", 0), 9 + 2 + 3 + 4 + 5);
	assert_int_equal(expect_same(0, "none", 0), 9);
	for (size_t size = HEADER; size <= left.wal_size; size += FRAME) {
		expect_same(size, "cut at", size);
		expect_same(size - 1, "cut at", size - 1);
	}
}

TEST(from_a_frame_that_is_damaged_on_nothing_is_read)
{
	make_left();
	for (size_t frame = HEADER; frame + FRAME <= left.wal_size; frame += FRAME) {
		for (size_t i = 0; i < 24; i++) {
			left.wal[frame + i] ^= 0x10;
			expect_same(left.wal_size, "frame's head", frame + i);
			left.wal[frame + i] ^= 0x10;
		}
		static const size_t places[] = {24, 31, 500, FRAME - 8, FRAME - 1};
		for (size_t i = 0; i < COUNT(places); i++) {
			left.wal[frame + places[i]] ^= 1;
			expect_same(left.wal_size, "frame", frame + places[i]);
			left.wal[frame + places[i]] ^= 1;
		}
	}
}

TEST(behind_a_head_that_is_damaged_nothing_is_read)
{
	make_left();
	for (size_t i = 0; i < 24; i++) {
		left.wal[i] ^= 1;
		assert_int_equal(expect_same(left.wal_size, "head", i), 9);
		left.wal[i] ^= 1;
	}
}

TEST(what_is_left_of_an_earlier_round_is_not_read)
{
	sqlite3 *db = begin();
	add_rows(db, 30);
	run_sql(db, "PRAGMA wal_checkpoint(RESTART)");
	add_rows(db, 3);
	take_copy();
	assert_true(left.wal_size > HEADER + 25 * FRAME);
	assert_int_equal(expect_same(left.wal_size, "second round", 0), 33);
	sqlite3_close(db);
}

TEST(a_file_that_a_transaction_made_shorter_is_as_short)
{
	sqlite3 *db = begin();
	add_rows(db, 60);
	run_sql(db, "PRAGMA secure_delete = off; DELETE FROM t WHERE id > 6;"
		    "PRAGMA incremental_vacuum");
	take_copy();
	assert_int_equal(expect_same(left.wal_size, "shorter", 0), 6);
	struct pages pages;
	assert_int_equal(pages_open(&pages, unit_path("from")), 0);
	assert_int_equal(pages.count, raw_number(unit_path("from"), "PRAGMA page_count"));
	assert_true(pages.count < 10);
	pages_close(&pages);
	sqlite3_close(db);
}

/* ---- machines of the other kind ---- */

static uint32_t get(const char *at, bool big)
{
	const unsigned char *b = (const unsigned char *)at;
	return big ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]
		   : (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static void put(char *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (char)(value >> (24 - 8 * i));
}

static void add_up(uint32_t sum[2], const char *at, size_t size, bool big)
{
	for (size_t i = 0; i < size; i += 8) {
		sum[0] += get(at + i, big) + sum[1];
		sum[1] += get(at + i + 4, big) + sum[0];
	}
}

/* Makes its checksums anew, as a machine of that kind does. */
static void sum_anew(bool big)
{
	uint32_t sum[2] = {0, 0};
	left.wal[3] = (char)((left.wal[3] & ~1) | big);
	add_up(sum, left.wal, 24, big);
	put(left.wal + 24, sum[0]);
	put(left.wal + 28, sum[1]);
	for (size_t frame = HEADER; frame + FRAME <= left.wal_size; frame += FRAME) {
		add_up(sum, left.wal + frame, 8, big);
		add_up(sum, left.wal + frame + 24, PAGE, big);
		put(left.wal + frame + 16, sum[0]);
		put(left.wal + frame + 20, sum[1]);
	}
}

TEST(checksums_are_in_either_order_of_bytes)
{
	make_left();
	for (int big = 0; big < 2; big++) {
		sum_anew(big);
		assert_int_equal(expect_same(left.wal_size, "order", (size_t)big), 23);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(whole_transactions_are_read),
	    IN_DIR(from_a_frame_that_is_damaged_on_nothing_is_read),
	    IN_DIR(behind_a_head_that_is_damaged_nothing_is_read),
	    IN_DIR(what_is_left_of_an_earlier_round_is_not_read),
	    IN_DIR(a_file_that_a_transaction_made_shorter_is_as_short),
	    IN_DIR(checksums_are_in_either_order_of_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
