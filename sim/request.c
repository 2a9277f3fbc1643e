/* SPDX-License-Identifier: BSD-3-Clause */
/* What each request of an agent means; see request.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/request.h"

#define CONSOLE_LINE_MAX 4096

static uint64_t agent_time_after(const struct agent *agent, uint64_t ns)
{
	return agent->hook.clock + ns * ENGINE_FS_PER_NS;
}

static bool agent_end(struct agent *agent)
{
	agent->engine->machine->sync(agent->engine->machine_ctx, agent);
	agent->request = NULL;
	agent_block(agent, AGENT_DEAD, UINT64_MAX);
	return false;
}

static void agent_note_store(struct agent *agent, const struct request *request, uint64_t pc)
{
	struct agent_store *s = &agent->store[agent->stores++];

	*s = (struct agent_store){ .address = request->address, .size = request->size, .pc = pc };
	if (s->size <= sizeof(s->before))
		memcpy(s->before, (const void *)s->address, s->size);
}

static bool request_access(struct engine *engine, struct agent *agent, const struct request *request, bool store,
			   bool range)
{
	uint64_t pc = agent_pc(agent, request->ret);

	if (request->whole && !request->goes_on && (request->address & (request->value - 1)) &&
	    !engine->machine->unaligned(engine->machine_ctx, agent, request->address, (size_t)request->value, store, pc))
		return agent_end(agent);
	if (!store && request->address - agent->hook.base >= agent->hook.private_size &&
	    agent_spins(agent, pc, request->address)) {
		agent->spins = 0;
		agent->request = (struct request *)(uintptr_t)request; /* performed when it is woken */
		agent_block(agent, AGENT_PARKED, UINT64_MAX);
		return false;
	}
	if (!engine->machine->access(engine->machine_ctx, agent, request->address, request->size, store, pc))
		return agent_end(agent);
	agent->range_open = range;
	if (store && request->address - agent->hook.base >= agent->hook.private_size)
		agent_note_store(agent, request, pc);
	return true;
}

/* The program ends, on whichever core: all stop. */
static bool request_exit(struct engine *engine, struct agent *agent, const struct request *request)
{
	for (unsigned int i = 0; i < engine->agents; i++)
		if (&engine->agent[i] != agent && engine->agent[i].program == agent->program)
			agent_stop(&engine->agent[i]);
	agent->exit_code = (uint32_t)request->value;
	engine->machine->sync(engine->machine_ctx, agent);
	ENGINE_EMIT(engine, exit, .agent = (uint8_t)agent->id, .code = agent->exit_code);
	return agent_end(agent);
}

static bool request_return(struct engine *engine, struct agent *agent, struct request *request)
{
	uint64_t word[CALL_WORDS] = { 0 };

	if (!agent->core)
		return request_exit(engine, agent, request);
	engine->machine->call(engine->machine_ctx, agent, CALL_cpu_off, word, 0);
	return agent->state == AGENT_READY;
}

static bool request_assert(struct engine *engine, struct agent *agent, const struct request *request)
{
	char text[256];

	snprintf(text, sizeof(text), "%s at %s:%u", (const char *)request->address, (const char *)request->other,
		 (unsigned int)request->value);
	ENGINE_EMIT(engine, assert, .agent = (uint8_t)agent->id, .text = text, .pc = agent_pc(agent, request->ret));
	return agent_end(agent);
}

/* An address in what the agent can address is the same everywhere, and told; any other is said to the user only. */
static bool request_fault(struct engine *engine, struct agent *agent, const struct request *request)
{
	uintptr_t at = request->address - agent->hook.base;
	bool known = at < agent->hook.private_size + agent->hook.shared_size;
	uintptr_t heap = (uintptr_t)agent->program->heap, unused = heap + agent->program->allocations.high,
		  end = heap + agent->program->allocations.size;
	const char *what = request->address >= unused && request->address < end	  ? "ran over its heap, to" :
			   request->address >= end && request->address < (uintptr_t)agent->stack ? "ran over its stack, to" :
											     "accessed outside the hooks";

	if (!engine->told_fault) /* a campaign says it once */
		fprintf(stderr, "sbesim: %s %s 0x%llx at image offset 0x%llx and was stopped\n", agent->name, what,
			(unsigned long long)request->address, (unsigned long long)agent_pc(agent, request->ret));
	engine->told_fault = true;
	ENGINE_EMIT(engine, fault, .agent = (uint8_t)agent->id, .access = TRACE_ACCESS_LOAD, .addr = known ? at : 0,
		    .pc = agent_pc(agent, request->ret));
	return agent_end(agent);
}

static bool request_stuck(struct engine *engine, struct agent *agent, const struct request *request)
{
	fprintf(stderr, "sbesim: %s makes no memory access, at image offset 0x%llx; the run was ended\n", agent->name,
		(unsigned long long)agent_pc(agent, request->ret));
	engine_hang(engine, TRACE_HANG_NO_ACCESS);
	return false;
}

/* Text for people: anything but printable ASCII, tab and newline becomes '?', so that it is the same everywhere. */
static bool request_console(struct engine *engine, struct agent *agent, const struct request *request)
{
	char text[CONSOLE_LINE_MAX];
	const char *from = (const char *)request->address;
	size_t size = request->size < sizeof(text) - 1 ? request->size : sizeof(text) - 1;

	for (size_t i = 0; i < size; i++)
		text[i] = (from[i] >= ' ' && from[i] <= '~') || from[i] == '\n' || from[i] == '\t' ? from[i] : '?';
	text[size] = '\0';
	ENGINE_EMIT(engine, console, .agent = (uint8_t)agent->id, .text = text);
	return true;
}

static bool request_format(struct agent *agent, struct request *request)
{
	va_list *args = request->other;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	int length = vsnprintf(agent->format, sizeof(agent->format), (const char *)request->address, *args);
#pragma GCC diagnostic pop
	agent->answer = length < 0 ? 0 : (size_t)length < sizeof(agent->format) ? (size_t)length : sizeof(agent->format) - 1;
	request->other = agent->format;
	return true;
}

/* Answers what there is of the bytes that were asked for. */
static bool request_bytes(struct agent *agent, struct request *request, const uint8_t *bytes, size_t size)
{
	size_t offset = request->value < size ? (size_t)request->value : size;

	agent->answer = request->size < size - offset ? request->size : size - offset;
	request->other = bytes ? (void *)(uintptr_t)(bytes + offset) : NULL;
	return true;
}

static bool request_input(struct engine *engine, struct agent *agent, struct request *request)
{
	return request_bytes(agent, request, engine->config.input, engine->config.input_size);
}

static bool request_firmware(struct engine *engine, struct agent *agent, struct request *request)
{
	const struct image *firmware = NULL;
	size_t size = 0;

	for (unsigned int i = 0; i < engine->agents && agent->side == TRACE_SIDE_HOST; i++)
		if (engine->agent[i].side == TRACE_SIDE_REMOTE)
			firmware = engine->agent[i].program->image;
	const uint8_t *bytes = firmware ? image_section(firmware, (const char *)request->address, &size) : NULL;

	return request_bytes(agent, request, bytes, size);
}

static bool request_vring(struct engine *engine, struct agent *agent, const struct request *request)
{
	struct event_vring vring = *(const struct event_vring *)request->other;

	vring.agent = (uint8_t)agent->id;
	engine_emit(engine, &(struct trace_event){ .id = EVENT_vring, .vring = vring });
	return true;
}

static bool request_allocate(struct agent *agent, const struct request *request)
{
	struct program *program = agent->program;
	size_t high = program->allocations.high;
	size_t at = heap_allocate(&program->allocations, request->size, (size_t)request->value);

	if (program->allocations.high > high)
		agent_limit_heap(agent);
	agent->answer = at == HEAP_NONE ? 0 : (uintptr_t)(program->heap + at);
	return true;
}

/* What a program frees or resizes must have been given out: anything else is a defect of the program, and ends it. */
static bool request_of_block(struct engine *engine, struct agent *agent, const struct request *request)
{
	struct program *program = agent->program;
	size_t at = request->address - (uintptr_t)program->heap;
	char text[96];

	agent->answer = heap_block_size(&program->allocations, at);
	if (agent->answer)
		return request->kind == REQUEST_ALLOCATED || heap_free(&program->allocations, at);
	snprintf(text, sizeof(text), "%s of an address that malloc did not give out, or that was freed before",
		 request->kind == REQUEST_FREE ? "free" : "realloc");
	ENGINE_EMIT(engine, assert, .agent = (uint8_t)agent->id, .text = text, .pc = agent_pc(agent, request->ret));
	return agent_end(agent);
}

static bool request_mbox_register(struct agent *agent, const struct request *request)
{
	agent->answer = (uint64_t)-1;
	if (request->value < ENGINE_MAILBOX_CHANNELS) {
		agent_attend(agent, (unsigned int)request->value, request->address, request->other);
		agent->answer = 0;
	}
	return true;
}

static bool request_mbox_send(struct engine *engine, struct agent *agent, const struct request *request)
{
	bool sent;

	engine->machine->sync(engine->machine_ctx, agent);
	sent = engine->machine->mbox_send(engine->machine_ctx, agent, (unsigned int)request->size, request->value,
					  agent_pc(agent, request->ret));
	agent->answer = sent ? 0 : (uint64_t)-1;
	agent_end_delays(agent);
	return true;
}

/* Parked, it is performed again when something has changed. */
static bool request_goes_on(struct agent *agent, struct request *request)
{
	if (!agent->in_vain)
		return true;
	agent->in_vain = false;
	agent->spins = 0;
	agent->request = request;
	agent_block(agent, AGENT_PARKED, UINT64_MAX);
	return false;
}

/* Performed again when the agent wakes: then it finds the interrupt, or its time over. */
static bool request_wait(struct engine *engine, struct agent *agent, struct request *request, bool sleeps)
{
	if (!agent->waiting) {
		engine->machine->sync(engine->machine_ctx, agent);
		ENGINE_EMIT(engine, wait, .agent = (uint8_t)agent->id, .timeout_ns = request->value,
			    .pc = agent_pc(agent, request->ret));
		agent->irq_taken = false;
		agent->waiting = true;
		agent->sleeping = sleeps;
		agent->wait_end = sleeps || request->value ? agent_time_after(agent, request->value) : UINT64_MAX;
	}
	agent->answer = !sleeps && (agent->irq_taken || agent_pending_channel(agent) < ENGINE_CHANNELS_MAX);
	if (agent->answer || agent->hook.clock >= agent->wait_end) {
		agent->waiting = agent->sleeping = false;
		return true;
	}
	agent->request = request;
	agent_block(agent, AGENT_WAITING, agent->wait_end);
	return false;
}

static bool request_remote_start(struct engine *engine, struct agent *agent)
{
	engine->machine->sync(engine->machine_ctx, agent);
	agent->answer = engine->machine->remote_start(engine->machine_ctx, agent) ? 0 : (uint64_t)-1;
	return true;
}

static bool request_perform_seam(struct engine *engine, struct agent *agent, struct request *request)
{
	const struct machine_ops *machine = engine->machine;
	void *m = engine->machine_ctx;

	engine_charge(agent, agent->costs.seam_call);
	switch (request->kind) {
	case REQUEST_MAINTAIN:
		return machine->maintain(m, agent, (enum trace_maint)request->value, request->address, request->size,
					 agent_pc(agent, request->ret)) ||
		       agent_end(agent);
	case REQUEST_BARRIER:
		machine->sync(m, agent);
		ENGINE_EMIT(engine, barrier, .agent = (uint8_t)agent->id, .kind = (uint8_t)request->value,
			    .pc = agent_pc(agent, request->ret));
		machine->barrier(m, agent, (enum trace_barrier)request->value);
		return true;
	case REQUEST_REGION:
		request->other = machine->region(m, agent, (const char *)request->address);
		agent->answer = request->other != NULL;
		return true;
	case REQUEST_DA_TO_VA:
		agent->answer = machine->da_to_va(m, agent, request->value, request->size);
		return true;
	case REQUEST_MBOX_REGISTER:
		return request_mbox_register(agent, request);
	case REQUEST_MBOX_SEND:
		return request_mbox_send(engine, agent, request) && request_goes_on(agent, request);
	case REQUEST_IRQ_DISABLE:
	case REQUEST_IRQ_ENABLE:
		agent->irq_disabled = request->kind == REQUEST_IRQ_DISABLE;
		return true;
	case REQUEST_TIME:
		agent->spins = 0; /* a loop with a timeout ends by itself */
		agent->answer = agent->hook.clock / ENGINE_FS_PER_NS;
		return true;
	case REQUEST_REMOTE_START:
		return request_remote_start(engine, agent);
	case REQUEST_CONSOLE:
		return request_console(engine, agent, request);
	case REQUEST_FORMAT:
		return request_format(agent, request);
	case REQUEST_INPUT:
		return request_input(engine, agent, request);
	case REQUEST_FIRMWARE:
		return request_firmware(engine, agent, request);
	case REQUEST_VRING:
		return request_vring(engine, agent, request);
	case REQUEST_CALL:
		machine->sync(m, agent);
		agent->answer = machine->call(m, agent, (enum machine_call)request->value, request->other,
					      agent_pc(agent, request->ret));
		/* It may have stopped or suspended itself. */
		return agent->state == AGENT_READY && request_goes_on(agent, request);
	case REQUEST_ALLOCATE:
		return request_allocate(agent, request);
	case REQUEST_FREE:
	case REQUEST_ALLOCATED:
		return request_of_block(engine, agent, request);
	case REQUEST_ASSERT:
		return request_assert(engine, agent, request);
	case REQUEST_EXIT:
		return request_exit(engine, agent, request);
	case REQUEST_RETURN:
		return request_return(engine, agent, request);
	case REQUEST_FAULT:
		return request_fault(engine, agent, request);
	case REQUEST_STUCK:
		return request_stuck(engine, agent, request);
	case REQUEST_LOAD:
	case REQUEST_STORE:
	case REQUEST_LOAD_RANGE:
	case REQUEST_STORE_RANGE:
	case REQUEST_WFI:
	case REQUEST_SLEEP:
	case REQUEST_KINDS:
		break; /* not seam calls that are over at once: request_perform */
	}
	__builtin_unreachable();
}

bool request_perform(struct engine *engine, struct agent *agent, struct request *request)
{
	switch (request->kind) {
	case REQUEST_LOAD:
		return request_access(engine, agent, request, false, false);
	case REQUEST_STORE:
		return request_access(engine, agent, request, true, false);
	case REQUEST_LOAD_RANGE:
		return request_access(engine, agent, request, false, agent->stores > 0);
	case REQUEST_STORE_RANGE:
		return request_access(engine, agent, request, true, true);
	case REQUEST_WFI:
		return request_wait(engine, agent, request, false);
	case REQUEST_SLEEP:
		return request_wait(engine, agent, request, true);
	default:
		return request_perform_seam(engine, agent, request);
	}
}

bool request_is_visible(struct engine *engine, struct agent *agent, const struct request *request)
{
	switch (request->kind) {
	case REQUEST_LOAD:
	case REQUEST_STORE:
		return engine->machine->is_control(engine->machine_ctx, agent, request->address);
	case REQUEST_MAINTAIN:
	case REQUEST_MBOX_SEND:
	case REQUEST_CALL:
		return true;
	default:
		return false;
	}
}
