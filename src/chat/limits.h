/*
 * limits.h: the numbers and names of the contract, and what the parts expect of each other.
 */
#ifndef CHAT_LIMITS_H
#define CHAT_LIMITS_H

#define LIMITS_DEFAULT_ROOM "messages"
#define LIMITS_DEVICE_NICKNAME "mqtt"  /* of plain text, whose sender gave none */
#define LIMITS_IMPORT_PREFIX "import:" /* of the msgId that an imported message gets */

/* The largest id: 2^53 - 1, which is as far as JavaScript counts exactly. */
#define LIMITS_ID_MAX 9007199254740991

enum {
	LIMITS_ALIVE_MS = 30000,   /* between the logger's signs of life, where it stores nothing */
	LIMITS_SILENT_MS = 120000, /* four of them did not come: it hangs */
	LIMITS_UNINDEXED_WARN = 50000, /* messages that the search does not have in its index */
	LIMITS_WAL_WARN_MIB = 128,     /* a reader holds back the -wal file */
	LIMITS_REJECTED_ROWS = 1000,   /* that the table has room for */
	LIMITS_REJECTED_HEAD = 256,    /* bytes of a rejected payload that are kept */
};

#define LIMITS_WAL_WARN_BYTES ((int64_t)LIMITS_WAL_WARN_MIB * 1024 * 1024)

#endif
