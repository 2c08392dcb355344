/* SPDX-License-Identifier: ISC */
#include "agent/leftovers.h"

#include "agent/account.h"

/* Nothing of the account's own is on its way that an unregister could meet. */
static bool
is_quiet(const struct account *account)
{
	enum registration_state state = account->registration.state;

	return (state == REGISTRATION_REGISTERED || state == REGISTRATION_WAITING) && account->background == NULL;
}

void
leftovers_clean_up(struct account *account)
{
	struct attempt_outcome outcome;

	if (!is_quiet(account) || account->config->contact_mode == CONTACT_FIXED)
		return;
	for (size_t i = 0; i < account->candidate_count; i++) {
		struct candidate *candidate = account->candidates[i];

		if (!candidate_is_left_behind(candidate) || !candidate_can_be_cleaned(candidate))
			continue;
		account->background = attempt_new(account, candidate, ATTEMPT_UNREGISTER, &outcome);
		candidate->cleaned = true;
		candidate->cleaned_at = account_now(account);
		return;
	}
}

bool
leftovers_any(const struct account *account)
{
	for (size_t i = 0; i < account->candidate_count; i++)
		if (candidate_may_be_bound(account->candidates[i]))
			return true;
	return false;
}
