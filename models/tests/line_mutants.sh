#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# Proves that line_fuzz can fail: breaks one rule at a time in a copy of models/line.c and requires that the
# fuzz sees it. Times, events and the cap are not mutated: line_fuzz does not compare them.
#
# line_mutants.sh [CC [PROGRAMS]], run in the project's root.

cc=${1:-cc}
programs=${2:-500}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
passed=0
failed=0

build()
{
	"$cc" -std=c11 -O2 -w -I. -Iinclude "$@"
}

# Prints the number of differences, or what else went wrong.
differences()
{
	sed "$1" models/line.c > "$dir/line.c"
	if cmp -s models/line.c "$dir/line.c"; then
		echo "the mutation no longer applies"
	elif ! build "$dir/line.c" "$dir/line_fuzz.o" -o "$dir/mutant" 2> /dev/null; then
		echo "the mutant does not compile"
	else
		"$dir/mutant" "$programs" > "$dir/output" 2>&1
		sed -n 's/^line_fuzz: .* outcomes, \([0-9]*\) differences$/\1/p' "$dir/output"
	fi
}

# mutant RULE SCRIPT: without this rule, which the sed script removes, the twins must differ.
mutant()
{
	result=$(differences "$2")
	case $result in
	[1-9]*)	passed=$((passed + 1)) ;;
	*)	failed=$((failed + 1)); result="FAILED: ${result:-no verdict}" ;;
	esac
	echo "$1: $result"
}

build -c models/tests/line_fuzz.c -o "$dir/line_fuzz.o" || exit 1

mutant 'a copy may be dropped before an access' \
	's/line_ask(&job, LINE_SITE_EVICT, 2)/0/'
mutant 'a dirty line that is dropped is written back' \
	'/^static void line_drop/,/^}/s/ref->line->dirty/false/'
mutant 'what is dropped is written before or after what others write' \
	'/^static void line_settle_evicting/,/^}/s/line_settle_asking(job, \(.*\));/\1;/'
mutant 'an access that keeps its copy moves since' \
	'/^static void line_keep/,/^}/{/since =/d;}'
mutant 'a fill moves since' \
	'/^static void line_fill_with(/,/^}/{/since =/d;}'
mutant 'maintenance moves since' \
	'/^int line_maintain/,/^}/{/since =/d;}'
mutant 'a write-back moves since' \
	'/^static void line_write_back/,/^}/{/since =/d;}'
mutant 'a line may be filled from an older state' \
	's/line_ask(job, LINE_SITE_FILL, count + nothing)/0/'
mutant 'but not from one before since' \
	's/ && g->state\[i\]->version >= ref->line->since//'
mutant 'pendings may be settled' \
	's/1 + line_options_count(job, mask)/1/'
mutant 'older pendings may be settled' \
	'/^static struct line_ref line_option_find/,/^}/s/- 1 - option;/- 1;/'
mutant 'pendings older than the settled one become states' \
	'/^static void line_memory_take/,/^}/s/i < taken/i < 0/'
mutant 'write-backs come in any order' \
	's/mask &= ~line_bit(&ref);/mask \&= ~(2 * line_bit(\&ref) - 1);/'
mutant 'of a dirty line that is not settled only the newest content stays pending' \
	'/^static void line_pendings_prune/,/^}/s/line_pendings_drop(job, ref->line, .*);/;/'
mutant 'limbo that is not settled is gone' \
	'/^static void line_pendings_prune/,/^}/s/line_limbo_drop(job, ref);/;/'
mutant 'invalidated dirty bytes go to limbo' \
	'/^int line_maintain/,/^}/s/line->dirty = false;/&line_pendings_drop(\&job, line, line->pendings);/'
mutant 'a line is watched when memory changed' \
	's/ || line->since != line_memory_newest(g)->version//'
mutant 'a line is watched when others have pendings' \
	'/^static bool line_pending_elsewhere/,/^}/s/return true/return false/'
mutant 'a pending in either half makes a 64-byte line watched' \
	's/LINE_MAX - 1 : at;/0 : at;/'
mutant 'a stale clean copy is watched' \
	's/(line->stale && !line->dirty)/false/'
mutant 'an access that keeps its copy settles others' \
	'/^static void line_keep/,/^}/{/line_settle_mask/d;}'
mutant 'a miss settles others' \
	'/^bool line_touch(/,/^}/s/line_settle_mask(&job, line_settle_scope(.*));/;/'
mutant 'maintenance settles others' \
	'/^int line_maintain/,/^}/{/line_settle_mask/d;}'
mutant 'an uncached access settles pendings' \
	'/^void line_touch_uncached/,/^}/{/line_settle_mask/d;}'
mutant 'neighbours in a longer line of another view are settled too' \
	'/^static unsigned int line_bytes_max/,/^}/s/return max/return 32/'
mutant 'a 64-byte line settles whole' \
	'/^static void line_memory_take/,/^}/s/ref->size/32/'
mutant 'what was prefetched before memory refused may be found' \
	's/shut \&\& ref.line->byte/!shut \&\& ref.line->byte/'
mutant 'what memory held while it refused was not seen' \
	'/^static void line_shut_view/,/^}/{/since =/d;}'
mutant 'a copy that was kept while memory refused may be stale' \
	'/^static void line_shut_view/,/^}/s/line->stale = .*/line->stale = false;/'
mutant 'memory refuses from one moment on, and what went before had its effect' \
	'/^void line_shut/,/^}/s/line_settle_mask(.*);/;/'
mutant 'a refused write-back does not reach memory' \
	'/^static void line_memory_take/,/^}/s/line_is_refused(g, ref->view)/false/'
mutant 'nothing is filled from memory that refuses' \
	'/^static unsigned int line_fill_options/,/^}/s/line_is_refused(.*) ? 0 : //'
echo "line_mutants: $passed passed, $failed failed"
test "$failed" -eq 0
