/*
 * fuzz_search.c: whatever is typed, and whatever was said, FTS5 refuses nothing.
 *
 * The input is what is typed, a NUL, and a text, which is by itself in a real FTS5 table, as in
 * schema.sql, in memory.
 */
#include <assert.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "chat/fold.h"
#include "chat/search_query.h"
#include "chat/snippet.h"
#include "chat/words.h"
#include "store/schema_sql.h"

enum { TEXT_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sqlite3 *db;
static sqlite3_stmt *add, *find, *clear;

static sqlite3_stmt *prepare(const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
		abort();
	}
	return stmt;
}

/* The table of schema.sql, with the text in it, so that snippets can be made. */
static void open_table(void)
{
	char sql[1024];
	const char *begin = strstr(schema_sql, "CREATE VIRTUAL TABLE search");
	assert(begin && sqlite3_open(":memory:", &db) == SQLITE_OK);
	const char *end = strstr(begin, ";\n");
	assert(end && (size_t)(end - begin) < sizeof(sql));
	snprintf(sql, sizeof(sql), "%.*s", (int)(end - begin), begin);
	char *contentless = strstr(sql, "content = '',");
	assert(contentless);
	memset(contentless, ' ', strlen("content = '',"));
	assert(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	add = prepare("INSERT INTO search VALUES (?1, ?1, 'lab')");
	find = prepare("SELECT highlight(search, 0, char(2), char(3)) FROM search"
		       " WHERE search MATCH ?1");
	clear = prepare("DELETE FROM search");
}

static void run(sqlite3_stmt *stmt)
{
	assert(sqlite3_step(stmt) == SQLITE_DONE);
	sqlite3_reset(stmt);
}

/* Folded again it is the same, and what it comes from never goes back. */
static void check_folded(struct str text, struct str folded, const uint16_t *origin)
{
	static char again[FOLD_SIZE(FOLD_SIZE(TEXT_MAX))];
	assert(str_eq(fold(folded, again, sizeof(again), NULL), folded));
	for (size_t i = 0; i < folded.len; i++)
		assert(origin[i] <= origin[i + 1] && origin[i] < text.len);
	assert(origin[folded.len] == text.len);
}

/* The gaps are all that a split adds, and each mark of a snippet has its partner. */
static void check_split(struct str text, struct str split)
{
	size_t at = 0;
	assert(split.len <= WORDS_SIZE(text.len));
	for (size_t i = 0; i < split.len; i++)
		if (split.at[i] != WORDS_GAP) {
			assert(at < text.len && (split.at[i] == text.at[at] || split.at[i] == ' '));
			at++;
		}
	assert(at == text.len);
}

static void check_snippet(struct str snippet)
{
	bool open = false;
	for (size_t i = 0; i < snippet.len; i++)
		if (snippet.at[i] == WORDS_BEGIN || snippet.at[i] == WORDS_END) {
			assert(open == (snippet.at[i] == WORDS_END));
			open = !open;
		}
	assert(!open && utf8_count(snippet) >= 0);
}

static struct str fold_and_split(struct str text, char out[WORDS_SIZE(FOLD_SIZE(TEXT_MAX))])
{
	static char folded[FOLD_SIZE(TEXT_MAX)];
	static uint16_t origin[sizeof(folded) + 1];
	struct str s = fold(text, folded, sizeof(folded), origin);
	check_folded(text, s, origin);
	s = fold(text, folded, SNIPPET_TEXT_MAX, NULL);
	struct str words = words_split(s, out);
	check_split(s, words);
	return words;
}

static void search(const char *match, struct str text)
{
	static char split[WORDS_SIZE(FOLD_SIZE(TEXT_MAX))], snippet[SNIPPET_SIZE];
	struct str words = fold_and_split(text, split);
	sqlite3_bind_text64(add, 1, words.at, words.len, SQLITE_STATIC, SQLITE_UTF8);
	sqlite3_bind_text(find, 1, match, -1, SQLITE_STATIC);
	run(add);
	int rc;
	while ((rc = sqlite3_step(find)) == SQLITE_ROW)
		check_snippet(snippet_make(text,
		    (struct str){(const char *)sqlite3_column_text(find, 0),
			(size_t)sqlite3_column_bytes(find, 0)},
		    snippet));
	if (rc != SQLITE_DONE) {
		fprintf(stderr, "<%s>: %s\n", match, sqlite3_errmsg(db));
		abort();
	}
	sqlite3_reset(find);
	run(clear);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
	struct str q = {(const char *)data, nul ? (size_t)(nul - data) : size};
	struct str text = {q.at + q.len, nul ? size - q.len : 0};
	struct search_query query;
	char problem[SEARCH_PROBLEM_SIZE];
	if (!db)
		open_table();
	bool good = search_query_read(&query, q, problem);
	assert(good == !problem[0]);
	assert(!good || (query.match[0] && utf8_count(str_of(query.match)) >= 0));
	assert(!query.room[0] || message_room_valid(str_of(query.room)));
	if (text.len > TEXT_MAX)
		text.len = TEXT_MAX;
	words_any(text);
	words_last(text);
	if (good)
		search(query.match, text);
	return 0;
}
