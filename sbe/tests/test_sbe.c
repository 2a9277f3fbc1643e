/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both sides of the library against each other, on memory that is not coherent (fake.h), and against a peer
 * that breaks the rules. Numbers of the wire are written out here where the wire itself is what is tested.
 */
#include <CUnit/Basic.h>

#include "sbe/tests/fake.h"

#define ERR(e) (-(int)(e))

static struct fake_side *const host = &fake.side[HOST];
static struct fake_side *const remote = &fake.side[REMOTE];

/* ---- What the two applications do -------------------------------------------------------------------- */

/*
 * Turns IN-OUT bytes to their complement, fills OUT with the sum of IN; the reply is the message backwards.
 */
static uint16_t app_request(void *arg, struct sbe_call *call)
{
	uint8_t sum = 0;

	for (unsigned int i = 0; i < call->count; i++) {
		uint8_t *data = call->buffers[i].data;

		for (size_t j = 0; j < call->buffers[i].size; j++) {
			if (call->buffers[i].dir == SBE_IN)
				sum = (uint8_t)(sum + data[j]);
			else
				data[j] = call->buffers[i].dir == SBE_OUT ? sum : (uint8_t)~data[j];
		}
	}
	for (size_t i = 0; i < call->message_size && i < call->reply_capacity; i++)
		call->reply[i] = call->message[call->message_size - 1 - i];
	call->reply_size =
		call->message_size < call->reply_capacity ? call->message_size : call->reply_capacity;
	return arg ? *(uint16_t *)arg : SBE_OK;
}

static struct {
	unsigned int count, buffers;
	uint8_t first;
	size_t message_size;
} app_message_seen;

static void app_message(void *arg, struct sbe_call *call)
{
	(void)arg;
	app_message_seen.count++;
	app_message_seen.buffers = call->count;
	app_message_seen.message_size = call->message_size;
	if (call->count)
		app_message_seen.first = *(uint8_t *)call->buffers[0].data;
}

static const struct sbe_ops app_ops = {.request = app_request, .message = app_message};

/* Two sides with a service and area 1. */
static void start_service(bool cached, const struct sbe_ops *ops, void *arg)
{
	CU_ASSERT_FATAL(fake_start(cached));
	CU_ASSERT_FATAL(!sbe_open(&remote->sbe, &remote->rpmsg, "sbe.test", ops, arg));
	CU_ASSERT_FATAL(!sbe_open(&host->sbe, &host->rpmsg, "sbe.test", &app_ops, NULL));
	CU_ASSERT_FATAL(!sbe_connect(&host->sbe));
	CU_ASSERT_FATAL(!sbe_area_add(&host->sbe, 1, FAKE_AREA0, FAKE_AREA_BYTES));
}

static struct sbe_buffer buffer(uint32_t dir, uint64_t offset, uint64_t size)
{
	return (struct sbe_buffer){.area = 1, .dir = dir, .offset = offset, .size = size};
}

static int request(struct sbe_buffer *buffers, unsigned int count)
{
	struct sbe_exchange exchange = {.buffers = buffers, .count = count};

	return sbe_request(&host->sbe, &exchange);
}

static uint8_t *area_at(int who, uint64_t offset)
{
	return fake_va(who, FAKE_AREA0 + offset);
}

/* ---- Start ------------------------------------------------------------------------------------------- */

static void driver_ok_lets_the_remote_join(void)
{
	CU_ASSERT(fake_start(true));
	CU_ASSERT(fake.memory[FAKE_TABLE + 44] == 0x0f);
	CU_ASSERT(host->kicks == 1);
	CU_ASSERT(host->lost == 0 && remote->lost == 0);
}

static uint8_t seen_status[8];
static unsigned int seen_statuses;

static void host_clean_status(const volatile void *va, size_t size)
{
	host_clean(va, size);
	if (va == fake_va(HOST, FAKE_TABLE + 44))
		seen_status[seen_statuses++ % 8] = fake.memory[FAKE_TABLE + 44];
}

static void status_rises_in_the_order_of_virtio(void)
{
	static const uint8_t steps[4] = {1, 1 | 2, 1 | 2 | 8, 1 | 2 | 8 | 4};

	fake_init(true);
	CU_ASSERT(fake_host_init() == 0);
	CU_ASSERT(fake.memory[FAKE_TABLE + 44] == 0);
	seen_statuses = 0;
	host->port.clean = host_clean_status;
	rpmsg_host_start(&host->rpmsg);
	CU_ASSERT(seen_statuses == 4);
	CU_ASSERT(memcmp(seen_status, steps, 4) == 0);
}

static uint32_t table_word(uint32_t offset)
{
	const uint8_t *b = &fake.memory[FAKE_TABLE + offset];

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void resource_table_has_the_layout_of_linux(void)
{
	static const uint32_t words[22] = {
		1,	     1,	   0,  0, 20, /* vdev: */ 3, 7,	   0,  1, 1, 0, 0x0000020f,
		FAKE_VRING0, 4096, 16, 0, 0,  FAKE_VRING1,   4096, 16, 1, 0};

	CU_ASSERT(fake_start(true));
	for (uint32_t i = 0; i < 22; i++)
		CU_ASSERT(table_word(4 * i) == words[i]);
}

static void remote_gives_up_after_its_time_out_and_not_before(void)
{
	fake_init(true);
	CU_ASSERT(fake_host_init() == 0);
	CU_ASSERT(fake_remote_init() == ERR(SBE_ETIMEDOUT));
	CU_ASSERT(fake.now == 1000000000);
	CU_ASSERT(remote->wait_max == 1000000);
}

static void bad_resource_tables_are_refused(void)
{
	static const struct {
		uint16_t offset;
		uint8_t value;
		int error;
	} bad[] = {
		{0, 2, SBE_ETIMEDOUT},	   /* version */
		{4, 0, SBE_ETIMEDOUT},	   /* no entry */
		{8, 1, SBE_ETIMEDOUT},	   /* reserved */
		{17, 0x10, SBE_ETIMEDOUT}, /* entry outside the region */
		{16, 22, SBE_ETIMEDOUT},   /* unaligned */
		{20, 0, SBE_ETIMEDOUT},	   /* not a vdev */
		{24, 1, SBE_ETIMEDOUT},	   /* not rpmsg */
		{44, 0x8f, SBE_EPROTO},	   /* FAILED */
		{44, 0x0b, SBE_ETIMEDOUT}, /* not DRIVER_OK */
		{45, 1, SBE_EPROTO},	   /* one ring */
		{48, 8, SBE_EPROTO},	   /* ring not aligned to 16 */
		{51, 0x80, SBE_EPROTO},	   /* ring where this side sees no memory */
		{52, 3, SBE_EPROTO},	   /* alignment not a power of two */
		{54, 1, SBE_EPROTO},	   /* and too large */
		{56, 17, SBE_EPROTO},	   /* descriptors not a power of two */
		{56, 128, SBE_EPROTO},	   /* too many */
		{76, 0, SBE_EPROTO},	   /* none, in the second ring */
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fake_init(false);
		CU_ASSERT(fake_host_init() == 0);
		fake_host_start();
		fake.memory[FAKE_TABLE + bad[i].offset] = bad[i].value;
		CU_ASSERT(fake_remote_init() == ERR(bad[i].error));
	}
}

/* Between the fetch of the table's last lines and that of its first ones, the host replaces the table. */
static void remote_invalidate_slowly(const volatile void *va, size_t size)
{
	const volatile uint8_t *bytes = va;

	if (bytes != fake_va(REMOTE, FAKE_TABLE + 20) || size != 68) {
		remote_invalidate(va, size);
		return;
	}
	remote->port.invalidate = remote_invalidate;
	remote_invalidate(bytes + 44, 24);
	CU_ASSERT(fake_host_init() == 0);
	fake_host_start();
	remote_invalidate(bytes, 44);
}

static void ring_places_are_read_after_driver_ok_was_seen(void)
{
	const struct sbe_memory *m = host->memory;
	const struct rpmsg_layout old = {&m[0], &m[1], &m[2], &m[3], 8, FAKE_ALIGN, NULL};

	fake_init(true);
	CU_ASSERT(rpmsg_host_init(&host->rpmsg, &host->port, &old) == 0);
	remote->port.invalidate = remote_invalidate_slowly;
	CU_ASSERT(fake_remote_init() == 0);
	CU_ASSERT(remote->rpmsg.rx.num == FAKE_NUM);
}

static void layout_that_does_not_fit_is_refused(void)
{
	fake_init(false);
	host->memory[3].size = 2 * 16 * 512 - 1;
	CU_ASSERT(fake_host_init() == ERR(SBE_ENOMEM));
	host->memory[3].size = 2 * 16 * 512;
	host->memory[1].da = 0x100000000;
	CU_ASSERT(fake_host_init() == ERR(SBE_ERANGE));
	host->memory[1].da = FAKE_VRING0;
	CU_ASSERT(fake_host_init() == 0);
}

/* ---- rpmsg ------------------------------------------------------------------------------------------- */

static struct {
	unsigned int count;
	size_t size;
	uint32_t src;
	uint8_t data[RPMSG_PAYLOAD_MAX];
} raw_seen;

static void raw_receive(void *arg, const void *data, size_t size, uint32_t src)
{
	(void)arg;
	raw_seen.count++;
	raw_seen.size = size;
	raw_seen.src = src;
	memcpy(raw_seen.data, data, size);
}

static struct rpmsg_endpoint raw[2];

/* A plain endpoint on each side: the remote's is announced, the host's binds to it. */
static void start_raw(bool cached)
{
	memset(&raw_seen, 0, sizeof(raw_seen));
	CU_ASSERT_FATAL(fake_start(cached));
	CU_ASSERT_FATAL(!rpmsg_endpoint_create(&raw[REMOTE], &remote->rpmsg, "raw", RPMSG_ADDR_ANY,
					       RPMSG_ADDR_ANY, raw_receive, NULL));
	CU_ASSERT_FATAL(!rpmsg_endpoint_create(&raw[HOST], &host->rpmsg, "raw", RPMSG_ADDR_ANY,
					       RPMSG_ADDR_ANY, raw_receive, NULL));
	CU_ASSERT_FATAL(!rpmsg_endpoint_connect(&raw[HOST]));
}

static void dynamic_addresses_begin_at_1024(void)
{
	start_raw(true);
	CU_ASSERT(raw[REMOTE].addr == 1024);
	CU_ASSERT(raw[HOST].dst == 1024);
}

static void static_addresses_are_kept_and_not_given_twice(void)
{
	struct rpmsg_endpoint a, b, c;

	CU_ASSERT(fake_start(false));
	CU_ASSERT(!rpmsg_endpoint_create(&a, &host->rpmsg, "", 1024, 7, raw_receive, NULL));
	CU_ASSERT(rpmsg_endpoint_create(&b, &host->rpmsg, "", 1024, 7, raw_receive, NULL) == ERR(SBE_EINVAL));
	CU_ASSERT(rpmsg_endpoint_create(&b, &host->rpmsg, "", 53, 7, raw_receive, NULL) == ERR(SBE_EINVAL));
	CU_ASSERT(!rpmsg_endpoint_create(&c, &host->rpmsg, "", RPMSG_ADDR_ANY, 7, raw_receive, NULL));
	CU_ASSERT(c.addr == 1025);
}

static void announcement_is_40_bytes_to_53_with_a_padded_name(void)
{
	static const uint8_t payload[40] =
		"raw\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\4\0\0\0\0\0";
	const uint8_t *m = &fake.memory[FAKE_BUFFERS];

	start_raw(true);
	CU_ASSERT(m[0] == 0 && m[1] == 4); /* from 1024 */
	CU_ASSERT(m[4] == 53);		   /* to the name service */
	CU_ASSERT(m[12] == 40 && m[13] == 0);
	CU_ASSERT(memcmp(m + 16, payload, 40) == 0);
}

static void announcement_before_the_endpoint_is_not_missed(void)
{
	CU_ASSERT(fake_start(true));
	CU_ASSERT(!rpmsg_endpoint_create(&raw[REMOTE], &remote->rpmsg, "raw", 77, RPMSG_ADDR_ANY, raw_receive,
					 NULL));
	CU_ASSERT(rpmsg_poll(&host->rpmsg) == 1);
	CU_ASSERT(!rpmsg_endpoint_create(&raw[HOST], &host->rpmsg, "raw", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY,
					 raw_receive, NULL));
	CU_ASSERT(raw[HOST].dst == 77);
}

static void destroyed_service_is_unbound(void)
{
	start_raw(true);
	rpmsg_endpoint_destroy(&raw[REMOTE]);
	CU_ASSERT(rpmsg_poll(&host->rpmsg) == 1);
	CU_ASSERT(raw[HOST].dst == RPMSG_ADDR_ANY);
	CU_ASSERT(rpmsg_send(&raw[HOST], "x", 1) == ERR(SBE_EINVAL));
	host->idle = NULL;
	CU_ASSERT(rpmsg_endpoint_connect(&raw[HOST]) == ERR(SBE_ETIMEDOUT));
}

static void malformed_announcements_are_dropped(void)
{
	static const struct {
		size_t size;
		uint8_t name, flags;
	} bad[] = {{39, 'x', 0}, {41, 'x', 0}, {40, 0, 0}, {40, 'x', 2}, {40, 'x', 1 /* unknown service */}};
	struct rpmsg_endpoint ns;

	start_raw(true);
	CU_ASSERT(!rpmsg_endpoint_create(&ns, &remote->rpmsg, "", RPMSG_ADDR_ANY, 53, raw_receive, NULL));
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t message[41] = {bad[i].name};

		message[36] = bad[i].flags;
		CU_ASSERT(!rpmsg_send(&ns, message, bad[i].size));
		CU_ASSERT(rpmsg_poll(&host->rpmsg) == 1);
		CU_ASSERT(host->rpmsg.faults == i + 1);
	}
}

static void names_without_end_are_cut(void)
{
	struct rpmsg_endpoint ns;
	uint8_t message[40];

	start_raw(true);
	CU_ASSERT(!rpmsg_endpoint_create(&ns, &remote->rpmsg, "", RPMSG_ADDR_ANY, 53, raw_receive, NULL));
	memset(message, 'n', 32);
	memset(message + 32, 0, 8);
	CU_ASSERT(!rpmsg_send(&ns, message, 40));
	CU_ASSERT(rpmsg_poll(&host->rpmsg) == 1);
	CU_ASSERT(host->rpmsg.faults == 0);
	CU_ASSERT(strlen(host->rpmsg.services[1].name) == 31);
}

static void longest_payload_is_496_bytes(void)
{
	static const uint8_t bytes[497] = {1, 2, 3};

	start_raw(true);
	CU_ASSERT(rpmsg_send(&raw[HOST], bytes, 497) == ERR(SBE_EINVAL));
	CU_ASSERT(rpmsg_send(&raw[HOST], bytes, 496) == 0);
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == 1);
	CU_ASSERT(raw_seen.size == 496);
	CU_ASSERT(memcmp(raw_seen.data, bytes, 496) == 0);
	CU_ASSERT(raw_seen.src == raw[HOST].addr && raw[REMOTE].dst == raw_seen.src);
}

/*
 * Lets the host send one byte, changes the message or descriptor before the remote looks, true: it was
 * dropped.
 */
static bool tampered_to_remote(uint32_t at, uint8_t value)
{
	start_raw(false);
	CU_ASSERT(!rpmsg_send(&raw[HOST], "x", 1));
	fake.memory[at] = value;
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == 1);
	/* Dropped or not, the buffer comes back. */
	CU_ASSERT(fake.memory[FAKE_VRING1 + FAKE_USED + 2] == 1);
	return raw_seen.count == 0 && remote->rpmsg.faults == 1;
}

static void messages_that_do_not_fit_are_dropped_by_the_remote(void)
{
	const uint32_t message = FAKE_BUFFERS + 16 * 512, desc = FAKE_VRING1;

	CU_ASSERT(!tampered_to_remote(message + 12, 1)); /* as it was */
	CU_ASSERT(!tampered_to_remote(message + 12, 0));
	CU_ASSERT(tampered_to_remote(message + 12, 2)); /* longer than the descriptor says */
	CU_ASSERT(tampered_to_remote(message + 13, 0xff));
	CU_ASSERT(tampered_to_remote(message + 4, 0xee)); /* nobody has this address */
	CU_ASSERT(tampered_to_remote(desc + 8, 15));	  /* no room for a header */
	CU_ASSERT(tampered_to_remote(desc + 9, 0x7f));	  /* longer than a buffer */
	CU_ASSERT(tampered_to_remote(desc + 7, 0x80));	  /* where no memory is */
	CU_ASSERT(tampered_to_remote(desc + 0, 0x04));	  /* not aligned */
	CU_ASSERT(tampered_to_remote(desc + 12, 1));	  /* NEXT */
	CU_ASSERT(tampered_to_remote(desc + 12, 2));	  /* WRITE */
	CU_ASSERT(tampered_to_remote(desc + 12, 4));	  /* INDIRECT */
}

static void message_that_is_not_aligned_is_dropped(void)
{
	uint8_t *message = &fake.memory[FAKE_BUFFERS + 16 * 512];

	start_raw(false);
	CU_ASSERT(!rpmsg_send(&raw[HOST], "x", 1));
	memmove(message + 4, message, 17);
	fake.memory[FAKE_VRING1] = 4;
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == 1);
	CU_ASSERT(raw_seen.count == 0);
}

static bool tampered_to_host(uint32_t at, uint8_t value)
{
	start_raw(false);
	raw[REMOTE].dst = raw[HOST].addr;
	CU_ASSERT(!rpmsg_send(&raw[REMOTE], "x", 1));
	fake.memory[at] = value;
	(void)rpmsg_poll(&host->rpmsg);
	return raw_seen.count == 0 && host->rpmsg.faults + host->rpmsg.rx.faults == 1;
}

/* The announcement was entry and buffer 0. */
static void messages_that_do_not_fit_are_dropped_by_the_host(void)
{
	const uint32_t message = FAKE_BUFFERS + 512, used = FAKE_VRING0 + FAKE_USED + 4 + 8;

	CU_ASSERT(!tampered_to_host(message + 12, 1));
	CU_ASSERT(tampered_to_host(message + 12, 2));
	CU_ASSERT(tampered_to_host(message + 4, 0xee));
	CU_ASSERT(tampered_to_host(used + 4, 15));
	CU_ASSERT(tampered_to_host(used + 5, 0x7f));
	CU_ASSERT(tampered_to_host(used + 0, 16)); /* no such descriptor */
	CU_ASSERT(tampered_to_host(used + 3, 0x80));
}

static void used_entry_of_a_descriptor_that_is_not_held_is_skipped(void)
{
	start_raw(false);
	CU_ASSERT(!rpmsg_send(&raw[HOST], "x", 1));
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == 1);
	fake.memory[FAKE_VRING1 + FAKE_USED + 4] = 3;
	host->rpmsg.fresh = FAKE_NUM; /* as if every buffer had been out */
	host->port.timeout_ns = 2000000;
	CU_ASSERT(rpmsg_send(&raw[HOST], "x", 1) == ERR(SBE_ETIMEDOUT));
	CU_ASSERT(host->rpmsg.tx.faults == 1);
}

static void impossible_index_breaks_the_ring_for_good(void)
{
	start_raw(false);
	fake.memory[FAKE_VRING1 + FAKE_AVAIL + 2] = FAKE_NUM + 1;
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == ERR(SBE_EPROTO));
	fake.memory[FAKE_VRING1 + FAKE_AVAIL + 2] = 0;
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == ERR(SBE_EPROTO));
	fake.memory[FAKE_VRING0 + FAKE_USED + 2] = 0x80;
	CU_ASSERT(rpmsg_poll(&host->rpmsg) == ERR(SBE_EPROTO));
}

static void first_store_to_the_used_part_carries_nothing_old(void)
{
	const uint8_t *used = &fake.memory[FAKE_VRING1 + FAKE_USED];

	start_raw(true);
	CU_ASSERT(!rpmsg_send(&raw[HOST], "x", 1));
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == 1);
	CU_ASSERT(used[0] == 0 && used[1] == 0 && used[2] == 1);
	CU_ASSERT(used[12] == 0 && used[16] == 0);
}

static void full_ring_of_entries_is_still_possible(void)
{
	start_raw(false);
	for (unsigned int i = 0; i < FAKE_NUM; i++)
		CU_ASSERT(rpmsg_send(&raw[HOST], "x", 1) == 0);
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == FAKE_NUM);
	CU_ASSERT(raw_seen.count == FAKE_NUM);
}

static void rings_wrap_around_in_both_directions(void)
{
	start_raw(true);
	/* More than the 65536 values of an index. */
	for (uint32_t i = 1; i <= 66000; i++) {
		raw_seen.count = 0;
		if (rpmsg_send(&raw[HOST], &i, sizeof(i)) || rpmsg_poll(&remote->rpmsg) != 1 ||
		    memcmp(raw_seen.data, &i, sizeof(i)) || rpmsg_send(&raw[REMOTE], &i, sizeof(i)) ||
		    rpmsg_poll(&host->rpmsg) != 1 || raw_seen.count != 2)
			CU_FAIL_FATAL("a message was lost or changed");
	}
	CU_ASSERT(host->rpmsg.faults + remote->rpmsg.faults == 0);
	CU_ASSERT(host->lost + remote->lost == 0);
}

/* ---- Kicks ------------------------------------------------------------------------------------------- */

static void kick_follows_each_message_unless_suppressed(void)
{
	unsigned int before;

	start_raw(true);
	before = host->kicks;
	CU_ASSERT(!rpmsg_send(&raw[HOST], "x", 1));
	CU_ASSERT(host->kicks == before + 1);
	vring_kicks_want(&remote->rpmsg.rx, false);
	CU_ASSERT(!rpmsg_send(&raw[HOST], "x", 1));
	CU_ASSERT(host->kicks == before + 1);
	vring_kicks_want(&remote->rpmsg.rx, true);
	CU_ASSERT(!rpmsg_send(&raw[HOST], "x", 1));
	CU_ASSERT(host->kicks == before + 2);
}

static void remote_honours_the_host_that_wants_no_interrupt(void)
{
	unsigned int before;

	start_raw(true);
	CU_ASSERT(!rpmsg_send(&raw[HOST], "x", 1));
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == 1);
	vring_kicks_want(&host->rpmsg.rx, false);
	before = remote->kicks;
	CU_ASSERT(!rpmsg_send(&raw[REMOTE], "x", 1));
	CU_ASSERT(remote->kicks == before);
}

static void returned_buffers_are_kicked_for_only_on_request(void)
{
	unsigned int before;

	start_raw(true);
	before = remote->kicks;
	CU_ASSERT(!rpmsg_send(&raw[HOST], "x", 1));
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == 1);
	CU_ASSERT(remote->kicks == before);
	vring_kicks_want(&host->rpmsg.tx, true);
	CU_ASSERT(!rpmsg_send(&raw[HOST], "x", 1));
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == 1);
	CU_ASSERT(remote->kicks == before + 1);
}

static void reposted_buffers_are_kicked_for_only_on_request(void)
{
	unsigned int before;

	start_raw(true);
	raw[REMOTE].dst = raw[HOST].addr;
	before = host->kicks;
	CU_ASSERT(!rpmsg_send(&raw[REMOTE], "x", 1));
	CU_ASSERT(rpmsg_poll(&host->rpmsg) == 1);
	CU_ASSERT(host->kicks == before);
	vring_kicks_want(&remote->rpmsg.tx, true);
	CU_ASSERT(!rpmsg_send(&raw[REMOTE], "x", 1));
	CU_ASSERT(rpmsg_poll(&host->rpmsg) == 1);
	CU_ASSERT(host->kicks == before + 1);
}

static void sender_without_a_buffer_waits_wants_kicks_and_goes_on(void)
{
	unsigned int before;

	start_raw(true);
	for (unsigned int i = 0; i < FAKE_NUM; i++)
		CU_ASSERT(!rpmsg_send(&raw[HOST], "x", 1));
	before = remote->kicks;
	host->waits = 0;
	CU_ASSERT(rpmsg_send(&raw[HOST], "y", 1) == 0);
	CU_ASSERT(host->waits == 1);
	CU_ASSERT(remote->kicks > before);
	/* And no longer than needed. */
	CU_ASSERT(fake.memory[FAKE_VRING1 + FAKE_AVAIL] == 1);
}

static void sender_gives_up_on_a_dead_peer(void)
{
	uint64_t before;

	start_raw(true);
	host->idle = NULL;
	for (unsigned int i = 0; i < FAKE_NUM; i++)
		CU_ASSERT(!rpmsg_send(&raw[HOST], "x", 1));
	before = fake.now;
	host->port.timeout_ns = 5500000;
	CU_ASSERT(rpmsg_send(&raw[HOST], "y", 1) == ERR(SBE_ETIMEDOUT));
	CU_ASSERT(fake.now == before + 5500000);
}

/* ---- Areas ------------------------------------------------------------------------------------------- */

static void areas_are_added_and_removed_at_run_time(void)
{
	struct sbe_buffer b = {.area = 2, .dir = SBE_INOUT, .offset = 0, .size = 1};

	start_service(true, &app_ops, NULL);
	CU_ASSERT(request(&b, 1) == ERR(SBE_EAREA));
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1, FAKE_AREA_BYTES) == 0);
	CU_ASSERT(request(&b, 1) == 0);
	CU_ASSERT(sbe_area_remove(&host->sbe, 2) == 0);
	CU_ASSERT(request(&b, 1) == ERR(SBE_EAREA));
	CU_ASSERT(sbe_area_remove(&host->sbe, 2) == ERR(SBE_EAREA));
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1, FAKE_AREA_BYTES) == 0);
}

static void remote_announces_areas_of_its_own(void)
{
	struct sbe_buffer b = {.area = 0x80000001, .dir = SBE_INOUT, .offset = 64, .size = 1};

	start_service(true, &app_ops, NULL);
	CU_ASSERT(sbe_area_add(&remote->sbe, 2, FAKE_AREA1, 4096) == ERR(SBE_EINVAL));
	CU_ASSERT(sbe_area_add(&host->sbe, 0x80000001, FAKE_AREA1, 4096) == ERR(SBE_EINVAL));
	CU_ASSERT(sbe_area_add(&remote->sbe, 0x80000001, FAKE_AREA1, 4096) == 0);
	CU_ASSERT(request(&b, 1) == 0);
	CU_ASSERT(sbe_area_remove(&host->sbe, 0x80000001) == ERR(SBE_EAREA));
	CU_ASSERT(sbe_area_remove(&remote->sbe, 0x80000001) == 0);
}

static void unusable_areas_are_refused_by_their_own_side(void)
{
	start_service(true, &app_ops, NULL);
	CU_ASSERT(sbe_area_add(&host->sbe, 0, FAKE_AREA1, 64) == ERR(SBE_EAREA));
	CU_ASSERT(sbe_area_add(&host->sbe, 1, FAKE_AREA1, 64) == ERR(SBE_EAREA));
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1 - 1, 64) == ERR(SBE_ERANGE));
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1 - 64, 128) == ERR(SBE_ERANGE));
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA0 + 64, 64) == ERR(SBE_EAREA));
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1, 0) == ERR(SBE_ERANGE));
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1, UINT64_MAX) == ERR(SBE_ERANGE));
}

static void areas_that_cut_a_line_are_refused_where_it_is_cached(void)
{
	start_service(true, &app_ops, NULL);
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1 + 32, 64) == ERR(SBE_ERANGE));
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1, 65) == ERR(SBE_ERANGE));
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1 + 64, 64) == 0);
	start_service(false, &app_ops, NULL);
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1 + 1, 65) == 0);
}

static void area_that_the_peer_does_not_see_is_forgotten_again(void)
{
	start_service(true, &app_ops, NULL);
	remote->memory[5].size = 0;
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1, 64) == ERR(SBE_ERANGE));
	remote->memory[5].size = FAKE_REGION_BYTES;
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1, 64) == 0);
}

static void table_of_areas_has_an_end(void)
{
	start_service(true, &app_ops, NULL);
	for (uint32_t i = 2; i <= SBE_AREAS_MAX; i++)
		CU_ASSERT(sbe_area_add(&host->sbe, i, FAKE_AREA1 + i * 64, 64) == 0);
	CU_ASSERT(sbe_area_add(&host->sbe, 100, FAKE_AREA1, 64) == ERR(SBE_ENOMEM));
}

/* ---- Exchanges --------------------------------------------------------------------------------------- */

/* One IN of all ones, one OUT, one IN-OUT; true when all came back as app_request makes them. */
static bool exchange_works(uint8_t seed)
{
	struct sbe_buffer b[3] = {buffer(SBE_IN, 0, 100), buffer(SBE_OUT, 256, 70),
				  buffer(SBE_INOUT, 512, 130)};
	bool good;

	memset(area_at(HOST, 0), seed, 100);
	memset(area_at(HOST, 256), 0x11, 70);
	for (unsigned int i = 0; i < 130; i++)
		area_at(HOST, 512)[i] = (uint8_t)(seed + i);
	good = request(b, 3) == 0;
	for (unsigned int i = 0; i < 70; i++)
		good = good && area_at(HOST, 256)[i] == (uint8_t)(100 * seed);
	for (unsigned int i = 0; i < 130; i++)
		good = good && area_at(HOST, 512)[i] == (uint8_t) ~(seed + i);
	return good;
}

static void buffers_of_all_directions_cross_incoherent_memory(void)
{
	start_service(true, &app_ops, NULL);
	for (unsigned int i = 0; i < 300; i++)
		CU_ASSERT(exchange_works((uint8_t)(i * 7 + 1)));
	CU_ASSERT(host->lost + remote->lost == 0);
}

static void exchanges_survive_lines_that_come_and_go(void)
{
	start_service(true, &app_ops, NULL);
	fake.evicting = true;
	for (unsigned int i = 0; i < 500; i++)
		CU_ASSERT(exchange_works((uint8_t)(i * 5 + 3)));
}

static void message_bytes_go_there_and_back(void)
{
	char reply[4];
	struct sbe_exchange x = {.message = "abc", .message_size = 3, .reply = reply, .reply_capacity = 3};

	start_service(true, &app_ops, NULL);
	CU_ASSERT(sbe_request(&host->sbe, &x) == 0);
	CU_ASSERT(x.reply_size == 3 && !memcmp(reply, "cba", 3));
	x.reply_capacity = 2;
	CU_ASSERT(sbe_request(&host->sbe, &x) == ERR(SBE_ENOMEM));
}

static void remote_may_be_the_requester_too(void)
{
	struct sbe_buffer b = buffer(SBE_INOUT, 0, 5);
	struct sbe_exchange x = {.buffers = &b, .count = 1};

	start_service(true, &app_ops, NULL);
	memset(area_at(REMOTE, 0), 0x0f, 5);
	CU_ASSERT(sbe_request(&remote->sbe, &x) == 0);
	CU_ASSERT(area_at(REMOTE, 0)[0] == 0xf0 && area_at(REMOTE, 0)[4] == 0xf0);
}

/* Asks the host back, in buffers next to those of the request it is serving. */
static struct {
	uint64_t offset;
	uint32_t dir;
	int rc, rc_remove;
} back;

static uint16_t back_request(void *arg, struct sbe_call *call)
{
	(void)arg;
	(void)call;
	/* The host is waiting: its application may try an exchange of its own meanwhile. */
	struct sbe_buffer b = buffer(back.dir, back.offset, 8);

	back.rc = request(&b, 1);
	back.rc_remove = sbe_area_remove(&host->sbe, 1);
	return SBE_OK;
}

static int second_exchange(uint32_t first_dir, uint32_t dir, uint64_t offset)
{
	static const struct sbe_ops ops = {.request = back_request};
	struct sbe_buffer b = buffer(first_dir, 256, 8);

	start_service(true, &ops, NULL);
	back.dir = dir;
	back.offset = offset;
	/* The nested request is never answered while its responder is busy. */
	host->port.timeout_ns = 2000000;
	(void)request(&b, 1);
	return back.rc;
}

static void exchanges_in_flight_do_not_share_lines(void)
{
	CU_ASSERT(second_exchange(SBE_IN, SBE_OUT, 256 + 56) == ERR(SBE_EINVAL));
	CU_ASSERT(back.rc_remove == ERR(SBE_EINVAL));
	CU_ASSERT(second_exchange(SBE_OUT, SBE_OUT, 256 + 56) == ERR(SBE_EINVAL));
	CU_ASSERT(second_exchange(SBE_INOUT, SBE_IN, 256 - 8 + 8) == ERR(SBE_EINVAL));
	CU_ASSERT(second_exchange(SBE_OUT, SBE_OUT, 256 + 64) != ERR(SBE_EINVAL));
	CU_ASSERT(second_exchange(SBE_OUT, SBE_OUT, 256 - 8) != ERR(SBE_EINVAL));
	CU_ASSERT(second_exchange(SBE_IN, SBE_IN, 256 + 56) != ERR(SBE_EINVAL));
}

static void buffers_of_different_directions_do_not_share_lines(void)
{
	static const uint32_t dirs[3] = {SBE_IN, SBE_OUT, SBE_INOUT};

	start_service(true, &app_ops, NULL);
	for (unsigned int i = 0; i < 9; i++) {
		struct sbe_buffer near[2] = {buffer(dirs[i / 3], 0, 33), buffer(dirs[i % 3], 63, 64)};
		struct sbe_buffer far[2] = {buffer(dirs[i / 3], 0, 64), buffer(dirs[i % 3], 64, 64)};

		CU_ASSERT(request(near, 2) == (i / 3 == i % 3 ? 0 : ERR(SBE_EINVAL)));
		CU_ASSERT(request(far, 2) == 0);
	}
}

static void buffers_that_are_written_do_not_overlap(void)
{
	struct sbe_buffer out[2] = {buffer(SBE_OUT, 0, 10), buffer(SBE_OUT, 9, 10)};
	struct sbe_buffer in[2] = {buffer(SBE_IN, 0, 10), buffer(SBE_IN, 9, 10)};

	start_service(true, &app_ops, NULL);
	CU_ASSERT(request(out, 2) == ERR(SBE_EINVAL));
	CU_ASSERT(request(in, 2) == 0);
	out[1].offset = 10;
	CU_ASSERT(request(out, 2) == 0);
}

static void uncached_buffers_may_touch(void)
{
	struct sbe_buffer b[2] = {buffer(SBE_IN, 0, 10), buffer(SBE_OUT, 10, 10)};

	start_service(false, &app_ops, NULL);
	CU_ASSERT(request(b, 2) == 0);
	b[1].offset = 9;
	CU_ASSERT(request(b, 2) == ERR(SBE_EINVAL));
}

static void bad_arguments_are_refused_before_anything_is_sent(void)
{
	struct sbe_buffer b[9];
	struct sbe_exchange x = {.buffers = b, .count = 9};
	uint16_t sent;

	start_service(true, &app_ops, NULL);
	for (unsigned int i = 0; i < 9; i++)
		b[i] = buffer(SBE_IN, 64 * i, 64);
	sent = host->rpmsg.tx.stored;
	CU_ASSERT(sbe_request(&host->sbe, &x) == ERR(SBE_EINVAL));
	x.count = 1;
	x.message_size = 496 - 16 - 24 + 1;
	CU_ASSERT(sbe_request(&host->sbe, &x) == ERR(SBE_EINVAL));
	x.message_size = 0;
	b[0].dir = 4;
	CU_ASSERT(sbe_request(&host->sbe, &x) == ERR(SBE_EINVAL));
	b[0] = buffer(SBE_IN, 0, 0);
	CU_ASSERT(sbe_request(&host->sbe, &x) == ERR(SBE_EINVAL));
	b[0] = buffer(SBE_IN, FAKE_AREA_BYTES - 1, 2);
	CU_ASSERT(sbe_request(&host->sbe, &x) == ERR(SBE_ERANGE));
	b[0] = buffer(SBE_IN, 1, UINT64_MAX);
	CU_ASSERT(sbe_request(&host->sbe, &x) == ERR(SBE_ERANGE));
	CU_ASSERT(host->rpmsg.tx.stored == sent);
	b[0] = buffer(SBE_IN, FAKE_AREA_BYTES - 1, 1);
	CU_ASSERT(sbe_request(&host->sbe, &x) == 0);
}

static void names_without_the_prefix_are_not_sbe(void)
{
	struct sbe_endpoint e;

	CU_ASSERT(fake_start(false));
	CU_ASSERT(sbe_open(&e, &remote->rpmsg, "sb", &app_ops, NULL) == ERR(SBE_EINVAL));
	CU_ASSERT(sbe_open(&e, &remote->rpmsg, "raw.sbe.", &app_ops, NULL) == ERR(SBE_EINVAL));
	CU_ASSERT(sbe_open(&e, &remote->rpmsg, "sbe.x", &app_ops, NULL) == 0);
}

static void responder_status_reaches_the_requester(void)
{
	static uint16_t status = SBE_ENOTSUPP;
	struct sbe_buffer b = buffer(SBE_INOUT, 0, 8);

	start_service(true, &app_ops, &status);
	memset(area_at(HOST, 0), 1, 8);
	CU_ASSERT(request(&b, 1) == ERR(SBE_ENOTSUPP));
	/* Also then what the responder stored was cleaned and is seen. */
	CU_ASSERT(area_at(HOST, 0)[7] == 0xfe);
}

static void request_without_a_responder_is_not_supported(void)
{
	static const struct sbe_ops none = {.request = NULL};

	start_service(true, &none, NULL);
	CU_ASSERT(request(NULL, 0) == ERR(SBE_ENOTSUPP));
}

static void pure_message_gives_in_buffers(void)
{
	struct sbe_buffer b[2] = {buffer(SBE_IN, 0, 8), buffer(SBE_IN, 64, 8)};

	start_service(true, &app_ops, NULL);
	memset(&app_message_seen, 0, sizeof(app_message_seen));
	area_at(HOST, 0)[0] = 0x77;
	CU_ASSERT(sbe_message(&host->sbe, "hello", 5, b, 2) == 0);
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == 1);
	CU_ASSERT(app_message_seen.count == 1 && app_message_seen.buffers == 2);
	CU_ASSERT(app_message_seen.first == 0x77 && app_message_seen.message_size == 5);
	b[1].dir = SBE_OUT;
	CU_ASSERT(sbe_message(&host->sbe, NULL, 0, b, 2) == ERR(SBE_EINVAL));
	/* The other way round. */
	CU_ASSERT(sbe_message(&remote->sbe, NULL, 0, b, 1) == 0);
	CU_ASSERT(rpmsg_poll(&host->rpmsg) == 1);
	CU_ASSERT(app_message_seen.count == 2);
}

/* ---- Time-outs --------------------------------------------------------------------------------------- */

static void request_to_a_dead_peer_times_out_on_time(void)
{
	struct sbe_buffer b = buffer(SBE_IN, 0, 8);
	uint64_t before;

	start_service(true, &app_ops, NULL);
	host->idle = NULL;
	host->wait_max = 0;
	before = fake.now;
	CU_ASSERT(request(&b, 1) == ERR(SBE_ETIMEDOUT));
	CU_ASSERT(fake.now == before + 1000000000);
	CU_ASSERT(host->wait_max == 1000000);
	host->port.timeout_ns = 2500000;
	CU_ASSERT(request(&b, 1) == ERR(SBE_ETIMEDOUT));
	CU_ASSERT(fake.now == before + 1002500000);
}

static void late_response_is_dropped_and_the_next_one_is_right(void)
{
	struct sbe_buffer b = buffer(SBE_IN, 0, 8);

	start_service(true, &app_ops, NULL);
	host->idle = NULL;
	CU_ASSERT(request(&b, 1) == ERR(SBE_ETIMEDOUT));
	CU_ASSERT(host->sbe.late == 0);
	host->idle = remote_poll;
	CU_ASSERT(exchange_works(3));
	CU_ASSERT(host->sbe.late == 1);
}

/* ---- Malformed messages ------------------------------------------------------------------------------ */

/* Little-endian stores of the tests' own. */
static void put(uint8_t *at, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* A message with one entry, as wire.h lays it out: header 16 bytes, entry 24. */
static void compose(uint8_t message[40], uint8_t type, uint32_t txn, uint32_t first, uint32_t second,
		    uint64_t third, uint64_t fourth)
{
	memset(message, 0, 40);
	put(message + 0, 1, 1);
	put(message + 1, type, 1);
	put(message + 2, 40, 2);
	put(message + 4, 1, 2);
	put(message + 8, txn, 4);
	put(message + 16, first, 4);
	put(message + 20, second, 4);
	put(message + 24, third, 8);
	put(message + 32, fourth, 8);
}

struct change {
	uint8_t at, bytes;
	uint64_t value;
	int status; /* -1: no answer */
};

static struct rpmsg_endpoint attacker;

/* From an endpoint of the host's own to the service: the status of the answer, or -1. */
static int attack(const uint8_t *message, size_t size, uint8_t answer_type)
{
	raw_seen.count = 0;
	CU_ASSERT(!rpmsg_send(&attacker, message, size));
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == 1);
	(void)rpmsg_poll(&host->rpmsg);
	if (!raw_seen.count)
		return -1;
	CU_ASSERT(raw_seen.size == (answer_type == SBE_RESPONSE ? 16 : 40) || raw_seen.data[6] == SBE_OK);
	CU_ASSERT(raw_seen.data[0] == 1 && raw_seen.data[1] == answer_type);
	CU_ASSERT(!memcmp(raw_seen.data + 8, message + 8, 4));
	return raw_seen.data[6] | raw_seen.data[7] << 8;
}

static void start_attack(void)
{
	start_service(true, &app_ops, NULL);
	CU_ASSERT_FATAL(!rpmsg_endpoint_create(&attacker, &host->rpmsg, "", RPMSG_ADDR_ANY,
					       remote->sbe.rpmsg.addr, raw_receive, NULL));
}

static void malformed_requests_are_answered_with_an_error(void)
{
	static const struct change changes[] = {
		{0, 1, 1, SBE_OK},
		{0, 1, 0, SBE_EVERSION},
		{0, 1, 2, SBE_EVERSION},
		{1, 1, 7, SBE_ENOTSUPP}, /* type */
		{1, 1, 0, SBE_ENOTSUPP},
		{2, 2, 39, SBE_EPROTO}, /* size */
		{2, 2, 32, SBE_EPROTO},
		{2, 2, 0, SBE_EPROTO},
		{2, 2, 48, SBE_EPROTO}, /* beyond the payload */
		{2, 2, 0xfff8, SBE_EPROTO},
		{4, 2, 2, SBE_EPROTO}, /* count */
		{4, 2, 0xffff, SBE_EPROTO},
		{4, 2, 0, SBE_OK},	  /* then the entry is an extension, to be skipped */
		{6, 2, 1, SBE_EPROTO},	  /* status */
		{8, 4, 0, -1},		  /* no transaction: nothing to answer to */
		{12, 4, 1, SBE_ENOTSUPP}, /* context */
		{16, 4, 0, SBE_EAREA},
		{16, 4, 2, SBE_EAREA},
		{16, 4, 0x80000001, SBE_EAREA},
		{20, 4, 0, SBE_EPROTO}, /* direction */
		{20, 4, 4, SBE_EPROTO},
		{20, 4, 0xffffffff, SBE_EPROTO},
		{24, 8, FAKE_AREA_BYTES - 8, SBE_OK}, /* offset */
		{24, 8, FAKE_AREA_BYTES - 7, SBE_ERANGE},
		{24, 8, FAKE_AREA_BYTES + 8, SBE_ERANGE},
		{24, 8, UINT64_MAX, SBE_ERANGE},
		{24, 8, UINT64_MAX - 7, SBE_ERANGE}, /* offset + size is 0 */
		{32, 8, 0, SBE_EPROTO},		     /* size of the buffer */
		{32, 8, FAKE_AREA_BYTES, SBE_OK},
		{32, 8, FAKE_AREA_BYTES + 1, SBE_ERANGE},
		{32, 8, UINT64_MAX, SBE_ERANGE},
	};

	start_attack();
	for (unsigned int i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint8_t message[40];

		compose(message, SBE_REQUEST, 9, 1, SBE_INOUT, 0, 8);
		put(message + changes[i].at, changes[i].value, changes[i].bytes);
		CU_ASSERT(attack(message, 40, SBE_RESPONSE) == changes[i].status);
	}
	CU_ASSERT(exchange_works(1));
}

static void too_many_entries_are_answered_with_no_room(void)
{
	uint8_t message[16 + 9 * 24] = {0};

	start_attack();
	compose(message, SBE_REQUEST, 9, 1, SBE_IN, 0, 8);
	put(message + 2, sizeof(message), 2);
	put(message + 4, 9, 2);
	CU_ASSERT(attack(message, sizeof(message), SBE_RESPONSE) == SBE_ENOMEM);
}

static void headers_that_are_cut_are_dropped(void)
{
	uint8_t message[40];

	start_attack();
	compose(message, SBE_REQUEST, 9, 1, SBE_IN, 0, 8);
	CU_ASSERT(attack(message, 15, SBE_RESPONSE) == -1);
	CU_ASSERT(attack(message, 0, SBE_RESPONSE) == -1);
	CU_ASSERT(attack(message, 39, SBE_RESPONSE) == SBE_EPROTO);
	CU_ASSERT(remote->sbe.faults == 2);
}

static void extensions_after_the_entries_are_skipped(void)
{
	uint8_t message[51];

	start_attack();
	compose(message, SBE_REQUEST, 9, 1, SBE_IN, 0, 8);
	memset(message + 40, 0xee, 8);
	memcpy(message + 48, "abc", 3);
	put(message + 2, 48, 2);
	CU_ASSERT(attack(message, sizeof(message), SBE_RESPONSE) == SBE_OK);
	CU_ASSERT(raw_seen.size == 16 + 3 && !memcmp(raw_seen.data + 16, "cba", 3));
	/* They keep what follows aligned. */
	put(message + 2, 47, 2);
	CU_ASSERT(attack(message, sizeof(message), SBE_RESPONSE) == SBE_EPROTO);
}

static void malformed_area_messages_are_answered_with_an_error(void)
{
	static const struct change changes[] = {
		{0, 1, 2, SBE_EVERSION},
		{2, 2, 32, SBE_EPROTO},
		{4, 2, 0, SBE_EPROTO},
		{6, 2, 1, SBE_EPROTO},
		{8, 4, 0, -1},
		{12, 4, 1, SBE_ENOTSUPP},
		{16, 4, 0, SBE_EAREA},
		{16, 4, 1, SBE_EAREA},		/* exists */
		{16, 4, 0x80000001, SBE_EAREA}, /* not the sender's to announce */
		{20, 4, 1, SBE_ENOTSUPP},	/* flags */
		{24, 8, FAKE_AREA0, SBE_EAREA}, /* overlaps */
		{24, 8, FAKE_AREA1 + FAKE_REGION_BYTES - FAKE_AREA_BYTES + 64, SBE_ERANGE},
		{24, 8, UINT64_MAX, SBE_ERANGE},
		{32, 8, 0, SBE_ERANGE},
		{32, 8, UINT64_MAX, SBE_ERANGE},
		{0, 1, 1, SBE_OK},
		{0, 1, 1, SBE_EAREA}, /* exists now */
	};

	start_attack();
	for (unsigned int i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint8_t message[40];

		compose(message, SBE_AREA_ADD, 9, 2, 0, FAKE_AREA1, FAKE_AREA_BYTES);
		put(message + changes[i].at, changes[i].value, changes[i].bytes);
		CU_ASSERT(attack(message, 40, SBE_AREA_ACK) == changes[i].status);
	}
}

static void malformed_removals_are_answered_with_an_error(void)
{
	uint8_t message[40];

	start_attack();
	compose(message, SBE_AREA_REMOVE, 9, 2, 0, 0, 0);
	CU_ASSERT(attack(message, 40, SBE_AREA_ACK) == SBE_EAREA);
	compose(message, SBE_AREA_REMOVE, 9, 0, 0, 0, 0);
	CU_ASSERT(attack(message, 40, SBE_AREA_ACK) == SBE_EAREA);
	compose(message, SBE_AREA_REMOVE, 9, 1, 0, 0, 0);
	CU_ASSERT(attack(message, 40, SBE_AREA_ACK) == SBE_OK);
	CU_ASSERT(attack(message, 40, SBE_AREA_ACK) == SBE_EAREA);
}

static void malformed_messages_are_dropped_without_an_answer(void)
{
	static const struct change changes[] = {
		{0, 1, 2, -1},		{2, 2, 32, -1}, {4, 2, 2, -1},
		{8, 4, 1, -1},		{16, 4, 2, -1}, {20, 4, SBE_OUT, -1},
		{20, 4, SBE_INOUT, -1}, {32, 8, 0, -1}, {24, 8, UINT64_MAX, -1},
	};

	start_attack();
	memset(&app_message_seen, 0, sizeof(app_message_seen));
	for (unsigned int i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint8_t message[40];

		compose(message, SBE_MESSAGE, 0, 1, SBE_IN, 0, 8);
		put(message + changes[i].at, changes[i].value, changes[i].bytes);
		CU_ASSERT(attack(message, 40, SBE_RESPONSE) == -1);
		CU_ASSERT(remote->sbe.faults == i + 1);
	}
	CU_ASSERT(app_message_seen.count == 0);
}

static void responses_without_a_request_are_counted_and_dropped(void)
{
	uint8_t message[40];

	start_attack();
	compose(message, SBE_RESPONSE, 9, 1, SBE_OUT, 0, 8);
	CU_ASSERT(attack(message, 40, SBE_RESPONSE) == -1);
	compose(message, SBE_AREA_ACK, 0, 1, 0, 0, 8);
	CU_ASSERT(attack(message, 40, SBE_RESPONSE) == -1);
	CU_ASSERT(remote->sbe.late == 2);
}

/* A remote that is no SBE: answers each message with `forged`, whose txn is put right. */
static uint8_t forged[64];
static size_t forged_size;
static bool forged_txn, forged_twice;

static void forge(void *arg, const void *data, size_t size, uint32_t src)
{
	(void)arg;
	(void)size;
	(void)src;
	if (forged_txn)
		memcpy(forged + 8, (const uint8_t *)data + 8, 4);
	CU_ASSERT(!rpmsg_send(&attacker, forged, forged_size));
	if (forged_twice)
		CU_ASSERT(!rpmsg_send(&attacker, forged, forged_size));
}

/* An area that the remote never heard of is enough here. */
static void start_forger(void)
{
	CU_ASSERT_FATAL(fake_start(true));
	CU_ASSERT_FATAL(!rpmsg_endpoint_create(&attacker, &remote->rpmsg, "sbe.test", RPMSG_ADDR_ANY,
					       RPMSG_ADDR_ANY, forge, NULL));
	CU_ASSERT_FATAL(!sbe_open(&host->sbe, &host->rpmsg, "sbe.test", &app_ops, NULL));
	CU_ASSERT_FATAL(!sbe_connect(&host->sbe));
	host->port.timeout_ns = 3000000;
	compose(forged, SBE_AREA_ACK, 0, 1, 0, 0, 0);
	forged_size = 40;
	forged_txn = true;
	forged_twice = false;
	CU_ASSERT_FATAL(!sbe_area_add(&host->sbe, 1, FAKE_AREA0, FAKE_AREA_BYTES));
}

static void malformed_responses_end_the_request_with_an_error(void)
{
	static const struct change changes[] = {
		{0, 1, 1, SBE_OK},
		{0, 1, 2, SBE_EVERSION},
		{1, 1, SBE_AREA_ACK, SBE_EPROTO},
		{1, 1, SBE_MESSAGE, SBE_ETIMEDOUT}, /* not a response at all */
		{2, 2, 32, SBE_EPROTO},
		{2, 2, 48, SBE_EPROTO},
		{4, 2, 0, SBE_EPROTO}, /* success without its buffer */
		{4, 2, 2, SBE_EPROTO},
		{6, 2, SBE_ERANGE, SBE_ERANGE},
		{6, 2, 9, SBE_EPROTO},	  /* no such status */
		{12, 4, 1, SBE_ENOTSUPP}, /* context */
		{16, 4, 2, SBE_EPROTO},	  /* not the buffer that was given */
		{20, 4, SBE_OUT, SBE_EPROTO},
		{24, 8, 64, SBE_EPROTO},
		{32, 8, 7, SBE_EPROTO},
	};

	start_forger();
	for (unsigned int i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct sbe_buffer b[2] = {buffer(SBE_IN, 64, 8), buffer(SBE_INOUT, 0, 8)};

		compose(forged, SBE_RESPONSE, 0, 1, SBE_INOUT, 0, 8);
		put(forged + changes[i].at, changes[i].value, changes[i].bytes);
		CU_ASSERT(request(b, 2) == ERR(changes[i].status));
	}
}

static void responses_that_are_cut_or_strange_are_not_taken(void)
{
	start_forger();
	compose(forged, SBE_RESPONSE, 0, 1, SBE_OUT, 0, 8);
	forged_size = 15;
	CU_ASSERT(request(NULL, 0) == ERR(SBE_ETIMEDOUT));
	CU_ASSERT(host->sbe.faults == 1);
	forged_size = 40;
	forged_txn = false;
	put(forged + 8, 0x12345678, 4);
	CU_ASSERT(request(NULL, 0) == ERR(SBE_ETIMEDOUT));
	CU_ASSERT(host->sbe.late == 1);
	/* A refusal needs to describe nothing. */
	forged_txn = true;
	forged_size = 16;
	put(forged + 2, 16, 2);
	put(forged + 4, 0, 2);
	put(forged + 6, SBE_ENOMEM, 2);
	CU_ASSERT(request(NULL, 0) == ERR(SBE_ENOMEM));
}

static void second_response_to_one_request_is_dropped(void)
{
	start_forger();
	compose(forged, SBE_RESPONSE, 0, 1, SBE_OUT, 0, 8);
	forged_size = 16;
	put(forged + 2, 16, 2);
	put(forged + 4, 0, 2);
	forged_twice = true;
	CU_ASSERT(request(NULL, 0) == 0);
	CU_ASSERT(host->sbe.late == 1);
}

static void malformed_acknowledgements_end_the_call_with_an_error(void)
{
	start_forger();
	compose(forged, SBE_AREA_ACK, 0, 3, 0, 0, 0);
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1, 64) == ERR(SBE_EPROTO));
	compose(forged, SBE_RESPONSE, 0, 2, 0, 0, 0);
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1, 64) == ERR(SBE_EPROTO));
	compose(forged, SBE_AREA_ACK, 0, 2, 0, 0, 0);
	CU_ASSERT(sbe_area_add(&host->sbe, 2, FAKE_AREA1, 64) == 0);
}

/* ---- Maintenance: per line, no more and no less ------------------------------------------------------- */

static void forget_maintenance(void)
{
	for (int who = HOST; who <= REMOTE; who++) {
		memset(fake.side[who].cleans, 0, sizeof(fake.side[who].cleans));
		memset(fake.side[who].invalidates, 0, sizeof(fake.side[who].invalidates));
		fake.side[who].ranges = 0;
	}
}

/*
 * How often line `at` should have been maintained when the buffers with a direction in `dirs` were, once
 * each.
 */
static unsigned int lines_expected(const struct sbe_buffer *b, unsigned int count, unsigned int dirs,
				   uint32_t line, uint32_t at)
{
	unsigned int times = 0;

	for (unsigned int i = 0; i < count; i++) {
		uint64_t first = (FAKE_AREA0 + b[i].offset) / line * line;
		uint64_t last = (FAKE_AREA0 + b[i].offset + b[i].size - 1) / line * line;

		times += dirs >> b[i].dir & 1 && at >= first && at <= last;
	}
	return times;
}

static bool lines_match(int who, const unsigned int *done, const struct sbe_buffer *b, unsigned int count,
			unsigned int dirs)
{
	uint32_t line = fake.side[who].line;

	for (uint32_t at = FAKE_AREA0; at < FAKE_AREA0 + FAKE_AREA_BYTES; at += line)
		if (done[at / FAKE_LINE_MIN] != lines_expected(b, count, dirs, line, at))
			return false;
	return true;
}

#define DIRS(a, b, c) ((a) << SBE_IN | (b) << SBE_OUT | (c) << SBE_INOUT)

static void request_maintains_exactly_the_lines_of_its_buffers(void)
{
	struct sbe_buffer b[4] = {
		buffer(SBE_IN, 60, 70), /* three host lines, four of the remote's */
		buffer(SBE_OUT, 256, 1),
		buffer(SBE_INOUT, 511 - 64, 2),
		buffer(SBE_OUT, 1024, 4096),
	};

	start_service(true, &app_ops, NULL);
	forget_maintenance();
	CU_ASSERT(request(b, 4) == 0);
	CU_ASSERT(lines_match(HOST, host->cleans, b, 4, DIRS(1u, 1u, 1u)));
	CU_ASSERT(lines_match(REMOTE, remote->invalidates, b, 4, DIRS(1u, 0u, 1u)));
	CU_ASSERT(lines_match(REMOTE, remote->cleans, b, 4, DIRS(0u, 1u, 1u)));
	CU_ASSERT(lines_match(HOST, host->invalidates, b, 4, DIRS(0u, 1u, 1u)));
}

static void message_is_cleaned_by_its_giver_and_invalidated_by_its_receiver(void)
{
	struct sbe_buffer b[2] = {buffer(SBE_IN, 60, 70), buffer(SBE_IN, 640, 64)};

	start_service(true, &app_ops, NULL);
	forget_maintenance();
	CU_ASSERT(sbe_message(&host->sbe, NULL, 0, b, 2) == 0);
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == 1);
	CU_ASSERT(lines_match(HOST, host->cleans, b, 2, DIRS(1u, 0u, 0u)));
	CU_ASSERT(lines_match(REMOTE, remote->invalidates, b, 2, DIRS(1u, 0u, 0u)));
	CU_ASSERT(lines_match(REMOTE, remote->cleans, b, 2, 0));
	CU_ASSERT(lines_match(HOST, host->invalidates, b, 2, 0));
}

static void refused_request_touches_no_line_on_the_responder(void)
{
	uint8_t message[40];

	start_attack();
	forget_maintenance();
	compose(message, SBE_REQUEST, 9, 1, SBE_INOUT, 0, 8);
	put(message + 12, 1, 4);
	CU_ASSERT(attack(message, 40, SBE_RESPONSE) == SBE_ENOTSUPP);
	CU_ASSERT(lines_match(REMOTE, remote->invalidates, NULL, 0, 0));
	CU_ASSERT(lines_match(REMOTE, remote->cleans, NULL, 0, 0));
}

static void uncached_memory_gets_no_maintenance(void)
{
	start_service(false, &app_ops, NULL);
	CU_ASSERT(exchange_works(9));
	CU_ASSERT(host->ranges == 0 && remote->ranges == 0);
}

/* Only one side caches: only that one maintains, and lines still count. */
static void side_without_a_cache_does_no_maintenance(void)
{
	struct sbe_buffer b[2] = {buffer(SBE_IN, 0, 8), buffer(SBE_OUT, 8, 8)};

	start_service(true, &app_ops, NULL);
	remote->memory[5].cached = false;
	b[0].area = b[1].area = 2;
	CU_ASSERT(!sbe_area_add(&host->sbe, 2, FAKE_AREA1, 4096));
	forget_maintenance();
	CU_ASSERT(request(b, 2) == ERR(SBE_EINVAL));
	CU_ASSERT(request(b, 1) == 0);
	CU_ASSERT(host->cleans[FAKE_AREA1 / FAKE_LINE_MIN] == 1);
	CU_ASSERT(remote->invalidates[FAKE_AREA1 / FAKE_LINE_MIN] == 0);
}

/* What one plain message costs on the rings: message, descriptor, entry, index, and flags before the kick. */
static void message_maintains_exactly_its_ring_lines(void)
{
	start_raw(true);
	forget_maintenance();
	CU_ASSERT(!rpmsg_send(&raw[HOST], "x", 1));
	CU_ASSERT(host->ranges == 5);
	CU_ASSERT(host->cleans[(FAKE_BUFFERS + 16 * 512) / 32] == 1);
	CU_ASSERT(host->cleans[FAKE_VRING1 / 32] == 1);
	CU_ASSERT(host->cleans[(FAKE_VRING1 + FAKE_AVAIL) / 32] == 2);
	CU_ASSERT(host->invalidates[(FAKE_VRING1 + FAKE_USED) / 32] == 1);
	CU_ASSERT(rpmsg_poll(&remote->rpmsg) == 1);
	CU_ASSERT(remote->invalidates[(FAKE_BUFFERS + 16 * 512) / 32] == 1);
	CU_ASSERT(remote->invalidates[FAKE_VRING1 / 32] == 1);
	/* Index, entry, flags before the kick, and the index that ends the poll. */
	CU_ASSERT(remote->invalidates[(FAKE_VRING1 + FAKE_AVAIL) / 32] == 4);
	CU_ASSERT(remote->cleans[(FAKE_VRING1 + FAKE_USED) / 32] == 2);
	CU_ASSERT(remote->ranges == 8);
}

static void status_names_are_those_of_the_wire(void)
{
	CU_ASSERT_STRING_EQUAL(sbe_status_name(0), "SBE_OK");
	CU_ASSERT_STRING_EQUAL(sbe_status_name(ERR(SBE_ERANGE)), "SBE_ERANGE");
	CU_ASSERT_STRING_EQUAL(sbe_status_name(SBE_ENOTSUPP), "SBE_ENOTSUPP");
	CU_ASSERT_STRING_EQUAL(sbe_status_name(9), "SBE_E?");
	CU_ASSERT_STRING_EQUAL(sbe_status_name(-2147483647 - 1), "SBE_E?");
}

#define TEST(name)                                                                                           \
	{                                                                                                    \
#name, name                                                                                  \
	}

int main(void)
{
	CU_TestInfo start[] = {
		TEST(driver_ok_lets_the_remote_join),
		TEST(status_rises_in_the_order_of_virtio),
		TEST(resource_table_has_the_layout_of_linux),
		TEST(remote_gives_up_after_its_time_out_and_not_before),
		TEST(bad_resource_tables_are_refused),
		TEST(ring_places_are_read_after_driver_ok_was_seen),
		TEST(layout_that_does_not_fit_is_refused),
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo rpmsg[] = {
		TEST(dynamic_addresses_begin_at_1024),
		TEST(static_addresses_are_kept_and_not_given_twice),
		TEST(announcement_is_40_bytes_to_53_with_a_padded_name),
		TEST(announcement_before_the_endpoint_is_not_missed),
		TEST(destroyed_service_is_unbound),
		TEST(malformed_announcements_are_dropped),
		TEST(names_without_end_are_cut),
		TEST(longest_payload_is_496_bytes),
		TEST(messages_that_do_not_fit_are_dropped_by_the_remote),
		TEST(message_that_is_not_aligned_is_dropped),
		TEST(messages_that_do_not_fit_are_dropped_by_the_host),
		TEST(used_entry_of_a_descriptor_that_is_not_held_is_skipped),
		TEST(impossible_index_breaks_the_ring_for_good),
		TEST(first_store_to_the_used_part_carries_nothing_old),
		TEST(full_ring_of_entries_is_still_possible),
		TEST(rings_wrap_around_in_both_directions),
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo kicks[] = {
		TEST(kick_follows_each_message_unless_suppressed),
		TEST(remote_honours_the_host_that_wants_no_interrupt),
		TEST(returned_buffers_are_kicked_for_only_on_request),
		TEST(reposted_buffers_are_kicked_for_only_on_request),
		TEST(sender_without_a_buffer_waits_wants_kicks_and_goes_on),
		TEST(sender_gives_up_on_a_dead_peer),
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo areas[] = {
		TEST(areas_are_added_and_removed_at_run_time),
		TEST(remote_announces_areas_of_its_own),
		TEST(unusable_areas_are_refused_by_their_own_side),
		TEST(areas_that_cut_a_line_are_refused_where_it_is_cached),
		TEST(area_that_the_peer_does_not_see_is_forgotten_again),
		TEST(table_of_areas_has_an_end),
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo exchanges[] = {
		TEST(buffers_of_all_directions_cross_incoherent_memory),
		TEST(exchanges_survive_lines_that_come_and_go),
		TEST(message_bytes_go_there_and_back),
		TEST(remote_may_be_the_requester_too),
		TEST(exchanges_in_flight_do_not_share_lines),
		TEST(buffers_of_different_directions_do_not_share_lines),
		TEST(buffers_that_are_written_do_not_overlap),
		TEST(uncached_buffers_may_touch),
		TEST(bad_arguments_are_refused_before_anything_is_sent),
		TEST(names_without_the_prefix_are_not_sbe),
		TEST(responder_status_reaches_the_requester),
		TEST(request_without_a_responder_is_not_supported),
		TEST(pure_message_gives_in_buffers),
		TEST(request_to_a_dead_peer_times_out_on_time),
		TEST(late_response_is_dropped_and_the_next_one_is_right),
		TEST(status_names_are_those_of_the_wire),
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo malformed[] = {
		TEST(malformed_requests_are_answered_with_an_error),
		TEST(too_many_entries_are_answered_with_no_room),
		TEST(headers_that_are_cut_are_dropped),
		TEST(extensions_after_the_entries_are_skipped),
		TEST(malformed_area_messages_are_answered_with_an_error),
		TEST(malformed_removals_are_answered_with_an_error),
		TEST(malformed_messages_are_dropped_without_an_answer),
		TEST(responses_without_a_request_are_counted_and_dropped),
		TEST(malformed_responses_end_the_request_with_an_error),
		TEST(responses_that_are_cut_or_strange_are_not_taken),
		TEST(second_response_to_one_request_is_dropped),
		TEST(malformed_acknowledgements_end_the_call_with_an_error),
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo maintenance[] = {
		TEST(request_maintains_exactly_the_lines_of_its_buffers),
		TEST(message_is_cleaned_by_its_giver_and_invalidated_by_its_receiver),
		TEST(refused_request_touches_no_line_on_the_responder),
		TEST(uncached_memory_gets_no_maintenance),
		TEST(side_without_a_cache_does_no_maintenance),
		TEST(message_maintains_exactly_its_ring_lines),
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{"start", NULL, NULL, NULL, NULL, start},
		{"rpmsg", NULL, NULL, NULL, NULL, rpmsg},
		{"kicks", NULL, NULL, NULL, NULL, kicks},
		{"areas", NULL, NULL, NULL, NULL, areas},
		{"exchanges", NULL, NULL, NULL, NULL, exchanges},
		{"malformed", NULL, NULL, NULL, NULL, malformed},
		{"maintenance", NULL, NULL, NULL, NULL, maintenance},
		CU_SUITE_INFO_NULL,
	};
	unsigned int failed;

	if (CU_initialize_registry() || CU_register_suites(suites))
		return 2;
	CU_basic_run_tests();
	failed = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failed ? 1 : 0;
}
