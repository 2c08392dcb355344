# SPDX-License-Identifier: ISC
# libFuzzer targets; not built by make, which needs no clang. The head of each says how to build and run it.
EXTRA_DIST += tests/fuzz/fuzz_accounts.c tests/fuzz/fuzz_config.c tests/fuzz/fuzz_digest.c \
	tests/fuzz/fuzz_message.c
