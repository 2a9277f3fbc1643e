/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sentences for events that come out of order, for the writer and the reader alike.
 *
 * Whether an event is out of order is decided in ctf.h, inline, because the writer asks for every event.
 */
#include "traces/ctf.h"

#include <inttypes.h>
#include <stdio.h>

void ctf_order_explain(const struct ctf_order *order, const struct trace_event *event, char *why,
		       size_t why_size)
{
	if (order->events == 0)
		snprintf(why, why_size, "is the first event, expected run.begin");
	else if (ctf_order_ended(order))
		snprintf(why, why_size, "comes after run.end, expected nothing");
	else if (event->id == EVENT_run_begin)
		snprintf(why, why_size, "is event %" PRIu64 ", expected as event 0 only", order->events);
	else
		snprintf(why, why_size, "has time %" PRIu64 " ps, expected at least the %" PRIu64
			 " ps of the event before it", event->time, order->time);
}
