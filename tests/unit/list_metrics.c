/* SPDX-License-Identifier: ISC */
/* For test_metrics.sh: prints every metric, "NAME TYPE" a line. */
#include <stdio.h>

#include "control/metrics.h"

int
main(void)
{
	const char *name, *type;

	for (size_t i = 0; (name = metrics_name(i, &type)) != NULL; i++)
		printf("%s %s\n", name, type);
	return 0;
}
