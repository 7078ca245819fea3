/* test_openapi.c: the document says of each route and parameter what the tables do, and no more. */
#include "api/routes.h"
#include "requests.h"

static struct json_object *document;

static int read_document(void **state)
{
	if (api_setup(state) != 0)
		return -1;
	ask_path("/openapi.json", "");
	document = json_tokener_parse(body());
	return document ? 0 : -1;
}

static int drop_document(void **state)
{
	json_object_put(document);
	return api_teardown(state);
}

#define DOCUMENT(test) cmocka_unit_test_setup_teardown(test, read_document, drop_document)

/* A member, or what its $ref names; NULL where there is none. */
static struct json_object *member(struct json_object *of, const char *name)
{
	struct json_object *found = NULL, *ref;
	json_object_object_get_ex(of, name, &found);
	return found && json_object_object_get_ex(found, "$ref", &ref) ? NULL : found;
}

static struct json_object *follow(struct json_object *object)
{
	struct json_object *ref;
	if (!json_object_object_get_ex(object, "$ref", &ref))
		return object;
	char path[200], *rest = path;
	snprintf(path, sizeof(path), "%s", json_object_get_string(ref) + 2);
	struct json_object *at = document;
	for (char *step; (step = strsep(&rest, "/")) != NULL;)
		at = json_object_object_get(at, step);
	return at;
}

static struct json_object *operation(const char *path)
{
	return member(member(member(document, "paths"), path), "get");
}

static int find_param(const char *name)
{
	for (int i = 0; i < PARAM__MAX; i++)
		if (strcmp(param_about((enum param)i).name, name) == 0)
			return i;
	return -1;
}

static bool is_route(const char *path)
{
	for (size_t i = 0; i < routes_count(); i++)
		if (strcmp(routes_name(i), path) == 0)
			return true;
	return false;
}

static void expect_limits(struct json_object *param, const struct param_about *about)
{
	struct json_object *schema = member(param, "schema"), *min, *max;
	bool limited = json_object_object_get_ex(schema, "minimum", &min) &&
		       json_object_object_get_ex(schema, "maximum", &max);
	expect(limited == (about->max != 0), "%s is a number in one of both only", about->name);
	if (!limited)
		return;
	expect(json_object_get_int64(min) == about->min, "minimum of %s", about->name);
	expect(json_object_get_int64(max) == about->max, "maximum of %s", about->name);
}

static bool has_code(struct json_object *of, const char *code)
{
	struct json_object *bad = follow(json_object_object_get(member(of, "responses"), "400"));
	char quoted[100];
	snprintf(quoted, sizeof(quoted), "\"%s\"", code);
	return strstr(json_object_to_json_string(bad), quoted) != NULL;
}

TEST(each_route_is_in_the_document_with_its_parameters_and_no_others)
{
	for (size_t i = 0; i < routes_count(); i++) {
		const char *path = routes_name(i);
		unsigned params = routes_params(i);
		struct json_object *get = operation(path), *list = member(get, "parameters");
		unsigned documented = 0;
		expect(get != NULL, "%s is not in the document", path);
		for (size_t n = 0; list && n < json_object_array_length(list); n++) {
			struct json_object *param = follow(json_object_array_get_idx(list, n));
			const char *name = json_object_get_string(member(param, "name"));
			int which = find_param(name);
			expect(which >= 0, "%s: there is no parameter %s", path, name);
			struct param_about about = param_about((enum param)which);
			expect_limits(param, &about);
			expect(has_code(get, about.code), "%s: %s is missing", path, about.code);
			documented |= PARAM_BIT(which);
		}
		expect(documented == params, "%s: %#x and not %#x", path, documented, params);
	}
}

TEST(each_path_of_the_document_is_a_route)
{
	json_object_object_foreach(member(document, "paths"), path, item)
	{
		expect(is_route(path), "%s is no route", path);
		assert_non_null(item);
	}
}

TEST(the_default_limit_is_the_one_that_is_used)
{
	struct json_object *limit =
	    member(member(member(member(document, "components"), "parameters"), "limit"), "schema");
	assert_int_equal(json_object_get_int(member(limit, "default")), PARAM_DEFAULT_LIMIT);
}

TEST(it_is_there_without_a_database)
{
	assert_int_equal(response.status, 200);
	assert_string_equal(json_object_get_string(member(document, "openapi")), "3.1.0");
	assert_int_equal(body()[response.body.len - 1], '}');
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    DOCUMENT(each_route_is_in_the_document_with_its_parameters_and_no_others),
	    DOCUMENT(each_path_of_the_document_is_a_route),
	    DOCUMENT(the_default_limit_is_the_one_that_is_used),
	    DOCUMENT(it_is_there_without_a_database),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
