#include "store/signs.h"

#include "chat/limits.h"

#define NOTE_MAX 65536	   /* of the logger: 2000 marks and the reckoning */
#define DOUBT_MS 3600000LL /* half a day is the least that is doubted; reading takes no hour */
#define TAG_SIZE 8

static const char tag[TAG_SIZE] = {'r', 'e', 'c', 'k', 'o', 'n', 'e', 'd'};

enum signs_life signs_life(const struct store_signs *signs, int64_t now)
{
	if (signs->alive_at == 0)
		return SIGNS_NEVER;
	if (now - signs->alive_at > LIMITS_SILENT_MS)
		return SIGNS_SILENT;
	return signs->alive_at - now > LIMITS_ALIVE_MS ? SIGNS_AHEAD : SIGNS_ALIVE;
}

int64_t signs_age(const struct store_signs *signs, int64_t now)
{
	if (signs->alive_at == 0)
		return -1;
	return now > signs->alive_at ? (now - signs->alive_at) / 1000 : 0;
}

bool signs_within(int64_t ts, int64_t now, int64_t span)
{
	return ts > now - span && ts < now + span;
}

void signs_put_reckoned(char out[SIGNS_RECKONED_SIZE], int64_t at)
{
	memcpy(out, tag, TAG_SIZE);
	for (int i = 0; i < 8; i++)
		out[TAG_SIZE + i] = (char)((uint64_t)at >> (8 * i));
}

int64_t signs_get_reckoned(struct str note)
{
	uint64_t at = 0;
	if (note.len < SIGNS_RECKONED_SIZE)
		return 0;
	const char *tail = note.at + note.len - SIGNS_RECKONED_SIZE;
	if (memcmp(tail, tag, TAG_SIZE) != 0)
		return 0;
	for (int i = 0; i < 8; i++)
		at |= (uint64_t)(unsigned char)tail[TAG_SIZE + i] << (8 * i);
	return (int64_t)at;
}

enum store_status signs_read_doubt(struct store *store, int64_t *ahead)
{
	char note[NOTE_MAX];
	ssize_t length;
	struct store_signs signs;
	*ahead = 0;
	enum store_status status = store_read_note(store, note, sizeof(note), &length);
	if (!status)
		status = store_read_signs(store, &signs);
	if (status || length <= 0)
		return status;
	int64_t at = signs_get_reckoned((struct str){note, (size_t)length});
	if (at && signs.alive_at - at > DOUBT_MS)
		*ahead = signs.alive_at - at;
	return STORE_OK;
}
