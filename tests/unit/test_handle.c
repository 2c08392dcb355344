/* SPDX-License-Identifier: ISC */
#include "base/handle.h"
#include "unit.h"

enum { THINGS = 1000 };

START_TEST(test_zero)
{
	struct handle_table table = { 0 };

	ck_assert(handle_none((struct handle){ 0 }));
	ck_assert_ptr_null(handle_get(&table, (struct handle){ 0 }));
	ck_assert_ptr_null(handle_get(&table, (struct handle){ .index = 7, .generation = 1 }));
	handle_remove(&table, (struct handle){ .index = 7, .generation = 1 });
	handle_table_fini(&table);
}
END_TEST

START_TEST(test_stale)
{
	struct handle_table table = { 0 };
	int first, second;
	struct handle a = handle_add(&table, &first), b;

	ck_assert(!handle_none(a));
	ck_assert_ptr_eq(handle_get(&table, a), &first);
	ck_assert_uint_eq(table.used, 1);
	/* A handle that was never given out finds nothing in a slot that is free. */
	ck_assert_ptr_null(handle_get(&table, (struct handle){ .index = a.index + 1, .generation = 1 }));
	handle_remove(&table, a);
	ck_assert_ptr_null(handle_get(&table, a));
	b = handle_add(&table, &second);
	ck_assert_uint_eq(b.index, a.index);
	ck_assert(!handle_equal(a, b));
	ck_assert_ptr_null(handle_get(&table, a));
	handle_remove(&table, a);	/* stale: must not hit the new thing */
	ck_assert_ptr_eq(handle_get(&table, b), &second);
	ck_assert_uint_eq(table.used, 1);
	handle_table_fini(&table);
}
END_TEST

START_TEST(test_many)
{
	static int things[THINGS];
	static struct handle handles[THINGS];
	struct handle_table table = { 0 };
	uint32_t size;

	for (size_t i = 0; i < THINGS; i++)
		handles[i] = handle_add(&table, &things[i]);
	for (size_t i = 0; i < THINGS; i += 2)
		handle_remove(&table, handles[i]);
	ck_assert_uint_eq(table.used, THINGS / 2);
	for (size_t i = 0; i < THINGS; i++)
		ck_assert_ptr_eq(handle_get(&table, handles[i]), i % 2 == 0 ? NULL : &things[i]);
	size = table.size;
	for (size_t i = 0; i < THINGS; i += 2) {
		struct handle old = handles[i];

		handles[i] = handle_add(&table, &things[i]);
		ck_assert(!handle_equal(old, handles[i]));
		ck_assert_ptr_null(handle_get(&table, old));
	}
	ck_assert_uint_eq(table.size, size);	/* the free ones were used again */
	for (size_t i = 0; i < THINGS; i++)
		ck_assert_ptr_eq(handle_get(&table, handles[i]), &things[i]);
	handle_table_fini(&table);
	ck_assert_uint_eq(table.used, 0);
	ck_assert_ptr_null(handle_get(&table, handles[1]));
}
END_TEST

static Suite *
handle_suite(void)
{
	Suite *suite = suite_create("handle");
	TCase *tc = tcase_create("handle");

	tcase_add_test(tc, test_zero);
	tcase_add_test(tc, test_stale);
	tcase_add_test(tc, test_many);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(handle_suite)
