/* SPDX-License-Identifier: ISC */
#include "ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	REQUEST_LINE_MAX = 4096,	/* the daemon takes no longer one */
	LINE_MAX_LEN = 16 * 1024 * 1024,	/* of an answer: longer ones come from no sipkeepd */
	ANSWER_MS = 30000,		/* a daemon that is alive begins its answer long before */
};

static int fail(struct client *client, int status, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static int
fail(struct client *client, int status, int error, const char *format, ...)
{
	va_list args;

	client->error = error;
	va_start(args, format);
	vsnprintf(client->why, sizeof(client->why), format, args);
	va_end(args);
	return status;
}

void
client_complain(const struct client *client)
{
	fprintf(stderr, "sipkeepctl: %s\n", client->why);
}

/* One word of the request; the protocol knows no quoting. */
static bool
plain_word(const char *word)
{
	if (word[0] == '\0')
		return false;
	for (const char *p = word; *p != '\0'; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	}
	return true;
}

static int
build_request(struct client *client, struct strbuf *to, char *const words[])
{
	strbuf_append(to, "sipkeepd/1");
	for (size_t i = 0; words[i] != NULL; i++) {
		if (!plain_word(words[i]))
			return fail(client, EXIT_USAGE, 0, "an argument is empty or has blanks in it");
		strbuf_printf(to, " %s", words[i]);
	}
	strbuf_append(to, "\n");
	if (to->failed || to->len > REQUEST_LINE_MAX)
		return fail(client, EXIT_USAGE, 0, "the request is too long");
	return 0;
}

/* Returns 0 or errno. */
static int
connect_to(struct client *client, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0 || connect(client->fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return errno;
	return 0;
}

static bool
send_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EPIPE;	/* it may have answered and closed already: read that */
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* Takes in more of the answer. Returns false at its end, and with client->error set when that came too early. */
static bool
receive(struct client *client)
{
	struct pollfd poll_fd = { .fd = client->fd, .events = POLLIN };
	char piece[16384];
	ssize_t n = -1;
	int ready;

	do
		ready = poll(&poll_fd, 1, client->timeout_ms);
	while (ready < 0 && errno == EINTR);
	if (ready == 0)
		errno = ETIMEDOUT;
	while (ready > 0 && (n = read(client->fd, piece, sizeof(piece))) < 0 && errno == EINTR)
		;
	if (n <= 0) {
		client->error = n == 0 ? 0 : errno;
		return false;
	}
	if (client->at > 0) {
		memmove(client->in.data, client->in.data + client->at, client->in.len - client->at);
		client->in.len -= client->at;
		client->at = 0;
	}
	strbuf_append_n(&client->in, piece, (size_t)n);
	if (client->in.failed)
		client->error = ENOMEM;
	return !client->in.failed;
}

static char *
broken_off(struct client *client)
{
	client->broke_off = true;
	fail(client, EXIT_NO_DAEMON, client->error, "the answer broke off: %s",
	    strerror(client->error != 0 ? client->error : ECONNRESET));
	return NULL;
}

/* What came and was not taken yet. */
static size_t
waiting(const struct client *client)
{
	return client->in.len - client->at;
}

bool
client_has_more(const struct client *client)
{
	return waiting(client) > 0;
}

char *
client_line(struct client *client, size_t *len)
{
	char *line, *newline;
	size_t seen = 0;

	for (;;) {
		newline = waiting(client) > seen ?
		    memchr(client->in.data + client->at + seen, '\n', waiting(client) - seen) : NULL;
		if (newline != NULL)
			break;
		seen = waiting(client);
		if (seen > LINE_MAX_LEN) {
			client->error = EPROTO;
			return broken_off(client);
		}
		if (!receive(client))
			return seen == 0 && client->error == 0 ? NULL : broken_off(client);
	}
	line = client->in.data + client->at;
	*len = (size_t)(newline - line);
	*newline = '\0';
	client->at += *len + 1;
	return line;
}

/* "error CODE text": the text is for people, the code for us. */
static int
take_error(struct client *client, const char *line)
{
	const char *code = line + strlen("error ");
	const char *text = strchr(code, ' ');

	if (strncmp(code, "usage ", 6) == 0)
		return fail(client, EXIT_USAGE, 0, "%s", code + 6);
	return fail(client, EXIT_REFUSED, 0, "%.*s:%s", text != NULL ? (int)(text - code) : (int)strlen(code), code,
	    text != NULL ? text : "");
}

static int
first_line(struct client *client)
{
	size_t len;
	const char *line = client_line(client, &len);

	if (line == NULL)
		return fail(client, EXIT_NO_DAEMON, client->error, "no answer: %s",
		    strerror(client->error != 0 ? client->error : ECONNRESET));
	if (strcmp(line, "ok") == 0)
		return 0;
	if (strncmp(line, "error ", 6) == 0)
		return take_error(client, line);
	return fail(client, EXIT_NO_DAEMON, EPROTO, "that is not sipkeepd: its answer makes no sense");
}

int
client_ask(struct client *client, const char *path, char *const words[], bool patient)
{
	struct strbuf request = { 0 };
	int status, error;

	*client = (struct client){ .fd = -1, .timeout_ms = patient ? -1 : ANSWER_MS };
	status = build_request(client, &request, words);
	if (status == 0 && (error = connect_to(client, path)) != 0)
		status = fail(client, EXIT_NO_DAEMON, error, "%s: %s; is sipkeepd running?", path, strerror(error));
	else if (status == 0 && !send_all(client->fd, request.data, request.len))
		status = fail(client, EXIT_NO_DAEMON, errno, "%s: %s", path, strerror(errno));
	else if (status == 0)
		status = first_line(client);
	strbuf_fini(&request);
	return status;
}

void
client_fini(struct client *client)
{
	strbuf_fini(&client->in);
	if (client->fd >= 0)
		close(client->fd);
}
