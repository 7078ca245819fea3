/*
 * mqtt-chat-logger: stores what is said. The only writer of the database.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/settings.h"
#include "broker/identity.h"
#include "logger/ingest.h"
#include "store/store.h"

#define PROGRAM "mqtt-chat-logger"

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

/* The signals that end the logger come through only while it waits; `wait_mask` lets them in. */
static void catch_signals(sigset_t *wait_mask)
{
	static const int ending[] = {SIGTERM, SIGINT, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t blocked;
	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
		sigaction(ending[i], &action, NULL);
		sigaddset(&blocked, ending[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* at a limit of a file's size: as a full disk, write() tells */
	sigprocmask(SIG_BLOCK, &blocked, wait_mask);
}

static int exit_of_store(enum store_status status)
{
	switch (status) {
	case STORE_VERSION:
		return EX_CONFIG;
	case STORE_DENIED:
	case STORE_FULL:
		return EX_CANTCREAT;
	case STORE_BUSY:
		return EX_TEMPFAIL;
	default:
		return EX_IOERR;
	}
}

static int exit_of_ingest(enum ingest_status ended)
{
	static const int exits[] = {[INGEST_STOPPED] = 0,
	    [INGEST_UNREACHABLE] = EX_UNAVAILABLE,
	    [INGEST_UNGUARDED] = EX_NOPERM,
	    [INGEST_FAILED] = EX_OSERR};
	return exits[ended];
}

static int log_messages(
    const struct settings *settings, const char *client_id, const sigset_t *wait_mask)
{
	char error[STORE_ERROR_SIZE], password[SETTINGS_PASSWORD_SIZE];
	struct store *store;
	if (settings_read_password(settings, password, error) != 0) {
		log_error("%s", error);
		return EX_CONFIG;
	}
	enum store_status status = store_open(&store, settings->database, STORE_CREATOR, error);
	if (status) {
		log_error("%s", error);
		return exit_of_store(status);
	}
	struct ingest_config config = {
	    .broker = settings->broker,
	    .port = (uint16_t)settings->port,
	    .client_id = client_id,
	    .username = settings->username,
	    .password = password,
	    .writer = {.database = settings->database,
		.retention_days = settings->retention_days,
		.retention_messages = settings->retention_messages,
		.min_free = settings->min_free,
		.max_rate = settings->max_rate,
		.bound = settings->identity != IDENTITY_OPEN},
	    .stop = &stop,
	    .wait_mask = wait_mask,
	};
	enum ingest_status ended = ingest_run(&config, store);
	if (ended == INGEST_STOPPED)
		log_info("stopped: all that was received is stored");
	return exit_of_ingest(ended);
}

int main(int argc, char **argv)
{
	struct settings settings;
	char error[SETTINGS_ERROR_SIZE], client_id[IDENTITY_LENGTH + 1];
	sigset_t wait_mask;
	log_open(PROGRAM);
	umask(0027);
	enum settings_result result = settings_load(&settings, argc, argv, PROGRAM,
	    "Stores the messages of an MQTT broker's chat/<room> topics in an SQLite file.", error);
	if (result != SETTINGS_OK) {
		if (error[0])
			log_error("%s", error);
		return (int)result;
	}
	log_set_level(settings.log_level);
	catch_signals(&wait_mask);
	int claim = identity_claim(settings.database, client_id, error);
	if (claim < 0) {
		log_error("%s", error);
		return EX_CANTCREAT;
	}
	int status = log_messages(&settings, client_id, &wait_mask);
	close(claim);
	return status;
}
