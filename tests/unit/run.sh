#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh RESULTS PROGRAM... - run unit tests; TAP goes to RESULTS, failures to the terminal too.
# A program in a folder "asan" is the one with sanitizers. All run, also after one has failed.

results=$1
shift
mkdir -p "$results" || exit 1
failed=0
for program; do
	name=unit-$(basename "$program")
	case $program in
	*/asan/*) name=$name-asan ;;
	esac
	tap=$results/$name.tap
	CMOCKA_MESSAGE_OUTPUT=tap "$program" >"$tap" 2>&1
	status=$?
	ok=$(grep -c '^ok ' "$tap")
	not_ok=$(grep -c '^not ok ' "$tap")
	echo "$name: $ok passed, $not_ok failed"
	if [ $status -ne 0 ] || [ "$not_ok" -gt 0 ]; then
		# A crash or a sanitizer's finding has no line of its own.
		if [ "$not_ok" -eq 0 ]; then
			echo "Bail out! exit status $status" >>"$tap"
		fi
		grep -v '^ok ' "$tap"
		failed=1
	fi
done
exit $failed
