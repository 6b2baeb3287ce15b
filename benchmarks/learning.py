"""What closed deals teach, on a real data set and on one without any signal.

    python benchmarks/learning.py [--data FOLDER] [--write] [--repeats N] [--only PART]
    python benchmarks/learning.py --speed [--write]

FOLDER holds `b2b_salvirt` (Bohanec, Kljajić Borštnar, Robnik-Šikonja, Expert Systems with Applications 71,
2017: 448 deals of one software firm) and `maven_crm` (Maven Analytics, CRM Sales Opportunities: invented
deals). The points below were set from what each column means, before any outcome was looked at, and not
changed since.

`--write` puts what was measured into its section of the page in docs/generated.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import math
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits
from worlds import LEAKS, World, planted, regret

import kamrules as kr
from kamrules.errors import LeakageError
from kamrules.scoring.estimators.boosted_comparator import BoostedComparator
from kamrules.scoring.estimators.deal_features import DealFeatures
from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier
from kamrules.scoring.estimators.win_probability import WinProbability
from kamrules.scoring.prior import ODDS, Prior
from kamrules.scoring.validation.leakage import refuse_leakage
from kamrules.scoring.validation.resampling import measure_skill
from kamrules.scoring.validation.skill import auc, brier, calibration_slope
from kamrules.scoring.validation.splits import find_twins, forward_folds, grouped_folds

REPO = Path(__file__).resolve().parent.parent
PAGE = REPO / "docs" / "generated" / "bench-learning.md"
# Worst to best, evenly spaced; each column is worth the same points. What is not listed counts as the middle.
LADDERS = {
    "Authority": ["Low", "Mid", "High"],
    "Competitors": ["Yes", "No"],
    "Purch_dept": ["Yes", "No"],
    "Partnership": ["No", "Yes"],
    "Budgt_alloc": ["No", "Yes"],
    "Forml_tend": ["Yes", "No"],
    "RFI": ["No", "Yes"],
    "RFP": ["Yes", "No"],
    "Growth": ["Slow down", "Stable", "Growth"],
    "Posit_statm": ["No", "Neutral", "Yes"],
    "Source": ["Other", "Online form", "Direct mail", "Media", "Referral", "Joint past"],
    "Client": ["New", "Past", "Current"],
    "Scope": ["Low", "Few questions", "Clear"],
    "Strat_deal": ["Unimportant", "Average important", "Very important"],
    "Cross_sale": ["No", "Yes"],
    "Up_sale": ["No", "Yes"],
    "Needs_def": ["No", "Poor", "Info gathering", "Yes"],
    "Att_t_client": ["Bad client", "First deal", "Normal", "Strategic account"],
}
IDENTITIES = ("Seller", "Product")
SIZES = (10, 20, 40, 80, 160, 320)

Matrix = np.ndarray[Any, Any]
Maker = Callable[[], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=REPO.parent / "shared" / "data")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--repeats", type=int, default=40, help="samples a point of the learning curve")
    parser.add_argument("--only", choices=PARTS, help="measure one part, by default all but the speed")
    parser.add_argument("--speed", action="store_const", const="speed", dest="only", help="as --only speed")
    options = parser.parse_args()
    if not options.data.is_dir() and options.only not in {"truth", "worlds", "speed"}:
        sys.exit(f"no folder {options.data}: --data names the one that holds the data sets")
    asked = [options.only] if options.only else [part for part in PARTS if part != "speed"]
    found = {part: "\n".join(lines_of(part, options)).strip() for part in asked}
    print("\n\n".join(found.values()))
    if options.write:
        PAGE.write_text(page_with(found), encoding="utf-8")


def lines_of(part: str, options: argparse.Namespace) -> list[str]:
    match part:
        case "real":
            return real_deals(options.data / "b2b_salvirt")
        case "curve":
            return curve(options.data / "b2b_salvirt", options.repeats)
        case "signal":
            return no_signal(options.data / "maven_crm")
        case "truth":
            return known_truth()
        case "worlds":
            return invented()
    return speed()


def page_with(found: dict[str, str]) -> str:
    """Return the page with these sections anew and the others as they are."""
    old = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    sections = dict.fromkeys(PARTS, "")
    for text in old.split("\n## ")[1:]:
        for part, title in PARTS.items():
            if text.startswith(title):
                sections[part] = f"## {text.strip()}"
    head = (
        "# What closed deals teach, measured\n\n"
        f"Python {platform.python_version()}, scikit-learn {sklearn.__version__}; made part by part by\n"
        "`python benchmarks/learning.py --data FOLDER --only PART --write`. Every score is on deals not\n"
        "learned from.\n"
    )
    return "\n".join([head, *(f"{text}\n" for text in (sections | found).values() if text)])


PARTS = {
    "real": "Real deals",
    "curve": "Learning curve",
    "signal": "Deals without signal",
    "truth": "A known truth",
    "worlds": "Invented worlds",
    "speed": "Speed",
}


# Real deals


def real_deals(folder: Path) -> list[str]:
    rows = read(folder / "Salvirt_B2B_ML_dataset.csv", ";")
    won = np.asarray([row["Status"] == "Won" for row in rows])
    names = [name for name in rows[0] if name != "Status"]
    without = [name for name in names if name not in IDENTITIES]
    lines = [
        "## Real deals (b2b_salvirt)",
        "",
        f"{len(rows)} closed deals, {won.sum()} won (balanced by its makers, so no base rate).",
        "Deals with the same columns stay on one side of a split. 5 folds, 4 shuffles. Nothing is tuned",
        "on these deals: all are at their defaults. ± is the standard deviation between folds.",
        "",
    ]
    for title, used in (
        ("What is known of the deal, without the identities of seller and product", without),
        ("The same with seller and product as columns", names),
    ):
        twins = find_twins([tuple(row[name] for name in used) for row in rows], won.tolist())
        lines += [
            f"**{title}** ({len(used)} columns of the data;",
            f"{twins.repeated} deals repeat another, {twins.torn} kinds of deal were both won and lost)",
            "",
            *cross_validated(rows, used, won, twins.groups),
        ]
    return [*lines, *covering(rows, without)]


def covering(rows: list[dict[str, str]], used: list[str]) -> list[str]:
    """Measure the intervals on the columns of the real deals, with outcomes drawn by known chances."""
    matrix, prior = matrix_of(rows, used)
    won = np.asarray([row["Status"] == "Won" for row in rows])
    rng = np.random.default_rng(1)
    lines = [
        "**Do the intervals cover?** Nobody knows the true chances of these deals. So some are assumed:",
        "those that the scorecard finds, and those of logistic regression, which moves further from the base",
        "rate. Outcomes are drawn by them 40 times, half the deals learned from, and the 90 % intervals of",
        "the other half compared with the chances they were drawn by.",
        "",
        "| chances assumed | intervals that hold them, mean (least and most of the 40) |",
        "|---|---|",
    ]
    for name in ("scorecard", "logistic regression"):
        chances = learned(makers_of(prior)[name], matrix, won, matrix)
        held = []
        for _ in range(40):
            drawn, order = rng.random(len(won)) < chances, rng.permutation(len(won))
            train, test = order[: len(won) // 2], order[len(won) // 2 :]
            ends = ScorecardClassifier(prior).fit(matrix[train], drawn[train]).predict_interval(matrix[test])
            held.append(float(((ends[:, 0] <= chances[test]) & (chances[test] <= ends[:, 1])).mean()))
        mean = statistics.mean(held)
        lines.append(f"| {name} | {percent(mean)} ({percent(min(held))} to {percent(max(held))}) |")
    return [*lines, ""]


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def curve(folder: Path, repeats: int) -> list[str]:
    rows = read(folder / "Salvirt_B2B_ML_dataset.csv", ";")
    won = np.asarray([row["Status"] == "Won" for row in rows])
    used = [name for name in rows[0] if name not in {"Status", *IDENTITIES}]
    twins = find_twins([tuple(row[name] for name in used) for row in rows], won.tolist())
    return learning_curve(rows, used, won, twins.groups, repeats)


def cross_validated(
    rows: list[dict[str, str]], used: list[str], won: Matrix, groups: tuple[int, ...]
) -> list[str]:
    matrix, prior = matrix_of(rows, used)
    makers = makers_of(prior)
    scores: dict[str, list[tuple[float, float]]] = {name: [] for name in makers}
    held: dict[str, Matrix] = {name: np.zeros(len(won)) for name in makers}
    for seed in range(4):
        for train, test in grouped_folds(groups, won.tolist(), seed=seed):
            for name, make in makers.items():
                chances = learned(make, matrix[train], won[train], matrix[test])
                scores[name].append((brier(won[test], chances), auc(won[test], chances)))
                held[name][test] += chances / 4
    lines = ["| model | Brier | AUC | calibration slope (90 %) |", "|---|---|---|---|"]
    means = {
        name: [statistics.mean(column) for column in zip(*found, strict=True)]
        for name, found in scores.items()
    }
    spreads = {
        name: [statistics.stdev(column) for column in zip(*found, strict=True)]
        for name, found in scores.items()
    }
    for name in makers:
        slope = measure_skill(won.tolist(), held[name].tolist(), resamples=200).slope
        cells = [
            f"{mean:.3f} ± {spread:.3f}" for mean, spread in zip(means[name], spreads[name], strict=True)
        ]
        lines.append(
            f"| {name} | {cells[0]} | {cells[1]} | {slope.value:.2f} ({slope.low:.2f}–{slope.high:.2f}) |"
        )
    rivals = ["logistic regression", "random forest", "boosting"]
    best_brier = min(rivals, key=lambda name: means[name][0])
    best_auc = max(rivals, key=lambda name: means[name][1])
    ours = means["scorecard"]
    is_brier, gap = ours[0] <= means[best_brier][0], means[best_auc][1] - ours[1]
    return [
        *lines,
        "",
        f"Brier at most that of the best of the three ({best_brier}): {verdict_of(is_brier)},",
        f"{ours[0]:.4f} against {means[best_brier][0]:.4f}. AUC within a fold's SD of the best ({best_auc}):",
        f"{verdict_of(gap <= spreads[best_auc][1])}, {ours[1]:.3f} against",
        f"{means[best_auc][1]:.3f} ± {spreads[best_auc][1]:.3f}.",
        "",
    ]


def verdict_of(holds: bool) -> str:  # noqa: FBT001 - what was found
    return "**holds**" if holds else "**falls short**"


def learning_curve(
    rows: list[dict[str, str]], used: list[str], won: Matrix, groups: tuple[int, ...], repeats: int
) -> list[str]:
    matrix, prior = matrix_of(rows, used)
    makers = {name: makers_of(prior)[name] for name in ("scorecard", "logistic regression", "pack alone")}
    lines = [
        "## Learning curve (b2b_salvirt)",
        "",
        f"Brier after so many closed deals, mean of {repeats} samples, tried on all deals that are no twin",
        "of one learned from. Differences are those of the scorecard to the other on the same samples (below",
        "0: the scorecard is better), with the 95 % interval of their mean; in brackets in how many samples",
        "it was worse. The samples overlap: the intervals are about samples of these 448 deals, not about",
        "others. ",
        "| closed deals | scorecard | to logistic regression | to the pack alone | to the base rate |",
        "|---|---|---|---|---|",
    ]
    verdicts = []
    for size in SIZES:
        found: dict[str, list[float]] = {name: [] for name in [*makers, "base"]}
        for seed in range(repeats):
            train, test = sample(groups, won, size, seed)
            for name, make in makers.items():
                found[name].append(brier(won[test], learned(make, matrix[train], won[train], matrix[test])))
            found["base"].append(brier(won[test], [float(won[train].mean())] * len(test)))
        cells = []
        for name in ("logistic regression", "pack alone", "base"):
            apart = [a - b for a, b in zip(found["scorecard"], found[name], strict=True)]
            mean, reach = statistics.mean(apart), 1.96 * statistics.stdev(apart) / math.sqrt(repeats)
            worse = sum(one > 0 for one in apart)
            cells.append(f"{mean:+.4f} ({mean - reach:+.4f} to {mean + reach:+.4f}) [{worse}]")
            if size <= 40 and name != "base":
                told = "better" if mean + reach < 0 else "**worse**" if mean - reach > 0 else "neither"
                verdicts.append(f"{told} than {name} at {size}, worse in {worse} of {repeats} samples")
        lines.append(f"| {size} | {statistics.mean(found['scorecard']):.4f} | " + " | ".join(cells) + " |")
    never = "falls short" if any("**worse" in one for one in verdicts) else "holds on average"
    claim = [
        "Never worse than the pack alone nor than logistic regression at 40 deals or fewer, judged by",
        f"whether the interval of the mean difference lies above 0: **{never}**. "
        + "; ".join(verdicts)
        + ".",
        "No method that learns from 10 deals is better in every sample.",
    ]
    return [*lines, "", *claim, ""]


def sample(groups: tuple[int, ...], won: Matrix, size: int, seed: int) -> tuple[list[int], list[int]]:
    """Return a sample of deals with both outcomes, and the deals that are no twin of one of them."""
    rng = random.Random(1000 * size + seed)
    while True:
        train = rng.sample(range(len(won)), size)
        if 0 < won[train].sum() < size:
            known = {groups[i] for i in train}
            return train, [i for i in range(len(won)) if groups[i] not in known]


def makers_of(prior: Prior) -> dict[str, Maker]:
    return {
        "scorecard": lambda: ScorecardClassifier(prior),
        "scorecard, calibrated": lambda: WinProbability(ScorecardClassifier(prior)),
        "scorecard, prior of zeros": ScorecardClassifier,
        "pack alone": lambda: Alone(prior),
        "logistic regression": lambda: LogisticRegression(max_iter=2000),
        "random forest": lambda: RandomForestClassifier(random_state=0),
        "boosting": lambda: HistGradientBoostingClassifier(random_state=0),
        "boosting, held back": BoostedComparator,
    }


class Alone:
    """The pack without any deal."""

    def __init__(self, prior: Prior) -> None:
        self.model = ScorecardClassifier(prior).from_prior()

    def fit(self, _matrix: Matrix, _won: Matrix) -> ScorecardClassifier:
        return self.model


def learned(make: Maker, matrix: Matrix, won: Matrix, others: Matrix) -> Any:
    return make().fit(matrix, won).predict_proba(others)[:, 1]


def matrix_of(rows: list[dict[str, str]], used: list[str]) -> tuple[Matrix, Prior]:
    """Return one column for each value, and what the points say of it before any deal."""
    slope = 2 * math.log(ODDS) / len(LADDERS)
    columns, names, mean, centre = [], [], [], []
    for name in used:
        values = sorted({row[name] for row in rows})
        ladder = LADDERS.get(name)
        for value in values:
            place = (ladder.index(value) / (len(ladder) - 1) if value in ladder else 0.5) if ladder else 0.0
            names.append(f"{name}={value}")
            mean.append(slope * place)
            centre.append(1 / len(values))
            columns.append([float(row[name] == value) for row in rows])
    spread = [math.sqrt(share * (1 - share)) for share in centre]
    return np.asarray(columns).T, Prior(
        tuple(names), tuple(mean), tuple(centre), tuple(spread), (0,) * len(names)
    )


# Deals without signal


def no_signal(folder: Path) -> list[str]:
    rows = [row for row in read(folder / "sales_pipeline.csv", ",") if row["deal_stage"] in {"Won", "Lost"}]
    accounts = {row["account"]: row for row in read(folder / "accounts.csv", ",")}
    offices = {row["sales_agent"]: row["regional_office"] for row in read(folder / "sales_teams.csv", ",")}
    won = [row["deal_stage"] == "Won" for row in rows]
    seen = [date.fromisoformat(row["engage_date"]) for row in rows]
    closed = [date.fromisoformat(row["close_date"]) for row in rows]
    try:
        refuse_leakage(
            {name: [row[name] for row in rows] for name in rows[0] if name != "deal_stage"}
            | {
                "close_value": [float(row["close_value"]) for row in rows],
            },
            won,
            derived=["close_date"],
        )
        caught = "NOTHING"
    except LeakageError as error:
        caught = ", ".join(f"`{fault.where}` ({fault.code})" for fault in error.faults)
    known = [
        {
            "product": row["product"],
            "office": offices[row["sales_agent"]],
            "sector": accounts.get(row["account"], {}).get("sector", ""),
            "month": str(day.month),
            "size": size_of(accounts.get(row["account"], {}).get("employees")),
        }
        for row, day in zip(rows, seen, strict=True)
    ]
    matrix, _ = matrix_of(known, list(known[0]))
    outcomes = np.asarray(won)
    lines = [
        "## Deals without signal (maven_crm)",
        "",
        f"{len(rows)} closed deals, columns known when a deal opens, five folds forward in time: each learns",
        f"only from deals closed before its first prediction. The leakage guard refuses {caught}.",
        "A gain below zero means that what a fold learned from its past did not hold afterwards.",
        "",
        "| model | AUC (90 %) | Brier | gain over the base rate (90 %) | skill |",
        "|---|---|---|---|---|",
    ]
    for name, make in (
        ("scorecard, prior of zeros", ScorecardClassifier),
        ("scorecard, calibrated", lambda: WinProbability(ScorecardClassifier())),
        ("boosting, held back", BoostedComparator),
    ):
        said: list[float] = []
        happened: list[bool] = []
        usual: list[float] = []
        for train, test in forward_folds(seen, closed):
            said += learned(make, matrix[train], outcomes[train], matrix[test]).tolist()
            happened += outcomes[test].tolist()
            usual.append(float(outcomes[train].mean()))
        skill = measure_skill(happened, said, base_rate=statistics.mean(usual), resamples=100)
        verdict = "**yes?**" if skill.has_skill else "no skill"
        lines.append(
            f"| {name} | {skill.auc.value:.3f} ({skill.auc.low:.3f}–{skill.auc.high:.3f}) "
            f"| {skill.brier.value:.4f} "
            f"| {skill.gain.value:+.4f} ({skill.gain.low:+.4f} to {skill.gain.high:+.4f}) | {verdict} |"
        )
    return lines


# Invented worlds


def known_truth() -> list[str]:
    agreements, noises, seeds = (1.0, 0.5, 0.0, -0.5), (0.1, 0.4), range(8)
    count = len(agreements) * len(noises) * len(seeds)
    lines = [
        "## A known truth",
        "",
        f"Mean over {count} invented worlds (`benchmarks/worlds.py`, agreement 1 to -0.5, noise 0.1 and",
        "0.4): 90 % intervals that hold the true chance of a deal not learned from, and the calibration",
        "slope on 4,000 such deals (with the interval of the mean over worlds). Calibrated:",
        "`WinProbability`, where it does not refuse: worlds with fewer than 10 of either outcome",
        "are left out, and one deal in a hundred. ",
        "| closed deals | covered | covered, calibrated | slope | slope, calibrated |",
        "|---|---|---|---|---|",
    ]
    for size in (40, 160, 500, 2000):
        found: dict[str, list[float]] = {name: [] for name in ("own", "calibrated", "slope", "mended")}
        for agreement, noise, seed in itertools.product(agreements, noises, seeds):
            world = World(agreement=agreement, noise=noise, seed=seed)
            matrix, won, chances = world.deals(size + 4000, seed=1)
            if min(won[:size].sum(), size - won[:size].sum()) < 10:
                continue
            model = WinProbability(ScorecardClassifier(world.prior)).fit(matrix[:size], won[:size])
            others, outcomes, truth = matrix[size:], won[size:], chances[size:]
            table = model.forecast_table(others)
            is_said = table["closed_deals"] > 0
            said = model.estimator_.predict_proba(others)[:, 1]
            low, high = model.estimator_.predict_interval(others).T
            found["own"].append(float(((low <= truth) & (truth <= high)).mean()))
            is_held = (table["low"] <= truth) & (truth <= table["high"])
            found["calibrated"].append(float(is_held[is_said].mean()))
            found["slope"].append(calibration_slope(outcomes.tolist(), said.tolist()))
            found["mended"].append(
                calibration_slope(outcomes[is_said].tolist(), table["probability"][is_said].tolist())
            )
        cells = [percent(statistics.mean(found[name])) for name in ("own", "calibrated")]
        cells += [with_reach(found[name]) for name in ("slope", "mended")]
        lines.append(f"| {size} | " + " | ".join(cells) + " |")
    return [*lines, "", *leaks(), ""]


def with_reach(values: list[float]) -> str:
    mean, reach = statistics.mean(values), 1.64 * statistics.stdev(values) / math.sqrt(len(values))
    return f"{mean:.2f} ({mean - reach:.2f}–{mean + reach:.2f})"


def leaks() -> list[str]:
    """Plant each form of leak among honest columns, one at a time."""
    matrix, won, _ = World().deals(400)
    honest = {f"c{place}": column.tolist() for place, column in enumerate(matrix.T)}
    refuse_leakage(honest, won.tolist())
    caught = []
    for name, column in planted(won.tolist()).items():
        try:
            refuse_leakage({**honest, name: column}, won.tolist())
        except LeakageError as error:
            caught += [name] if [fault.where for fault in error.faults] == [name] else []
    return [
        f"Planted leaks: {len(caught)} of {len(LEAKS)} forms refused, alone among {len(honest)} honest",
        "columns: ; ".join(caught) + ". By name and by day besides: `L-DERIVED`, `L-LATE`.",
    ]


BELIEFS = {  # deals, doubt about the scale, doubt about the strength
    "8, 0, 0": (8.0, 0.0, 0.0),
    "16, 0, 0": (16.0, 0.0, 0.0),
    "16, ½, 0": (16.0, 0.5, 0.0),
    "8, ½, 1": (8.0, 0.5, 1.0),
    "16, ½, 1": (16.0, 0.5, 1.0),
    "32, ½, 1": (32.0, 0.5, 1.0),
    "16, ¼, 1": (16.0, 0.25, 1.0),
    "16, ¾, 1": (16.0, 0.75, 1.0),
    "16, ½, 2": (16.0, 0.5, 2.0),
}


def invented() -> list[str]:
    names = [*BELIEFS, "pack alone", "logistic regression"]
    lines = [
        "## Invented worlds: how strong a prior",
        "",
        "Excess Brier score over the true chances (x 1000) by `prior_deals`, `scale_doubt`,",
        "`strength_doubt`; 20 columns, 20 worlds each, drawn by `benchmarks/worlds.py`. Agreement 1: the",
        "pack is right but for noise, 0: it knows nothing, below 0: it is wrong. The defaults,",
        "16, ½, 1, were chosen here and not on the real deals: none tried is less bad at its worst.",
        "",
        "| agreement, noise, closed deals | " + " | ".join(names) + " |",
        "|---|" + "---|" * len(names),
    ]
    worst = dict.fromkeys(names, 0.0)
    every: dict[str, list[float]] = {name: [] for name in names}
    for agreement, noise, size in itertools.product((1.0, 0.5, 0.0, -0.5), (0.1, 0.4), (10, 20, 40, 160)):
        found = regrets(agreement, noise, size)
        mean = {name: statistics.mean(found[name]) for name in names}
        best = min(mean[name] for name in BELIEFS)
        worst = {name: max(worst[name], mean[name] - best) for name in names}
        every = {name: [*every[name], mean[name]] for name in names}
        cells = " | ".join(f"{mean[name]:.1f}" for name in names)
        lines.append(f"| {agreement:g}, {noise:g}, {size} | {cells} |")
    for title, row in (
        ("mean", {name: statistics.mean(values) for name, values in every.items()}),
        ("most above the best belief", worst),
    ):
        lines.append(f"| **{title}** | " + " | ".join(f"{row[name]:.1f}" for name in names) + " |")
    return lines


def regrets(agreement: float, noise: float, size: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in [*BELIEFS, "pack alone", "logistic regression"]}
    for seed in range(20):
        world = World(agreement=agreement, noise=noise, seed=seed)
        matrix, won, _ = world.deals(size, seed=size)
        if not 0 < won.sum() < size:
            continue
        models: dict[str, Any] = {
            name: ScorecardClassifier(world.prior, prior_deals=deals, scale_doubt=scale, strength_doubt=doubt)
            for name, (deals, scale, doubt) in BELIEFS.items()
        }
        models |= {"pack alone": Alone(world.prior), "logistic regression": LogisticRegression()}
        for name, model in models.items():
            found[name].append(1000 * regret(model.fit(matrix, won), world))
    return found


# Speed


def speed() -> list[str]:
    from frames_data import make_pipeline, pipeline_records  # needs Polars, the rest does not

    engine, day = kr.compile(kr.load_pack("handbook")), date(2026, 6, 30)
    features = DealFeatures(engine, as_of=day, until="M6").fit([])
    pack = ScorecardClassifier.from_pack(engine, until="M6")
    prior = pack.prior
    assert prior is not None
    matrix, won = drawn(prior, 100_000)
    folds = grouped_folds(range(len(won)), won.tolist())
    deals, lists = make_pipeline(100_000)
    records = pipeline_records(200)
    features.transform(engine.assess_frame(deals, as_of=day, **lists))  # plans are made once
    seconds = {
        "fit": clocked(lambda: ScorecardClassifier(prior).fit(matrix, won)),
        "win": clocked(lambda: WinProbability(ScorecardClassifier(prior)).fit(matrix, won)),
        "cross": clocked(lambda: held_back(prior, matrix, won, folds)),
        "records": clocked(lambda: features.transform(records)) / len(records) * 1e5,
    }
    model = WinProbability(ScorecardClassifier(prior)).fit(matrix[:20_000], won[:20_000])
    batches = 10
    parts = dict.fromkeys(("frames", "matrix", "scores"), 0.0)
    for _ in range(batches):
        parts["frames"] += clocked(lambda: engine.assess_frame(deals, as_of=day, **lists).deals)
        rows: list[Any] = []
        parts["matrix"] += clocked(
            lambda: rows.append(features.transform(engine.assess_frame(deals, as_of=day, **lists)))  # noqa: B023 - run at once
        )
        parts["scores"] += clocked(lambda: model.forecast_table(rows[0]))  # noqa: B023
    ratio = (parts["matrix"] + parts["scores"]) / parts["frames"]
    total = seconds["win"] + seconds["cross"]
    return [
        "## Speed",
        "",
        "Seconds of processor time by one thread for each of NumPy and scikit-learn (Polars takes what it",
        "finds), on a machine that does other things too.",
        f"Closed deals: {len(won):,} rows of the {matrix.shape[1]} columns of the handbook until M6, drawn",
        "by chance. Open deals: the welding example repeated, in batches of 100,000.",
        "",
        "| what | s |",
        "|---|---|",
        f"| fit a scorecard to 100,000 deals, matrix given | {seconds['fit']:.1f} |",
        f"| fit `WinProbability` to them (its own 5 folds and novelty included) | {seconds['win']:.1f} |",
        f"| cross-validate `WinProbability` by 5 folds, with AUC, Brier and slope | {seconds['cross']:.1f} |",
        f"| both of these together (target: below 60) | {total:.1f}: {verdict_of(total < 60)} |",
        f"| make the matrix of 100,000 deals from frames | {parts['matrix'] / batches:.1f} |",
        f"| make it from records (timed on 200) | {seconds['records']:.0f} |",
        f"| `assess_frame` of 1,000,000 deals, table `deals` | {parts['frames']:.1f} |",
        f"| their matrix, from the same frames | {parts['matrix']:.1f} |",
        f"| their probabilities, intervals and refusals | {parts['scores']:.1f} |",
        f"| matrix and probabilities ÷ `assess_frame` (target: 2) | {ratio:.2f}: {verdict_of(ratio <= 2)} |",
    ]


def drawn(prior: Prior, count: int) -> tuple[Matrix, Matrix]:
    """Return deals of the columns of a prior, whose truth is what it says and something besides."""
    rng = np.random.default_rng(0)
    strayed = rng.normal(size=(count, len(prior.columns))) * np.asarray(prior.spread)
    truth = np.asarray(prior.mean) + 0.1 * rng.normal(size=len(prior.columns)) / np.asarray(prior.spread)
    chances = 1 / (1 + np.exp(0.5 - strayed @ truth))
    return np.asarray(prior.centre) + strayed, rng.random(count) < chances


def held_back(prior: Prior, matrix: Matrix, won: Matrix, folds: list[Any]) -> tuple[float, float, float]:
    said = np.zeros(len(won))
    for train, test in folds:
        said[test] = learned(
            lambda: WinProbability(ScorecardClassifier(prior)), matrix[train], won[train], matrix[test]
        )
    outcomes, chances = won.tolist(), said.tolist()
    return auc(outcomes, chances), brier(outcomes, chances), calibration_slope(outcomes, chances)


def clocked(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


def size_of(employees: str | None) -> str:
    return "" if not employees else str(int(math.log10(float(employees) + 1)))


def read(path: Path, delimiter: str) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows: Iterable[dict[str, str]] = csv.DictReader(file, delimiter=delimiter)
        return list(rows)


if __name__ == "__main__":
    with threadpool_limits(1):  # small fits by many threads wait for each other
        main()
