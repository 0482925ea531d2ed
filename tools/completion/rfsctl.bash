# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# bash completion for rfsctl. It knows no command, option or word by itself: it reads them from
# --help, and the attached interfaces from 'rfsctl status --json'. Where these do not answer, as
# without root, it offers less and says nothing.

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
	[[ $1 =~ ^([a-z]+(, [a-z]+)*,?\ or\ [a-z]+): ]] || return 0
	local words=${BASH_REMATCH[1]}

	words=${words//,/ }
	printf '%s\n' "${words/ or / }"
}

# The attached interfaces, as detach takes them: those of another network namespace are NAME@COOKIE.
# $2: an option --bpffs=DIR, or nothing
_rfsctl_attached()
{
	local initial=no name='' ifindex='' key value

	[[ $(readlink /proc/self/ns/net 2>/dev/null) == \
		"$(readlink /proc/1/ns/net 2>/dev/null)" ]] && initial=yes
	"$1" status --json ${2:+"$2"} 2>/dev/null |
		sed -n 's/^ *"\(name\|ifindex\|pin\)": "\{0,1\}\([^",]*\).*/\1 \2/p' |
		while read -r key value; do
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
	ip -o link 2>/dev/null | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p'
}

# What the word could be. $1: rfsctl; $2: word; then the words between the two
_rfsctl_candidates()
{
	local rfsctl=$1 cur=$2 command=${3-} option arg text name value='' bpffs='' word
	local -a words=("${@:3}")

	if [[ ! $command ]]; then
		if [[ $cur == -* ]]; then
			echo --help
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
			DIR) compgen -P "$value" -S / -d -- "${cur#"$value"}" ;;
			CPUS) [[ -r /sys/devices/system/cpu/online ]] &&
				echo "$value$(< /sys/devices/system/cpu/online)" ;;
			*) for word in $(_rfsctl_words "$text"); do echo "$value$word"; done ;;
			esac
			return
		fi
		[[ $cur == -* ]] && echo "$option${arg:+=}"
	done < <(_rfsctl_options "$rfsctl" "$command")
	[[ $cur == -* ]] && return

	arg=$(_rfsctl_commands "$rfsctl" | sed -n "s/^$command //p")
	[[ $arg == *IFACE* ]] || return 0
	case $command in
	attach) _rfsctl_interfaces ;;
	# flows are found by an interface's addresses, so it must be here
	flows) _rfsctl_attached "$rfsctl" "$bpffs" | grep -v @ ;;
	*) _rfsctl_attached "$rfsctl" "$bpffs" ;;
	esac
}

_rfsctl()
{
	local line=${COMP_LINE:0:COMP_POINT} rfsctl=${COMP_WORDS[0]} cur head='' i
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
	mapfile -t COMPREPLY < <(compgen -W "$(_rfsctl_candidates "$rfsctl" "$cur" \
		"${words[@]:1}")" -- "$cur")
	COMPREPLY=("${COMPREPLY[@]#"$head"}")
	if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=/] ]]; then
		compopt -o nospace 2>/dev/null
	fi
	return 0
}

complete -F _rfsctl rfsctl
