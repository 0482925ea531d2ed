# SPDX-License-Identifier: GPL-2.0-only
"""plot - pictures by gnuplot: ratios as bars with the rounds' span, and cost over flows."""
import subprocess
from statistics import median

SETUP = """set terminal svg size {w},{h} noenhanced background rgb 'white' font 'sans,11'
set output '{out}'
set title '{title}'
set style fill solid 0.8 border -1
set grid ytics
set key outside below
"""


def gnuplot(script):
    return subprocess.run(["gnuplot"], input=script, text=True, check=False).returncode == 0


def ratios(s, folder, name, title, loads, metric):
    sides = [x for x in s.order if x != "krfs" and not x.endswith("-xdp")]
    loads = [l for l in loads if l in s.loads and s.values(l, metric)]
    if not loads or "krfs" not in s.order:
        return None
    script = SETUP.format(w=1000, h=480, out=f"{folder}/{name}.svg", title=title)
    script += "set style data histogram\nset style histogram errorbars gap 2 lw 1\n"
    script += "set yrange [0:*]\nset xtics rotate by -30\n"
    script += "set arrow 1 from graph 0,first 1 to graph 1,first 1 nohead lc rgb 'black'\n"
    for i, side in enumerate(sides):
        script += f"$d{i} << EOD\n"
        for l in loads:
            r = s.ratio(l, metric, side, "krfs").values or [0]
            script += f'"{l}" {median(r)} {min(r)} {max(r)}\n'
        script += "EOD\n"
    script += "plot " + ", ".join(
        f"$d{i} using 2:3:4:xtic(1) title '{s.name(x)}'" for i, x in enumerate(sides)) + "\n"
    return (f"{name}.svg", title) if gnuplot(script) else None


# What bench-micro sets beside each other
PROGRAMS = {"rfs": "rfs", "rfs_miss": "rfs, no reader known", "l4_hash": "bare l4-hash",
            "redirect": "bare redirect", "word": "bare redirect, by a word of each flow"}


def flows(s, folder):
    points = sorted((int(c.split()[1]), c) for c in s.micro if c.startswith("flows "))
    if len(points) < 2:
        return None
    title = "ns per packet over the number of flows, random order"
    script = SETUP.format(w=800, h=420, out=f"{folder}/flows.svg", title=title)
    script += "set logscale x\nset xlabel 'flows'\nset ylabel 'ns'\nset yrange [0:*]\n"
    metrics = [x for x in PROGRAMS.items() if any(s.micro[c].get(x[0]) for _, c in points)]
    for m, _ in metrics:
        script += f"${m} << EOD\n"
        script += "".join(f"{n} {median(s.micro[c][m])}\n" for n, c in points if s.micro[c].get(m))
        script += "EOD\n"
    script += "plot " + ", ".join(f"${m} using 1:2 with linespoints title '{t}'" for m, t in metrics)
    return ("flows.svg", title) if gnuplot(script + "\n") else None


def pictures(s, folder):
    made = [
        ratios(s, folder, "rate", "rate ÷ kernel RFS (more is better; 1 is kernel RFS)", s.loads,
               "rate"),
        ratios(s, folder, "p50", "p50 ÷ kernel RFS (less is better)", s.loads, "p50_us"),
        ratios(s, folder, "p99", "p99 ÷ kernel RFS (less is better)", s.loads, "p99_us"),
        flows(s, folder),
    ]
    return [m for m in made if m]
