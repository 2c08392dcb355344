/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CONFIGSOURCE_H
#define SIPKEEPD_AGENT_CONFIGSOURCE_H

/*
 * One file of the configuration and those that it includes: the lexer finds the statements, libconfuse reads them in
 * batches, the reader takes what comes of them.
 */

struct configreader;

/*
 * path   file name, or text: when text is not NULL it stands in place of the file's content
 * Everything that is wrong goes to the reader's report.
 */
void configsource_read(struct configreader *reader, const char *path, const char *text);

#endif
