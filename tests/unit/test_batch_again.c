/* test_batch_again.c: what the broker delivers again, and what may be stored at all. */
#include "batch_tests.h"

/* ---- what the broker delivers again ---- */

static int rows;

static int count_row(void *arg, const struct store_row *row)
{
	(void)arg;
	(void)row;
	rows++;
	return 0;
}

static void deliver(const char *text, uint16_t packet_id, bool duplicate)
{
	assert_true(batch_add(
	    batch, str_of("chat/lab"), str_of(text), &(struct delivery){packet_id, duplicate}, TS));
}

/* The logger ended after its COMMIT, and has begun anew on the session it had. */
static void begin_again(bool session_resumed)
{
	bool known = false;
	batch_close(batch);
	batch = batch_open();
	assert_int_equal(batch_restore(batch, writer, &known), STORE_OK);
	assert_true(known);
	batch_begin(batch, session_resumed);
}

static void expect_stored(int expected)
{
	struct store_query query = {str_of("lab"), STORE_NEWEST, 0, STORE_PAGE_MAX, 0};
	struct store_page page;
	store_all();
	rows = 0;
	assert_int_equal(store_page(writer, &query, &page, count_row, NULL), STORE_OK);
	assert_int_equal(rows, expected);
}

TEST(a_plain_message_that_is_delivered_again_is_stored_once_and_answered_again)
{
	deliver("door open", 7, false);
	store_all();
	begin_again(true);
	deliver("door open", 7, true);
	expect_stored(1);
	batch_answer(batch, publish, &published);
	assert_non_null(strstr(published, "\"id\":1,"));
}

TEST(an_equal_message_under_an_equal_packet_id_is_new_unless_the_broker_calls_it_a_duplicate)
{
	deliver("door open", 7, false);
	store_all();
	begin_again(true);
	deliver("door open", 7, false);
	expect_stored(2);
}

TEST(a_duplicate_of_what_was_not_stored_is_new)
{
	deliver("door open", 7, false);
	store_all();
	begin_again(true);
	deliver("window open", 8, true);
	expect_stored(2);
}

TEST(after_a_session_that_was_not_resumed_nothing_is_a_repetition)
{
	deliver("door open", 7, false);
	store_all();
	begin_again(false);
	deliver("door open", 7, true);
	expect_stored(2);
}

static void deliver_with_and_without_ids(bool duplicate)
{
	deliver("door open", 7, duplicate);
	deliver("{\"nickname\":\"Ann\",\"text\":\"Hi\",\"msgId\":\"m1\"}", 8, duplicate);
	deliver("{\"nickname\":\"Ann\",\"text\":1,\"msgId\":\"m2\"}", 9, duplicate);
	deliver("door shut", 10, duplicate);
}

TEST(a_message_with_an_id_of_its_own_needs_no_mark_and_ends_no_repetition)
{
	deliver_with_and_without_ids(false);
	store_all();
	assert_int_equal(raw_number(unit_path("db"), "SELECT length(note) FROM logger_note"),
	    3 * REDELIVERY_MARK_SIZE);
	begin_again(true);
	deliver_with_and_without_ids(true);
	expect_stored(3);
	assert_int_equal(raw_number(unit_path("db"), "SELECT count(*) FROM rejected"), 1);
	assert_true(batch_awaits_repetition(batch));
	batch_clear(batch);
	deliver("{\"nickname\":\"Ann\",\"text\":\"Ho\",\"msgId\":\"m3\"}", 11, false);
	expect_stored(4);
	assert_false(batch_awaits_repetition(batch));
}

/* ---- what may be stored ---- */

#define HI "{\"nickname\":\"Ann\",\"text\":\"Hi\",\"msgId\":\"m1\"}"
#define REFUSED(id, why)                                                                           \
	"chat/lab/rejected {\"msgId\":" id ",\"clientId\":null,\"reason\":\"" why "\"}\n"
#define TOO_FAST "more messages come than the server takes; try again in a minute"

static void limit_to_one_a_minute(void)
{
	static struct admission admission;
	admission = (struct admission){.path = unit_dir, .max_rate = 1};
	admission_open(&admission, 0);
	batch_limit(batch, &admission);
}

static int64_t store_quietly(int64_t now)
{
	char logged[1000];
	struct capture capture = capture_begin(STDERR_FILENO);
	enum store_status status = batch_store(batch, writer, now);
	capture_end(&capture, logged, sizeof(logged));
	assert_int_equal(status, STORE_OK);
	return raw_number(unit_path("db"), "SELECT count(*) FROM messages");
}

TEST(what_is_refused_is_answered_and_is_stored_when_it_is_sent_again_later)
{
	limit_to_one_a_minute();
	deliver("door open", 7, false);
	deliver(HI, 8, false);
	assert_int_equal(store_quietly(TS), 1);
	expect_answers("chat/lab/stored [{\"id\":1,\"msgId\":null,\"clientId\":null" AT(
	    0) "]\n" REFUSED("\"m1\"", TOO_FAST));
	assert_int_equal(raw_number(unit_path("db"), "SELECT count(*) FROM rejected"), 1);
	batch_clear(batch);
	deliver(HI, 9, false);
	assert_int_equal(store_quietly(TS + 60000), 2);
}

TEST(what_was_refused_is_not_stored_when_the_broker_delivers_it_again)
{
	limit_to_one_a_minute();
	deliver("door open", 7, false);
	deliver("door shut", 8, false);
	assert_int_equal(store_quietly(TS), 1);
	begin_again(true);
	deliver("door open", 7, true);
	deliver("door shut", 8, true);
	expect_stored(1);
	expect_answers("chat/lab/stored [{\"id\":1,\"msgId\":null,\"clientId\":null" AT(
	    0) "]\n" REFUSED("null", "the database refused it"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    BATCH(a_plain_message_that_is_delivered_again_is_stored_once_and_answered_again),
	    BATCH(
		an_equal_message_under_an_equal_packet_id_is_new_unless_the_broker_calls_it_a_duplicate),
	    BATCH(a_duplicate_of_what_was_not_stored_is_new),
	    BATCH(after_a_session_that_was_not_resumed_nothing_is_a_repetition),
	    BATCH(a_message_with_an_id_of_its_own_needs_no_mark_and_ends_no_repetition),
	    BATCH(what_is_refused_is_answered_and_is_stored_when_it_is_sent_again_later),
	    BATCH(what_was_refused_is_not_stored_when_the_broker_delivers_it_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
