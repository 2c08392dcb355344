# SPDX-License-Identifier: ISC
# What looks at the tests themselves.

# The table rule -> tests is made anew by each check, in the build tree.
dist_check_SCRIPTS += tests/rules.sh
TESTS += tests/rules.sh
CLEANFILES += tests/RULES

# Each plausible mistake must turn a test red; takes minutes.
EXTRA_DIST += $(MUTANTS)
dist_noinst_SCRIPTS += tests/mutants/run
mutants:
	$(srcdir)/tests/mutants/run $(srcdir)
.PHONY: mutants
MUTANTS = \
	tests/mutants/agent-account-refreshes-after-each-settle.patch \
	tests/mutants/agent-account_status-redundant-while-refused.patch \
	tests/mutants/agent-agent-unanswered-owner.patch \
	tests/mutants/agent-answers-stranger-is-answered.patch \
	tests/mutants/agent-candidate-cleans-where-it-is.patch \
	tests/mutants/agent-choice-unlisted-stay-forever.patch \
	tests/mutants/agent-configcheck-controls-in-users.patch \
	tests/mutants/agent-configdiff-password-is-no-change.patch \
	tests/mutants/agent-leftovers-never-cleans.patch \
	tests/mutants/agent-lookups-next-server-never.patch \
	tests/mutants/agent-names-asks-nobody.patch \
	tests/mutants/agent-nameset-addresses-beside-srv.patch \
	tests/mutants/agent-reload-removed-stay.patch \
	tests/mutants/agent-roster-unlisted-keep-their-rank.patch \
	tests/mutants/agent-server-no-jitter.patch \
	tests/mutants/agent-sharing-two-do-not-share.patch \
	tests/mutants/core-candidates-equals-backwards.patch \
	tests/mutants/core-candidates-own-address-kept.patch \
	tests/mutants/core-candidates-port-zero-kept.patch \
	tests/mutants/core-dnsview-no-answer-believed-at-once.patch \
	tests/mutants/core-dnsview-retries-do-not-grow.patch \
	tests/mutants/core-failback-flapper-followed.patch \
	tests/mutants/core-failback-wait-does-not-double.patch \
	tests/mutants/core-grant-header-before-contact.patch \
	tests/mutants/core-grant-zero-is-a-grant.patch \
	tests/mutants/core-health-408-is-up.patch \
	tests/mutants/core-health-active-down-after-one-round.patch \
	tests/mutants/core-hosts-comment-is-a-name.patch \
	tests/mutants/core-hosts-names-by-case.patch \
	tests/mutants/core-penalty-480-is-a-refusal.patch \
	tests/mutants/core-penalty-good-ping-lifts-refusal.patch \
	tests/mutants/core-registration-leaves-while-pending.patch \
	tests/mutants/core-registration-refresh-at-the-end.patch \
	tests/mutants/core-rendezvous-transport-unheard.patch \
	tests/mutants/core-rendezvous-weight-upside-down.patch \
	tests/mutants/core-selection-failback-to-unknown.patch \
	tests/mutants/core-selection-moves-among-equals.patch \
	tests/mutants/core-serverspec-domain-is-a-spec-too.patch \
	tests/mutants/core-serverspec-port-65536.patch \
	tests/mutants/sip-arena-realloc-forgets.patch \
	tests/mutants/sip-challenge-stale-by-presence.patch \
	tests/mutants/sip-clienttx-waits-grow-for-ever.patch \
	tests/mutants/sip-digest-nonce-count-stands.patch \
	tests/mutants/sip-message-eleventh-contact.patch \
	tests/mutants/sip-print-response-shown.patch \
	tests/mutants/sip-token-same-for-each-server.patch \
	tests/mutants/sip-uri-port-zero.patch
