/* SPDX-License-Identifier: ISC */
/* For test_words.sh: prints the words that JSON and events have, "LIST WORD [TEXT]" a line. */
#include <stdio.h>

#include "agent/record.h"
#include "core/health.h"
#include "core/selection.h"

int
main(void)
{
	for (int i = 0; i < SELECTION_REASONS; i++)
		printf("Reasons %s %s\n", selection_reason_str((enum selection_reason)i),
		    selection_reason_text((enum selection_reason)i));
	for (int i = 0; i < SELECTION_VERDICTS; i++)
		printf("Verdicts %s %s\n", selection_verdict_str((enum selection_verdict)i),
		    selection_verdict_text((enum selection_verdict)i));
	for (int i = 0; i < HEALTH_CAUSES; i++)
		printf("Causes %s\n", health_cause_str((enum health_cause)i));
	for (int i = 0; i < RECORD_KINDS; i++)
		printf("Kinds %s\n", record_kind_str((enum record_kind)i));
	return 0;
}
