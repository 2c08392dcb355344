/* SPDX-License-Identifier: ISC */
#include "control/check.h"

#include <errno.h>
#include <stdio.h>

#include "control/shown.h"

enum result {
	RESULT_OK,
	RESULT_WARNING,
	RESULT_CRITICAL,
	RESULT_UNKNOWN,
};

static const char *
result_str(enum result result)
{
	static const char *const text[] = {
		[RESULT_OK] = "OK",
		[RESULT_WARNING] = "WARNING",
		[RESULT_CRITICAL] = "CRITICAL",
		[RESULT_UNKNOWN] = "UNKNOWN",
	};

	return text[result];
}

/* How many of them may be amiss. */
static size_t
allowed(const struct request_limit *limit, size_t accounts)
{
	return limit->percent ? (size_t)(limit->number * accounts / 100) : (size_t)limit->number;
}

static enum result
judge(const struct check_walk *walk)
{
	if (walk->accounts == 0)
		return RESULT_UNKNOWN;
	if (walk->accounts - walk->registered > allowed(&walk->critical, walk->accounts))
		return RESULT_CRITICAL;
	if (walk->accounts - walk->redundant > allowed(&walk->warning, walk->accounts))
		return RESULT_WARNING;
	return RESULT_OK;
}

/* The bar parts the words from the figures. */
static void
append_name(struct strbuf *to, const char *name)
{
	size_t from = to->len;

	shown_append_clean(to, name);
	for (size_t i = from; i < to->len; i++)
		if (to->data[i] == '|')
			to->data[i] = '/';
}

static void
look_at(struct check_walk *walk, const struct account *account)
{
	struct account_status s;

	account_status(account, &s);
	walk->accounts++;
	walk->registered += s.state == ACCOUNT_REGISTERED;
	walk->redundant += s.redundant;
	if (s.state == ACCOUNT_REGISTERED || walk->named_count++ >= CHECK_NAMED_MAX)
		return;
	strbuf_append(&walk->named, walk->named_count == 1 ? "" : ", ");
	append_name(&walk->named, s.aor);
	strbuf_printf(&walk->named, " %s", account_state_str(s.state));
}

/* What is less than the limit's rest raises the alarm: "N:" in the plugins' words. */
static size_t
least(const struct check_walk *walk, const struct request_limit *limit)
{
	size_t may = allowed(limit, walk->accounts);

	return may < walk->accounts ? walk->accounts - may : 0;
}

static void
append_text(const struct check_walk *walk, struct strbuf *to)
{
	strbuf_printf(to, "%s - ", result_str(judge(walk)));
	if (walk->accounts == 0)
		strbuf_append(to, "no account is configured");
	else
		strbuf_printf(to, "%zu of %zu accounts registered, %zu redundant", walk->registered, walk->accounts,
		    walk->redundant);
	if (walk->named_count > 0)
		strbuf_printf(to, ": %s", walk->named.data != NULL ? walk->named.data : "");
	if (walk->named_count > CHECK_NAMED_MAX)
		strbuf_printf(to, " and %zu more", walk->named_count - CHECK_NAMED_MAX);
	strbuf_printf(to, " | registered=%zu;;%zu:;0;%zu redundant=%zu;%zu:;;0;%zu\n", walk->registered,
	    least(walk, &walk->critical), walk->accounts, walk->redundant, least(walk, &walk->warning), walk->accounts);
}

static void
append_json(const struct check_walk *walk, struct strbuf *to)
{
	struct shown_object o = { .json = json_object() };

	shown_set(&o, "version", json_integer(1));
	shown_set(&o, "result", json_string(result_str(judge(walk))));
	shown_set(&o, "accounts", json_integer((json_int_t)walk->accounts));
	shown_set(&o, "registered", json_integer((json_int_t)walk->registered));
	shown_set(&o, "redundant", json_integer((json_int_t)walk->redundant));
	shown_append_json(to, shown_finish(&o));
	strbuf_append(to, "\n");
}

void
check_walk_init(struct check_walk *walk, const struct agent *agent, enum status_form form,
    const struct request_limit *warning, const struct request_limit *critical)
{
	*walk = (struct check_walk){ .agent = agent, .form = form, .warning = *warning, .critical = *critical };
}

void
check_walk_fini(struct check_walk *walk)
{
	strbuf_fini(&walk->named);
}

int
check_walk(struct check_walk *walk, const struct account *only, struct strbuf *to)
{
	const struct account *account = NULL;

	if (only != NULL)
		look_at(walk, only);
	for (int i = 0; only == NULL && i < CHECK_TURN; i++) {
		account = agent_account(walk->agent, walk->next);
		if (account == NULL)
			break;
		walk->next++;
		look_at(walk, account);
	}
	if (account != NULL)
		return 1;
	if (walk->form == STATUS_JSON)
		append_json(walk, to);
	else
		append_text(walk, to);
	return to->failed || walk->named.failed ? -ENOMEM : 0;
}
