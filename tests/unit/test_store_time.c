/*
 * test_store_time.c: a time leads to the place in the order of ids that a list of times gives it.
 */
#include "history.h"

/* Stores a message in one of two rooms at `ts`; returns its id. */
static int64_t add_at(struct store *store, int64_t ts)
{
	struct store_entry entry = entry_with(ts % 2 ? "messages" : "lab", "Hi", NULL, NULL);
	entry.ts = ts;
	store_one(store, &entry);
	return entry.id;
}

static int64_t find(struct store *store, int64_t ts)
{
	int64_t id = -1;
	enum store_status status = store_find_time(store, ts, &id);
	expect(status == STORE_OK, "status %d: %s", status, store_error(store));
	return id;
}

TEST(every_time_of_a_history_with_gaps_leads_to_the_last_message_before_it)
{
	enum { MESSAGES = 200 };
	int64_t ids[MESSAGES], times[MESSAGES];
	int count = 0;
	srand(1);
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	for (int64_t i = 0, ts = TS; i < MESSAGES; i++) {
		ts += rand() % 3; /* also several at one time */
		int64_t id = add_at(store, ts);
		if (i % 7 == 3)
			continue;
		ids[count] = id;
		times[count++] = ts;
	}
	raw_run(unit_path("db"), "DELETE FROM messages WHERE id % 7 = 4");
	for (int64_t ts = TS - 2, next = 0; ts < times[count - 1] + 3; ts++) {
		while (next < count && times[next] < ts)
			next++;
		int64_t expected = next ? ids[next - 1] : 0;
		expect(find(store, ts) == expected, "%lld: %lld and not %lld", (long long)ts,
		    (long long)find(store, ts), (long long)expected);
	}
	store_close(store);
}

TEST(a_history_without_messages_has_no_time)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	assert_int_equal(find(store, TS), 0);
	store_close(store);
}

TEST(times_beyond_both_ends_lead_to_the_ends)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	int64_t last = 0;
	for (int i = 0; i < 5; i++)
		last = add_at(store, TS + i);
	assert_int_equal(find(store, INT64_MIN), 0);
	assert_int_equal(find(store, INT64_MAX), last);
	store_close(store);
}

TEST(looking_for_a_time_leaves_no_transaction_open)
{
	struct store *store = open_store(unit_path("db"), STORE_CREATOR);
	add_at(store, TS);
	struct store *reader = open_store(unit_path("db"), STORE_READER);
	find(reader, TS);
	add_at(store, TS);
	assert_int_equal(raw_number(unit_path("db"), "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
	store_close(reader);
	store_close(store);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    IN_DIR(every_time_of_a_history_with_gaps_leads_to_the_last_message_before_it),
	    IN_DIR(a_history_without_messages_has_no_time),
	    IN_DIR(times_beyond_both_ends_lead_to_the_ends),
	    IN_DIR(looking_for_a_time_leaves_no_transaction_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
