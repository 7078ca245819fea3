# syntax is plain: this builds with Docker 20.10 without BuildKit.
#
# One image for all parts of compose.yaml: Debian's broker, spawn-fcgi and nginx, and our programs.
# What runs is chosen by the command; see docker/run.

FROM debian:bookworm-slim AS build
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update && apt-get install -q -y --no-install-recommends \
    autoconf autoconf-archive automake gcc libc6-dev libfcgi-dev libjson-c-dev libmosquitto-dev \
    libsqlite3-dev libssl-dev libutf8proc-dev make mosquitto-dev pkg-config
COPY . /src
WORKDIR /src
# A release brings mqtt.js and configure, a clone makes them.
RUN test -e web/min/index.html || apt-get install -q -y --no-install-recommends ca-certificates nodejs npm
RUN test -x configure || autoreconf -fi
RUN mkdir /build && cd /build && \
    /src/configure -q --prefix=/usr --sysconfdir=/etc --localstatedir=/var && \
    make -s -j "$(nproc)" && make -s install DESTDIR=/installed

FROM debian:bookworm-slim
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update && apt-get install -q -y --no-install-recommends \
    curl libfcgi0ldbl libjson-c5 libmosquitto1 libsqlite3-0 libutf8proc2 mosquitto mosquitto-clients \
    multiwatch nginx-light spawn-fcgi sqlite3 && rm -rf /var/lib/apt/lists/*
COPY --from=build /installed /
COPY docker/run /usr/libexec/mqtt-chat/run
COPY docker/nginx.conf /etc/mqtt-chat/
# The API is another user, so that it cannot write the history, nor read the name of the logger's
# session. What the volumes are made from belongs to whoever writes there.
RUN groupadd -g 10001 mqtt-chat && useradd -u 10001 -g 10001 -M -d / mqtt-chat && \
    useradd -u 10002 -g 10001 -M -d / mqtt-chat-api && \
    sh /usr/libexec/mqtt-chat/run adapt && \
    cd /var/lib && mkdir -p mqtt-chat mqtt-chat-broker mqtt-chat-secrets mqtt-chat-socket && \
    chown 10001:10001 mqtt-chat mqtt-chat-broker mqtt-chat-secrets && \
    chown 10002:10001 mqtt-chat-socket && \
    chmod 0750 mqtt-chat mqtt-chat-broker mqtt-chat-secrets mqtt-chat-socket
USER 10001:10001
WORKDIR /
ENTRYPOINT ["/usr/libexec/mqtt-chat/run"]
