/* SPDX-License-Identifier: ISC */
#include "sip/clienttx.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "net/entropy.h"
#include "sip/wire.h"

/*
 *  state        timer due                      1xx          final answer   ICMP, broken  send refused
 *  NEW          -                              -            -              -             LOST
 *  TRYING       copy, T1 doubling; or SILENT   PROCEEDING   ANSWER, gone   UNREACHABLE   told at once
 *  PROCEEDING   copy, T2; or SILENT            -            ANSWER, gone   UNREACHABLE   told at once
 *  LOST         UNREACHABLE or LOCAL, gone     -            -              -             -
 *
 *  RFC 3261 figure 6 without Completed: what comes late is unmatched, as the transaction is gone.
 */
enum state {
	STATE_NEW,		/* begun, not sent */
	STATE_TRYING,
	STATE_PROCEEDING,	/* a provisional answer has come */
	STATE_LOST,		/* the first copy was refused; told at the next turn of the loop */
};

#define COOKIE "z9hG4bK"

enum {
	COOKIE_LEN = sizeof(COOKIE) - 1,
	SECRET_LEN = 24,
	BRANCH_LEN = COOKIE_LEN + 8 + 8 + SECRET_LEN,	/* slot and generation, eight hex digits each */
};
_Static_assert(BRANCH_LEN + 1 == SIP_BRANCH_SIZE, "a branch fills its buffer");

struct transaction {
	LIST_ENTRY(transaction) link;
	struct clienttx_table *table;
	struct handle id, owner;
	enum state state;
	char branch[SIP_BRANCH_SIZE];
	struct peer to;
	uint8_t dscp;
	char *request;
	size_t len;
	size_t method_len;		/* the request begins with its method */
	struct timer *timer;
	int interval_ms;		/* between the last copy and the next */
	struct instant began;
	struct instant next_copy;	/* INSTANT_NEVER on reliable transports */
	struct instant end;
	bool sent;			/* some copy has left */
	int error;			/* of the last copy that could not be sent */
};

LIST_HEAD(transaction_list, transaction);

struct clienttx_table {
	struct loop *loop;
	const struct wire *wire;
	struct drops *drops;
	struct tally *tally;		/* or NULL */
	void (*on_end)(void *arg, const struct clienttx_result *result);
	void *arg;
	struct handle_table handles;
	struct transaction_list all;
};

static void
transaction_free(struct transaction *tx)
{
	handle_remove(&tx->table->handles, tx->id);
	LIST_REMOVE(tx, link);
	timer_free(tx->timer);
	free(tx->request);
	free(tx);
}

struct clienttx_table *
clienttx_table_new(struct loop *loop, const struct wire *wire, struct drops *drops,
    void (*on_end)(void *arg, const struct clienttx_result *result), void *arg)
{
	struct clienttx_table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->loop = loop;
	table->wire = wire;
	table->drops = drops;
	table->on_end = on_end;
	table->arg = arg;
	LIST_INIT(&table->all);
	return table;
}

void
clienttx_table_set_tally(struct clienttx_table *table, struct tally *tally)
{
	table->tally = tally;
}

void
clienttx_table_free(struct clienttx_table *table)
{
	struct transaction *tx;

	if (table == NULL)
		return;
	while ((tx = LIST_FIRST(&table->all)) != NULL)
		transaction_free(tx);
	handle_table_fini(&table->handles);
	free(table);
}

/* The transaction is gone when its owner hears of it. */
static void
finish(struct transaction *tx, struct clienttx_result *result)
{
	struct clienttx_table *table = tx->table;

	result->id = tx->id;
	result->owner = tx->owner;
	result->to = tx->to;
	result->began = tx->began;
	if (result->text == NULL)
		result->text = result->error != 0 ? strerror(-result->error) : transport_failure_str(result->failure);
	transaction_free(tx);
	table->on_end(table->arg, result);
}

static bool
unreachable(int error)
{
	return error == -ECONNREFUSED || error == -EHOSTUNREACH || error == -ENETUNREACH ||
	    error == -ENETDOWN;
}

/* The next copy may fare better. */
static bool
transient(int error)
{
	return error == -EAGAIN || error == -EWOULDBLOCK || error == -ENOBUFS || error == -EINTR;
}

static void
finish_refused(struct transaction *tx)
{
	struct clienttx_result result = {
		.end = unreachable(tx->error) ? CLIENTTX_UNREACHABLE : CLIENTTX_LOCAL,
		.error = tx->error,
		.failure = tx->error == -EHOSTUNREACH ? TRANSPORT_HOST_UNREACHABLE :
		    tx->error == -ENETUNREACH || tx->error == -ENETDOWN ? TRANSPORT_NET_UNREACHABLE : TRANSPORT_PORT_UNREACHABLE,
	};

	finish(tx, &result);
}

/* Silence after copies that never left says nothing about the server. */
static void
finish_silent(struct transaction *tx)
{
	struct clienttx_result result = { .end = CLIENTTX_SILENT };

	if (!tx->sent)
		finish_refused(tx);
	else
		finish(tx, &result);
}

/* Returns false if the transport refuses for good. */
static bool
send_copy(struct transaction *tx)
{
	int error = wire_send(tx->table->wire, &tx->to, tx->dscp, tx->request, tx->len);

	if (error == 0) {
		tx->sent = true;
		if (tx->table->tally != NULL)
			tally_count(tx->table->tally, TALLY_OUT, (struct span){ tx->request, tx->method_len }, 0);
		return true;
	}
	tx->error = error;
	return transient(error);
}

static void
arm(struct transaction *tx)
{
	timer_set(tx->timer, instant_min(tx->next_copy, tx->end));
}

/* From when the last copy was due, so that a late loop adds no drift; a long stop makes no burst. */
static void
plan_next_copy(struct transaction *tx, struct instant now)
{
	int doubled = 2 * tx->interval_ms;

	tx->interval_ms = tx->state == STATE_PROCEEDING || doubled > SIP_T2_MS ? SIP_T2_MS : doubled;
	tx->next_copy = instant_add(tx->next_copy, tx->interval_ms);
	if (instant_due(tx->next_copy, now))
		tx->next_copy = instant_add(now, tx->interval_ms);
}

static void
on_due(void *arg)
{
	struct transaction *tx = arg;
	struct instant now = loop_now(tx->table->loop);

	switch (tx->state) {
	case STATE_NEW:
		break;
	case STATE_LOST:
		finish_refused(tx);
		return;
	case STATE_TRYING:
	case STATE_PROCEEDING:
		if (instant_due(tx->end, now)) {
			finish_silent(tx);
			return;
		}
		if (instant_due(tx->next_copy, now)) {
			if (!send_copy(tx)) {
				finish_refused(tx);
				return;
			}
			plan_next_copy(tx, now);
		}
		arm(tx);
	}
}

struct handle
clienttx_begin(struct clienttx_table *table, char branch[SIP_BRANCH_SIZE])
{
	struct transaction *tx = calloc(1, sizeof(*tx));
	char secret[SECRET_LEN + 1];

	branch[0] = '\0';
	if (tx == NULL)
		return (struct handle){ 0 };
	tx->timer = timer_new(table->loop, on_due, tx);
	if (tx->timer != NULL)
		tx->id = handle_add(&table->handles, tx);
	if (handle_none(tx->id)) {
		timer_free(tx->timer);
		free(tx);
		return (struct handle){ 0 };
	}
	tx->table = table;
	LIST_INSERT_HEAD(&table->all, tx, link);
	entropy_hex(secret, SECRET_LEN);
	snprintf(tx->branch, sizeof(tx->branch), COOKIE "%08x%08x%s", (unsigned)tx->id.index,
	    (unsigned)tx->id.generation, secret);
	memcpy(branch, tx->branch, SIP_BRANCH_SIZE);
	return tx->id;
}

static bool
keep_request(struct transaction *tx, const void *request, size_t len)
{
	const char *blank;

	tx->request = malloc(len > 0 ? len : 1);
	if (tx->request == NULL)
		return false;
	memcpy(tx->request, request, len);
	tx->len = len;
	blank = memchr(tx->request, ' ', len);
	tx->method_len = blank != NULL ? (size_t)(blank - tx->request) : len;
	return true;
}

int
clienttx_send(struct clienttx_table *table, struct handle id, const struct peer *to, uint8_t dscp,
    const void *request, size_t len, int timeout_ms, struct handle owner)
{
	struct transaction *tx = handle_get(&table->handles, id);
	struct instant now = loop_now(table->loop);

	if (tx == NULL)
		return -ENOENT;
	assert(tx->state == STATE_NEW);
	if (!keep_request(tx, request, len)) {
		transaction_free(tx);
		return -ENOMEM;
	}
	tx->to = *to;
	tx->dscp = dscp;
	tx->owner = owner;
	tx->began = now;
	tx->end = instant_add(now, timeout_ms);
	tx->interval_ms = SIP_T1_MS;
	tx->next_copy = to->transport == SIP_UDP ? instant_add(now, SIP_T1_MS) : INSTANT_NEVER;
	tx->state = STATE_TRYING;
	if (send_copy(tx)) {
		arm(tx);
	} else {
		tx->state = STATE_LOST;
		timer_set(tx->timer, now);
	}
	return 0;
}

void
clienttx_drop(struct clienttx_table *table, struct handle id)
{
	struct transaction *tx = handle_get(&table->handles, id);

	if (tx != NULL)
		transaction_free(tx);
}

static bool
take_hex(const char *text, uint32_t *value)
{
	*value = 0;
	for (size_t i = 0; i < 8; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			*value = *value << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* The transaction of a branch that is on its way, or NULL. */
static struct transaction *
find(struct clienttx_table *table, struct span branch)
{
	struct transaction *tx;
	struct handle id;

	if (branch.len != BRANCH_LEN || memcmp(branch.at, COOKIE, COOKIE_LEN) != 0 ||
	    !take_hex(branch.at + COOKIE_LEN, &id.index) || !take_hex(branch.at + COOKIE_LEN + 8, &id.generation))
		return NULL;
	tx = handle_get(&table->handles, id);
	if (tx == NULL || memcmp(branch.at, tx->branch, BRANCH_LEN) != 0)
		return NULL;
	return tx->state == STATE_TRYING || tx->state == STATE_PROCEEDING ? tx : NULL;
}

static bool
answers(const struct transaction *tx, const struct peer *from, const struct message *answer)
{
	return !answer->request && from->transport == tx->to.transport &&
	    address_same_ip(&from->address, &tx->to.address) && answer->cseq_method.len == tx->method_len &&
	    memcmp(answer->cseq_method.at, tx->request, tx->method_len) == 0;
}

void
clienttx_on_answer(struct clienttx_table *table, const struct peer *from, const struct address *local,
    const struct message *answer)
{
	struct transaction *tx = find(table, answer->via_branch);
	struct clienttx_result result = { .end = CLIENTTX_ANSWER, .answer = answer, .local = local };

	if (tx == NULL || !answers(tx, from, answer)) {
		table->drops->count[DROP_UNMATCHED]++;
		return;
	}
	if (answer->status < 200)
		tx->state = STATE_PROCEEDING;	/* the copy under way goes as planned, then T2 (RFC 3261 §17.1.2.2) */
	else
		finish(tx, &result);
}

/* The branch in a quotation of our own bytes, which may end early. */
static struct span
quoted_branch(const uint8_t *quoted, size_t len)
{
	const char *at = len >= BRANCH_LEN ? memmem(quoted, len, COOKIE, COOKIE_LEN) : NULL;

	if (at == NULL || len - (size_t)(at - (const char *)quoted) < BRANCH_LEN)
		return (struct span){ 0 };
	return (struct span){ at, BRANCH_LEN };
}

void
clienttx_on_unreachable(struct clienttx_table *table, const struct peer *to, enum transport_failure failure,
    const uint8_t *quoted, size_t len)
{
	struct transaction *tx = find(table, quoted_branch(quoted, len));
	struct clienttx_result result = {
		/* A server with another name than an account wants is no dead server. */
		.end = failure == TRANSPORT_OTHER_NAME ? CLIENTTX_LOCAL : CLIENTTX_UNREACHABLE,
		.failure = failure,
	};

	/* All that is quoted is ours: a forger would have to know the request, not only its branch. */
	if (tx == NULL || !peer_equal(to, &tx->to) || memcmp(quoted, tx->request, len < tx->len ? len : tx->len) != 0) {
		table->drops->count[DROP_UNQUOTED]++;
		return;
	}
	finish(tx, &result);
}

size_t
clienttx_on_broken(struct clienttx_table *table, const struct peer *peer, enum transport_failure failure,
    const char *text)
{
	struct transaction_list broken = LIST_HEAD_INITIALIZER(broken);
	struct transaction *tx, *next;
	size_t count = 0;

	/* Put aside first: what their owners begin anew has not been lost, and what they drop goes from there too. */
	for (tx = LIST_FIRST(&table->all); tx != NULL; tx = next) {
		next = LIST_NEXT(tx, link);
		if ((tx->state != STATE_TRYING && tx->state != STATE_PROCEEDING) || !peer_equal(peer, &tx->to))
			continue;
		LIST_REMOVE(tx, link);
		LIST_INSERT_HEAD(&broken, tx, link);
		count++;
	}
	while ((tx = LIST_FIRST(&broken)) != NULL) {
		struct clienttx_result result = { .end = CLIENTTX_UNREACHABLE, .failure = failure, .text = text };

		finish(tx, &result);
	}
	return count;
}

size_t
clienttx_pending(const struct clienttx_table *table)
{
	return table->handles.used;
}
