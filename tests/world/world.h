/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_TESTS_WORLD_H
#define SIPKEEPD_TESTS_WORLD_H

/*
 * The virtual world: everything that src/net/ is in the daemon, in virtual time. There is one world at a time; it
 * has a clock that only moves from one timer to the next, a network with call servers, name servers and files, and
 * two streams of random numbers from one seed (the agent's draws do not disturb the world's). The same seed gives
 * the same story.
 *
 * The world watches by itself, at every packet, what must hold in every story (invariants.c), and keeps the story:
 * every packet, fault and log line with its virtual time. The first failure ends the run.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/dns.h"
#include "base/instant.h"
#include "core/serverspec.h"
#include "sip/digest.h"

enum { WORLD_TEXT = 64 };

/* ---- Life, clock, story ---- */

void world_begin(uint64_t seed);
void world_end(void);			/* frees everything */

struct instant world_now(void);
struct instant world_at(int64_t ms);	/* that long after the beginning */
int64_t world_ms(void);			/* since the beginning */

/* Runs what is due until then, `then` included; the clock stands there in the end unless something failed. */
void world_run_until(struct instant then);
uint64_t world_events(void);		/* timers that fired so far */
void world_after_event(void (*look)(void *arg), void *arg);	/* called after each of them */

/* Calls at that instant; `drop` frees arg if the world ends before (may be NULL). Never returns NULL. */
void world_call_at(struct instant due, void (*call)(void *arg), void *arg, void (*drop)(void *arg));
size_t world_timers_left(void);		/* timer_new() without timer_free(): a leak once the agent is gone */

void world_wall_back(int64_t ms);	/* somebody sets the wall clock */

/* As if a signal had come. */
void world_signal(int signal_number);

void world_story(const char *format, ...) __attribute__((format(printf, 1, 2)));
void world_story_live(bool live);	/* each line to stdout as it happens */
void world_story_mute(void);		/* nothing is kept but the log's lines: much faster */
extern bool world_story_quiet;	/* set before world_begin(): the log is not on stderr as well */
void world_story_print(void);		/* all that is kept, to stdout */
size_t world_story_count(const char *text, struct instant since);	/* log lines with that text */

/* The story has gone wrong: remembered (the first one counts), the run ends after the current event. */
void world_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *world_failure(void);	/* NULL: none */

uint32_t world_random(uint32_t bound);	/* the world's own stream */

/*
 * For what makes the agent's allocations fail (alloc.c): the agent's code runs and not the world's; and does the
 * allocation fail that a timer or a query is made with? NULL: never.
 */
extern bool world_agent_runs;
extern bool (*world_allocation_fails)(void);

/* The agent has lacked memory: what it lost by that is excused as if the network had lost it. */
void world_excuse(void);

/* ---- Files ---- */

void world_file_set(const char *path, const char *text);	/* NULL removes it */
void world_disk(bool readable);		/* reads, and reads alone, see the disk where the world has no such file */
void world_file_unwritable(const char *path, bool unwritable);
void world_file_unreadable(const char *path, bool unreadable);
bool world_has_state(void);		/* the daemon has written some file */
bool world_file_has(const char *path, const char *text);

/* ---- Network and call servers ---- */

enum host_mode {
	HOST_UP,
	HOST_HANG,		/* takes packets and works them off when it is up again, like a stopped process */
	HOST_SILENT,		/* packets are lost there */
	HOST_KILLED,		/* nobody listens: ICMP port unreachable */
	HOST_UNREACHABLE,	/* ICMP host unreachable */
};

enum register_mode {
	REGISTER_OK,
	REGISTER_CODE,		/* always that code */
	REGISTER_SILENT,	/* no answer, nothing stored */
	REGISTER_CHALLENGE,	/* a fresh challenge to everything, for ever */
	REGISTER_FOREIGN,	/* 200 that lists somebody else's Contact and not ours; nothing stored */
	REGISTER_BARE,		/* 200 that lists no Contact at all; stored */
	REGISTER_REWRITTEN,	/* 200 whose Contact has our user at another address */
};

enum grant_place {
	GRANT_IN_CONTACT,
	GRANT_IN_HEADER,	/* Expires, the Contact has no parameter */
	GRANT_UNSAID,
};

/* What a call server does. A zeroed script with options_code 200 is a friendly registrar. */
struct script {
	enum host_mode mode;
	unsigned loss_percent;		/* of packets, each way */
	int64_t delay_ms;		/* before every answer */
	int options_code;		/* 0: OPTIONS gets no answer */
	int64_t options_retry_after_s;	/* 0: none */
	enum register_mode registering;
	int register_code;
	int64_t register_retry_after_s;	/* 0: none */
	int64_t register_delay_ms;	/* stored at once, answered later */
	char grant[WORLD_TEXT];		/* "": what was asked, 3600 at most */
	enum grant_place grant_place;
	unsigned min_expires_s;		/* 423 below it; 0: no such bound */
	enum digest_algorithm auth;	/* DIGEST_UNKNOWN: no authentication */
	bool auth_proxy;		/* 407 */
	bool auth_no_qop;
	bool auth_stale;		/* every nonce is stale at once */
	bool auth_new_realm;		/* another realm in each challenge */
	bool auth_nextnonce;		/* Authentication-Info names the next one */
	int64_t nonce_life_ms;		/* 0: for ever */
	char realm[WORLD_TEXT];
	char password[WORLD_TEXT];	/* of every user */
	bool nat, nat_new_port;		/* it sees us at port 40000, or at another one each time */
	char untrusted[WORLD_TEXT];	/* what is wrong with its certificate; "": nothing */
};

void script_init(struct script *script);

/* Whoever is sent something is there from then on, a friendly registrar. */
void world_populate(void);

/* The script of that server; made with script_init() when it is new. Tell world_script_set() of changes. */
const struct script *world_script(const struct address *server);
bool world_has_server(const struct address *server);
void world_script_set(const struct address *server, const struct script *script);
void world_forget_bindings(const struct address *server);

/* The server sends us a request of its own (B85), an error that quotes no packet of ours, or rubbish. */
void world_server_sends(const struct address *server, const char *method);
void world_server_forges(const struct address *server);
void world_server_babbles(const struct address *server);

/* A live binding there has a Contact with that text. */
bool world_bound_as(const char *aor, const struct address *server, const char *text);
/* The server ends its connections with us; or they die and nobody is told, as NAT does it. */
void world_server_closes(const struct address *server);
void world_server_loses(const struct address *server);

/* A live binding of the account there; server NULL: anywhere, whether or not the server answers. */
bool world_binding(const char *aor, const struct address *server);
size_t world_bindings(const char *aor, const struct address *server);	/* how many */

enum world_way {
	WAY_OPEN,
	WAY_NONE,		/* no route: sends fail with ENETUNREACH */
	WAY_UNPLUGGED,		/* no carrier: packets vanish */
	WAY_FIREWALLED,		/* our own firewall: sends fail with EPERM */
	WAY_ROUTER_DEAD,	/* carrier, but packets vanish, and after some seconds the kernel knows why */
};

struct network_script {
	enum world_way way;
	unsigned loss_percent;
	int64_t delay_ms;		/* one way; 1 */
};

struct network_script world_network(void);
void world_network_set(struct network_script script);
void world_own_address(const struct address *own);	/* for its family; 10.0.0.100, fd00::100 at first */
enum world_way world_way(const struct address *server);
void world_way_set(const struct address *server, enum world_way way);	/* to that address alone; port ignored */

/* The agent stands still for so long: no timer of its fires, what comes waits in its socket. */
void world_stand_still(int64_t ms);	/* nothing if it stands still already */
struct instant world_agent_wakes(void);	/* now, or when its standstill ends */

/* ---- DNS ---- */

enum nameserver_mode {
	NAMESERVER_UP,
	NAMESERVER_SILENT,
	NAMESERVER_SERVFAIL,
	NAMESERVER_REFUSED,
};

/* The list of resolv.conf, in the order of the first calls; one at 10.0.0.53 as long as there is none. */
void world_nameserver_set(const struct address *nameserver, enum nameserver_mode mode);
enum nameserver_mode world_nameserver(const struct address *nameserver);

/* All records of that name and type are replaced by this outcome; DNS_GOOD: by none, to add to. */
void world_dns_outcome(const char *name, enum dns_type type, enum dns_outcome outcome);
void world_dns_add(const char *name, enum dns_type type, const struct dns_record *record);
bool world_dns_known(const char *name);	/* of any type, a failure included */
void world_dns_ttl(const char *name, enum dns_type type, uint32_t ttl_s);	/* 3600 at first */

/*
 * Called before and after the agent gets an answer that says what the one before said to that question, no other
 * question having been answered otherwise than before for that long.
 */
void world_around_unchanged(void (*look)(void *arg, bool before), void *arg, int64_t quiet_ms);

/* ---- What happened, for counting ---- */

enum happening_kind {
	HAPPENED_REGISTER,	/* a first copy of a REGISTER with a Contact and Expires > 0 */
	HAPPENED_UNREGISTER,	/* with Expires 0 */
	HAPPENED_QUESTION,	/* without a Contact */
	HAPPENED_OPTIONS,
	HAPPENED_PACKET,	/* any datagram sent there, copies included */
	HAPPENED_PING,		/* CRLFs */
	HAPPENED_ANSWER,	/* the agent answered a request; its code is in `code` */
	HAPPENED_QUERY,		/* a DNS question to that name server */
	HAPPENED_WRITE,		/* the agent wrote that file, or tried to; its path is in `who` */
};

struct happening {
	struct instant when;
	enum happening_kind kind;
	struct address to;
	const char *who;	/* account, transport of an OPTIONS, or the name of a query; never NULL */
	enum dns_type type;	/* of a query */
	int code;
};

size_t world_happenings(void);
const struct happening *world_happening(size_t i);

/* ---- What the world must know to judge ---- */

/* The account may use the servers of that field; adds to what it might use before. */
void world_allow(const char *aor, const struct serverfield *field, uint16_t port);
void world_probe_timeout(int64_t ms);	/* 4 s at first */
void world_stopping(void);		/* agent_stop() was called */
void world_reconfigured(void);	/* agent_reload() is about to be called, with another file */
void world_leaving(const char *aor, bool leaving);	/* it is configured no more: it ends as in a stop */
void world_restarted(void);		/* another agent begins, that knows nothing of what the one before left */

/*
 * The agent was killed, or has ended, and begins anew: what it had under way has no end, no Call-ID may come again,
 * and what it left behind anywhere is excused.
 */
void world_restarted(void);

#endif
