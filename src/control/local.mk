# SPDX-License-Identifier: ISC
libagent_a_SOURCES += \
	src/control/control.c src/control/control.h \
	src/control/request.c src/control/request.h \
	src/control/status.c src/control/status.h
