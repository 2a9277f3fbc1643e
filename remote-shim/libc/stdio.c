/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Streams and errors of the hosted C library: stdout and stderr, both the console; there are no others, and nothing is
 * buffered. printf itself is sim/libc.c's.
 */
#define __NO_INLINE__ 1 /* the header has a vprintf that calls vfprintf */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sbesim/hw.h>

FILE *stdout, *stderr, *stdin;

int vfprintf(FILE *stream, const char *format, va_list args)
{
	(void)stream;
	return vprintf(format, args);
}

int fprintf(FILE *stream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = vfprintf(stream, format, args);

	va_end(args);
	return length;
}

size_t fwrite(const void *p, size_t size, size_t n, FILE *stream)
{
	(void)stream;
	hw_console_write(p, size * n);
	return n;
}

int fputs(const char *s, FILE *stream)
{
	fwrite(s, 1, strlen(s), stream);
	return 0;
}

int fputc(int c, FILE *stream)
{
	char text = (char)c;

	fwrite(&text, 1, 1, stream);
	return c;
}

int putc(int c, FILE *stream)
{
	return fputc(c, stream);
}

int fflush(FILE *stream)
{
	(void)stream;
	return 0;
}

int setvbuf(FILE *stream, char *buffer, int mode, size_t size)
{
	(void)stream;
	(void)buffer;
	(void)mode;
	(void)size;
	return 0;
}

void setbuf(FILE *stream, char *buffer)
{
	setvbuf(stream, buffer, 0, 0);
}

/* ---- Errors ---------------------------------------------------------------------------------------- */

int *__errno_location(void)
{
	static int number;

	return &number;
}

char *strerror(int number)
{
	static const struct {
		int number;
		const char *text;
	} errors[] = {
		{0, "Success"},
		{EPERM, "Operation not permitted"},
		{ENOENT, "No such file or directory"},
		{EINTR, "Interrupted system call"},
		{EIO, "Input/output error"},
		{ENXIO, "No such device or address"},
		{EBADF, "Bad file descriptor"},
		{EAGAIN, "Resource temporarily unavailable"},
		{ENOMEM, "Cannot allocate memory"},
		{EACCES, "Permission denied"},
		{EFAULT, "Bad address"},
		{EBUSY, "Device or resource busy"},
		{EEXIST, "File exists"},
		{ENODEV, "No such device"},
		{EINVAL, "Invalid argument"},
		{EMFILE, "Too many open files"},
		{ENOTTY, "Inappropriate ioctl for device"},
		{EPIPE, "Broken pipe"},
		{ERANGE, "Numerical result out of range"},
		{EMSGSIZE, "Message too long"},
		{EOPNOTSUPP, "Operation not supported"},
		{ENETRESET, "Network dropped connection on reset"},
		{ETIMEDOUT, "Connection timed out"},
	};
	static char other[32];

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].number == number)
			return (char *)errors[i].text;
	snprintf(other, sizeof(other), "Unknown error %d", number);
	return other;
}

void perror(const char *who)
{
	int number = errno;

	if (who && *who)
		printf("%s: ", who);
	printf("%s\n", strerror(number));
}
