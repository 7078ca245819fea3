/* test_guard_clients.c: who is known at the broker, for how long, and how fast he may be. */
#include "guard/clients.h"

#include "guard/rates.h"
#include "unit.h"

static struct clients *clients;
static char handles[2000]; /* addresses, nothing else */

static int begin(void **state)
{
	(void)state;
	clients = clients_new();
	return clients ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	clients_free(clients);
	return 0;
}

#define WITH_CLIENTS(test) cmocka_unit_test_setup_teardown(test, begin, end)

TEST(a_client_is_found_by_both_and_the_last_one_by_its_id)
{
	struct client *first = clients_add(clients, &handles[0], str_of("tab"));
	struct client *second = clients_add(clients, &handles[1], str_of("tab"));
	assert_ptr_equal(clients_find(clients, &handles[0], str_of("tab")), first);
	assert_ptr_equal(clients_find(clients, &handles[1], str_of("tab")), second);
	assert_ptr_equal(clients_named(clients, str_of("tab")), second);
	assert_null(clients_find(clients, &handles[0], str_of("ta")));
	assert_null(clients_find(clients, &handles[2], str_of("tab")));
	assert_null(clients_named(clients, str_of("")));
	assert_null(clients_named(clients, (struct str){NULL, 0}));
}

TEST(a_handle_that_comes_back_is_another_client)
{
	struct client *before = clients_add(clients, &handles[0], str_of("tab"));
	before->state = CLIENT_GONE;
	before->ended = true;
	assert_true(client_subscribe(before, str_of("chat/+")));
	struct client *now = clients_add(clients, &handles[0], str_of("tab"));
	assert_true(now->state == CLIENT_HERE && !now->ended && now->filter_count == 0);
	assert_ptr_equal(clients_named(clients, str_of("tab")), now);
}

TEST(who_is_gone_is_known_for_two_seconds)
{
	struct client *one = clients_add(clients, &handles[0], str_of("tab"));
	clients_add(clients, &handles[1], str_of("other"));
	one->state = CLIENT_GONE;
	one->since = 1000;
	clients_forget(clients, 2999);
	assert_non_null(clients_find(clients, &handles[0], str_of("tab")));
	clients_forget(clients, 3000);
	assert_null(clients_find(clients, &handles[0], str_of("tab")));
	assert_non_null(clients_find(clients, &handles[1], str_of("other")));
}

static void count_one(struct client *client, void *context)
{
	assert_non_null(client->handle);
	++*(int *)context;
}

TEST(not_more_than_some_wait)
{
	char id[20];
	int count = 0;
	for (int i = 0; i < 2000; i++) {
		snprintf(id, sizeof(id), "lamp-%d", i);
		clients_add(clients, &handles[i], str_of(id))->state = CLIENT_WAITING;
	}
	clients_forget(clients, 1);
	clients_each(clients, count_one, &count);
	assert_int_equal(count, CLIENTS_WAITING_MAX);
}

TEST(the_longest_id_fits)
{
	char id[CLIENT_ID_BYTES + 1];
	memset(id, 'x', sizeof(id) - 1);
	id[CLIENT_ID_BYTES] = '\0';
	assert_string_equal(clients_add(clients, &handles[0], str_of(id))->id, id);
}

TEST(twenty_subscriptions_are_all)
{
	struct client client = {0};
	char filter[40];
	for (int i = 0; i < 25; i++) {
		snprintf(filter, sizeof(filter), "chat/room%d", i);
		assert_int_equal(client_subscribe(&client, str_of(filter)), i < CLIENT_FILTERS_MAX);
	}
	assert_true(client_subscribe(&client, str_of("chat/room7")));
	client_unsubscribe(&client, str_of("chat/unknown"));
	assert_false(client_subscribe(&client, str_of("chat/new")));
	client_unsubscribe(&client, str_of("chat/room7"));
	assert_true(client_subscribe(&client, str_of("chat/new")));
	assert_false(client_subscribe(&client, str_of("chat/room7")));
}

/* ---- how fast ---- */

static const struct str none = {NULL, 0};

static int taken(struct rates *rates, const char *user, const char *address, int tries, int64_t now)
{
	int count = 0;
	for (int i = 0; i < tries; i++)
		count += rates_take(rates, str_of(user), str_of(address), none, now) == 0;
	return count;
}

TEST(a_user_has_a_burst_and_then_a_rate)
{
	struct rates *rates = rates_new();
	assert_int_equal(taken(rates, "@a", "", 100, 0), RATES_USER_BURST);
	assert_int_equal(taken(rates, "@b", "", 100, 0), RATES_USER_BURST);
	assert_int_equal(taken(rates, "@a", "", 100, 1000), RATES_USER_PER_SECOND);
	rates_free(rates);
}

TEST(an_address_has_one_for_all_its_users)
{
	struct rates *rates = rates_new();
	char user[20];
	int count = 0;
	for (int i = 0; i < 10; i++) {
		snprintf(user, sizeof(user), "@%d", i);
		count += taken(rates, user, "192.0.2.1", 50, 0);
	}
	assert_int_equal(count, RATES_ADDRESS_BURST);
	assert_int_equal(taken(rates, "@other", "192.0.2.2", 10, 0), 10);
	rates_free(rates);
}

static int rooms_taken(struct rates *rates, const char *user, const char *address, int first)
{
	char room[20];
	int count = 0;
	for (int i = first; i < first + 20; i++) {
		snprintf(room, sizeof(room), "room%d", i);
		count += rates_take(rates, str_of(user), str_of(address), str_of(room), 0) == 0;
	}
	return count;
}

TEST(new_rooms_are_few_for_whoever_is_behind_an_address)
{
	struct rates *rates = rates_new();
	assert_int_equal(rooms_taken(rates, "@a", "192.0.2.1", 0), RATES_ROOMS_BURST);
	assert_int_equal(rooms_taken(rates, "@b", "192.0.2.1", 100), 0);
	assert_int_equal(rooms_taken(rates, "@c", "192.0.2.1", 0), RATES_ROOMS_BURST);
	assert_int_equal(rooms_taken(rates, "@d", "", 200), RATES_ROOMS_BURST);
	rates_free(rates);
}

TEST(one_is_told_as_often_as_one_may_publish)
{
	struct rates *rates = rates_new();
	int told = 0;
	for (int i = 0; i < 100; i++)
		told += rates_may_tell(rates, str_of("@a"), 0);
	assert_int_equal(told, RATES_USER_BURST);
	assert_true(rates_may_tell(rates, str_of("@b"), 0));
	assert_true(rates_may_tell(rates, str_of("@a"), 200));
	rates_free(rates);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_CLIENTS(a_client_is_found_by_both_and_the_last_one_by_its_id),
	    WITH_CLIENTS(a_handle_that_comes_back_is_another_client),
	    WITH_CLIENTS(who_is_gone_is_known_for_two_seconds),
	    WITH_CLIENTS(not_more_than_some_wait),
	    WITH_CLIENTS(the_longest_id_fits),
	    cmocka_unit_test(twenty_subscriptions_are_all),
	    cmocka_unit_test(a_user_has_a_burst_and_then_a_rate),
	    cmocka_unit_test(an_address_has_one_for_all_its_users),
	    cmocka_unit_test(new_rooms_are_few_for_whoever_is_behind_an_address),
	    cmocka_unit_test(one_is_told_as_often_as_one_may_publish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
