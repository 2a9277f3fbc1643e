/* SPDX-License-Identifier: BSD-3-Clause */
/* What bench/fidelity says on the input; see fidelity_link.h for the words and their order. */
#include "bench/fidelity_link.h"

static char *word_number(char *at, uint32_t *number)
{
	while (*at == ' ')
		at++;
	for (*number = 0; *at >= '0' && *at <= '9'; at++)
		*number = *number * 10 + (uint32_t)(*at - '0');
	return at;
}

static char *word_letter(char *at, char *letter)
{
	while (*at == ' ')
		at++;
	*letter = *at;
	return *at ? at + 1 : at;
}

bool link_setup_read(struct link_setup *setup)
{
	char text[96] = "";
	char *at = text;

	hw_input_read(text, sizeof(text) - 1, 0);
	at = word_letter(at, &setup->kind);
	at = word_number(at, &setup->bytes);
	at = word_number(at, &setup->rounds);
	at = word_number(at, &setup->warm_up);
	at = word_letter(at, &setup->mailbox);
	for (unsigned int i = 0; i < 2; i++)
		at = word_number(at, &setup->polled[i]);
	for (unsigned int i = 0; i < 2; i++)
		at = word_number(at, &setup->place[i]);
	for (unsigned int i = 0; i < 2; i++)
		at = word_number(at, &setup->width[i]);
	for (unsigned int i = 0; i < 2; i++) {
		at = word_number(at, &setup->frames[i].isr);
		at = word_number(at, &setup->frames[i].task);
	}
	for (unsigned int i = 0; i < 2; i++)
		if (setup->polled[i] > LINK_SENDERS || setup->place[i] >= setup->polled[i])
			return false;
	if ((setup->kind != 'n' && setup->kind != 'r') || (setup->mailbox != 'f' && setup->mailbox != 'q'))
		return false;
	return setup->rounds && setup->bytes <= LINK_BYTES_MAX;
}
