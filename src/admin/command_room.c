/*
 * command_room.c: the rooms, and their topic lines. The logger publishes what is set here.
 */
#include <limits.h>

#include "admin/admin.h"
#include "base/text.h"
#include "base/utf8.h"

static const struct admin_option options[] = {
    {"clear", NULL, "take the topic away, as an empty TEXT does"},
    {0},
};

static int put_room(void *arg, const struct store_room *room)
{
	(void)arg;
	admin_put(stdout, room->room);
	printf("\t%lld\t", (long long)room->messages);
	admin_put(stdout, room->topic);
	putchar('\n');
	return 0;
}

/* `arg` is the room. */
static void put_topic(void *arg, const struct store_topic *topic)
{
	const struct str *room = arg;
	if (!str_eq(topic->room, *room) || topic->topic.len == 0)
		return;
	admin_put(stdout, topic->topic);
	putchar('\n');
}

/* The rooms, or where there is one its topic. */
static int show(const struct admin *admin, struct str *room)
{
	struct store *store = admin_open(admin, STORE_READER);
	if (!store)
		return ADMIN_FAILED;
	enum store_status status =
	    room ? store_topics(store, 0, INT_MAX, put_topic, room)
		 : store_rooms(store, str_of(""), STORE_ROOMS_MAX, put_room, NULL);
	int result = status ? admin_fail("%s", store_error(store)) : ADMIN_OK;
	store_close(store);
	return result;
}

static int set(const struct admin *admin, struct str room, struct str topic)
{
	if (topic.len > 0 && !message_topic_valid(topic))
		return admin_misused(
		    "a topic is one line of at most %d characters in UTF-8, without "
		    "controls, also of the direction of text",
		    MESSAGE_TOPIC_MAX);
	struct store *store = admin_open(admin, STORE_EDITOR);
	if (!store)
		return ADMIN_FAILED;
	int result = store_set_topic(store, room, topic) || store_sync(store)
			 ? admin_fail("%s", store_error(store))
			 : ADMIN_OK;
	store_close(store);
	return result;
}

/* TEXT may be several arguments. */
static int set_text(const struct admin *admin, struct str room)
{
	struct text text = {0};
	for (int i = 2; i < admin->arg_count; i++)
		text_printf(&text, "%s%s", i > 2 ? " " : "", admin->args[i]);
	struct str topic = text.len ? text_str(&text) : str_of("");
	int result = text.broken
			 ? admin_fail("out of memory")
			 : set(admin, room, utf8_count(topic) < 0 ? topic : utf8_trim(topic));
	text_free(&text);
	return result;
}

static int run_topic(const struct admin *admin)
{
	bool clear = admin_option(admin, "clear") != NULL;
	struct str room = str_of(admin->arg_count > 1 ? admin->args[1] : NULL);
	if (!room.at)
		return admin_misused("room topic needs ROOM; see mqtt-chat room --help");
	if (!message_room_valid(room))
		return admin_misused("ROOM: %s", message_fault_text(MESSAGE_BAD_ROOM));
	if (clear && admin->arg_count > 2)
		return admin_misused("--clear takes the topic away: give no TEXT");
	if (!clear && admin->arg_count == 2)
		return show(admin, &room);
	return set_text(admin, room);
}

static int run_room(struct admin *admin)
{
	const char *what = admin->args[0];
	if (strcmp(what, "topic") == 0)
		return run_topic(admin);
	if (strcmp(what, "list") != 0)
		return admin_misused("room does topic or list, not '%.60s'", what);
	if (admin->arg_count > 1 || admin_option(admin, "clear"))
		return admin_misused("room list takes nothing more");
	return show(admin, NULL);
}

const struct admin_command command_room = {"room", "topic|list [ROOM [TEXT...]]", 1, INT_MAX,
    "show or set the topic line of a room, or list the rooms", options, run_room};
