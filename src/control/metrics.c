/* SPDX-License-Identifier: ISC */
#include "control/metrics.h"

#include <errno.h>

#include "control/metricfamily.h"

void
metrics_init(struct metrics *metrics, const struct agent *agent, const struct loop_delays *delays_of_loop,
    const char *version, bool each_account)
{
	*metrics = (struct metrics){ .agent = agent, .delays = delays_of_loop, .version = version,
	    .each_account = each_account };
	accountwalk_init(&metrics->accounts, agent);
}

void
metrics_fini(struct metrics *metrics)
{
	accountwalk_fini(&metrics->accounts);
}

/* Returns true when the last account was done. */
static bool
write_accounts(struct metrics *metrics, const struct metricfamily *family, struct strbuf *to)
{
	const struct account *account;
	struct account_status s;

	while (to->len < METRICS_PIECE) {
		account = accountwalk_next(&metrics->accounts);
		if (account == NULL) {
			accountwalk_rewind(&metrics->accounts);
			return true;
		}
		account_status(account, &s);
		family->write.account(to, family->name, account, &s);
	}
	return false;
}

static bool
write_servers(struct metrics *metrics, const struct metricfamily *family, struct strbuf *to)
{
	struct server_status s;

	while (to->len < METRICS_PIECE) {
		if (!agent_next_server(metrics->agent, &metrics->servers, &s)) {
			metrics->servers = (struct server_place){ 0 };
			return true;
		}
		family->write.server(to, family->name, &s);
	}
	return false;
}

/* Returns true when the metric is whole. */
static bool
write_family(struct metrics *metrics, const struct metricfamily *family, const struct agent_status *s,
    struct strbuf *to)
{
	if (family->scope == METRIC_OF_EACH_ACCOUNT && !metrics->each_account)
		return true;
	if (!metrics->headed)
		strbuf_printf(to, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
		    family->type);
	metrics->headed = true;
	switch (family->scope) {
	case METRIC_OF_EACH_ACCOUNT:
		return write_accounts(metrics, family, to);
	case METRIC_OF_EACH_SERVER:
		return write_servers(metrics, family, to);
	case METRIC_OF_THE_WHOLE:
		break;
	}
	family->write.whole(to, family->name, metrics, s);
	return true;
}

int
metrics_next(struct metrics *metrics, struct strbuf *to)
{
	const struct metricfamily *family;
	struct agent_status s;
	bool whole = true;

	agent_status(metrics->agent, &s);
	accountwalk_resume(&metrics->accounts);
	while (whole && (family = metricfamily(metrics->family)) != NULL && to->len < METRICS_PIECE) {
		whole = write_family(metrics, family, &s, to);
		metrics->family += whole;
		metrics->headed = !whole;
	}
	if (!accountwalk_pause(&metrics->accounts) || to->failed)
		return -ENOMEM;
	return metricfamily(metrics->family) != NULL;
}
