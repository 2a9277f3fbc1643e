#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# Proves that the escape self-test can fail: breaks one thing at a time in a copy of what it tests (the driver's
# flags, the builtins, the hooks, the hosted library, the expectations) and requires that the test says so.
#
# mutants.sh BUILD [CC], run in the project's root; BUILD holds libsbe.a, CC compiles the simulator.

build=$1
cc=${2:-cc}
here=sim/tests/escape
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
passed=0
failed=0
compiler=gcc
if "${SBESIM_CC:-gcc}" --version | grep -q clang; then
	compiler=clang
fi

builtins=include/sbesim/builtins.h
level=-O2

mkdir -p "$dir/tree/$here" "$dir/tree/sim" "$dir/tree/include/sbesim"
cp -r "$build/libsbe.a" "$build/sbesim-as" "$dir/tree/sim" || exit 1

sim_build()
{
	"$cc" -std=c11 -D_GNU_SOURCE -O2 -w -I. -Iinclude -c "$1" -o "$dir/$(basename "$1" .c).o"
}

image_build()
{
	# shellcheck disable=SC2046 # options
	sh "$dir/tree/sim/sbesim-cc" -std=c11 $(echo "$level" | sed 's|+| -|') -w "-DESCAPE_LEVEL=\"$level\"" -I. \
		-Iinclude $here/idioms.c -o "$dir/idioms.so"
}

# Builds what FILE goes into, from "$dir/tree".
part_build()
{
	case $1 in
	*.c) sim_build "$dir/tree/$1" ;;
	*sbesim-cc | $builtins) image_build ;;
	esac
}

escapes()
{
	"$cc" "$dir"/*.o -o "$dir/escape" && "$dir/escape" "$dir/tree/$here/expected.txt" "$dir/idioms.so"
}

# mutant WHAT FILE SCRIPT SAYS: with FILE changed by the sed script the test must fail and say something like SAYS.
mutant()
{
	sed "$3" "$2" >"$dir/tree/$2"
	if cmp -s "$2" "$dir/tree/$2"; then
		result="FAILED: the mutation no longer applies"
	elif ! part_build "$2" >"$dir/output" 2>&1; then
		result="FAILED: the mutant does not compile"
	elif escapes >"$dir/output" 2>&1; then
		result="FAILED: the test passes"
	else
		result=$(grep -c "$4" "$dir/output")
	fi
	cp "$2" "$dir/tree/$2"
	part_build "$2"
	case $result in
	[1-9]*)	passed=$((passed + 1)) ;;
	0)	failed=$((failed + 1)); result="FAILED: the test does not say \"$4\"" ;;
	*)	failed=$((failed + 1)) ;;
	esac
	echo "$1: $result"
}

for file in sim/hook.c sim/libc.c $builtins sim/sbesim-cc $here/expected.txt; do
	cp $file "$dir/tree/$file"
	[ $file = $builtins ] || part_build $file || exit 1
done
for file in $here/escape.c sim/seam.c sim/image.c; do
	sim_build $file || exit 1
done

mutant '__tsan_write4 tells nothing' sim/hook.c \
	's/hook_access(REQUEST_##kind, (uintptr_t)p, n, RET);/if (n != 4 || REQUEST_##kind != REQUEST_STORE) &/' \
	'FAILED.* store4 store'
mutant '__tsan_write8 tells of a load' sim/hook.c \
	's/hook_access(REQUEST_##kind, (uintptr_t)p, n, RET);/hook_access(n == 8 ? REQUEST_LOAD : REQUEST_##kind, (uintptr_t)p, n, RET);/' \
	'FAILED.* store8 store'
mutant '__tsan_read8 tells of seven bytes' sim/hook.c \
	's/hook_access(REQUEST_##kind, (uintptr_t)p, n, RET);/hook_access(REQUEST_##kind, (uintptr_t)p, n == 8 \&\& REQUEST_##kind == REQUEST_LOAD ? 7 : n, RET);/' \
	'FAILED.* load8 load'
mutant 'every hook is of the other kind' sim/hook.c \
	's/hook_access(REQUEST_##kind, (uintptr_t)p, n, RET);/hook_access(REQUEST_LOAD + REQUEST_STORE - REQUEST_##kind, (uintptr_t)p, n, RET);/' \
	'FAILED.* increment load'
mutant 'an atomic exchange is not told' sim/hook.c \
	'/^#define ATOMIC_UPDATE(/,/^#define ATOMIC_COMPARE(/s/hook_access(.*); \\/\\/' \
	'FAILED.* atomic_exchange load'
mutant 'memcpy tells of its store only' sim/libc.c \
	'/^static void libc_move_piece/,/^}/s/hook_load(.*);//' 'FAILED.* memcpy64 load'
mutant 'memcpy loads after its store was told' sim/libc.c \
	'/^static void libc_move_piece/,/^}/{/libc_copy_bytes(held/d;s/libc_copy_bytes(to, held/libc_copy_bytes(to, from/;}' \
	'FAILED.* memcpy64 load'
mutant 'memset tells of one byte less' sim/libc.c \
	'/^void \*libc_memset/,/^}/s/hook_store(to + at, piece, ret)/hook_store(to + at, piece - 1, ret)/' \
	'FAILED.* memset_any store'
mutant 'an expected escape is not listed' $here/expected.txt \
	"/^$compiler.* no_sanitize /d" 'FAILED.* no_sanitize store'
mutant 'an escape is listed that does not happen' $here/expected.txt \
	"\$a$compiler 12,14,19 -O2 load4 load because" 'FAILED.* load4 load: line'
mutant 'an idiom is listed that does not exist' $here/expected.txt \
	"\$a$compiler 12,14,19 -O2 load3 load because" 'FAILED.* no idiom "load3"'
mutant 'nothing is listed for this compiler' $here/expected.txt \
	"s/^$compiler/other/" 'FAILED no expectations'
mutant 'a level is not listed' $here/expected.txt \
	"s/^\\($compiler.*\\) every no_sanitize /\\1 -O0,-O3 no_sanitize /" 'FAILED.* no_sanitize store'
if [ $compiler = clang ]; then
	level=-O3
	mutant 'additions are made into vectors' sim/sbesim-cc 's/-fno-slp-vectorize//' 'FAILED.* loop_maximum load'
	if grep -qw avx2 /proc/cpuinfo; then
		level=-O2+mavx2
		mutant 'loops are made into vectors' sim/sbesim-cc 's/-fno-vectorize//' 'FAILED.* loop_add store'
	else
		echo 'loops are made into vectors: SKIPPED, this CPU has no AVX2'
	fi
	level=-O2
	mutant 'a read before a write is not told' sim/sbesim-cc \
		's/-mllvm -tsan-instrument-read-before-write=1//' 'FAILED.* load_store_index load'
else
	mutant 'builtins are left to the compiler' sim/sbesim-cc \
		's/-fno-builtin //' 'FAILED.* \(str\|mem\)[a-z_]* load'
	mutant '__builtin_memcpy is left to the compiler' $builtins \
		'/define __builtin_memcpy /d' 'FAILED.* builtin_memcpy24 store'
	mutant 'what an exchange compares with is not told' sim/hook.c \
		'/hook_access(REQUEST_LOAD, (uintptr_t)expected/s/hook_access(.*);//' \
		'FAILED.* atomic_compare_expected load'
	mutant 'what an exchange found is not told' sim/hook.c \
		'/hook_access(REQUEST_STORE, (uintptr_t)expected/s/hook_access(.*);//' \
		'FAILED.* atomic_compare_expected store'
fi
echo "escape mutants: $passed passed, $failed failed"
test "$failed" -eq 0
