/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CONFIGACCOUNT_H
#define SIPKEEPD_AGENT_CONFIGACCOUNT_H

/* One account block, from what libconfuse read to its settings. */

#include <stdbool.h>

#include "agent/config.h"
#include "agent/configlex.h"
#include "agent/configreport.h"

struct cfg_t;

/*
 * Reads one account.
 *
 * to         overwritten; its timers that the block does not set wait for configaccount_inherit()
 * statement  the lines of its keys
 * cfg        its values: libconfuse's section
 * file       it stands in
 * Returns false if anything is wrong with it, all of that reported and *to zeroed.
 */
bool configaccount_read(struct account_config *to, const struct configlex_statement *statement, struct cfg_t *cfg,
    struct configreport *report, const char *file);

/*
 * The same from one line of an accounts-file.
 *
 * values   of each of configkeys_account(), NULL where nothing is set
 */
bool configaccount_read_line(struct account_config *to, int line, const char *const values[CONFIGLEX_KEYS_MAX],
    struct configreport *report, const char *file);

void configaccount_fini(struct account_config *account);

/* The timers that it does not set are the global ones; they may stand behind it in the file. */
void configaccount_inherit(struct account_config *account, const struct timing *global);

/* A password stands in the block itself, in that line. */
bool configaccount_has_password(const struct configlex_statement *statement, int *line);

#endif
