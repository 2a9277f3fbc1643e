/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checker on rpmsg without SBE: start, kicks, messages, endpoints and names. A correct exchange passes; each twin
 * (twins_rpmsg.def) differs from it in one place and fails exactly its clause; what other stacks may do is legal.
 *
 * The sequences are script.h's: no memory model, nothing of the simulator.
 */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/report.h"
#include "conformance/tests/script.h"

#define EPT_REMOTE 1024u
#define EPT_HOST 1025u
#define EPT_STATIC 30u
#define PAYLOAD 24u
#define VDEV_TOKEN 7u
#define NAME_TOKEN "rpmsg-raw"
#define FIELD_AT(name) (TABLE + (uint64_t)offsetof(struct resource_table, vdev.name))

enum twin {
	CORRECT,
#define TWIN(name, clause, where) TWIN_##name,
#include "conformance/tests/twins_rpmsg.def"
#undef TWIN
	/* Legal deviations. */
	LEGAL_open_amp_starts,
	LEGAL_device_shares_its_token,
	LEGAL_firmware_says_hello,
	LEGAL_open_amp_asks_for_a_reset,
	LEGAL_tokens_are_renumbered,
	LEGAL_other_device_comes_first,
	LEGAL_first_poll_is_stale,
	LEGAL_others_made_the_table_stale,
	LEGAL_what_is_there_is_stored_again,
	LEGAL_remote_asks_for_a_reset,
	LEGAL_static_endpoint_is_addressed_first,
	LEGAL_message_crosses_the_end,
	LEGAL_header_was_stored_before_the_end_was_taken,
	LEGAL_name_comes_again,
	LEGAL_one_name_has_two_addresses,
	LEGAL_kick_waits_for_its_flag,
	LEGAL_one_kick_for_both_rings,
	LEGAL_each_ring_has_its_kick,
	LEGAL_lost_kick_costs_time,
	LEGAL_mailbox_carries_no_tokens,
	LEGAL_receivers_look_at_all_vrings,
	LEGAL_trace_says_nothing_of_the_channel,
	LEGAL_token_is_cut_on_its_way,
	LEGAL_full_mailbox_refuses_a_ring,
};

static bool is(const struct world *w, enum twin twin)
{
	return w->twin == (int)twin;
}

/* ---- Start ------------------------------------------------------------------------------------------- */

/* 32-bit words of a table with one vdev at its usual place. */
enum word {
	WORD_VERSION,
	WORD_NUM,
	WORD_OFFSET = 4,
	WORD_TYPE,
	WORD_ID,
	WORD_TOKEN,
	WORD_OFFERED,
	WORD_CHOSEN,
	WORD_CONFIG,
	WORD_STATUS, /* and number of vrings, reserved */
	WORD_VRING0,
	WORD_VRING1 = WORD_VRING0 + 5,
	WORDS = WORD_VRING1 + 5,
	/* in a vring */
	VRING_DA = 0,
	VRING_ALIGN,
	VRING_NUM,
	VRING_TOKEN,
};

static void table_spoil(const struct world *w, uint32_t *words)
{
	if (is(w, TWIN_vdev_is_no_rpmsg_device))
		words[WORD_ID] = 8;
	if (is(w, TWIN_vdev_has_three_vrings))
		words[WORD_STATUS] = 3u << 8;
	if (is(w, TWIN_vdev_reserved_field_is_set))
		words[WORD_STATUS] |= 1u << 24;
	if (is(w, TWIN_vring_size_is_no_power_of_two))
		words[WORD_VRING1 + VRING_NUM] = NUM - 2u;
	if (is(w, TWIN_vring_size_is_65536))
		words[WORD_VRING1 + VRING_NUM] = 65536;
	if (is(w, TWIN_vrings_overlap))
		words[WORD_VRING1 + VRING_DA] = words[WORD_VRING0 + VRING_DA] + 64u;
	if (is(w, TWIN_vring_is_not_aligned))
		words[WORD_VRING1 + VRING_DA] += 8u;
	if (is(w, TWIN_vrings_have_one_token))
		words[WORD_VRING1 + VRING_TOKEN] = words[WORD_VRING0 + VRING_TOKEN];
	if (is(w, LEGAL_tokens_are_renumbered))
		words[WORD_VRING1 + VRING_TOKEN] = words[WORD_VRING0 + VRING_TOKEN] = UINT32_MAX;
	if (is(w, TWIN_feature_was_not_offered))
		words[WORD_OFFERED] |= 2u;
	if (is(w, LEGAL_device_shares_its_token))
		words[WORD_TOKEN] = words[WORD_VRING0 + VRING_TOKEN];
}

static void table_store(struct world *w)
{
	uint32_t words[WORDS] = {
		1, 1, 0, 0, 20, RSC_VDEV, VIRTIO_ID_RPMSG, VDEV_TOKEN, 1u << VIRTIO_RPMSG_F_NS, 0, 0, 2u << 8,
		(uint32_t)ring_at(0), w->align, NUM, 0, 0,
		(uint32_t)ring_at(1), w->align, NUM, 1, 0,
	};

	table_spoil(w, words);
	for (uint32_t i = 0; i < WORDS; i++)
		store(w, HOST_CPU, TABLE + 4u * i, words[i], 4, PC_TABLE);
	ring_clean(w, HOST_CPU, TABLE, sizeof(words));
}

/* A table whose first entry is a trace, whose second is another vdev, and whose third is rpmsg's, as usual. */
static void table_store_longer(struct world *w)
{
	const uint32_t head[] = {1, 3, 0, 0, is(w, TWIN_table_entry_lies_outside) ? 4096 : 200, 300, 32};
	uint32_t words[WORDS] = {
		[WORD_TYPE] = RSC_VDEV, VIRTIO_ID_RPMSG, VDEV_TOKEN, 1u << VIRTIO_RPMSG_F_NS, 0, 0, 2u << 8,
		(uint32_t)ring_at(0), w->align, NUM, 0, 0,
		(uint32_t)ring_at(1), w->align, NUM, 1, 0,
	};

	for (uint32_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		store(w, HOST_CPU, TABLE + 4u * i, head[i], 4, PC_TABLE);
	store(w, HOST_CPU, TABLE + 200, 2, 4, PC_TABLE);
	store(w, HOST_CPU, TABLE + 300, RSC_VDEV, 4, PC_TABLE);
	store(w, HOST_CPU, TABLE + 304, 3, 4, PC_TABLE);
	for (uint32_t i = WORD_TYPE; i < WORDS; i++)
		store(w, HOST_CPU, TABLE + 12u + 4u * i, words[i], 4, PC_TABLE);
	ring_clean(w, HOST_CPU, TABLE, 400);
}

static bool has_longer_table(const struct world *w)
{
	return is(w, LEGAL_other_device_comes_first) || is(w, TWIN_table_entry_lies_outside);
}

static uint64_t status_at(const struct world *w)
{
	return STATUS_AT + (has_longer_table(w) ? 12u : 0u);
}

static void word_store(struct world *w, uint8_t cpu, uint64_t at, uint32_t value)
{
	store(w, cpu, at, value, 4, PC_STRAY);
	ring_clean(w, cpu, at, 4);
}

static void status_store(struct world *w, uint8_t cpu, uint8_t status)
{
	store(w, cpu, status_at(w), status, 1, PC_STATUS);
	ring_clean(w, cpu, status_at(w), 1);
}

static void status_poll(struct world *w, bool invalidate)
{
	if (invalidate)
		ring_invalidate(w, REMOTE_CPU, status_at(w), 1);
	load(w, REMOTE_CPU, status_at(w), 1, PC_LOAD);
}

/* A load that sees an older copy: no memory model knows better. */
static void status_poll_old(struct world *w)
{
	static const uint8_t old = VIRTIO_STATUS_ACKNOWLEDGE;

	TELL(w, load, REMOTE_CPU, status_at(w), PC_LOAD, {1, &old});
}

static void stale_tell(struct world *w, uint64_t addr, uint8_t remedy)
{
	TELL(w, stale, REMOTE_CPU, addr, 1, PC_LOAD, HOST_CPU, PC_TABLE, 500, TRACE_FILL_PREFETCH, remedy);
}

static void features_choose(struct world *w)
{
	uint32_t chosen = is(w, TWIN_name_service_was_not_chosen) ? 0 : 1u << VIRTIO_RPMSG_F_NS;

	if (is(w, TWIN_feature_was_not_offered))
		chosen |= 4u;
	word_store(w, HOST_CPU, FIELD_AT(gfeatures) + (status_at(w) - STATUS_AT), chosen);
	if (is(w, LEGAL_open_amp_starts))
		kick(w, HOST_CPU, VDEV_TOKEN);
	if (is(w, LEGAL_device_shares_its_token))
		kick(w, HOST_CPU, 0);
	if (is(w, LEGAL_firmware_says_hello))
		kick(w, REMOTE_CPU, 0xffffff00);
}

static void steps_before_driver_ok(struct world *w)
{
	status_store(w, HOST_CPU, VIRTIO_STATUS_ACKNOWLEDGE);
	status_poll(w, true);
	if (is(w, TWIN_host_kicks_before_driver_ok))
		kick(w, HOST_CPU, 1);
	if (is(w, TWIN_remote_kicks_before_driver_ok))
		kick(w, REMOTE_CPU, 0);
	if (is(w, TWIN_remote_changes_the_table))
		word_store(w, REMOTE_CPU, FIELD_AT(vring[0].pa), 5);
	if (is(w, LEGAL_what_is_there_is_stored_again))
		word_store(w, REMOTE_CPU, FIELD_AT(vring[0].notifyid), 0);
	status_store(w, is(w, TWIN_remote_takes_a_step) ? REMOTE_CPU : HOST_CPU, 3);
	if (is(w, TWIN_step_is_taken_back)) {
		status_store(w, HOST_CPU, 1);
		status_store(w, HOST_CPU, 3);
	}
	if (is(w, TWIN_step_follows_driver_ok))
		return;
	status_store(w, HOST_CPU, 11);
	if (is(w, TWIN_feature_is_chosen_after_features_ok))
		word_store(w, HOST_CPU, FIELD_AT(gfeatures), 0);
	if (is(w, LEGAL_tokens_are_renumbered)) {
		word_store(w, HOST_CPU, FIELD_AT(vring[0].notifyid), 0);
		word_store(w, HOST_CPU, FIELD_AT(vring[1].notifyid), 1);
	}
}

static void status_steps(struct world *w)
{
	bool alone = is(w, TWIN_driver_ok_comes_alone) || is(w, LEGAL_open_amp_starts);
	uint8_t status = alone ? 4 : is(w, TWIN_step_follows_driver_ok) ? 7 : 15;

	if (!alone)
		steps_before_driver_ok(w);
	if (is(w, LEGAL_first_poll_is_stale)) {
		ring_invalidate(w, REMOTE_CPU, status_at(w), 1);
		stale_tell(w, FIELD_AT(vring[1].da), TRACE_REMEDY_READER_INVALIDATE);
	}
	if (is(w, TWIN_status_has_an_unknown_bit))
		status |= 16;
	status_store(w, HOST_CPU, status);
	if (is(w, LEGAL_open_amp_starts))
		kick(w, HOST_CPU, VDEV_TOKEN);
}

static void remote_sees_the_table(struct world *w)
{
	if (is(w, LEGAL_first_poll_is_stale) || is(w, TWIN_status_is_polled_in_one_copy))
		for (int i = 0; i < (is(w, LEGAL_first_poll_is_stale) ? 7 : 9); i++)
			status_poll_old(w);
	status_poll(w, !is(w, TWIN_status_is_seen_by_luck) && !is(w, TWIN_status_is_polled_in_one_copy));
	ring_invalidate(w, REMOTE_CPU, TABLE, 100);
	if (is(w, TWIN_table_is_read_stale))
		stale_tell(w, FIELD_AT(vring[1].da), TRACE_REMEDY_READER_INVALIDATE);
	if (is(w, LEGAL_first_poll_is_stale))
		stale_tell(w, status_at(w), TRACE_REMEDY_READER_INVALIDATE);
	if (is(w, LEGAL_others_made_the_table_stale))
		stale_tell(w, FIELD_AT(vring[1].da), TRACE_REMEDY_WRITER_CLEAN);
	for (unsigned int ring = 0; ring < 2; ring++)
		ring_invalidate(w, REMOTE_CPU, used_at(w, ring), VRING_USED_RING(NUM) + 2u);
}

static void started_meddle(struct world *w)
{
	if (is(w, TWIN_step_follows_driver_ok))
		status_store(w, HOST_CPU, 15);
	if (is(w, TWIN_host_changes_the_table_after_driver_ok))
		word_store(w, HOST_CPU, FIELD_AT(vring[1].pa), 1);
	if (is(w, LEGAL_what_is_there_is_stored_again))
		word_store(w, HOST_CPU, FIELD_AT(vring[1].num), NUM);
	if (is(w, LEGAL_remote_asks_for_a_reset))
		status_store(w, REMOTE_CPU, 0x4f);
	if (is(w, TWIN_remote_request_for_reset_is_not_cleaned))
		store(w, REMOTE_CPU, status_at(w), 0x4f, 1, PC_STATUS);
}

static void rx_post(struct world *w)
{
	for (uint16_t i = 0; i < POSTED; i++)
		post_entry(w, (struct post){0, i, VRING_DESC_F_WRITE, BUFFER(i), BUFFER_BYTES});
}

static void start(struct world *w)
{
	rings_zero(w);
	if (has_longer_table(w))
		table_store_longer(w);
	else
		table_store(w);
	features_choose(w);
	rx_post(w);
	/* The host wants no kick when its messages are given back. */
	store(w, HOST_CPU, avail_at(1), is(w, TWIN_remote_does_not_kick_for_buffers) ? 0 : VRING_AVAIL_F_NO_INTERRUPT, 2,
	      PC_STATUS);
	ring_clean(w, HOST_CPU, avail_at(1), 2);
	status_steps(w);
	kick(w, HOST_CPU, 0);
	pause_cpu(w, HOST_CPU);
	remote_sees_the_table(w);
	started_meddle(w);
}

/* ---- Messages ---------------------------------------------------------------------------------------- */

static void header_spoil(struct world *w, uint8_t cpu, uint64_t at)
{
	if (is(w, TWIN_header_flags_are_set))
		store(w, cpu, at + offsetof(struct rpmsg_hdr, flags), 1, 2, PC_STRAY);
	if (is(w, TWIN_header_reserved_field_is_set))
		store(w, cpu, at + offsetof(struct rpmsg_hdr, reserved), 3, 4, PC_STRAY);
}

static struct post host_prepare(struct world *w, const struct message *m)
{
	uint16_t head = w->next_head++ % NUM;
	struct post p = {1, head, 0, BUFFER(NUM + head), BUFFER_BYTES};

	message_store(w, HOST_CPU, p.addr, m);
	header_spoil(w, HOST_CPU, p.addr);
	ring_clean(w, HOST_CPU, p.addr, 16u + m->size);
	return p;
}

static bool has_odd_token(const struct world *w)
{
	return is(w, TWIN_token_is_of_no_vring) || is(w, LEGAL_mailbox_carries_no_tokens) ||
	       is(w, LEGAL_receivers_look_at_all_vrings);
}

static bool has_long_token(const struct world *w)
{
	return is(w, LEGAL_token_is_cut_on_its_way) || is(w, TWIN_token_of_64_bits_is_of_no_vring);
}

/* Another mailbox than the preamble's. */
static void mailbox_change(struct world *w)
{
	uint8_t bits = is(w, LEGAL_mailbox_carries_no_tokens) || is(w, LEGAL_full_mailbox_refuses_a_ring) ? 0 :
		       is(w, TWIN_token_of_64_bits_is_of_no_vring)					  ? 64 :
													    32;
	uint8_t attr = is(w, LEGAL_receivers_look_at_all_vrings) ? TRACE_MAILBOX_SCAN_ALL : 0;

	for (uint8_t cpu = 0; cpu < 2; cpu++)
		TELL(w, mailbox, cpu, 0, 1u - cpu, 0, TRACE_MAILBOX_KIND_FIFO, bits, 4, TRACE_MAILBOX_FULL_REFUSE,
		     attr);
}

/* All the way: the remote takes it and gives the buffer back, for which the host wants no kick. */
static void host_deliver(struct world *w, struct post p, uint32_t size)
{
	uint16_t head;

	post_entry(w, p);
	if (is(w, LEGAL_full_mailbox_refuses_a_ring) || is(w, TWIN_token_is_refused))
		TELL(w, refused, HOST_CPU, 0, 1, TRACE_REFUSAL_FULL, PC_KICK);
	else if (is(w, TWIN_token_of_another_core_is_of_no_vring))
		TELL(w, kick, HOST_CORE, 0, 9, PC_KICK);
	else if (is(w, LEGAL_trace_says_nothing_of_the_channel))
		TELL(w, kick, HOST_CPU, 3, 9, PC_KICK);
	else
		kick(w, HOST_CPU, has_odd_token(w) ? 9 : has_long_token(w) ? 1 + (1ull << 32) : 1);
	if (is(w, TWIN_kick_tells_nothing_new))
		kick(w, HOST_CPU, 1);
	if (is(w, LEGAL_each_ring_has_its_kick) && w->next_head == 1)
		kick(w, HOST_CPU, 0);
	if (is(w, LEGAL_lost_kick_costs_time))
		TELL(w, kick_lost, REMOTE_CPU, 0, 1);
	pause_cpu(w, HOST_CPU);
	head = take_entry(w, 1);
	ring_invalidate(w, REMOTE_CPU, p.addr, 16u + size);
	message_load(w, REMOTE_CPU, p.addr, 16u + size);
	return_entry(w, 1, head, 0);
	if (is(w, TWIN_kick_was_not_wanted))
		kick(w, REMOTE_CPU, 1);
	if (!is(w, LEGAL_one_kick_for_both_rings))
		pause_cpu(w, REMOTE_CPU);
	if (is(w, LEGAL_kick_waits_for_its_flag))
		kick(w, REMOTE_CPU, 1);
}

static void host_send(struct world *w, const struct message *m)
{
	host_deliver(w, host_prepare(w, m), m->size);
}

/* The host has it, and not yet given the buffer back: its descriptor. */
static uint16_t remote_send(struct world *w, const struct message *m)
{
	uint16_t head = take_entry(w, 0);
	uint32_t len = 16u + m->size;

	message_store(w, REMOTE_CPU, BUFFER(head), m);
	header_spoil(w, REMOTE_CPU, BUFFER(head));
	ring_clean(w, REMOTE_CPU, BUFFER(head), len);
	return_entry(w, 0, head, is(w, TWIN_used_length_is_that_of_the_buffer) ? BUFFER_BYTES : len);
	kick(w, REMOTE_CPU, 0);
	pause_cpu(w, REMOTE_CPU);
	collect_entry(w, 0);
	ring_invalidate(w, HOST_CPU, BUFFER(head), len);
	message_load(w, HOST_CPU, BUFFER(head), len);
	return head;
}

static void host_give_back(struct world *w, uint16_t head)
{
	post_entry(w, (struct post){0, head, VRING_DESC_F_WRITE, BUFFER(head), BUFFER_BYTES});
	/* Before the first message of the host: its kick comes after that. */
	if (is(w, LEGAL_each_ring_has_its_kick) && !w->next_head)
		return;
	if (!is(w, TWIN_host_does_not_kick_for_buffers))
		kick(w, HOST_CPU, 0);
	pause_cpu(w, HOST_CPU);
}

static void remote_deliver(struct world *w, const struct message *m)
{
	host_give_back(w, remote_send(w, m));
}

static struct message message(uint32_t src, uint32_t dst)
{
	return (struct message){src, dst, PAYLOAD, PAYLOAD, "hello"};
}

static struct message name_message(const char *name, uint32_t addr, uint32_t flags)
{
	struct message m = {addr, RPMSG_NS_ADDR, sizeof(struct rpmsg_ns_msg), sizeof(struct rpmsg_ns_msg), {0}};

	if (addr == RPMSG_ADDR_ANY)
		m.src = EPT_REMOTE;
	strncpy((char *)m.bytes, name, 32);
	memcpy(m.bytes + offsetof(struct rpmsg_ns_msg, addr), &addr, sizeof(addr));
	memcpy(m.bytes + offsetof(struct rpmsg_ns_msg, flags), &flags, sizeof(flags));
	return m;
}

static void name_tell(struct world *w, const char *name, uint32_t addr, uint32_t flags)
{
	struct message m = name_message(name, addr, flags);

	if (is(w, TWIN_name_service_message_has_36_bytes))
		m.size = m.len = 36;
	remote_deliver(w, &m);
}

static void names_announce(struct world *w)
{
	uint32_t addr = is(w, TWIN_reserved_address_is_announced) ? EPT_STATIC : EPT_REMOTE;

	name_tell(w, is(w, TWIN_name_is_empty) ? "" : NAME_TOKEN, addr, RPMSG_NS_CREATE);
	if (is(w, TWIN_reserved_address_is_announced))
		name_tell(w, NAME_TOKEN, EPT_REMOTE, RPMSG_NS_CREATE);
	if (is(w, TWIN_any_is_announced))
		name_tell(w, "any", RPMSG_ADDR_ANY, RPMSG_NS_CREATE);
	if (is(w, TWIN_name_is_announced_twice))
		name_tell(w, NAME_TOKEN, EPT_REMOTE, RPMSG_NS_CREATE);
	if (is(w, TWIN_two_names_have_one_address))
		name_tell(w, "control", EPT_REMOTE, RPMSG_NS_CREATE);
	if (is(w, LEGAL_one_name_has_two_addresses))
		name_tell(w, NAME_TOKEN, EPT_REMOTE + 5, RPMSG_NS_CREATE);
}

static void messages_exchange(struct world *w)
{
	struct message to = message(EPT_HOST, EPT_REMOTE), from = message(EPT_REMOTE, EPT_HOST);

	if (is(w, TWIN_source_is_any))
		to.src = RPMSG_ADDR_ANY;
	if (is(w, TWIN_destination_is_any))
		from.dst = RPMSG_ADDR_ANY;
	host_send(w, &to);
	remote_deliver(w, &from);
	if (is(w, TWIN_destination_never_shows_up) || is(w, LEGAL_static_endpoint_is_addressed_first)) {
		to.dst = EPT_STATIC;
		host_send(w, &to);
	}
	if (is(w, LEGAL_static_endpoint_is_addressed_first)) {
		from.src = EPT_STATIC;
		remote_deliver(w, &from);
	}
}

/* The remote's endpoint goes; what the host sends to it then. */
static void name_end(struct world *w)
{
	struct message to = message(EPT_HOST, EPT_REMOTE);
	struct message end = name_message(is(w, TWIN_destroyed_name_was_not_announced) ? "control" : NAME_TOKEN,
					  EPT_REMOTE, RPMSG_NS_DESTROY);
	struct post early = {0};
	uint16_t head;

	if (is(w, LEGAL_header_was_stored_before_the_end_was_taken))
		early = host_prepare(w, &to);
	head = remote_send(w, &end);
	if (is(w, LEGAL_message_crosses_the_end))
		host_send(w, &to);
	host_give_back(w, head);
	if (is(w, LEGAL_header_was_stored_before_the_end_was_taken))
		host_deliver(w, early, to.size);
	if (is(w, TWIN_endpoint_has_ended))
		host_send(w, &to);
	if (is(w, TWIN_destroyed_address_was_not_announced))
		name_tell(w, NAME_TOKEN, EPT_REMOTE + 1, RPMSG_NS_DESTROY);
	if (is(w, LEGAL_name_comes_again)) {
		name_tell(w, NAME_TOKEN, EPT_REMOTE, RPMSG_NS_CREATE);
		host_send(w, &to);
	}
}

static void finish(struct world *w)
{
	if (is(w, LEGAL_open_amp_asks_for_a_reset)) {
		status_store(w, HOST_CPU, VIRTIO_STATUS_NEEDS_RESET);
		kick(w, HOST_CPU, VDEV_TOKEN);
	}
	if (is(w, TWIN_run_hangs_after_a_lost_kick)) {
		TELL(w, kick_lost, HOST_CPU, 0, 0);
		TELL(w, hang, TRACE_HANG_DEADLOCK);
	} else {
		TELL(w, exit, HOST_CPU, 0);
	}
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
	w->align = 64;
	preamble(w);
	mailbox_change(w);
	start(w);
	names_announce(w);
	messages_exchange(w);
	name_end(w);
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
#include "conformance/tests/twins_rpmsg.def"
#undef TWIN

static void legal_but(enum twin twin, int clause, const char *name)
{
	struct checker *c = checker_new();

	for (unsigned int i = 0; i < PLATFORMS; i++) {
		checker_reset(c);
		play(c, &platforms[i], twin);
		CU_ASSERT(fails_exactly(c, clause, name, i));
		CU_ASSERT(checker_passed(c));
	}
	checker_free(c);
}

#define LEGALS                                                                                               \
	LEGAL(device_shares_its_token)                                                                       \
	LEGAL(open_amp_asks_for_a_reset)                                                                     \
	LEGAL(tokens_are_renumbered)                                                                         \
	LEGAL(other_device_comes_first)                                                                      \
	LEGAL(first_poll_is_stale)                                                                           \
	LEGAL(others_made_the_table_stale)                                                                   \
	LEGAL(what_is_there_is_stored_again)                                                                 \
	LEGAL(remote_asks_for_a_reset)                                                                       \
	LEGAL(static_endpoint_is_addressed_first)                                                            \
	LEGAL(message_crosses_the_end)                                                                       \
	LEGAL(header_was_stored_before_the_end_was_taken)                                                    \
	LEGAL(name_comes_again)                                                                              \
	LEGAL(one_name_has_two_addresses)                                                                    \
	LEGAL(kick_waits_for_its_flag)                                                                       \
	LEGAL(one_kick_for_both_rings)                                                                       \
	LEGAL(each_ring_has_its_kick)                                                                        \
	LEGAL(lost_kick_costs_time)                                                                          \
	LEGAL(mailbox_carries_no_tokens)                                                                     \
	LEGAL(receivers_look_at_all_vrings)                                                                  \
	LEGAL(trace_says_nothing_of_the_channel)                                                             \
	LEGAL(token_is_cut_on_its_way)                                                                       \
	LEGAL(full_mailbox_refuses_a_ring)
#define LEGAL(name)                                                                                          \
	static void name(void)                                                                               \
	{                                                                                                    \
		legal_but(LEGAL_##name, -1, #name);                                                          \
	}
LEGALS
#undef LEGAL

/* DRIVER_OK alone, the features before it, and a kick with the device's token for each store to the table. */
static void open_amp_starts(void)
{
	legal_but(LEGAL_open_amp_starts, CLAUSE_VIRTIO_STAT_05, "open_amp_starts");
}

/* "Ready", as Linux' drivers for TI know it: no kick for a vring, and no token of the table either. */
static void firmware_says_hello(void)
{
	legal_but(LEGAL_firmware_says_hello, -1, "firmware_says_hello");
}

static bool has_place(const struct check_violation *v, uint8_t cpu, uint64_t pc)
{
	for (unsigned int i = 0; i < v->places; i++)
		if (v->place[i].agent == cpu && v->place[i].pc == pc)
			return true;
	return false;
}

static void violations_name_the_places(void)
{
	static const struct {
		enum twin twin;
		uint8_t cpu[2];
		uint64_t pc[2];
	} expected[] = {
		{TWIN_vdev_is_no_rpmsg_device, {HOST_CPU, HOST_CPU}, {PC_TABLE, PC_STATUS}},
		{TWIN_host_kicks_before_driver_ok, {HOST_CPU, HOST_CPU}, {PC_KICK, PC_STATUS}},
		{TWIN_remote_kicks_before_driver_ok, {REMOTE_CPU, HOST_CPU}, {PC_KICK, PC_STATUS}},
		{TWIN_kick_was_not_wanted, {REMOTE_CPU, HOST_CPU}, {PC_KICK, PC_STATUS}},
		{TWIN_header_flags_are_set, {REMOTE_CPU, REMOTE_CPU}, {PC_STRAY, PC_INDEX}},
		{TWIN_source_is_any, {HOST_CPU, HOST_CPU}, {PC_MESSAGE, PC_INDEX}},
		{TWIN_destination_is_any, {REMOTE_CPU, REMOTE_CPU}, {PC_MESSAGE + 4, PC_INDEX}},
		{TWIN_destination_never_shows_up, {HOST_CPU, HOST_CPU}, {PC_MESSAGE + 4, PC_INDEX}},
		{TWIN_any_is_announced, {REMOTE_CPU, REMOTE_CPU}, {PC_MESSAGE + 16 + 32, PC_INDEX}},
		{TWIN_endpoint_has_ended, {HOST_CPU, REMOTE_CPU}, {PC_MESSAGE + 4, PC_INDEX}},
	};
	struct checker *c = checker_new();

	for (unsigned int i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		checker_reset(c);
		play(c, &platforms[0], expected[i].twin);
		CU_ASSERT_FATAL(checker_violations(c) > 0);
		for (int j = 0; j < 2; j++) {
			bool found = has_place(checker_violation(c, 0), expected[i].cpu[j], expected[i].pc[j]);

			CU_ASSERT(found || (fprintf(stderr, "case %u: place %d is missing\n", i, j), false));
		}
	}
	checker_free(c);
}

static void lost_kick_is_witnessed(void)
{
	struct checker *c = checker_new();

	play(c, &platforms[0], CORRECT);
	CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_MBOX_LOST_01), CLAUSE_NOT_EXERCISED);
	checker_reset(c);
	play(c, &platforms[0], LEGAL_lost_kick_costs_time);
	CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_MBOX_LOST_01), CLAUSE_PASS);
	checker_free(c);
}

static void tokens_are_judged_only_where_receivers_go_by_them(void)
{
	struct checker *c = checker_new();

	play(c, &platforms[0], CORRECT);
	CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_VRING_KICK_03), CLAUSE_PASS);
	checker_reset(c);
	play(c, &platforms[0], LEGAL_mailbox_carries_no_tokens);
	CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_VRING_KICK_03), CLAUSE_NOT_EXERCISED);
	checker_reset(c);
	play(c, &platforms[0], LEGAL_receivers_look_at_all_vrings);
	CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_VRING_KICK_03), CLAUSE_NOT_EXERCISED);
	checker_free(c);
}

static bool is_of_this_file(enum clause_id clause)
{
	return clause <= CLAUSE_VIRTIO_STAT_05 || (clause >= CLAUSE_VRING_KICK_01 && clause <= CLAUSE_RPMSG_EPT_01);
}

static void correct_exchange_passes(void)
{
	struct checker *c = checker_new();

	for (unsigned int p = 0; p < PLATFORMS; p++) {
		checker_reset(c);
		play(c, &platforms[p], CORRECT);
		CU_ASSERT(fails_exactly(c, -1, "correct exchange", p));
		for (int i = 0; i < CLAUSE_COUNT; i++) {
			bool cached = i == CLAUSE_RSC_SYNC_01 || i == CLAUSE_RSC_SYNC_02;

			if (!is_of_this_file((enum clause_id)i) || i == CLAUSE_MBOX_LOST_01 ||
			    (cached && !platforms[p].rings_cached))
				continue;
			if (checker_verdict(c, (enum clause_id)i) != CLAUSE_PASS)
				fprintf(stderr, "platform %u: %s is %s\n", p, clauses[i].id,
					clause_verdict_name(checker_verdict(c, (enum clause_id)i)));
			CU_ASSERT_EQUAL(checker_verdict(c, (enum clause_id)i), CLAUSE_PASS);
		}
	}
	checker_free(c);
}

/* ---- Profiles and warnings --------------------------------------------------------------------------- */

static void other_profile_is_not_judged_nor_listed(void)
{
	struct checker *c = checker_new();
	struct report *r = report_new();
	cJSON *root, *list;
	unsigned int rpmsg = 0;

	checker_set_profile(c, CLAUSE_PROFILE_RPMSG);
	play(c, &platforms[0], CORRECT);
	report_add_run(r, c, 0, 0, NULL);
	root = report_json(r);
	list = cJSON_GetObjectItem(root, "clauses");
	for (int i = 0; i < CLAUSE_COUNT; i++)
		rpmsg += clauses[i].profile == CLAUSE_PROFILE_RPMSG;
	CU_ASSERT(rpmsg >= 40 && rpmsg < CLAUSE_COUNT);
	CU_ASSERT_EQUAL(cJSON_GetArraySize(list), (int)rpmsg);
	for (int i = 0; i < cJSON_GetArraySize(list); i++)
		CU_ASSERT_STRING_EQUAL(
			cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(list, i), "profile")), "rpmsg");
	CU_ASSERT_STRING_EQUAL(cJSON_GetStringValue(cJSON_GetObjectItem(root, "profile")), "rpmsg");
	cJSON_Delete(root);
	report_free(r);
	checker_free(c);
}

/* A store to a buffer that was given away is SBE's business alone. */
static void sbe_violation_counts_in_its_profile_only(void)
{
	for (int profile = CLAUSE_PROFILE_RPMSG; profile <= CLAUSE_PROFILE_SBE; profile++) {
		struct checker *c = checker_new();
		struct world w = {.listener = checker_listener(c), .platform = &platforms[0], .align = 64};
		struct message bad = message(EPT_HOST, EPT_REMOTE);

		checker_set_profile(c, (enum clause_profile)profile);
		preamble(&w);
		start(&w);
		name_tell(&w, SBE_SERVICE_PREFIX "test", EPT_REMOTE, RPMSG_NS_CREATE);
		host_send(&w, &bad);
		finish(&w);
		checker_finish(c);
		CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_SBE_WIRE_01) == CLAUSE_FAIL, profile == CLAUSE_PROFILE_SBE);
		CU_ASSERT_EQUAL(checker_passed(c), profile == CLAUSE_PROFILE_RPMSG);
		CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_SBE_EXIT_01),
				profile == CLAUSE_PROFILE_SBE ? CLAUSE_PREREQ : CLAUSE_PASS);
		checker_free(c);
	}
}

static int warnings_after(bool exchange)
{
	struct checker *c = checker_new();
	struct report *r = report_new();
	struct world w = {.listener = checker_listener(c), .platform = &platforms[0], .align = 64};
	cJSON *root;
	int count;

	preamble(&w);
	start(&w);
	if (exchange)
		names_announce(&w);
	finish(&w);
	checker_finish(c);
	report_add_run(r, c, 0, 0, NULL);
	root = report_json(r);
	count = cJSON_GetArraySize(cJSON_GetObjectItem(root, "warnings"));
	cJSON_Delete(root);
	report_free(r);
	checker_free(c);
	return count;
}

static void pair_that_never_talked_is_warned_of(void)
{
	CU_ASSERT_EQUAL(warnings_after(false), 1);
	CU_ASSERT_EQUAL(warnings_after(true), 0);
}

/* ---- A side that announces nothing ------------------------------------------------------------------- */

static void destination_is_not_judged_where_nobody_announces(void)
{
	struct checker *c = checker_new();
	struct world w = {.listener = checker_listener(c), .platform = &platforms[0], .align = 64};
	struct message m = message(EPT_HOST, EPT_STATIC);

	preamble(&w);
	start(&w);
	host_send(&w, &m);
	finish(&w);
	checker_finish(c);
	CU_ASSERT(fails_exactly(c, -1, "nobody announces", 0));
	CU_ASSERT_EQUAL(checker_verdict(c, CLAUSE_RPMSG_ADDR_01), CLAUSE_NOT_EXERCISED);
	checker_free(c);
}

/* A table in which nothing can be found is judged all the same: nobody will say DRIVER_OK. */
static void table_without_a_vdev_is_judged(void)
{
	static const struct {
		uint32_t num, offset;
		enum clause_id clause;
	} cases[] = {
		{1, 4096, CLAUSE_RSC_TABLE_01}, {0, 20, CLAUSE_RSC_TABLE_01},  {17, 84, CLAUSE_RSC_TABLE_01},
		{1, 22, CLAUSE_RSC_TABLE_01},	{1, 16, CLAUSE_RSC_TABLE_01}, {1, 20, CLAUSE_RSC_VDEV_01},
		{1, 4092, CLAUSE_RSC_VDEV_01},
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct checker *c = checker_new();
		struct world w = {.listener = checker_listener(c), .platform = &platforms[0], .align = 64};
		const uint32_t words[WORDS] = {1, cases[i].num, 0, 0, cases[i].offset, 2};

		preamble(&w);
		for (uint32_t word = 0; word < WORDS; word++)
			store(&w, HOST_CPU, TABLE + 4u * word, words[word], 4, PC_TABLE);
		finish(&w);
		checker_finish(c);
		CU_ASSERT(fails_exactly(c, (int)cases[i].clause, "table without a vdev", 0));
		checker_free(c);
	}
}

/* The remote is in `state` for a while; then, `again`, everything is as at first. True when announcing again is right. */
static bool names_are_new_after(enum trace_power state, bool again)
{
	struct checker *c = checker_new();
	struct world w = {.listener = checker_listener(c), .platform = &platforms[0], .align = 64};
	bool failed;

	preamble(&w);
	start(&w);
	names_announce(&w);
	TELL(&w, power, REMOTE_CPU, (uint8_t)state, TRACE_ASKER_HOST);
	TELL(&w, power, REMOTE_CPU, TRACE_POWER_ON, TRACE_ASKER_HOST);
	if (again) {
		memset(w.avail, 0, sizeof(w.avail));
		memset(w.used, 0, sizeof(w.used));
		memset(w.avail_seen, 0, sizeof(w.avail_seen));
		memset(w.used_seen, 0, sizeof(w.used_seen));
		status_store(&w, HOST_CPU, 0);
		start(&w);
	}
	names_announce(&w);
	failed = checker_verdict(c, CLAUSE_RPMSG_NS_05) == CLAUSE_FAIL;
	CU_ASSERT_TRUE(failed || checker_witnesses(c, CLAUSE_RPMSG_NS_05) == 2);
	checker_free(c);
	return !failed;
}

/* A remote that boots again announces what it announced before. */
static void names_do_not_outlive_a_crash(void)
{
	CU_ASSERT_TRUE(names_are_new_after(TRACE_POWER_OFF, true));
	CU_ASSERT_TRUE(names_are_new_after(TRACE_POWER_CRASHED, true));
	CU_ASSERT_TRUE(names_are_new_after(TRACE_POWER_STOPPED, true));
	CU_ASSERT_TRUE(names_are_new_after(TRACE_POWER_BOOTING, true));
}

static void names_outlive_a_suspension(void)
{
	CU_ASSERT_FALSE(names_are_new_after(TRACE_POWER_SUSPENDED, false));
}

int main(void)
{
	CU_pSuite suite;
	unsigned int failures;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	suite = CU_add_suite("checker, rpmsg", NULL, NULL);
	CU_ADD_TEST(suite, correct_exchange_passes);
#define TWIN(name, clause, where) CU_ADD_TEST(suite, name);
#include "conformance/tests/twins_rpmsg.def"
#undef TWIN
#define LEGAL(name) CU_ADD_TEST(suite, name);
	LEGALS
#undef LEGAL
	CU_ADD_TEST(suite, open_amp_starts);
	CU_ADD_TEST(suite, firmware_says_hello);
	CU_ADD_TEST(suite, violations_name_the_places);
	CU_ADD_TEST(suite, lost_kick_is_witnessed);
	CU_ADD_TEST(suite, tokens_are_judged_only_where_receivers_go_by_them);
	CU_ADD_TEST(suite, other_profile_is_not_judged_nor_listed);
	CU_ADD_TEST(suite, sbe_violation_counts_in_its_profile_only);
	CU_ADD_TEST(suite, pair_that_never_talked_is_warned_of);
	CU_ADD_TEST(suite, destination_is_not_judged_where_nobody_announces);
	CU_ADD_TEST(suite, table_without_a_vdev_is_judged);
	CU_ADD_TEST(suite, names_do_not_outlive_a_crash);
	CU_ADD_TEST(suite, names_outlive_a_suspension);
	setvbuf(stdout, NULL, _IOLBF, 0);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures ? 1 : 0;
}
