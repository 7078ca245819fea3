/*
 * row.h: messages as they are exported, one after the other.
 */
#ifndef CHAT_ROW_H
#define CHAT_ROW_H

#include "base/text.h"
#include "store/store.h"

/* A message as in /messages, and a line feed. */
void row_put_json(struct text *out, const struct store_row *row);

#define ROW_CSV_HEAD "id,room,nickname,text,clientId,msgId,ts\r\n"

/* A record of RFC 4180. */
void row_put_csv(struct text *out, const struct store_row *row);

#endif
