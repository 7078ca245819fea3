/*
 * check_nginx.c: whether nginx has the two parts that it needs, whole; and the API's socket.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/check.h"

#define TRY_NGINX "PATH=$PATH:/usr/sbin; command -v nginx > /dev/null && nginx -t -q 2>&1"

struct part {
	const char *text; /* what has to be in the configuration */
	const char *what, *remedy;
};

static const struct part parts[] = {
    {"upstream mqtt_chat_api", "the part of the http block is not included",
	"run /usr/libexec/mqtt-chat/arrange, and have /etc/nginx/conf.d/*.conf in the "
	"http block"},
    {"fastcgi_pass mqtt_chat_api", "no server block includes the chat",
	"put `include snippets/mqtt-chat.conf;` into the server block of your site"},
    {"$mqtt_chat_same_origin = 0", "Origin is not checked: any web page can use a visitor's chat",
	"put it back as it comes with mqtt-chat: /usr/libexec/mqtt-chat/arrange"},
    {"script-src 'self'", "the page is served without its Content-Security-Policy",
	"put it back as it comes with mqtt-chat: /usr/libexec/mqtt-chat/arrange"},
};

/* `location /chat {` with `alias …/chat/` serves what lies beside the folder, too. */
static bool has_open_location(const char *text)
{
	for (const char *at = text; (at = strstr(at, "location ")); at++) {
		size_t length = strcspn(at, "{\n;");
		const char *end = at + length;
		while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		bool exact = memchr(at, '=', length) != NULL;
		if (!exact && end - at >= 5 && memcmp(end - 5, "/chat", 5) == 0)
			return true;
	}
	return false;
}

static void check_config(struct check *check, const char *path)
{
	struct text text = {0};
	int before = check->faults;
	if (check_read_config(path, "include", &text) != 0) {
		check_tell(check, CHECK_SKIPPED, "nginx",
		    "say where it is: --nginx-config=FILE; or run this as root", "%s: %s", path,
		    strerror(errno));
		text_free(&text);
		return;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strstr(text.at, parts[i].text))
			check_tell(
			    check, CHECK_FAULT, "nginx", parts[i].remedy, "%s", parts[i].what);
	if (has_open_location(text.at))
		check_tell(check, CHECK_FAULT, "nginx",
		    "write `location ^~ /chat/`, with slashes on both sides",
		    "a location ends in /chat without a slash: /chat../ serves other files");
	if (check->faults == before)
		check_tell(check, CHECK_OK, "nginx", NULL, "%s has both parts, whole", path);
	text_free(&text);
}

/* Whether the system's nginx would start again; only root may read all that it reads. */
static void try_config(struct check *check)
{
	char line[400] = "";
	/* No word of the command comes from outside. NOLINTNEXTLINE(cert-env33-c) */
	FILE *nginx = popen(TRY_NGINX, "re");
	if (!nginx)
		return;
	char *problem = fgets(line, sizeof(line), nginx);
	while (fgetc(nginx) != EOF)
		;
	line[strcspn(line, "\n")] = '\0';
	if (pclose(nginx) != 0 && problem)
		check_tell(check, CHECK_FAULT, "nginx",
		    "mend that before nginx is started again: it would take all sites with it",
		    "%s", line);
}

static void check_socket(struct check *check, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat about;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		check_tell(check, CHECK_FAULT, "api",
		    "start it: systemctl start mqtt-chat-api; as an ordinary user you may not try",
		    "%s: %s", path, strerror(errno));
	else if (stat(path, &about) == 0 && (about.st_mode & S_IRWXO))
		check_tell(check, CHECK_FAULT, "api",
		    "start it as mqtt-chat-api.service does: spawn-fcgi -M 0660",
		    "%s may be used by every user of this machine (mode %04o)", path,
		    (unsigned)(about.st_mode & 07777));
	else
		check_tell(check, CHECK_OK, "api", NULL, "it takes requests");
	if (fd >= 0)
		close(fd);
}

void check_nginx(struct check *check)
{
	const char *path = check_path(check, "nginx-config", NGINX_FILE);
	check_config(check, path);
	if (strcmp(path, NGINX_FILE) == 0 && geteuid() == 0)
		try_config(check);
	check_socket(check, check->admin->settings.api_socket);
}
