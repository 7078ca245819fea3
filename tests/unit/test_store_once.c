/* test_store_once.c: what has a msgId is stored once, and under it nothing else. */
#include <time.h>

#include "writing.h"

/* ---- once ---- */

TEST(a_repeated_msg_id_gets_the_first_id)
{
	int64_t first = store_ids("c1", "m1");
	store_ids("c1", "m2");
	assert_int_equal(store_ids("c1", "m1"), first);
	assert_int_equal(count_of("messages"), 2);
}

TEST(a_repeated_msg_id_gets_the_first_ts_and_changes_nothing)
{
	struct store_entry first = entry_with("lab", "Hi", "c1", "m1");
	struct store_entry again = entry_with("lab", "Hi", "c1", "m1");
	again.ts = TS + 5000;
	store_one(writer, &first);
	store_one(writer, &again);
	assert_int_equal(again.ts, TS);
	assert_int_equal(again.fault, MESSAGE_OK);
	assert_string_equal(raw_text(path, "SELECT text || ts FROM messages"), "Hi1795455665123");
}

TEST(a_msg_id_that_is_used_again_for_something_else_is_rejected)
{
	struct store_entry first = entry_with("lab", "Hi", "c1", "m1");
	struct store_entry others[] = {entry_with("lab", "Ho", "c1", "m1"),
	    entry_with("messages", "Hi", "c1", "m1"), entry_with("lab", "Hi", "c1", "m1")};
	others[2].message.nickname = str_of("Bob");
	store_one(writer, &first);
	for (size_t i = 0; i < COUNT(others); i++) {
		store_one(writer, &others[i]);
		expect(others[i].fault == MESSAGE_ID_USED, "%zu: fault %d", i, others[i].fault);
		expect(others[i].id == 0, "%zu: id %lld", i, (long long)others[i].id);
	}
	assert_int_equal(count_of("messages"), 1);
	assert_int_equal(count_of("rejected"), 3);
	assert_string_equal(
	    raw_text(path, "SELECT DISTINCT reason || topic || client_id FROM rejected"),
	    "msgId used before: for another message of the same clientIdchat/roomc1");
}

/* As above, between so many that all are inserted at once. */
TEST(of_a_batch_only_the_msg_id_that_was_used_before_is_rejected)
{
	char ids[40][8];
	struct store_entry entries[COUNT(ids)];
	store_ids("c1", "17");
	for (int i = 0; i < (int)COUNT(ids); i++) {
		snprintf(ids[i], sizeof(ids[i]), "%d", i);
		entries[i] = entry_with("lab", "another", "c1", ids[i]);
	}
	assert_int_equal(store_insert_batch(writer, entries, COUNT(ids), NULL, NULL), STORE_OK);
	for (int i = 0; i < (int)COUNT(ids); i++)
		expect((entries[i].fault == MESSAGE_ID_USED) == (i == 17), "%d", i);
	assert_int_equal(count_of("messages"), COUNT(ids));
}

TEST(a_msg_id_that_is_twice_in_one_batch_is_stored_once)
{
	struct store_entry entries[] = {
	    entry_with("lab", "one", "c1", "m1"),
	    entry_with("lab", "two", "c1", "m2"),
	    entry_with("lab", "one", "c1", "m1"),
	};
	assert_int_equal(store_insert_batch(writer, entries, COUNT(entries), NULL, NULL), STORE_OK);
	assert_int_equal(entries[2].id, entries[0].id);
	assert_int_equal(count_of("messages"), 2);
}

TEST(a_msg_id_is_remembered_over_a_restart)
{
	int64_t first = store_ids("c1", "m1");
	reopen();
	assert_int_equal(store_ids("c1", "m1"), first);
}

TEST(a_msg_id_without_a_client_id_is_stored_once_too)
{
	int64_t first = store_ids(NULL, "m1");
	reopen();
	assert_int_equal(store_ids(NULL, "m1"), first);
	assert_int_equal(count_of("messages"), 1);
}

TEST(the_same_msg_id_of_two_clients_is_two_messages)
{
	static const char *const clients[] = {"c1", "c2", NULL, "C1"};
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < COUNT(clients); i++)
			expect(store_ids(clients[i], "m1") == (int64_t)i + 1, "client %zu", i);
}

TEST(without_a_msg_id_every_message_is_another)
{
	assert_int_not_equal(store_ids("c1", NULL), store_ids("c1", NULL));
	assert_int_not_equal(store_ids(NULL, NULL), store_ids(NULL, NULL));
	assert_int_equal(count_of("messages"), 4);
}

TEST(what_is_known_to_be_repeated_is_left_as_it_is_and_makes_no_batch_old)
{
	struct store_figures figures;
	struct store_entry entries[] = {
	    entry_with("lab", "old", "c", "m"), entry_with("lab", "new", NULL, NULL)};
	entries[0].repeated = true;
	entries[0].id = 77;
	entries[1].ts = (int64_t)time(NULL) * 1000 + 5000;
	assert_int_equal(store_insert_batch(writer, entries, 2, NULL, NULL), STORE_OK);
	assert_int_equal(entries[0].id, 77);
	assert_int_equal(entries[0].ts, TS);
	assert_int_equal(count_of("messages"), 1);
	assert_int_equal(store_read_figures(writer, &figures), STORE_OK);
	assert_int_equal(figures.stored, 1);
	assert_int_equal(figures.repeated, 1);
	assert_int_equal(figures.batch_age_ms, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    WRITING(a_repeated_msg_id_gets_the_first_id),
	    WRITING(a_repeated_msg_id_gets_the_first_ts_and_changes_nothing),
	    WRITING(a_msg_id_that_is_used_again_for_something_else_is_rejected),
	    WRITING(of_a_batch_only_the_msg_id_that_was_used_before_is_rejected),
	    WRITING(a_msg_id_that_is_twice_in_one_batch_is_stored_once),
	    WRITING(a_msg_id_is_remembered_over_a_restart),
	    WRITING(a_msg_id_without_a_client_id_is_stored_once_too),
	    WRITING(the_same_msg_id_of_two_clients_is_two_messages),
	    WRITING(without_a_msg_id_every_message_is_another),
	    WRITING(what_is_known_to_be_repeated_is_left_as_it_is_and_makes_no_batch_old),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
