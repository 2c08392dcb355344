/* SPDX-License-Identifier: ISC */

/* The words for what transport.h reports as a failure; the virtual world of the tests says them with this file too. */

#include "net/transport.h"

const char *
transport_failure_str(enum transport_failure failure)
{
	switch (failure) {
	case TRANSPORT_PORT_UNREACHABLE:
		return "port unreachable";
	case TRANSPORT_HOST_UNREACHABLE:
		return "host unreachable";
	case TRANSPORT_NET_UNREACHABLE:
		return "network unreachable";
	case TRANSPORT_PROHIBITED:
		return "prohibited";
	case TRANSPORT_REFUSED:
		return "connection refused";
	case TRANSPORT_NOT_MADE:
		return "not made within 4 s";
	case TRANSPORT_UNTRUSTED:
		return "TLS handshake failed";
	case TRANSPORT_OTHER_NAME:
		return "the certificate is for another name";
	case TRANSPORT_ENDED:
		return "connection ended";
	case TRANSPORT_GARBAGE:
		return "no SIP";
	}
	return "?";
}
