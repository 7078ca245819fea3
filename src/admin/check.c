#include "admin/check.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>

#include "output/json.h"

#define DEPTH 8 /* of includes */

static void print_json(
    enum check_state state, const char *area, const char *what, const char *remedy)
{
	static const char *const names[] = {"ok", "warning", "fault", "skipped"};
	struct text line = {0};
	json_begin(&line, '{');
	json_member(&line, "state", str_of(names[state]));
	json_member(&line, "area", str_of(area));
	json_member(&line, "what", str_of(what));
	json_member(&line, "remedy", str_of(remedy));
	json_end(&line, '}');
	printf("%.*s\n", (int)line.len, line.at);
	text_free(&line);
}

static void print_line(
    enum check_state state, const char *area, const char *what, const char *remedy)
{
	static const struct {
		const char *word;
		enum admin_colour colour;
	} looks[] = {{"ok", ADMIN_GOOD}, {"WARNING", ADMIN_WARN}, {"FAULT", ADMIN_BAD},
	    {"skipped", ADMIN_DIM}};
	printf("%s%-8s%s %-8s ", admin_colour(stdout, looks[state].colour), looks[state].word,
	    admin_colour(stdout, ADMIN_PLAIN), area);
	admin_put(stdout, str_of(what));
	if (remedy) {
		fputs("\n                  -> ", stdout);
		admin_put(stdout, str_of(remedy));
	}
	putchar('\n');
}

void check_tell(struct check *check, enum check_state state, const char *area, const char *remedy,
    const char *format, ...)
{
	char what[700];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	check->faults += state == CHECK_FAULT;
	check->warnings += state == CHECK_WARNING;
	(check->json ? print_json : print_line)(state, area, what, remedy);
}

const char *check_path(const struct check *check, const char *option, const char *standard)
{
	const char *path = admin_option(check->admin, option);
	return path ? path : standard;
}

bool check_next_line(char **rest, char **line)
{
	char *at = *rest;
	if (!at || !*at)
		return false;
	char *end = strchr(at, '\n');
	*rest = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	while (isspace((unsigned char)*at))
		at++;
	for (char *last = at + strlen(at); last > at && isspace((unsigned char)last[-1]);)
		*--last = '\0';
	*line = at;
	return true;
}

const char *check_value(const char *line, const char *name)
{
	size_t length = strlen(name);
	if (strncmp(line, name, length) != 0 || !isspace((unsigned char)line[length]))
		return NULL;
	return line + length + strspn(line + length, " \t");
}

/* ---- configuration files of others ---- */

/* What they include may include more, down to DEPTH. NOLINTBEGIN(misc-no-recursion) */

static int read_config(const char *path, const char *directive, struct text *out, int depth);

/*
 * `pattern` is a folder (include_dir) or a pattern (include), relative to the first file's folder.
 */
static void read_included(
    const char *pattern, const char *base, const char *directive, struct text *out, int depth)
{
	char full[2 * PATH_MAX], folder[PATH_MAX];
	glob_t found;
	snprintf(folder, sizeof(folder), "%s", base);
	bool dir = strcmp(directive, "include_dir") == 0;
	snprintf(full, sizeof(full), "%s%s%s%s", pattern[0] == '/' ? "" : dirname(folder),
	    pattern[0] == '/' ? "" : "/", pattern, dir ? "/*.conf" : "");
	if (glob(full, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		read_config(found.gl_pathv[i], directive, out, depth + 1);
	globfree(&found);
}

static void take_line(
    char *line, const char *base, const char *directive, struct text *out, int depth)
{
	char *rest = line, *trimmed;
	if (!check_next_line(&rest, &trimmed) || *trimmed == '#')
		return;
	const char *included = check_value(trimmed, directive);
	if (!included || depth >= DEPTH) {
		text_put(out, str_of(trimmed));
		text_put(out, str_of("\n"));
		return;
	}
	trimmed[strcspn(trimmed, ";")] = '\0';
	read_included(included, base, directive, out, depth);
}

static int read_config(const char *path, const char *directive, struct text *out, int depth)
{
	static char base[PATH_MAX]; /* of the first file */
	char *line = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "re");
	if (!file)
		return -1;
	if (depth == 0)
		snprintf(base, sizeof(base), "%s", path);
	while (getline(&line, &size, file) >= 0)
		take_line(line, base, directive, out, depth);
	int reason = errno, rc = ferror(file) || out->broken ? -1 : 0;
	free(line);
	fclose(file);
	errno = reason;
	return rc;
}

/* NOLINTEND(misc-no-recursion) */

int check_read_config(const char *path, const char *directive, struct text *out)
{
	int rc = read_config(path, directive, out, 0), reason = out->broken ? ENOMEM : errno;
	text_put(out, (struct str){"", 1});
	errno = reason;
	return rc;
}
