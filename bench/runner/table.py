"""The table: rows, and how they are written."""

from dataclasses import dataclass

COLUMNS = [
    "case",
    "tracker-mock",
    "against",
    "ratio",
    "quartiles",
    "target",
    "met",
    "processor",
    "before",
    "change",
    "note",
]
# Empty unless there is a baseline.
OPTIONAL = {"before", "change"}


@dataclass
class Row:
    """One line. `met` is None where there is no target or nothing was measured; `processor` is the ratio once more, of
    processor time in place of elapsed time, which a busy machine disturbs less. `before` is the ratio or the figure of
    the baseline, and `change` the speed of tracker-mock divided by the speed of the baseline."""

    case: str
    ours: str
    theirs: str = ""
    ratio: str = ""
    spread: str = ""
    target: str = ""
    met: bool | None = None
    note: str = ""
    processor: str = ""
    before: str = ""
    change: str = ""

    def cells(self):
        """The cells by column, in the order of COLUMNS."""
        met = {True: "yes", False: "NO", None: "-"}[self.met]
        compared = (self.case, self.ours, self.theirs, self.ratio, self.spread, self.target, met, self.processor)
        return dict(zip(COLUMNS, (*compared, self.before, self.change, self.note), strict=True))


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


def limit_row(case, figures, limit, unit, digits=1, note="", spread=""):
    """A row for a figure that must be at most `limit`: the one of tracker-mock, then the one of the baseline if any."""
    texts = [f"{figure:.{digits}f} {unit}" for figure in figures]
    return Row(
        case,
        texts[0],
        target=f"<= {limit:g} {unit}",
        met=figures[0] <= limit,
        note=note,
        spread=spread,
        before="".join(texts[1:]),
    )


def markdown(rows, notes=True):
    """The rows as one Markdown table, whose columns line up, with or without the notes."""
    cells = [row.cells() for row in rows]
    used = [name for name in COLUMNS if name not in OPTIONAL or any(line[name] for line in cells)]
    columns = used if notes else used[:-1]
    lines = [columns, *([line[name] for name in columns] for line in cells)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(columns))]
    text = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths)) for line in lines]
    text.insert(1, " | ".join("-" * width for width in widths))
    return "".join(f"| {line} |\n" for line in text)


def rate_text(per_second):
    return f"{per_second:,.0f}/s" if per_second >= 100 else f"{per_second:.1f}/s"
