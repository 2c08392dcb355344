/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_TESTS_INSIDE_H
#define SIPKEEPD_TESTS_INSIDE_H

/* What the world's files tell each other. Nothing outside of tests/world includes this. */

#include <uthash.h>

#include "base/path.h"
#include "net/loop.h"
#include "net/transport.h"
#include "sip/message.h"
#include "world.h"

/* clock.c */
void clock_begin(void);
void clock_end(void);

/* story.c */
void story_begin(void);
void story_end(void);

/* random.c */
void random_begin(uint64_t seed);

/* files.c */
void files_end(void);

/* disk.c: the real ones */
int disk_read(const char *path, struct strbuf *to);
int disk_others_may_read(const char *path);

/* dns.c */
void dns_begin(void);
void dns_end(void);

/* Some name server has given out that address for that name, ever; or that SRV record. */
bool dns_told_address(const char *name, const struct address *address);
bool dns_told_service(const char *service, uint16_t port, const struct address *address);

/* network.c */
struct binding {
	struct binding *next;
	char *aor;
	char *uri;
	char *call_id;
	uint32_t cseq;
	struct instant granted_at;
	struct instant ends;
	bool abandoned;			/* left behind with good reason: not counted as a second one (invariants.c) */
};

struct nonce {
	struct nonce *next;
	char text[DIGEST_CNONCE_SIZE];
	char realm[WORLD_TEXT];
	struct instant given;
	uint32_t count;			/* highest nonce count seen */
};

struct packet {
	struct packet *next;		/* in a backlog, or waiting for a connection */
	struct message message;		/* what it is to our own parser; points into bytes */
	bool is_message;
	enum sip_transport transport;
	unsigned connection;		/* of that flow: a later one does not carry it */
	struct address from, to;
	struct instant sent;
	size_t len;
	uint8_t bytes[];
};

struct host {
	UT_hash_handle hh;
	struct address address;
	char text[ADDRESS_TEXT_SIZE];
	struct script script;
	struct instant unwell;		/* the last instant at which it did not do all that a good server does */
	struct packet *backlog, **backlog_end;
	size_t backlog_count;
	struct binding *bindings;
	struct nonce *nonces;
	struct done *done;		/* registrar.c */
	bool asked_us;			/* it has sent us a request */
	enum sip_transport answering;	/* how the request came that it works on */
};

void network_begin(void);
void network_end(void);
struct host *network_host(const struct address *address);		/* NULL: there is none */
struct host *network_hosts(void);					/* first; then hh.next */
void network_to_agent(struct host *host, const char *bytes, size_t len, int64_t delay_ms);
void packet_free(void *packet);
bool network_well(void);
void network_unheard(const struct address *server);	/* something got lost on the way there */
bool network_well_to(const struct address *server);
struct instant network_unwell_to(const struct address *server);
bool network_turns(void);
enum world_way network_way_out(struct instant *since);
void network_excuse(void);
void network_path(const struct address *to, struct path *path);
void network_stood_still(void);
bool network_cut_since(struct instant then);	/* the agent had reason to drop what was under way (B60) */

/* netwatch.c */
void netwatch_changed(void);
struct instant network_unwell(void);	/* the last instant at which packets were lost for no fault of a server */

/* The packet reaches its server one network delay from now. It is freed there. */
void network_deliver(struct packet *packet);
const struct transport_events *network_events(void **arg);	/* NULL: the agent is gone */

/* streams.c */
int streams_send(struct packet *packet);	/* owned in any case */
bool streams_carry(const struct packet *packet);	/* its connection is still there */
bool streams_open(enum sip_transport transport, const struct address *server);
void streams_host_mode(const struct address *server, enum host_mode mode);
void streams_forget(const struct peer *peer);
void streams_end(void);

/* registrar.c */
void registrar_take(struct host *host, const struct packet *packet);
void registrar_free(struct host *host);
/* It holds a live binding of the account; granted (may be NULL): since when; kept: one that was not left behind. */
bool registrar_binding(const struct host *host, const char *aor, struct instant *granted, bool kept);
bool host_well(const struct host *host);
bool host_keeps(const struct host *host);	/* its 2xx means what it says (B33) */

/* invariants.c */
void invariants_begin(void);
void invariants_end(void);
void invariants_sent(const struct packet *packet, bool failed);
void invariants_answered(const struct host *host, struct span branch, int status);
void invariants_broken(const struct peer *peer, bool failed);	/* failed: it was never made */
void invariants_unreachable(const uint8_t *quoted, size_t len);
void invariants_binding(struct host *host, struct binding *fresh, struct instant request_sent);
void happened(enum happening_kind kind, const struct address *to, const char *who, enum dns_type type, int code);
char *text_copy(struct span s);		/* never NULL: lack of memory ends the program */
void *memory(size_t size);		/* zeroed; the same */
char *aor_of(const struct message *request, char *to, size_t room);	/* "100@example.com" from To */

#endif
