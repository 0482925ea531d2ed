# SPDX-License-Identifier: GPL-2.0-only
"""bars - what rfs is to reach, against what was measured."""
from statistics import median

from samples import number, span


def verdict(value, bar, least):
    if value is None:
        return "not measured"
    return "reached" if (value >= bar if least else value <= bar) else "**missed**"


def row(text, bar, least, ratio):
    sign = "≥" if least else "≤"
    return [text, f"{sign} {bar}", ratio.text(), verdict(ratio.median(), bar, least)]


def micro_row(s, text, bar, case, metric, ref=None):
    values = s.micro.get(case, {}).get(metric, [])
    if not values:
        return [text, f"≤ {bar}", "–", "not measured"]
    value = median(values)
    shown = span(values)
    if ref:
        base = s.micro.get(ref[0], {}).get(ref[1], [])
        value = value / median(base) if base else None
        shown = number(value)
    return [text, f"≤ {bar}", shown, verdict(value, bar, False)]


def locality(s, load, text):
    values = s.of(load, "local_pct", "rfs")
    value = median(values) if values else None
    return [text, "≥ 98 %", span(values), verdict(value, 98, True)]


def rows(s):
    flows = [c for c in s.micro if c.startswith("flows ")]
    most = max(flows, key=lambda c: int(c.split()[1]), default="")
    bulk = ("none-xdp", "krfs-xdp")
    result = [
        micro_row(s, "XDP program, TCP/IPv4 hit, one flow ÷ bare l4-hash", 2.0, "TCP/IPv4 hit",
                  "rfs", ("TCP/IPv4 hit", "l4_hash")),
        micro_row(s, f"the same, {most} ÷ 1 flow", 3, most, "rfs", ("flows 1", "rfs")),
        micro_row(s, "recorder on a recvmsg that changes nothing, ns", 25, "recorder, recvmsg", "ns"),
        micro_row(s, "recorder on a sendmsg that changes nothing, ns", 25, "recorder, sendmsg", "ns"),
        row("UDP flood as from a NIC, goodput ÷ kernel RFS", 1.8, True,
            s.ratio("udp-flood", "rate", "rfs", "krfs")),
        row("nginx keep-alive ÷ kernel RFS", 1.0, True, s.ratio("nginx-keep", "rate", "rfs", "krfs")),
    ]
    for proto in ("udp", "tcp"):
        name = proto.upper()
        result += [
            row(f"{name} request/response p50, 1 connection ÷ kernel RFS", 1.1, False,
                s.ratio(f"{proto}-rr-1", "p50_us", "rfs", "krfs")),
            row(f"{name} request/response rate, 500 connections ÷ kernel RFS", 1.0, True,
                s.ratio(f"{proto}-rr-500", "rate", "rfs", "krfs")),
        ]
    for load, where in (("hog", "beside a computing thread"), ("cgroup", "the same, both in a cgroup of weight 2500"),
                        ("poll", "to a reader that polls")):
        for metric, name, bar in (("p50_us", "p50", 1.1), ("p99_us", "p99", 2)):
            result.append(row(f"UDP, 1000 requests a second {where}, {name} ÷ kernel RFS", bar, False,
                              s.ratio(f"udp-1k-{load}", metric, "rfs", "krfs")))
    for side in ("rfs", "rfs:--tcp=stack"):
        for n in (1, 16):
            result.append(row(f"TCP bulk, {n} stream(s), {s.name(side)} ÷ the better of kernel RFS and "
                              "no steering, both with XDP", 0.95, True,
                              s.ratio_best(f"bulk-{n}", "rate", side, bulk)))
    result += [locality(s, "udp-hop", "locality, UDP reader hops every 20 ms"),
               locality(s, "tcp-hop", "locality, TCP reader hops every 20 ms")]
    return result
