#include "admin/ban_news.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/broker.h"

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

static void no_message(
    void *arg, struct str topic, struct str payload, const struct delivery *delivery)
{
	(void)arg;
	(void)topic;
	(void)payload;
	(void)delivery;
}

static const struct mqtt_events events = {.connected = broker_connected,
    .subscribed = broker_subscribed,
    .message = no_message,
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

/* Whether one comes in without a name, so that no plugin is there to keep to the list. */
static bool lets_anybody_in(const struct settings *settings)
{
	char error[BROKER_ERROR_SIZE];
	struct telling nobody = {0};
	struct settings nameless = *settings;
	nameless.username[0] = nameless.password_file[0] = '\0';
	bool in = broker_visit(&nobody.broker, &nameless, NOWHERE, &events, error) == 0;
	broker_leave(&nobody.broker);
	return in;
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
	if (lets_anybody_in(settings))
		return admin_fail(
		    "the list has it, but the broker lets anybody in: it was started for `identity "
		    "= open`; start it again: systemctl restart mqtt-chat-broker");
	puts("the broker knows");
	return ADMIN_OK;
}
