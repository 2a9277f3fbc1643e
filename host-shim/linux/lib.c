/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's library on the hosted one: the heap, strings, messages, warnings. The kernel's own conversions in
 * formats (%pK, %pe, ...) print as pointers; messages have neither level nor time.
 */
#include <sbesim/hw.h>

#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#define LIB_LINE 256u

void *malloc(size_t size);
void free(void *p);

/* ---- The heap -------------------------------------------------------------------------------------- */

void *kmalloc(size_t size, gfp_t gfp)
{
	void *p = malloc(size ? size : 1);

	if (p && (gfp & __GFP_ZERO))
		memset(p, 0, size);
	return p;
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

void kfree(const void *p)
{
	free((void *)p);
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	/* Only rings that virtio allocates by itself would need it: remoteproc's lie in carve-outs. */
	(void)size, (void)gfp;
	BUG();
}

void free_pages_exact(void *p, size_t size)
{
	(void)p, (void)size;
	BUG();
}

/* ---- Strings ---------------------------------------------------------------------------------------- */

ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t length = strnlen(from, size);

	if (!size)
		return -E2BIG;
	memcpy(to, from, length < size ? length : size - 1);
	to[length < size ? length : size - 1] = '\0';
	return length < size ? (ssize_t)length : -E2BIG;
}

ssize_t strscpy_pad(char *to, const char *from, size_t size)
{
	ssize_t length = strscpy(to, from, size);

	if (length >= 0)
		memset(to + length, 0, size - (size_t)length);
	return length;
}

char *kstrndup(const char *s, size_t n, gfp_t gfp)
{
	size_t length = strnlen(s, n);
	char *copy = kmalloc(length + 1, gfp);

	if (!copy)
		return NULL;
	memcpy(copy, s, length);
	copy[length] = '\0';
	return copy;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? kstrndup(s, strlen(s), gfp) : NULL;
}

void *kmemdup(const void *p, size_t n, gfp_t gfp)
{
	void *copy = kmalloc(n, gfp);

	if (copy)
		memcpy(copy, p, n);
	return copy;
}

char *kvasprintf(gfp_t gfp, const char *fmt, va_list args)
{
	char line[LIB_LINE];

	vsnprintf(line, sizeof(line), fmt, args);
	return kstrdup(line, gfp);
}

char *kasprintf(gfp_t gfp, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = kvasprintf(gfp, fmt, args);
	va_end(args);
	return text;
}

/* ---- Messages ---------------------------------------------------------------------------------------- */

int printk(const char *fmt, ...)
{
	char line[LIB_LINE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	hw_console_write(line, strlen(line));
	return (int)strlen(line);
}

bool linux_warned(const char *what, const char *file, int line)
{
	printk("WARNING: %s at %s:%d\n", what, file, line);
	return true;
}

_Noreturn void panic(const char *fmt, ...)
{
	char line[LIB_LINE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	hw_assert_fail(line, __FILE__, __LINE__);
}
