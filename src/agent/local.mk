# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libagent.a
libagent_a_SOURCES = \
	src/agent/account.c src/agent/account.h \
	src/agent/account_status.c \
	src/agent/accountsfile.c src/agent/accountsfile.h \
	src/agent/agent.c src/agent/agent.h src/agent/agent_private.h \
	src/agent/answers.c src/agent/answers.h \
	src/agent/attempt.c src/agent/attempt.h \
	src/agent/backlog.c src/agent/backlog.h \
	src/agent/candidate.c src/agent/candidate.h \
	src/agent/choice.c src/agent/choice.h \
	src/agent/config.c src/agent/config.h \
	src/agent/configaccount.c src/agent/configaccount.h \
	src/agent/configaddress.c src/agent/configaddress.h \
	src/agent/configbox.c src/agent/configbox.h \
	src/agent/configcheck.c src/agent/configcheck.h \
	src/agent/configdiff.c \
	src/agent/configkeys.c src/agent/configkeys.h \
	src/agent/configlex.c src/agent/configlex.h \
	src/agent/configreader.c src/agent/configreader.h \
	src/agent/configreport.c src/agent/configreport.h \
	src/agent/configsource.c src/agent/configsource.h \
	src/agent/configtoken.c src/agent/configtoken.h \
	src/agent/contact.c src/agent/contact.h \
	src/agent/counters.c src/agent/counters.h \
	src/agent/drain.c src/agent/drain.h \
	src/agent/drive.c src/agent/drive.h \
	src/agent/flow.c src/agent/flow.h \
	src/agent/hostsfile.c src/agent/hostsfile.h \
	src/agent/leftovers.c src/agent/leftovers.h \
	src/agent/lookups.c src/agent/lookups.h \
	src/agent/names.c src/agent/names.h \
	src/agent/nameset.c src/agent/nameset.h \
	src/agent/recollection.c src/agent/recollection.h \
	src/agent/record.c src/agent/record.h \
	src/agent/reload.c src/agent/reload.h \
	src/agent/roster.c src/agent/roster.h \
	src/agent/saved.c src/agent/saved.h \
	src/agent/savedcollect.c src/agent/savedcollect.h \
	src/agent/savedfile.c src/agent/savedfile.h \
	src/agent/savedstate.c src/agent/savedstate.h \
	src/agent/server_status.c \
	src/agent/server.c src/agent/server.h \
	src/agent/settle.c src/agent/settle.h \
	src/agent/sharing.c src/agent/sharing.h \
	src/agent/telling.c src/agent/telling.h \
	src/agent/turns.c src/agent/turns.h \
	src/agent/upstreams.c src/agent/upstreams.h \
	src/agent/verdict.c src/agent/verdict.h \
	src/agent/ways.c src/agent/ways.h
