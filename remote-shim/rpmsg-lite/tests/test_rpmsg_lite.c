/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpmsg-lite's platform and our environment for it, on a seam of this file: what reaches rpmsg-lite when, and what
 * it is told. rpmsg-lite itself is not here; stack/ says what the shim sees of it.
 */
#include <setjmp.h>
#include <string.h>

#include <CUnit/Basic.h>

#include <rpmsg_env.h>
#include <virtqueue.h>

/* ---- The seam ------------------------------------------------------------------------------------ */

#define RING_BYTES 0x4000u
#define BUFFER_BYTES 0x100000u
#define TABLE_BYTES 0x1000u
#define DA 0x3ed40000u

static _Alignas(8) uint8_t table[TABLE_BYTES + 8];	/* what lies behind the region shows a look too far */
static uint8_t shared[2 * RING_BYTES + BUFFER_BYTES];

static struct {
	uint64_t now_ns;
	bool enabled, kick_pending;	/* interrupts */
	hw_mbox_isr isr;
	unsigned int declared, sent, notified[2];
	unsigned int invalidated_status;
	bool full_once;
	uint64_t kick_at_ns;		/* 0: no kick comes during a wait */
	jmp_buf at_assert;
	bool asserted;
} seam;

static void seam_deliver(void)
{
	if (!seam.enabled || !seam.kick_pending || !seam.isr)
		return;
	seam.kick_pending = false;
	seam.isr(NULL, 0);
}

static void seam_kick(void)
{
	seam.kick_pending = true;
	seam_deliver();
}

int hw_region_get(const char *name, struct hw_region *region)
{
	static const struct {
		const char *name;
		uint8_t *va;
		uint64_t da, size;
	} regions[] = {
		{"rsc-table", table, DA - TABLE_BYTES, TABLE_BYTES},
		{"vdev0vring0", shared, DA, RING_BYTES},
		{"vdev0vring1", shared + RING_BYTES, DA + RING_BYTES, RING_BYTES},
		{"vdev0buffer", shared + 2 * RING_BYTES, DA + 2 * RING_BYTES, BUFFER_BYTES},
	};

	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
		if (!strcmp(name, regions[i].name)) {
			*region = (struct hw_region){.va = regions[i].va, .da = regions[i].da, .size = regions[i].size};
			return 0;
		}
	return -1;
}

void *hw_da_to_va(uint64_t da, uint64_t size)
{
	return da >= DA && da + size <= DA + sizeof(shared) ? shared + (da - DA) : NULL;
}

void hw_cache_clean(const volatile void *va, size_t size)
{
	(void)va;
	(void)size;
}

void hw_cache_invalidate(const volatile void *va, size_t size)
{
	seam.invalidated_status += va == &table[20 + 24] && size == 1;
}

void hw_dsb(void)
{
}

int hw_mbox_register(unsigned int channel, hw_mbox_isr isr, void *arg)
{
	(void)arg;
	seam.isr = isr;
	seam_deliver();
	return channel ? -1 : 0;
}

int hw_mbox_send(unsigned int channel, uint64_t token)
{
	bool full = seam.full_once;

	(void)token;
	seam.full_once = false;
	seam.sent += !full && !channel;
	return full ? -1 : 0;
}

void hw_irq_disable(void)
{
	seam.enabled = false;
}

void hw_irq_enable(void)
{
	seam.enabled = true;
	seam_deliver();
}

bool hw_wfi(uint64_t timeout_ns)
{
	bool comes = seam.kick_at_ns && seam.kick_at_ns <= seam.now_ns + timeout_ns;

	CU_ASSERT_FALSE(seam.enabled);
	if (comes) {
		seam.now_ns = seam.kick_at_ns;
		seam.kick_at_ns = 0;
		seam.kick_pending = true;
		return true;
	}
	CU_ASSERT(timeout_ns > 0);
	seam.now_ns += timeout_ns;
	return false;
}

uint64_t hw_time_ns(void)
{
	return seam.now_ns;
}

void hw_sleep_ns(uint64_t ns)
{
	seam.now_ns += ns;
}

_Noreturn void hw_assert_fail(const char *what, const char *file, int line)
{
	(void)what;
	(void)file;
	(void)line;
	seam.asserted = true;
	longjmp(seam.at_assert, 1);
}

void hw_vring_declare(unsigned int index, uint64_t da, uint32_t num, uint32_t align)
{
	CU_ASSERT_EQUAL(da, DA + index * RING_BYTES);
	CU_ASSERT_EQUAL(num, 16);
	CU_ASSERT_EQUAL(align, 4096);
	seam.declared++;
}

/* ---- What rpmsg-lite would be -------------------------------------------------------------------- */

static char queue_of_vector[2];
static void (*in_interrupt)(void);

void virtqueue_notification(struct virtqueue *vq)
{
	for (unsigned int i = 0; i < 2; i++)
		seam.notified[i] += (char *)vq == &queue_of_vector[i];
	if (vq && in_interrupt)
		in_interrupt();
}

static void table_put(uint32_t at, uint32_t value)
{
	memcpy(&table[at], &value, sizeof(value));
}

#define STATUS (20 + 24)

/* A table as Linux leaves it: one rpmsg device, two rings, status 0. */
static void table_write(uint32_t vdev)
{
	memset(table, 0, sizeof(table));
	table_put(0, 1);
	table_put(4, 1);
	table_put(16, vdev);
	table_put(vdev, 3);
	table_put(vdev + 4, 7);
	table[vdev + 25] = 2;
}

static void begin(bool with_table)
{
	memset(&seam, 0, sizeof(seam));
	in_interrupt = NULL;
	seam.enabled = true;
	memset(table, 0xa5, sizeof(table));
	if (with_table)
		table_write(20);
	CU_ASSERT_EQUAL(env_init(), 0);
}

static void vectors_init(void)
{
	CU_ASSERT_EQUAL(platform_init_interrupt(0, &queue_of_vector[0]), 0);
	CU_ASSERT_EQUAL(platform_init_interrupt(1, &queue_of_vector[1]), 0);
}

static void end(void)
{
	platform_deinit_interrupt(1);
	platform_deinit_interrupt(0);
	CU_ASSERT_EQUAL(env_deinit(), 0);
}

/* ---- Rings and table ----------------------------------------------------------------------------- */

static void without_a_table_the_rings_are_declared(void)
{
	begin(false);
	CU_ASSERT_EQUAL(seam.declared, 2);
	vectors_init();
	end();
}

static void with_a_table_they_are_not(void)
{
	begin(true);
	CU_ASSERT_EQUAL(seam.declared, 0);
	vectors_init();
	end();
}

/* Each word of the table that is looked at, changed: then it is no table. */
static void a_table_that_is_none_is_not_believed(void)
{
	static const struct {
		uint32_t at, value;
	} spoilt[] = {{0, 2}, {4, 0}, {8, 1}, {12, 1}, {20, 2}, {24, 8}, {STATUS, 0x0300}};

	for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		begin(true);
		platform_deinit();
		table_put(spoilt[i].at, spoilt[i].value);
		CU_ASSERT_EQUAL(platform_init(), 0);
		CU_ASSERT_EQUAL(seam.declared, 2);
		vectors_init();
		end();
	}
}

static void the_device_lies_inside_the_table(void)
{
	begin(true);
	platform_deinit();
	table_write(TABLE_BYTES - 28);
	CU_ASSERT_EQUAL(platform_init(), 0);
	CU_ASSERT_EQUAL(seam.declared, 0);
	table_write(TABLE_BYTES - 24);
	CU_ASSERT_EQUAL(platform_init(), 0);
	CU_ASSERT_EQUAL(seam.declared, 2);
	vectors_init();
	end();
}

static void kicks_before_driver_ok_do_not_reach_rpmsg_lite(void)
{
	begin(true);
	vectors_init();
	seam_kick();
	table[STATUS] = 3;
	seam_kick();
	CU_ASSERT_EQUAL(seam.notified[0] + seam.notified[1], 0);
	CU_ASSERT_EQUAL(seam.invalidated_status, 2);
	table[STATUS] = 7;
	seam_kick();
	CU_ASSERT_EQUAL(seam.notified[0], 1);
	CU_ASSERT_EQUAL(seam.notified[1], 1);
	end();
}

static void without_a_table_the_first_kick_does(void)
{
	begin(false);
	vectors_init();
	seam_kick();
	CU_ASSERT_EQUAL(seam.notified[0], 1);
	CU_ASSERT_EQUAL(seam.notified[1], 1);
	end();
}

/* ---- Addresses ----------------------------------------------------------------------------------- */

static void addresses_are_those_of_the_regions(void)
{
	size_t length;

	begin(false);
	CU_ASSERT_PTR_EQUAL(platform_shmem(&length), shared);
	CU_ASSERT_EQUAL(length, sizeof(shared));
	CU_ASSERT_EQUAL(platform_vatopa(shared), DA);
	CU_ASSERT_EQUAL(platform_vatopa(shared + sizeof(shared) - 1), DA + sizeof(shared) - 1);
	CU_ASSERT_EQUAL(platform_vatopa(shared + sizeof(shared)), 0);
	CU_ASSERT_EQUAL(platform_vatopa((void *)((uintptr_t)shared - 1)), 0);
	CU_ASSERT_PTR_EQUAL(platform_patova(DA + 5), shared + 5);
	CU_ASSERT_PTR_NULL(platform_patova(DA + sizeof(shared)));
	vectors_init();
	end();
}

/* ---- Interrupts ---------------------------------------------------------------------------------- */

static void a_kick_waits_for_the_second_vector(void)
{
	begin(false);
	platform_init_interrupt(0, &queue_of_vector[0]);
	seam_kick();
	CU_ASSERT_EQUAL(seam.notified[0], 0);
	platform_init_interrupt(1, &queue_of_vector[1]);
	CU_ASSERT_EQUAL(seam.notified[0], 1);
	CU_ASSERT_EQUAL(seam.notified[1], 1);
	end();
	CU_ASSERT_PTR_NULL(seam.isr);
}

static void disabling_nests(void)
{
	begin(false);
	vectors_init();
	platform_interrupt_disable(0);
	platform_interrupt_disable(1);
	platform_interrupt_enable(1);
	seam_kick();
	CU_ASSERT_EQUAL(seam.notified[0], 0);
	platform_interrupt_enable(0);
	CU_ASSERT_EQUAL(seam.notified[0], 1);
	end();
}

static void note_context(void)
{
	seam.sent += platform_in_isr() ? 100 : 0;
}

static void an_interrupt_knows_that_it_is_one(void)
{
	begin(false);
	vectors_init();
	in_interrupt = note_context;
	CU_ASSERT_FALSE(platform_in_isr());
	seam_kick();
	CU_ASSERT_EQUAL(seam.sent, 200);
	CU_ASSERT_FALSE(platform_in_isr());
	end();
}

static void a_full_mailbox_is_tried_again(void)
{
	begin(false);
	seam.full_once = true;
	platform_notify(1);
	CU_ASSERT_EQUAL(seam.sent, 1);
	CU_ASSERT(seam.now_ns > 0);
	vectors_init();
	end();
}

/* ---- Waiting ------------------------------------------------------------------------------------- */

static void a_kick_that_was_lost_is_made_up_for(void)
{
	volatile uint32_t link = 0;

	begin(true);
	vectors_init();
	CU_ASSERT_EQUAL(env_wait_for_link_up(&link, 0, 3), 0);
	CU_ASSERT_EQUAL(seam.now_ns, 3000000);
	CU_ASSERT_EQUAL(seam.notified[0], 0);
	table[STATUS] = 7;
	CU_ASSERT_EQUAL(env_wait_for_link_up(&link, 0, 3), 0);
	CU_ASSERT_EQUAL(seam.now_ns, 6000000);
	CU_ASSERT_EQUAL(seam.notified[0], 3);
	env_sleep_msec(2);
	CU_ASSERT_EQUAL(seam.now_ns, 8000000);
	CU_ASSERT_EQUAL(seam.notified[0], 4);
	end();
}

static void without_a_table_that_takes_a_first_kick_for_each_link(void)
{
	begin(false);
	for (unsigned int life = 0; life < 2; life++) {
		vectors_init();
		seam.notified[0] = 0;
		env_sleep_msec(1);
		CU_ASSERT_EQUAL(seam.notified[0], 0);
		seam_kick();
		env_sleep_msec(1);
		CU_ASSERT_EQUAL(seam.notified[0], 2);
		platform_deinit_interrupt(0);
		platform_deinit_interrupt(1);
	}
	CU_ASSERT_EQUAL(env_deinit(), 0);
}

static volatile uint32_t *link_of_interrupt;

static void link_comes_up(void)
{
	*link_of_interrupt = 1;
}

static void waiting_for_the_link_ends_with_the_interrupt(void)
{
	volatile uint32_t link = 0;

	begin(false);
	vectors_init();
	link_of_interrupt = &link;
	in_interrupt = link_comes_up;
	seam.kick_at_ns = 500;
	CU_ASSERT_EQUAL(env_wait_for_link_up(&link, 0, UINT32_MAX), 1);
	CU_ASSERT_EQUAL(seam.now_ns, 500);
	CU_ASSERT_TRUE(seam.enabled);
	end();
}

/* ---- Mutexes ------------------------------------------------------------------------------------- */

static void *mutex_of_interrupt;

static void take_and_give(void)
{
	env_lock_mutex(mutex_of_interrupt);
	env_unlock_mutex(mutex_of_interrupt);
}

static void a_mutex_keeps_no_interrupt_out_and_reports_a_deadlock(void)
{
	begin(false);
	vectors_init();
	CU_ASSERT_EQUAL(env_create_mutex(&mutex_of_interrupt, 1), 0);
	env_lock_mutex(mutex_of_interrupt);
	in_interrupt = take_and_give;
	seam_kick();
	CU_ASSERT_EQUAL(seam.notified[1], 1);
	if (!setjmp(seam.at_assert))
		env_lock_mutex(mutex_of_interrupt);
	CU_ASSERT_TRUE(seam.asserted);
	env_unlock_mutex(mutex_of_interrupt);
	env_lock_mutex(mutex_of_interrupt);
	env_delete_mutex(mutex_of_interrupt);
	end();
}

/* ---- Queues -------------------------------------------------------------------------------------- */

static void *queue_of_interrupt;

static void put_five(void)
{
	uint32_t five = 5;

	if (!env_get_current_queue_size(queue_of_interrupt))
		CU_ASSERT_EQUAL(env_put_queue(queue_of_interrupt, &five, 100), 1);
}

static void a_queue_keeps_the_order_and_its_length(void)
{
	uint32_t in, out;
	void *queue;

	begin(false);
	vectors_init();
	CU_ASSERT_EQUAL(env_create_queue(&queue, 3, sizeof(in)), 0);
	for (uint32_t round = 0; round < 5; round++) {
		for (in = 0; in < 3; in++)
			CU_ASSERT_EQUAL(env_put_queue(queue, &in, 0), 1);
		CU_ASSERT_EQUAL(env_get_current_queue_size(queue), 3);
		CU_ASSERT_EQUAL(env_put_queue(queue, &in, 0), 0);
		for (in = 0; in < 3; in++) {
			CU_ASSERT_EQUAL(env_get_queue(queue, &out, 0), 1);
			CU_ASSERT_EQUAL(out, in);
		}
		CU_ASSERT_EQUAL(env_get_queue(queue, &out, 0), 0);
		/* From another beginning the next time. */
		CU_ASSERT_EQUAL(env_put_queue(queue, &in, 0), 1);
		CU_ASSERT_EQUAL(env_get_queue(queue, &out, 0), 1);
	}
	CU_ASSERT_EQUAL(seam.now_ns, 0);
	env_delete_queue(queue);
	end();
}

static void a_task_sleeps_on_a_queue_that_an_interrupt_fills(void)
{
	uint32_t out = 0;

	begin(false);
	vectors_init();
	CU_ASSERT_EQUAL(env_create_queue(&queue_of_interrupt, 1, sizeof(out)), 0);
	CU_ASSERT_EQUAL(env_get_queue(queue_of_interrupt, &out, 2), 0);
	CU_ASSERT_EQUAL(seam.now_ns, 2000000);
	in_interrupt = put_five;
	seam.kick_at_ns = 2000700;
	CU_ASSERT_EQUAL(env_get_queue(queue_of_interrupt, &out, ~(uintptr_t)0), 1);
	CU_ASSERT_EQUAL(out, 5);
	CU_ASSERT_EQUAL(seam.now_ns, 2000700);
	CU_ASSERT_TRUE(seam.enabled);
	env_delete_queue(queue_of_interrupt);
	end();
}

static void a_queue_of_no_length_is_refused(void)
{
	void *queue;

	begin(false);
	vectors_init();
	CU_ASSERT_EQUAL(env_create_queue(&queue, 0, 4), -1);
	CU_ASSERT_EQUAL(env_create_queue(&queue, 4, -1), -1);
	end();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"without_a_table_the_rings_are_declared", without_a_table_the_rings_are_declared},
		{"with_a_table_they_are_not", with_a_table_they_are_not},
		{"a_table_that_is_none_is_not_believed", a_table_that_is_none_is_not_believed},
		{"the_device_lies_inside_the_table", the_device_lies_inside_the_table},
		{"kicks_before_driver_ok_do_not_reach_rpmsg_lite", kicks_before_driver_ok_do_not_reach_rpmsg_lite},
		{"without_a_table_the_first_kick_does", without_a_table_the_first_kick_does},
		{"addresses_are_those_of_the_regions", addresses_are_those_of_the_regions},
		{"a_kick_waits_for_the_second_vector", a_kick_waits_for_the_second_vector},
		{"disabling_nests", disabling_nests},
		{"an_interrupt_knows_that_it_is_one", an_interrupt_knows_that_it_is_one},
		{"a_full_mailbox_is_tried_again", a_full_mailbox_is_tried_again},
		{"a_kick_that_was_lost_is_made_up_for", a_kick_that_was_lost_is_made_up_for},
		{"without_a_table_that_takes_a_first_kick_for_each_link",
		 without_a_table_that_takes_a_first_kick_for_each_link},
		{"waiting_for_the_link_ends_with_the_interrupt", waiting_for_the_link_ends_with_the_interrupt},
		{"a_mutex_keeps_no_interrupt_out_and_reports_a_deadlock",
		 a_mutex_keeps_no_interrupt_out_and_reports_a_deadlock},
		{"a_queue_keeps_the_order_and_its_length", a_queue_keeps_the_order_and_its_length},
		{"a_task_sleeps_on_a_queue_that_an_interrupt_fills", a_task_sleeps_on_a_queue_that_an_interrupt_fills},
		{"a_queue_of_no_length_is_refused", a_queue_of_no_length_is_refused},
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {{"rpmsg-lite's platform and environment", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
	unsigned int failed;

	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failed ? 1 : 0;
}
