/* test_batch.c: what is taken in is stored, answered, and kept or forgotten as it should be. */
#include "batch_tests.h"

/* ---- receipts ---- */

TEST(an_empty_batch_is_stored_and_answers_nothing)
{
	assert_int_equal(batch_count(batch), 0);
	store_all();
	expect_answers("");
}

TEST(what_is_stored_gets_a_receipt)
{
	add("chat/lab",
	    "{\"nickname\":\"Ann\",\"text\":\"Hi\",\"clientId\":\"c1\",\"msgId\":\"m1\"}");
	store_all();
	expect_answers(
	    "chat/lab/stored [{\"id\":1,\"msgId\":\"m1\",\"clientId\":\"c1\"" AT(0) "]\n");
}

TEST(a_receipt_has_null_for_what_the_sender_did_not_say)
{
	add("chat/lab", "door open");
	store_all();
	expect_answers("chat/lab/stored [{\"id\":1,\"msgId\":null,\"clientId\":null" AT(0) "]\n");
}

TEST(receipts_go_out_by_room_and_in_order)
{
	add("chat/lab", "one");
	add("chat/messages", "two");
	add("chat/lab", "three");
	store_all();
	expect_answers(
	    "chat/lab/stored [{\"id\":1,\"msgId\":null,\"clientId\":null" AT(0) ",{\"id\":3,\"msgId\":null,\"clientId\":null" AT(
		1) "]\n"
		   "chat/messages/stored [{\"id\":2,\"msgId\":null,\"clientId\":null" AT(0) "]\n");
}

TEST(a_room_whose_name_begins_like_another_is_another)
{
	add("chat/a", "one");
	add("chat/ab", "two");
	store_all();
	expect_answers("chat/a/stored [{\"id\":1,\"msgId\":null,\"clientId\":null" AT(
	    0) "]\n"
	       "chat/ab/stored [{\"id\":2,\"msgId\":null,\"clientId\":null" AT(0) "]\n");
}

TEST(a_repeated_message_gets_the_receipt_of_the_first)
{
	static const char message[] = "{\"nickname\":\"Ann\",\"text\":\"Hi\",\"msgId\":\"m1\"}";
	static const char receipt[] = "{\"id\":1,\"msgId\":\"m1\",\"clientId\":null" AT(0);
	char expected[200];
	add("chat/lab", message);
	add("chat/lab", message);
	store_all();
	snprintf(expected, sizeof(expected), "chat/lab/stored [%s,%s]\n", receipt, receipt);
	expect_answers(expected);
}

TEST(a_message_that_comes_again_later_gets_the_first_receipt_again)
{
	static const char message[] = "{\"nickname\":\"Ann\",\"text\":\"Hi\",\"msgId\":\"m1\"}";
	add("chat/lab", message);
	store_all();
	batch_clear(batch);
	add("chat/lab", "between");
	assert_true(batch_add(
	    batch, str_of("chat/lab"), str_of(message), &(struct delivery){1, false}, TS + 60000));
	store_all();
	expect_answers("chat/lab/stored [{\"id\":2,\"msgId\":null,\"clientId\":null" AT(
	    1) ",{\"id\":1,\"msgId\":\"m1\",\"clientId\":null" AT(0) "]\n");
}

TEST(the_longest_room_fits_in_its_topics)
{
	char topic[80], expected[400], room[65];
	memset(room, 'r', 64);
	room[64] = '\0';
	snprintf(topic, sizeof(topic), "chat/%s", room);
	add(topic, "");
	add(topic, "Hi");
	store_all();
	snprintf(expected, sizeof(expected),
	    "%s/rejected {\"msgId\":null,\"clientId\":null," BAD_TEXT "\n"
	    "%s/stored [{\"id\":1,\"msgId\":null,\"clientId\":null" AT(0) "]\n",
	    topic, topic);
	expect_answers(expected);
}

struct packets {
	int count, receipts;
	size_t largest;
};

static void count_packet(void *arg, const char *topic, struct str payload)
{
	struct packets *packets = arg;
	assert_string_equal(topic, "chat/lab/stored");
	assert_true(payload.at[0] == '[' && payload.at[payload.len - 1] == ']');
	packets->count++;
	packets->largest = payload.len > packets->largest ? payload.len : packets->largest;
	for (size_t i = 0; i + 5 < payload.len; i++)
		packets->receipts += memcmp(payload.at + i, "\"id\":", 5) == 0;
}

TEST(receipts_of_many_messages_are_packets_of_at_most_32_kib)
{
	char payload[1000], escaped[64 * 6 + 1] = "";
	struct packets packets = {0};
	for (int i = 0; i < 61; i++)
		strcat(escaped, "\\u0001");
	for (int i = 0; i < 200; i++) {
		snprintf(payload, sizeof(payload),
		    "{\"nickname\":\"Ann\",\"text\":\"Hi\",\"clientId\":\"%s\",\"msgId\":\"%s%03d\"}",
		    escaped, escaped, i);
		add("chat/lab", payload);
	}
	store_all();
	batch_answer(batch, count_packet, &packets);
	assert_int_equal(packets.receipts, 200);
	assert_true(packets.count > 1 && packets.largest <= 32768);
	assert_true(packets.largest > 31 * 1024);
}

/* ---- what is rejected ---- */

TEST(what_is_rejected_is_answered_with_its_ids)
{
	add("chat/lab",
	    "{\"nickname\":\"Ann\",\"text\":\"\",\"clientId\":\"c1\",\"msgId\":\"m1\"}");
	store_all();
	expect_answers("chat/lab/rejected {\"msgId\":\"m1\",\"clientId\":\"c1\"," BAD_TEXT "\n");
}

TEST(what_is_rejected_without_ids_is_answered_with_nulls)
{
	add("chat/lab", "\xff");
	store_all();
	expect_answers("chat/lab/rejected {\"msgId\":null,\"clientId\":null,"
		       "\"reason\":\"the payload is not UTF-8\"}\n");
}

TEST(a_bad_room_is_kept_as_rejected_and_not_answered)
{
	static const char *const topics[] = {"chat/Lab", "chat/a.b", "chat/-", "chat/"};
	for (size_t i = 0; i < COUNT(topics); i++)
		add(topics[i], "Hi");
	store_all();
	expect_answers("");
	assert_int_equal(raw_number(unit_path("db"), "SELECT count(*) FROM rejected"), 4);
}

TEST(the_rejected_table_has_the_first_256_bytes_and_the_size)
{
	static char payload[5000];
	memset(payload, '\0', sizeof(payload));
	memset(payload + 255, 'y', sizeof(payload) - 255);
	add_payload("chat/lab", (struct str){payload, sizeof(payload)}, 1);
	store_all();
	const char *path = unit_path("db");
	assert_int_equal(raw_number(path, "SELECT size FROM rejected"), 5000);
	assert_int_equal(raw_number(path, "SELECT length(head) FROM rejected"), 256);
	assert_string_equal(raw_text(path, "SELECT hex(substr(head, 255)) FROM rejected"), "0079");
	assert_string_equal(raw_text(path, "SELECT topic FROM rejected"), "chat/lab");
}

TEST(a_payload_without_any_bytes_is_rejected)
{
	assert_true(batch_add(
	    batch, str_of("chat/lab"), (struct str){NULL, 0}, &(struct delivery){1, false}, TS));
	store_all();
	expect_answers("chat/lab/rejected {\"msgId\":null,\"clientId\":null," BAD_TEXT "\n");
}

TEST(a_poison_message_does_not_hold_up_the_others)
{
	add("chat/lab", "one");
	add("chat/lab", "a\xc0\x80");
	add("chat/lab", "two");
	store_all();
	assert_int_equal(raw_number(unit_path("db"), "SELECT count(*) FROM messages"), 2);
}

/* ---- how much it holds ---- */

TEST(a_batch_of_a_thousand_is_full)
{
	for (int i = 0; i < 999; i++)
		add("chat/lab", "Hi");
	assert_false(batch_full(batch));
	add("chat/lab", "Hi");
	assert_true(batch_full(batch));
	store_all();
	assert_int_equal(raw_number(unit_path("db"), "SELECT count(*) FROM messages"), 1000);
}

TEST(a_full_batch_takes_nothing_more)
{
	for (int i = 0; i < 1000; i++)
		add("chat/lab", "Hi");
	assert_false(
	    batch_add(batch, str_of("chat/lab"), str_of("Hi"), &(struct delivery){1, false}, TS));
	assert_int_equal(batch_count(batch), 1000);
}

/* A payload of so many bytes. */
static void add_bytes(size_t size, int qos)
{
	char *payload = malloc(size);
	assert_non_null(payload);
	memset(payload, 'x', size);
	add_payload("chat/lab", (struct str){payload, size}, qos);
	free(payload);
}

TEST(a_batch_of_four_mebibytes_is_full)
{
	add_bytes(BATCH_BYTES_MAX - 1, 1);
	assert_false(batch_full(batch));
	add("chat/lab", "");
	assert_false(batch_full(batch));
	add("chat/lab", "x");
	assert_true(batch_full(batch));
}

TEST(a_cleared_batch_is_empty_and_takes_in_as_much_again)
{
	for (int round = 0; round < 2; round++) {
		add_bytes(BATCH_BYTES_MAX - 1, 1);
		assert_false(batch_full(batch));
		batch_clear(batch);
		assert_int_equal(batch_count(batch), 0);
	}
	expect_answers("");
}

/* ---- a connection that is lost ---- */

TEST(what_nobody_sends_again_is_kept_when_the_connection_is_lost)
{
	static const int qos[] = {1, 0, 2, 0, 1};
	static const char *const texts[] = {"a", "b", "c", "d", "e"};
	for (size_t i = 0; i < COUNT(qos); i++)
		add_payload("chat/lab", str_of(texts[i]), qos[i]);
	batch_drop_unacknowledged(batch);
	assert_int_equal(batch_count(batch), 2);
	store_all();
	assert_string_equal(
	    raw_text(unit_path("db"), "SELECT group_concat(text, '') FROM messages"), "bd");
}

TEST(what_was_kept_is_kept_again_the_next_time)
{
	add_payload("chat/lab", BYTES("a"), 0);
	batch_drop_unacknowledged(batch);
	add_payload("chat/lab", BYTES("b"), 1);
	batch_drop_unacknowledged(batch);
	assert_int_equal(batch_count(batch), 1);
}

TEST(what_is_left_of_a_batch_is_still_what_nobody_sends_again)
{
	add_payload("chat/lab", BYTES("a"), 1);
	add_payload("chat/lab", BYTES("b"), 0);
	batch_drop_unacknowledged(batch);
	batch_drop_unacknowledged(batch);
	assert_int_equal(batch_count(batch), 1);
}

TEST(what_was_dropped_takes_no_room)
{
	add_bytes(BATCH_BYTES_MAX / 2, 0);
	add_bytes(BATCH_BYTES_MAX / 2, 1);
	assert_true(batch_full(batch));
	batch_drop_unacknowledged(batch);
	assert_false(batch_full(batch));
	add_bytes(BATCH_BYTES_MAX / 2, 1);
	assert_true(batch_full(batch));
}

TEST(what_was_not_stored_is_stored_by_the_next_attempt)
{
	add("chat/lab", "one");
	add("chat/lab", "\xff");
	raw_run(unit_path("db"), "ALTER TABLE rejected RENAME TO away");
	assert_int_not_equal(batch_store(batch, writer, TS), STORE_OK);
	raw_run(unit_path("db"), "ALTER TABLE away RENAME TO rejected");
	store_all();
	expect_answers("chat/lab/stored [{\"id\":1,\"msgId\":null,\"clientId\":null" AT(
	    0) "]\n"
	       "chat/lab/rejected {\"msgId\":null,\"clientId\":null,"
	       "\"reason\":\"the payload is not UTF-8\"}\n");
}

TEST(no_batch_can_be_closed)
{
	batch_close(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    BATCH(an_empty_batch_is_stored_and_answers_nothing),
	    BATCH(what_is_stored_gets_a_receipt),
	    BATCH(a_receipt_has_null_for_what_the_sender_did_not_say),
	    BATCH(receipts_go_out_by_room_and_in_order),
	    BATCH(a_room_whose_name_begins_like_another_is_another),
	    BATCH(a_repeated_message_gets_the_receipt_of_the_first),
	    BATCH(a_message_that_comes_again_later_gets_the_first_receipt_again),
	    BATCH(the_longest_room_fits_in_its_topics),
	    BATCH(receipts_of_many_messages_are_packets_of_at_most_32_kib),
	    BATCH(what_is_rejected_is_answered_with_its_ids),
	    BATCH(what_is_rejected_without_ids_is_answered_with_nulls),
	    BATCH(a_bad_room_is_kept_as_rejected_and_not_answered),
	    BATCH(the_rejected_table_has_the_first_256_bytes_and_the_size),
	    BATCH(a_payload_without_any_bytes_is_rejected),
	    BATCH(a_poison_message_does_not_hold_up_the_others),
	    BATCH(a_batch_of_a_thousand_is_full),
	    BATCH(a_full_batch_takes_nothing_more),
	    BATCH(a_batch_of_four_mebibytes_is_full),
	    BATCH(a_cleared_batch_is_empty_and_takes_in_as_much_again),
	    BATCH(what_nobody_sends_again_is_kept_when_the_connection_is_lost),
	    BATCH(what_was_kept_is_kept_again_the_next_time),
	    BATCH(what_is_left_of_a_batch_is_still_what_nobody_sends_again),
	    BATCH(what_was_dropped_takes_no_room),
	    BATCH(what_was_not_stored_is_stored_by_the_next_attempt),
	    cmocka_unit_test(no_batch_can_be_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
