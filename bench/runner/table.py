"""The table: rows, and how they are written."""

from dataclasses import dataclass

COLUMNS = ["case", "tracker-mock", "against", "ratio", "quartiles", "target", "met", "processor", "note"]


@dataclass
class Row:
    """One line. `met` is None where there is no target or nothing was measured; `processor` is the ratio once more, of
    processor time in place of elapsed time, which a busy machine disturbs less."""

    case: str
    ours: str
    theirs: str = ""
    ratio: str = ""
    spread: str = ""
    target: str = ""
    met: bool | None = None
    note: str = ""
    processor: str = ""

    def cells(self):
        met = {True: "yes", False: "NO", None: "-"}[self.met]
        return [self.case, self.ours, self.theirs, self.ratio, self.spread, self.target, met, self.processor, self.note]


def not_measured(case, why, target=""):
    return Row(case, "not measured", target=target, note=why)


def ratio_row(case, ours, theirs, ratio, least=None, note="", processor=None):
    """A row for a ratio that must be at least `least`, if there is such a target."""
    return Row(
        case,
        ours,
        theirs,
        number(ratio.median),
        f"{number(ratio.low)}..{number(ratio.high)}",
        "" if least is None else f">= {least:.2f}" if least < 2 else f">= {least:g}",
        None if least is None else ratio.median >= least,
        note,
        number(processor.median) if processor else "",
    )


def number(ratio):
    """Three digits that count, or so."""
    return f"{ratio:.{1 if ratio >= 10 else 2 if ratio >= 2 else 3}f}"


def limit_row(case, measured, limit, unit, digits=1, note="", spread=""):
    """A row for a figure that must be at most `limit`."""
    return Row(
        case,
        f"{measured:.{digits}f} {unit}",
        target=f"<= {limit:g} {unit}",
        met=measured <= limit,
        note=note,
        spread=spread,
    )


def markdown(rows, columns=COLUMNS):
    """The rows as one Markdown table with the first of these columns, which line up."""
    lines = [COLUMNS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(columns))]
    text = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths)) for line in lines]
    text.insert(1, " | ".join("-" * width for width in widths))
    return "".join(f"| {line} |\n" for line in text)


def rate_text(per_second):
    return f"{per_second:,.0f}/s" if per_second >= 100 else f"{per_second:.1f}/s"
