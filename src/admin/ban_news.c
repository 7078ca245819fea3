#include "admin/ban_news.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/broker.h"
#include "broker/anonymous.h"

#define CONTROL_TOPIC "$CONTROL/mqtt-chat/v1" /* as the plugin has it */
#define NOWHERE "chat/-"		      /* what is no room: one has to subscribe */
#define PACKET_MAX 65000
#define ANSWER_MS 5000

struct telling {
	struct broker broker; /* has to come first */
	bool read;	      /* the broker has read all that was sent */
};

static void take_probe(void *arg)
{
	struct telling *telling = arg;
	telling->read = true;
}

static const struct mqtt_events events = {.connected = broker_connected,
    .subscribed = broker_subscribed,
    .message = broker_ignored,
    .probed = take_probe};

/* What is empty lets the broker read its file. */
static int publish(struct telling *telling, struct str list, char error[BROKER_ERROR_SIZE])
{
	struct mqtt *mqtt = telling->broker.mqtt;
	struct str payload = list.len <= PACKET_MAX ? list : (struct str){0};
	if (mqtt_publish(mqtt, CONTROL_TOPIC, payload) == 0 && mqtt_probe(mqtt) == 0 &&
	    broker_wait(&telling->broker, &telling->read, ANSWER_MS) == 0 && telling->read)
		return 0;
	snprintf(error, BROKER_ERROR_SIZE, "the broker was lost: %s", mqtt_error(mqtt));
	return -1;
}

/* Whether no broker runs there. Elsewhere than at a Unix socket nobody may tell it of bans. */
static bool is_down(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (path[0] != '/' || strlen(path) >= sizeof(address.sun_path))
		return false;
	memcpy(address.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool down = fd >= 0 &&
		    connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 &&
		    (errno == ENOENT || errno == ECONNREFUSED);
	if (fd >= 0)
		close(fd);
	return down;
}

bool ban_news_is_idle(const struct settings *settings)
{
	bool idle = settings->identity == IDENTITY_OPEN;
	if (idle)
		fputs("mqtt-chat: nothing enforces the list: with `identity = open` anybody may "
		      "come in under any name\n",
		    stderr);
	return idle;
}

int ban_news_tell(const struct settings *settings, struct str list)
{
	char error[BROKER_ERROR_SIZE];
	struct telling telling = {0};
	if (ban_news_is_idle(settings))
		return ADMIN_OK;
	int rc = broker_visit(&telling.broker, settings, NOWHERE, &events, error);
	if (rc == 0)
		rc = publish(&telling, list, error);
	broker_leave(&telling.broker);
	if (rc != 0 && is_down(settings->broker)) {
		puts("the broker does not run: it reads the list when it starts");
		return ADMIN_OK;
	}
	if (rc != 0)
		return admin_fail(
		    "the list has it, but the broker was not told; do: systemctl reload "
		    "mqtt-chat-broker; %s",
		    error);
	/* No plugin is there to keep to the list. */
	if (anonymous_let_in(settings->broker, (uint16_t)settings->port))
		return admin_fail(
		    "the list has it, but the broker lets anybody in: it was started for `identity "
		    "= open`; start it again: systemctl restart mqtt-chat-broker");
	puts("the broker knows");
	return ADMIN_OK;
}
