/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text in a trace: well-formed UTF-8 without control characters (C0 other than newline and tab, DEL, C1), so
 * that whoever prints a trace that a stranger sent does not hand the stranger his terminal.
 *
 * It does not care how text looks: directions, widths and combining characters pass.
 */
#ifndef TRACES_TEXT_H
#define TRACES_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Bytes (1..4) of the character at `s`, of which `left` >= 1 bytes may be read; 0: no text may hold it. */
size_t trace_text_step(const uint8_t *s, size_t left);

/*
 * Copies what a program wrote, with its NUL, as text: control characters become their pictures (U+2400 ..),
 * bytes that are no UTF-8 become U+FFFD. Returns the end. `to` has room for trace_text_bound(text) bytes.
 */
uint8_t *trace_text_copy(uint8_t *to, const char *text);
size_t trace_text_bound(const char *text);

/*
 * Prints `size` bytes; what is no text, newlines and tabs are escaped as in C, and so are the characters in
 * `also`.
 */
void trace_text_print(FILE *out, const char *text, size_t size, const char *also);

#endif
