/*
 * csv.h: messages as CSV (RFC 4180).
 */
#ifndef CHAT_CSV_H
#define CHAT_CSV_H

#include "base/text.h"
#include "store/store.h"

#define CSV_HEAD "id,room,nickname,text,clientId,msgId,ts\r\n"

/* A message as a record, with the end of its line. */
void csv_row(struct text *out, const struct store_row *row);

#endif
