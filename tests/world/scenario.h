/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_TESTS_SCENARIO_H
#define SIPKEEPD_TESTS_SCENARIO_H

/*
 * A scenario file: what the world is like, what happens in it when, and what must come of it. tests/scenarios/README
 * says what can be written; scenario.c runs it, verbs.c does what the lines say, condition.c looks.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "agent/agent.h"
#include "base/str.h"
#include "world.h"

enum { WORDS_MAX = 64 };

struct words {
	size_t count;
	char *at[WORDS_MAX];
};

/* Something that is true or not at an instant. */
struct condition {
	struct words words;		/* borrowed of the line */
	size_t kind;			/* internal to condition.c */
	bool negated;
	const char *account;		/* `of USER`; NULL: all of them */
	int64_t since_ms;		/* `since TIME` */
	bool any_address;		/* the word was `any` */
	struct address address[2];
	int comparison;			/* '<', '>', '=', 'l' for <=, 'g' for >= */
	int64_t number;
};

struct line {
	struct line *next;
	int number;
	struct words words;		/* `at TIME` and `every TIME` and `for TIME` taken off */
	char *text;			/* as written */
	bool timed, repeated;
	int64_t at_ms;			/* or every */
	int64_t for_ms;			/* 0: for good */
	const struct verb *verb;

	/* expect and never */
	struct condition condition;
	int64_t by_ms;			/* -1: at once, or at the end when it is untimed */
	int64_t within_ms;		/* by_ms is that long after it begins; -1: as it is */
	bool watching;			/* it is looked at after each event */
};

struct scenario_account {
	int line;			/* where it was written last */
	char *user, *server;
	struct words keys;		/* "password=secret" */
	bool gone;
};

struct scenario_setting {
	int line;
	char *key, *value;
};

struct scenario {
	const char *path;
	const char *config_path;	/* the configuration is that file on the disk; NULL: as the lines write it */
	struct line *lines, **last;
	int watched;			/* lines that are looked at after each event */
	int64_t until_ms;		/* -1: not said */
	struct scenario_account accounts[WORDS_MAX];
	size_t account_count;
	struct scenario_setting settings[WORDS_MAX];
	size_t setting_count;

	struct loop *loop;
	struct agent *agent;
	struct agent_listener listener;
	bool stopped;
	unsigned unanswered;
	bool reload_refused;
	char refusal[512];		/* why */
	bool line_failed;		/* the world failed for what the file says, not for what the agent does */
	char *written, *loaded;		/* the configuration as it was written last, and as the agent has it */
	int64_t records[RECORD_KINDS];	/* told so far */
	bool lenient;			/* what the lines expect need not come true */
	bool random;			/* a history: what is asked of the agent may be about what it does not know */

	/* The random world's (chaos.c); NULL: nobody judges but the world and the lines. */
	void (*judge)(struct scenario *scenario);		/* after each event */
	void (*judge_end)(struct scenario *scenario);		/* at the end, the agent still being there */
	void (*judge_reload)(struct scenario *scenario, bool before);	/* around each reload */
	void (*judge_record)(struct scenario *scenario, const struct record *record);
	void (*judge_line)(struct scenario *scenario, const struct line *line, bool ends);	/* ends: its `for` */
};

/* ---- scenario.c ---- */

/*
 * Reads and checks it. Returns false after saying what is wrong, with file and line, on stderr. A stream need not say
 * its end: until_ms is -1 then.
 */
bool scenario_read(struct scenario *scenario, const char *path);
bool scenario_read_stream(struct scenario *scenario, const char *path, FILE *file);

/* The line as it was written, but for its time and what is secret. */
void scenario_line_text(const struct line *line, char to[512]);

/* Plays it in the world that has begun. Returns false if the world failed. */
bool scenario_run(struct scenario *scenario);
void scenario_free(struct scenario *scenario);

/* The agent begins, with the configuration as it is written by now. Returns false if the world failed, or if it lacked
 * memory in a lenient scenario. */
bool scenario_start(struct scenario *scenario);

/* It ends in the middle of whatever it does; nothing is sent or written. */
void scenario_kill(struct scenario *scenario);

/* The configuration as it is written by now; NULL with the findings in errors. */
struct config *scenario_config(struct scenario *scenario, struct strbuf *errors);

/* The agent has taken that one. */
void scenario_loaded(struct scenario *scenario);

/* ---- verbs.c ---- */

/*
 * A verb does its line, or only checks it.
 *
 * check    true: say whether the line can be understood, and touch nothing
 * wrong    on failure: what is wrong (256 bytes)
 */
struct verb {
	const char *name;
	bool (*run)(struct scenario *scenario, struct line *line, bool check, char wrong[256]);
	bool declares;			/* may stand untimed: how the world is at the start */
	bool later;			/* may be timed */
	bool asks;			/* the daemon, which must not stand still */
	void *(*save)(const struct line *line);		/* the state before, for `for` */
	void (*restore)(const struct line *line, void *saved);
};

const struct verb *verb_find(const char *name);

/* ---- condition.c ---- */

bool condition_parse(struct condition *condition, const struct words *words, char wrong[256]);

/* `all`: for all accounts that it speaks of, else for any one. */
bool condition_holds(const struct scenario *scenario, const struct condition *condition, bool all);

/* "10.0.0.1", "10.0.0.1:5062", "[fd00::1]:5062"; the port is 5060 unless given. */
bool scenario_address(const char *word, struct address *address);

#endif
