/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_PAGE_H
#define SIPKEEPD_CONTROL_PAGE_H

/*
 * The status page: page.html, made part of the program by page.awk. It loads nothing but /status.json; its style and
 * script have a nonce, another one in each answer, and the browser is told to heed nothing else.
 */

#include <stddef.h>

/* The i-th piece of it, or NULL behind the last one. Between any two pieces goes the nonce. */
const char *page_piece(size_t i);

#endif
