/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every kernel file is compiled with: the configuration, and the words that the kernel gives the compiler.
 * One CPU, no preemption, no loadable modules, no dynamic debugging.
 */
#ifndef HOST_SHIM_LINUX_KCONFIG_H
#define HOST_SHIM_LINUX_KCONFIG_H

#define CONFIG_RPMSG 1
#define CONFIG_RPMSG_CHAR 1
#define CONFIG_RPMSG_CTRL 1
#define CONFIG_RPMSG_NS 1
#define CONFIG_RPMSG_VIRTIO 1
#define CONFIG_REMOTEPROC 1
#define CONFIG_VIRTIO 1
#define CONFIG_VIRTIO_ANCHOR 1

/* 1 when the option is defined as 1, else 0; also in #if. */
#define IS_ENABLED(option) KCONFIG_IS(option)
#define IS_BUILTIN(option) KCONFIG_IS(option)
#define KCONFIG_IS(value) KCONFIG_ON(value)
#define KCONFIG_ON(value) KCONFIG_PICK(KCONFIG_ON_##value, 0, 0)
#define KCONFIG_ON_1 0, 1
#define KCONFIG_PICK(...) KCONFIG_SECOND(__VA_ARGS__)
#define KCONFIG_SECOND(first, second, ...) second

#define __init
#define __exit
#define __user
#define __iomem
#define __force
#define __bitwise
#define __rcu
#define __must_check
#define __counted_by(member)
#define __packed __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define __printf(text, args) __attribute__((format(printf, text, args)))
#define __maybe_unused __attribute__((unused))
#define __always_inline inline __attribute__((always_inline))
#define __used __attribute__((used))
#define noinline __attribute__((noinline))
#define fallthrough __attribute__((fallthrough))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define data_race(x) (x)
#define barrier() __asm__ volatile("" ::: "memory")

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))

#endif
