# SPDX-License-Identifier: ISC
dist_man_MANS += man/sipkeepd.8 man/sipkeepctl.1 man/sipkeepsim.1 man/sipkeepd.conf.5 \
	man/sipkeepd-http.7 man/sipkeepd-redundancy.7
