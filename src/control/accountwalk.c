/* SPDX-License-Identifier: ISC */
#include "control/accountwalk.h"

#include <string.h>

void
accountwalk_init(struct accountwalk *walk, const struct agent *agent)
{
	*walk = (struct accountwalk){ .agent = agent };
}

void
accountwalk_fini(struct accountwalk *walk)
{
	strbuf_fini(&walk->last);
}

const struct account *
accountwalk_next(struct accountwalk *walk)
{
	const struct account *account = agent_account(walk->agent, walk->next);

	walk->next += account != NULL;
	return account;
}

void
accountwalk_rewind(struct accountwalk *walk)
{
	walk->next = 0;
	strbuf_clear(&walk->last);
}

bool
accountwalk_pause(struct accountwalk *walk)
{
	struct account_status s;

	if (walk->next == 0 || agent_account(walk->agent, walk->next - 1) == NULL)
		return true;
	account_status(agent_account(walk->agent, walk->next - 1), &s);
	strbuf_clear(&walk->last);
	strbuf_append(&walk->last, s.aor);
	return !walk->last.failed;
}

static bool
is_called(const struct account *account, const char *aor)
{
	struct account_status s;

	if (account == NULL)
		return false;
	account_status(account, &s);
	return strcmp(s.aor, aor) == 0;
}

void
accountwalk_resume(struct accountwalk *walk)
{
	size_t i = 0;

	if (walk->next == 0 || walk->last.len == 0 ||
	    is_called(agent_account(walk->agent, walk->next - 1), walk->last.data))
		return;
	while (agent_account(walk->agent, i) != NULL && !is_called(agent_account(walk->agent, i), walk->last.data))
		i++;
	if (agent_account(walk->agent, i) != NULL)
		walk->next = i + 1;
}
