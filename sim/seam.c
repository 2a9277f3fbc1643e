/* SPDX-License-Identifier: BSD-3-Clause */
/* The hardware seam as hosted code calls it (contracts: sbesim/hw.h): every function is a request to the engine. */
#include <sbesim/hw.h>

#include "sim/hook.h"
#include "sim/libc.h"
#include "traces/trace.h"

#define RET HOOK_RET
#define REQUEST(...) hook_request(&(struct request){ .ret = RET, __VA_ARGS__ })

HOOK_HOSTED int seam_region_get(const char *name, struct hw_region *region)
{
	struct request request = { .kind = REQUEST_REGION, .address = (uintptr_t)name, .ret = RET };

	if (!hook_request(&request))
		return -1;
	libc_put(region, request.other, sizeof(*region), RET);
	return 0;
}

HOOK_HOSTED void *seam_da_to_va(uint64_t da, uint64_t size)
{
	return (void *)(uintptr_t)REQUEST(.kind = REQUEST_DA_TO_VA, .value = da, .size = size);
}

HOOK_HOSTED void seam_cache_clean(const volatile void *va, size_t size)
{
	REQUEST(.kind = REQUEST_MAINTAIN, .address = (uintptr_t)va, .size = size, .value = TRACE_MAINT_CLEAN);
}

HOOK_HOSTED void seam_cache_invalidate(const volatile void *va, size_t size)
{
	REQUEST(.kind = REQUEST_MAINTAIN, .address = (uintptr_t)va, .size = size, .value = TRACE_MAINT_INVALIDATE);
}

HOOK_HOSTED void seam_cache_flush(const volatile void *va, size_t size)
{
	REQUEST(.kind = REQUEST_MAINTAIN, .address = (uintptr_t)va, .size = size, .value = TRACE_MAINT_FLUSH);
}

/* A call that sim/calls.def lists, with its words. */
#define MACHINE_CALL(name, ...) REQUEST(.kind = REQUEST_CALL, .value = CALL_##name, .other = (uint64_t[CALL_WORDS]){ __VA_ARGS__ })

HOOK_HOSTED void seam_cache_all(enum hw_cache_op op, bool set_way)
{
	MACHINE_CALL(cache_all, op, set_way);
}

HOOK_HOSTED int seam_iommu_set_mode(uint32_t stream, enum hw_iommu_mode mode)
{
	return (int)MACHINE_CALL(iommu_set_mode, stream, mode);
}

HOOK_HOSTED int seam_iommu_context_create(uint32_t stream, uint32_t context)
{
	return (int)MACHINE_CALL(iommu_context_create, stream, context);
}

HOOK_HOSTED int seam_iommu_context_destroy(uint32_t stream, uint32_t context)
{
	return (int)MACHINE_CALL(iommu_context_destroy, stream, context);
}

HOOK_HOSTED int seam_iommu_map(uint32_t stream, uint32_t context, uint64_t da, uint64_t pa, uint64_t size, uint32_t permission)
{
	return (int)MACHINE_CALL(iommu_map, stream, context, da, pa, size, permission);
}

HOOK_HOSTED int seam_iommu_unmap(uint32_t stream, uint32_t context, uint64_t da, uint64_t size)
{
	return (int)MACHINE_CALL(iommu_unmap, stream, context, da, size);
}

HOOK_HOSTED int seam_iommu_invalidate(uint32_t stream, uint32_t context, uint64_t da, uint64_t size)
{
	return (int)MACHINE_CALL(iommu_invalidate, stream, context, da, size);
}

HOOK_HOSTED int seam_iommu_invalidate_all(enum hw_iotlb_scope scope, uint32_t stream, uint32_t context)
{
	return (int)MACHINE_CALL(iommu_invalidate_all, scope, stream, context);
}

HOOK_HOSTED int seam_iommu_fault_read(struct hw_iommu_fault *fault)
{
	uint64_t word[CALL_WORDS];
	struct hw_iommu_fault read;

	if (!REQUEST(.kind = REQUEST_CALL, .value = CALL_iommu_fault_read, .other = word))
		return 0;
	read = (struct hw_iommu_fault){ .stream = (uint32_t)word[0], .context = (uint32_t)(word[0] >> 32), .da = word[1],
					.size = (uint32_t)word[2], .store = (uint32_t)(word[2] >> 32), .cause = (uint32_t)word[3],
					.alike = (uint32_t)word[4], .lost = (uint32_t)word[5] };
	libc_put(fault, &read, sizeof(read), RET);
	return 1;
}

HOOK_HOSTED void seam_iommu_on_fault(hw_mbox_isr isr, void *arg)
{
	MACHINE_CALL(iommu_on_fault, (uintptr_t)isr, (uintptr_t)arg);
}

HOOK_HOSTED int seam_iommu_use_context(uint32_t context)
{
	return (int)MACHINE_CALL(iommu_use_context, context);
}

HOOK_HOSTED int seam_mpu_set(unsigned int number, const struct hw_mpu_region *region)
{
	hook_load(region, sizeof(*region), RET);
	return (int)MACHINE_CALL(mpu_set, number, region->da, region->size, region->sub_regions_disabled, region->access);
}

HOOK_HOSTED void seam_mpu_enable(bool enabled, bool background)
{
	MACHINE_CALL(mpu_enable, enabled, background);
}

HOOK_HOSTED void seam_dsb(void)
{
	REQUEST(.kind = REQUEST_BARRIER, .value = TRACE_BARRIER_DSB);
}

HOOK_HOSTED int seam_mbox_register(unsigned int channel, hw_mbox_isr isr, void *arg)
{
	return (int)REQUEST(.kind = REQUEST_MBOX_REGISTER, .value = channel, .address = (uintptr_t)isr, .other = arg);
}

HOOK_HOSTED int seam_mbox_send(unsigned int channel, uint64_t token)
{
	return (int)REQUEST(.kind = REQUEST_MBOX_SEND, .size = channel, .value = token);
}

HOOK_HOSTED bool seam_mbox_free(unsigned int channel)
{
	return MACHINE_CALL(mbox_free, channel) != 0;
}

HOOK_HOSTED bool seam_mbox_poll(unsigned int channel, uint64_t *token)
{
	uint64_t word[CALL_WORDS] = { channel };

	if (!REQUEST(.kind = REQUEST_CALL, .value = CALL_mbox_poll, .other = word))
		return false;
	libc_put(token, &word[1], sizeof(*token), RET);
	return true;
}

HOOK_HOSTED int seam_mbox_take_over(unsigned int channel)
{
	return MACHINE_CALL(mbox_take_over, channel) ? 0 : -1;
}

HOOK_HOSTED int seam_mbox_ack(unsigned int channel)
{
	return MACHINE_CALL(mbox_ack, channel) ? 0 : -1;
}

#define MESSAGE_BYTES 32 /* the longest */

HOOK_HOSTED int seam_mbox_message_write(unsigned int channel, enum hw_mbox_buffer buffer, const void *message,
					size_t size)
{
	unsigned char bytes[MESSAGE_BYTES];

	for (size_t at = 0; at < size && at < sizeof(bytes); at++) {
		hook_load((const unsigned char *)message + at, 1, RET);
		bytes[at] = ((const volatile unsigned char *)message)[at];
	}
	return MACHINE_CALL(mbox_message, channel, buffer, true, (uintptr_t)bytes, size) ? 0 : -1;
}

HOOK_HOSTED int seam_mbox_message_read(unsigned int channel, enum hw_mbox_buffer buffer, void *message, size_t size)
{
	unsigned char bytes[MESSAGE_BYTES];

	if (!MACHINE_CALL(mbox_message, channel, buffer, false, (uintptr_t)bytes, size))
		return -1;
	libc_put(message, bytes, size, RET);
	return 0;
}

HOOK_HOSTED void seam_irq_disable(void)
{
	REQUEST(.kind = REQUEST_IRQ_DISABLE);
}

HOOK_HOSTED void seam_irq_enable(void)
{
	REQUEST(.kind = REQUEST_IRQ_ENABLE);
}

HOOK_HOSTED bool seam_wfi(uint64_t timeout_ns)
{
	return REQUEST(.kind = REQUEST_WFI, .value = timeout_ns) != 0;
}

HOOK_HOSTED uint64_t seam_time_ns(void)
{
	return REQUEST(.kind = REQUEST_TIME);
}

HOOK_HOSTED void seam_sleep_ns(uint64_t ns)
{
	REQUEST(.kind = REQUEST_SLEEP, .value = ns);
}

HOOK_HOSTED unsigned int seam_cpu_number(void)
{
	return (unsigned int)MACHINE_CALL(cpu_number, 0);
}

HOOK_HOSTED int seam_cpu_on(unsigned int core, void (*entry)(void *arg), void *arg)
{
	return (int)MACHINE_CALL(cpu_on, core, (uintptr_t)entry, (uintptr_t)arg);
}

HOOK_HOSTED int seam_cpu_interrupt(unsigned int core)
{
	return (int)MACHINE_CALL(cpu_interrupt, core);
}

HOOK_HOSTED void seam_cpu_on_interrupt(hw_mbox_isr isr, void *arg)
{
	MACHINE_CALL(cpu_attend, (uintptr_t)isr, (uintptr_t)arg);
}

HOOK_HOSTED int seam_remote_start(void)
{
	return (int)REQUEST(.kind = REQUEST_REMOTE_START);
}

HOOK_HOSTED void seam_console_write(const char *text, size_t size)
{
	for (size_t at = 0; at < size; at++)
		hook_load(text + at, 1, RET);
	REQUEST(.kind = REQUEST_CONSOLE, .address = (uintptr_t)text, .size = size);
}

HOOK_HOSTED size_t seam_input_read(void *buf, size_t size, uint64_t offset)
{
	struct request request = { .kind = REQUEST_INPUT, .value = offset, .size = size, .ret = RET };
	size_t got = (size_t)hook_request(&request);

	libc_put(buf, request.other, got, RET);
	return got;
}

HOOK_HOSTED size_t seam_firmware_read(const char *section, void *buf, size_t size, uint64_t offset)
{
	struct request request = { .kind = REQUEST_FIRMWARE, .address = (uintptr_t)section, .value = offset, .size = size,
				   .ret = RET };
	size_t got = (size_t)hook_request(&request);

	libc_put(buf, request.other, got, RET);
	return got;
}

HOOK_HOSTED void seam_vring_declare(unsigned int index, uint64_t da, uint32_t num, uint32_t align)
{
	struct event_vring vring = { .index = (uint8_t)index, .da = da, .num = num, .alignment = align };

	REQUEST(.kind = REQUEST_VRING, .other = &vring);
}

HOOK_HOSTED void seam_exit(int code)
{
	REQUEST(.kind = REQUEST_EXIT, .value = (uint32_t)code);
	__builtin_trap();
}

HOOK_HOSTED int seam_power(enum hw_processor whom, enum hw_power request)
{
	return (int)MACHINE_CALL(power, whom, request);
}

HOOK_HOSTED int seam_power_state(enum hw_processor whom)
{
	return (int)MACHINE_CALL(power_state, whom);
}

HOOK_HOSTED int seam_clock_set_rate(enum hw_processor whom, uint64_t hz)
{
	return (int)MACHINE_CALL(clock_set_rate, whom, hz);
}

HOOK_HOSTED int seam_dma_copy(unsigned int channel, uint64_t dst_da, uint64_t src_da, uint64_t size)
{
	return (int)MACHINE_CALL(dma_copy, channel, dst_da, src_da, size);
}

HOOK_HOSTED int seam_dma_status(unsigned int channel)
{
	return (int)MACHINE_CALL(dma_status, channel);
}

HOOK_HOSTED int seam_dma_stop(unsigned int channel)
{
	return (int)MACHINE_CALL(dma_stop, channel);
}

HOOK_HOSTED int seam_dma_register(unsigned int channel, hw_dma_isr isr, void *arg)
{
	return (int)MACHINE_CALL(dma_register, channel, (uintptr_t)isr, (uintptr_t)arg);
}

/* Calls a machine call that answers in its words, and lays a struct made of them where the program wants it. */
static int seam_made(enum machine_call call, uint64_t word[CALL_WORDS], struct hw_dmabuf *buffer, uintptr_t ret)
{
	int status = (int)hook_request(&(struct request){ .ret = ret, .kind = REQUEST_CALL, .value = call, .other = word });
	const struct hw_dmabuf made = { .handle = (uint32_t)word[0], .runs = (uint32_t)word[1], .size = word[2],
					.pa = word[3] };

	if (!status)
		libc_put(buffer, &made, sizeof(made), ret);
	return status;
}

HOOK_HOSTED int seam_heap_alloc(const char *heap, uint64_t size, uint32_t flags, struct hw_dmabuf *buffer)
{
	return seam_made(CALL_heap_alloc, (uint64_t[CALL_WORDS]){ (uintptr_t)heap, size, flags }, buffer, RET);
}

HOOK_HOSTED int seam_carveout_alloc(const char *pool, uint64_t pa, uint64_t size, uint64_t align, struct hw_dmabuf *buffer)
{
	return seam_made(CALL_carveout_alloc, (uint64_t[CALL_WORDS]){ (uintptr_t)pool, pa, size, align }, buffer, RET);
}

HOOK_HOSTED int seam_dmabuf_run(uint32_t handle, unsigned int run, struct hw_dmabuf_run *where)
{
	uint64_t word[CALL_WORDS] = { handle, run };
	int status = (int)REQUEST(.kind = REQUEST_CALL, .value = CALL_dmabuf_run, .other = word);
	const struct hw_dmabuf_run found = { .pa = word[0], .size = word[1] };

	if (!status)
		libc_put(where, &found, sizeof(found), RET);
	return status;
}

HOOK_HOSTED int seam_dmabuf_get(uint32_t handle)
{
	return (int)MACHINE_CALL(dmabuf_get, handle);
}

HOOK_HOSTED int seam_dmabuf_put(uint32_t handle)
{
	return (int)MACHINE_CALL(dmabuf_put, handle);
}

HOOK_HOSTED void *seam_dmabuf_map(uint32_t handle)
{
	return (void *)(uintptr_t)MACHINE_CALL(dmabuf_map, handle);
}

HOOK_HOSTED int seam_dmabuf_unmap(uint32_t handle)
{
	return (int)MACHINE_CALL(dmabuf_unmap, handle);
}

HOOK_HOSTED int seam_dmabuf_attach(uint32_t handle, enum hw_device device)
{
	return (int)MACHINE_CALL(dmabuf_attach, handle, device);
}

HOOK_HOSTED int seam_dmabuf_detach(uint32_t handle, enum hw_device device)
{
	return (int)MACHINE_CALL(dmabuf_detach, handle, device);
}

HOOK_HOSTED int seam_grant(enum hw_resource resource, uint64_t id, enum hw_processor whom, uint32_t amount)
{
	return (int)MACHINE_CALL(grant, resource, id, whom, amount);
}

HOOK_HOSTED int seam_withdraw(enum hw_resource resource, uint64_t id, enum hw_processor whom, uint64_t grace_ns)
{
	return (int)MACHINE_CALL(withdraw, resource, id, whom, grace_ns);
}

HOOK_HOSTED int seam_grant_return(enum hw_resource resource, uint64_t id)
{
	return (int)MACHINE_CALL(grant_return, resource, id);
}

HOOK_HOSTED enum hw_granted seam_granted(enum hw_resource resource, uint64_t id)
{
	return (enum hw_granted)MACHINE_CALL(granted, resource, id);
}

HOOK_HOSTED void seam_grant_on_notice(hw_grant_isr isr, void *arg)
{
	MACHINE_CALL(grant_on_notice, (uintptr_t)isr, (uintptr_t)arg);
}

/* Each by its name without "hw_". */
#define SEAM(X) \
	X(region_get) X(da_to_va) X(cache_clean) X(cache_invalidate) X(cache_flush) X(cache_all) \
	X(iommu_set_mode) X(iommu_context_create) X(iommu_context_destroy) X(iommu_map) X(iommu_unmap) \
	X(iommu_invalidate) X(iommu_invalidate_all) X(iommu_fault_read) X(iommu_on_fault) \
	X(iommu_use_context) X(mpu_set) X(mpu_enable) X(dsb) X(mbox_register) X(mbox_send) X(mbox_free) \
	X(mbox_poll) X(mbox_take_over) X(mbox_ack) X(mbox_message_write) X(mbox_message_read) \
	X(irq_disable) X(irq_enable) X(wfi) X(time_ns) X(sleep_ns) X(cpu_number) X(cpu_on) X(cpu_interrupt) \
	X(cpu_on_interrupt) X(remote_start) X(console_write) X(input_read) X(firmware_read) \
	X(vring_declare) X(exit) X(power) X(power_state) X(clock_set_rate) X(dma_copy) X(dma_status) \
	X(dma_stop) X(dma_register) X(heap_alloc) X(carveout_alloc) X(dmabuf_run) X(dmabuf_get) \
	X(dmabuf_put) X(dmabuf_map) X(dmabuf_unmap) X(dmabuf_attach) X(dmabuf_detach) X(grant) X(withdraw) \
	X(grant_return) X(granted) X(grant_on_notice)
#define THUNK(name) HOOK_THUNK(seam_##name)
SEAM(THUNK)
#define SYMBOL(name) { "hw_" #name, HOOK_THUNK_ADDRESS(seam_##name) },
const struct hook_symbol seam_symbols[] = { SEAM(SYMBOL) { NULL, NULL } };
