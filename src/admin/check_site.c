/*
 * check_site.c: site.json, in which the operator says what the page is called, how it greets, and
 * in which room and language it begins. A page that cannot read it has words of its own.
 */
#include <errno.h>
#include <json-c/json.h>
#include <sys/stat.h>

#include "admin/check.h"
#include "base/json_check.h"
#include "base/utf8.h"

#define SITE_BYTES 65536

static const char *const members[] = {"title", "welcome", "room", "language", NULL};
static const char *const languages[] = {"en", "fi", "de", "ar", NULL};

static bool one_of(const char *const *list, const char *what)
{
	while (*list && strcmp(*list, what) != 0)
		list++;
	return *list != NULL;
}

static void check_member(
    struct check *check, const char *path, const char *name, struct json_object *value)
{
	const char *text = json_object_get_string(value);
	if (!one_of(members, name))
		check_tell(check, CHECK_WARNING, "site",
		    "take it out, or write title, welcome, room or language",
		    "%s: the page knows no \"%.60s\"", path, name);
	else if (!json_object_is_type(value, json_type_string))
		check_tell(check, CHECK_FAULT, "site", "put it between double quotes",
		    "%s: \"%s\" is no text", path, name);
	else if (strcmp(name, "room") == 0 && !message_room_valid(str_of(text)))
		check_tell(check, CHECK_FAULT, "site",
		    "a room's name has 1 to 64 of a-z, 0-9, _ and -, and begins with a letter or a "
		    "digit",
		    "%s: \"%.80s\" is no room", path, text);
	else if (strcmp(name, "language") == 0 && !one_of(languages, text))
		check_tell(check, CHECK_FAULT, "site",
		    "write en, fi, de or ar, or take it out for the browser's own",
		    "%s: the page does not speak \"%.60s\"", path, text);
}

static void check_members(struct check *check, const char *path, struct str text)
{
	struct json_object *site = NULL;
	if (utf8_count(text) >= 0 && json_check(text) == JSON_GOOD)
		site = json_tokener_parse(text.at);
	if (json_object_is_type(site, json_type_object)) {
		json_object_object_foreach(site, name, value)
		{
			check_member(check, path, name, value);
		}
	} else {
		check_tell(check, CHECK_FAULT, "site",
		    "write {\"title\": \"Chat\"}: double quotes, no comma behind the last member; "
		    "until then the page has words of its own",
		    "%s is no JSON object", path);
	}
	json_object_put(site);
}

void check_site(struct check *check)
{
	const char *path = check_path(check, "site-file", SITE_FILE);
	char text[SITE_BYTES];
	int before = check->faults + check->warnings;
	FILE *file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return;
	if (!file) {
		check_tell(check, CHECK_SKIPPED, "site", "run this as root", "%s: %s", path,
		    strerror(errno));
		return;
	}
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	check_mode(check, path, S_IWOTH);
	check_members(check, path, (struct str){text, length});
	if (check->faults + check->warnings == before)
		check_tell(check, CHECK_OK, "site", NULL, "%s can be read", path);
}
