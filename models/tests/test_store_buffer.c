/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The order in which entries leave a store buffer: by hand, and at random against a plain list in which the DMBs stand as
 * elements of their own.
 */
#include <string.h>

#include "models/store_buffer.h"
#include "models/tests/random.h"
#include "sim/tests/sentences.h"

#define LINE 32u
#define SPACE 96u	/* bytes of addresses that random stores go to */

static struct store_buffer b;
static uint64_t order;

static void begin(unsigned int size)
{
	memset(&b, 0, sizeof(b));
	b.size = size;
	b.line_bytes = LINE;
	store_buffer_reset(&b);
	order = 0;
}

static void put(enum store_kind kind, uint64_t address, unsigned int size, uint8_t value)
{
	struct store_entry e = { .kind = kind, .address = address, .size = size };

	memset(e.byte, value, sizeof(e.byte));
	store_buffer_put(&b, &e, order++);
}

static void put_device(uint64_t address, unsigned int size, unsigned int peripheral, uint8_t value)
{
	put(STORE_DEVICE, address, size, value);
	b.entry[b.count - 1].peripheral = peripheral;
}

static bool may_leave(unsigned int i)
{
	return store_buffer_blocker(&b, i) < 0;
}

/* ---- By hand -------------------------------------------------------------------------------------------- */

static void stores_to_different_lines_leave_in_any_order(void)
{
	begin(4);
	put(STORE_UNCACHED, 0, 4, 1);
	put(STORE_UNCACHED, LINE, 4, 2);
	CU_ASSERT_TRUE(may_leave(0));
	CU_ASSERT_TRUE(may_leave(1));
}

static void a_store_waits_for_an_older_one_of_the_same_bytes_and_not_of_others_beside_them(void)
{
	begin(4);
	put(STORE_UNCACHED, 0, 4, 1);
	put(STORE_THROUGH, 3, 4, 2);
	put(STORE_UNCACHED, 7, 1, 3);
	CU_ASSERT_EQUAL(store_buffer_blocker(&b, 1), 0);
	CU_ASSERT_TRUE(may_leave(2));
	store_buffer_remove(&b, 0);
	CU_ASSERT_TRUE(may_leave(0));
}

static void maintenance_and_stores_of_one_line_keep_their_order(void)
{
	begin(4);
	put(STORE_MAINTAIN, 0, 0, 0);
	put(STORE_THROUGH, 8, 4, 1);
	put(STORE_MAINTAIN, LINE, 0, 0);
	CU_ASSERT_FALSE(may_leave(1));
	CU_ASSERT_TRUE(may_leave(2));
}

static void what_lies_behind_a_dmb_waits_for_all_before_it(void)
{
	begin(4);
	put(STORE_UNCACHED, 0, 4, 1);
	store_buffer_barrier(&b);
	put(STORE_UNCACHED, LINE, 4, 2);
	put(STORE_RING, 0, 0, 0);
	CU_ASSERT_TRUE(store_buffer_before_barrier(&b, 0));
	CU_ASSERT_FALSE(store_buffer_before_barrier(&b, 1));
	CU_ASSERT_EQUAL(store_buffer_blocker(&b, 1), 0);
	CU_ASSERT_EQUAL(store_buffer_blocker(&b, 2), 0);
	store_buffer_remove(&b, 0);
	CU_ASSERT_TRUE(may_leave(0));
	CU_ASSERT_TRUE(may_leave(1));
}

static void a_dmb_of_an_empty_buffer_orders_nothing(void)
{
	begin(4);
	store_buffer_barrier(&b);
	put(STORE_UNCACHED, 0, 4, 1);
	CU_ASSERT_FALSE(store_buffer_before_barrier(&b, 0));
}

static void rings_leave_in_order_and_pass_stores(void)
{
	begin(4);
	put(STORE_UNCACHED, 0, 4, 1);
	put(STORE_RING, 0, 0, 0);
	put(STORE_RING, 0, 0, 0);
	CU_ASSERT_TRUE(may_leave(1));
	CU_ASSERT_EQUAL(store_buffer_blocker(&b, 2), 1);
}

static void stores_to_one_peripheral_leave_in_order_and_to_two_in_any(void)
{
	begin(4);
	put_device(0, 4, 1, 1);
	put_device(2 * LINE, 4, 1, 2);
	put_device(4 * LINE, 4, 2, 3);
	CU_ASSERT_EQUAL(store_buffer_blocker(&b, 1), 0);
	CU_ASSERT_TRUE(may_leave(2));
	store_buffer_remove(&b, 0);
	CU_ASSERT_TRUE(may_leave(0));
}

static void device_stores_pass_uncached_ones_and_rings_and_are_passed(void)
{
	begin(5);
	put(STORE_UNCACHED, LINE, 4, 1);
	put_device(0, 4, 0, 2);
	put(STORE_RING, 0, 0, 0);
	put(STORE_UNCACHED, 4, 4, 3);
	put_device(8, 4, 1, 4);
	for (unsigned int i = 0; i < 5; i++)
		CU_ASSERT_TRUE(may_leave(i));
}

static void a_device_store_waits_for_what_is_of_its_bytes_or_maintains_its_line_or_lies_before_a_dmb(void)
{
	begin(5);
	put(STORE_UNCACHED, 0, 4, 1);
	put(STORE_MAINTAIN, LINE, 0, 0);
	put_device(3, 1, 1, 2);
	put_device(LINE + 8, 4, 2, 3);
	CU_ASSERT_EQUAL(store_buffer_blocker(&b, 2), 0);
	CU_ASSERT_EQUAL(store_buffer_blocker(&b, 3), 1);
	begin(4);
	put_device(0, 4, 1, 1);
	store_buffer_barrier(&b);
	put_device(LINE, 4, 2, 2);
	CU_ASSERT_FALSE(may_leave(1));
}

static void device_stores_are_known_by_their_peripheral_and_all_stores_by_their_bytes(void)
{
	begin(4);
	put_device(0, 4, 7, 1);
	put(STORE_UNCACHED, 0, 4, 2);
	put(STORE_MAINTAIN, 0, LINE, 0);
	CU_ASSERT_TRUE(store_buffer_of_peripheral(&b, 0, 7));
	CU_ASSERT_FALSE(store_buffer_of_peripheral(&b, 0, 6));
	CU_ASSERT_FALSE(store_buffer_of_peripheral(&b, 1, 0));
	CU_ASSERT_TRUE(store_buffer_overlaps(&b, 0, 3, 1));
	CU_ASSERT_FALSE(store_buffer_overlaps(&b, 0, 4, 4));
	CU_ASSERT_TRUE(store_buffer_overlaps(&b, 1, 0, 1));
	CU_ASSERT_FALSE(store_buffer_overlaps(&b, 2, 0, 4));
}

static void an_entry_that_is_leaving_still_holds_the_younger_ones(void)
{
	begin(4);
	put(STORE_UNCACHED, 0, 4, 1);
	put(STORE_UNCACHED, 0, 4, 2);
	b.entry[0].leaving = true;
	CU_ASSERT_FALSE(may_leave(1));
}

static void the_newest_store_of_a_byte_is_forwarded(void)
{
	uint8_t bytes[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };

	begin(4);
	put(STORE_UNCACHED, 100, 4, 1);
	put(STORE_THROUGH, 102, 4, 2);
	put(STORE_MAINTAIN, 96, 32, 7);
	store_buffer_forward(&b, 99, bytes, sizeof(bytes));
	CU_ASSERT_EQUAL(memcmp(bytes, (const uint8_t[]){ 9, 1, 1, 2, 2, 2, 2, 9 }, sizeof(bytes)), 0);
	CU_ASSERT_TRUE(store_buffer_covers(&b, 100, 6));
	CU_ASSERT_FALSE(store_buffer_covers(&b, 99, 2));
	CU_ASSERT_FALSE(store_buffer_covers(&b, 105, 2));
}

/* ---- At random ------------------------------------------------------------------------------------------- */

struct naive {
	bool barrier;		/* a DMB, and nothing else */
	struct store_entry entry;
};
static struct naive list[512];
static unsigned int listed;

static bool naive_is_store(const struct store_entry *e)
{
	return e->kind != STORE_MAINTAIN && e->kind != STORE_RING;
}

static bool naive_blocks(unsigned int older, unsigned int younger)
{
	const struct store_entry *o = &list[older].entry, *y = &list[younger].entry;

	for (unsigned int i = older; i < younger; i++)
		if (list[i].barrier)
			return true;
	if (o->kind == STORE_RING || y->kind == STORE_RING)
		return o->kind == y->kind;
	if (o->kind == STORE_MAINTAIN || y->kind == STORE_MAINTAIN)
		return o->address / LINE == y->address / LINE;
	if (o->kind == STORE_DEVICE && y->kind == STORE_DEVICE && o->peripheral == y->peripheral)
		return true;
	for (uint64_t at = o->address; at < o->address + o->size; at++)
		if (at >= y->address && at < y->address + y->size)
			return true;
	return false;
}

static bool naive_may_leave(unsigned int at)
{
	for (unsigned int i = 0; i < at; i++)
		if (!list[i].barrier && naive_blocks(i, at))
			return false;
	return true;
}

/* Where the n-th entry is in the list. */
static unsigned int naive_find(unsigned int n)
{
	unsigned int at = 0;

	for (;; at++)
		if (!list[at].barrier && !n--)
			return at;
}

static void naive_remove(unsigned int at)
{
	memmove(&list[at], &list[at + 1], (--listed - at) * sizeof(list[0]));
}

static bool naive_agrees(void)
{
	uint8_t bytes[SPACE] = { 0 }, expected[SPACE] = { 0 };
	unsigned int entries = 0;

	for (unsigned int i = 0; i < listed; i++) {
		const struct store_entry *e = &list[i].entry;

		if (list[i].barrier)
			continue;
		if (b.entry[entries].order != e->order || may_leave(entries) != naive_may_leave(i))
			return false;
		entries++;
		for (unsigned int n = 0; naive_is_store(e) && n < e->size; n++)
			expected[e->address + n] = e->byte[n];
	}
	store_buffer_forward(&b, 0, bytes, SPACE);
	return entries == b.count && !memcmp(bytes, expected, SPACE);
}

static void random_put(uint64_t *seed)
{
	enum store_kind kind = (enum store_kind)random_below(seed, STORE_RING + 1);
	unsigned int size = 1u << random_below(seed, 4);
	uint64_t address = random_below(seed, SPACE / size) * size;

	put(kind, address, size, (uint8_t)(1 + random_below(seed, 255)));
	b.entry[b.count - 1].peripheral = (unsigned int)random_below(seed, 2);
	list[listed++] = (struct naive){ .entry = b.entry[b.count - 1] };
}

static void random_leave(uint64_t *seed)
{
	unsigned int i = (unsigned int)random_below(seed, b.count);

	if (!may_leave(i))
		return;
	naive_remove(naive_find(i));
	store_buffer_remove(&b, i);
	while (listed && list[0].barrier)
		naive_remove(0);
}

/* May a buffer that merges let these two leave as one now? If nothing else is there that either must wait for. */
static bool naive_may_merge(unsigned int older, unsigned int younger)
{
	for (unsigned int i = 0; i < younger; i++)
		if (i != older && !list[i].barrier &&
		    (naive_blocks(i, younger) || (i < older && naive_blocks(i, older))))
			return false;
	return list[older].entry.kind == STORE_UNCACHED && list[younger].entry.kind == STORE_UNCACHED;
}

static void leave_into(uint8_t memory[SPACE], unsigned int i)
{
	memcpy(memory + b.entry[i].address, b.entry[i].byte, b.entry[i].size);
	store_buffer_remove(&b, i);
}

/* One burst with the younger's bytes where it has any, against the older and the younger one behind the other. */
static bool merge_is_two_departures(unsigned int older, unsigned int younger)
{
	const struct store_buffer before = b;
	uint8_t apart[SPACE] = { 0 }, merged[SPACE] = { 0 };
	bool may;

	for (uint64_t at = 0; at < SPACE; at++)
		for (unsigned int i = 0; i < 2; i++) {
			const struct store_entry *e = &b.entry[i ? older : younger];

			if (!merged[at] && at >= e->address && at < e->address + e->size)
				merged[at] = e->byte[0];
		}
	may = may_leave(older);
	leave_into(apart, older);
	may &= may_leave(younger - 1);
	leave_into(apart, younger - 1);
	b = before;
	return may && !memcmp(apart, merged, SPACE);
}

static unsigned int merges;

/* Of any two in the buffer. */
static bool random_merge(uint64_t *seed)
{
	unsigned int younger = 1 + (unsigned int)random_below(seed, b.count - 1);
	unsigned int older = (unsigned int)random_below(seed, younger);

	if (!naive_may_merge(naive_find(older), naive_find(younger)))
		return true;
	merges++;
	return merge_is_two_departures(older, younger);
}

static void a_million_random_operations_leave_as_the_plain_list_does(void)
{
	uint64_t seed = 1;

	begin(STORE_BUFFER_MAX);
	listed = merges = 0;
	for (unsigned int n = random_operations(); n--;) {
		uint64_t what = random_below(&seed, 8);

		if (what < 4 && b.count < b.size) {
			random_put(&seed);
		} else if (what < 7 && b.count) {
			random_leave(&seed);
		} else if (listed && !list[listed - 1].barrier) {
			store_buffer_barrier(&b);
			list[listed++] = (struct naive){ .barrier = true };
		}
		if (!naive_agrees()) {
			CU_FAIL_FATAL("the buffer and the list differ");
		}
		if (b.count > 1 && !random_merge(&seed)) {
			CU_FAIL_FATAL("two stores that may be merged may not leave one behind the other");
		}
	}
	CU_ASSERT_TRUE(merges > random_operations() / 1000);
	CU_PASS("they agreed after every step");
}

int main(void)
{
	CU_TestInfo sentences[] = {
		SENTENCE(stores_to_different_lines_leave_in_any_order),
		SENTENCE(a_store_waits_for_an_older_one_of_the_same_bytes_and_not_of_others_beside_them),
		SENTENCE(maintenance_and_stores_of_one_line_keep_their_order),
		SENTENCE(what_lies_behind_a_dmb_waits_for_all_before_it),
		SENTENCE(a_dmb_of_an_empty_buffer_orders_nothing),
		SENTENCE(rings_leave_in_order_and_pass_stores),
		SENTENCE(stores_to_one_peripheral_leave_in_order_and_to_two_in_any),
		SENTENCE(device_stores_pass_uncached_ones_and_rings_and_are_passed),
		SENTENCE(a_device_store_waits_for_what_is_of_its_bytes_or_maintains_its_line_or_lies_before_a_dmb),
		SENTENCE(device_stores_are_known_by_their_peripheral_and_all_stores_by_their_bytes),
		SENTENCE(an_entry_that_is_leaving_still_holds_the_younger_ones),
		SENTENCE(the_newest_store_of_a_byte_is_forwarded),
		SENTENCE(a_million_random_operations_leave_as_the_plain_list_does),
		CU_TEST_INFO_NULL,
	};

	return sentences_run("store buffer", sentences);
}
