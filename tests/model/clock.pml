// SPDX-License-Identifier: GPL-2.0-only
/* clock.pml - jiffies go on, at any moment. */
active proctype clock()
{
end:
	do
	:: jiffies < TICKS -> jiffies++
	od
}
