"""What closed deals teach, on a real data set and on one without any signal.

    python benchmarks/learning.py [--data FOLDER] [--write] [--repeats N]

FOLDER holds `b2b_salvirt` (Bohanec, Kljajić Borštnar, Robnik-Šikonja, Expert Systems with Applications 71,
2017: 448 deals of one software firm) and `maven_crm` (Maven Analytics, CRM Sales Opportunities: invented
deals). The points below were set from what each column means, before any outcome was looked at, and not
changed since.

`--write` puts the page into docs/generated.
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
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from worlds import World, regret

from kamrules.errors import LeakageError
from kamrules.scoring.estimators.boosted_comparator import BoostedComparator
from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier
from kamrules.scoring.estimators.win_probability import WinProbability
from kamrules.scoring.prior import ODDS, Prior
from kamrules.scoring.validation.leakage import refuse_leakage
from kamrules.scoring.validation.skill import auc, brier, measure_skill
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
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"no folder {options.data}: --data names the one that holds the data sets")
    version = f"Python {platform.python_version()}, scikit-learn {sklearn.__version__}"
    lines = [
        "# What closed deals teach, measured",
        "",
        f"{version}; `python benchmarks/learning.py --data FOLDER --write`.",
        "Every number is on deals not learned from.",
        "",
        *real_deals(options.data / "b2b_salvirt", options.repeats),
        *no_signal(options.data / "maven_crm"),
        *invented(),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


# Real deals


def real_deals(folder: Path, repeats: int) -> list[str]:
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
    twins = find_twins([tuple(row[name] for name in without) for row in rows], won.tolist())
    return [*lines, *learning_curve(rows, without, won, twins.groups, repeats)]


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
        f"**Learning curve**: Brier after so many closed deals, mean of {repeats} samples, tried on all",
        "deals that are no twin of one learned from. In brackets: in how many samples it was worse.",
        "",
        "| closed deals | scorecard | logistic regression | pack alone | always the base rate |",
        "|---|---|---|---|---|",
    ]
    short = []
    for size in SIZES:
        found: dict[str, list[float]] = {name: [] for name in [*makers, "base"]}
        for seed in range(repeats):
            train, test = sample(groups, won, size, seed)
            for name, make in makers.items():
                found[name].append(brier(won[test], learned(make, matrix[train], won[train], matrix[test])))
            found["base"].append(brier(won[test], [float(won[train].mean())] * len(test)))
        mean = {name: statistics.mean(values) for name, values in found.items()}
        worse = {
            name: sum(a > b for a, b in zip(found["scorecard"], values, strict=True))
            for name, values in found.items()
        }
        cells = [
            f"{mean[name]:.3f} ({worse[name]})" for name in ("logistic regression", "pack alone", "base")
        ]
        lines.append(f"| {size} | {mean['scorecard']:.3f} | " + " | ".join(cells) + " |")
        short += [
            f"at {size} deals it is worse than {name} in {worse[name]} of {repeats} samples"
            for name in ("logistic regression", "pack alone")
            if worse[name] and size <= 40
        ]
        short += [
            f"**at {size} deals it is worse than {name} on average**"
            for name in makers
            if mean["scorecard"] > mean[name]
        ]
    on_average = "falls short" if any("on average" in one for one in short) else "holds on average"
    claim = "Never worse than the pack alone nor than logistic regression at 40 deals or fewer:"
    return [*lines, "", claim, f"**{on_average}**, but " + "; ".join(short) + ".", ""]


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


def invented() -> list[str]:
    strengths = (1.0, 2.0, 4.0, 8.0, 16.0)
    names = [*(f"{strength:g}" for strength in strengths), "pack alone", "logistic regression"]
    lines = [
        "",
        "## Invented worlds: how strong a prior",
        "",
        "Excess Brier score over the true chances (x 1000) with a prior worth so many deals; 20 columns, 30",
        "worlds each, drawn by `benchmarks/worlds.py`. Agreement 1: the pack is right but for noise, 0: it",
        "knows nothing, below 0: it is wrong. The default is the strength whose worst is least bad.",
        "",
        "| agreement, noise, closed deals | " + " | ".join(names) + " |",
        "|---|" + "---|" * len(names),
    ]
    worst = dict.fromkeys(names, 0.0)
    for agreement, noise, size in itertools.product((1.0, 0.5, 0.0, -0.5), (0.1, 0.4), (10, 40, 160)):
        found: dict[str, list[float]] = {name: [] for name in names}
        for seed in range(30):
            world = World(agreement=agreement, noise=noise, seed=seed)
            matrix, won, _ = world.deals(size, seed=size)
            if 0 < won.sum() < size:
                models = [ScorecardClassifier(world.prior, prior_deals=strength) for strength in strengths]
                learnt = [
                    model.fit(matrix, won) for model in [*models, Alone(world.prior), LogisticRegression()]
                ]
                for name, model in zip(names, learnt, strict=True):
                    found[name].append(1000 * regret(model, world))
        mean = {name: statistics.mean(values) for name, values in found.items()}
        best = min(mean[f"{strength:g}"] for strength in strengths)
        worst = {name: max(worst[name], mean[name] - best) for name in names}
        cells = " | ".join(f"{mean[name]:.1f}" for name in names)
        lines.append(f"| {agreement:g}, {noise:g}, {size} | {cells} |")
    cells = " | ".join(f"{worst[name]:.1f}" for name in names)
    return [*lines, f"| most above the best strength | {cells} |"]


def size_of(employees: str | None) -> str:
    return "" if not employees else str(int(math.log10(float(employees) + 1)))


def read(path: Path, delimiter: str) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows: Iterable[dict[str, str]] = csv.DictReader(file, delimiter=delimiter)
        return list(rows)


if __name__ == "__main__":
    main()
