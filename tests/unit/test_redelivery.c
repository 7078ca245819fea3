/* test_redelivery.c: a message that the broker delivers again is known, and nothing else is. */
#include "logger/redelivery.h"

#include "unit.h"

static struct redelivery r; /* too large for a stack */

static void add(uint16_t packet_id, uint64_t digest, uint64_t batch)
{
	redelivery_add(&r,
	    (struct redelivery_mark){packet_id, digest, packet_id * 10, packet_id * 100, batch});
}

/* Three messages, stored in batches 1, 1 and 2 on the connection that just ended. */
static void three_marks(bool session_resumed)
{
	r = (struct redelivery){0};
	redelivery_begin(&r, true);
	add(1, 11, 1);
	add(2, 22, 1);
	add(3, 33, 2);
	redelivery_begin(&r, session_resumed);
}

TEST(what_is_delivered_again_is_known_with_its_id_and_time)
{
	three_marks(true);
	const struct redelivery_mark *mark = redelivery_find(&r, 1, 11, 3);
	assert_non_null(mark);
	assert_int_equal(mark->id, 10);
	assert_int_equal(mark->ts, 100);
}

TEST(a_repetition_may_begin_behind_what_the_broker_has_read)
{
	three_marks(true);
	assert_non_null(redelivery_find(&r, 3, 33, 3));
}

TEST(one_delivery_matches_once)
{
	three_marks(true);
	assert_non_null(redelivery_find(&r, 1, 11, 3));
	assert_null(redelivery_find(&r, 1, 11, 3));
}

TEST(the_first_new_message_ends_the_repetition)
{
	three_marks(true);
	assert_non_null(redelivery_find(&r, 1, 11, 3));
	assert_null(redelivery_find(&r, 9, 99, 3));
	assert_null(redelivery_find(&r, 2, 22, 3));
	assert_int_equal(r.count, 1);
}

TEST(another_message_under_the_same_packet_id_is_new)
{
	three_marks(true);
	assert_null(redelivery_find(&r, 1, 99, 3));
}

TEST(a_session_that_was_not_resumed_repeats_nothing)
{
	three_marks(false);
	assert_null(redelivery_find(&r, 1, 11, 3));
	assert_int_equal(r.count, 0);
}

TEST(without_a_new_connection_nothing_is_repeated)
{
	r = (struct redelivery){0};
	redelivery_begin(&r, true);
	add(1, 11, 1);
	assert_null(redelivery_find(&r, 1, 11, 2));
}

TEST(what_the_broker_has_read_is_settled_and_later_batches_are_not)
{
	r = (struct redelivery){0};
	redelivery_begin(&r, true);
	add(1, 11, 1);
	add(2, 22, 2);
	redelivery_settle(&r, 1);
	assert_int_equal(r.count, 1);
	assert_int_equal(r.marks[0].packet_id, 2);
}

TEST(a_mark_of_an_earlier_connection_is_not_settled_before_it_is_acknowledged_again)
{
	three_marks(true);
	assert_non_null(redelivery_find(&r, 1, 11, 3));
	redelivery_settle(&r, 3);
	assert_int_equal(r.count, 2);
	assert_non_null(redelivery_find(&r, 2, 22, 4));
}

TEST(beyond_the_maximum_the_newer_half_stays)
{
	r = (struct redelivery){0};
	for (unsigned i = 0; i <= REDELIVERY_MARKS_MAX; i++)
		add((uint16_t)i, i, 1);
	assert_int_equal(r.count, REDELIVERY_MARKS_MAX / 2 + 1);
	assert_int_equal(r.marks[0].packet_id, REDELIVERY_MARKS_MAX / 2);
	assert_int_equal(r.marks[r.count - 1].packet_id, REDELIVERY_MARKS_MAX);
}

TEST(marks_survive_as_bytes_and_then_wait_for_the_next_connection)
{
	static unsigned char note[REDELIVERY_NOTE_MAX];
	r = (struct redelivery){0};
	redelivery_add(&r, (struct redelivery_mark){65535, UINT64_MAX, INT64_MAX, -1, 7});
	size_t length = redelivery_encode(&r, note);
	assert_int_equal(length, REDELIVERY_MARK_SIZE);
	redelivery_decode(&r, (struct str){(char *)note, length});
	redelivery_begin(&r, true);
	const struct redelivery_mark *mark = redelivery_find(&r, 65535, UINT64_MAX, 1);
	assert_non_null(mark);
	assert_true(mark->id == INT64_MAX && mark->ts == -1);
}

TEST(a_note_that_is_cut_gives_the_whole_marks_of_it)
{
	static unsigned char note[REDELIVERY_NOTE_MAX];
	three_marks(true);
	size_t length = redelivery_encode(&r, note);
	redelivery_decode(&r, (struct str){(char *)note, length - 1});
	assert_int_equal(r.count, 2);
	redelivery_decode(&r, (struct str){NULL, 0});
	assert_int_equal(r.count, 0);
}

TEST(of_a_note_that_is_too_long_as_many_marks_are_read_as_have_room)
{
	static unsigned char note[REDELIVERY_NOTE_MAX + 5 * REDELIVERY_MARK_SIZE];
	static struct {
		struct redelivery r;
		struct redelivery_mark behind;
	} place;
	memset(note, 7, sizeof(note));
	redelivery_decode(&place.r, (struct str){(char *)note, sizeof(note)});
	assert_int_equal(place.r.count, REDELIVERY_MARKS_MAX);
	assert_int_equal(place.behind.packet_id, 0);
	assert_false(place.r.repeating);
	redelivery_decode(&place.r, (struct str){(char *)note, REDELIVERY_MARK_SIZE});
	assert_int_equal(place.r.count, 1);
}

TEST(the_digest_tells_topic_from_payload)
{
	uint64_t a = redelivery_digest(str_of("chat/a"), str_of("bc"));
	assert_true(a == redelivery_digest(str_of("chat/a"), str_of("bc")));
	assert_true(a != redelivery_digest(str_of("chat/ab"), str_of("c")));
	assert_true(a != redelivery_digest(str_of("chat/a"), str_of("bd")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_delivered_again_is_known_with_its_id_and_time),
	    cmocka_unit_test(a_repetition_may_begin_behind_what_the_broker_has_read),
	    cmocka_unit_test(one_delivery_matches_once),
	    cmocka_unit_test(the_first_new_message_ends_the_repetition),
	    cmocka_unit_test(another_message_under_the_same_packet_id_is_new),
	    cmocka_unit_test(a_session_that_was_not_resumed_repeats_nothing),
	    cmocka_unit_test(without_a_new_connection_nothing_is_repeated),
	    cmocka_unit_test(what_the_broker_has_read_is_settled_and_later_batches_are_not),
	    cmocka_unit_test(
		a_mark_of_an_earlier_connection_is_not_settled_before_it_is_acknowledged_again),
	    cmocka_unit_test(beyond_the_maximum_the_newer_half_stays),
	    cmocka_unit_test(marks_survive_as_bytes_and_then_wait_for_the_next_connection),
	    cmocka_unit_test(a_note_that_is_cut_gives_the_whole_marks_of_it),
	    cmocka_unit_test(of_a_note_that_is_too_long_as_many_marks_are_read_as_have_room),
	    cmocka_unit_test(the_digest_tells_topic_from_payload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
