/* SPDX-License-Identifier: ISC */
#include "ctl/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/str.h"
#include "base/walltime.h"
#include "ctl/client.h"
#include "ctl/pcap.h"

/* What stands in the line before a message. */
struct told {
	int64_t wall_ms;
	bool sent;
	char transport[8];
	char local[ADDRESS_TEXT_SIZE], peer[ADDRESS_TEXT_SIZE];
	size_t len, body, lines;
};

static bool
parse_told(struct told *told, const char *line)
{
	char direction[16];

	if (sscanf(line, "message %" SCNd64 " %15s %7s %55s %55s %zu %zu %zu", &told->wall_ms, direction,
	    told->transport, told->local, told->peer, &told->len, &told->body, &told->lines) != 8)
		return false;
	told->sent = strcmp(direction, "sent") == 0;
	return true;
}

/* ---- To be read ---- */

static void
print_line(const struct told *told, const char *line)
{
	printf("  %s %s\n", told->sent ? "->" : "<-", line);
}

/* With the times and arrows of the log of -d. */
static void
print_told(const struct told *told)
{
	char time[WALLTIME_SIZE];

	printf("%s %s:%s %s %zu bytes\n", walltime_clock(told->wall_ms, time), told->transport, told->peer, told->sent ? "->" : "<-", told->len);
}

static void
print_end(const struct told *told)
{
	if (told->body > 0)
		printf("  %s [body: %zu bytes]\n", told->sent ? "->" : "<-", told->body);
	putchar('\n');
}

/* ---- As a capture ---- */

static void
write_capture(FILE *pcap, const struct told *told, const struct strbuf *head)
{
	struct pcap_message message = { .wall_ms = told->wall_ms, .head = { head->data, head->len },
	    .body = told->body };
	struct address local = { 0 }, peer = { 0 };

	address_parse(&local, told->local);		/* stays as it is when that is not known */
	address_parse(&peer, told->peer);
	message.from = told->sent ? local : peer;
	message.to = told->sent ? peer : local;
	pcap_write(pcap, &message);
}

/* ---- Both ---- */

/* Shows one message. Returns false at the end of the answer. */
static bool
show_message(struct client *client, FILE *pcap, const struct told *told)
{
	struct strbuf head = { 0 };
	const char *line = NULL;
	size_t len;

	if (pcap == NULL)
		print_told(told);
	for (size_t i = 0; i < told->lines && (line = client_line(client, &len)) != NULL; i++) {
		if (pcap == NULL)
			print_line(told, line);
		else {
			strbuf_append_n(&head, line, len);
			strbuf_append(&head, "\r\n");
		}
	}
	strbuf_append(&head, "\r\n");
	if (pcap == NULL)
		print_end(told);
	else if (!head.failed)
		write_capture(pcap, told, &head);
	strbuf_fini(&head);
	return told->lines == 0 || line != NULL;
}

static int
show_messages(struct client *client, FILE *pcap)
{
	FILE *to = pcap != NULL ? pcap : stdout;
	struct told told;
	const char *line;
	size_t len;

	while ((line = client_line(client, &len)) != NULL) {
		if (strcmp(line, "behind") == 0) {
			fprintf(stderr, "sipkeepctl: cut off: the messages came faster than they were taken\n");
			return EXIT_REFUSED;
		}
		if (!parse_told(&told, line)) {
			fprintf(stderr, "sipkeepctl: the answer makes no sense\n");
			return EXIT_NO_DAEMON;
		}
		if (!show_message(client, pcap, &told))
			break;
		if (!client_has_more(client) && fflush(to) != 0)
			break;
	}
	if (ferror(to) != 0 || fflush(to) != 0)
		fprintf(stderr, "sipkeepctl: cannot write: %s\n", strerror(errno));
	else
		fprintf(stderr, "sipkeepctl: the daemon has ended\n");
	return EXIT_NO_DAEMON;
}

/* For its owner alone: it tells who talks to whom. NULL on failure. */
static FILE *
open_capture(const char *path)
{
	int fd;
	FILE *file;

	if (strcmp(path, "-") == 0)
		return stdout;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	file = fd >= 0 ? fdopen(fd, "wb") : NULL;
	if (file == NULL)
		fprintf(stderr, "sipkeepctl: %s: %s\n", path, strerror(errno));
	return file;
}

/* Takes "--pcap FILE" out of the words: that is no matter of the daemon's. Returns false if the FILE is missing. */
static bool
take_pcap(char *words[], const char **path)
{
	size_t kept = 1;

	*path = NULL;
	for (size_t i = 1; words[i] != NULL; i++) {
		if (strcmp(words[i], "--pcap") != 0)
			words[kept++] = words[i];
		else if (words[i + 1] != NULL)
			*path = words[++i];
		else
			return false;
	}
	words[kept] = NULL;
	return true;
}

int
trace_run(const char *socket, char *words[])
{
	struct client client;
	const char *path;
	FILE *pcap = NULL;
	int status;

	if (!take_pcap(words, &path)) {
		fprintf(stderr, "sipkeepctl: --pcap wants a file, or - for standard output\n");
		return EXIT_USAGE;
	}
	status = client_ask(&client, socket, words, true);
	if (status != EXIT_SUCCESS)
		client_complain(&client);
	else if (path != NULL && (pcap = open_capture(path)) == NULL)
		status = EXIT_REFUSED;
	else {
		if (pcap != NULL) {
			pcap_begin(pcap);
			fflush(pcap);
		}
		status = show_messages(&client, pcap);
	}
	if (pcap != NULL && pcap != stdout)
		fclose(pcap);
	client_fini(&client);
	return status;
}
