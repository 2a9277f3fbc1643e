/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading mailboxes: which kind a node is, and between which CPUs its channels are.
 *
 * A node's kind comes from its compatible strings (upstream's bindings), or from sbesim,kind; other sbesim,
 * properties change what a kind is by itself. An entry of a domain's "mboxes" is a channel with both its directions:
 * the domain that has the same entry is at its other end. What registers and interrupts upstream's bindings describe
 * is not read.
 */
#include <string.h>

#include "models/platform_reader.h"

static const char *platform_node_name(struct platform_reader *r, int node)
{
	return fdt_get_name(r->fdt, node, NULL);
}

/* ---- What a mailbox is --------------------------------------------------------------------------------- */

/* Sets *value when the property is there; false, and said, when it is not a number up to `max`. */
static bool platform_mailbox_number(struct platform_reader *r, int node, const char *name, uint32_t max,
				    uint8_t *value)
{
	uint32_t number = *value;

	if (!fdt_getprop(r->fdt, node, name, NULL))
		return true;
	if (!platform_u32(r, node, name, &number))
		return false;
	if (number > max)
		return platform_fail(r, "node %s: %s: expected at most %u, seen %u", platform_node_name(r, node),
				     name, max, number);
	*value = (uint8_t)number;
	return true;
}

/* Sets *value to the number of the word in an enum of the trace, when the property is there. */
static bool platform_mailbox_word(struct platform_reader *r, int node, const char *name, const char *type,
				  unsigned int values, unsigned int *value)
{
	char word[PLATFORM_NAME_MAX];

	if (!fdt_getprop(r->fdt, node, name, NULL))
		return true;
	if (!platform_string(r, node, name, word, sizeof(word)))
		return false;
	for (unsigned int i = 0; i < values; i++)
		if (strcmp(word, trace_enum_name(type, i)) == 0) {
			*value = i;
			return true;
		}
	return platform_fail(r, "node %s: %s: expected a %s of docs/platforms.md, seen \"%s\"",
			     platform_node_name(r, node), name, type, word);
}

/* Sets *value to whether the property is the second of the two words, when it is there. */
static bool platform_mailbox_either(struct platform_reader *r, int node, const char *name, const char *const words[2],
				    bool *value)
{
	char word[PLATFORM_NAME_MAX];

	if (!fdt_getprop(r->fdt, node, name, NULL))
		return true;
	if (!platform_string(r, node, name, word, sizeof(word)))
		return false;
	*value = strcmp(word, words[1]) == 0;
	if (!*value && strcmp(word, words[0]) != 0)
		return platform_fail(r, "node %s: %s: expected %s or %s, seen \"%s\"", platform_node_name(r, node),
				     name, words[0], words[1], word);
	return true;
}

static const struct mailbox_properties *platform_mailbox_compatible(struct platform_reader *r, int node)
{
	const struct mailbox_properties *found = NULL;
	const char *compatible;

	for (int i = 0; !found && (compatible = fdt_stringlist_get(r->fdt, node, "compatible", i, NULL)); i++)
		found = mailbox_kind_compatible(compatible);
	return found;
}

/* sbesim,kind goes before compatible. */
static bool platform_mailbox_kind(struct platform_reader *r, int node, struct mailbox_properties *is)
{
	const struct mailbox_properties *upstream = platform_mailbox_compatible(r, node);
	unsigned int kind = upstream ? upstream->kind : MAILBOX_KINDS;

	if (!platform_mailbox_word(r, node, "sbesim,kind", "mailbox_kind", MAILBOX_KINDS, &kind))
		return false;
	if (kind == MAILBOX_KINDS)
		return platform_fail(r,
				     "node %s: expected sbesim,kind, or a mailbox of docs/platforms.md in compatible",
				     platform_node_name(r, node));
	*is = mailbox_kinds[kind];
	return true;
}

/* What the node says of its places; a unit's other channels, which have none of their own, it does not speak of. */
static bool platform_mailbox_places(struct platform_reader *r, int node, struct mailbox_properties *is)
{
	static const char *const acknowledge[] = { "at-once", "late" }, *const receivers[] = { "trust", "scan-all" };
	unsigned int when_full = is->when_full;

	if (!platform_mailbox_number(r, node, "sbesim,depth", MAILBOX_DEPTH_MAX, &is->depth) ||
	    !platform_mailbox_number(r, node, "sbesim,token-bits", 64, &is->token_bits) ||
	    !platform_mailbox_word(r, node, "sbesim,when-full", "mailbox_full", TRACE_MAILBOX_FULL_OVERWRITE + 1,
				   &when_full) ||
	    !platform_mailbox_either(r, node, "sbesim,acknowledge", acknowledge, &is->late_ack) ||
	    !platform_mailbox_either(r, node, "sbesim,receivers", receivers, &is->scan_all))
		return false;
	is->when_full = (enum trace_mailbox_full)when_full;
	is->edge = fdt_getprop(r->fdt, node, "sbesim,edge", NULL) != NULL;
	return true;
}

static bool platform_mailbox_is(struct platform_reader *r, int node, bool doorbells, struct mailbox_properties *is)
{
	const char *why;

	if (!platform_mailbox_kind(r, node, is))
		return false;
	if (doorbells)
		*is = mailbox_kinds[TRACE_MAILBOX_KIND_IMX_MU_DOORBELL];
	else if (!platform_mailbox_places(r, node, is))
		return false;
	is->lossy = fdt_getprop(r->fdt, node, "sbesim,lossy", NULL) != NULL;
	is->duplicates = fdt_getprop(r->fdt, node, "sbesim,duplicates", NULL) != NULL;
	why = mailbox_kind_contradiction(is);
	if (why)
		return platform_fail(r, "node %s: sbesim, properties of the mailbox: expected %s",
				     platform_node_name(r, node), why);
	return true;
}

static bool platform_read_mailbox(struct platform_reader *r, int node, bool doorbells,
				  struct platform_mailbox *mailbox)
{
	const char *name = platform_node_name(r, node);

	if (strlen(name) >= sizeof(mailbox->name))
		return platform_fail(r, "node %s: expected a name of less than %zu bytes", name,
				     sizeof(mailbox->name));
	strcpy(mailbox->name, name);
	return platform_mailbox_is(r, node, doorbells, &mailbox->is) &&
	       platform_u32(r, node, "sbesim,latency-ns", &mailbox->latency_ns) &&
	       platform_u32(r, node, "sbesim,delay-ns", &mailbox->delay_ns);
}

/* The platform's mailbox of that name and kind, added when it is the first time that it is named. */
static bool platform_mailbox_of(struct platform_reader *r, int node, bool doorbells, unsigned int *index)
{
	struct platform *p = r->platform;
	struct platform_mailbox mailbox = { .latency_ns = 0 };

	if (!platform_read_mailbox(r, node, doorbells, &mailbox))
		return false;
	for (*index = 0; *index < p->mailboxes; ++*index)
		if (strcmp(p->mailbox[*index].name, mailbox.name) == 0 &&
		    p->mailbox[*index].is.kind == mailbox.is.kind)
			return true;
	if (p->mailboxes == PLATFORM_MAILBOXES_MAX)
		return platform_fail(r, "node %s: at most %d mailboxes", mailbox.name, PLATFORM_MAILBOXES_MAX);
	p->mailbox[p->mailboxes++] = mailbox;
	return true;
}

/* ---- What a domain names -------------------------------------------------------------------------------- */

/* fsl,mu.yaml: types 0 and 1 are a register's two directions, 2 and 3 a doorbell's; one channel here. */
static bool platform_channel_is_doorbell(struct platform_reader *r, int node, struct platform_channel *channel,
					 bool *doorbell)
{
	struct mailbox_properties is;

	*doorbell = false;
	if (!platform_mailbox_kind(r, node, &is))
		return false;
	if (is.kind != TRACE_MAILBOX_KIND_IMX_MU)
		return true;
	if (channel->specifier[0] > 3)
		return platform_fail(r, "node %s: expected channels of types 0 to 3, seen %u",
				     platform_node_name(r, node), channel->specifier[0]);
	*doorbell = channel->specifier[0] >= 2;
	channel->specifier[0] &= ~1u;
	return true;
}

/* The entry at *cell, which moves on behind it. */
static bool platform_read_channel(struct platform_reader *r, int domain, const fdt32_t *list, int cells, int *cell,
				  struct platform_channel *channel)
{
	int node = platform_phandle(r, domain, "mboxes", (*cell)++);
	uint32_t width;
	bool doorbell;

	if (node < 0 || !platform_u32(r, node, "#mbox-cells", &width))
		return false;
	if (width < 1 || width > 2 || *cell + (int)width > cells)
		return platform_fail(r, "node %s: mboxes: expected the 1 or 2 #mbox-cells of %s behind it",
				     platform_node_name(r, domain), platform_node_name(r, node));
	for (uint32_t i = 0; i < width; i++)
		channel->specifier[i] = fdt32_to_cpu(list[(*cell)++]);
	return platform_channel_is_doorbell(r, node, channel, &doorbell) &&
	       platform_mailbox_of(r, node, doorbell, &channel->mailbox);
}

static bool platform_channels_equal(const struct platform_channel *a, const struct platform_channel *b)
{
	return a->mailbox == b->mailbox && a->specifier[0] == b->specifier[0] && a->specifier[1] == b->specifier[1];
}

bool platform_read_mboxes(struct platform_reader *r, int domain, struct platform_cpu *cpu)
{
	int size, cell = 0;
	const fdt32_t *list = fdt_getprop(r->fdt, domain, "mboxes", &size);

	if (!list || size < 4)
		return platform_fail(r, "node %s: expected mailbox channels in mboxes",
				     platform_node_name(r, domain));
	while (cell < size / 4) {
		if (cpu->channels == PLATFORM_CHANNELS_MAX)
			return platform_fail(r, "node %s: at most %d mboxes", platform_node_name(r, domain),
					     PLATFORM_CHANNELS_MAX);
		if (!platform_read_channel(r, domain, list, size / 4, &cell, &cpu->channel[cpu->channels]))
			return false;
		for (unsigned int i = 0; i < cpu->channels; i++)
			if (platform_channels_equal(&cpu->channel[i], &cpu->channel[cpu->channels]))
				return platform_fail(r, "node %s: mboxes: entries %u and %u are the same channel",
						     platform_node_name(r, domain), i, cpu->channels);
		cpu->channels++;
	}
	return true;
}

static bool platform_interrupt_is_taken(const struct platform *p, uint32_t interrupt)
{
	for (const struct platform_cpu *cpu = p->cpu; cpu < p->cpu + PLATFORM_CPUS_MAX; cpu++)
		for (unsigned int i = 0; i < cpu->channels; i++)
			if (cpu->channel[i].interrupt == interrupt)
				return true;
	return false;
}

bool platform_read_interrupts(struct platform_reader *r, int domain, struct platform_cpu *cpu)
{
	static const char property[] = "sbesim,mbox-interrupts";
	int size = 0;
	const fdt32_t *list = fdt_getprop(r->fdt, domain, property, &size);

	if (!list)
		return true;
	if (size != (int)(4 * cpu->channels))
		return platform_fail(r, "node %s: %s: expected %u numbers, as many as mboxes has entries, seen %d bytes",
				     platform_node_name(r, domain), property, cpu->channels, size);
	for (unsigned int i = 0; i < cpu->channels; i++) {
		uint32_t number = fdt32_to_cpu(list[i]);

		if (number == UINT32_MAX || platform_interrupt_is_taken(r->platform, number + 1))
			return platform_fail(r, "node %s: %s: expected numbers that no other interrupt has, seen %u",
					     platform_node_name(r, domain), property, number);
		cpu->channel[i].interrupt = number + 1;
	}
	return true;
}

/* ---- Who is at the other end ------------------------------------------------------------------------------ */

static bool platform_connect(struct platform_reader *r, unsigned int id, unsigned int i)
{
	struct platform_channel *channel = &r->platform->cpu[id].channel[i];

	for (unsigned int peer = 0; peer < r->platform->cpus; peer++)
		for (unsigned int k = 0; peer != id && k < r->platform->cpu[peer].channels; k++) {
			if (!platform_channels_equal(channel, &r->platform->cpu[peer].channel[k]))
				continue;
			if (channel->connected)
				return platform_fail(r,
						     "node /domains: mboxes: expected a channel of %s to be named by "
						     "two domains, seen more",
						     r->platform->mailbox[channel->mailbox].name);
			channel->connected = true;
			channel->peer = peer;
			channel->peer_channel = k;
		}
	return true;
}

bool platform_connect_mboxes(struct platform_reader *r)
{
	for (unsigned int id = 0; id < r->platform->cpus; id++)
		for (unsigned int i = 0; i < r->platform->cpu[id].channels; i++)
			if (!platform_connect(r, id, i))
				return false;
	return true;
}
