/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_TESTS_UNIT_H
#define SIPKEEPD_TESTS_UNIT_H

/* What every unit test program needs: Check, and a main() that runs one suite. */

#include <check.h>
#include <stdlib.h>

#define UNIT_MAIN(suite_function)							\
	int										\
	main(void)									\
	{										\
		SRunner *runner = srunner_create(suite_function());			\
		int failed;								\
											\
		srunner_run_all(runner, CK_NORMAL);					\
		failed = srunner_ntests_failed(runner);					\
		srunner_free(runner);							\
		return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;			\
	}

#define UNIT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
