/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Structures in shared memory that are laid out differently on a 32-bit CPU, from an object's debug information: those
 * with a member that is a pointer, a long or a long double, in itself or inside another structure.
 *
 * Nothing says which structures are shared. Taken for shared are those that are packed so that it shows (a member, or
 * the whole size, is not aligned), those that something points to as volatile, and those that -Wsbesim-shared=PATTERN
 * names.
 * Fixed-width types are known by the "64" in their typedef's name. Structures of system headers are left alone.
 */
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fnmatch.h>
#include <string.h>

#include "sim/cc/cc.h"

#define NESTING_MAX 16u

enum reason { NOT_SHARED, IS_PACKED, IS_VOLATILE, IS_NAMED };

static Dwarf_Die *die_type(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attribute;

	return dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attribute), type);
}

/* Without its qualifiers, typedefs and array dimensions; `fixed` when a typedef says so by its name. */
static Dwarf_Die *die_bare_type(Dwarf_Die *die, Dwarf_Die *type, bool *fixed)
{
	*fixed = false;
	if (!die_type(die, type))
		return NULL;
	for (unsigned int depth = 0; depth < 64; depth++) {
		const char *name = dwarf_diename(type);

		switch (dwarf_tag(type)) {
		case DW_TAG_typedef:
			*fixed |= name && strstr(name, "64");
			break;
		case DW_TAG_const_type:
		case DW_TAG_volatile_type:
		case DW_TAG_restrict_type:
		case DW_TAG_atomic_type:
		case DW_TAG_array_type:
			break;
		default:
			return type;
		}
		if (!die_type(type, type))
			return NULL;
	}
	return NULL;
}

static bool die_is_structure(Dwarf_Die *die)
{
	return dwarf_tag(die) == DW_TAG_structure_type || dwarf_tag(die) == DW_TAG_union_type;
}

static Dwarf_Word die_value(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value = 0;

	dwarf_formudata(dwarf_attr(die, name, &attribute), &value);
	return value;
}

/* libdw's own answer is none for clang's file number 0. */
static const char *die_file(Dwarf_Die *die)
{
	Dwarf_Die unit;
	Dwarf_Files *files;
	Dwarf_Attribute attribute;
	size_t count;

	if (!dwarf_attr(die, DW_AT_decl_file, &attribute) || !dwarf_diecu(die, &unit, NULL, NULL) ||
	    dwarf_getsrcfiles(&unit, &files, &count) != 0)
		return NULL;
	return dwarf_filesrc(files, die_value(die, DW_AT_decl_file), NULL, NULL);
}

static struct cc_place die_place(Dwarf_Die *die)
{
	struct cc_place place = { die_file(die), 1, 1 };
	int number;

	if (dwarf_decl_line(die, &number) == 0)
		place.line = (unsigned int)number;
	if (dwarf_decl_column(die, &number) == 0)
		place.column = (unsigned int)number;
	return place;
}

static Dwarf_Word structure_alignment(Dwarf_Die *structure, unsigned int depth);

static Dwarf_Word type_alignment(Dwarf_Die *type, unsigned int depth)
{
	if (die_is_structure(type))
		return depth < NESTING_MAX ? structure_alignment(type, depth + 1) : 1;

	Dwarf_Word size = die_value(type, DW_AT_byte_size);

	return size ? size : 8;
}

/* Is it laid out as no structure is that is not packed? */
static bool structure_is_packed(Dwarf_Die *structure)
{
	Dwarf_Die member, type;
	Dwarf_Word most = 1;
	bool fixed, packed = false;

	if (dwarf_tag(structure) != DW_TAG_structure_type || dwarf_child(structure, &member) != 0)
		return false;
	do {
		Dwarf_Attribute bits;

		if (dwarf_tag(&member) != DW_TAG_member || dwarf_attr(&member, DW_AT_bit_size, &bits) ||
		    !die_bare_type(&member, &type, &fixed))
			continue;
		Dwarf_Word alignment = type_alignment(&type, 0);

		packed |= die_value(&member, DW_AT_data_member_location) % alignment != 0;
		most = alignment > most ? alignment : most;
	} while (dwarf_siblingof(&member, &member) == 0);
	return packed || die_value(structure, DW_AT_byte_size) % most != 0;
}

static Dwarf_Word structure_alignment(Dwarf_Die *structure, unsigned int depth)
{
	Dwarf_Die member, type;
	Dwarf_Word most = 1;
	bool fixed;

	if (structure_is_packed(structure) || dwarf_child(structure, &member) != 0)
		return 1;
	do {
		if (dwarf_tag(&member) == DW_TAG_member && die_bare_type(&member, &type, &fixed)) {
			Dwarf_Word alignment = type_alignment(&type, depth);

			most = alignment > most ? alignment : most;
		}
	} while (dwarf_siblingof(&member, &member) == 0);
	return most;
}

/* Its size on a 32-bit CPU, when that is another one; else 0. */
static unsigned int type_other_size(Dwarf_Die *type, bool fixed)
{
	const char *name = dwarf_diename(type);

	if (dwarf_tag(type) == DW_TAG_pointer_type)
		return 4;
	if (dwarf_tag(type) != DW_TAG_base_type || !name || fixed || !strstr(name, "long") ||
	    strstr(name, "long long"))
		return 0;
	return strstr(name, "double") ? 8 : 4;
}

static void structure_report(Dwarf_Die *structure, const char *shared, enum reason reason, unsigned int depth)
{
	static const char *const why[] = {
		[NOT_SHARED] = "",
		[IS_PACKED] = "is packed",
		[IS_VOLATILE] = "is accessed as volatile",
		[IS_NAMED] = "was named as shared",
	};
	Dwarf_Die member, type;
	bool fixed;

	if (depth == NESTING_MAX || dwarf_child(structure, &member) != 0)
		return;
	do {
		struct cc_place place = die_place(&member);

		if (dwarf_tag(&member) != DW_TAG_member || !die_bare_type(&member, &type, &fixed))
			continue;
		unsigned int size = type_other_size(&type, fixed);

		if (die_is_structure(&type))
			structure_report(&type, shared, reason, depth + 1);
		else if (size && place.file)
			cc_warn(CC_LP64, place,
				"\"%s\" has elements of %u bytes here and of %u on a 32-bit CPU, and \"%s\" %s",
				dwarf_diename(&member) ? dwarf_diename(&member) : "",
				(unsigned int)die_value(&type, DW_AT_byte_size), size, shared, why[reason]);
	} while (dwarf_siblingof(&member, &member) == 0);
}

static bool name_matches(const char *name, const char *patterns)
{
	char *list = patterns ? cc_copy(patterns, strlen(patterns)) : NULL, *save = NULL;

	for (char *one = list ? strtok_r(list, ",", &save) : NULL; one; one = strtok_r(NULL, ",", &save))
		if (fnmatch(one, name, 0) == 0)
			return true;
	return false;
}

static void layout_look_at(Dwarf_Die *die, const char *patterns)
{
	Dwarf_Die target = *die;
	bool fixed, is_volatile = false;
	const char *file, *name = dwarf_diename(die);

	if (dwarf_tag(die) == DW_TAG_pointer_type) {
		if (!die_type(die, &target))
			return;
		for (unsigned int depth = 0; depth < 8 && (dwarf_tag(&target) == DW_TAG_volatile_type ||
							   dwarf_tag(&target) == DW_TAG_const_type);
		     depth++) {
			is_volatile |= dwarf_tag(&target) == DW_TAG_volatile_type;
			if (!die_type(&target, &target))
				return;
		}
		if (!is_volatile)
			return;
	}
	if (dwarf_tag(&target) == DW_TAG_typedef && !die_bare_type(die, &target, &fixed))
		return;
	file = die_is_structure(&target) ? die_file(&target) : NULL;
	if (!file || cc_starts(file, "/usr/"))
		return;
	if (dwarf_diename(&target))
		name = dwarf_diename(&target);
	name = name ? name : "a structure without a name";
	if (name_matches(name, patterns))
		structure_report(&target, name, IS_NAMED, 0);
	else if (is_volatile)
		structure_report(&target, name, IS_VOLATILE, 0);
	else if (structure_is_packed(&target))
		structure_report(&target, name, IS_PACKED, 0);
}

/* Types are declared at the top of a unit, or inside functions. */
static void layout_walk(Dwarf_Die *parent, const char *patterns, unsigned int depth)
{
	Dwarf_Die die;

	if (depth == NESTING_MAX || dwarf_child(parent, &die) != 0)
		return;
	do {
		layout_look_at(&die, patterns);
		if (dwarf_haschildren(&die) && !die_is_structure(&die))
			layout_walk(&die, patterns, depth + 1);
	} while (dwarf_siblingof(&die, &die) == 0);
}

void layout_scan(const char *object, const char *patterns)
{
	static const Dwfl_Callbacks callbacks = { .find_debuginfo = dwfl_standard_find_debuginfo,
						  .section_address = dwfl_offline_section_address };
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *module = dwfl ? dwfl_report_offline(dwfl, object, object, -1) : NULL;
	Dwarf_Addr bias;
	Dwarf *dwarf = module ? dwfl_module_getdwarf(module, &bias) : NULL;
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;

	while (dwarf && dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
		layout_walk(&die, patterns, 0);
	if (dwfl)
		dwfl_end(dwfl);
}
