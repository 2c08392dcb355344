# SPDX-License-Identifier: ISC
# What looks at the tests themselves.

# The table rule -> tests is made anew by each check, in the build tree.
dist_check_SCRIPTS += tests/rules.sh
TESTS += tests/rules.sh
CLEANFILES += tests/RULES

# Each plausible mistake must turn a test red; `make mutants ONLY='NAME…'` plays some.
EXTRA_DIST += tests/mutants
mutants:
	$(MAKE) distdir distdir=mutants-tree
	CC='$(CC)' $(srcdir)/tests/mutants/run mutants-tree $(ONLY)
.PHONY: mutants
