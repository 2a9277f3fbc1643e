/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Strings of the hosted C library, beyond those that sim/libc.c has (which are the ones that compilers call by
 * themselves). Ordinary hosted code: its accesses are hooked like the program's own. No locale: ASCII.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int string_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static int string_compare_case(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int x = string_lower((unsigned char)a[i]), y = string_lower((unsigned char)b[i]);

		if (x != y || !x)
			return x - y;
	}
	return 0;
}

int strcasecmp(const char *a, const char *b)
{
	return string_compare_case(a, b, (size_t)-1);
}

int strncasecmp(const char *a, const char *b, size_t n)
{
	return string_compare_case(a, b, n);
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

char *strstr(const char *s, const char *wanted)
{
	size_t size = strlen(wanted);

	for (; strncmp(s, wanted, size) != 0; s++)
		if (!*s)
			return NULL;
	return (char *)s;
}

char *strncat(char *d, const char *s, size_t n)
{
	char *end = d + strlen(d);

	while (n-- && *s)
		*end++ = *s++;
	*end = '\0';
	return d;
}

char *strndup(const char *s, size_t n)
{
	size_t size = strnlen(s, n);
	char *copy = malloc(size + 1);

	if (!copy)
		return NULL;
	memcpy(copy, s, size);
	copy[size] = '\0';
	return copy;
}

char *strdup(const char *s)
{
	return strndup(s, strlen(s));
}

/* How long `s` is of characters that are (`wanted`), or are not, in `set`. */
static size_t string_span(const char *s, const char *set, int wanted)
{
	size_t n = 0;

	while (s[n] && !strchr(set, s[n]) == !wanted)
		n++;
	return n;
}

size_t strspn(const char *s, const char *set)
{
	return string_span(s, set, 1);
}

size_t strcspn(const char *s, const char *set)
{
	return string_span(s, set, 0);
}

char *strtok_r(char *s, const char *separators, char **rest)
{
	if (!s)
		s = *rest;
	s += strspn(s, separators);
	*rest = s + strcspn(s, separators);
	if (*rest == s)
		return NULL;
	if (**rest)
		*(*rest)++ = '\0';
	return s;
}

char *strtok(char *s, const char *separators)
{
	static char *rest;

	return strtok_r(s, separators, &rest);
}
