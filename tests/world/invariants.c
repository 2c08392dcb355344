/* SPDX-License-Identifier: ISC */
/*
 * What must hold in every story, checked at every packet by the world itself:
 *
 *  1  An account has one live binding on servers that answer (B30, B38). A second one is excused, for as long as it
 *     lives, when the server where it lies was not well at some time since it was granted there (it was down, hung,
 *     lossy or refusing when it was left), when it challenged our credentials there, when its unregister was sent two
 *     seconds ago and got no answer (B38), when the REGISTER that made it was given up (3), or when the agent was started
 *     again since.
 *  2  CSeq rises by one per Call-ID, and a Call-ID stays with its server, and ends with the agent (B34).
 *  3  No REGISTER while one is pending for the account (B30). Pending ends with a final answer, an ICMP error, timer F;
 *     an unregister is waited for two seconds (B38), and not at all when it only cleans up at a server that was left
 *     before or refused it, or when the account goes back there (B40); a question without Contact for four, or until
 *     the server where the account is was not well; a REGISTER that another server is asked after for four, or until
 *     its server was not well (B37), or the configuration became another one (B71); and all of them until a way was lost or the agent stood still (B60). Nothing
 *     given up like that is sent again, unregisters excepted.
 *  4  Requests go to addresses that the account's configuration names, or that DNS gave for its names; answers go to
 *     who asked (B88).
 *  5  One OPTIONS transaction to a server at a time (B10, B21), unless two reloads have dropped it and listed it again.
 *
 * What is sent must be a SIP message to our own strict parser besides, and a copy must not change its CSeq or goal.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "sip/clienttx.h"
#include "tally.h"

enum {
	UNREGISTER_WAIT_MS = 2000,	/* B38 */
	GIVE_UP_MS = 4000,		/* B37 */
	PROBE_TIMEOUT_MS = 4000,	/* B19 */
	UNHEARD_MS = 330 * 1000,	/* so long it may be held for down after it is well again (B10, B21) */
	FORGET_MS = 2 * SIP_TIMER_F_MS,
};

struct sent {				/* a transaction of the agent, by branch */
	UT_hash_handle hh;
	struct sent *newer;
	char *branch;
	enum happening_kind kind;
	struct address to;
	enum sip_transport transport;
	const char *aor;		/* interned; "" for OPTIONS */
	uint32_t cseq;
	struct instant began;
	struct instant waited_from;	/* an unregister: when the first was sent, if this is the answer to a challenge */
	bool continues;			/* it is */
	bool ended, given_up;
	bool cleans_up;			/* an unregister at a server where the account is no more */
};

struct call {
	UT_hash_handle hh;
	char *id;
	uint32_t cseq;
	struct address to;
	bool past;			/* of an agent that is no more */
};

struct word {
	UT_hash_handle hh;
	struct address registers;	/* of an account: where its last REGISTER went */
	struct instant began;		/* and when it was sent */
	bool ended, refused;		/* and that it was answered */
	bool nowhere;			/* the daemon has begun anew since */
	char text[];
};

struct allowed {
	struct allowed *next;
	const char *aor;
	struct serverfield field;
	uint16_t port;
};

struct leaving {			/* an account that is configured no more */
	struct leaving *next;
	const char *aor;
};

static struct {
	struct sent *by_branch, *oldest, **newest;
	struct call *calls;
	struct word *words;
	struct allowed *allowed;
	struct happening *happenings;
	size_t happening_count, happening_room;
	int64_t probe_timeout_ms;
	bool stopping;
	struct instant changed_at;	/* the configuration became another one */
	struct instant changed_before;	/* and the time before that */
	bool excused;			/* numbers may be missing, and answers */
	struct leaving *leaving;
} seen;

void
invariants_begin(void)
{
	memset(&seen, 0, sizeof(seen));
	seen.newest = &seen.oldest;
	seen.probe_timeout_ms = PROBE_TIMEOUT_MS;
}

static void
forget_oldest(void)
{
	struct sent *s = seen.oldest;

	seen.oldest = s->newer;
	if (seen.oldest == NULL)
		seen.newest = &seen.oldest;
	HASH_DEL(seen.by_branch, s);
	free(s->branch);
	free(s);
}

void
invariants_end(void)
{
	while (seen.leaving != NULL)
		world_leaving(seen.leaving->aor, false);
	while (seen.oldest != NULL)
		forget_oldest();
	while (seen.calls != NULL) {
		struct call *c = seen.calls;

		HASH_DEL(seen.calls, c);
		free(c->id);
		free(c);
	}
	while (seen.words != NULL) {
		struct word *w = seen.words;

		HASH_DEL(seen.words, w);
		free(w);
	}
	while (seen.allowed != NULL) {
		struct allowed *a = seen.allowed;

		seen.allowed = a->next;
		free(a);
	}
	free(seen.happenings);
}

static struct word *
word(const char *text)
{
	struct word *w;

	HASH_FIND_STR(seen.words, text, w);
	if (w == NULL) {
		w = memory(sizeof(*w) + strlen(text) + 1);
		memcpy(w->text, text, strlen(text));
		HASH_ADD_STR(seen.words, text, w);
	}
	return w;
}

static const char *
interned(const char *text)
{
	return word(text)->text;
}

void
world_probe_timeout(int64_t ms)
{
	seen.probe_timeout_ms = ms;
}

void
world_stopping(void)
{
	seen.stopping = true;
}

void
world_restarted(void)
{
	seen.stopping = false;
	for (struct sent *s = seen.oldest; s != NULL; s = s->newer)
		s->ended = true;
	for (struct call *c = seen.calls; c != NULL; c = c->hh.next)
		c->past = true;
	for (struct word *w = seen.words; w != NULL; w = w->hh.next)
		w->nowhere = true;
	for (struct host *host = network_hosts(); host != NULL; host = host->hh.next)
		for (struct binding *b = host->bindings; b != NULL; b = b->next)
			b->abandoned = true;
}

void
world_reconfigured(void)
{
	seen.changed_before = seen.changed_at;
	seen.changed_at = world_now();
}

void
world_leaving(const char *aor, bool leaving)
{
	struct leaving **at = &seen.leaving, *l;

	while (*at != NULL && strcmp((*at)->aor, aor) != 0)
		at = &(*at)->next;
	if ((*at != NULL) == leaving)
		return;
	if (leaving) {
		*at = memory(sizeof(**at));
		(*at)->aor = interned(aor);
		return;
	}
	l = *at;
	*at = l->next;
	free(l);
}

void
world_excuse(void)
{
	seen.excused = true;
	for (struct sent *s = seen.oldest; s != NULL; s = s->newer)
		s->given_up = true;
	network_excuse();
}

/* ---- What happened ---- */

void
happened(enum happening_kind kind, const struct address *to, const char *who, enum dns_type type, int code)
{
	if (seen.happening_count == seen.happening_room) {
		seen.happening_room = seen.happening_room == 0 ? 256 : 2 * seen.happening_room;
		seen.happenings = realloc(seen.happenings, seen.happening_room * sizeof(seen.happenings[0]));
		if (seen.happenings == NULL)
			abort();
	}
	seen.happenings[seen.happening_count++] = (struct happening){ .when = world_now(), .kind = kind, .to = *to,
	    .who = interned(who), .type = type, .code = code };
}

size_t
world_happenings(void)
{
	return seen.happening_count;
}

const struct happening *
world_happening(size_t i)
{
	return &seen.happenings[i];
}

/* ---- 4: who may be sent to ---- */

void
world_allow(const char *aor, const struct serverfield *field, uint16_t port)
{
	struct allowed *a = memory(sizeof(*a));

	a->aor = interned(aor);
	a->field = *field;
	a->port = port;
	a->next = seen.allowed;
	seen.allowed = a;
}

static bool
spec_names(const struct serverspec *spec, uint16_t default_port, const struct address *to)
{
	static const char *const services[] = { "_sip._udp.", "_sip._tcp.", "_sips._tcp." };
	uint16_t port = spec->port != 0 ? spec->port : default_port;
	char service[DNS_NAME_SIZE + 16];

	if (spec->address.family != ADDRESS_NONE)
		return address_same_ip(&spec->address, to) && to->port == port;
	if (to->port == port && dns_told_address(spec->name, to))
		return true;
	for (size_t i = 0; spec->port == 0 && i < sizeof(services) / sizeof(services[0]); i++) {
		snprintf(service, sizeof(service), "%s%s", services[i], spec->name);
		if (dns_told_service(service, to->port, to))
			return true;
	}
	return false;
}

static bool
is_candidate(const char *aor, const struct address *to)	/* aor "": of any account */
{
	for (const struct allowed *a = seen.allowed; a != NULL; a = a->next) {
		if (aor[0] != '\0' && strcmp(aor, a->aor) != 0)
			continue;
		for (size_t i = 0; i < a->field.count; i++) {
			if (spec_names(&a->field.specs[i], a->port, to))
				return true;
		}
	}
	return false;
}

/* ---- 2: Call-ID and CSeq ---- */

static void
check_call(const struct message *m, const struct address *to, const char *where)
{
	char *id = text_copy(m->call_id);
	struct call *c;

	HASH_FIND_STR(seen.calls, id, c);
	if (c == NULL) {
		c = memory(sizeof(*c));
		c->id = id;
		c->to = *to;
		HASH_ADD_KEYPTR(hh, seen.calls, c->id, strlen(c->id), c);
	} else {
		if (m->cseq != c->cseq + 1 && !(seen.excused && m->cseq > c->cseq))
			world_fail("CSeq %u after %u with one Call-ID, to %s (B34)", m->cseq, c->cseq, where);
		if (!address_equal(&c->to, to))
			world_fail("the Call-ID of another server, to %s (B34)", where);
		if (c->past)
			world_fail("a Call-ID of before the restart, to %s (B34)", where);
		tally(TALLY_B34_REFRESH);
		free(id);
	}
	c->cseq = m->cseq;
}

/* ---- 3 and 5: what is pending ---- */

static bool
unwell_since(const struct address *server, struct instant then)
{
	const struct host *host = network_host(server);

	return host == NULL || !host_well(host) || !instant_before(host->unwell, then)
	    || (network_unwell_to(server).ms != 0 && !instant_before(network_unwell_to(server), then));
}

/* Where the account was granted a registration last that still lives; NULL: nowhere. */
static const struct host *
home_of(const char *aor)
{
	const struct host *home = NULL;
	struct instant granted = { 0 };

	for (const struct host *host = network_hosts(); host != NULL; host = host->hh.next) {
		struct instant when;

		if (registrar_binding(host, aor, &when, true) && !instant_before(when, granted)) {
			home = host;
			granted = when;
		}
	}
	return home;
}

/* The account is not there: it has registered elsewhere since, or was refused there. */
static bool
is_left(const char *aor, const struct address *server)
{
	const struct host *home = home_of(aor);
	const struct word *w = word(aor);

	if (w->nowhere)
		return true;
	if (w->registers.family == ADDRESS_NONE)
		return home != NULL && home != network_host(server);
	if (!address_equal(&w->registers, server) || w->refused)
		return true;
	if (w->ended)
		return home != network_host(server);
	return instant_since(w->began, world_now()) >= SIP_TIMER_F_MS;
}

static bool
home_unwell(const char *aor, struct instant then)
{
	const struct host *home = home_of(aor);

	return home != NULL && unwell_since(&home->address, then);
}

static bool
same_server(const struct sent *a, const struct sent *b)
{
	return a->transport == b->transport && address_equal(&a->to, &b->to);
}

/* A clean-up that was challenged, and began before whatever is pending. */
static bool
goes_on_cleaning(const struct sent *old, const struct sent *fresh)
{
	return fresh->kind == HAPPENED_UNREGISTER && !instant_before(old->began, fresh->waited_from) &&
	    instant_before(fresh->waited_from, fresh->began);
}

/* It returns to where it was just taking its binding back (B40): the server takes the two in the order of CSeq. */
static bool
goes_back(const struct sent *old, const struct sent *fresh)
{
	return old->kind == HAPPENED_UNREGISTER && fresh->kind == HAPPENED_REGISTER && same_server(old, fresh);
}

static bool
is_leaving(const char *aor)
{
	for (const struct leaving *l = seen.leaving; l != NULL; l = l->next)
		if (l->aor == aor)
			return true;
	return false;
}

/* The answer to a challenge of an unregister that was there first, and that nobody waits for any more. */
static bool
continues_from_before(const struct sent *old, const struct sent *fresh)
{
	return fresh->continues && !instant_before(old->began, fresh->waited_from);
}

static void
check_pending_register(struct sent *old, const struct sent *fresh, const char *where)
{
	int64_t age = instant_since(old->began, fresh->began);
	char text[ADDRESS_TEXT_SIZE];

	if (continues_from_before(old, fresh))
		return;
	if (age >= SIP_TIMER_F_MS)
		old->ended = true;
	else if (network_cut_since(old->began))
		old->given_up = true;
	else if (goes_on_cleaning(old, fresh))
		return;
	else if (goes_back(old, fresh) || (old->kind == HAPPENED_UNREGISTER && (old->cleans_up ||
	    instant_since(old->waited_from, fresh->began) >= UNREGISTER_WAIT_MS)) ||
	    (old->kind == HAPPENED_QUESTION && (age >= GIVE_UP_MS || home_unwell(fresh->aor, old->began))) ||
	    seen.stopping || is_leaving(fresh->aor))
		old->given_up = true;
	else if (old->kind != HAPPENED_UNREGISTER && !same_server(old, fresh) &&
	    (age >= GIVE_UP_MS || unwell_since(&old->to, instant_add(old->began, -UNHEARD_MS)) ||
	    !instant_before(seen.changed_at, old->began)))
		old->given_up = true;
	else
		world_fail("a REGISTER of %s to %s, while the one to %s is pending for %lld ms (B30)",
		    fresh->aor, where, address_str(&old->to, text), (long long)age);
}

static void
check_pending(const struct sent *fresh, const char *where)
{
	for (struct sent *old = seen.oldest; old != NULL; old = old->newer) {
		if (old == fresh || old->ended || old->given_up)
			continue;
		if (fresh->kind != HAPPENED_OPTIONS && old->aor == fresh->aor)
			check_pending_register(old, fresh, where);
		if (fresh->kind == HAPPENED_OPTIONS && old->kind == HAPPENED_OPTIONS
		    && address_equal(&old->to, &fresh->to) && !network_cut_since(old->began)
		    && old->transport == fresh->transport && instant_before(seen.changed_before, old->began)
		    && instant_since(old->began, fresh->began) < seen.probe_timeout_ms)
			world_fail("a second OPTIONS to %s while one is pending for %lld ms (B21)", where,
			    (long long)instant_since(old->began, fresh->began));
	}
}

static enum happening_kind
kind_of(const struct message *m)
{
	bool all_zero = true;

	if (!span_equal(m->method, "REGISTER"))
		return HAPPENED_OPTIONS;
	if (m->contact_count == 0)
		return HAPPENED_QUESTION;
	for (size_t i = 0; i < m->contact_count; i++) {
		struct span own = m->contacts[i].expires;

		if (!span_equal(span_there(own) ? own : m->expires, "0"))
			all_zero = false;
	}
	return all_zero ? HAPPENED_UNREGISTER : HAPPENED_REGISTER;
}

char *
aor_of(const struct message *request, char *to, size_t room)
{
	struct span s = request->to;
	size_t begin = 0, end;

	while (begin + 4 < s.len && memcmp(s.at + begin, "sip:", 4) != 0)
		begin++;
	begin += 4;
	for (end = begin; end < s.len && s.at[end] != '>' && s.at[end] != ';'; end++)
		;
	snprintf(to, room, "%.*s", begin < s.len ? (int)(end - begin) : 0, s.at + begin);
	return to;
}

static void
check_copy(const struct sent *s, const struct message *m, const struct address *to, const char *where)
{
	if (!address_equal(&s->to, to) || s->cseq != m->cseq)
		world_fail("a copy of a request with another CSeq or goal, to %s", where);
	if (s->ended && !seen.excused)
		world_fail("a copy of a request that was answered, to %s", where);
	if (s->given_up && !seen.excused && s->kind != HAPPENED_UNREGISTER && s->kind != HAPPENED_OPTIONS)
		world_fail("a copy of a REGISTER that was given up, to %s (B37)", where);
}

static void
count_request(const struct sent *fresh)
{
	if (fresh->kind == HAPPENED_QUESTION)
		tally(TALLY_B38_QUESTION);
	else if (fresh->kind == HAPPENED_UNREGISTER && seen.stopping)
		tally(TALLY_B43_STOPPED);
	else if (fresh->cleans_up)
		tally(TALLY_B40_CLEAN);
	for (const struct sent *old = seen.oldest; fresh->kind == HAPPENED_OPTIONS && old != NULL; old = old->newer)
		if (old->kind == HAPPENED_OPTIONS && !old->ended && address_equal(&old->to, &fresh->to) &&
		    instant_since(old->began, fresh->began) == seen.probe_timeout_ms)
			tally(TALLY_B19_SECOND);
}

static void
check_request(const struct message *m, const struct peer *peer, const char *where, bool failed)
{
	const struct address *to = &peer->address;
	static const char *const words[] = { "REGISTER", "REGISTER (unregister)", "REGISTER (question)", "OPTIONS" };
	char aor[320] = "", *branch = text_copy(m->via_branch);
	struct sent *s;

	HASH_FIND_STR(seen.by_branch, branch, s);
	if (s != NULL) {
		free(branch);
		world_story("  -> %s  %s, again%s", where, words[s->kind], failed ? ", not sent" : "");
		check_copy(s, m, to, where);
		s->ended |= failed;
		return;
	}
	while (seen.oldest != NULL && instant_since(seen.oldest->began, world_now()) > FORGET_MS)
		forget_oldest();
	s = memory(sizeof(*s));
	s->branch = branch;
	s->kind = kind_of(m);
	s->to = *to;
	s->transport = peer->transport;
	if (s->kind != HAPPENED_OPTIONS)
		aor_of(m, aor, sizeof(aor));
	s->aor = interned(aor);
	s->cseq = m->cseq;
	s->began = world_now();
	s->waited_from = s->began;
	for (const struct sent *old = seen.oldest; old != NULL; old = old->newer)
		if (s->kind == HAPPENED_UNREGISTER && old->kind == s->kind && old->ended && old->aor == s->aor &&
		    address_equal(&old->to, to) && old->cseq + 1 == s->cseq) {
			s->waited_from = old->waited_from;
			s->continues = true;
		}
	s->ended = failed;
	s->cleans_up = s->kind == HAPPENED_UNREGISTER && is_left(aor, to);
	count_request(s);
	if (s->kind == HAPPENED_REGISTER) {
		word(aor)->registers = *to;
		word(aor)->began = world_now();
		word(aor)->ended = failed;
		word(aor)->refused = false;
		word(aor)->nowhere = false;
	}
	world_story("  -> %s  %s %s cseq %u%s", where, words[s->kind], aor, m->cseq, failed ? ", not sent" : "");
	HASH_ADD_KEYPTR(hh, seen.by_branch, s->branch, strlen(s->branch), s);
	*seen.newest = s;
	seen.newest = &s->newer;
	happened(s->kind, to, s->kind == HAPPENED_OPTIONS ? sip_transport_str(peer->transport) : aor, 0, 0);
	check_call(m, to, where);
	check_pending(s, where);
	if (!is_candidate(aor, to))
		world_fail("%s %s sent to %s, which is no candidate (B88)", words[s->kind], aor, where);
}

void
invariants_sent(const struct packet *packet, bool failed)
{
	const struct peer to = { packet->transport, packet->to };
	const struct host *host = network_host(&packet->to);
	const struct message *m = &packet->message;
	char where[ADDRESS_TEXT_SIZE];

	address_str(&to.address, where);
	happened(HAPPENED_PACKET, &to.address, "", 0, 0);
	if (!m->request) {
		world_story("  -> %s  %d to %.*s", where, m->status, (int)m->cseq_method.len, m->cseq_method.at);
		happened(HAPPENED_ANSWER, &to.address, "", 0, m->status);
		tally(TALLY_B85_ANSWERED);
		if (host == NULL || !host->asked_us)
			world_fail("an answer to %s, which asked nothing (B88)", where);
	} else if (span_equal(m->method, "REGISTER") || span_equal(m->method, "OPTIONS")) {
		check_request(m, &to, where, failed);
	} else {
		world_story("  -> %s  %.*s", where, (int)m->method.len, m->method.at);
	}
}

void
invariants_answered(const struct host *host, struct span branch, int status)
{
	struct sent *s;

	HASH_FIND(hh, seen.by_branch, branch.at, branch.len, s);
	if (s == NULL || status < 200 || !address_same_ip(&s->to, &host->address))
		return;
	s->ended = true;
	if (s->kind == HAPPENED_REGISTER && address_equal(&s->to, &word(s->aor)->registers)) {
		word(s->aor)->ended = true;
		word(s->aor)->refused = status >= 300 || !host_keeps(host);
	}
}

void
invariants_unreachable(const uint8_t *quoted, size_t len)
{
	for (struct sent *s = seen.oldest; s != NULL; s = s->newer) {
		if (!s->ended && memmem(quoted, len, s->branch, strlen(s->branch)) != NULL)
			s->ended = true;
	}
}

void
invariants_broken(const struct peer *peer, bool failed)
{
	bool waited = false;

	for (struct sent *s = seen.oldest; s != NULL; s = s->newer) {
		if (s->transport != peer->transport || !address_equal(&s->to, &peer->address))
			continue;
		waited |= !s->ended;
		s->ended = true;
	}
	if (waited && !failed)
		network_unheard(&peer->address);	/* it may have taken what was asked */
	if (!failed)
		tally(waited ? TALLY_B13_BROKEN : TALLY_B20_IDLE);
}

/* ---- 1: one live binding ---- */

static bool
unregister_given_up(const char *aor, const struct address *server)
{
	for (const struct sent *s = seen.oldest; s != NULL; s = s->newer) {
		if (s->kind == HAPPENED_UNREGISTER && strcmp(s->aor, aor) == 0 && address_equal(&s->to, server)
		    && instant_since(s->began, world_now()) >= UNREGISTER_WAIT_MS)
			return true;
	}
	return false;
}

/* What made the binding was given up before its answer came (B37, B40). */
static bool
register_given_up(const struct binding *b, const struct address *server)
{
	for (const struct sent *s = seen.oldest; s != NULL; s = s->newer)
		if (s->kind == HAPPENED_REGISTER && s->given_up && s->cseq == b->cseq &&
		    strcmp(s->aor, b->aor) == 0 && address_equal(&s->to, server))
			return true;
	return false;
}

static void
check_second(const struct host *other, struct binding *old, const struct host *host, struct binding *fresh,
    struct instant request_sent)
{
	if (unwell_since(&other->address, old->granted_at) || unregister_given_up(old->aor, &other->address) ||
	    register_given_up(old, &other->address))
		old->abandoned = true;
	else if (unwell_since(&host->address, request_sent))
		fresh->abandoned = true;
	else
		world_fail("%s has two live bindings, on %s and on %s (B30)", old->aor, other->text, host->text);
}

void
invariants_binding(struct host *host, struct binding *fresh, struct instant request_sent)
{
	struct call *c;

	HASH_FIND_STR(seen.calls, fresh->call_id, c);
	fresh->abandoned = c != NULL && c->past;	/* it was on its way when the daemon was killed */
	for (struct host *other = network_hosts(); other != NULL; other = other->hh.next) {
		for (struct binding *b = other->bindings; b != NULL; b = b->next) {
			if (b != fresh && !b->abandoned && !fresh->abandoned && instant_before(world_now(), b->ends)
			    && strcmp(b->aor, fresh->aor) == 0)
				check_second(other, b, host, fresh, request_sent);
		}
	}
}
