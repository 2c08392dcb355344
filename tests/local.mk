# SPDX-License-Identifier: ISC
# What looks at the tests themselves.

# The table rule -> tests is made anew by each check, in the build tree.
dist_check_SCRIPTS += tests/rules.sh
TESTS += tests/rules.sh
CLEANFILES += tests/RULES
