/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checker on vrings and the buffers in them: layout, order, barriers, maintenance, conservation. A correct exchange
 * passes, with a resource table and with declared rings; each twin (twins_ring.def) differs from it in one place and
 * fails exactly its clause; what other stacks do and may do is legal.
 *
 * The sequences are script.h's: no memory model, nothing of the simulator. What test_checker.c spoils is not repeated.
 */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/tests/script.h"

#define EPT_REMOTE 1024u
#define EPT_HOST 1025u
#define PAYLOAD 24u
#define MESSAGE_BYTES (16u + PAYLOAD)
#define ROUNDS 3
#define ODD_ROUND 1 /* the one that a twin spoils */

enum twin {
	CORRECT,
#define TWIN(name, clause, where) TWIN_##name,
#include "conformance/tests/twins_ring.def"
#undef TWIN
	/* Legal deviations. */
	LEGAL_rings_are_declared,
	LEGAL_rings_are_declared_after_they_were_filled,
	LEGAL_remote_declares_first,
	LEGAL_declarations_repeat_the_table,
	LEGAL_free_descriptors_are_linked,
	LEGAL_used_event_is_stored,
	LEGAL_buffers_go_back_in_another_order,
	LEGAL_last_message_is_still_read,
	LEGAL_stale_index_is_polled,
	LEGAL_write_back_restores_old_bytes_behind_a_message,
	LEGAL_index_is_read_again_without_a_kick,
	LEGAL_index_is_read_again_behind_the_barrier,
	LEGAL_host_reads_the_rings_back,
	LEGAL_host_waits_before_it_fills_the_rings,
	LEGAL_interrupt_kicks_before_the_index_is_clean,
	LEGAL_writable_buffer_is_written,
	LEGAL_unused_device_is_reset,
	LEGAL_device_starts_again,
	LEGAL_device_starts_again_with_the_table_first,
};

static bool is(const struct world *w, enum twin twin)
{
	return w->twin == (int)twin;
}

static bool is_declared(const struct world *w)
{
	return is(w, LEGAL_rings_are_declared) || is(w, LEGAL_host_waits_before_it_fills_the_rings) ||
	       is(w, LEGAL_rings_are_declared_after_they_were_filled) ||
	       is(w, LEGAL_remote_declares_first) || is(w, TWIN_declarations_differ) ||
	       is(w, TWIN_declared_ring_lies_in_data_memory);
}

/* ---- Start ------------------------------------------------------------------------------------------- */

static void declare(struct world *w, uint8_t cpu, uint32_t align)
{
	uint64_t elsewhere = is(w, TWIN_declared_ring_lies_in_data_memory) && cpu == REMOTE_CPU ? DATA : 0;

	TELL(w, vring, cpu, 0, elsewhere ? elsewhere : ring_at(0), NUM, w->align);
	TELL(w, vring, cpu, 1, ring_at(1), NUM, align);
}

static void table_store(struct world *w)
{
	const uint32_t words[] = {
		1, 1, 0, 0, 20, RSC_VDEV, VIRTIO_ID_RPMSG, 7, 0, 0, 0, 2u << 8,
		(uint32_t)ring_at(0), w->align, NUM, 0, 0,
		(uint32_t)ring_at(1), w->align, NUM, 1, 0,
	};

	for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		store(w, HOST_CPU, TABLE + 4u * i, words[i], 4, PC_TABLE);
	ring_clean(w, HOST_CPU, TABLE, sizeof(words));
}

static void status_steps(struct world *w)
{
	static const uint8_t steps[] = {1, 3, 11, 15};

	for (unsigned int i = 0; i < sizeof(steps); i++) {
		store(w, HOST_CPU, STATUS_AT, steps[i], 1, PC_STATUS);
		ring_clean(w, HOST_CPU, STATUS_AT, 1);
	}
}

/* As rings_zero, but for what a twin forgets. */
static void rings_prepare(struct world *w)
{
	uint64_t used = used_at(w, 1), end = used + VRING_USED_RING(NUM) + 2u;

	if (!is(w, TWIN_used_index_was_not_zeroed)) {
		rings_zero(w);
	} else {
		for (uint64_t at = ring_at(0); at < end; at += 2)
			if (at != used + VRING_USED_IDX)
				store(w, HOST_CPU, at, 0, 2, PC_ZERO);
		ring_clean(w, HOST_CPU, ring_at(0), end - ring_at(0));
	}
	if (is(w, TWIN_used_index_begins_at_8)) {
		store(w, HOST_CPU, used + VRING_USED_IDX, NUM, 2, PC_ZERO);
		ring_clean(w, HOST_CPU, used + VRING_USED_IDX, 2);
		w->used[1] = w->used_seen[1] = NUM;
	}
	if (is(w, TWIN_avail_flags_have_an_unknown_bit))
		store(w, HOST_CPU, avail_at(1), 2, 2, PC_ZERO);
	ring_clean(w, HOST_CPU, avail_at(1), 2);
}

static struct post rx_post(const struct world *w, uint16_t head)
{
	struct post p = {0, head, VRING_DESC_F_WRITE, BUFFER(head), BUFFER_BYTES};

	if (is(w, TWIN_two_buffers_share_a_line) && head == 2)
		p.len += 16;
	if (is(w, TWIN_two_buffers_share_a_line) && head == 3)
		p = (struct post){0, head, VRING_DESC_F_WRITE, BUFFER(head) + 16, BUFFER_BYTES - 16};
	if (is(w, TWIN_buffer_and_ring_share_a_line) && head == 3)
		p.addr = (used_at(w, 1) + VRING_USED_RING(NUM) + 2u + 15u) & ~15ull;
	if (is(w, TWIN_buffer_lies_in_a_vring) && head == 3)
		p.addr = ring_at(1) + 16u;
	if (is(w, TWIN_descriptor_is_indirect) && head == 3)
		p.flags |= VRING_DESC_F_INDIRECT;
	if (is(w, TWIN_buffer_has_no_room_for_a_header) && head == 3)
		p.len = 8;
	return p;
}

static void host_fills(struct world *w)
{
	rings_prepare(w);
	for (uint16_t i = 0; i < POSTED; i++)
		post_entry(w, rx_post(w, i));
}

static void wake(struct world *w, uint8_t cpu, uint8_t other, uint64_t token)
{
	pause_cpu(w, other);
	kick(w, cpu, token);
	TELL(w, notify, other, 0, token);
}

static void start(struct world *w)
{
	if (is(w, LEGAL_remote_declares_first))
		declare(w, REMOTE_CPU, w->align);
	if (is_declared(w) && !is(w, LEGAL_rings_are_declared_after_they_were_filled))
		declare(w, HOST_CPU, w->align);
	if (is(w, LEGAL_host_waits_before_it_fills_the_rings))
		pause_cpu(w, HOST_CPU);
	if (is(w, LEGAL_device_starts_again_with_the_table_first))
		table_store(w);
	host_fills(w);
	if (is(w, LEGAL_rings_are_declared_after_they_were_filled))
		declare(w, HOST_CPU, w->align);
	if (!is_declared(w)) {
		if (!is(w, LEGAL_device_starts_again_with_the_table_first))
			table_store(w);
		status_steps(w);
		if (is(w, LEGAL_unused_device_is_reset)) {
			store(w, HOST_CPU, STATUS_AT, 0, 1, PC_STATUS);
			status_steps(w);
		}
	}
	wake(w, HOST_CPU, REMOTE_CPU, 0);
	if (is_declared(w) || is(w, LEGAL_declarations_repeat_the_table))
		declare(w, REMOTE_CPU, is(w, TWIN_declarations_differ) ? 2 * w->align : w->align);
	if (is(w, TWIN_declaration_differs_from_the_table))
		declare(w, REMOTE_CPU, 2 * w->align);
	ring_invalidate(w, REMOTE_CPU, TABLE, 88);
	for (unsigned int ring = 0; ring < 2; ring++)
		ring_invalidate(w, REMOTE_CPU, used_at(w, ring), VRING_USED_RING(NUM) + 2u);
}

/* ---- Entries, with what twins do to them --------------------------------------------------------------- */

static void part_publish(struct world *w, uint8_t cpu, uint64_t part, uint16_t index, bool barred, bool clean)
{
	if (barred)
		barrier(w, cpu);
	store(w, cpu, part + VRING_AVAIL_IDX, index, 2, PC_INDEX);
	if (clean)
		ring_clean(w, cpu, part + VRING_AVAIL_IDX, 2);
}

static void host_post(struct world *w, struct post p, bool odd)
{
	uint64_t entry = avail_at(p.ring) + VRING_AVAIL_RING(w->avail[p.ring] % NUM);
	bool late = odd && is(w, TWIN_message_is_stored_behind_the_barrier);

	desc_store(w, &p, true);
	store(w, HOST_CPU, entry, odd && is(w, TWIN_avail_head_is_beyond_the_ring) ? NUM + 3u : p.head, 2, PC_ENTRY);
	ring_clean(w, HOST_CPU, entry, 2);
	if (late) {
		barrier(w, HOST_CPU);
		store(w, HOST_CPU, p.addr + 20, 7, 4, PC_LATE);
		ring_clean(w, HOST_CPU, p.addr + 20, 4);
	}
	w->avail[p.ring] = (uint16_t)(w->avail[p.ring] + (odd && is(w, TWIN_avail_index_goes_back) ? -1 : 1));
	part_publish(w, HOST_CPU, avail_at(p.ring), w->avail[p.ring],
		     !late && !(odd && is(w, TWIN_host_publishes_without_a_barrier)), true);
	if (odd && is(w, TWIN_avail_entry_changes_while_published)) {
		store(w, HOST_CPU, entry, p.head, 2, PC_LATE);
		ring_clean(w, HOST_CPU, entry, 2);
	}
	if (odd && is(w, LEGAL_used_event_is_stored)) {
		store(w, HOST_CPU, avail_at(p.ring) + VRING_AVAIL_RING(NUM), 5, 2, PC_LATE);
		ring_clean(w, HOST_CPU, avail_at(p.ring) + VRING_AVAIL_RING(NUM), 2);
	}
}

static bool is_interrupted(const struct world *w)
{
	return is(w, TWIN_index_stays_unclean_after_an_interrupt) ||
	       is(w, LEGAL_interrupt_kicks_before_the_index_is_clean);
}

static void remote_put(struct world *w, unsigned int ring, uint32_t id, uint32_t len, bool odd)
{
	uint64_t entry = used_at(w, ring) + VRING_USED_RING(w->used[ring]++ % NUM);
	bool interrupted = odd && ring == 0 && is_interrupted(w);

	store(w, REMOTE_CPU, entry, id, 4, PC_ENTRY);
	store(w, REMOTE_CPU, entry + 4, len, 4, PC_ENTRY);
	ring_clean(w, REMOTE_CPU, entry, 8);
	if (odd && ring == 1 && is(w, TWIN_used_index_runs_ahead))
		w->used[ring]++;
	part_publish(w, REMOTE_CPU, used_at(w, ring), w->used[ring],
		     !(odd && is(w, TWIN_remote_publishes_without_a_barrier)),
		     !interrupted && !(odd && is(w, TWIN_remote_index_is_not_cleaned)));
	if (!interrupted)
		return;
	/* The handler kicks for the other ring; then the program that it interrupted goes on. */
	TELL(w, notify, REMOTE_CPU, 0, 0);
	kick(w, REMOTE_CPU, 1);
	if (is(w, LEGAL_interrupt_kicks_before_the_index_is_clean))
		ring_clean(w, REMOTE_CPU, used_at(w, ring), 4);
}

static uint16_t remote_get(struct world *w, unsigned int ring, bool odd)
{
	uint64_t idx = avail_at(ring) + VRING_AVAIL_IDX;
	uint64_t slot = avail_at(ring) + VRING_AVAIL_RING(w->avail_seen[ring]++ % NUM), desc;
	bool stale = odd && (is(w, TWIN_index_is_not_invalidated_after_a_kick) ||
			     is(w, TWIN_index_was_invalidated_before_the_wait));
	uint16_t head;

	if (!stale)
		ring_invalidate(w, REMOTE_CPU, idx, 2);
	load(w, REMOTE_CPU, idx, 2, PC_LOAD);
	if (!(odd && is(w, TWIN_remote_reads_the_entry_without_a_barrier)))
		barrier(w, REMOTE_CPU);
	if (is(w, LEGAL_index_is_read_again_behind_the_barrier))
		load(w, REMOTE_CPU, idx, 2, PC_LOAD);
	ring_invalidate(w, REMOTE_CPU, slot, 2);
	head = (uint16_t)load(w, REMOTE_CPU, slot, 2, PC_LOAD) % NUM;
	desc = ring_at(ring) + VRING_DESC_OFFSET(head);
	ring_invalidate(w, REMOTE_CPU, desc, 16);
	if (odd && is(w, TWIN_descriptor_is_read_stale))
		TELL(w, stale, REMOTE_CPU, desc + 8, 4, PC_LOAD, HOST_CPU, PC_DESC, 500, TRACE_FILL_PREFETCH,
		     TRACE_REMEDY_NONE);
	load(w, REMOTE_CPU, desc, 8, PC_LOAD);
	load(w, REMOTE_CPU, desc + 8, 4, PC_LOAD);
	return head;
}

static uint16_t host_get(struct world *w, unsigned int ring, bool odd)
{
	uint64_t slot = used_at(w, ring) + VRING_USED_RING(w->used_seen[ring]++ % NUM);

	if (odd && is(w, TWIN_invalidate_of_the_index_drops_the_flags)) {
		store(w, HOST_CPU, avail_at(ring), 0, 2, PC_STRAY);
		ring_invalidate(w, HOST_CPU, avail_at(ring) + VRING_AVAIL_IDX, 2);
	}
	ring_invalidate(w, HOST_CPU, used_at(w, ring) + VRING_USED_IDX, 2);
	load(w, HOST_CPU, used_at(w, ring) + VRING_USED_IDX, 2, PC_LOAD);
	if (!(odd && is(w, TWIN_host_reads_the_entry_without_a_barrier)))
		barrier(w, HOST_CPU);
	ring_invalidate(w, HOST_CPU, slot, 8);
	load(w, HOST_CPU, slot + 4, 4, PC_LOAD);
	return (uint16_t)load(w, HOST_CPU, slot, 4, PC_LOAD);
}

/* ---- Messages ---------------------------------------------------------------------------------------- */

static struct post host_send(struct world *w, bool odd)
{
	const struct message m = {EPT_HOST, EPT_REMOTE, PAYLOAD, PAYLOAD, "to the remote"};
	uint16_t head = w->next_head++;
	struct post p = {1, head, 0, BUFFER(NUM + head), BUFFER_BYTES};

	if ((odd && is(w, TWIN_descriptor_to_the_remote_has_write)) || is(w, LEGAL_writable_buffer_is_written))
		p.flags = VRING_DESC_F_WRITE;
	message_store(w, HOST_CPU, p.addr, &m);
	ring_clean(w, HOST_CPU, p.addr, MESSAGE_BYTES);
	if (odd && is(w, TWIN_message_has_the_address_of_an_outstanding_buffer))
		p.addr = BUFFER(3);
	if (odd && is(w, TWIN_index_was_invalidated_before_the_wait))
		ring_invalidate(w, REMOTE_CPU, avail_at(1) + VRING_AVAIL_IDX, 2);
	pause_cpu(w, REMOTE_CPU);
	host_post(w, p, odd);
	kick(w, HOST_CPU, 1);
	TELL(w, notify, REMOTE_CPU, 0, 1);
	return p;
}

static void facts_tell(struct world *w, uint64_t message)
{
	if (is(w, TWIN_write_back_overwrites_a_message))
		TELL(w, clobber, REMOTE_CPU, message + 20, 4, PC_STRAY, HOST_CPU, PC_MESSAGE + 20, 400, TRACE_WRITEBACK_EVICT,
		     TRACE_REMEDY_OWNER_FLUSH, 500);
	if (is(w, TWIN_write_back_overwrites_the_table))
		TELL(w, clobber, REMOTE_CPU, STATUS_AT, 1, PC_STRAY, HOST_CPU, PC_STATUS, 400, TRACE_WRITEBACK_EVICT,
		     TRACE_REMEDY_OWNER_FLUSH, 500);
	if (is(w, TWIN_message_bytes_are_lost))
		TELL(w, lost, HOST_CPU, message + 20, 4, PC_MESSAGE + 20, PC_INVALIDATE, 400, TRACE_LOSS_INVALIDATE,
		     TRACE_REMEDY_WRITER_CLEAN, 500);
}

static uint16_t remote_receive(struct world *w, bool odd)
{
	uint16_t head = remote_get(w, 1, odd);
	uint64_t message = BUFFER(NUM + head);

	ring_invalidate(w, REMOTE_CPU, message, MESSAGE_BYTES);
	if (odd)
		facts_tell(w, message);
	message_load(w, REMOTE_CPU, message,
		     MESSAGE_BYTES + (odd && is(w, TWIN_remote_reads_beyond_the_message) ? 4 : 0));
	if (is(w, LEGAL_writable_buffer_is_written)) {
		store(w, REMOTE_CPU, message + 16, 0, 8, PC_STRAY);
		ring_clean(w, REMOTE_CPU, message + 16, 8);
	}
	return head;
}

static void remote_return(struct world *w, uint16_t head, bool odd)
{
	remote_put(w, 1, head, 0, odd);
	if (!(odd && is_interrupted(w)))
		kick(w, REMOTE_CPU, 1);
}

static void host_collect(struct world *w, bool odd)
{
	uint16_t head = host_get(w, 1, odd);

	if (is(w, LEGAL_free_descriptors_are_linked))
		store(w, HOST_CPU, ring_at(1) + VRING_DESC_OFFSET(head) + 14, 3, 2, PC_STRAY);
}

static void remote_send(struct world *w, bool odd)
{
	const struct message m = {EPT_REMOTE, EPT_HOST, PAYLOAD, PAYLOAD, "to the host"};
	uint16_t head = remote_get(w, 0, false);
	uint64_t at = rx_post(w, head).addr;

	message_store(w, REMOTE_CPU, at, &m);
	ring_clean(w, REMOTE_CPU, at, MESSAGE_BYTES);
	if (is(w, LEGAL_write_back_restores_old_bytes_behind_a_message))
		TELL(w, clobber, REMOTE_CPU, at + MESSAGE_BYTES, 8, PC_MESSAGE, HOST_CPU, PC_ZERO, 400, TRACE_WRITEBACK_EVICT,
		     TRACE_REMEDY_OWNER_FLUSH, 500);
	pause_cpu(w, HOST_CPU);
	remote_put(w, 0, head, MESSAGE_BYTES, odd);
	kick(w, REMOTE_CPU, 0);
	TELL(w, notify, HOST_CPU, 0, 0);
}

static void host_receive(struct world *w, bool odd)
{
	uint16_t head = host_get(w, 0, false);
	struct post p = rx_post(w, head);

	ring_invalidate(w, HOST_CPU, p.addr, MESSAGE_BYTES);
	message_load(w, HOST_CPU, p.addr, MESSAGE_BYTES + (odd && is(w, TWIN_host_reads_beyond_the_message) ? 4 : 0));
	if (odd && is(w, TWIN_host_keeps_a_message))
		return;
	host_post(w, p, false);
	kick(w, HOST_CPU, 0);
}

static void remote_meddles(struct world *w)
{
	if (is(w, TWIN_remote_has_another_alignment))
		store(w, REMOTE_CPU, ring_at(1) + VRING_USED_OFFSET(NUM, 4) + 8u, 1, 4, PC_STRAY);
	if (is(w, TWIN_used_flags_have_an_unknown_bit)) {
		store(w, REMOTE_CPU, used_at(w, 1), 0x8000, 2, PC_STRAY);
		ring_clean(w, REMOTE_CPU, used_at(w, 1), 2);
	}
	if (is(w, LEGAL_host_reads_the_rings_back))
		for (uint64_t at = ring_at(0); at < ring_at(1); at += 8)
			load(w, HOST_CPU, at, 8, PC_READ_BACK);
	if (is(w, LEGAL_free_descriptors_are_linked))
		store(w, HOST_CPU, ring_at(0) + VRING_DESC_OFFSET(3) + 14, 5, 2, PC_STRAY); /* outstanding */
	if (is(w, LEGAL_stale_index_is_polled))
		TELL(w, stale, REMOTE_CPU, avail_at(1) + VRING_AVAIL_IDX, 2, PC_LOAD, HOST_CPU, PC_INDEX, 500,
		     TRACE_FILL_PREFETCH, TRACE_REMEDY_READER_INVALIDATE);
	if (is(w, LEGAL_index_is_read_again_without_a_kick)) {
		pause_cpu(w, REMOTE_CPU);
		load(w, REMOTE_CPU, avail_at(1) + VRING_AVAIL_IDX, 2, PC_LOAD);
	}
}

static void round_trip(struct world *w, bool odd)
{
	uint16_t head;

	host_send(w, odd);
	head = remote_receive(w, odd);
	if (!(odd && is(w, TWIN_message_is_kept_and_a_later_one_goes_back))) {
		remote_return(w, head, odd);
		host_collect(w, odd);
	}
	if (odd)
		remote_meddles(w);
	remote_send(w, odd);
	host_receive(w, odd);
}

/* Two messages before one is returned, the second first. */
static void crossing(struct world *w)
{
	uint16_t first, second;

	host_send(w, false);
	host_send(w, false);
	first = remote_receive(w, false);
	second = remote_receive(w, false);
	remote_return(w, second, false);
	remote_return(w, first, false);
	host_collect(w, false);
	host_collect(w, false);
}

static void last_message(struct world *w)
{
	unsigned int count = is(w, TWIN_all_buffers_are_kept) ? NUM : 1;

	w->next_head = 0;
	for (unsigned int i = 0; i < count; i++)
		host_send(w, false);
	for (unsigned int i = 0; i < count; i++)
		remote_receive(w, false);
}

static void finish(struct world *w)
{
	TELL(w, exit, HOST_CPU, 0);
	TELL(w, run_end, 1000, 0);
}

static void exchange(struct world *w)
{
	start(w);
	for (int i = 0; i < ROUNDS; i++)
		round_trip(w, i == ODD_ROUND);
	if (is(w, LEGAL_buffers_go_back_in_another_order))
		crossing(w);
	if (is(w, LEGAL_last_message_is_still_read) || is(w, TWIN_all_buffers_are_kept))
		last_message(w);
}

/* Rings that begin 64 bytes behind a multiple of their alignment; the host fills one, and that is all. */
static void misaligned_exchange(struct world *w)
{
	uint64_t ring = CONTROL + 64u, end = ring + 0x1000u + VRING_SIZE(NUM, 256u);
	const struct post p = {0, 0, VRING_DESC_F_WRITE, BUFFER(0), BUFFER_BYTES};

	for (uint64_t at = ring; at < end; at += 2)
		store(w, HOST_CPU, at, 0, 2, PC_ZERO);
	for (uint8_t i = 0; i < 2; i++)
		TELL(w, vring, HOST_CPU, i, ring + 0x1000u * i, NUM, 256);
	store(w, HOST_CPU, ring, p.addr, 8, PC_DESC);
	store(w, HOST_CPU, ring + 8, p.len, 4, PC_DESC);
	store(w, HOST_CPU, ring + 12, p.flags, 2, PC_DESC);
	store(w, HOST_CPU, ring + VRING_AVAIL_OFFSET(NUM) + 4, 0, 2, PC_ENTRY);
	ring_clean(w, HOST_CPU, ring, end - ring);
	part_publish(w, HOST_CPU, ring + VRING_AVAIL_OFFSET(NUM), 1, true, true);
	kick(w, HOST_CPU, 0);
}

/* The host resets the device, zeroes the rings and begins again. */
static void start_again(struct world *w)
{
	store(w, HOST_CPU, STATUS_AT, 0, 1, PC_STATUS);
	ring_clean(w, HOST_CPU, STATUS_AT, 1);
	for (unsigned int ring = 0; ring < 2; ring++)
		w->avail[ring] = w->used[ring] = w->avail_seen[ring] = w->used_seen[ring] = 0;
	w->next_head = 0;
	exchange(w);
}

static void play(struct checker *checker, const struct platform *platform, unsigned int twin)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->listener = checker_listener(checker);
	w->platform = platform;
	w->twin = (int)twin;
	/* A gap between the parts that somebody could fall into. */
	w->align = 512;
	preamble(w);
	if (is(w, TWIN_ring_is_no_multiple_of_its_alignment))
		misaligned_exchange(w);
	else
		exchange(w);
	if (is(w, LEGAL_device_starts_again) || is(w, LEGAL_device_starts_again_with_the_table_first))
		start_again(w);
	finish(w);
	checker_finish(checker);
	free(w);
}

/* ---- Assertions -------------------------------------------------------------------------------------- */

#define TWIN(name, clause, where)                                                                            \
	static void name(void)                                                                               \
	{                                                                                                    \
		twin_fails(play, TWIN_##name, CLAUSE_##clause, where, #name);                                \
	}
#include "conformance/tests/twins_ring.def"
#undef TWIN

#define LEGALS                                                                                               \
	LEGAL(rings_are_declared)                                                                            \
	LEGAL(rings_are_declared_after_they_were_filled)                                                     \
	LEGAL(remote_declares_first)                                                                         \
	LEGAL(declarations_repeat_the_table)                                                                 \
	LEGAL(free_descriptors_are_linked)                                                                   \
	LEGAL(used_event_is_stored)                                                                          \
	LEGAL(buffers_go_back_in_another_order)                                                              \
	LEGAL(last_message_is_still_read)                                                                    \
	LEGAL(stale_index_is_polled)                                                                         \
	LEGAL(write_back_restores_old_bytes_behind_a_message)                                                \
	LEGAL(index_is_read_again_without_a_kick)                                                            \
	LEGAL(index_is_read_again_behind_the_barrier)                                                        \
	LEGAL(host_reads_the_rings_back)                                                                     \
	LEGAL(host_waits_before_it_fills_the_rings)                                                          \
	LEGAL(interrupt_kicks_before_the_index_is_clean)                                                     \
	LEGAL(unused_device_is_reset)                                                                        \
	LEGAL(device_starts_again)                                                                           \
	LEGAL(device_starts_again_with_the_table_first)
#define LEGAL(name)                                                                                          \
	static void name(void)                                                                               \
	{                                                                                                    \
		exchange_is(play, LEGAL_##name, -1, #name);                                                        \
	}
LEGALS
#undef LEGAL

/* As rpmsg-lite has it: WRITE everywhere. That is VRING-DESC-02's alone; the remote may then write. */
static void buffer_with_write_may_be_written(void)
{
	exchange_is(play, LEGAL_writable_buffer_is_written, CLAUSE_VRING_DESC_02, "writable buffer");
}

static bool needs_cached_rings(enum clause_id clause)
{
	return (clause >= CLAUSE_VRING_SYNC_01 && clause <= CLAUSE_VRING_SYNC_09) || clause == CLAUSE_VRING_LINE_01 ||
	       clause == CLAUSE_VRING_LINE_02;
}

static bool is_of_this_file(enum clause_id clause)
{
	return (clause >= CLAUSE_VRING_LAYOUT_01 && clause <= CLAUSE_VRING_LEN_01) ||
	       (clause >= CLAUSE_RPMSG_BUF_01 && clause <= CLAUSE_RPMSG_DATA_02);
}

static void verdicts_pass(enum twin twin, const char *name)
{
	struct checker *c = checker_new();

	for (unsigned int p = 0; p < PLATFORMS; p++) {
		checker_reset(c);
		play(c, &platforms[p], twin);
		CU_ASSERT(fails_exactly(c, -1, name, p));
		for (int i = 0; i < CLAUSE_COUNT; i++) {
			bool idle = needs_cached_rings((enum clause_id)i) && !platforms[p].rings_cached;
			enum clause_verdict wanted = idle ? CLAUSE_NOT_EXERCISED : CLAUSE_PASS;

			if (!is_of_this_file((enum clause_id)i))
				continue;
			if (checker_verdict(c, (enum clause_id)i) != wanted)
				fprintf(stderr, "%s, platform %u: %s is %s\n", name, p, clauses[i].id,
					clause_verdict_name(checker_verdict(c, (enum clause_id)i)));
			CU_ASSERT_EQUAL(checker_verdict(c, (enum clause_id)i), wanted);
		}
	}
	checker_free(c);
}

static void correct_exchange_passes_with_witnesses(void)
{
	verdicts_pass(CORRECT, "correct exchange");
}

static void declared_rings_are_judged_like_those_of_a_table(void)
{
	verdicts_pass(LEGAL_rings_are_declared, "declared rings");
}

static void declared_rings_have_no_status(void)
{
	struct checker *c = checker_new();

	play(c, &platforms[0], LEGAL_rings_are_declared);
	CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_VIRTIO_STAT_02), CLAUSE_NOT_EXERCISED);
	CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_RSC_TABLE_01), CLAUSE_NOT_EXERCISED);
	checker_reset(c);
	play(c, &platforms[0], CORRECT);
	CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_VIRTIO_STAT_02), CLAUSE_PASS);
	checker_free(c);
}

/* Declarations come from whoever wrote the trace. */
static void nonsense_declarations_are_survived(void)
{
	static const struct event_vring nonsense[] = {
		{0, 0, UINT64_MAX, NUM, 64},	  {0, 1, CONTROL, 0, 64},	   {0, 0, CONTROL, 3, 64},
		{1, 0, CONTROL, NUM, 0},	  {1, 1, CONTROL, UINT32_MAX, 64}, {1, 0, CONTROL, 0x80000000u, 64},
		{0, 0, CONTROL, NUM, 0x80000000u}, {0, 200, CONTROL, NUM, 64},	   {9, 0, CONTROL, NUM, 64},
	};
	struct checker *c = checker_new();

	for (unsigned int i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		struct world *w = calloc(1, sizeof(*w));

		CU_ASSERT_FATAL(w != NULL);
		checker_reset(c);
		w->listener = checker_listener(c);
		w->platform = &platforms[1];
		w->twin = LEGAL_rings_are_declared;
		w->align = 512;
		preamble(w);
		tell(w, (struct trace_event){.id = EVENT_vring, .vring = nonsense[i]});
		exchange(w);
		finish(w);
		checker_finish(c);
		CU_ASSERT(fails_exactly(c, i < 7 ? (int)CLAUSE_VRING_LAYOUT_01 : -1, "nonsense", i));
		free(w);
	}
	checker_free(c);
}

/* Of a byte that both sides stored, the side that left it unclean; of its line, the length that it has there. */
static void omission_names_the_sides_own_store_and_line(void)
{
	struct checker *c = checker_new();
	struct world *w = calloc(1, sizeof(*w));
	const struct check_violation *v = NULL;
	uint64_t field = TABLE + offsetof(struct resource_table, vdev.gfeatures);

	CU_ASSERT_FATAL(w != NULL);
	w->listener = checker_listener(c);
	w->platform = &platforms[2];
	w->align = 512;
	preamble(w);
	start(w);
	store(w, REMOTE_CPU, field, 0, 4, PC_STRAY);
	store(w, HOST_CPU, field, 0, 4, PC_TABLE);
	kick(w, REMOTE_CPU, 0);
	for (unsigned int i = 0; i < checker_violations(c); i++)
		if (checker_violation(c, i)->clause == CLAUSE_RSC_SYNC_01)
			v = checker_violation(c, i);
	CU_ASSERT_FATAL(v != NULL);
	CU_ASSERT_EQUAL(v->place[0].agent, REMOTE_CPU);
	CU_ASSERT_EQUAL(v->place[0].pc, PC_STRAY);
	CU_ASSERT_PTR_NOT_NULL(strstr(v->message, "line 0x1020 "));
	free(w);
	checker_free(c);
}

int main(void)
{
	CU_pSuite suite;
	unsigned int failures;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	suite = CU_add_suite("rings", NULL, NULL);
	CU_ADD_TEST(suite, correct_exchange_passes_with_witnesses);
	CU_ADD_TEST(suite, declared_rings_are_judged_like_those_of_a_table);
	CU_ADD_TEST(suite, declared_rings_have_no_status);
#define TWIN(name, clause, where) CU_ADD_TEST(suite, name);
#include "conformance/tests/twins_ring.def"
#undef TWIN
#define LEGAL(name) CU_ADD_TEST(suite, name);
	LEGALS
#undef LEGAL
	CU_ADD_TEST(suite, buffer_with_write_may_be_written);
	CU_ADD_TEST(suite, nonsense_declarations_are_survived);
	CU_ADD_TEST(suite, omission_names_the_sides_own_store_and_line);
	setvbuf(stdout, NULL, _IOLBF, 0);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures ? 1 : 0;
}
