/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands for rpmsg-lite's header of this name in tests: the interface that its environments have, with allocation. */
#ifndef STACK_RPMSG_ENV_H
#define STACK_RPMSG_ENV_H

#include <rpmsg_default_config.h>
#include <rpmsg_env_specific.h>
#include <rpmsg_platform.h>

int32_t env_init(void);
int32_t env_deinit(void);
void *env_allocate_memory(uint32_t size);
void env_free_memory(void *ptr);
void env_memset(void *ptr, int32_t value, uint32_t size);
void env_memcpy(void *dst, void const *src, uint32_t len);
int32_t env_strcmp(const char *dst, const char *src);
void env_strncpy(char *dest, const char *src, uint32_t len);
int32_t env_strncmp(char *dest, const char *src, uint32_t len);
uint32_t env_map_vatopa(void *address);
void *env_map_patova(uint32_t address);
void env_map_memory(uint32_t pa, uint32_t va, uint32_t size, uint32_t flags);
void env_mb(void);
void env_rmb(void);
void env_wmb(void);
void env_disable_cache(void);
void env_cache_flush(void *data, uint32_t len);
void env_cache_invalidate(void *data, uint32_t len);
void env_register_isr(uint32_t vector_id, void *data);
void env_unregister_isr(uint32_t vector_id);
void env_enable_interrupt(uint32_t vector_id);
void env_disable_interrupt(uint32_t vector_id);
void env_isr(uint32_t vector);
uint64_t env_get_timestamp(void);
void env_sleep_msec(uint32_t num_msec);
uint32_t env_wait_for_link_up(volatile uint32_t *link_state, uint32_t link_id, uint32_t timeout_ms);
void env_tx_callback(uint32_t link_id);
int32_t env_create_mutex(void **lock, int32_t count);
void env_delete_mutex(void *lock);
void env_lock_mutex(void *lock);
void env_unlock_mutex(void *lock);
int32_t env_create_sync_lock(void **lock, int32_t state);
void env_delete_sync_lock(void *lock);
int32_t env_create_queue(void **queue, int32_t length, int32_t element_size);
void env_delete_queue(void *queue);
int32_t env_put_queue(void *queue, void *msg, uintptr_t timeout_ms);
int32_t env_get_queue(void *queue, void *msg, uintptr_t timeout_ms);
int32_t env_get_current_queue_size(void *queue);

#endif
