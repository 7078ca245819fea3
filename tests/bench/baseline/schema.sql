-- The history of the stack that mqtt-chat replaces.
CREATE TABLE messages (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  ts DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  room VARCHAR(64) NOT NULL,
  nickname VARCHAR(64) NOT NULL,
  text TEXT NOT NULL,
  client_id VARCHAR(64),
  msg_id VARCHAR(64),
  KEY room_id (room, id)
) DEFAULT CHARSET = utf8mb4;
