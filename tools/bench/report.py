#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""report - from the samples of "make bench" to build/bench/report.md and its pictures.

Usage: report.py FOLDER, with samples.csv, micro.csv, machine.tsv, sides.tsv and loads.txt in it.
"""
import sys

import bars
import plot
from samples import Samples, number, span

out = sys.argv[1]
s = Samples(out)
md = []


def table(head, rows):
    md.append("| " + " | ".join(head) + " |")
    md.append("|" + " --- |" * len(head))
    md.extend("| " + " | ".join(r) + " |" for r in rows)
    md.append("")


def ratio_cell(load, metric, side, ref):
    if side == ref:
        return "1"
    return s.ratio(load, metric, side, ref).text()


def variants():
    """rfs with options"""
    return [x for x in s.order if x.startswith("rfs:")]


def rate_tables():
    sides = [x for x in s.order if not x.endswith("-xdp")]
    refs = ["krfs", "none"] + (["rfs"] if variants() else [])
    for ref in refs:
        if ref not in sides:
            continue
        md.append(f"### Rate ÷ {s.name(ref)}\n")
        table(["load"] + [s.name(x) for x in sides],
              [[s.about(l)] + [ratio_cell(l, "rate", x, ref) for x in sides] for l in s.loads])
    lat = [l for l in s.loads if s.values(l, "p50_us")]
    for metric, text in (("p50_us", "p50"), ("p99_us", "p99"), ("p999_us", "p99.9")):
        rows = [[s.about(l)] + [ratio_cell(l, metric, x, "krfs") for x in sides] for l in lat
                if s.values(l, metric)]
        if rows and "krfs" in sides:
            md.append(f"### Time to the reply, {text} ÷ {s.name('krfs')} (less is better)\n")
            table(["load"] + [s.name(x) for x in sides], rows)


def bulk_table():
    bulk = [l for l in s.loads if l.startswith("bulk")]
    xdp = [x for x in ("none", "krfs", "none-xdp", "krfs-xdp", "rfs", *variants())
           if s.has("bulk-1", x)]
    if not bulk or "krfs-xdp" not in xdp:
        return
    md.append("### TCP bulk ÷ sides that also have an XDP program on the interface\n")
    table(["load"] + [s.name(x) for x in xdp] + ["rfs ÷ the better of the two with XDP"],
          [[s.about(l)] + [ratio_cell(l, "rate", x, "krfs-xdp") for x in xdp] +
           [s.ratio_best(l, "rate", "rfs", ("none-xdp", "krfs-xdp")).text()] for l in bulk])


COLUMNS = (("rate", "rate"), ("p50_us", "p50 µs"), ("p99_us", "p99 µs"), ("p999_us", "p99.9 µs"),
           ("offered_s", "offered/s"), ("drop_pct", "dropped %"), ("lost", "lost"),
           ("local_pct", "local reads %"), ("srv_cpus", "server CPU"), ("cli_cpus", "client CPU"),
           ("hog_cpus", "hog CPU"), ("kthread_cpus", "kthreads CPU"),
           ("softirq_cpus", "softirq CPU"), ("srv_switches_s", "server switches/s"),
           ("switches_s", "all switches/s"), ("steal_cpus", "stolen CPU"), ("other_cpus", "others' CPU"))


def raw_tables():
    md.append("## All figures\n")
    md.append("Median (min–max) of the rounds. CPU time in CPUs: 1 is one CPU all the time.\n")
    for load in s.loads:
        cols = [(m, t) for m, t in COLUMNS if s.values(load, m)]
        md.append(f"### {s.about(load)} (`{load}`, rate in {s.unit(load)})\n")
        table(["side"] + [t for _, t in cols],
              [[s.name(x)] + [span(s.of(load, m, x)) for m, _ in cols]
               for x in s.order if s.has(load, x)])


def micro_tables():
    rows = [[c] + [span(s.micro[c].get(p, [])) for p in plot.PROGRAMS] +
            [number(s.micro_ratio(c, "rfs", "l4_hash"))]
            for c in s.micro if "rfs" in s.micro[c]]
    if rows:
        md.append("## Micro: ns per packet of the XDP program (BPF_PROG_RUN)\n")
        md.append("`flows N`: each packet is of a random one of N flows; the price of choosing it "
                  "is taken off.\n")
        table(["packet", *plot.PROGRAMS.values(), "rfs ÷ l4-hash"], rows)
    rows = [[c, m, span(v)] for c in s.micro for m, v in s.micro[c].items()
            if "rfs" not in s.micro[c]]
    if rows:
        md.append("## Micro: the recorder, memory, attach and detach\n")
        table(["what", "unit", "median (min–max)"], rows)


md.append("# rfs beside its peers\n")
md.append(f"{s.rounds} round(s); sides take turns within a round. Ratios are formed within a round; "
          "shown is their median (min–max). **no difference**: some round shows the opposite or "
          "none, that is, the spread is wider than the difference." +
          (" With one round there is no spread, and no ratio means much." if s.rounds == 1 else "") +
          " docs/performance.md tells how each figure is measured.\n")
table(["machine", ""], s.machine)
for side, count in s.absent.items():
    md.append(f"**{s.name(side)} was absent {count} time(s)**: its set-up was not in force.\n")
others = s.values_of("other_cpus")
if others:
    md.append(f"CPU time of all else on the machine during the samples, in CPUs: {span(others)}.\n")
md.append("## The bars\n")
table(["measure", "bar", "measured", ""], bars.rows(s))
md.append("## Ratios\n")
rate_tables()
bulk_table()
for picture, text in plot.pictures(s, out):
    md.append(f"![{text}]({picture})\n")
micro_tables()
raw_tables()
with open(f"{out}/report.md", "w", encoding="utf-8") as f:
    f.write("\n".join(md))
