/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory given out at run time: MEM-HEAP-01 and MEM-LEAK-01.
 *
 * Who holds what is counted by whoever emits the events; here is what follows from it. What a program keeps that has not
 * ended is no leak.
 */
#include "conformance/check.h"

#include <inttypes.h>

void check_heap_freed(struct checker *c)
{
	check_witness(c, CLAUSE_MEM_LEAK_01);
}

void check_heap_used(struct checker *c)
{
	check_witness(c, CLAUSE_MEM_HEAP_01);
}

void check_heap_misused(struct checker *c, const struct event_heap_misuse *e)
{
	struct check_place place = check_place_of(c, e->agent, e->pc);
	struct check_violation *v = check_fail(c, CLAUSE_MEM_HEAP_01, CHECK_AT(place));

	if (!v)
		return;
	check_message(v, "the %s's %s of buffer %" PRIu32 " is refused: %s", check_side_name(place.side),
		      trace_enum_name("heap_use", e->what), e->handle, trace_enum_name("heap_misuse", e->why));
	check_cause(v, "{0} asks for it; a buffer is one's own from its allocation or a get to the last put, and every "
		       "map and attach is undone once, before that");
}

void check_heap_leaked(struct checker *c, const struct event_heap_leak *e)
{
	struct check_place place = check_place_of(c, e->agent, e->pc);
	struct check_violation *v;

	if (!c->agent[e->agent].ended)
		return;
	v = check_fail(c, CLAUSE_MEM_LEAK_01, CHECK_AT(place));
	if (!v)
		return;
	check_message(v, "the %s ends, and buffer %" PRIu32 " of %" PRIu64 " bytes was never freed: %" PRIu32
		      " references and %" PRIu32 " mappings are left",
		      check_side_name(place.side), e->handle, e->size, e->references, e->mappings);
	check_cause(v, "{0} got it; an unmap, a detach or a put is missing after that");
}
