/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CTL_SHOW_H
#define SIPKEEPD_CTL_SHOW_H

/*
 * Commands whose answer is shown as it is, as it comes: it may go on for days. On a terminal the words for states have
 * a colour, unless NO_COLOR is set.
 */

int show_answer(const char *socket, char *words[]);	/* struct command's run */
int show_wait(const char *socket, char *words[]);	/* the same; the daemon takes its time */

int show_events(const char *socket, char *words[]);	/* the same; with --follow it has no good end */

#endif
