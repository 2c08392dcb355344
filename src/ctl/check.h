/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CTL_CHECK_H
#define SIPKEEPD_CTL_CHECK_H

/*
 * The monitoring plugin: one line on standard output, and an exit status that says the same as its first word. That no
 * daemon answers is critical: nobody keeps the accounts registered. That it cannot be asked is unknown.
 */

int check_run(const char *socket, char *words[]);	/* struct command's run */

#endif
