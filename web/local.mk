# web/: the page as it is written, and as it is installed.

webdir = $(pkgdatadir)/chat
page_sources = \
  web/chat/address.js web/chat/announcer.js web/chat/attention.js web/chat/backoff.js web/chat/bar.css \
  web/chat/base.css web/chat/clock.js web/chat/commands.js web/chat/composer.css web/chat/composer.js \
  web/chat/connection.js web/chat/counter.js web/chat/dialog.js web/chat/dom.js web/chat/drafts.js \
  web/chat/drop.js web/chat/extras.js web/chat/favicon.js web/chat/filter-bar.js web/chat/filters.js \
  web/chat/finder.js web/chat/first-visit.js web/chat/fold.js web/chat/history.js web/chat/icon-192.png \
  web/chat/icon-512.png web/chat/icon-maskable.png web/chat/icon.svg web/chat/ids.js web/chat/ignored.js \
  web/chat/ignoring.js web/chat/index.html web/chat/jump.js web/chat/language.js web/chat/late.js \
  web/chat/layout.js web/chat/log.css web/chat/log.js web/chat/main.js web/chat/manifest.webmanifest \
  web/chat/markdown.js web/chat/marks.js web/chat/mentions.js web/chat/menu.js web/chat/mqtt.js web/chat/mqtt.js.LICENSE.txt \
  web/chat/muted.js web/chat/narrow.css web/chat/notice.js web/chat/offline.js web/chat/outbox.js web/chat/pages.js \
  web/chat/panels.css web/chat/payload.js web/chat/people-view.js web/chat/people.js \
  web/chat/persistence.js web/chat/place.js web/chat/preferences.js web/chat/presence-topics.js web/chat/presence.js web/chat/print.css \
  web/chat/reader.js web/chat/rich.css web/chat/rich.js web/chat/room-field.js web/chat/room-list.js \
  web/chat/room.js web/chat/row.css web/chat/row.js web/chat/search-panel.js web/chat/search.js \
  web/chat/sender.js web/chat/settings-dialog.js web/chat/shortcuts-dialog.js web/chat/shortcuts.js \
  web/chat/side.css web/chat/sidebar.js web/chat/site.js web/chat/start.js web/chat/status.js \
  web/chat/storage.js web/chat/store.js web/chat/style.js web/chat/sw.js web/chat/texts-ar.js \
  web/chat/texts-de.js web/chat/texts-en-later.js web/chat/texts-en.js web/chat/texts-fi.js web/chat/texts.js web/chat/times.js web/chat/token.js \
  web/chat/topic.js web/chat/translate.js web/chat/view.js web/chat/visit.css web/chat/words.js
EXTRA_DIST += $(page_sources)

# What is installed is the same page in a few small files.
short_page = \
  web/min/chat.css web/min/extras.js web/min/first-visit.js web/min/icon-192.png web/min/icon-512.png \
  web/min/icon-maskable.png web/min/icon.svg web/min/index.html web/min/main.js \
  web/min/manifest.webmanifest web/min/menu.js web/min/mqtt.js web/min/mqtt.js.LICENSE.txt \
  web/min/panels.css web/min/print.css web/min/search-panel.js web/min/settings-dialog.js \
  web/min/shortcuts-dialog.js web/min/start.js web/min/sw.js web/min/texts-ar.js web/min/texts-de.js \
  web/min/texts-fi.js web/min/token.js web/min/visit.css
dist_web_DATA = $(short_page)

bundle_sources = \
  web/bundle/build.js \
  web/bundle/entry.js \
  web/bundle/shims.js
EXTRA_DIST += web/bundle package.json package-lock.json .npmrc

# Made in the source tree, and part of a release: building one needs neither npm nor a network.
$(srcdir)/web/chat/mqtt.js: $(srcdir)/package-lock.json $(bundle_sources)
	@test -n "$(NPM)" || { echo "npm is missing; as root:  apt-get install nodejs npm" >&2; exit 1; }
	$(AM_V_GEN)cd $(srcdir) && \
	  if test package-lock.json -nt node_modules/.package-lock.json; then \
	    $(NPM) ci --ignore-scripts; \
	  fi && $(NPM) run --silent bundle
$(srcdir)/web/chat/mqtt.js.LICENSE.txt: $(srcdir)/web/chat/mqtt.js
MAINTAINERCLEANFILES = $(srcdir)/web/chat/mqtt.js $(srcdir)/web/chat/mqtt.js.LICENSE.txt

$(srcdir)/web/min/index.html: $(page_sources) $(srcdir)/web/bundle/page.js
	@test -n "$(NPM)" || { echo "npm is missing; as root:  apt-get install nodejs npm" >&2; exit 1; }
	$(AM_V_GEN)cd $(srcdir) && $(NPM) run --silent page
$(srcdir)/web/min/chat.css $(srcdir)/web/min/extras.js $(srcdir)/web/min/first-visit.js \
$(srcdir)/web/min/icon-192.png $(srcdir)/web/min/icon-512.png $(srcdir)/web/min/icon-maskable.png \
$(srcdir)/web/min/icon.svg $(srcdir)/web/min/main.js $(srcdir)/web/min/manifest.webmanifest \
$(srcdir)/web/min/menu.js $(srcdir)/web/min/mqtt.js $(srcdir)/web/min/mqtt.js.LICENSE.txt \
$(srcdir)/web/min/panels.css $(srcdir)/web/min/print.css $(srcdir)/web/min/search-panel.js \
$(srcdir)/web/min/settings-dialog.js $(srcdir)/web/min/shortcuts-dialog.js $(srcdir)/web/min/start.js \
$(srcdir)/web/min/sw.js $(srcdir)/web/min/texts-ar.js $(srcdir)/web/min/texts-de.js \
$(srcdir)/web/min/texts-fi.js $(srcdir)/web/min/token.js $(srcdir)/web/min/visit.css: $(srcdir)/web/min/index.html
maintainer-clean-local:
	rm -rf $(srcdir)/web/min
