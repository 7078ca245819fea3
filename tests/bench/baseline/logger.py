"""The logger of the stack that mqtt-chat replaces: what comes from the broker goes into MariaDB, one by one."""

import json
import os
import sys

import paho.mqtt.client
import pymysql

INSERT = """INSERT INTO messages (room, nickname, text, client_id, msg_id)
VALUES (%s, %s, %s, %s, %s)"""

db = pymysql.connect(
    unix_socket=os.environ["BASELINE_SOCKET"], user="root", database="chat", charset="utf8mb4"
)


def on_connect(client, userdata, flags, rc):
    client.subscribe("chat/+", qos=1)
    print("ready", flush=True)


def on_message(client, userdata, message):
    try:
        said = json.loads(message.payload)
        row = (said["nickname"], said["text"], said.get("clientId"), said.get("msgId"))
    except (ValueError, TypeError, KeyError):
        return
    with db.cursor() as cursor:
        cursor.execute(INSERT, (message.topic.split("/")[1], *row))
    db.commit()


client = paho.mqtt.client.Client(client_id="baseline-logger", clean_session=False)
client.on_connect = on_connect
client.on_message = on_message
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_forever()
