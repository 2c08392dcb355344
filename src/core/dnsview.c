/* SPDX-License-Identifier: ISC */
#include "core/dnsview.h"

#include <assert.h>
#include <string.h>

/*
 *  what came                believed: nothing    believed: records           believed: "none"
 *  records                  NEW                  CONFIRMED, NEW if others    NEW
 *  "none", first time       NEW                  KEPT, asked again           CONFIRMED
 *  "none" again, none up    -                    NEW                         -
 *  "none" again, one is up  -                    KEPT, asked again           -
 *  failure                  NOTHING              KEPT                        KEPT
 */

#define REFRESH_BY_TTL_MIN_MS ((int64_t)5 * 60 * 1000)	/* B50 */
#define REFRESH_BY_TTL_MAX_MS ((int64_t)120 * 60 * 1000)

void
dnsview_init(struct dnsview *view, struct instant now)
{
	*view = (struct dnsview){ .believed_at = now, .next = now };
}

void
dnsview_fini(struct dnsview *view)
{
	if (view->answered)
		dns_answer_fini(&view->believed);
	view->answered = false;
}

void
dnsview_recall(struct dnsview *view, struct dns_answer *answer, struct instant believed_at)
{
	assert(!view->answered);
	view->believed = *answer;
	*answer = (struct dns_answer){ .outcome = answer->outcome };
	view->answered = true;
	view->believed_at = believed_at;
	view->last = DNS_SILENT;	/* nobody has said anything yet */
	view->stale = true;
}

static int64_t
refresh_wait_ms(const struct dnsview *view, const struct dnsview_policy *policy)
{
	int64_t wait = policy->refresh_ms;
	bool by_ttl = wait == 0;

	if (by_ttl) {
		wait = (int64_t)view->believed.ttl_s * 1000;
		if (wait > REFRESH_BY_TTL_MAX_MS)
			wait = REFRESH_BY_TTL_MAX_MS;
	}
	wait -= (int64_t)((uint64_t)(wait / 10) * policy->jitter >> 32);
	if (by_ttl && wait < REFRESH_BY_TTL_MIN_MS)
		wait = REFRESH_BY_TTL_MIN_MS;
	return wait;
}

static int64_t
retry_wait_ms(unsigned retries)
{
	int64_t wait = DNSVIEW_RETRY_MIN_MS;

	while (--retries > 0 && wait < DNSVIEW_RETRY_MAX_MS)
		wait *= 2;
	return wait < DNSVIEW_RETRY_MAX_MS ? wait : DNSVIEW_RETRY_MAX_MS;
}

static enum dnsview_verdict
look_again(struct dnsview *view, enum dns_outcome outcome, struct instant now)
{
	view->last = outcome;
	view->stale = view->answered;
	if (view->retries < 1000)	/* long beyond the longest wait; it must not wrap */
		view->retries++;
	view->next = instant_add(now, retry_wait_ms(view->retries));
	return view->answered ? DNSVIEW_KEPT : DNSVIEW_NOTHING;
}

static bool
record_same(const struct dns_record *a, const struct dns_record *b)
{
	return a->port == b->port && strcmp(a->target, b->target) == 0 && address_equal(&a->address, &b->address);
}

/* Some record of the first is not in the second. */
static bool
leaves_out(const struct dns_answer *before, const struct dns_answer *after)
{
	for (size_t i = 0; i < before->count; i++) {
		size_t j = 0;

		while (j < after->count && !record_same(&before->records[i], &after->records[j]))
			j++;
		if (j == after->count)
			return true;
	}
	return false;
}

static enum dnsview_verdict
believe(struct dnsview *view, const struct dns_answer *answer, const struct dnsview_policy *policy, struct instant now)
{
	enum dnsview_verdict verdict = DNSVIEW_CONFIRMED;
	bool second = view->unsure;

	view->unsure = false;
	if (!view->answered || !dns_answer_equal(&view->believed, answer)) {
		struct dns_answer copy = { 0 };

		if (!dns_answer_copy(&copy, answer))
			return look_again(view, DNS_SILENT, now);	/* no memory: as if nothing had come */
		if (view->answered) {
			view->unsure = !second && answer->outcome == DNS_GOOD && leaves_out(&view->believed, answer);
			dns_answer_fini(&view->believed);
		}
		view->believed = copy;
		view->answered = true;
		verdict = DNSVIEW_NEW;
	}
	view->believed.ttl_s = answer->ttl_s;
	view->believed_at = now;
	view->last = answer->outcome;
	view->stale = false;
	view->retries = 0;
	view->next = instant_add(now, refresh_wait_ms(view, policy));
	if (view->unsure)
		view->next = instant_min(view->next, instant_add(now, DNSVIEW_SECOND_MS));
	return verdict;
}

/* "There is none" where there was something: believed at its repetition only, and not while a server is up (B52). */
static bool
doubted(const struct dnsview *view, enum dns_outcome outcome, const struct dnsview_policy *policy)
{
	bool repeated = view->stale && dns_outcome_answered(view->last);

	if (outcome == DNS_GOOD || !view->answered || view->believed.outcome != DNS_GOOD)
		return false;
	return !repeated || policy->named_is_up;
}

enum dnsview_verdict
dnsview_step(struct dnsview *view, const struct dns_answer *answer, const struct dnsview_policy *policy,
    struct instant now)
{
	assert(policy->refresh_ms >= 0);
	if (!dns_outcome_answered(answer->outcome) || doubted(view, answer->outcome, policy))
		return look_again(view, answer->outcome, now);
	return believe(view, answer, policy, now);
}

bool
dnsview_ask_next(enum dns_outcome outcome)
{
	return !dns_outcome_answered(outcome);
}
