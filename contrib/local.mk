# SPDX-License-Identifier: ISC
EXTRA_DIST += contrib/sipkeepd.conf
