/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/loop.h"
#include "net/stream.h"

enum { IDLE_MS = 250, LATE_MS = 4 * IDLE_MS };

static char dir[64], path[96], error[256];
static struct loop *loop;
static struct timer *end;
static struct stream_listener *listener;

/* What the user of the listener saw, and does on a line. */
static struct {
	unsigned lines, nulls, gone, drained;
	char line[STREAM_LINE_MAX + 1];
	struct stream *stream;
	bool keep;		/* answer later */
	bool drips;		/* in pieces, each when the one before is taken */
	size_t answer;		/* bytes; 0: "ok\n" */
	int write_result;
} user;

static void
on_line(void *arg, struct stream *stream, const char *line)
{
	static char many[1 << 20];

	(void)arg;
	user.lines++;
	user.stream = stream;
	if (!line)
		user.nulls++;
	else
		strcpy(user.line, line);
	if (user.keep)
		return;
	memset(many, 'x', sizeof(many));
	if (user.answer == 0)
		user.write_result = stream_write(stream, "ok\n", 3);
	for (size_t done = 0; done < user.answer; done += sizeof(many))
		user.write_result = stream_write(stream, many, sizeof(many));
	stream_finish(stream);
}

static void
on_gone(void *arg, struct stream *stream)
{
	(void)arg;
	ck_assert_ptr_eq(stream, user.stream);
	user.gone++;
}

/* user.answer bytes in pieces, the next one when the last was taken. */
static void
on_drained(void *arg, struct stream *stream)
{
	static char piece[65536];

	(void)arg;
	user.drained++;
	if (!user.drips)
		return;
	if (user.answer == 0) {
		stream_finish(stream);
		return;
	}
	user.answer -= sizeof(piece);
	ck_assert_int_eq(stream_write(stream, piece, sizeof(piece)), 0);
}

static const struct stream_events events = { on_line, on_gone, on_drained };

static void
on_end(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void
run_ms(int ms)
{
	timer_set(end, instant_add(loop_now(loop), ms));
	loop_run(loop);
}

static struct stream_listener *
listen_at(const char *at, const char *group)
{
	struct stream_place place = { .path = at, .directory = -1, .owner = (uid_t)-1, .group = group };

	return stream_listen(loop, &place, &events, NULL, error);
}

static void
setup(void)
{
	memset(&user, 0, sizeof(user));
	strcpy(dir, "test-stream.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/control", dir);
	loop = loop_new();
	end = timer_new(loop, on_end, NULL);
	listener = listen_at(path, NULL);
	ck_assert_msg(listener != NULL, "%s", error);
	stream_listener_set_idle(listener, IDLE_MS);
}

static void
teardown(void)
{
	stream_listener_free(listener);
	timer_free(end);
	loop_free(loop);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);	/* nothing was left behind */
}

static int
client(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strcpy(name.sun_path, path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

static void
say(int fd, const char *bytes, size_t len)
{
	ck_assert_int_eq(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Bytes until the end of the connection; -1 if it has not ended. */
static long
read_to_end(int fd, size_t *total)
{
	char piece[65536];
	ssize_t n;

	while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
		*total += (size_t)n;
	return n == 0 || errno != EAGAIN ? (long)*total : -1;
}

/* The same, with time to come to an end. */
static long
wait_for_end(int fd, size_t *total)
{
	long result = -1;

	for (int i = 0; i < 300 && (result = read_to_end(fd, total)) < 0; i++)
		run_ms(10);
	return result;
}

static void
wait_for_lines(unsigned lines)
{
	for (int i = 0; i < 300 && user.lines < lines; i++)
		run_ms(10);
	ck_assert_uint_eq(user.lines, lines);
}

static void
wait_for_gone(void)
{
	for (int i = 0; i < 300 && user.gone == 0; i++)
		run_ms(10);
	ck_assert_uint_eq(user.gone, 1);
}

static bool
ended(int fd)
{
	size_t total = 0;

	return read_to_end(fd, &total) >= 0;
}

START_TEST(test_line)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *line;	/* NULL: none */
	} cases[] = {
		{ "status\n", 7, "status" },
		{ "status --json\r\n", 15, "status --json" },
		{ "\n", 1, "" },
		{ "one\ntwo\n", 8, "one" },		/* one request a connection */
		{ "a\0b\n", 4, NULL },
		{ "\xff\xfe\x01\n", 4, "\xff\xfe\x01" },	/* what it means is decided above */
	};

	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		size_t total = 0;
		int fd = client();

		user.lines = user.nulls = 0;
		say(fd, cases[i].bytes, cases[i].len);
		wait_for_lines(1);
		ck_assert_uint_eq(user.nulls, cases[i].line == NULL);
		if (cases[i].line)
			ck_assert_str_eq(user.line, cases[i].line);
		ck_assert_int_eq(wait_for_end(fd, &total), 3);
		close(fd);
	}
	ck_assert_uint_eq(user.gone, 0);
}
END_TEST

START_TEST(test_long_lines)
{
	static char bytes[3 * STREAM_LINE_MAX];
	static const struct {
		size_t len;
		bool newline, too_long;
	} cases[] = {
		{ STREAM_LINE_MAX, true, false },
		{ STREAM_LINE_MAX + 1, true, true },
		{ sizeof(bytes) - 1, true, true },
		{ sizeof(bytes) - 1, false, true },
	};

	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		size_t total = 0;
		int fd = client();

		user.lines = user.nulls = 0;
		say(fd, bytes, cases[i].len);
		if (cases[i].newline)
			say(fd, "\n", 1);
		wait_for_lines(1);
		ck_assert_msg((user.nulls == 1) == cases[i].too_long, "case %zu", i);
		wait_for_end(fd, &total);
		ck_assert_msg(total == 3, "case %zu: the answer arrives all the same", i);
		close(fd);
	}
}
END_TEST

/* A line may come in pieces, in good time. */
START_TEST(test_pieces)
{
	int fd = client();

	say(fd, "sta", 3);
	run_ms(20);
	ck_assert_uint_eq(user.lines, 0);
	say(fd, "tus\n", 4);
	wait_for_lines(1);
	ck_assert_str_eq(user.line, "status");
	close(fd);
}
END_TEST

/* Who says nothing, and who drips a byte now and then, are closed; the user never hears of them. */
START_TEST(test_silent_and_slow)
{
	int silent = client(), slow = client();

	for (int ms = 0; ms < LATE_MS; ms += 50) {
		(void)send(slow, "x", 1, MSG_NOSIGNAL);
		run_ms(50);
	}
	ck_assert(ended(silent));
	ck_assert(ended(slow));
	ck_assert_uint_eq(user.lines, 0);
	ck_assert_uint_eq(user.gone, 0);
	close(silent);
	close(slow);
}
END_TEST

/* The user may take longer than the client could: the time is not the client's. */
START_TEST(test_late_answer)
{
	size_t total = 0;
	int fd = client();

	user.keep = true;
	say(fd, "wait\n", 5);
	run_ms(LATE_MS);
	ck_assert_uint_eq(user.gone, 0);
	ck_assert_int_eq(read_to_end(fd, &total), -1);
	ck_assert_int_eq(stream_write(user.stream, "yes\n", 4), 0);
	for (int i = 0; i < 300 && total < 4; i++) {
		run_ms(10);
		read_to_end(fd, &total);
	}
	ck_assert_int_eq(read_to_end(fd, &total), -1);
	ck_assert_uint_eq(total, 4);
	stream_finish(user.stream);
	ck_assert_int_eq(wait_for_end(fd, &total), 4);
	close(fd);
}
END_TEST

START_TEST(test_gone_while_waiting)
{
	int fd = client();

	user.keep = true;
	say(fd, "wait\n", 5);
	wait_for_lines(1);
	close(fd);
	wait_for_gone();
}
END_TEST

START_TEST(test_gone_before_line)
{
	int fd = client();

	say(fd, "stat", 4);
	run_ms(20);
	close(fd);
	run_ms(20);
	ck_assert_uint_eq(user.lines, 0);
	ck_assert_uint_eq(user.gone, 0);
}
END_TEST

/* `nc -N`: the sending side is closed, the answer still wanted. */
START_TEST(test_half_closed)
{
	size_t total = 0;
	int fd = client();

	user.answer = 8 << 20;
	say(fd, "status\n", 7);
	shutdown(fd, SHUT_WR);
	wait_for_lines(1);
	run_ms(20);
	ck_assert_int_eq(wait_for_end(fd, &total), 8 << 20);
	ck_assert_uint_eq(user.gone, 0);
	close(fd);
}
END_TEST

/* The same with an answer that comes in pieces, and with one that does not come: that client may have gone. */
START_TEST(test_half_closed_and_unfinished)
{
	size_t total = 0;
	int piecewise = client(), waiting = client();

	user.keep = true;
	say(piecewise, "status\n", 7);
	wait_for_lines(1);
	ck_assert_int_eq(stream_write(user.stream, "y", 1), 0);
	shutdown(piecewise, SHUT_WR);
	run_ms(20);
	ck_assert_uint_eq(user.gone, 0);
	ck_assert_int_eq(stream_write(user.stream, "es\n", 3), 0);
	stream_finish(user.stream);
	ck_assert_int_eq(wait_for_end(piecewise, &total), 4);
	close(piecewise);

	say(waiting, "wait\n", 5);
	shutdown(waiting, SHUT_WR);
	wait_for_lines(2);
	close(waiting);
	wait_for_gone();
}
END_TEST

/* A big answer reaches who reads it slowly, and ends who does not read at all. */
START_TEST(test_big_answer)
{
	size_t total = 0;
	int reader = client(), other = client();

	user.answer = 8 << 20;
	say(reader, "status\n", 7);
	say(other, "status\n", 7);
	wait_for_end(reader, &total);
	ck_assert_uint_eq(total, user.answer);
	ck_assert_int_eq(user.write_result, 0);
	run_ms(LATE_MS);
	total = 0;
	ck_assert_int_ge(read_to_end(other, &total), 0);	/* closed */
	ck_assert_uint_lt(total, user.answer);
	close(reader);
	close(other);
}
END_TEST

/* The same while the user has not finished: then it is told. */
START_TEST(test_stuck_and_unfinished)
{
	static char many[4 << 20];
	int fd = client();

	user.keep = true;
	say(fd, "status\n", 7);
	wait_for_lines(1);
	ck_assert_int_eq(stream_write(user.stream, many, sizeof(many)), 0);
	run_ms(LATE_MS);
	wait_for_gone();
	close(fd);
}
END_TEST

/* A long answer goes out as fast as it is taken, and no faster. */
START_TEST(test_drained)
{
	size_t total = 0;
	int fd = client();

	user.keep = user.drips = true;
	user.answer = 256 * 65536;
	say(fd, "status\n", 7);
	wait_for_lines(1);
	run_ms(20);
	ck_assert_uint_eq(user.drained, 0);
	ck_assert_int_eq(stream_write(user.stream, "ok\n", 3), 0);
	run_ms(IDLE_MS / 2);
	ck_assert_uint_lt(user.drained, 128);	/* nobody reads: what the kernel holds, and one piece */
	ck_assert_int_eq(wait_for_end(fd, &total), 3 + 256 * 65536);
	ck_assert_uint_eq(user.drained, 257);
	ck_assert_uint_eq(user.gone, 0);
	close(fd);
}
END_TEST

START_TEST(test_queue_is_bounded)
{
	static char many[4 << 20];
	int result = 0, fd = client();
	unsigned writes = 0;

	user.keep = true;
	say(fd, "status\n", 7);
	wait_for_lines(1);
	while (result == 0 && ++writes < 100)
		result = stream_write(user.stream, many, sizeof(many));
	ck_assert_int_eq(result, -ENOMEM);
	ck_assert_uint_eq(writes, STREAM_QUEUE_MAX / sizeof(many) + 1);
	close(fd);
}
END_TEST

/* Bytes without end behind the line end the connection. */
START_TEST(test_greedy)
{
	static char bytes[65536];
	size_t sent = 0;
	int fd = client();

	user.keep = true;
	memset(bytes, 'x', sizeof(bytes));
	say(fd, "wait\n", 5);
	for (int i = 0; i < 100; i++) {
		ssize_t n = send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);

		sent += n > 0 ? (size_t)n : 0;
		run_ms(2);
	}
	ck_assert_uint_lt(sent, 2 << 20);
	ck_assert_uint_eq(user.lines, 1);
	ck_assert_uint_eq(user.gone, 1);
	close(fd);
}
END_TEST

/* More than the limit wait in the kernel and have their turn. */
START_TEST(test_many_clients)
{
	int fd[STREAM_CLIENTS_MAX + 8];

	user.keep = true;
	for (size_t i = 0; i < UNIT_COUNT(fd); i++) {
		fd[i] = client();
		say(fd[i], "x\n", 2);
	}
	wait_for_lines(STREAM_CLIENTS_MAX);
	run_ms(20);
	ck_assert_uint_eq(user.lines, STREAM_CLIENTS_MAX);
	stream_finish(user.stream);
	wait_for_lines(STREAM_CLIENTS_MAX + 1);
	for (size_t i = 0; i < UNIT_COUNT(fd); i++)
		close(fd[i]);
}
END_TEST

/* Who holds all places and says nothing does not keep others out. */
START_TEST(test_idlers_give_way)
{
	int fd[STREAM_CLIENTS_MAX], late;
	size_t total = 0;

	stream_listener_set_idle(listener, 60000);
	for (size_t i = 0; i < UNIT_COUNT(fd); i++) {
		fd[i] = client();
		run_ms(2);		/* the first one is the oldest */
	}
	say(fd[1], "no end", 6);
	late = client();
	say(late, "status\n", 7);
	ck_assert_int_eq(wait_for_end(late, &total), 3);
	total = 0;
	ck_assert_int_eq(wait_for_end(fd[0], &total), 0);
	say(fd[2], "status\n", 7);
	ck_assert_int_eq(wait_for_end(fd[2], &total), 3);
	for (size_t i = 0; i < UNIT_COUNT(fd); i++)
		close(fd[i]);
	close(late);
}
END_TEST

START_TEST(test_permissions)
{
	struct stat st;
	struct group *group = getgrgid(getgid());
	struct stream_listener *other;
	char other_path[128];

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	snprintf(other_path, sizeof(other_path), "%s/other", dir);
	umask(0777);
	if (group) {
		other = listen_at(other_path, group->gr_name);
		ck_assert_msg(other != NULL, "%s", error);
		ck_assert_int_eq(stat(other_path, &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0660);
		ck_assert_uint_eq(st.st_gid, getgid());
		stream_listener_free(other);
		ck_assert_int_ne(access(other_path, F_OK), 0);
	}
	ck_assert_ptr_null(listen_at(other_path, "no-such-group"));
	ck_assert_ptr_nonnull(strstr(error, "no-such-group"));
	ck_assert_int_ne(access(other_path, F_OK), 0);
}
END_TEST

/* Another owner at once, in a directory that is his; a held directory is used even when its path leads elsewhere. */
START_TEST(test_owner)
{
	struct stream_place place = { .owner = 65534, .directory = -1 };
	struct stream_listener *other;
	char sub[128], moved[128], other_path[160];
	struct stat st;

	if (geteuid() != 0)
		return;
	snprintf(sub, sizeof(sub), "%s/sub", dir);
	snprintf(moved, sizeof(moved), "%s/moved", dir);
	snprintf(other_path, sizeof(other_path), "%s/control", sub);
	ck_assert_int_eq(mkdir(sub, 0755), 0);
	ck_assert_int_eq(chown(sub, 65534, (gid_t)-1), 0);
	place.path = other_path;
	place.directory = open(sub, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(rename(sub, moved), 0);
	ck_assert_int_eq(symlink("/", sub), 0);
	other = stream_listen(loop, &place, &events, NULL, error);
	ck_assert_msg(other != NULL, "%s", error);
	ck_assert_int_eq(unlink(sub), 0);
	ck_assert_int_eq(rename(moved, sub), 0);
	ck_assert_int_eq(lstat(other_path, &st), 0);
	ck_assert_uint_eq(st.st_uid, 65534);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	stream_listener_free(other);
	close(place.directory);
	ck_assert_int_eq(rmdir(sub), 0);
}
END_TEST

START_TEST(test_two_on_one_path)
{
	ck_assert_ptr_null(listen_at(path, NULL));
	ck_assert_ptr_nonnull(strstr(error, "another program listens"));
	close(client());	/* the first goes on */
}
END_TEST

/* A socket that a crash left is replaced; a successor's is left alone. */
START_TEST(test_dead_socket)
{
	char kept[128];
	struct stream_listener *next;

	snprintf(kept, sizeof(kept), "%s/kept", dir);
	ck_assert_int_eq(rename(path, kept), 0);
	stream_listener_free(listener);
	ck_assert_int_eq(rename(kept, path), 0);	/* nobody behind it any more */
	listener = listen_at(path, NULL);
	ck_assert_msg(listener != NULL, "%s", error);

	ck_assert_int_eq(unlink(path), 0);
	next = listen_at(path, NULL);
	ck_assert_ptr_nonnull(next);
	stream_listener_free(listener);
	listener = next;
	close(client());
}
END_TEST

START_TEST(test_bad_paths)
{
	char long_path[300], text[128];
	int fd;

	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	ck_assert_ptr_null(listen_at(long_path, NULL));
	long_path[108] = '\0';
	ck_assert_ptr_null(listen_at(long_path, NULL));
	ck_assert_int_ne(access(long_path, F_OK), 0);
	long_path[107] = '\0';		/* the longest that clients can name */
	stream_listener_free(listener);
	listener = listen_at(long_path, NULL);
	ck_assert_msg(listener != NULL, "%s", error);
	snprintf(text, sizeof(text), "%s/none/control", dir);
	ck_assert_ptr_null(listen_at(text, NULL));
	snprintf(text, sizeof(text), "%s/file", dir);
	fd = open(text, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	ck_assert_ptr_null(listen_at(text, NULL));
	ck_assert_ptr_nonnull(strstr(error, "no socket"));
	ck_assert_int_eq(unlink(text), 0);
}
END_TEST

static Suite *
stream_suite(void)
{
	Suite *s = suite_create("stream");
	TCase *c = tcase_create("stream");

	tcase_set_timeout(c, 30);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_line);
	tcase_add_test(c, test_long_lines);
	tcase_add_test(c, test_pieces);
	tcase_add_test(c, test_silent_and_slow);
	tcase_add_test(c, test_late_answer);
	tcase_add_test(c, test_gone_while_waiting);
	tcase_add_test(c, test_gone_before_line);
	tcase_add_test(c, test_half_closed);
	tcase_add_test(c, test_half_closed_and_unfinished);
	tcase_add_test(c, test_idlers_give_way);
	tcase_add_test(c, test_big_answer);
	tcase_add_test(c, test_stuck_and_unfinished);
	tcase_add_test(c, test_drained);
	tcase_add_test(c, test_queue_is_bounded);
	tcase_add_test(c, test_greedy);
	tcase_add_test(c, test_many_clients);
	tcase_add_test(c, test_permissions);
	tcase_add_test(c, test_owner);
	tcase_add_test(c, test_two_on_one_path);
	tcase_add_test(c, test_dead_socket);
	tcase_add_test(c, test_bad_paths);
	suite_add_tcase(s, c);
	return s;
}

UNIT_MAIN(stream_suite)
