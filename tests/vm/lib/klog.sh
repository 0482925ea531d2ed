# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What a guest's kernel must not say.

klog_bad='\<(WARNING|BUG|Oops)\>|Call Trace|Kernel panic|general protection|double fault'
klog_bad+='|blocked for more than [0-9]+ seconds|(soft|hard) lockup'
klog_bad+='|[Rr][Cc][Uu].*[[:space:]]stall|suspicious RCU usage'
klog_bad+='|possible .*(lock|deadlock)|inconsistent lock state|bad unlock balance|INFO: lockdep'
klog_bad+='|refcount_t: |list_(add|del) corruption|(KASAN|KCSAN|UBSAN): |page allocation failure'
klog_bad+='|unregister_netdevice: waiting|NETDEV WATCHDOG'

# klog_scan FILE: show the lines that are bad, each with what follows it.
# Status 0 if there is any.
klog_scan() {
	local found
	found=$(grep -E -A 30 -e "$klog_bad" -- "$1" 2>/dev/null) || return 1
	head -n 100 <<<"$found" | tr -d '\r' >&2
}
