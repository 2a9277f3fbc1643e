/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What sbesim-cc includes ahead of everything that it compiles by gcc.
 *
 * -fno-builtin makes calls of memcpy() calls; __builtin_memcpy() stays what it is, and gcc turns it into instructions
 * without hooks. Here it becomes a call of the same function of the hosted C library. The functions have private names,
 * so that a program may declare or define the ordinary ones as it likes. Left alone are those builtins which never
 * become anything but a call or a constant, such as __builtin_strlen.
 */
#if !defined(SBESIM_BUILTINS_H) && !defined(__ASSEMBLER__)
#define SBESIM_BUILTINS_H

void *sbesim_memcpy(void *to, const void *from, __SIZE_TYPE__ size) __asm__("memcpy");
void *sbesim_memmove(void *to, const void *from, __SIZE_TYPE__ size) __asm__("memmove");
void *sbesim_memset(void *to, int value, __SIZE_TYPE__ size) __asm__("memset");
void *sbesim_memchr(const void *in, int value, __SIZE_TYPE__ size) __asm__("memchr");
int sbesim_memcmp(const void *a, const void *b, __SIZE_TYPE__ size) __asm__("memcmp");
int sbesim_strcmp(const char *a, const char *b) __asm__("strcmp");
int sbesim_strncmp(const char *a, const char *b, __SIZE_TYPE__ size) __asm__("strncmp");
char *sbesim_strcpy(char *to, const char *from) __asm__("strcpy");
char *sbesim_strncpy(char *to, const char *from, __SIZE_TYPE__ size) __asm__("strncpy");
char *sbesim_strcat(char *to, const char *from) __asm__("strcat");

#define __builtin_memcpy sbesim_memcpy
#define __builtin_memmove sbesim_memmove
#define __builtin_memset sbesim_memset
#define __builtin_memchr sbesim_memchr
#define __builtin_memcmp sbesim_memcmp
#define __builtin_bcmp sbesim_memcmp
#define __builtin_strcmp sbesim_strcmp
#define __builtin_strncmp sbesim_strncmp
#define __builtin_strcpy sbesim_strcpy
#define __builtin_strncpy sbesim_strncpy
#define __builtin_strcat sbesim_strcat
#define __builtin___memcpy_chk(to, from, size, room) sbesim_memcpy(to, from, size)
#define __builtin___memmove_chk(to, from, size, room) sbesim_memmove(to, from, size)
#define __builtin___memset_chk(to, value, size, room) sbesim_memset(to, value, size)
#define __builtin___strcpy_chk(to, from, room) sbesim_strcpy(to, from)
#define __builtin___strncpy_chk(to, from, size, room) sbesim_strncpy(to, from, size)
#define __builtin___strcat_chk(to, from, room) sbesim_strcat(to, from)

#endif
