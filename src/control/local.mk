# SPDX-License-Identifier: ISC
libagent_a_SOURCES += \
	src/control/control.c src/control/control.h \
	src/control/events.c src/control/events.h \
	src/control/explain.c src/control/explain.h \
	src/control/notify.c src/control/notify.h \
	src/control/request.c src/control/request.h \
	src/control/shown.c src/control/shown.h \
	src/control/status.c src/control/status.h
