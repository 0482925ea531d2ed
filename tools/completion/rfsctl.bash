# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# bash completion for rfsctl. It knows no command, option or word by itself: it reads them from
# --help, and the attached interfaces from 'rfsctl status --json'. Where these do not answer, as
# without root, it offers less and says nothing.
#
# Names of interfaces and folders are other people's words: they may hold anything that a shell would
# run. None is ever expanded here (so no compgen -W), and on the command line they come quoted.

# "COMMAND ARGUMENTS", one command a line
_rfsctl_commands()
{
	"$1" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\)  *\(.*\)/\1 \2/p'
}

# "--option ARGUMENT|description", one option a line, for a command
_rfsctl_options()
{
	"$1" "$2" --help 2>/dev/null | awk '
		function flush() { if (option) print option " " arg "|" text; option = "" }
		/^  +(-[^ ], +)?--[a-z]/ {
			flush()
			match($0, /--[a-z-]+/)
			option = substr($0, RSTART, RLENGTH)
			text = substr($0, RSTART + RLENGTH)
			arg = ""
			if (text ~ /^=/) {
				match(text, /^=[^ ]+/)
				arg = substr(text, 2, RLENGTH - 1)
				text = substr(text, RLENGTH + 1)
			}
			sub(/^ +/, "", text)
			next
		}
		option && /^            +[^ ]/ { sub(/^ +/, ""); text = text " " $0; next }
		{ flush() }
		END { flush() }'
}

# The words an option takes, from a description that begins with them: "native, generic, or auto:"
_rfsctl_words()
{
	[[ $1 =~ ^([a-z]+(, [a-z]+)*,?\ or\ [a-z]+(:1)?): ]] || return 0
	local words=${BASH_REMATCH[1]}

	words=${words//,/ }
	printf '%s\n' "${words/ or / }"
}

# Names, one a line, as a command line takes them. Left out is what a terminal should not be sent, and
# what would be taken for an option.
_rfsctl_quoted()
{
	local LC_ALL=C name

	while IFS= read -r name; do
		[[ ! $name || $name == -* || $name == *[![:graph:]]* ]] || printf '%q\n' "$name"
	done
}

# "KEY VALUE" of the JSON on standard input, for members that are alone on their line. Strings with
# escaped bytes become empty: _rfsctl_quoted() would leave them out.
# shellcheck disable=SC1003
_rfsctl_members()
{
	local line value member='^ *"([a-z_]+)": ("(.*)"|([0-9]+)),?$'

	while IFS= read -r line; do
		[[ $line =~ $member ]] || continue
		value=${BASH_REMATCH[3]}${BASH_REMATCH[4]}
		value=${value//'\\'/$'\1'}
		value=${value//'\"'/'"'}
		[[ $value == *'\'* ]] && value=
		printf '%s %s\n' "${BASH_REMATCH[1]}" "${value//$'\1'/'\'}"
	done
}

# The attached interfaces, as detach takes them: those of another network namespace are NAME@COOKIE.
# $2: an option --bpffs=DIR, or nothing
_rfsctl_attached()
{
	local initial=no name='' ifindex='' key value

	[[ $(readlink /proc/self/ns/net 2>/dev/null) == \
		"$(readlink /proc/1/ns/net 2>/dev/null)" ]] && initial=yes
	"$1" status --json ${2:+"$2"} 2>/dev/null | _rfsctl_members |
		while IFS=' ' read -r key value; do
			case $key in
			name) name=$value ;;
			ifindex) ifindex=$value ;;
			pin)
				if [[ $initial == yes ]]; then
					[[ $value == *@* ]] || value=$name
				elif [[ $value == *@* && "$(ip -o link show dev "$name" 2>/dev/null)" == \
					"$ifindex: "* ]]; then
					value=$name
				fi
				printf '%s\n' "$value"
				;;
			esac
		done
}

# The interfaces of this network namespace
_rfsctl_interfaces()
{
	local line name=' *([^ :]+):'

	while IFS= read -r line; do
		[[ $line =~ ^$name ]] && printf '%s\n' "${BASH_REMATCH[1]}"
	done </proc/net/dev
}

# What the word could be. $1: rfsctl; $2: word; then the words between the two
_rfsctl_candidates()
{
	local rfsctl=$1 cur=$2 command=${3-} option arg text name value='' bpffs='' word
	local -a words=("${@:3}")

	if [[ ! $command ]]; then
		if [[ $cur == -* ]]; then
			printf '%s\n' --help --usage --version
		else
			_rfsctl_commands "$rfsctl" | sed 's/ .*//'
		fi
		return
	fi

	# --option=value, or --option value
	name=${words[-1]}
	[[ $cur == --*=* ]] && name=${cur%%=*} value=$name=
	[[ $name == -m ]] && name=--mode
	for word in "${words[@]}"; do
		[[ $word == --bpffs=* ]] && bpffs=$word
	done
	while read -r option arg; do
		text=${arg#*|} arg=${arg%%|*}
		if [[ $arg && $option == "$name" ]]; then
			case $arg in
			DIR)
				compgen -S / -d -- "${cur#"$value"}" | _rfsctl_quoted |
					while IFS= read -r word; do printf '%s\n' "$value$word"; done
				;;
			CPUS) [[ -r /sys/devices/system/cpu/online ]] &&
				echo "$value$(< /sys/devices/system/cpu/online)" ;;
			*) for word in $(_rfsctl_words "$text"); do echo "$value$word"; done ;;
			esac
			return
		fi
		[[ $cur == -* ]] && echo "$option${arg:+=}"
	done < <(_rfsctl_options "$rfsctl" "$command")
	[[ $cur == -* ]] && return

	# One is enough.
	for word in "${words[@]:1}"; do
		[[ $word == -* ]] || return 0
	done
	while read -r name arg; do
		[[ $name == "$command" && $arg == *IFACE* ]] || continue
		case $command in
		attach) _rfsctl_interfaces ;;
		# flows are found by an interface's addresses, so it must be here
		flows) _rfsctl_attached "$rfsctl" "$bpffs" | grep -v @ ;;
		*) _rfsctl_attached "$rfsctl" "$bpffs" ;;
		esac
	done < <(_rfsctl_commands "$rfsctl") | _rfsctl_quoted
}

_rfsctl()
{
	local line=${COMP_LINE:0:COMP_POINT} rfsctl=${COMP_WORDS[0]} cur head='' word i
	local -a words

	COMPREPLY=()
	type -P -- "$rfsctl" >/dev/null || rfsctl=rfsctl
	type -P -- "$rfsctl" >/dev/null || return 0

	# Words as rfsctl gets them; readline has them broken at = : @ too, and replaces only what
	# is behind the last of these.
	cur=${line##*[[:space:]]}
	read -ra words <<< "${line%"$cur"}"
	for ((i = ${#cur}; i > 0; i--)); do
		if [[ ${cur:i-1:1} == [=:@] && $COMP_WORDBREAKS == *"${cur:i-1:1}"* ]]; then
			head=${cur:0:i}
			break
		fi
	done
	# What is quoted here would not be so behind a quote.
	[[ $cur == *[\'\"]* ]] && return 0
	while IFS= read -r word; do
		[[ $word == "$cur"* ]] && COMPREPLY+=("${word#"$head"}")
	done < <(_rfsctl_candidates "$rfsctl" "$cur" "${words[@]:1}")
	if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=/] ]]; then
		compopt -o nospace 2>/dev/null
	fi
	return 0
}

complete -F _rfsctl rfsctl
