# SPDX-License-Identifier: GPL-2.0-only
"""samples - what was measured, and the statistics of it: medians, spans, ratios within a round."""
import csv
from collections import defaultdict
from statistics import median

ORDER = ("none", "none-xdp", "rps", "krfs", "krfs-xdp", "cpumap", "rfs")


def number(x):
    if x is None:
        return "–"
    if abs(x) >= 1000:
        return f"{x:,.0f}"
    return f"{x:.3g}" if abs(x) < 100 else f"{x:.0f}"


def span(values):
    if not values:
        return "–"
    if len(values) == 1:
        return number(values[0])
    return f"{number(median(values))} ({number(min(values))}–{number(max(values))})"


def in_order(known, seen):
    """All that was seen, each once: what is known in its order, then the rest as it came."""
    seen = list(dict.fromkeys(seen))
    return [x for x in known if x in seen] + [x for x in seen if x not in known]


class Ratio:
    """Ratios of single rounds."""

    def __init__(self, values):
        self.values = values

    def median(self):
        return median(self.values) if self.values else None

    def differs(self):
        return min(self.values) > 1 or max(self.values) < 1

    def text(self):
        if not self.values:
            return "–"
        if len(self.values) == 1:
            return f"{self.values[0]:.2f}"
        value = f"{self.median():.2f} ({min(self.values):.2f}–{max(self.values):.2f})"
        return value if self.differs() else f"no difference, {value}"


class Samples:
    def __init__(self, folder):
        self.data = defaultdict(dict)  # (load, metric, side) -> round -> value
        with open(f"{folder}/samples.csv", encoding="utf-8") as f:
            for r in csv.DictReader(f):
                self.data[r["load"], r["metric"], r["side"]][int(r["round"])] = float(r["value"])
        self.micro = defaultdict(lambda: defaultdict(list))
        with open(f"{folder}/micro.csv", encoding="utf-8") as f:
            for r in csv.DictReader(f):
                self.micro[r["case"]][r["metric"]].append(float(r["value"]))
        for case in [c for c in self.micro if c.startswith("send and recv")]:
            m = self.micro[case]
            self.micro[f"recorder, {case}: difference"]["ns"] = [
                b - a for a, b in zip(m["ns, without"], m["ns, with the recorder"])]
        with open(f"{folder}/machine.tsv", encoding="utf-8") as f:
            self.machine = [line.rstrip("\n").split("\t", 1) for line in f]
        with open(f"{folder}/sides.tsv", encoding="utf-8") as f:
            rows = [line.rstrip("\n").split("\t") for line in f]
        self.names = {r[0]: r[1] for r in rows}
        self.absent = {r[0]: int(r[2]) for r in rows if r[2] != "0"}
        with open(f"{folder}/loads.txt", encoding="utf-8") as f:
            texts = [line.rstrip("\n").split("|") for line in f]
        self.loads = in_order([t[0] for t in texts], (k[0] for k in self.data))
        self.texts = {t[0]: t for t in texts}
        self.order = in_order(ORDER, (k[2] for k in self.data))
        self.rounds = max((r for d in self.data.values() for r in d), default=0)

    def name(self, side):
        return self.names.get(side, side)

    def about(self, load):
        return self.texts[load][2] if load in self.texts else load

    def unit(self, load):
        return self.texts[load][1] if load in self.texts else "its own unit"

    def has(self, load, side):
        return (load, "rate", side) in self.data

    def of(self, load, metric, side):
        return list(self.data.get((load, metric, side), {}).values())

    def values(self, load, metric):
        return [v for x in self.order for v in self.of(load, metric, x)]

    def values_of(self, metric):
        return [v for k, d in self.data.items() if k[1] == metric for v in d.values()]

    def ratio_best(self, load, metric, side, refs):
        """To the best (highest) of refs, round by round."""
        a = self.data.get((load, metric, side), {})
        b = [self.data.get((load, metric, r), {}) for r in refs]
        return Ratio([a[r] / max(x[r] for x in b) for r in a if all(x.get(r) for x in b)])

    def ratio(self, load, metric, side, ref):
        return self.ratio_best(load, metric, side, (ref,))

    def micro_ratio(self, case, a, b):
        a, b = self.micro[case].get(a), self.micro[case].get(b)
        return median(a) / median(b) if a and b and median(b) > 0 else None
