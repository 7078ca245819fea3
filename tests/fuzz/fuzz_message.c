/*
 * fuzz_message.c: any bytes on any topic become a message within its limits, or a named fault.
 *
 * The input is a topic, a NUL, and a payload.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "chat/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_member(struct str s, ssize_t max)
{
	if (!s.at)
		return;
	ssize_t count = utf8_count(s);
	assert(count >= 1 && count <= max);
	assert(!memchr(s.at, '\0', s.len));
	assert(utf8_trim(s).len == s.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
	size_t topic = nul ? (size_t)(nul - data) : 0;
	size_t skip = nul ? topic + 1 : 0;
	struct message m;
	enum message_fault fault = message_parse(&m, (struct str){(const char *)data, topic},
	    (struct str){(const char *)data + skip, size - skip}, size % 2);
	assert(fault < MESSAGE__MAX && message_fault_text(fault));
	assert(fault != MESSAGE_NO_MEMORY); /* or json-c does not take what json_check() does */
	assert(fault || (message_room_valid(m.room) && m.nickname.at && m.text.at));
	check_member(m.nickname, MESSAGE_NICKNAME_MAX);
	check_member(m.text, MESSAGE_TEXT_MAX);
	check_member(m.client_id, MESSAGE_ID_MAX);
	check_member(m.msg_id, MESSAGE_ID_MAX);
	message_free(&m);
	return 0;
}
