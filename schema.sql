-- The database of mqtt-chat. The logger makes it and is the only one that writes to it;
-- everybody else may read along:
--
--     sqlite3 -readonly chat.db 'SELECT * FROM chat ORDER BY id DESC LIMIT 10'
--
-- user_version numbers this schema: raise it with every change, and teach src/store/sqlite_migrate.c the step.

PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;

BEGIN IMMEDIATE;

PRAGMA application_id = 1297171272; -- "MQCH"
PRAGMA user_version = 2;

-- Every message that was stored, in the order in which it was stored. `ts` is the logger's clock in
-- milliseconds since 1970 in UTC; order is by `id`, which is never used twice.
-- For people there is the view `chat`.
CREATE TABLE messages (
  id        INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 9007199254740991),
  ts        INTEGER NOT NULL,
  room      TEXT NOT NULL CHECK (length(room) BETWEEN 1 AND 64
                                 AND room GLOB '[a-z0-9]*' AND room NOT GLOB '*[^a-z0-9_-]*'),
  nickname  TEXT NOT NULL CHECK (length(nickname) BETWEEN 1 AND 64),
  text      TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 4000),
  client_id TEXT CHECK (length(client_id) BETWEEN 1 AND 64),
  msg_id    TEXT CHECK (length(msg_id) BETWEEN 1 AND 64)
) STRICT;

-- A page of a room: by room, then by id.
CREATE INDEX messages_room ON messages (room, id);

-- A sender's own id is stored once, however often the message arrives. msg_id comes first because
-- senders make it grow with time, which keeps new entries at the end of the index.
CREATE UNIQUE INDEX messages_msg_id ON messages (msg_id, ifnull(client_id, ''))
  WHERE msg_id IS NOT NULL;

-- The rooms that have messages, so that nobody has to count. The logger adds each batch to it, and
-- what somebody else inserted since; a trigger for that would cost more than half of what an insert does.
CREATE TABLE rooms (
  room     TEXT PRIMARY KEY,
  messages INTEGER NOT NULL, -- those up to last_id
  last_id  INTEGER NOT NULL,
  last_ts  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER message_deleted AFTER DELETE ON messages BEGIN
  UPDATE rooms SET messages = messages - 1 WHERE room = old.room AND last_id >= old.id;
  DELETE FROM rooms WHERE room = old.room AND messages = 0;
  UPDATE rooms SET (last_id, last_ts) =
      (SELECT id, ts FROM messages WHERE room = old.room AND id < old.id ORDER BY id DESC LIMIT 1)
    WHERE room = old.room AND last_id = old.id;
END;

-- Between which times the messages of 4096 ids lie, so that a time leads to them whatever order they came
-- in: imports bring old times behind new ids, and clocks step. In a run times grow with ids, as they mostly
-- do, and a time is found in it by bisection. The logger keeps the table as it does `rooms`.
CREATE TABLE spans (
  block     INTEGER PRIMARY KEY, -- id >> 12
  first_ts  INTEGER NOT NULL,    -- none of its messages is older
  last_ts   INTEGER NOT NULL,    -- ... or newer
  run_first INTEGER NOT NULL,    -- from this id, which may be of an earlier block,
  run_last  INTEGER NOT NULL     -- to this one, its last, no message is older than the one before it
) STRICT;

CREATE TRIGGER message_redated AFTER UPDATE OF ts ON messages BEGIN
  UPDATE spans SET first_ts = min(first_ts, new.ts), last_ts = max(last_ts, new.ts)
    WHERE block = new.id >> 12;
  UPDATE spans SET run_first = run_last + 1 WHERE block >= new.id >> 12 AND run_first <= new.id;
END;

-- The topic lines of rooms, as `mqtt-chat room topic` sets them; the logger publishes them. `number` grows
-- with each change, so that what has changed is behind what was published. One that was taken away is empty.
CREATE TABLE topics (
  number INTEGER PRIMARY KEY,
  room   TEXT NOT NULL UNIQUE CHECK (length(room) BETWEEN 1 AND 64
                                     AND room GLOB '[a-z0-9]*' AND room NOT GLOB '*[^a-z0-9_-]*'),
  topic  TEXT NOT NULL CHECK (length(topic) <= 200)
) STRICT;

-- What arrived and could not be stored: why, when, and how it began. The logger keeps 1000, and takes
-- away the oldest of whoever has the most, so that nobody washes away another's.
CREATE TABLE rejected (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  ts        INTEGER NOT NULL,
  topic     TEXT NOT NULL,
  client_id TEXT,             -- its sender's, where it is known
  reason    TEXT NOT NULL,
  size      INTEGER NOT NULL, -- of the whole payload, in bytes
  head      BLOB NOT NULL     -- its first 256 bytes
) STRICT;

-- The logger about itself: its last sign of life, when the broker last forgot its session, and what time
-- it was at that sign by the logger's own account (src/logger/reckoning.h), all as ts above; and what it
-- stored and the broker may deliver once more (src/logger/redelivery.h).
CREATE TABLE logger_note (
  one             INTEGER PRIMARY KEY CHECK (one = 1),
  alive_at        INTEGER NOT NULL,
  session_lost_at INTEGER,
  note            BLOB NOT NULL,
  reckoned_at     INTEGER
) STRICT;

-- What the logger has done since the database was made, counted in the transactions of the batches
-- themselves. How long a commit took is known after it, so it comes with the next one.
CREATE TABLE logger_figures (
  one            INTEGER PRIMARY KEY CHECK (one = 1),
  stored         INTEGER NOT NULL DEFAULT 0,
  repeated       INTEGER NOT NULL DEFAULT 0, -- arrived again, and were stored already
  rejected       INTEGER NOT NULL DEFAULT 0,
  batches        INTEGER NOT NULL DEFAULT 0, -- those that were not empty
  batch_age_ms   INTEGER NOT NULL DEFAULT 0, -- the last one's oldest message, as it began to be stored
  commits        INTEGER NOT NULL DEFAULT 0,
  commit_seconds REAL    NOT NULL DEFAULT 0, -- all of them together
  within_500us   INTEGER NOT NULL DEFAULT 0, -- how many commits took no longer than that
  within_1ms     INTEGER NOT NULL DEFAULT 0,
  within_2500us  INTEGER NOT NULL DEFAULT 0,
  within_5ms     INTEGER NOT NULL DEFAULT 0,
  within_10ms    INTEGER NOT NULL DEFAULT 0,
  within_25ms    INTEGER NOT NULL DEFAULT 0,
  within_50ms    INTEGER NOT NULL DEFAULT 0,
  within_100ms   INTEGER NOT NULL DEFAULT 0,
  within_250ms   INTEGER NOT NULL DEFAULT 0,
  within_1s      INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO logger_figures (one) VALUES (1);

-- What the search finds messages by, under their ids; the logger fills it behind `messages`. It holds
-- words and places alone, not the text. Case, accents and normal forms do not count, since the words are
-- folded before (src/chat/fold.h): look for them in lower case and without accents. In a script without
-- blanks between words, and of emoji, each character is a word: put blanks between them, and quotes around.
-- In a room's name - and _ are U+E02D and U+E05F, which makes a word of it.
--
--     SELECT chat.* FROM search JOIN chat ON chat.id = search.rowid
--     WHERE search MATCH 'text:door* nickname:ann room:lab text:"你 好"' ORDER BY rowid DESC LIMIT 10
--
-- To take a message out before it is deleted, all three have to be as they were put in: see
-- sql_index_row() in src/store/sqlite_index.c.
CREATE VIRTUAL TABLE search USING fts5 (
  text, nickname, room,
  content = '', columnsize = 0, prefix = 3,
  tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* Co So'"
);

-- src/store/sqlite_index.c merges evenly; in a flood it puts that off, and FTS5 is not to do it all at once then.
INSERT INTO search (search, rank) VALUES ('automerge', 0), ('crisismerge', 256);

-- How far it is: the messages up to this id are in `search`, folded by this version of Unicode. With another
-- version the logger makes it anew.
CREATE TABLE search_state (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  indexed_id INTEGER NOT NULL,
  unicode    TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO search_state (one, indexed_id) VALUES (1, 0);

-- The messages as a person reads them: local time of the machine, no ids of senders.
CREATE VIEW chat AS
  SELECT id, strftime('%Y-%m-%d %H:%M:%f', ts / 1000.0, 'unixepoch', 'localtime') AS time,
         room, nickname, text
  FROM messages;

COMMIT;
