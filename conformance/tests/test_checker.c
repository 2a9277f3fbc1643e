/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checker on event sequences made by hand: a correct exchange passes with a witness for every clause, and
 * each twin, which differs from it in one place, fails exactly its clause.
 *
 * The sequences are written by two scripted sides, without a memory model: facts and loads say what the
 * script wants. Nothing of the simulator is linked.
 */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/report.h"
#include "conformance/tests/script.h"

#define EPT_REMOTE 0x400u
#define EPT_HOST 0x401u
#define AREA 7u
#define TXN 0x1234u
#define IN_OFFSET 0u
#define IN_SIZE 100u
#define OUT_OFFSET 256u
#define OUT_SIZE 96u
#define INOUT_OFFSET 512u
#define INOUT_SIZE 128u
#define GIFT_OFFSET 1024u
#define GIFT_SIZE 64u

/* ---- Twins ------------------------------------------------------------------------------------------- */

#define TWINS                                                                                                \
	TWIN(table_has_version_2, RSC_TABLE_01, EITHER)                                                      \
	TWIN(table_reserved_field_is_set, RSC_TABLE_01, EITHER)                                              \
	TWIN(vring_alignment_is_no_power_of_two, RSC_VRING_01, EITHER)                                       \
	TWIN(vring_lies_in_data_memory, RSC_VRING_02, EITHER)                                                \
	TWIN(table_is_not_cleaned, RSC_SYNC_01, RINGS)                                                       \
	TWIN(status_leaves_driver_out, VIRTIO_STAT_05, EITHER)                                               \
	TWIN(remote_writes_the_status, VIRTIO_STAT_03, EITHER)                                               \
	TWIN(remote_polls_the_ring_before_driver_ok, VIRTIO_STAT_02, EITHER)                                 \
	TWIN(host_stores_to_the_used_part, VRING_WRITE_01, EITHER)                                           \
	TWIN(remote_stores_to_a_descriptor, VRING_WRITE_01, EITHER)                                          \
	TWIN(remote_stores_to_a_received_message, VRING_WRITE_02, EITHER)                                    \
	TWIN(avail_and_used_share_a_line, VRING_LINE_01, RINGS)                                              \
	TWIN(avail_entry_is_stored_after_the_index, VRING_ORDER_01, EITHER)                                  \
	TWIN(used_entry_is_stored_after_the_index, VRING_ORDER_01, EITHER)                                   \
	TWIN(header_is_stored_after_the_index, VRING_ORDER_01, EITHER)                                       \
	TWIN(descriptor_changes_while_published, VRING_ORDER_02, EITHER)                                     \
	TWIN(message_is_not_cleaned, VRING_SYNC_05, RINGS)                                                   \
	TWIN(descriptor_is_not_cleaned, VRING_SYNC_01, RINGS)                                                \
	TWIN(index_is_not_cleaned, VRING_SYNC_06, RINGS)                                                     \
	TWIN(descriptor_is_not_invalidated, VRING_SYNC_02, RINGS)                                            \
	TWIN(message_is_not_invalidated, VRING_SYNC_07, RINGS)                                               \
	TWIN(message_is_invalidated_before_it_is_published, VRING_SYNC_07, RINGS)                            \
	TWIN(received_message_goes_back_dirty, VRING_SYNC_03, RINGS)                                         \
	TWIN(used_part_is_not_invalidated, VRING_SYNC_04, RINGS)                                             \
	TWIN(used_id_is_not_a_descriptor, VRING_ID_02, EITHER)                                               \
	TWIN(used_id_was_not_taken, VRING_ID_02, EITHER)                                                     \
	TWIN(used_id_is_returned_twice, VRING_ID_02, EITHER)                                                 \
	TWIN(avail_head_is_outstanding, VRING_ID_01, EITHER)                                                 \
	TWIN(avail_index_jumps, VRING_IDX_01, EITHER)                                                         \
	TWIN(descriptor_leaves_control_memory, VRING_DESC_01, EITHER)                                        \
	TWIN(descriptor_lacks_write, VRING_DESC_02, EITHER)                                                  \
	TWIN(descriptor_has_next, VRING_DESC_03, EITHER)                                                     \
	TWIN(descriptors_overlap, VRING_DESC_04, EITHER)                                                     \
	TWIN(used_length_exceeds_the_buffer, VRING_LEN_01, EITHER)                                           \
	TWIN(host_waits_without_a_kick, VRING_KICK_01, EITHER)                                                 \
	TWIN(remote_waits_without_a_kick, VRING_KICK_01, EITHER)                                               \
	TWIN(all_cores_wait_without_a_kick, VRING_KICK_01, EITHER)                                             \
	TWIN(header_length_exceeds_what_was_published, RPMSG_HDR_01, EITHER)                                 \
	TWIN(destination_is_unknown, RPMSG_ADDR_01, EITHER)                                                  \
	TWIN(name_is_padded_with_garbage, RPMSG_NS_07, EITHER)                                               \
	TWIN(name_does_not_end, RPMSG_NS_02, EITHER)                                                         \
	TWIN(name_service_flags_are_2, RPMSG_NS_03, EITHER)                                                  \
	TWIN(host_stores_to_a_message_that_it_sent, RPMSG_BUF_01, EITHER)                                    \
	TWIN(remote_loads_from_a_message_that_it_returned, RPMSG_BUF_01, EITHER)                             \
	TWIN(version_is_2, SBE_WIRE_01, EITHER)                                                              \
	TWIN(type_is_unknown, SBE_WIRE_01, EITHER)                                                           \
	TWIN(size_disagrees_with_count, SBE_WIRE_01, EITHER)                                                 \
	TWIN(size_exceeds_the_payload, SBE_WIRE_01, EITHER)                                                  \
	TWIN(count_exceeds_the_payload, SBE_WIRE_01, EITHER)                                                 \
	TWIN(direction_is_0, SBE_WIRE_01, EITHER)                                                            \
	TWIN(buffer_is_empty, SBE_WIRE_01, EITHER)                                                           \
	TWIN(message_gives_an_out_buffer, SBE_WIRE_01, EITHER)                                               \
	TWIN(request_has_a_status, SBE_WIRE_01, EITHER)                                                      \
	TWIN(area_was_not_announced, SBE_AREA_01, EITHER)                                                    \
	TWIN(area_was_refused, SBE_AREA_01, EITHER)                                                          \
	TWIN(buffer_leaves_its_area, SBE_AREA_02, EITHER)                                                    \
	TWIN(offset_and_size_wrap_around, SBE_AREA_02, EITHER)                                               \
	TWIN(area_has_id_0, SBE_AREA_03, EITHER)                                                             \
	TWIN(area_cuts_a_line, SBE_AREA_03, EITHER)                                                          \
	TWIN(area_id_is_of_the_other_half, SBE_AREA_03, EITHER)                                              \
	TWIN(area_lies_nowhere, SBE_AREA_03, EITHER)                                                         \
	TWIN(response_has_another_transaction, SBE_TXN_01, EITHER)                                           \
	TWIN(response_comes_twice, SBE_TXN_01, EITHER)                                                       \
	TWIN(response_has_another_context, SBE_TXN_01, EITHER)                                               \
	TWIN(request_has_transaction_0, SBE_TXN_02, EITHER)                                                  \
	TWIN(request_repeats_an_outstanding_transaction, SBE_TXN_02, EITHER)                                 \
	TWIN(message_has_a_transaction, SBE_TXN_02, EITHER)                                                  \
	TWIN(response_has_another_offset, SBE_RESP_01, EITHER)                                               \
	TWIN(response_leaves_a_buffer_out, SBE_RESP_01, EITHER)                                              \
	TWIN(giver_stores_to_an_in_buffer, SBE_OWN_01, EITHER)                                               \
	TWIN(giver_loads_from_an_out_buffer, SBE_OWN_01, EITHER)                                             \
	TWIN(giver_stores_to_a_message_buffer, SBE_OWN_01, EITHER)                                           \
	TWIN(giver_reads_the_result_too_early_and_goes_on, SBE_OWN_01, EITHER)                               \
	TWIN(receiver_stores_to_an_in_buffer, SBE_OWN_02, EITHER)                                            \
	TWIN(receiver_runs_over_the_end, SBE_OWN_02, EITHER)                                                 \
	TWIN(receiver_comes_back_to_a_buffer, SBE_OWN_02, EITHER)                                            \
	TWIN(receiver_reads_a_message_buffer_that_was_used_again, SBE_OWN_02, EITHER)                        \
	TWIN(out_buffer_shares_a_line_with_another, SBE_LINE_01, EITHER)                                     \
	TWIN(giver_stores_beside_an_out_buffer, SBE_LINE_01, EITHER)                                         \
	TWIN(request_is_sent_before_clean, SBE_SYNC_01, EITHER)                                              \
	TWIN(request_buffer_is_invalidated_instead, SBE_SYNC_01, EITHER)                                     \
	TWIN(response_is_sent_before_clean, SBE_SYNC_01, EITHER)                                             \
	TWIN(message_buffer_is_not_cleaned, SBE_SYNC_01, EITHER)                                             \
	TWIN(responder_does_not_invalidate, SBE_SYNC_02, EITHER)                                             \
	TWIN(requester_does_not_invalidate, SBE_SYNC_02, EITHER)                                             \
	TWIN(requester_invalidates_too_early, SBE_SYNC_02, EITHER)                                           \
	TWIN(out_buffer_is_dirty, SBE_SYNC_03, EITHER)                                                       \
	TWIN(unneeded_maintenance, SBE_SYNC_04, EITHER)                                                      \
	TWIN(unaligned_invalidate_drops_a_neighbour, SBE_SYNC_05, EITHER)                                    \
	TWIN(responder_reads_stale_bytes, SBE_DATA_01, EITHER)                                               \
	TWIN(message_bytes_are_stale, RPMSG_DATA_01, EITHER)                                                   \
	TWIN(write_back_overwrites_a_buffer, SBE_DATA_02, EITHER)                                            \
	TWIN(handed_over_bytes_are_lost, SBE_DATA_02, EITHER)                                                \
	TWIN(remote_faults, MEM_FAULT_01, EITHER)                                                            \
	TWIN(run_hangs, SBE_LIVE_01, EITHER)                                                                 \
	TWIN(response_never_comes, SBE_LIVE_02, EITHER)                                                      \
	TWIN(host_ends_with_3, SBE_EXIT_01, EITHER)                                                          \
	TWIN(remote_fails_an_assertion, SBE_EXIT_01, EITHER)                                                 \
	TWIN(host_puts_a_buffer_twice, MEM_HEAP_01, EITHER)                                                  \
	TWIN(host_ends_with_a_buffer, MEM_LEAK_01, EITHER)

enum twin {
	TWIN_NONE,
#define TWIN(name, clause, platforms) TWIN_##name,
	TWINS
#undef TWIN
		/* Legal deviations. */
		LEGAL_kick_is_suppressed,
	LEGAL_index_is_stale,
	LEGAL_reserved_field_is_used,
	LEGAL_giver_reads_its_in_buffer,
	LEGAL_in_buffers_are_in_the_response,
	LEGAL_features_ok_is_left_out,
	LEGAL_running_remote_keeps_its_buffer,
	LEGAL_another_core_waits_before_the_kick,
	LEGAL_another_core_kicks,
	LEGAL_another_core_is_turned_off,
};

static bool is(const struct world *w, enum twin twin)
{
	return w->twin == (int)twin;
}

/* ---- Rings ------------------------------------------------------------------------------------------- */

/* `odd`: the post that a twin spoils. */
static void host_post(struct world *w, struct post p, bool odd)
{
	uint64_t entry = avail_at(p.ring) + VRING_AVAIL_RING(w->avail[p.ring] % NUM);
	bool late = odd && is(w, TWIN_avail_entry_is_stored_after_the_index);

	desc_store(w, &p, !(odd && is(w, TWIN_descriptor_is_not_cleaned)));
	if (!late)
		store(w, HOST_CPU, entry, p.head, 2, PC_ENTRY);
	ring_clean(w, HOST_CPU, entry, 2);
	w->avail[p.ring] =
		(uint16_t)(w->avail[p.ring] + (odd && is(w, TWIN_avail_index_jumps) ? NUM + 1u : 1u));
	index_store(w, HOST_CPU, avail_at(p.ring), w->avail[p.ring],
		    !(odd && is(w, TWIN_index_is_not_cleaned)));
	if (late)
		store(w, HOST_CPU, entry, p.head, 2, PC_LATE);
	if (odd && is(w, TWIN_descriptor_changes_while_published))
		store(w, HOST_CPU, ring_at(p.ring) + VRING_DESC_OFFSET(p.head) + 8, p.len + 8, 4, PC_LATE);
}

/* The remote looks and takes the next entry of a ring: its head. */
static uint16_t remote_get(struct world *w, unsigned int ring, bool odd)
{
	uint64_t slot = avail_at(ring) + VRING_AVAIL_RING(w->avail_seen[ring]++ % NUM), desc;
	uint16_t head;

	ring_invalidate(w, REMOTE_CPU, avail_at(ring) + VRING_AVAIL_IDX, 2);
	load(w, REMOTE_CPU, avail_at(ring) + VRING_AVAIL_IDX, 2, PC_LOAD);
	barrier(w, REMOTE_CPU);
	ring_invalidate(w, REMOTE_CPU, slot, 2);
	head = (uint16_t)load(w, REMOTE_CPU, slot, 2, PC_LOAD);
	desc = ring_at(ring) + VRING_DESC_OFFSET(head % NUM);
	if (!(odd && is(w, TWIN_descriptor_is_not_invalidated)))
		ring_invalidate(w, REMOTE_CPU, desc, 16);
	load(w, REMOTE_CPU, desc, 8, PC_LOAD);
	load(w, REMOTE_CPU, desc + 8, 4, PC_LOAD);
	load(w, REMOTE_CPU, desc + 12, 2, PC_LOAD);
	return head;
}

static void remote_put(struct world *w, unsigned int ring, uint32_t id, uint32_t len, bool late)
{
	uint64_t entry = used_at(w, ring) + VRING_USED_RING(w->used[ring]++ % NUM);

	if (late)
		index_store(w, REMOTE_CPU, used_at(w, ring), w->used[ring], true);
	store(w, REMOTE_CPU, entry, id, 4, late ? PC_LATE : PC_ENTRY);
	store(w, REMOTE_CPU, entry + 4, len, 4, late ? PC_LATE : PC_ENTRY);
	ring_clean(w, REMOTE_CPU, entry, 8);
	if (!late)
		index_store(w, REMOTE_CPU, used_at(w, ring), w->used[ring], true);
}

static uint32_t host_get(struct world *w, unsigned int ring)
{
	uint64_t slot = used_at(w, ring) + VRING_USED_RING(w->used_seen[ring]++ % NUM);

	ring_invalidate(w, HOST_CPU, used_at(w, ring) + VRING_USED_IDX, 2);
	load(w, HOST_CPU, used_at(w, ring) + VRING_USED_IDX, 2, PC_LOAD);
	barrier(w, HOST_CPU);
	ring_invalidate(w, HOST_CPU, slot, 8);
	load(w, HOST_CPU, slot + 4, 4, PC_LOAD);
	return (uint32_t)load(w, HOST_CPU, slot, 4, PC_LOAD);
}

/* ---- Messages ---------------------------------------------------------------------------------------- */

/* Another core of the host's, when the script has one, waits or kicks in its place. */
static void host_kick(struct world *w, bool odd)
{
	bool none = odd && (is(w, TWIN_host_waits_without_a_kick) || is(w, TWIN_all_cores_wait_without_a_kick));

	if (is(w, LEGAL_another_core_is_turned_off)) {
		TELL(w, power, HOST_CORE, TRACE_POWER_ON, TRACE_ASKER_CLUSTER);
		TELL(w, power, HOST_CORE, TRACE_POWER_STOPPED, TRACE_ASKER_SELF);
	}
	if (is(w, LEGAL_another_core_waits_before_the_kick) || is(w, TWIN_all_cores_wait_without_a_kick)) {
		TELL(w, power, HOST_CORE, TRACE_POWER_ON, TRACE_ASKER_CLUSTER);
		pause_cpu(w, HOST_CORE);
	}
	if (is(w, LEGAL_another_core_kicks))
		TELL(w, kick, HOST_CORE, 0, 1, PC_KICK);
	else if (!none)
		kick(w, HOST_CPU, 1);
}

static void host_send(struct world *w, const struct message *m, bool odd)
{
	uint16_t head = w->next_head++;
	struct post p = {1, head, 0, BUFFER(NUM + head), 16u + m->size};
	bool late = odd && is(w, TWIN_header_is_stored_after_the_index);

	if (!late)
		message_store(w, HOST_CPU, p.addr, m);
	if (!(odd && is(w, TWIN_message_is_not_cleaned)))
		ring_clean(w, HOST_CPU, p.addr, p.len);
	if (odd && is(w, TWIN_descriptor_leaves_control_memory))
		p.addr = DATA + 0x100;
	if (odd && is(w, TWIN_descriptor_has_next))
		p.flags = VRING_DESC_F_NEXT;
	if (odd && is(w, TWIN_descriptors_overlap))
		p.addr = BUFFER(1) + 16;
	if (odd && is(w, TWIN_avail_head_is_outstanding)) {
		host_post(w, p, false);
	}
	if (odd && is(w, TWIN_message_is_invalidated_before_it_is_published))
		ring_invalidate(w, REMOTE_CPU, p.addr, p.len);
	host_post(w, p, odd);
	if (late)
		message_store(w, HOST_CPU, p.addr, m);
	if (odd && is(w, TWIN_host_stores_to_a_message_that_it_sent))
		store(w, HOST_CPU, p.addr + 60, 1, 2, PC_LATE);
	host_kick(w, odd);
	pause_cpu(w, HOST_CPU);
}

/* Reads a message; the buffer stays the remote's until remote_return. */
static uint16_t remote_receive(struct world *w, uint32_t size, bool odd)
{
	uint16_t head = remote_get(w, 1, odd);
	bool skip = odd && (is(w, TWIN_message_is_not_invalidated) ||
			    is(w, TWIN_message_is_invalidated_before_it_is_published));

	if (!skip)
		ring_invalidate(w, REMOTE_CPU, BUFFER(NUM + head), 16u + size);
	message_load(w, REMOTE_CPU, BUFFER(NUM + head), 16u + size);
	return head;
}

static void remote_return(struct world *w, uint16_t head)
{
	remote_put(w, 1, head, 0, false);
	kick(w, REMOTE_CPU, 1);
}

static void remote_send(struct world *w, const struct message *m, bool odd)
{
	uint16_t head = remote_get(w, 0, false);
	uint32_t id = head, len = 16u + m->size;

	message_store(w, REMOTE_CPU, BUFFER(head), m);
	ring_clean(w, REMOTE_CPU, BUFFER(head), len);
	if (odd && is(w, TWIN_used_id_is_not_a_descriptor))
		id = NUM + 1;
	if (odd && is(w, TWIN_used_id_was_not_taken))
		id = head + 1u;
	if (odd && is(w, TWIN_used_length_exceeds_the_buffer))
		len = BUFFER_BYTES + 1;
	remote_put(w, 0, id, len, odd && is(w, TWIN_used_entry_is_stored_after_the_index));
	if (odd && is(w, TWIN_used_id_is_returned_twice))
		remote_put(w, 0, id, len, false);
	if (odd && is(w, TWIN_remote_waits_without_a_kick))
		pause_cpu(w, REMOTE_CPU);
	if (!is(w, LEGAL_kick_is_suppressed))
		kick(w, REMOTE_CPU, 0);
	pause_cpu(w, REMOTE_CPU);
}

static void host_receive(struct world *w, uint32_t size)
{
	uint16_t head = (uint16_t)host_get(w, 0);
	struct post p = {0, head, VRING_DESC_F_WRITE, BUFFER(head), BUFFER_BYTES};

	ring_invalidate(w, HOST_CPU, p.addr, 16u + size);
	message_load(w, HOST_CPU, p.addr, 16u + size);
	host_post(w, p, false);
	kick(w, HOST_CPU, 0);
}

/* ---- Start ------------------------------------------------------------------------------------------- */

static void table_store(struct world *w)
{
	bool data_ring = is(w, TWIN_vring_lies_in_data_memory);
	uint32_t words[] = {
		is(w, TWIN_table_has_version_2) ? 2 : 1,
		1,
		is(w, TWIN_table_reserved_field_is_set) ? 5 : 0,
		0,
		20,
		RSC_VDEV,
		VIRTIO_ID_RPMSG,
		0,
		1u << VIRTIO_RPMSG_F_NS,
		1u << VIRTIO_RPMSG_F_NS,
		0,
		2u << 8,
		(uint32_t)ring_at(0),
		is(w, TWIN_vring_alignment_is_no_power_of_two) ? 48 : w->align,
		NUM,
		0,
		0,
		data_ring ? DATA + 0x8000 : (uint32_t)ring_at(1),
		w->align,
		NUM,
		1,
		0,
	};

	for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		store(w, HOST_CPU, TABLE + 4u * i, words[i], 4, PC_TABLE);
	if (!is(w, TWIN_table_is_not_cleaned))
		ring_clean(w, HOST_CPU, TABLE, sizeof(words));
}

static void status_store(struct world *w, uint8_t cpu, uint8_t status)
{
	store(w, cpu, STATUS_AT, status, 1, PC_STATUS);
	if (!is(w, TWIN_table_is_not_cleaned))
		ring_clean(w, cpu, STATUS_AT, 1);
}

static void handshake(struct world *w)
{
	uint8_t features = is(w, LEGAL_features_ok_is_left_out) ? 0 : VIRTIO_STATUS_FEATURES_OK;

	status_store(w, HOST_CPU, VIRTIO_STATUS_ACKNOWLEDGE);
	if (is(w, TWIN_remote_writes_the_status))
		status_store(w, REMOTE_CPU, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	if (!is(w, TWIN_status_leaves_driver_out))
		status_store(w, HOST_CPU, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	if (features)
		status_store(w, HOST_CPU, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | features);
	if (is(w, TWIN_remote_polls_the_ring_before_driver_ok))
		load(w, REMOTE_CPU, avail_at(0) + VRING_AVAIL_IDX, 2, PC_STRAY);
	status_store(w, HOST_CPU,
		     (uint8_t)(VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | features |
			       VIRTIO_STATUS_DRIVER_OK));
}

static void start(struct world *w)
{
	rings_zero(w);
	for (uint16_t i = 0; i < POSTED; i++) {
		struct post p = {0, i, VRING_DESC_F_WRITE, BUFFER(i), BUFFER_BYTES};

		if (i == 2 && is(w, TWIN_descriptor_lacks_write))
			p.flags = 0;
		host_post(w, p, false);
	}
	table_store(w);
	handshake(w);
	kick(w, HOST_CPU, 0);
	pause_cpu(w, HOST_CPU);
	for (unsigned int ring = 0; ring < 2 && !is(w, TWIN_used_part_is_not_invalidated); ring++)
		ring_invalidate(w, REMOTE_CPU, used_at(w, ring), VRING_USED_RING(NUM) + 2u);
	ring_invalidate(w, REMOTE_CPU, TABLE, 88);
	for (uint64_t i = 0; i < 88; i += 4)
		load(w, REMOTE_CPU, TABLE + i, 4, PC_LOAD);
}

static void name_service(struct world *w)
{
	struct message m = {EPT_REMOTE, RPMSG_NS_ADDR, 40, 40, "sbe.test"};

	if (is(w, TWIN_name_is_padded_with_garbage))
		m.bytes[20] = 'x';
	if (is(w, TWIN_name_does_not_end))
		memset(m.bytes, 'n', 32);
	m.bytes[32] = EPT_REMOTE & 0xff;
	m.bytes[33] = EPT_REMOTE >> 8;
	m.bytes[36] = is(w, TWIN_name_service_flags_are_2) ? 2 : 0;
	if (is(w, LEGAL_kick_is_suppressed))
		store(w, HOST_CPU, avail_at(0), VRING_AVAIL_F_NO_INTERRUPT, 2, PC_STATUS);
	remote_send(w, &m, true);
	host_receive(w, 40);
}

/* ---- SBE --------------------------------------------------------------------------------------------- */

static struct message sbe(uint8_t sender, uint8_t type, uint32_t txn, const void *entries, uint16_t count)
{
	struct sbe_hdr h = {SBE_VERSION, type, (uint16_t)(16u + 24u * count), count, 0, txn, 0};
	struct message m = {sender == HOST_CPU ? EPT_HOST : EPT_REMOTE,
			    sender == HOST_CPU ? EPT_REMOTE : EPT_HOST,
			    h.size,
			    h.size,
			    {0}};

	memcpy(m.bytes, &h, sizeof(h));
	if (count)
		memcpy(m.bytes + sizeof(h), entries, 24u * count);
	return m;
}

static void status_set(struct message *m, uint16_t status)
{
	memcpy(m->bytes + offsetof(struct sbe_hdr, status), &status, sizeof(status));
}

static void area_exchange(struct world *w, uint8_t type, uint32_t txn)
{
	struct sbe_area area = {AREA, 0, DATA, DATA_SIZE / 2};
	struct message add, ack;

	if (is(w, TWIN_area_has_id_0))
		area.id = 0;
	if (is(w, TWIN_area_id_is_of_the_other_half))
		area.id |= 1u << 31;
	if (is(w, TWIN_area_lies_nowhere))
		area.da = DATA + DATA_SIZE;
	if (is(w, TWIN_area_cuts_a_line))
		area.da += 8;
	add = sbe(HOST_CPU, type, txn, &area, 1);
	ack = sbe(REMOTE_CPU, SBE_AREA_ACK, txn, &area, 1);
	if (type == SBE_AREA_ADD && is(w, TWIN_area_was_refused))
		status_set(&ack, SBE_ENOMEM);
	host_send(w, &add, false);
	remote_return(w, remote_receive(w, add.size, false));
	remote_send(w, &ack, false);
	host_receive(w, ack.size);
}

enum { IN, OUT, INOUT, ENTRIES };
static void entries_make(const struct world *w, struct sbe_buf *e)
{
	e[IN] = (struct sbe_buf){AREA, SBE_IN, IN_OFFSET, IN_SIZE};
	e[OUT] = (struct sbe_buf){AREA, SBE_OUT, OUT_OFFSET, OUT_SIZE};
	e[INOUT] = (struct sbe_buf){AREA, SBE_INOUT, INOUT_OFFSET, INOUT_SIZE};
	if (is(w, TWIN_area_was_not_announced))
		e[IN].area = AREA + 1;
	if (is(w, TWIN_buffer_leaves_its_area))
		e[IN].size = DATA_SIZE / 2 + 1;
	if (is(w, TWIN_offset_and_size_wrap_around))
		e[IN].offset = UINT64_MAX - 10;
	if (is(w, TWIN_buffer_is_empty))
		e[IN].size = 0;
	if (is(w, TWIN_direction_is_0))
		e[IN].dir = 0;
	if (is(w, TWIN_out_buffer_shares_a_line_with_another))
		e[OUT] = (struct sbe_buf){AREA, SBE_OUT, IN_OFFSET + IN_SIZE, 16};
}

static struct message request_make(const struct world *w, const struct sbe_buf *e)
{
	struct message m =
		sbe(HOST_CPU, SBE_REQUEST, is(w, TWIN_request_has_transaction_0) ? 0 : TXN, e, ENTRIES);

	if (is(w, TWIN_version_is_2))
		m.bytes[0] = 2;
	if (is(w, TWIN_type_is_unknown))
		m.bytes[1] = 9;
	if (is(w, TWIN_size_disagrees_with_count))
		m.bytes[2] = (uint8_t)(m.bytes[2] - 24u);
	if (is(w, TWIN_size_exceeds_the_payload))
		m.bytes[2] = (uint8_t)(m.bytes[2] + 8u);
	if (is(w, TWIN_count_exceeds_the_payload))
		m.bytes[4] = 40;
	if (is(w, TWIN_request_has_a_status))
		status_set(&m, SBE_EINVAL);
	if (is(w, TWIN_header_length_exceeds_what_was_published))
		m.len = (uint16_t)(m.size + 1u);
	if (is(w, TWIN_destination_is_unknown))
		m.dst = EPT_REMOTE + 9;
	return m;
}

static void request_prepare(struct world *w)
{
	if (is(w, TWIN_unaligned_invalidate_drops_a_neighbour)) {
		data(w, HOST_CPU, TRACE_ACCESS_STORE, IN_OFFSET + IN_SIZE, 4, PC_STRAY);
		maintain(w, HOST_CPU, TRACE_MAINT_INVALIDATE, DATA + IN_OFFSET, IN_SIZE);
	}
	data(w, HOST_CPU, TRACE_ACCESS_STORE, IN_OFFSET, IN_SIZE, PC_FILL);
	data(w, HOST_CPU, TRACE_ACCESS_STORE, INOUT_OFFSET, INOUT_SIZE, PC_FILL);
	if (is(w, TWIN_out_buffer_is_dirty))
		data(w, HOST_CPU, TRACE_ACCESS_STORE, OUT_OFFSET, 8, PC_FILL);
	if (is(w, TWIN_request_buffer_is_invalidated_instead))
		maintain(w, HOST_CPU, TRACE_MAINT_INVALIDATE, DATA + IN_OFFSET, IN_SIZE);
	else if (!is(w, TWIN_request_is_sent_before_clean))
		maintain(w, HOST_CPU, TRACE_MAINT_CLEAN, DATA + IN_OFFSET, IN_SIZE);
	maintain(w, HOST_CPU, TRACE_MAINT_CLEAN, DATA + INOUT_OFFSET, INOUT_SIZE);
	if (is(w, TWIN_unneeded_maintenance))
		maintain(w, HOST_CPU, TRACE_MAINT_CLEAN, DATA + 0x2000, 64);
}

/* What the host does while the buffers are away. */
static void giver_meanwhile(struct world *w)
{
	if (is(w, TWIN_giver_stores_to_an_in_buffer))
		data(w, HOST_CPU, TRACE_ACCESS_STORE, IN_OFFSET + 8, 4, PC_STRAY);
	if (is(w, TWIN_giver_loads_from_an_out_buffer))
		data(w, HOST_CPU, TRACE_ACCESS_LOAD, OUT_OFFSET, 4, PC_STRAY);
	if (is(w, TWIN_giver_stores_beside_an_out_buffer))
		data(w, HOST_CPU, TRACE_ACCESS_STORE, OUT_OFFSET + OUT_SIZE, 4, PC_STRAY);
	if (is(w, LEGAL_giver_reads_its_in_buffer))
		data(w, HOST_CPU, TRACE_ACCESS_LOAD, IN_OFFSET, IN_SIZE, PC_STRAY);
	if (!is(w, TWIN_giver_reads_the_result_too_early_and_goes_on)) {
		sync_all(w, HOST_CPU);
		TELL(w, barrier, HOST_CPU, TRACE_BARRIER_DSB, PC_WAIT);
	} else {
		/* No sync event until after the response. */
		data(w, HOST_CPU, TRACE_ACCESS_LOAD, OUT_OFFSET, 4, PC_STRAY);
	}
}

static void facts_tell(struct world *w)
{
	if (is(w, TWIN_responder_reads_stale_bytes))
		TELL(w, stale, REMOTE_CPU, DATA + IN_OFFSET + 4, 4, PC_WORK, HOST_CPU, PC_FILL, 500,
		     TRACE_FILL_PREFETCH, TRACE_REMEDY_NONE);
	if (is(w, TWIN_write_back_overwrites_a_buffer))
		TELL(w, clobber, HOST_CPU, DATA + OUT_OFFSET, 4, PC_FILL, REMOTE_CPU, PC_RESULT, 400, TRACE_WRITEBACK_EVICT,
		     TRACE_REMEDY_OWNER_FLUSH, 500);
	if (is(w, TWIN_handed_over_bytes_are_lost))
		TELL(w, lost, HOST_CPU, DATA + IN_OFFSET, 4, PC_FILL, PC_INVALIDATE, 400, TRACE_LOSS_INVALIDATE,
		     TRACE_REMEDY_WRITER_CLEAN, 500);
	if (is(w, LEGAL_index_is_stale))
		TELL(w, stale, REMOTE_CPU, avail_at(1) + VRING_AVAIL_IDX, 2, PC_LOAD, HOST_CPU, PC_INDEX, 500,
		     TRACE_FILL_PREFETCH, TRACE_REMEDY_READER_INVALIDATE);
	if (is(w, TWIN_remote_faults))
		TELL(w, fault, REMOTE_CPU, TRACE_ACCESS_STORE, TRACE_FAULT_NOTHING_THERE, 0xdead0000, 4, PC_STRAY);
}

static void remote_works(struct world *w, const struct sbe_buf *e)
{
	if (!is(w, TWIN_responder_does_not_invalidate))
		maintain(w, REMOTE_CPU, TRACE_MAINT_INVALIDATE, DATA + IN_OFFSET, IN_SIZE);
	maintain(w, REMOTE_CPU, TRACE_MAINT_INVALIDATE, DATA + INOUT_OFFSET, INOUT_SIZE);
	facts_tell(w);
	data(w, REMOTE_CPU, TRACE_ACCESS_LOAD, IN_OFFSET, IN_SIZE, PC_WORK);
	data(w, REMOTE_CPU, TRACE_ACCESS_LOAD, INOUT_OFFSET, INOUT_SIZE, PC_WORK);
	data(w, REMOTE_CPU, TRACE_ACCESS_STORE, e[OUT].offset, e[OUT].size, PC_RESULT);
	data(w, REMOTE_CPU, TRACE_ACCESS_STORE, INOUT_OFFSET, INOUT_SIZE, PC_RESULT);
	if (is(w, TWIN_receiver_stores_to_an_in_buffer))
		data(w, REMOTE_CPU, TRACE_ACCESS_STORE, IN_OFFSET, 4, PC_STRAY);
	if (is(w, TWIN_receiver_runs_over_the_end))
		data(w, REMOTE_CPU, TRACE_ACCESS_STORE, OUT_OFFSET + OUT_SIZE, 4, PC_STRAY);
	if (!is(w, TWIN_response_is_sent_before_clean))
		maintain(w, REMOTE_CPU, TRACE_MAINT_CLEAN, DATA + e[OUT].offset, e[OUT].size);
	maintain(w, REMOTE_CPU, TRACE_MAINT_CLEAN, DATA + INOUT_OFFSET, INOUT_SIZE);
}

static void respond(struct world *w, const struct sbe_buf *e)
{
	struct sbe_buf answer[ENTRIES];
	uint16_t count = 0;
	struct message m;
	uint32_t context = 9;

	for (unsigned int i = 0; i < ENTRIES; i++)
		if (e[i].dir != SBE_IN || is(w, LEGAL_in_buffers_are_in_the_response))
			answer[count++] = e[i];
	if (is(w, TWIN_response_has_another_offset))
		answer[1].offset += 64;
	if (is(w, TWIN_response_leaves_a_buffer_out))
		count--;
	m = sbe(REMOTE_CPU, SBE_RESPONSE, is(w, TWIN_response_has_another_transaction) ? TXN + 1 : TXN,
		answer, count);
	if (is(w, TWIN_response_has_another_context))
		memcpy(m.bytes + offsetof(struct sbe_hdr, context), &context, sizeof(context));
	remote_send(w, &m, false);
	if (is(w, TWIN_response_comes_twice))
		remote_send(w, &m, false);
	if (is(w, TWIN_receiver_comes_back_to_a_buffer))
		data(w, REMOTE_CPU, TRACE_ACCESS_LOAD, INOUT_OFFSET, 4, PC_STRAY);
	sync_all(w, REMOTE_CPU);
	TELL(w, barrier, REMOTE_CPU, TRACE_BARRIER_DSB, PC_WAIT);
}

static void results_read(struct world *w, const struct sbe_buf *e, uint32_t size)
{
	if (is(w, TWIN_requester_invalidates_too_early) || is(w, TWIN_requester_does_not_invalidate))
		host_receive(w, size);
	if (!is(w, TWIN_requester_does_not_invalidate) && !is(w, TWIN_requester_invalidates_too_early))
		maintain(w, HOST_CPU, TRACE_MAINT_INVALIDATE, DATA + e[OUT].offset, e[OUT].size);
	maintain(w, HOST_CPU, TRACE_MAINT_INVALIDATE, DATA + INOUT_OFFSET, INOUT_SIZE);
	data(w, HOST_CPU, TRACE_ACCESS_LOAD, e[OUT].offset, e[OUT].size, PC_READ_BACK);
	data(w, HOST_CPU, TRACE_ACCESS_LOAD, INOUT_OFFSET, INOUT_SIZE, PC_READ_BACK);
	if (!is(w, TWIN_requester_invalidates_too_early) && !is(w, TWIN_requester_does_not_invalidate))
		host_receive(w, size);
	sync_all(w, HOST_CPU);
}

/* What the remote does wrongly with the ring, once it has the request. */
static void remote_meddles(struct world *w, uint16_t head)
{
	uint64_t message = BUFFER(NUM + head);

	if (is(w, TWIN_message_bytes_are_stale))
		TELL(w, stale, REMOTE_CPU, message + 20, 4, PC_LOAD, HOST_CPU, PC_MESSAGE + 20, 500,
		     TRACE_FILL_PREFETCH, TRACE_REMEDY_NONE);
	if (is(w, TWIN_host_stores_to_the_used_part))
		store(w, HOST_CPU, used_at(w, 0) + VRING_USED_FLAGS, 1, 2, PC_STRAY);
	if (is(w, TWIN_remote_stores_to_a_descriptor))
		store(w, REMOTE_CPU, ring_at(1) + VRING_DESC_OFFSET(5), 1, 4, PC_STRAY);
	if (is(w, TWIN_remote_stores_to_a_received_message))
		store(w, REMOTE_CPU, message + 20, 1, 4, PC_STRAY);
	if (is(w, TWIN_received_message_goes_back_dirty) || is(w, LEGAL_reserved_field_is_used))
		store(w, REMOTE_CPU, message + 8, 1, 4, PC_STRAY);
	if (is(w, LEGAL_reserved_field_is_used))
		ring_clean(w, REMOTE_CPU, message, 16);
	remote_return(w, head);
	if (is(w, TWIN_remote_loads_from_a_message_that_it_returned))
		load(w, REMOTE_CPU, message + 16, 4, PC_STRAY);
}

static void request_exchange(struct world *w)
{
	struct sbe_buf e[ENTRIES];
	struct message m;

	entries_make(w, e);
	m = request_make(w, e);
	request_prepare(w);
	host_send(w, &m, true);
	if (is(w, TWIN_request_repeats_an_outstanding_transaction)) {
		struct message again = sbe(HOST_CPU, SBE_REQUEST, TXN, e, 0);

		host_send(w, &again, false);
	}
	remote_meddles(w, remote_receive(w, m.size, true));
	giver_meanwhile(w);
	remote_works(w, e);
	if (is(w, TWIN_requester_invalidates_too_early))
		maintain(w, HOST_CPU, TRACE_MAINT_INVALIDATE, DATA + e[OUT].offset, e[OUT].size);
	if (is(w, TWIN_response_never_comes) || is(w, TWIN_run_hangs))
		return;
	respond(w, e);
	results_read(w, e, 16u + 24u * (ENTRIES - 1u - is(w, TWIN_response_leaves_a_buffer_out)));
	if (is(w, TWIN_response_comes_twice))
		host_receive(w, 16u + 24u * (ENTRIES - 1u));
}

/* A pure message with an IN buffer. */
static void gift_exchange(struct world *w)
{
	struct sbe_buf e = {AREA, is(w, TWIN_message_gives_an_out_buffer) ? SBE_OUT : SBE_IN, GIFT_OFFSET,
			    GIFT_SIZE};
	struct message m = sbe(HOST_CPU, SBE_MESSAGE, is(w, TWIN_message_has_a_transaction) ? 5 : 0, &e, 1);
	uint16_t head;

	data(w, HOST_CPU, TRACE_ACCESS_STORE, GIFT_OFFSET, GIFT_SIZE, PC_FILL);
	if (!is(w, TWIN_message_buffer_is_not_cleaned))
		maintain(w, HOST_CPU, TRACE_MAINT_CLEAN, DATA + GIFT_OFFSET, GIFT_SIZE);
	host_send(w, &m, false);
	head = remote_receive(w, m.size, false);
	if (is(w, TWIN_giver_stores_to_a_message_buffer)) {
		data(w, HOST_CPU, TRACE_ACCESS_STORE, GIFT_OFFSET, 4, PC_STRAY);
		sync_all(w, HOST_CPU);
	}
	maintain(w, REMOTE_CPU, TRACE_MAINT_INVALIDATE, DATA + GIFT_OFFSET, GIFT_SIZE);
	data(w, REMOTE_CPU, TRACE_ACCESS_LOAD, GIFT_OFFSET, GIFT_SIZE, PC_WORK);
	remote_return(w, head);
	/* The receiver may read on, until the giver uses it again. */
	data(w, REMOTE_CPU, TRACE_ACCESS_LOAD, GIFT_OFFSET, 4, PC_WORK);
	sync_all(w, REMOTE_CPU);
	data(w, HOST_CPU, TRACE_ACCESS_STORE, GIFT_OFFSET, GIFT_SIZE, PC_FILL);
	sync_all(w, HOST_CPU);
	if (is(w, TWIN_receiver_reads_a_message_buffer_that_was_used_again))
		data(w, REMOTE_CPU, TRACE_ACCESS_LOAD, GIFT_OFFSET, 4, PC_STRAY);
	sync_all(w, REMOTE_CPU);
}

static void sources_tell(struct world *w)
{
	TELL(w, source, HOST_CPU, PC_FILL, 0, 88, "host.c", "fill_buffer");
	TELL(w, source, HOST_CPU, PC_INDEX, 0, 30, "sbe/vring.c", "vring_publish");
	TELL(w, source, HOST_CPU, PC_INDEX, 1, 120, "sbe/sbe.c", "sbe_request");
	TELL(w, source, REMOTE_CPU, PC_WORK, 0, 17, "remote.c", "work");
}

/* A buffer of a heap, on its own: the host has it, maps it and gives it back. */
static void heap_exchange(struct world *w)
{
	TELL(w, heap_alloc, HOST_CPU, "reserved", 1, 4096, 1, PC_WORK);
	TELL(w, heap_use, HOST_CPU, 1, TRACE_HEAP_USE_MAP, 1, PC_WORK);
	TELL(w, heap_use, HOST_CPU, 1, TRACE_HEAP_USE_UNMAP, 0, PC_WORK);
	TELL(w, heap_use, HOST_CPU, 1, TRACE_HEAP_USE_PUT, 0, PC_WORK);
	TELL(w, heap_free, HOST_CPU, 1, PC_WORK);
	if (is(w, TWIN_host_puts_a_buffer_twice))
		TELL(w, heap_misuse, HOST_CPU, 1, TRACE_HEAP_USE_PUT, TRACE_HEAP_MISUSE_FREED, PC_LATE);
}

static void finish(struct world *w)
{
	char histogram[4096] = "histogram";

	for (unsigned int i = 0; i < 256; i++)
		snprintf(histogram + strlen(histogram), sizeof(histogram) - strlen(histogram), " %u", i);
	TELL(w, console, HOST_CPU, "sha256 0123456789abcdef0123456789abcdef0123456789abcdef01234567");
	TELL(w, console, HOST_CPU, "89abcdef\n");
	TELL(w, console, HOST_CPU, histogram);
	if (is(w, TWIN_remote_fails_an_assertion))
		TELL(w, assert, REMOTE_CPU, "size == expected", PC_WORK);
	if (is(w, TWIN_run_hangs)) {
		TELL(w, hang, TRACE_HANG_DEADLOCK);
		TELL(w, unseen, REMOTE_CPU, avail_at(1) + 2, 2, HOST_CPU, PC_INDEX);
	} else {
		TELL(w, exit, HOST_CPU, is(w, TWIN_host_ends_with_3) ? 3 : 0);
	}
	/* Who gives up leaves things behind, which is no fault of its own. */
	if (is(w, TWIN_host_ends_with_a_buffer) || is(w, TWIN_host_ends_with_3))
		TELL(w, heap_leak, HOST_CPU, 2, 4096, 1, 0, PC_WORK);
	if (is(w, LEGAL_running_remote_keeps_its_buffer))
		TELL(w, heap_leak, REMOTE_CPU, 2, 4096, 1, 0, PC_WORK);
	sources_tell(w);
	TELL(w, run_end, 1000, 0);
}

static void play(struct checker *checker, const struct platform *platform, unsigned int twin)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->listener = checker_listener(checker);
	w->platform = platform;
	w->twin = (int)twin;
	w->align = twin == TWIN_avail_and_used_share_a_line ? 4 : 64;
	preamble(w);
	start(w);
	name_service(w);
	area_exchange(w, SBE_AREA_ADD, 1);
	request_exchange(w);
	heap_exchange(w);
	if (!is(w, TWIN_response_never_comes) && !is(w, TWIN_run_hangs)) {
		gift_exchange(w);
		area_exchange(w, SBE_AREA_REMOVE, 2);
	}
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
TWINS
#undef TWIN

static void suppressed_kick_is_legal(void)
{
	exchange_is(play, LEGAL_kick_is_suppressed, -1, "suppressed_kick_is_legal");
}

static void polling_a_stale_index_is_legal(void)
{
	exchange_is(play, LEGAL_index_is_stale, -1, "polling_a_stale_index_is_legal");
}

static void using_the_reserved_field_and_cleaning_it_is_legal(void)
{
	exchange_is(play, LEGAL_reserved_field_is_used, -1, "using_the_reserved_field_and_cleaning_it_is_legal");
}

static void running_remote_may_keep_its_buffer(void)
{
	exchange_is(play, LEGAL_running_remote_keeps_its_buffer, -1, "running_remote_may_keep_its_buffer");
}

static void core_may_wait_while_another_has_yet_to_kick(void)
{
	exchange_is(play, LEGAL_another_core_waits_before_the_kick, -1, "core_may_wait_while_another_has_yet_to_kick");
}

static void any_core_may_kick(void)
{
	exchange_is(play, LEGAL_another_core_kicks, -1, "any_core_may_kick");
}

static void further_core_that_is_turned_off_takes_nothing_along(void)
{
	exchange_is(play, LEGAL_another_core_is_turned_off, -1, "further_core_that_is_turned_off_takes_nothing_along");
}

static void giver_may_read_its_in_buffer(void)
{
	exchange_is(play, LEGAL_giver_reads_its_in_buffer, -1, "giver_may_read_its_in_buffer");
}

static void response_may_describe_in_buffers(void)
{
	exchange_is(play, LEGAL_in_buffers_are_in_the_response, -1, "response_may_describe_in_buffers");
}

static void legacy_driver_leaves_features_ok_out(void)
{
	exchange_is(play, LEGAL_features_ok_is_left_out, -1, "legacy_driver_leaves_features_ok_out");
}

/* Clauses about cached rings cannot be exercised on uncached ones. */
static bool needs_cached_rings(enum clause_id clause)
{
	return clause == CLAUSE_VRING_SYNC_01 || clause == CLAUSE_VRING_SYNC_02 ||
	       clause == CLAUSE_VRING_SYNC_03 || clause == CLAUSE_VRING_SYNC_04 ||
	       clause == CLAUSE_VRING_SYNC_05 || clause == CLAUSE_VRING_SYNC_06 ||
	       clause == CLAUSE_VRING_SYNC_07 || clause == CLAUSE_VRING_SYNC_09 || clause == CLAUSE_VRING_LINE_02 ||
	       clause == CLAUSE_VRING_LINE_01 || clause == CLAUSE_RSC_SYNC_01 ||
	       clause == CLAUSE_RSC_SYNC_02;
}

/* This exchange ends no name, and no kick of it is lost, unwanted or seen to arrive. */
static bool exercised_elsewhere(enum clause_id clause)
{
	return clause == CLAUSE_RPMSG_NS_04 || clause == CLAUSE_MBOX_LOST_01 || clause == CLAUSE_VRING_KICK_02 ||
	       clause == CLAUSE_VRING_SYNC_08;
}

static void correct_exchange_passes_with_witnesses(void)
{
	struct checker *c = checker_new();

	for (unsigned int p = 0; p < PLATFORMS; p++) {
		checker_reset(c);
		play(c, &platforms[p], TWIN_NONE);
		CU_ASSERT(fails_exactly(c, -1, "correct exchange", p));
		CU_ASSERT(checker_passed(c));
		for (int i = 0; i < CLAUSE_COUNT; i++) {
			enum clause_id id = (enum clause_id)i;
			bool idle = exercised_elsewhere(id) ||
				    (needs_cached_rings(id) && !platforms[p].rings_cached);

			if (checker_verdict(c, id) != (idle ? CLAUSE_NOT_EXERCISED : CLAUSE_PASS))
				fprintf(stderr, "platform %u: %s is %s\n", p, clauses[i].id,
					clause_verdict_name(checker_verdict(c, id)));
			CU_ASSERT_EQUAL(checker_verdict(c, id), idle ? CLAUSE_NOT_EXERCISED : CLAUSE_PASS);
		}
	}
	checker_free(c);
}

static void runs_do_not_leak_into_each_other(void)
{
	struct checker *c = checker_new(), *fresh = checker_new();

	play(fresh, &platforms[2], TWIN_NONE);
	for (int i = 0; i < 20; i++) {
		play(c, &platforms[i % 4],
		     i % 3 ? TWIN_request_is_sent_before_clean : TWIN_vring_lies_in_data_memory);
		checker_reset(c);
	}
	play(c, &platforms[2], TWIN_NONE);
	for (int i = 0; i < CLAUSE_COUNT; i++)
		CU_ASSERT_EQUAL(checker_witnesses(c, (enum clause_id)i),
				checker_witnesses(fresh, (enum clause_id)i));
	CU_ASSERT(checker_passed(c));
	checker_free(c);
	checker_free(fresh);
}

static bool has_place(const struct check_violation *v, uint8_t cpu, uint64_t pc)
{
	for (unsigned int i = 0; i < v->places; i++)
		if (v->place[i].agent == cpu && v->place[i].pc == pc)
			return true;
	return false;
}

struct expected_place {
	enum twin twin;
	uint8_t cpu[3];
	uint64_t pc[3];
};

static void violations_name_the_places(void)
{
	static const struct expected_place expected[] = {
		/* An omission: the last store, the publishing store, the peer's first access of these bytes.
		 */
		{TWIN_request_is_sent_before_clean,
		 {HOST_CPU, HOST_CPU, REMOTE_CPU},
		 {PC_FILL, PC_INDEX, PC_WORK}},
		{TWIN_response_is_sent_before_clean,
		 {REMOTE_CPU, REMOTE_CPU, HOST_CPU},
		 {PC_RESULT, PC_INDEX, PC_READ_BACK}},
		{TWIN_responder_does_not_invalidate,
		 {REMOTE_CPU, HOST_CPU, HOST_CPU},
		 {PC_WORK, PC_INDEX, PC_FILL}},
		/* Order: the entry's store and the index's. */
		{TWIN_avail_entry_is_stored_after_the_index,
		 {HOST_CPU, HOST_CPU, HOST_CPU},
		 {PC_INDEX, PC_LATE, PC_LATE}},
		{TWIN_descriptor_changes_while_published,
		 {HOST_CPU, HOST_CPU, HOST_CPU},
		 {PC_INDEX, PC_LATE, PC_LATE}},
		/* A wrong field: its own store. Offsets are in the rpmsg buffer: header 16, SBE header 16,
		   entry 24. */
		{TWIN_response_has_another_transaction,
		 {REMOTE_CPU, REMOTE_CPU, REMOTE_CPU},
		 {PC_MESSAGE + 16 + 8, PC_INDEX, PC_INDEX}},
		{TWIN_response_has_another_offset,
		 {REMOTE_CPU, REMOTE_CPU, REMOTE_CPU},
		 {PC_MESSAGE + 32 + 24 + 8 + 4, PC_INDEX, PC_INDEX}},
		{TWIN_area_was_not_announced,
		 {HOST_CPU, HOST_CPU, HOST_CPU},
		 {PC_MESSAGE + 32, PC_INDEX, PC_INDEX}},
		/* Use after hand-over: the access and the publishing store. */
		{TWIN_giver_stores_to_an_in_buffer,
		 {HOST_CPU, HOST_CPU, HOST_CPU},
		 {PC_STRAY, PC_INDEX, PC_INDEX}},
		{TWIN_host_waits_without_a_kick,
		 {HOST_CPU, HOST_CPU, REMOTE_CPU},
		 {PC_INDEX, PC_WAIT, PC_LOAD}},
	};
	struct checker *c = checker_new();

	for (unsigned int i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct expected_place *e = &expected[i];

		checker_reset(c);
		play(c, &platforms[0], e->twin);
		CU_ASSERT_FATAL(checker_violations(c) > 0);
		for (int j = 0; j < 3; j++) {
			bool found = has_place(checker_violation(c, 0), e->cpu[j], e->pc[j]);

			if (!found)
				fprintf(stderr, "case %u: place %d is missing\n", i, j);
			CU_ASSERT(found);
		}
	}
	checker_free(c);
}

/* Passes on all events up to a level. */
struct filter {
	struct trace_listener to;
	enum trace_level level;
};

static void filter_event(void *ctx, const struct trace_event *event)
{
	static const uint8_t levels[EVENT_COUNT] = {
#define EVENT(c_name, name, level, fields) TRACE_LEVEL_##level,
#include "traces/events.def"
#undef EVENT
	};
	const struct filter *f = ctx;

	if (levels[event->id] <= f->level)
		f->to.event(f->to.ctx, event);
}

static void clauses_above_the_trace_level_are_not_observable(void)
{
	struct checker *c = checker_new();
	struct filter f = {checker_listener(c), TRACE_LEVEL_MESSAGE};
	struct world *w = calloc(1, sizeof(*w));

	CU_ASSERT_FATAL(w != NULL);
	w->listener = (struct trace_listener){filter_event, &f};
	w->platform = &platforms[0];
	w->align = 64;
	preamble(w);
	start(w);
	heap_exchange(w);
	finish(w);
	checker_finish(c);
	for (int i = 0; i < CLAUSE_COUNT; i++)
		CU_ASSERT_EQUAL(checker_verdict(c, (enum clause_id)i),
				clauses[i].needs != TRACE_LEVEL_MESSAGE	       ? CLAUSE_NOT_OBSERVABLE
				: exercised_elsewhere((enum clause_id)i) ? CLAUSE_NOT_EXERCISED
									       : CLAUSE_PASS);
	free(w);
	checker_free(c);
}

static void clauses_behind_a_failed_prerequisite_say_so(void)
{
	struct checker *c = checker_new();

	play(c, &platforms[0], TWIN_avail_entry_is_stored_after_the_index);
	CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_VRING_ORDER_01), CLAUSE_FAIL);
	CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_SBE_TXN_01), CLAUSE_PREREQ);
	CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_SBE_EXIT_01), CLAUSE_PREREQ);
	CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_RSC_TABLE_01), CLAUSE_PASS);
	checker_free(c);
}

/* The peer decides what is in shared memory and, in a recorded trace, what is in events. */
static void garbage_is_survived(void)
{
	struct checker *c = checker_new();
	struct trace_listener l = checker_listener(c);
	uint64_t random = 88172645463325252ull;

	for (int run = 0; run < 200; run++) {
		struct world *w = calloc(1, sizeof(*w));

		CU_ASSERT_FATAL(w != NULL);
		checker_reset(c);
		w->listener = l;
		w->platform = &platforms[run % 4];
		w->align = 64;
		preamble(w);
		start(w);
		name_service(w);
		area_exchange(w, SBE_AREA_ADD, 1);
		for (int i = 0; i < 3000; i++) {
			uint8_t bytes[64];
			uint64_t addr;

			for (unsigned int b = 0; b < sizeof(bytes); b++) {
				random ^= random << 13;
				random ^= random >> 7;
				random ^= random << 17;
				bytes[b] = (uint8_t)(random >> 11) & (random & 1u << 20 ? 3u : 255u);
			}
			addr = CONTROL + (random >> 24) % (random & 1u ? 0x1200u : CONTROL_SIZE);
			if (random >> 60 == 0)
				addr = TABLE + (random >> 24) % 88u;
			if (random >> 60 == 1)
				addr = UINT64_MAX - (random >> 24) % 70u;
			TELL(w, store, (uint8_t)(random >> 8 & 1u), addr, random & 0xfff,
			     {(uint16_t)(random >> 40 & 31u), bytes});
			TELL(w, mask, (uint8_t)(random >> 9 & 3u), DATA + (random >> 30 & 0xfff), random,
			     random << 3, 1, 2, 3, 4);
			TELL(w, maint, (uint8_t)(random >> 9 & 1u), (uint8_t)(random >> 5 & 3u), random,
			     random << 9, 5);
		}
		checker_finish(c);
		free(w);
	}
	checker_free(c);
}

/* ---- Reports ----------------------------------------------------------------------------------------- */

static const char *text_of(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

	return text ? text : "";
}

static void report_lists_a_violation_once_with_all_frames(void)
{
	struct checker *c = checker_new();
	struct report *r = report_new();
	cJSON *root, *v, *where;

	for (unsigned int run = 0; run < 3; run++) {
		checker_reset(c);
		play(c, &platforms[0], run ? TWIN_request_is_sent_before_clean : TWIN_NONE);
		CU_ASSERT(report_add_run(r, c, run, (int)run, "sbesim run --replay x"));
	}
	root = report_json(r);
	CU_ASSERT_STRING_EQUAL(text_of(root, "verdict"), "fail");
	CU_ASSERT_EQUAL(cJSON_GetObjectItem(root, "runs")->valueint, 3);
	CU_ASSERT_EQUAL(cJSON_GetObjectItem(root, "surprises")->valueint, 2);
	CU_ASSERT_EQUAL(cJSON_GetArraySize(cJSON_GetObjectItem(root, "clauses")), CLAUSE_COUNT);
	CU_ASSERT_EQUAL(cJSON_GetArraySize(cJSON_GetObjectItem(root, "violations")), 1);
	v = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "violations"), 0);
	CU_ASSERT_STRING_EQUAL(text_of(v, "clause"), "SBE-SYNC-01");
	CU_ASSERT_STRING_EQUAL(text_of(v, "replay"), "sbesim run --replay x");
	CU_ASSERT_EQUAL(cJSON_GetObjectItem(v, "run")->valueint, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(text_of(v, "cause"), "host at host.c:88 (fill_buffer)"));
	where = cJSON_GetObjectItem(v, "where");
	CU_ASSERT_EQUAL(cJSON_GetArraySize(where), 4);
	CU_ASSERT_STRING_EQUAL(text_of(cJSON_GetArrayItem(where, 1), "function"), "vring_publish");
	CU_ASSERT_STRING_EQUAL(text_of(cJSON_GetArrayItem(where, 2), "function"), "sbe_request");
	CU_ASSERT_STRING_EQUAL(text_of(cJSON_GetArrayItem(where, 3), "side"), "remote");
	cJSON_Delete(root);
	report_free(r);
	checker_free(c);
}

static void report_takes_the_result_from_the_console(void)
{
	struct checker *c = checker_new();
	struct report *r = report_new();
	cJSON *root, *result;

	play(c, &platforms[0], TWIN_NONE);
	report_add_run(r, c, 0, REPORT_SEED, NULL);
	root = report_json(r);
	result = cJSON_GetObjectItem(root, "result");
	CU_ASSERT_STRING_EQUAL(text_of(root, "verdict"), "pass");
	CU_ASSERT(cJSON_IsNull(cJSON_GetObjectItem(root, "surprises")));
	CU_ASSERT_EQUAL(strlen(text_of(result, "sha256")), 64);
	CU_ASSERT_EQUAL(cJSON_GetArraySize(cJSON_GetObjectItem(result, "histogram")), 256);
	CU_ASSERT_EQUAL(cJSON_GetArrayItem(cJSON_GetObjectItem(result, "histogram"), 255)->valueint, 255);
	CU_ASSERT(cJSON_IsNull(cJSON_GetObjectItem(result, "upper_sha256")));
	cJSON_Delete(root);
	report_free(r);
	checker_free(c);
}

static void statement_names_every_clause(void)
{
	struct checker *c = checker_new();
	struct report *r = report_new();
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	CU_ASSERT_FATAL(out != NULL);
	play(c, &platforms[0], TWIN_request_is_sent_before_clean);
	report_add_run(r, c, 0, 1, "sbesim run --replay x");
	report_print(r, out);
	fclose(out);
	for (int i = 0; i < CLAUSE_COUNT; i++)
		CU_ASSERT_PTR_NOT_NULL(strstr(text, clauses[i].id));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "again: sbesim run --replay x"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "at:    host host.c:88 (fill_buffer)"));
	free(text);
	report_free(r);
	checker_free(c);
}

/* Every clause has a twin, here or in one of the other lists. */
static void every_clause_has_a_twin(void)
{
	bool has[CLAUSE_COUNT] = {false};

#define TWIN(name, clause, where) has[CLAUSE_##clause] = true;
	TWINS
#include "conformance/tests/twins_rpmsg.def"
#include "conformance/tests/twins_ring.def"
#undef TWIN
	for (int i = 0; i < CLAUSE_COUNT; i++)
		CU_ASSERT(has[i] || (fprintf(stderr, "%s has no twin\n", clauses[i].id), false));
}

int main(void)
{
	CU_pSuite suite;
	unsigned int failures;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	suite = CU_add_suite("checker", NULL, NULL);
	CU_ADD_TEST(suite, correct_exchange_passes_with_witnesses);
	CU_ADD_TEST(suite, every_clause_has_a_twin);
#define TWIN(name, clause, where) CU_ADD_TEST(suite, name);
	TWINS
#undef TWIN
	CU_ADD_TEST(suite, suppressed_kick_is_legal);
	CU_ADD_TEST(suite, polling_a_stale_index_is_legal);
	CU_ADD_TEST(suite, using_the_reserved_field_and_cleaning_it_is_legal);
	CU_ADD_TEST(suite, running_remote_may_keep_its_buffer);
	CU_ADD_TEST(suite, core_may_wait_while_another_has_yet_to_kick);
	CU_ADD_TEST(suite, any_core_may_kick);
	CU_ADD_TEST(suite, further_core_that_is_turned_off_takes_nothing_along);
	CU_ADD_TEST(suite, giver_may_read_its_in_buffer);
	CU_ADD_TEST(suite, response_may_describe_in_buffers);
	CU_ADD_TEST(suite, legacy_driver_leaves_features_ok_out);
	CU_ADD_TEST(suite, violations_name_the_places);
	CU_ADD_TEST(suite, runs_do_not_leak_into_each_other);
	CU_ADD_TEST(suite, clauses_above_the_trace_level_are_not_observable);
	CU_ADD_TEST(suite, clauses_behind_a_failed_prerequisite_say_so);
	CU_ADD_TEST(suite, garbage_is_survived);
	CU_ADD_TEST(suite, report_lists_a_violation_once_with_all_frames);
	CU_ADD_TEST(suite, report_takes_the_result_from_the_console);
	CU_ADD_TEST(suite, statement_names_every_clause);
	setvbuf(stdout, NULL, _IOLBF, 0);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures ? 1 : 0;
}
