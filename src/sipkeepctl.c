/* SPDX-License-Identifier: ISC */

/* The tool: sends one request line to the daemon's control socket and shows what comes back. */

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "config.h"

enum {
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_DAEMON = 3,
};

enum {
	REQUEST_LINE_MAX = 4096,	/* the daemon takes no longer one */
	FIRST_LINE_MAX = 1024,
	ANSWER_MS = 30000,		/* a daemon that is alive begins its answer long before */
};

static const char *const commands[] = { "status", "reload", "register", "probe", "drain", "undrain",
	"explain", "events", "wait", "version" };

static void
print_help(FILE *to)
{
	fputs("usage: sipkeepctl [-s SOCKET] COMMAND [ARGUMENT ...]\n"
	      "\n"
	      "Options:\n"
	      "  -s SOCKET   control socket of the daemon (" SIPKEEPD_RUNSTATEDIR "/sipkeepd/control)\n"
	      "  -h, --help  this text\n"
	      "  --version   version of this tool\n"
	      "\n"
	      "Commands:\n"
	      "  status [ACCOUNT] [--json]   accounts, their servers and states\n"
	      "  reload                      read the configuration anew\n"
	      "  register [ACCOUNT]          end refusals and hold-offs, register now\n"
	      "  probe [SERVER]              ask a server, or all, for a sign of life now\n"
	      "  drain SERVER                move accounts away, use it last\n"
	      "  undrain SERVER              use it again\n"
	      "  explain ACCOUNT [--json]    why it is where it is, and what would change it\n"
	      "  events [--follow] [--json]  the last transitions, and those to come\n"
	      "  wait ACCOUNT [STATE] [active=ADDRESS] [--timeout SECONDS]\n"
	      "                              return when it has come true\n"
	      "  version                     version of the daemon\n"
	      "\n"
	      "Exit status: 0 done, 1 refused or timed out, 2 wrong usage, 3 no daemon.\n", to);
}

static bool
known_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i]) == 0)
			return true;
	}
	return false;
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

static bool
build_request(struct strbuf *to, char *const words[])
{
	strbuf_append(to, "sipkeepd/1");
	for (size_t i = 0; words[i] != NULL; i++) {
		if (!plain_word(words[i])) {
			fprintf(stderr, "sipkeepctl: an argument is empty or has blanks in it\n");
			return false;
		}
		strbuf_printf(to, " %s", words[i]);
	}
	strbuf_append(to, "\n");
	if (to->failed || to->len > REQUEST_LINE_MAX) {
		fprintf(stderr, "sipkeepctl: the request is too long\n");
		return false;
	}
	return true;
}

/* Returns a socket or -1. */
static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
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

/* Returns bytes read, 0 at the end, -1 on failure, ETIMEDOUT included. */
static ssize_t
receive(int fd, char *to, size_t size, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	ssize_t n;
	int ready;

	do
		ready = poll(&poll_fd, 1, timeout_ms);
	while (ready < 0 && errno == EINTR);
	if (ready == 0)
		errno = ETIMEDOUT;
	if (ready <= 0)
		return -1;
	do
		n = read(fd, to, size);
	while (n < 0 && errno == EINTR);
	return n;
}

/* The whole first line, terminated in place of its newline; what came behind it stays in the buffer. */
static bool
receive_first_line(int fd, struct strbuf *b, size_t *body, int timeout_ms)
{
	char piece[4096];

	for (;;) {
		ssize_t n = receive(fd, piece, sizeof(piece), timeout_ms);
		char *newline;

		if (n <= 0) {
			if (n == 0)
				errno = ECONNRESET;
			return false;
		}
		strbuf_append_n(b, piece, (size_t)n);
		if (b->failed)
			return false;
		newline = memchr(b->data, '\n', b->len);
		if (newline != NULL) {
			*newline = '\0';
			*body = (size_t)(newline - b->data) + 1;
			return true;
		}
		if (b->len > FIRST_LINE_MAX) {
			errno = EPROTO;
			return false;
		}
	}
}

/* Each piece is shown as it comes: the answer may go on for days. */
static bool
copy_body(int fd, const char *bytes, size_t len, int timeout_ms, FILE *to)
{
	char piece[16384];
	ssize_t n = -1;

	fwrite(bytes, 1, len, to);
	while (fflush(to) == 0 && (n = receive(fd, piece, sizeof(piece), timeout_ms)) > 0)
		fwrite(piece, 1, (size_t)n, to);
	return ferror(to) == 0 && n == 0;
}

/* "error CODE text": the text is for people, the code for us. */
static int
show_error(const char *line)
{
	const char *code = line + strlen("error ");
	const char *text = strchr(code, ' ');

	if (strncmp(code, "usage ", 6) == 0) {
		fprintf(stderr, "sipkeepctl: %s\n", code + 6);
		return EXIT_USAGE;
	}
	fprintf(stderr, "sipkeepctl: %.*s:%s\n", text != NULL ? (int)(text - code) : (int)strlen(code), code,
	    text != NULL ? text : "");
	return EXIT_REFUSED;
}

static int
show_answer(int fd, struct strbuf *b, int timeout_ms)
{
	size_t body;
	int status;

	if (!receive_first_line(fd, b, &body, timeout_ms)) {
		fprintf(stderr, "sipkeepctl: no answer: %s\n", strerror(errno));
		return EXIT_NO_DAEMON;
	}
	if (strcmp(b->data, "ok") == 0)
		status = EXIT_SUCCESS;
	else if (strncmp(b->data, "error ", 6) == 0)
		status = show_error(b->data);
	else {
		fprintf(stderr, "sipkeepctl: that is not sipkeepd: its answer makes no sense\n");
		return EXIT_NO_DAEMON;
	}
	if (!copy_body(fd, b->data + body, b->len - body, timeout_ms, status == EXIT_SUCCESS ? stdout : stderr)) {
		fprintf(stderr, "sipkeepctl: the answer broke off: %s\n", strerror(errno));
		return status == EXIT_SUCCESS ? EXIT_NO_DAEMON : status;
	}
	return status;
}

static int
ask(const char *path, const struct strbuf *request, int timeout_ms)
{
	struct strbuf answer = { 0 };
	int fd = connect_to(path);
	int status;

	if (fd < 0) {
		fprintf(stderr, "sipkeepctl: %s: %s; is sipkeepd running?\n", path, strerror(errno));
		return EXIT_NO_DAEMON;
	}
	if (send_all(fd, request->data, request->len))
		status = show_answer(fd, &answer, timeout_ms);
	else {
		fprintf(stderr, "sipkeepctl: %s: %s\n", path, strerror(errno));
		status = EXIT_NO_DAEMON;
	}
	strbuf_fini(&answer);
	close(fd);
	return status;
}

static bool
follows(char *const words[])
{
	for (size_t i = 1; strcmp(words[0], "events") == 0 && words[i] != NULL; i++)
		if (strcmp(words[i], "--follow") == 0)
			return true;
	return false;
}

int
main(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	const char *path = SIPKEEPD_RUNSTATEDIR "/sipkeepd/control";
	struct strbuf request = { 0 };
	int option, status;

	while ((option = getopt_long(argc, argv, "+s:h", longs, NULL)) != -1) {
		switch (option) {
		case 's':
			path = optarg;
			break;
		case 'h':
			print_help(stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("sipkeepctl " PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			print_help(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc || !known_command(argv[optind])) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	/* A wait and who follows may take as long as it takes: the daemon ends it. */
	status = !build_request(&request, argv + optind) ? EXIT_USAGE
	    : ask(path, &request, strcmp(argv[optind], "wait") == 0 || follows(argv + optind) ? -1 : ANSWER_MS);
	if (status == EXIT_SUCCESS && follows(argv + optind)) {
		fprintf(stderr, "sipkeepctl: the daemon has ended, or it did not wait for us\n");
		status = EXIT_NO_DAEMON;
	}
	strbuf_fini(&request);
	return status;
}
