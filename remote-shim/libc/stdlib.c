/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers, sorting and the end of a program, of the hosted C library. There is no environment, no file and no signal
 * where hosted code runs, so what asks for one gets none. Random numbers are the same in every run.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sbesim/hw.h>

/* ---- Numbers ------------------------------------------------------------------------------------- */

struct number {
	unsigned long long value;
	int negative, too_big;
	const char *end;
};

static int number_digit(char c, int base)
{
	int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10 : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;

	return digit < base ? digit : -1;
}

static const char *number_prefix(const char *s, int *base)
{
	int hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && number_digit(s[2], 16) >= 0;

	if (*base == 0)
		*base = hex ? 16 : *s == '0' ? 8 : 10;
	return hex && *base == 16 ? s + 2 : s;
}

static struct number number_read(const char *s, int base)
{
	struct number n = {.end = s};

	while (*s == ' ' || (*s >= '\t' && *s <= '\r'))
		s++;
	n.negative = *s == '-';
	if (*s == '-' || *s == '+')
		s++;
	s = number_prefix(s, &base);
	for (int digit; (digit = number_digit(*s, base)) >= 0; n.end = ++s) {
		n.too_big |= __builtin_mul_overflow(n.value, (unsigned long long)base, &n.value);
		n.too_big |= __builtin_add_overflow(n.value, (unsigned long long)digit, &n.value);
	}
	return n;
}

unsigned long long strtoull(const char *s, char **end, int base)
{
	struct number n = number_read(s, base);

	if (end)
		*end = (char *)n.end;
	if (n.too_big)
		errno = ERANGE;
	return n.too_big ? ULLONG_MAX : n.negative ? -n.value : n.value;
}

long long strtoll(const char *s, char **end, int base)
{
	struct number n = number_read(s, base);
	unsigned long long limit = (unsigned long long)LLONG_MAX + (n.negative ? 1 : 0);

	if (end)
		*end = (char *)n.end;
	if (n.too_big || n.value > limit) {
		errno = ERANGE;
		return n.negative ? LLONG_MIN : LLONG_MAX;
	}
	return (long long)(n.negative ? -n.value : n.value);
}

unsigned long strtoul(const char *s, char **end, int base)
{
	return strtoull(s, end, base);
}

long strtol(const char *s, char **end, int base)
{
	return strtoll(s, end, base);
}

int atoi(const char *s)
{
	return (int)strtol(s, NULL, 10);
}

long atol(const char *s)
{
	return strtol(s, NULL, 10);
}

int abs(int v)
{
	return v < 0 ? -v : v;
}

long labs(long v)
{
	return v < 0 ? -v : v;
}

/* glibc 2.38 and later: what strtol and its like are called in C23 and GNU modes. */
#define NUMBER_ALIAS(type, name) \
	type __isoc23_##name(const char *s, char **end, int base); \
	type __isoc23_##name(const char *s, char **end, int base) \
	{ \
		return name(s, end, base); \
	}
NUMBER_ALIAS(unsigned long long, strtoull)
NUMBER_ALIAS(long long, strtoll)
NUMBER_ALIAS(unsigned long, strtoul)
NUMBER_ALIAS(long, strtol)

/* ---- Random numbers, sorting ---------------------------------------------------------------------- */

static unsigned long long random_state = 1;

void srand(unsigned int seed)
{
	random_state = seed;
}

int rand(void)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (int)(random_state >> 33);
}

void srandom(unsigned int seed)
{
	srand(seed);
}

long random(void)
{
	return rand();
}

static void sort_swap(char *a, char *b, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char held = a[i];

		a[i] = b[i];
		b[i] = held;
	}
}

/* By insertion: what hosted programs sort is short. */
void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	char *p = base;

	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j && compare(p + (j - 1) * size, p + j * size) > 0; j--)
			sort_swap(p + (j - 1) * size, p + j * size, size);
}

/* ---- Memory, the end of a program ------------------------------------------------------------------- */

int posix_memalign(void **p, size_t align, size_t size)
{
	if (align < sizeof(void *) || align & (align - 1))
		return EINVAL;
	void *given = aligned_alloc(align, size);

	if (!given)
		return ENOMEM;
	*p = given;
	return 0;
}

void exit(int code)
{
	hw_exit(code);
}

void _Exit(int code)
{
	hw_exit(code);
}

void _exit(int code)
{
	hw_exit(code);
}

char *getenv(const char *name)
{
	(void)name;
	return NULL;
}

int sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
	(void)number;
	(void)action;
	if (before)
		memset(before, 0, sizeof(*before));
	return 0;
}
