# src/ and cgi-bin/: one internal library, a room a folder, and the programs on it.

noinst_LIBRARIES = src/libchat.a
src_libchat_a_SOURCES = \
  src/base/base64url.c src/base/base64url.h src/base/clock.h src/base/disk.c src/base/disk.h src/base/fnv.h src/base/json_check.c src/base/json_check.h src/base/log.c \
  src/base/log.h src/base/retry.c src/base/retry.h src/base/settings.c src/base/settings.h \
  src/base/str.h src/base/suggest.c src/base/suggest.h src/base/text.c src/base/text.h src/base/time.c src/base/time.h \
  src/base/utf8.c src/base/utf8.h \
  src/chat/fold.c src/chat/fold.h src/chat/limits.h src/chat/message.c src/chat/message.h \
  src/chat/search_query.c src/chat/search_query.h src/chat/snippet.c src/chat/snippet.h \
  src/chat/words.c src/chat/words.h \
  src/store/sqlite.c src/store/sqlite.h src/store/sqlite_admin.c src/store/sqlite_backup.c \
  src/store/signs.c src/store/signs.h \
  src/store/sqlite_durability.c src/store/sqlite_figures.c src/store/sqlite_index.c \
  src/store/sqlite_migrate.c src/store/sqlite_open.c src/store/sqlite_pages.c \
  src/store/sqlite_pages.h src/store/sqlite_prune.c src/store/sqlite_read.c \
  src/store/sqlite_refused.c src/store/sqlite_salvage.c src/store/sqlite_search.c \
  src/store/sqlite_spans.c src/store/sqlite_whole.c src/store/sqlite_write.c src/store/store.h \
  src/store/store_admin.h \
  src/output/csv.c src/output/csv.h src/output/http.c src/output/http.h src/output/json.c src/output/json.h \
  src/auth/address.c src/auth/address.h src/auth/bans.c src/auth/bans.h src/auth/bucket.c src/auth/bucket.h \
  src/auth/file.c src/auth/file.h src/auth/key.c src/auth/key.h src/auth/token.c src/auth/token.h \
  src/broker/anonymous.c src/broker/anonymous.h src/broker/identity.c src/broker/identity.h src/broker/mqtt.c src/broker/mqtt.h \
  $(guard_sources) \
  src/logger/admission.c src/logger/admission.h src/logger/batch.c src/logger/batch.h src/logger/indexer.c src/logger/indexer.h \
  src/logger/ingest.c src/logger/ingest.h src/logger/journal.c src/logger/journal.h \
  src/logger/notify.c src/logger/notify.h \
  src/logger/reckoning.c src/logger/reckoning.h src/logger/redelivery.c src/logger/redelivery.h \
  src/logger/topics.c src/logger/topics.h src/logger/upkeep.c src/logger/upkeep.h \
  src/logger/writer.c src/logger/writer.h \
  src/api/api.c src/api/api.h src/api/cache.c src/api/cache.h src/api/history.c src/api/history.h \
  src/api/metrics.c src/api/metrics.h src/api/params.c \
  src/api/params.h src/api/places.c src/api/places.h src/api/route_export.c src/api/route_health.c src/api/route_messages.c \
  src/api/route_metrics.c src/api/route_openapi.c src/api/route_rooms.c src/api/route_search.c \
  src/api/routes.c src/api/routes.h \
  src/mint/banlist.c src/mint/banlist.h src/mint/mint.c src/mint/mint.h src/mint/person.c \
  src/mint/person.h src/mint/request.c src/mint/request.h \
  src/admin/admin.h src/admin/ban_file.c src/admin/ban_file.h src/admin/ban_list.c src/admin/ban_list.h \
  src/admin/ban_news.c src/admin/ban_news.h src/admin/broker.c src/admin/broker.h src/admin/check.c src/admin/check.h \
  src/admin/check_broker.c src/admin/check_files.c src/admin/check_identity.c src/admin/check_nginx.c src/admin/check_site.c \
  src/admin/command_backup.c src/admin/command_ban.c src/admin/command_bans.c src/admin/command_check.c \
  src/admin/command_completion.c src/admin/command_export.c src/admin/command_help.c src/admin/command_import.c \
  src/admin/command_mute.c src/admin/command_prune.c src/admin/command_reindex.c src/admin/command_restore.c \
  src/admin/command_revoke.c src/admin/command_room.c src/admin/command_salvage.c src/admin/command_search.c \
  src/admin/command_send.c src/admin/command_status.c src/admin/command_tail.c src/admin/command_token.c \
  src/admin/command_unban.c src/admin/files.c \
  src/admin/files.h src/admin/import_csv.c src/admin/import_mariadb.c src/admin/import_ndjson.c \
  src/admin/import.c src/admin/import.h src/admin/import_id.c src/admin/import_record.c \
  src/admin/io.c src/admin/pace.c src/admin/pace.h
nodist_src_libchat_a_SOURCES = $(embedded)

sbin_PROGRAMS = src/mqtt-chat-logger
src_mqtt_chat_logger_SOURCES = src/logger/main.c
src_mqtt_chat_logger_LDADD = src/libchat.a $(SQLITE_LIBS) $(JSONC_LIBS) $(UTF8PROC_LIBS) $(MOSQUITTO_LIBS)

bin_PROGRAMS = src/mqtt-chat
src_mqtt_chat_SOURCES = src/admin/main.c
src_mqtt_chat_LDADD = src/libchat.a $(SQLITE_LIBS) $(JSONC_LIBS) $(CRYPTO_LIBS) $(UTF8PROC_LIBS) $(MOSQUITTO_LIBS)

fcgidir = $(libexecdir)/mqtt-chat
fcgi_PROGRAMS = cgi-bin/chat.fcgi cgi-bin/token.fcgi
responder = cgi-bin/responder.c cgi-bin/responder.h cgi-bin/serve.c cgi-bin/serve.h
cgi_bin_chat_fcgi_SOURCES = cgi-bin/chat.c $(responder)
cgi_bin_chat_fcgi_LDADD = src/libchat.a $(SQLITE_LIBS) $(JSONC_LIBS) $(UTF8PROC_LIBS) $(FCGI_LIBS)
cgi_bin_token_fcgi_SOURCES = cgi-bin/token.c $(responder)
cgi_bin_token_fcgi_LDADD = src/libchat.a $(JSONC_LIBS) $(CRYPTO_LIBS) $(UTF8PROC_LIBS) $(FCGI_LIBS)

# The broker's plugin: what it takes of libchat is compiled once more, as a shared object wants it, and nothing
# but what mosquitto calls can be seen from outside.
guard_sources = \
  src/guard/clients.c src/guard/clients.h src/guard/rates.c src/guard/rates.h src/guard/rules.c \
  src/guard/rules.h src/guard/view.c src/guard/view.h
if HAVE_GUARD
fcgi_PROGRAMS += src/guard/guard.so
endif
src_guard_guard_so_SOURCES = $(guard_sources) \
  src/guard/access.c src/guard/connect.c src/guard/control.c src/guard/guard.h src/guard/plugin.c \
  src/auth/address.c src/auth/bans.c src/auth/bucket.c src/auth/file.c src/auth/key.c src/auth/token.c \
  src/base/base64url.c src/base/json_check.c src/base/text.c src/base/time.c src/base/utf8.c \
  src/chat/message.c src/chat/words.c src/output/json.c
src_guard_guard_so_CFLAGS = $(AM_CFLAGS) -fPIC -fvisibility=hidden
src_guard_guard_so_LDFLAGS = $(AM_LDFLAGS) -shared
src_guard_guard_so_LDADD = $(JSONC_LIBS) $(CRYPTO_LIBS)

# Files as C strings, a line of theirs a line there: src/store/schema_sql.h defines schema_sql.
embedded = src/api/openapi_json.h src/store/schema_sql.h
src/api/openapi_json.h: src/api/openapi.json
src/store/schema_sql.h: schema.sql
$(embedded):
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN){ echo "static const char `basename $@ .h`[] ="; \
	  $(SED) -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/  "&\\n"/' $<; \
	  echo '  ;'; } > $@.tmp && mv $@.tmp $@
BUILT_SOURCES = $(embedded)
CLEANFILES += $(embedded)
EXTRA_DIST += schema.sql src/api/openapi.json

# Completion for the shells: asks the program for its words when it is loaded.
bashdir = $(datadir)/bash-completion/completions
dist_bash_DATA = src/admin/completion/mqtt-chat
zshdir = $(datadir)/zsh/site-functions
dist_zsh_DATA = src/admin/completion/_mqtt-chat
fishdir = $(datadir)/fish/vendor_completions.d
dist_fish_DATA = src/admin/completion/mqtt-chat.fish
