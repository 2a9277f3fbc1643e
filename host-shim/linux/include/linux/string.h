/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings: the hosted C library's, and the kernel's own. */
#ifndef HOST_SHIM_LINUX_STRING_H
#define HOST_SHIM_LINUX_STRING_H

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/types.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strncpy(char *to, const char *from, size_t n);
char *strchr(const char *s, int c);
size_t strcspn(const char *s, const char *reject);

/* Copies what fits and ends it; the length, or -E2BIG when it did not fit. */
ssize_t strscpy(char *to, const char *from, size_t size);
/* Likewise, with the rest of `to` zero. */
ssize_t strscpy_pad(char *to, const char *from, size_t size);

char *kstrdup(const char *s, gfp_t gfp);
char *kstrndup(const char *s, size_t n, gfp_t gfp);
void *kmemdup(const void *p, size_t n, gfp_t gfp);
char *kasprintf(gfp_t gfp, const char *fmt, ...) __printf(2, 3);
char *kvasprintf(gfp_t gfp, const char *fmt, va_list args);

#define kstrdup_const(s, gfp) kstrdup(s, gfp)
#define kfree_const(s) kfree(s)

#endif
