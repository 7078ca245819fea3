"""The API of the stack that mqtt-chat replaces, Flask on MariaDB: a page of its history, and nothing more."""

import os

import flask
import pymysql

app = flask.Flask(__name__)

# The index by force: MariaDB left to itself reads every row behind `before` first.
PAGE = """SELECT id, room, nickname, text, client_id AS clientId, msg_id AS msgId, ts
FROM messages FORCE INDEX (room_id) WHERE room = %s AND id < %s ORDER BY id DESC LIMIT %s"""


def connection():
    """One for each process, which is kept; the original opened one for each request."""
    if not hasattr(app, "db"):
        app.db = pymysql.connect(
            unix_socket=os.environ["BASELINE_SOCKET"],
            user="root",
            database="chat",
            charset="utf8mb4",
            autocommit=True,
            cursorclass=pymysql.cursors.DictCursor,
        )
    return app.db


@app.get("/api/messages")
def messages():
    room = flask.request.args.get("room", "messages")
    limit = min(int(flask.request.args.get("limit", 10)), 200)
    before = int(flask.request.args.get("before", 1 << 53))
    with connection().cursor() as cursor:
        cursor.execute(PAGE, (room, before, limit))
        rows = cursor.fetchall()
    for row in rows:
        row["ts"] = row["ts"].isoformat(timespec="milliseconds") + "Z"
    return flask.jsonify(rows[::-1])
