/* test_store_search.c: a search finds what was said, wherever the border of the index lies. */
#include "chat/words.h"
#include "history.h"
#include "store/sqlite.h"

/* What a search found: the texts' snippets, marks as [ and ]. */
struct found {
	int64_t ids[STORE_PAGE_MAX];
	char snippets[STORE_PAGE_MAX][512];
	int count;
	struct store_page page;
};

static int see_hit(void *arg, const struct store_row *row, struct str snippet)
{
	struct found *found = arg;
	char *out = found->snippets[found->count];
	for (size_t i = 0; i < snippet.len && i < 500; i++)
		*out++ = snippet.at[i] == WORDS_BEGIN ? '['
			 : snippet.at[i] == WORDS_END ? ']'
						      : snippet.at[i];
	*out = '\0';
	found->ids[found->count++] = row->id;
	return 0;
}

static enum store_status try_search(
    struct store *store, const char *q, int64_t before, int limit, struct found *found)
{
	struct search_query query;
	char problem[SEARCH_PROBLEM_SIZE];
	expect(search_query_read(&query, str_of(q), problem), "'%s': %s", q, problem);
	found->count = 0;
	return store_search(store, &query, before, limit, &found->page, see_hit, found);
}

static void search(struct store *store, const char *q, struct found *found)
{
	enum store_status status = try_search(store, q, INT64_MAX, STORE_PAGE_MAX, found);
	expect(status == STORE_OK, "'%s': status %d: %s", q, status, store_error(store));
}

static void index_all(struct store *store)
{
	while (store_unindexed(store) > 0)
		assert_int_equal(store_index(store, 100, STORE_MERGE), STORE_OK);
}

static void expect_ids(struct store *store, const char *q, const char *expected)
{
	struct found found;
	char ids[256] = "";
	search(store, q, &found);
	for (int i = 0; i < found.count; i++)
		sprintf(ids + strlen(ids), "%s%lld", i ? " " : "", (long long)found.ids[i]);
	expect(strcmp(ids, expected) == 0, "'%s' found '%s' and not '%s'", q, ids, expected);
}

/* ---- what is found ---- */

static void say(struct store *store, const char *room, const char *nickname, const char *text)
{
	struct store_entry entry = entry_with(room, text, NULL, NULL);
	entry.message.nickname = str_of(nickname);
	store_one(store, &entry);
}

static void make_talk(struct store *store)
{
	say(store, "messages", "Ann", "The front door is open");	  /* 1 */
	say(store, "messages", "Bob", "Open the door at the Mökki café"); /* 2 */
	say(store, "lab", "Ann Lee", "door-bell AND doorman");		  /* 3 */
	say(store, "lab-2", "小明", "我爱聊天 door");			  /* 4 */
	say(store, "lab_2", "Ann", "今日は東京で");			  /* 5 */
	say(store, "messages", "Kim", "한국어 좋아요 👍🎉");		  /* 6 */
	say(store, "messages", "Som", "สวัสดีครับ");			  /* 7 */
	say(store, "messages", "Ann", "cafe\xcc\x81 at 20°C");		  /* 8 */
}

static void expect_talk(struct store *store)
{
	static const char *const cases[][2] = {
	    {"door", "1 2 3 4"},
	    {"DOOR", "1 2 3 4"},
	    {"open door", "1 2"},
	    {"\"front door\"", "1"},
	    {"\"door front\"", ""},
	    {"doo*", "1 2 3 4"},
	    {"door*", "1 2 3 4"},
	    {"doorm*", "3"},
	    {"door -open", "3 4"},
	    {"door -\"front door\" -from:bob", "3 4"},
	    {"mokki", "2"},
	    {"MÖKKI", "2"},
	    {"cafe", "2 8"},
	    {"café", "2 8"},
	    {"and", "3"},
	    {"from:ann", "1 3 5 8"},
	    {"from:\"ann lee\"", "3"},
	    {"from:小", "4"},
	    {"ann", ""},
	    {"lab", ""},
	    {"door in:lab", "3"},
	    {"in:lab-2", "4"},
	    {"in:lab_2", "5"},
	    {"聊天", "4"},
	    {"爱", "4"},
	    {"天聊", ""},
	    {"東京", "5"},
	    {"は", "5"},
	    {"국어", "6"},
	    {"좋", "6"},
	    {"👍", "6"},
	    {"🎉", "6"},
	    {"สวัส", "7"},
	    {"ค", "7"},
	    {"20", "8"},
	    {"20°C", "8"},
	    {"→", ""},
	    {"door →", "1 2 3 4"},
	    {"absent", ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_ids(store, cases[i][0], cases[i][1]);
}

TEST(words_are_found_in_the_index_in_the_tail_and_across_their_border)
{
	for (int indexed = 0; indexed <= 8; indexed++) {
		char name[8];
		snprintf(name, sizeof(name), "%d", indexed);
		struct store *writer = open_store(unit_path(name), STORE_CREATOR);
		make_talk(writer);
		if (indexed)
			assert_int_equal(store_index(writer, indexed, STORE_MERGE), STORE_OK);
		assert_int_equal(store_unindexed(writer), 8 - indexed);
		struct store *reader = open_store(unit_path(name), STORE_READER);
		expect_talk(reader);
		store_close(reader);
		store_close(writer);
	}
}

TEST(one_reader_follows_the_border_and_the_end)
{
	struct found found;
	struct store *writer = open_store(unit_path("db"), STORE_CREATOR);
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	srand(1);
	for (int said = 0; said < 150;) {
		for (int i = rand() % 8; i > 0; i--, said++)
			add_message(writer, "messages", "the door");
		if (rand() % 3 == 0)
			assert_int_equal(
			    store_index(writer, rand() % 20 + 1, STORE_MERGE), STORE_OK);
		search(reader, "door", &found);
		expect(found.count == said, "%d of %d", found.count, said);
		for (int i = 0; i < found.count; i++)
			assert_int_equal(found.ids[i], i + 1);
	}
	store_close(reader);
	store_close(writer);
}

TEST(times_bound_a_search_exactly)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 0; i < 4; i++) { /* 1st to 4th of November 2026, at noon */
		struct store_entry entry = entry_with("messages", "door", NULL, NULL);
		entry.ts = 1793534400000 + i * 86400000LL;
		store_one(store, &entry);
	}
	assert_int_equal(store_index(store, 2, STORE_MERGE), STORE_OK);
	expect_ids(store, "door after:2026-11-02", "2 3 4");
	expect_ids(store, "door before:2026-11-03", "1 2");
	expect_ids(store, "door after:2026-11-02 before:2026-11-03", "2");
	expect_ids(store, "door after:2026-11-02T12:00:00Z before:2026-11-04T12:00:00Z", "2 3");
	expect_ids(store, "door after:2026-11-02T12:00:00.001Z", "3 4");
	expect_ids(store, "door after:2026-12-01", "");
	expect_ids(store, "door before:1970-01-01", "");
	store_close(store);
}

TEST(pages_put_together_are_all_matches_once)
{
	static const char *const texts[] = {"dog", "door", "the door"};
	struct found found;
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 1; i <= 60; i++)
		add_message(store, i % 2 ? "messages" : "lab", texts[i % 3]);
	assert_int_equal(store_index(store, 25, STORE_MERGE), STORE_OK);
	for (int limit = 1; limit <= 41; limit++) {
		int64_t before = INT64_MAX, expected = 60;
		do {
			assert_int_equal(
			    try_search(store, "door", before, limit, &found), STORE_OK);
			for (int i = found.count; i > 0; i--) {
				expected -= expected % 3 ? 0 : 1; /* the dog */
				assert_int_equal(found.ids[i - 1], expected--);
			}
			before = found.page.first;
			expect(found.page.older == (expected > 0), "%d: %d", limit, (int)expected);
		} while (found.page.older);
		assert_int_equal(expected, 0);
	}
	store_close(store);
}

TEST(what_was_deleted_is_not_found)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 0; i < 6; i++)
		add_message(store, "messages", "door");
	assert_int_equal(store_index(store, 3, STORE_MERGE), STORE_OK);
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	expect_ids(reader, "door", "1 2 3 4 5 6");
	raw_run(unit_path("db"), "DELETE FROM messages WHERE id IN (2, 5)");
	expect_ids(reader, "door", "1 3 4 6");
	store_close(reader);
	store_close(store);
}

TEST(an_index_of_another_version_of_unicode_is_made_anew_by_the_logger_alone)
{
	const char *path = unit_path("db");
	struct store *store = open_store(path, STORE_CREATOR);
	assert_false(store_index_renewed(store));
	add_message(store, "messages", "Étage");
	index_all(store);
	store_close(store);
	raw_run(path, "UPDATE search_state SET unicode = '1.0.0'");
	struct store *reader = open_store(path, STORE_READER);
	store_close(open_store(path, STORE_EDITOR));
	assert_string_equal(raw_text(path, "SELECT unicode FROM search_state"), "1.0.0");
	expect_ids(reader, "etage", "1");
	store = open_store(path, STORE_WRITER);
	assert_true(store_index_renewed(store));
	assert_int_equal(store_unindexed(store), 1);
	expect_ids(reader, "etage", "1");
	index_all(store);
	expect_ids(reader, "etage", "1");
	store_close(store);
	store = open_store(path, STORE_WRITER);
	assert_false(store_index_renewed(store));
	assert_int_equal(store_unindexed(store), 0);
	store_close(store);
	store_close(reader);
}

/* ---- snippets ---- */

static void expect_snippet(const char *text, const char *q, const char *expected)
{
	struct found found;
	struct store *store = open_store(unit_path(q), STORE_CREATOR);
	say(store, "messages", "door", text);
	search(store, q, &found);
	expect(found.count == 1, "'%s' found %d", q, found.count);
	expect(strcmp(found.snippets[0], expected) == 0, "'%s': <%s>", q, found.snippets[0]);
	store_close(store);
}

TEST(a_snippet_marks_what_matched_in_the_text_alone)
{
	expect_snippet("I saw the <b>door</b>", "door", "I saw the <b>[door]</b>");
	expect_snippet("I saw doors", "from:door saw", "I [saw] doors");
	expect_snippet("the door", "from:door", "the door");
	expect_snippet("the door", "in:messages", "the door");
	expect_snippet("我爱聊天", "聊天", "我爱[聊天]");
	expect_snippet("Mökki café", "mokki", "[Mökki] café");
	expect_snippet("a front door", "\"front door\"", "a [front door]");
	expect_snippet("Doorman here", "doo*", "[Doorman] here");
	expect_snippet("ok\1\2\3 go", "go", "ok    [go]");
}

TEST(a_snippet_shows_the_text_as_it_was_said)
{
	expect_snippet("«ﬁne» Straße", "fine", "«[ﬁne]» Straße");
	expect_snippet("die Straße ist", "STRASSE", "die [Straße] ist");
	expect_snippet("cafe\u0301, x", "café", "[cafe\u0301], x");
	expect_snippet("m² ㍿!", "会", "m² [㍿]!");
	expect_snippet("مُحَمَّدٌ رسول", "محمد", "[مُحَمَّدٌ] رسول");
	expect_snippet("now ‼️ go", "‼", "now [‼️] go");
	expect_snippet("ｶﾞｷﾞ", "ギ", "ｶﾞ[ｷﾞ]");
	expect_snippet(
	    "\u1112\u1161\u11ab\u1100\u116e\u11a8", "국", "\u1112\u1161\u11ab[\u1100\u116e\u11a8]");
	expect_snippet("a\u00adb c", "ab c", "[a\u00adb] [c]");
	expect_snippet("ﷺ", "الله", "[ﷺ]");
	expect_snippet("我爱聊天", "聊 天", "我爱[聊天]");
}

TEST(a_snippet_of_a_long_text_is_the_part_that_matches)
{
	struct found found;
	char text[4000] = "";
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 0; i < 300; i++)
		strcat(text, i == 200 ? "needle " : "straw ");
	text[strlen(text) - 1] = '\0';
	add_message(store, "messages", text);
	search(store, "needle", &found);
	assert_non_null(strstr(found.snippets[0], "[needle]"));
	assert_true(strlen(found.snippets[0]) < 250);
	assert_memory_equal(found.snippets[0], "…", 3);
	store_close(store);
}

/* A text of `count` words, s00 and on, but Né at the places; what is shown begins and ends so. */
static void expect_part(int count, const char *places, const char *begin, const char *end)
{
	struct found found;
	char text[2000] = "(", place[8], *shown = found.snippets[0];
	struct store *store = open_store(unit_path(places), STORE_CREATOR);
	for (int i = 0; i < count; i++) {
		snprintf(place, sizeof(place), "s%02d", i);
		sprintf(text + strlen(text), "%s%s", i ? " " : "",
		    strstr(places, place) ? "Né" : place);
	}
	add_message(store, "messages", strcat(text, ")"));
	search(store, "ne", &found);
	expect(strncmp(shown, begin, strlen(begin)) == 0, "%s: %s", places, shown);
	expect(strcmp(shown + strlen(shown) - strlen(end), end) == 0, "%s: %s", places, shown);
	store_close(store);
}

TEST(a_snippet_has_the_most_matches_in_its_middle)
{
	expect_part(32, "s31", "(s00 s01", "s30 [Né])");
	expect_part(33, "s00", "([Né] s01", "s30 s31…");
	expect_part(100, "s05", "(s00 s01", "s30 s31…");
	expect_part(100, "s50", "…s34 s35", "s64 s65…");
	expect_part(100, "s99", "…s68 s69", "s98 [Né])");
	expect_part(100, "s10 s60 s62", "…s45 s46", "s75 s76…");
	expect_part(100, "s40 s71", "…[Né] s41", "s70 [Né]…");
}

/* ---- limits and failures ---- */

TEST(a_text_that_grows_too_long_is_found_by_what_has_room)
{
	char text[3 * 4000 + 1] = "";
	struct found found;
	int64_t cursor = 0, matched = 0;
	bool done = false;
	struct store_filter all = {.until = INT64_MAX};
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (size_t i = 0; i < 4000; i++)
		memcpy(text + 3 * i, "ﷺ", 4);
	add_message(store, "messages", text);
	search(store, "الله", &found);
	assert_int_equal(found.count, 1);
	assert_memory_equal(found.snippets[0], "[ﷺ", 4);
	index_all(store);
	expect_ids(store, "الله", "1");
	raw_run(unit_path("db"), "CREATE VIRTUAL TABLE words USING fts5vocab(search, instance)");
	assert_true(raw_number(unit_path("db"), "SELECT count(*) FROM words") > 1000);
	assert_int_equal(store_prune(store, &all, 1, &cursor, &matched, &done), STORE_OK);
	assert_int_equal(raw_number(unit_path("db"), "SELECT count(*) FROM words"), 0);
	store_close(store);
}

TEST(more_than_a_search_can_go_through_unindexed_is_told)
{
	struct found found;
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	add_message(store, "messages", "door");
	raw_run(unit_path("db"),
	    "WITH RECURSIVE n (i) AS (VALUES (2) UNION ALL SELECT i + 1 FROM n WHERE i < 10001)"
	    " INSERT INTO messages (id, ts, room, nickname, text)"
	    " SELECT i, 0, 'messages', 'Ann', 'dog' FROM n");
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	assert_int_equal(try_search(reader, "door", INT64_MAX, 10, &found), STORE_BEHIND);
	assert_non_null(strstr(store_error(reader), "10001 messages wait"));
	assert_int_equal(store_index(store, 1, STORE_MERGE), STORE_OK);
	expect_ids(reader, "door", "1");
	store_close(reader);
	store_close(store);
}

TEST(what_takes_too_long_is_given_up_and_the_next_search_is_well)
{
	struct found found;
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 0; i < 3; i++)
		add_message(store, "messages", "door");
	index_all(store);
	raw_run(unit_path("db"),
	    "WITH RECURSIVE n (i) AS (VALUES (4) UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
	    " INSERT INTO search (rowid, text) SELECT i, 'dog' FROM n;"
	    "UPDATE search_state SET indexed_id = 3000");
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	/* Of three thousand in the index no message is there, so each is looked up. */
	assert_int_equal(try_search(reader, "dog", INT64_MAX, 10, &found), STORE_OK);
	reader->search_ms = 0;
	assert_int_equal(try_search(reader, "dog", INT64_MAX, 10, &found), STORE_SLOW);
	expect_ids(reader, "door", "1 2 3");
	store_close(reader);
	store_close(store);
}

TEST(a_search_leaves_no_transaction_open)
{
	struct found found;
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	add_message(store, "messages", "door");
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	search(reader, "door", &found);
	add_message(store, "messages", "door");
	assert_int_equal(raw_number(unit_path("db"), "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
	store_close(reader);
	store_close(store);
}

static int break_off(void *arg, const struct store_row *row, struct str snippet)
{
	(void)row;
	(void)snippet;
	return ++*(int *)arg;
}

TEST(a_callback_that_breaks_off_gets_no_more_and_harms_nothing)
{
	int calls = 0;
	struct search_query query;
	struct store_page page;
	char problem[SEARCH_PROBLEM_SIZE];
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int i = 0; i < 3; i++)
		add_message(store, "messages", "door");
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	assert_true(search_query_read(&query, str_of("door"), problem));
	assert_int_equal(
	    store_search(reader, &query, INT64_MAX, 10, &page, break_off, &calls), STORE_FAILED);
	assert_int_equal(calls, 1);
	expect_ids(reader, "door", "1 2 3");
	store_close(reader);
	store_close(store);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(words_are_found_in_the_index_in_the_tail_and_across_their_border),
	    IN_DIR(one_reader_follows_the_border_and_the_end),
	    IN_DIR(times_bound_a_search_exactly),
	    IN_DIR(pages_put_together_are_all_matches_once),
	    IN_DIR(what_was_deleted_is_not_found),
	    IN_DIR(an_index_of_another_version_of_unicode_is_made_anew_by_the_logger_alone),
	    IN_DIR(a_snippet_marks_what_matched_in_the_text_alone),
	    IN_DIR(a_snippet_shows_the_text_as_it_was_said),
	    IN_DIR(a_snippet_of_a_long_text_is_the_part_that_matches),
	    IN_DIR(a_snippet_has_the_most_matches_in_its_middle),
	    IN_DIR(a_text_that_grows_too_long_is_found_by_what_has_room),
	    IN_DIR(more_than_a_search_can_go_through_unindexed_is_told),
	    IN_DIR(what_takes_too_long_is_given_up_and_the_next_search_is_well),
	    IN_DIR(a_search_leaves_no_transaction_open),
	    IN_DIR(a_callback_that_breaks_off_gets_no_more_and_harms_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
