/* test_store_write.c: what is stored, once, in order, and what becomes of the rest. */
#include "writing.h"

/* ---- what is stored ---- */

TEST(ids_start_with_one_and_grow_in_the_order_of_the_batch)
{
	enum { ENTRIES = 1000 };
	static struct store_entry entries[ENTRIES];
	for (size_t i = 0; i < ENTRIES; i++)
		entries[i] = entry_with(i % 2 ? "lab" : "messages", "Hi", NULL, NULL);
	assert_int_equal(store_insert_batch(writer, entries, ENTRIES, NULL, NULL), STORE_OK);
	for (size_t i = 0; i < ENTRIES; i++)
		expect(entries[i].id == (int64_t)i + 1, "entry %zu has id %lld", i,
		    (long long)entries[i].id);
}

TEST(ids_grow_across_batches_and_over_a_restart)
{
	assert_int_equal(add_message(writer, "lab", "Hi"), 1);
	assert_int_equal(add_message(writer, "lab", "Hi"), 2);
	reopen();
	assert_int_equal(add_message(writer, "lab", "Hi"), 3);
}

TEST(an_id_is_not_used_again_after_its_message_was_deleted)
{
	add_message(writer, "lab", "Hi");
	int64_t last = add_message(writer, "lab", "Hi");
	raw_run(path, "DELETE FROM messages");
	reopen();
	assert_true(add_message(writer, "lab", "Hi") > last);
}

TEST(a_message_is_kept_to_the_byte)
{
	static const char *const texts[] = {"'; DROP TABLE messages; --", "a\n\"b\"\t\\", "日本 😀",
	    "</script><b>", "%s%n", "\x01\x7f"};
	for (size_t i = 0; i < COUNT(texts); i++) {
		add_message(writer, "lab", texts[i]);
		assert_string_equal(
		    raw_text(path, "SELECT text FROM messages ORDER BY id DESC"), texts[i]);
	}
}

TEST(each_member_has_its_column)
{
	struct store_entry entry = entry_with("lab", "Hi", "c1", "m1");
	store_one(writer, &entry);
	assert_string_equal(raw_text(path, "SELECT id || '|' || ts || '|' || "
					   "room || '|' || nickname || '|' || text || '|' || "
					   "client_id || '|' || msg_id FROM messages"),
	    "1|1795455665123|lab|Ann|Hi|c1|m1");
}

TEST(absent_ids_are_null)
{
	add_message(writer, "lab", "Hi");
	assert_int_equal(
	    raw_number(
		path, "SELECT count(*) FROM messages WHERE client_id IS NULL AND msg_id IS NULL"),
	    1);
}

TEST(strings_end_where_their_length_says)
{
	struct store_entry entry = entry_with("lab", "Hi there", NULL, NULL);
	entry.message.text.len = 2;
	store_one(writer, &entry);
	assert_string_equal(raw_text(path, "SELECT text FROM messages"), "Hi");
}

TEST(an_empty_batch_is_stored)
{
	assert_int_equal(store_insert_batch(writer, NULL, 0, NULL, NULL), STORE_OK);
}

/* ---- many at once ---- */

enum { MANY = 100 };
static struct store_entry many[MANY];

/* With msg_id m0, m1, … and the text of the same number. */
static void make_many(void)
{
	static char names[MANY][8];
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "m%d", i);
		many[i] = entry_with("lab", names[i], "c1", names[i]);
	}
}

/* As many are inserted as are expected, in their order, and each knows its id. */
static void store_many(int64_t expected)
{
	assert_int_equal(store_insert_batch(writer, many, MANY, NULL, NULL), STORE_OK);
	assert_int_equal(count_of("messages WHERE text GLOB 'm*'"), expected);
	int64_t last = 0;
	for (int i = 0; i < MANY; i++) {
		char sql[120];
		if (many[i].fault)
			continue;
		snprintf(sql, sizeof(sql), "SELECT text || ' ' || ts FROM messages WHERE id = %lld",
		    (long long)many[i].id);
		char row[40];
		snprintf(
		    row, sizeof(row), "%s %lld", many[i].message.msg_id.at, (long long)many[i].ts);
		assert_string_equal(raw_text(path, sql), row);
		if (many[i].ts != TS || atoi(many[i].message.msg_id.at + 1) != i)
			continue; /* known */
		expect(many[i].id > last, "entry %d is out of order", i);
		last = many[i].id;
	}
}

TEST(many_have_their_ids_after_the_newest_was_deleted)
{
	store_ids("c1", "earlier");
	store_ids("c1", "later");
	raw_run(path, "DELETE FROM messages WHERE msg_id = 'later'");
	make_many();
	store_many(MANY);
	assert_int_equal(many[0].id, 3);
	assert_int_equal(many[MANY - 1].id, MANY + 2);
}

TEST(known_ones_among_many_have_their_first_id_and_ts)
{
	for (int i = 0; i < MANY; i += 37) {
		make_many();
		many[i].ts = TS - 1000;
		store_one(writer, &many[i]);
	}
	make_many();
	store_many(MANY);
	assert_int_equal(many[37].id, 2);
	assert_int_equal(many[37].ts, TS - 1000);
	make_many();
	store_many(MANY);
}

TEST(twice_among_many_is_stored_once)
{
	make_many();
	many[21] = many[20];
	many[70] = many[20];
	store_many(MANY - 2);
	assert_int_equal(many[21].id, many[20].id);
	assert_int_equal(many[70].id, many[20].id);
}

TEST(one_that_a_trigger_refuses_is_the_only_one_of_many)
{
	static const char *const kinds[] = {"ABORT", "FAIL"};
	for (size_t i = 0; i < COUNT(kinds); i++) {
		char sql[160];
		snprintf(sql, sizeof(sql),
		    "CREATE TRIGGER t BEFORE INSERT ON messages WHEN"
		    " new.msg_id = 'm50' BEGIN SELECT raise(%s, 'no'); END",
		    kinds[i]);
		raw_run(path, sql);
		make_many();
		many[1].message.msg_id = (struct str){NULL, 0};
		many[49].message.msg_id = (struct str){NULL, 0};
		assert_int_equal(store_insert_batch(writer, many, MANY, NULL, NULL), STORE_OK);
		for (int n = 0; n < MANY; n++)
			expect((many[n].fault == MESSAGE_REFUSED) == (n == 50), "entry %d", n);
		assert_int_equal(count_of("messages"), MANY - 1);
		assert_int_equal(count_of("rejected"), 1);
		raw_run(path, "DROP TRIGGER t; DELETE FROM messages; DELETE FROM rejected");
	}
}

TEST(many_have_their_ids_where_a_trigger_inserts_as_well)
{
	raw_run(path, "CREATE TRIGGER t AFTER INSERT ON messages WHEN new.msg_id = 'm50' BEGIN"
		      " INSERT INTO messages (ts, room, nickname, text)"
		      " VALUES (new.ts, 'copies', new.nickname, 'copy'); END");
	make_many();
	store_many(MANY);
	assert_int_equal(count_of("messages"), MANY + 1);
}

static struct store_entry rejected_entry(enum message_fault fault, struct str head)
{
	return (struct store_entry){
	    .fault = fault, .topic = str_of("chat/lab"), .head = head, .size = 5000, .ts = TS};
}

/* ---- the message before it in its room ---- */

TEST(each_entry_tells_the_message_before_it_in_its_room)
{
	store_one(
	    writer, &(struct store_entry){.message = entry_with("lab", "x", NULL, NULL).message});
	struct store_entry entries[] = {
	    entry_with("lab", "2", NULL, NULL),
	    entry_with("messages", "3", "c1", "m1"),
	    rejected_entry(MESSAGE_NUL, BYTES("x")),
	    entry_with("lab", "4", NULL, NULL),
	    entry_with("messages", "3", "c1", "m1"), /* once more */
	    entry_with("messages", "5", NULL, NULL),
	};
	static const int64_t expected[] = {1, 0, 0, 2, 0, 3};
	assert_int_equal(store_insert_batch(writer, entries, COUNT(entries), NULL, NULL), STORE_OK);
	for (size_t i = 0; i < COUNT(entries); i++)
		expect(entries[i].prev == expected[i], "%zu: %lld", i, (long long)entries[i].prev);
}

TEST(the_message_before_it_may_be_from_before_a_restart)
{
	store_ids("c1", "m1");
	reopen();
	struct store_entry entry = entry_with("lab", "Hi", "c1", "m2");
	store_one(writer, &entry);
	assert_int_equal(entry.prev, 1);
	struct store_entry again = entry_with("lab", "Hi", "c1", "m1");
	store_one(writer, &again);
	assert_int_equal(again.prev, 0);
}

/* ---- what is rejected ---- */

TEST(what_is_rejected_is_kept_with_its_reason)
{
	struct store_entry entry = rejected_entry(MESSAGE_BAD_TEXT, BYTES("{}"));
	entry.id = 77;
	store_one(writer, &entry);
	assert_int_equal(entry.id, 0);
	assert_int_equal(count_of("messages"), 0);
	assert_string_equal(raw_text(path, "SELECT ts || '|' || topic || '|' || reason || '|' || "
					   "size || '|' || head FROM rejected"),
	    "1795455665123|chat/lab|text must be a string of 1 to 4000 characters|5000|{}");
}

TEST(the_head_is_kept_whatever_its_bytes_are)
{
	static char bytes[256];
	for (int i = 0; i < 256; i++)
		bytes[i] = (char)i;
	struct store_entry entry = rejected_entry(MESSAGE_NUL, (struct str){bytes, sizeof(bytes)});
	store_one(writer, &entry);
	assert_string_equal(
	    raw_text(path, "SELECT typeof(head) || length(head) FROM rejected"), "blob256");
	const char *hex = raw_text(path, "SELECT hex(head) FROM rejected");
	for (int i = 0; i < 256; i++) {
		char expected[3];
		snprintf(expected, sizeof(expected), "%02X", (unsigned)i);
		expect(strncmp(hex + (size_t)i * 2, expected, 2) == 0, "byte %d", i);
	}
}

TEST(an_empty_payload_has_an_empty_head)
{
	struct store_entry entry = rejected_entry(MESSAGE_BAD_TEXT, (struct str){NULL, 0});
	store_one(writer, &entry);
	assert_int_equal(raw_number(path, "SELECT length(head) FROM rejected"), 0);
}

static void reject_sizes(size_t first, size_t count)
{
	static struct store_entry entries[1500];
	for (size_t i = 0; i < count; i++) {
		entries[i] = rejected_entry(MESSAGE_NUL, BYTES("x"));
		entries[i].size = first + i;
	}
	assert_int_equal(store_insert_batch(writer, entries, count, NULL, NULL), STORE_OK);
}

static void expect_rejected(int64_t count, int64_t oldest, int64_t newest)
{
	assert_int_equal(count_of("rejected"), count);
	assert_int_equal(raw_number(path, "SELECT min(size) FROM rejected"), oldest);
	assert_int_equal(raw_number(path, "SELECT max(size) FROM rejected"), newest);
}

TEST(a_thousand_rejected_are_all_kept)
{
	reject_sizes(1, 1000);
	expect_rejected(1000, 1, 1000);
}

TEST(of_more_rejected_the_newest_thousand_are_kept)
{
	reject_sizes(1, 1000);
	reject_sizes(1001, 1);
	expect_rejected(1000, 2, 1001);
}

TEST(the_bound_holds_within_one_batch_and_over_a_restart)
{
	reject_sizes(1, 1500);
	expect_rejected(1000, 501, 1500);
	reopen();
	reject_sizes(1501, 300);
	expect_rejected(1000, 801, 1800);
}

TEST(rejected_ones_do_not_touch_the_messages_between_them)
{
	struct store_entry entries[] = {
	    entry_with("lab", "one", NULL, NULL),
	    rejected_entry(MESSAGE_BAD_UTF8, BYTES("\xff")),
	    entry_with("lab", "two", NULL, NULL),
	};
	assert_int_equal(store_insert_batch(writer, entries, COUNT(entries), NULL, NULL), STORE_OK);
	assert_int_equal(entries[0].id, 1);
	assert_int_equal(entries[1].id, 0);
	assert_int_equal(entries[2].id, 2);
}

/* Entries that no check saw, and that the constraints of the schema have to keep out. */
static struct store_entry unchecked(int which)
{
	static char longer[4002];
	struct store_entry entry = entry_with("lab", "Hi", "c1", "m1");
	memset(longer, 'x', sizeof(longer));
	struct str *const members[] = {&entry.message.room, &entry.message.nickname,
	    &entry.message.text, &entry.message.client_id, &entry.message.msg_id};
	static const size_t limits[] = {64, 64, 4000, 64, 64};
	*members[which] = (struct str){longer, limits[which] + 1};
	return entry;
}

TEST(nobody_washes_away_what_was_rejected_of_another)
{
	struct store_entry flood[500], honest = rejected_entry(MESSAGE_BAD_TEXT, BYTES("honest"));
	honest.message.client_id = str_of("esp");
	store_one(writer, &honest);
	for (int i = 0; i < (int)COUNT(flood); i++) {
		flood[i] = rejected_entry(MESSAGE_NUL, BYTES("x"));
		flood[i].message.client_id = str_of("flood");
	}
	for (int round = 0; round < 3; round++)
		assert_int_equal(
		    store_insert_batch(writer, flood, COUNT(flood), NULL, NULL), STORE_OK);
	assert_int_equal(count_of("rejected"), 1000);
	assert_int_equal(
	    raw_number(path, "SELECT count(*) FROM rejected WHERE client_id = 'esp'"), 1);
	assert_int_equal(
	    raw_number(path, "SELECT min(id) FROM rejected WHERE client_id = 'flood'"), 503);
}

TEST(each_entry_counts_in_the_one_figure_that_it_belongs_to)
{
	struct store_figures figures;
	struct store_entry batch[] = {entry_with("lab", "new", "c", "m1"),
	    entry_with("lab", "new", "c", "m1"), rejected_entry(MESSAGE_NUL, BYTES("x")),
	    rejected_entry(MESSAGE_BAD_TEXT, BYTES("y"))};
	batch[3].repeated = true; /* delivered again: told again, and not kept again */
	assert_int_equal(store_insert_batch(writer, batch, COUNT(batch), NULL, NULL), STORE_OK);
	assert_int_equal(store_read_figures(writer, &figures), STORE_OK);
	assert_int_equal(figures.stored, 1);
	assert_int_equal(figures.repeated, 1);
	assert_int_equal(figures.rejected, 2);
	assert_int_equal(figures.batches, 1);
	assert_int_equal(count_of("rejected"), 1);
}

TEST(an_entry_that_the_database_refuses_becomes_a_rejected_one)
{
	for (int which = 0; which < 5; which++) {
		struct store_entry entries[] = {
		    unchecked(which), entry_with("lab", "Hi", NULL, NULL)};
		expect(store_insert_batch(writer, entries, 2, NULL, NULL) == STORE_OK, "member %d",
		    which);
		expect(entries[0].fault == MESSAGE_REFUSED, "member %d: not refused", which);
		expect(entries[0].id == 0, "member %d: has an id", which);
		expect(entries[1].id != 0, "member %d: took the next with it", which);
	}
	assert_int_equal(raw_number(path, "SELECT count(*) FROM rejected "
					  "WHERE reason = 'the database refused it'"),
	    5);
	assert_int_equal(count_of("messages"), 5);
}

TEST(behind_the_last_id_there_is_none)
{
	raw_run(path, "INSERT INTO messages (id, ts, room, nickname, text)"
		      " VALUES (9007199254740991, 1, 'lab', 'Ann', 'the last one')");
	struct store_entry entry = entry_with("lab", "Hi", NULL, NULL);
	assert_int_equal(store_insert_batch(writer, &entry, 1, NULL, NULL), STORE_OK);
	assert_int_equal(entry.fault, MESSAGE_REFUSED);
	assert_int_equal(count_of("messages"), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    WRITING(ids_start_with_one_and_grow_in_the_order_of_the_batch),
	    WRITING(ids_grow_across_batches_and_over_a_restart),
	    WRITING(an_id_is_not_used_again_after_its_message_was_deleted),
	    WRITING(a_message_is_kept_to_the_byte),
	    WRITING(each_member_has_its_column),
	    WRITING(absent_ids_are_null),
	    WRITING(strings_end_where_their_length_says),
	    WRITING(behind_the_last_id_there_is_none),
	    WRITING(an_empty_batch_is_stored),
	    WRITING(many_have_their_ids_after_the_newest_was_deleted),
	    WRITING(known_ones_among_many_have_their_first_id_and_ts),
	    WRITING(twice_among_many_is_stored_once),
	    WRITING(one_that_a_trigger_refuses_is_the_only_one_of_many),
	    WRITING(many_have_their_ids_where_a_trigger_inserts_as_well),
	    WRITING(each_entry_tells_the_message_before_it_in_its_room),
	    WRITING(the_message_before_it_may_be_from_before_a_restart),
	    WRITING(nobody_washes_away_what_was_rejected_of_another),
	    WRITING(what_is_rejected_is_kept_with_its_reason),
	    WRITING(the_head_is_kept_whatever_its_bytes_are),
	    WRITING(an_empty_payload_has_an_empty_head),
	    WRITING(a_thousand_rejected_are_all_kept),
	    WRITING(of_more_rejected_the_newest_thousand_are_kept),
	    WRITING(the_bound_holds_within_one_batch_and_over_a_restart),
	    WRITING(rejected_ones_do_not_touch_the_messages_between_them),
	    WRITING(each_entry_counts_in_the_one_figure_that_it_belongs_to),
	    WRITING(an_entry_that_the_database_refuses_becomes_a_rejected_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
