/*
 * test_payloads.c: what tests/vectors/payloads.txt says of payloads. The page's test reads it as
 * well, so that what is shown live and what is stored agree.
 */
#include "chat/message.h"

#include "unit.h"

/* %XX becomes the byte, in place. */
static struct str decode(char *field)
{
	char *out = field;
	for (const char *in = field; in && *in; out++) {
		unsigned byte = (unsigned char)*in;
		in += *in == '%' && sscanf(in + 1, "%2x", &byte) == 1 ? 3 : 1;
		*out = (char)byte;
	}
	return (struct str){field, (size_t)(out - field)};
}

static const char *verdict_on(const struct message *m, enum message_fault fault, struct str payload)
{
	if (fault)
		return "fault";
	return str_is(m->nickname, "mqtt") && str_eq(m->text, payload) ? "text" : "message";
}

/* Parses a copy that is freed before the result is looked at, without a byte to spare. */
static enum message_fault parse(struct message *out, struct str payload)
{
	char *copy = malloc(payload.len);
	assert_non_null(copy);
	memcpy(copy, payload.at, payload.len);
	enum message_fault fault =
	    message_parse(out, str_of("chat/lab"), (struct str){copy, payload.len}, false);
	free(copy);
	return fault;
}

static void expect_vector(int number, char *line)
{
	struct message m;
	const char *verdict = strsep(&line, "\t");
	struct str payload = decode(strsep(&line, "\t"));
	struct str nickname = decode(strsep(&line, "\t")), text = decode(line);
	enum message_fault fault = parse(&m, payload);
	const char *found = verdict_on(&m, fault, payload);
	expect(strcmp(found, verdict) == 0, "line %d is a %s and not a %s: %s", number, found,
	    verdict, message_fault_text(fault));
	if (strcmp(verdict, "message") == 0) {
		expect(str_eq(m.nickname, nickname), "line %d: '%.*s'", number, (int)m.nickname.len,
		    m.nickname.at);
		expect(str_eq(m.text, text), "line %d: '%.*s'", number, (int)m.text.len, m.text.at);
	}
	message_free(&m);
}

TEST(each_payload_gets_its_verdict)
{
	int number = 0, count = 0;
	char *line = NULL;
	size_t size = 0;
	FILE *file = fopen(PAYLOADS, "re");
	expect(file, "%s: %s", PAYLOADS, strerror(errno));
	while (getline(&line, &size, file) > 0) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (*line == '\0' || *line == '#')
			continue;
		expect_vector(number, line);
		count++;
	}
	free(line);
	fclose(file);
	expect(count > 300, "%d payloads", count);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_payload_gets_its_verdict),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
