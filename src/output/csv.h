/*
 * csv.h: messages as CSV (RFC 4180).
 */
#ifndef CHAT_CSV_H
#define CHAT_CSV_H

#include "base/text.h"
#include "store/store.h"

/* It begins with a byte-order mark, by which a spreadsheet knows UTF-8. */
#define CSV_HEAD "\xef\xbb\xbfid,room,nickname,text,clientId,msgId,ts\r\n"

/*
 * A message as a record, with the end of its line. A field that a spreadsheet would take for a
 * formula gets a mark, a ' in front of it: one that begins with = + - @ TAB CR LF or the wide
 * ＝＋－＠, be it behind some ' of its own.
 */
void csv_row(struct text *out, const struct store_row *row);

/* The field without that mark, where it has one. */
struct str csv_unmark(struct str field);

#endif
