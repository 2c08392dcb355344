/* SPDX-License-Identifier: ISC */
/* For test_metrics.sh: prints every metric, "NAME TYPE" a line. */
#include <stdio.h>

#include "control/metricfamily.h"

int
main(void)
{
	const struct metricfamily *family;

	for (size_t i = 0; (family = metricfamily(i)) != NULL; i++)
		printf("%s %s\n", family->name, family->type);
	return 0;
}
