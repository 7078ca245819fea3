# tests/: what `make check` runs, and what is run by hand.

# Tests run side by side (`make check -j2`): what each starts has its own folder and ports. One kind, or
# one file:  make check TESTS='$(system_tests)'    make check TESTS=tests/admin/check.test.js
# browser_tests take minutes: `make check` runs whole_test alone, which goes through the whole once. They run
# in Chromium; with MQTT_CHAT_BROWSER=firefox in Firefox.
#
# Each JavaScript file is a test; tests/run-js skips it where Node.js or the npm packages are missing.
system_tests = \
  tests/system/admission.test.js tests/system/api.test.js tests/system/bridge.test.js \
  tests/system/deaths.test.js tests/system/devices.test.js tests/system/export.test.js \
  tests/system/hostile.test.js tests/system/identity.test.js tests/system/journal.test.js tests/system/kinds.test.js \
  tests/system/limits.test.js tests/system/memory.test.js tests/system/messages.test.js \
  tests/system/migration.test.js tests/system/newest.test.js tests/system/openapi.test.js \
  tests/system/presence.test.js tests/system/queue.test.js tests/system/routes.test.js \
  tests/system/search.test.js tests/system/serve.test.js tests/system/session.test.js \
  tests/system/stack.test.js tests/system/token.test.js tests/system/topics.test.js tests/system/walks.test.js \
  tests/system/web.test.js
# The broker with the plugin, where it was built.
guard_tests =
if HAVE_GUARD
guard_tests += $(guarded)
endif
guarded = \
  tests/admin/bans.test.js tests/admin/token.test.js \
  tests/system/guard.test.js tests/system/guard-bans.test.js tests/system/guard-flood.test.js \
  tests/system/guard-publish.test.js tests/system/guard-start.test.js \
  tests/system/guard-subscribe.test.js
admin_tests = \
  tests/admin/check.test.js tests/admin/clock.test.js tests/admin/commands.test.js \
  tests/admin/completion.test.js tests/admin/exports.test.js tests/admin/import.test.js \
  tests/admin/load.test.js tests/admin/rooms.test.js tests/admin/salvage.test.js tests/admin/send.test.js \
  tests/admin/terminal.test.js
whole_test = tests/browser/whole.test.js
browser_tests = \
  tests/browser/accessible.test.js tests/browser/addresses.test.js tests/browser/chat.test.js \
  tests/browser/commands.test.js tests/browser/crowd.test.js tests/browser/extras.test.js \
  tests/browser/failures.test.js tests/browser/history.test.js tests/browser/identity.test.js tests/browser/installed.test.js \
  tests/browser/languages.test.js tests/browser/late.test.js tests/browser/links.test.js \
  tests/browser/looks.test.js tests/browser/menu.test.js tests/browser/night.test.js \
  tests/browser/offline.test.js tests/browser/parts.test.js tests/browser/print.test.js \
  tests/browser/random.test.js tests/browser/reflow.test.js tests/browser/room-list.test.js \
  tests/browser/rooms.test.js tests/browser/scrolling.test.js tests/browser/search.test.js \
  tests/browser/sending.test.js tests/browser/starts.test.js tests/browser/tabs.test.js \
  tests/browser/visit.test.js tests/browser/work.test.js
# Those that are run in Firefox as well.
firefox_tests = \
  tests/browser/history.test.js tests/browser/reflow.test.js tests/browser/rooms.test.js \
  tests/browser/search.test.js tests/browser/sending.test.js tests/browser/tabs.test.js \
  tests/browser/addresses.test.js tests/browser/commands.test.js tests/browser/installed.test.js \
  tests/browser/links.test.js tests/browser/whole.test.js
page_tests = \
  tests/page/commands.test.js tests/page/connection.test.js tests/page/files.test.js \
  tests/page/finder.test.js tests/page/ids.test.js tests/page/layout.test.js tests/page/log.test.js \
  tests/page/markdown.test.js tests/page/outbox.test.js tests/page/payload.test.js tests/page/persistence.test.js \
  tests/page/preferences.test.js tests/page/presence.test.js tests/page/reader.test.js \
  tests/page/room.test.js tests/page/search.test.js tests/page/sender.test.js tests/page/shortcuts.test.js \
  tests/page/site.test.js tests/page/store.test.js tests/page/texts.test.js tests/page/token.test.js
EXTRA_DIST += $(page_tests) $(system_tests) $(guarded) $(admin_tests) $(whole_test) $(browser_tests) \
  tests/run-js tests/check tests/rooms tests/versions \
  tests/admin/latency.js \
  tests/admin/mariadb.js \
  tests/browser/browser.js tests/browser/engine.js tests/browser/webkit.js \
  tests/browser/budgets.js \
  tests/lib/admin.js \
  tests/lib/original.js \
  tests/lib/bulk.js tests/lib/flood.js \
  tests/lib/fastcgi.js \
  tests/lib/guard.js \
  tests/lib/http.js \
  tests/lib/identity.js \
  tests/lib/prometheus.js \
  tests/lib/sender.js \
  tests/lib/stack.js \
  tests/page/fake-clock.js

TEST_EXTENSIONS = .js .sh
SH_LOG_COMPILER = $(SHELL)
JS_LOG_COMPILER = $(SHELL) $(srcdir)/tests/run-js
AM_TESTS_ENVIRONMENT = MQTT_CHAT_BUILD='$(abs_builddir)'; export MQTT_CHAT_BUILD; \
  MQTT_CHAT_SANITIZERS='$(enable_sanitizers)'; export MQTT_CHAT_SANITIZERS;

unit_tests = tests/unit/test_admin tests/unit/test_admission tests/unit/test_address tests/unit/test_ban_list tests/unit/test_bans tests/unit/test_base64url \
  tests/unit/test_bucket tests/unit/test_key tests/unit/test_token tests/unit/test_token_bad tests/unit/test_disk tests/unit/test_text tests/unit/test_durable tests/unit/test_serve tests/unit/test_writer \
  tests/unit/test_batch tests/unit/test_batch_again tests/unit/test_cache tests/unit/test_fold tests/unit/test_http \
  tests/unit/test_guard_clients tests/unit/test_guard_rules tests/unit/test_guard_view \
  tests/unit/test_identity tests/unit/test_import tests/unit/test_indexer tests/unit/test_journal tests/unit/test_json \
  tests/unit/test_json_check tests/unit/test_payloads \
  tests/unit/test_log tests/unit/test_message tests/unit/test_message_limits \
  tests/unit/test_mint tests/unit/test_mint_request \
  tests/unit/test_notify tests/unit/test_openapi tests/unit/test_reckoning tests/unit/test_redelivery \
  tests/unit/test_retry tests/unit/test_routes \
  tests/unit/test_routes_health tests/unit/test_routes_pages tests/unit/test_routes_search \
  tests/unit/test_routes_whole tests/unit/test_search_kinds tests/unit/test_search_query tests/unit/test_settings \
  tests/unit/test_suggest tests/unit/test_time tests/unit/test_store_edit tests/unit/test_store_fail \
  tests/unit/test_store_open tests/unit/test_store_page tests/unit/test_store_schema \
  tests/unit/test_store_search tests/unit/test_store_time tests/unit/test_store_whole \
  tests/unit/test_store_once tests/unit/test_store_write tests/unit/test_utf8 tests/unit/test_words
# It starts a broker, which a machine that only builds does not have.
broker_tests = tests/unit/test_mqtt
unit_tests += tests/unit/test_pages tests/unit/test_pages_wal tests/unit/test_routes_failing tests/unit/test_salvage \
  tests/unit/test_search_tail tests/unit/test_store_admin tests/unit/test_topics
# The administrator's commands, of which some go to the broker: it does not run here.
command_tests = tests/unit/test_changes tests/unit/test_check tests/unit/test_commands \
  tests/unit/test_completion tests/unit/test_copies tests/unit/test_import_command tests/unit/test_pace \
  tests/unit/test_status
check_PROGRAMS = $(unit_tests) $(command_tests) $(broker_tests)
tests_unit_test_serve_SOURCES = tests/unit/test_serve.c cgi-bin/serve.c cgi-bin/serve.h
tests_unit_test_serve_LDADD = $(LDADD) $(FCGI_LIBS)
tests_unit_test_mqtt_LDADD = $(LDADD) $(MOSQUITTO_LIBS)
tests_unit_test_changes_LDADD = $(LDADD) $(MOSQUITTO_LIBS)
tests_unit_test_check_LDADD = $(LDADD) $(MOSQUITTO_LIBS)
tests_unit_test_commands_LDADD = $(LDADD) $(MOSQUITTO_LIBS)
tests_unit_test_completion_LDADD = $(LDADD) $(MOSQUITTO_LIBS)
tests_unit_test_copies_LDADD = $(LDADD) $(MOSQUITTO_LIBS)
tests_unit_test_import_command_LDADD = $(LDADD) $(MOSQUITTO_LIBS)
tests_unit_test_pace_LDADD = $(LDADD) $(MOSQUITTO_LIBS)
tests_unit_test_status_LDADD = $(LDADD) $(MOSQUITTO_LIBS)
tests_unit_test_ban_list_LDADD = $(LDADD) $(MOSQUITTO_LIBS)
# The page's test of payloads reads it as well.
tests_unit_test_payloads_CPPFLAGS = $(AM_CPPFLAGS) -DPAYLOADS='"$(srcdir)/tests/vectors/payloads.txt"'
tests_unit_test_time_CPPFLAGS = $(AM_CPPFLAGS) -DTIMES='"$(srcdir)/tests/vectors/times.tsv"'
# The system's test of the search reads it as well.
tests_unit_test_search_kinds_CPPFLAGS = $(AM_CPPFLAGS) -DKINDS='"$(srcdir)/tests/vectors/search-kinds.tsv"'
EXTRA_DIST += tests/unit/batch_tests.h tests/unit/commands.h tests/unit/history.h tests/unit/keys.h tests/unit/minting.h \
  tests/unit/requests.h tests/unit/unit.h tests/unit/writing.h \
  tests/vectors/bom.csv tests/vectors/bom.ndjson tests/vectors/crlf2.mariadb \
  tests/vectors/payloads.txt tests/vectors/schema-1.db.gz tests/vectors/search-kinds.tsv \
  tests/vectors/times.tsv
fuzz_tests = tests/fuzz/replay.sh
faults_tests = tests/faults/short.sh
# What takes long begins first.
TESTS = $(faults_tests) $(whole_test) $(system_tests) $(guard_tests) $(admin_tests) $(page_tests) $(unit_tests) $(command_tests) $(broker_tests) $(fuzz_tests)

LDADD = src/libchat.a $(SQLITE_LIBS) $(JSONC_LIBS) $(UTF8PROC_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)

if !HAVE_CMOCKA
check-local:
	@echo "cmocka is missing; as root:  apt-get install libcmocka-dev, then configure again" >&2
	@exit 1
endif

# The fuzzers' targets replay their corpora as a test; with clang they look for more.
fuzz_targets = guard message params search token
fuzz_sources = api/params.c auth/address.c auth/file.c auth/key.c auth/token.c base/base64url.c base/json_check.c base/text.c base/time.c base/utf8.c \
  guard/rules.c guard/view.c \
  chat/fold.c chat/message.c chat/search_query.c chat/snippet.c chat/words.c output/http.c output/json.c
check_PROGRAMS += tests/fuzz/fuzz_guard tests/fuzz/fuzz_message tests/fuzz/fuzz_params tests/fuzz/fuzz_search tests/fuzz/fuzz_token
tests_fuzz_fuzz_guard_SOURCES = tests/fuzz/fuzz_guard.c tests/fuzz/replay.c
tests_fuzz_fuzz_message_SOURCES = tests/fuzz/fuzz_message.c tests/fuzz/replay.c
tests_fuzz_fuzz_params_SOURCES = tests/fuzz/fuzz_params.c tests/fuzz/replay.c
tests_fuzz_fuzz_search_SOURCES = tests/fuzz/fuzz_search.c tests/fuzz/replay.c
tests_fuzz_fuzz_token_SOURCES = tests/fuzz/fuzz_token.c tests/fuzz/replay.c
EXTRA_DIST += $(fuzz_tests) tests/fuzz/guard tests/fuzz/guard.dict tests/fuzz/message tests/fuzz/message.dict \
  tests/fuzz/params tests/fuzz/params.dict tests/fuzz/search tests/fuzz/search.dict \
  tests/fuzz/token tests/fuzz/token.dict
SECONDS = 60

# Each for SECONDS, one after the other.
fuzz: all
	for target in $(fuzz_targets); do \
	  $(MKDIR_P) tests/fuzz/found/$$target && \
	  clang -g -O1 -std=gnu11 -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all $(AM_CPPFLAGS) $(JSONC_CFLAGS) \
	    $(srcdir)/tests/fuzz/fuzz_$$target.c $(fuzz_sources:%=$(srcdir)/src/%) \
	    $(JSONC_LIBS) $(SQLITE_LIBS) $(UTF8PROC_LIBS) $(CRYPTO_LIBS) -o tests/fuzz/fuzzer-$$target && \
	  tests/fuzz/fuzzer-$$target -max_total_time=$(SECONDS) -max_len=8192 \
	    -print_final_stats=1 -dict=$(srcdir)/tests/fuzz/$$target.dict \
	    tests/fuzz/found/$$target $(srcdir)/tests/fuzz/$$target || exit 1; \
	done

# Faults: the logger under a shim that kills it, or fails its disk, at a chosen place. `make check` runs
# a short round; not with sanitizers, as they and the shim both want to come first.
SEEDS = 100
check_DATA = tests/faults/shim.so
CLEANFILES += tests/faults/shim.so
EXTRA_DIST += tests/faults/README.md $(faults_tests) $(faults_sources)
faults_sources = \
  tests/faults/bench.js tests/faults/broker.js tests/faults/checker.js tests/faults/database.js \
  tests/faults/disk.js tests/faults/input.js tests/faults/kills.js tests/faults/namespace.js \
  tests/faults/random.js tests/faults/rows.js tests/faults/run.js tests/faults/traffic.js \
  tests/faults/shim.c

tests/faults/shim.so: tests/faults/shim.c
	@$(MKDIR_P) tests/faults
	$(AM_V_CCLD)$(CC) $(DEFS) $(AM_CPPFLAGS) $(CPPFLAGS) $(SQLITE_CFLAGS) $(JSONC_CFLAGS) \
	  $(MOSQUITTO_CFLAGS) $(CFLAGS) -fPIC -shared $(srcdir)/tests/faults/shim.c -o $@ -ldl

faults: all tests/faults/shim.so
	MQTT_CHAT_BUILD='$(abs_builddir)' SEEDS=$(SEEDS) $(NODE) $(srcdir)/tests/faults/run.js

# What the tests would not notice: small changes to the C code, one at a time. Takes most of an hour.
MUTANTS = 60
EXTRA_DIST += tests/mutants/mutate.js tests/mutants/run.js
mutants: all
	MUTANTS='$(MUTANTS)' SEED='$(SEED)' ONLY='$(ONLY)' $(NODE) $(srcdir)/tests/mutants/run.js

# Speed: by hand, on a machine that has nothing else to do. The guard comes first: what 10,000
# messages and 10,000 pages cost, in instructions, may not grow unnoticed.
ROUNDS = 5
REQUESTS = 0
EXTRA_PROGRAMS = tests/bench/constant tests/bench/crowd tests/bench/generate tests/bench/measure \
  tests/bench/instructions tests/bench/send tests/bench/sync
tests_bench_constant_SOURCES = tests/bench/constant.c cgi-bin/serve.c cgi-bin/serve.h
tests_bench_constant_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/cgi-bin
tests_bench_constant_LDADD = src/libchat.a $(FCGI_LIBS)
tests_bench_crowd_SOURCES = tests/bench/crowd.c tests/bench/crowd.h tests/bench/crowd_client.c \
  tests/bench/crowd_history.c tests/bench/crowd_seen.c tests/bench/crowd_stream.c
tests_bench_crowd_LDADD =
tests_bench_generate_LDADD = $(LDADD) -lm
tests_bench_instructions_CPPFLAGS = $(AM_CPPFLAGS) -DBUILD_FLAGS='"$(CFLAGS)"'
tests_bench_send_LDADD =
tests_bench_sync_LDADD =
CLEANFILES += $(EXTRA_PROGRAMS)
bench_tests = tests/bench/instructions.sh tests/bench/bench.test.js
EXTRA_DIST += $(bench_sources) $(bench_tests) tests/bench/instructions.txt \
  tests/bench/baseline/app.py \
  tests/bench/baseline/logger.py \
  tests/bench/baseline/schema.sql \
  tests/bench/baseline/start
bench_sources = \
  tests/bench/bench.js tests/bench/charts.js tests/bench/crowd.js tests/bench/crowd-idle.js \
  tests/bench/crowd-program.js tests/bench/crowd-return.js tests/bench/figures.js \
  tests/bench/footprint.js tests/bench/growth.js tests/bench/html.js tests/bench/http.js \
  tests/bench/latency.js tests/bench/load.js tests/bench/machine.js tests/bench/others.js \
  tests/bench/page.js tests/bench/parts.js tests/bench/run.js tests/bench/store.js \
  tests/bench/table.js tests/bench/wrk.js

check-bench: all $(EXTRA_PROGRAMS)
	$(MAKE) check check_PROGRAMS= check_DATA= TESTS='$(bench_tests)'

bench: SECONDS = 5
bench: check-bench
	@MQTT_CHAT_BUILD='$(abs_builddir)' ROUNDS='$(ROUNDS)' SECONDS='$(SECONDS)' SCALE='$(SCALE)' \
	  ONLY='$(ONLY)' OUT='$(OUT)' FORCE='$(FORCE)' REQUESTS='$(REQUESTS)' $(NODE) $(srcdir)/tests/bench/run.js

AM_TESTS_FD_REDIRECT = 9>&2

instructions-record: all tests/bench/instructions
	$(SHELL) $(srcdir)/tests/bench/instructions.sh --record

valgrind = valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
  --show-leak-kinds=definite

# The unit tests, and the logger and the responder at work.
check-valgrind: all
	$(MAKE) check check_DATA= TESTS='$(unit_tests)' LOG_COMPILER='$(valgrind)'
	MQTT_CHAT_WRAP='$(valgrind)' $(MAKE) check check_PROGRAMS= \
	  TESTS='tests/system/messages.test.js'

# The Debian package, on systems of a release.
EXTRA_DIST += tests/install/architectures.sh tests/install/boxes.sh tests/install/compose.sh tests/install/newest.sh \
  tests/install/nspawn.sh tests/install/probe.sh tests/install/steps.sh

SUITE = bookworm
check-install: all
	SUITE=$(SUITE) MQTT_CHAT_BUILD='$(abs_builddir)' $(srcdir)/tests/install/nspawn.sh

# What we lean on in libmosquitto, with the newest one: Debian sid's.
check-newest: all
	MQTT_CHAT_BUILD='$(abs_builddir)' $(srcdir)/tests/install/newest.sh

# The unit tests on 32 bits, and where the first byte is the highest: ARCHITECTURES, SUITE.
check-architectures: all
	MQTT_CHAT_BUILD='$(abs_builddir)' $(srcdir)/tests/install/architectures.sh

check-compose: all
	MQTT_CHAT_BUILD='$(abs_builddir)' $(srcdir)/tests/install/compose.sh

# The original's table in a real MariaDB (Debian: mariadb-server), 100,000 rows of it.
check-mariadb: all
	MQTT_CHAT_BUILD='$(abs_builddir)' $(NODE) $(srcdir)/tests/admin/mariadb.js

# How long receipts take while the administrator's command is at work; wants an idle machine.
check-latency: all
	MQTT_CHAT_BUILD='$(abs_builddir)' $(NODE) $(srcdir)/tests/admin/latency.js

# Prints what the page weighs and how long it takes; asserts nothing.
budgets: all
	MQTT_CHAT_BUILD='$(abs_builddir)' $(NODE) $(srcdir)/tests/browser/budgets.js
.PHONY: bench budgets check-architectures check-bench check-compose check-install check-latency check-mariadb check-newest \
  check-valgrind faults fuzz instructions-record lint mutants
