#include "guard/clients.h"

#include <stdlib.h>

#include "base/fnv.h"

#define CHAINS 4096

struct clients {
	struct client *chains[CHAINS];
};

struct clients *clients_new(void)
{
	return calloc(1, sizeof(struct clients));
}

void clients_free(struct clients *clients)
{
	for (size_t i = 0; clients && i < CHAINS; i++)
		while (clients->chains[i]) {
			struct client *client = clients->chains[i];
			clients->chains[i] = client->next;
			free(client);
		}
	free(clients);
}

static size_t chain_of(struct str id)
{
	return (size_t)(fnv_add(FNV_BEGIN, id) % CHAINS);
}

struct client *clients_find(const struct clients *clients, const void *handle, struct str id)
{
	struct client *client = clients->chains[chain_of(id)];
	while (client && (client->handle != handle || !str_eq(id, str_of(client->id))))
		client = client->next;
	return client;
}

struct client *clients_named(const struct clients *clients, struct str id)
{
	struct client *client = clients->chains[chain_of(id)];
	while (client && !str_eq(id, str_of(client->id)))
		client = client->next;
	return client;
}

/* Takes the client out of its chain. */
static void unlink_client(struct clients *clients, struct client *client)
{
	struct client **place = &clients->chains[chain_of(str_of(client->id))];
	while (*place != client)
		place = &(*place)->next;
	*place = client->next;
}

struct client *clients_add(struct clients *clients, const void *handle, struct str id)
{
	struct client *client = clients_find(clients, handle, id);
	if (client)
		unlink_client(clients, client);
	else if (!(client = malloc(sizeof(*client))))
		return NULL;
	struct client **chain = &clients->chains[chain_of(id)];
	*client = (struct client){.handle = handle, .next = *chain};
	memcpy(client->id, id.at, id.len);
	*chain = client;
	return client;
}

void clients_each(struct clients *clients, void (*look)(struct client *, void *), void *context)
{
	for (size_t i = 0; i < CHAINS; i++)
		for (struct client *one = clients->chains[i]; one; one = one->next)
			look(one, context);
}

void clients_forget(struct clients *clients, int64_t now_ms)
{
	size_t waiting = 0;
	for (size_t i = 0; i < CHAINS; i++)
		for (struct client **place = &clients->chains[i]; *place;) {
			struct client *one = *place;
			bool over =
			    one->state == CLIENT_GONE && now_ms - one->since >= CLIENTS_GONE_MS;
			if (one->state == CLIENT_WAITING && ++waiting > CLIENTS_WAITING_MAX)
				over = true;
			if (!over) {
				place = &one->next;
				continue;
			}
			*place = one->next;
			free(one);
		}
}

static unsigned find_filter(const struct client *client, uint64_t digest)
{
	unsigned i = 0;
	while (i < client->filter_count && client->filters[i] != digest)
		i++;
	return i;
}

bool client_subscribe(struct client *client, struct str filter)
{
	uint64_t digest = fnv_add(FNV_BEGIN, filter);
	if (find_filter(client, digest) < client->filter_count)
		return true;
	if (client->filter_count == CLIENT_FILTERS_MAX)
		return false;
	client->filters[client->filter_count++] = digest;
	return true;
}

void client_unsubscribe(struct client *client, struct str filter)
{
	unsigned i = find_filter(client, fnv_add(FNV_BEGIN, filter));
	if (i < client->filter_count)
		client->filters[i] = client->filters[--client->filter_count];
}
