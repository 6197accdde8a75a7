"""A run of random documents: which ones, by seed and number, and what came of them."""

from __future__ import annotations

import json
import time
from collections import Counter
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, Callable, Iterable, Iterator, List, Mapping, Tuple
from typing import Counter as CounterOf

import yaml

from os_net_config.config.document import LARGEST_FILE

from . import hostile, mutations
from .children import Trial
from .grammar import Grammar, published
from .topology import Topology
from .trial import BAD, OUTCOMES

ROOT = Path(__file__).resolve().parents[2]
#: Real configs: the examples, and a collection beside the checkout where there is one.
_SEEDS = (ROOT / "examples", ROOT.parent / "shared" / "corpus", ROOT.parent / "shared" / "corpus_invalid")

Maker = Callable[[Random], bytes]


@lru_cache(maxsize=1)
def seeds() -> Tuple[bytes, ...]:
    files = (file for directory in _SEEDS if directory.is_dir() for file in sorted(directory.iterdir()))
    return tuple(file.read_bytes() for file in files if file.suffix in {".yaml", ".json", ".j2"})


def written(random: Random, root: Any) -> bytes:
    """A document as text, in one of the forms of YAML or as JSON."""
    if random.random() < 0.3:
        return json.dumps(root, indent=random.choice((None, 2)), ensure_ascii=random.random() < 0.5).encode()
    text: str = yaml.dump(
        root,
        Dumper=yaml.CSafeDumper,
        default_flow_style=random.choice((False, None, True)),
        allow_unicode=random.random() < 0.5,
        default_style=random.choice((None, None, None, "'", '"')),
        sort_keys=False,
    )
    return text.encode(random.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16")), "replace")


def _valid(random: Random) -> bytes:
    grammar = Grammar(random, published(), random.choice((0.05, 0.2, 0.6)), now=random.random() < 0.5)
    return written(random, grammar.document())


def _network(random: Random) -> bytes:
    return written(random, Topology(random).document())


def _nearly_valid(random: Random) -> bytes:
    if random.random() < 0.5:
        return written(random, mutations.of_values(random, Topology(random).document()))
    return written(random, mutations.of_values(random, Grammar(random, published()).document()))


def _nearly_a_real_one(random: Random) -> bytes:
    seed = random.choice(seeds())
    if random.random() < 0.5:
        return mutations.of_lines(random, seed.decode(errors="replace")).encode()
    if random.random() < 0.5:
        return mutations.of_bytes(random, seed)
    try:
        return written(random, mutations.of_values(random, yaml.load(seed, yaml.CSafeLoader)))
    except yaml.YAMLError:
        return mutations.of_lines(random, seed.decode(errors="replace"), 10).encode()


def _broken_text(random: Random) -> bytes:
    data = _network(random)
    if random.random() < 0.5:
        return mutations.of_bytes(random, data)
    return mutations.of_lines(random, data.decode(errors="replace")).encode()


_TOKENS = (
    "- ", ": ", "? ", "[", "]", "{", "}", ",", "\n", "\n  ", "\n    ", "&a ", "*a", "<<: ", "!!str ", "!x ",
    "|\n", ">\n", "'", '"', "#", "%YAML 1.1\n", "---\n", "...\n", "network_config", "type", "name", "vlan",
    "\t", "~", "1", "\\", "0b_", "._e+1",
)  # fmt: skip


def _garbage(random: Random) -> bytes:
    if random.random() < 0.3:
        return bytes(random.randrange(256) for _ in range(random.randrange(200)))
    tokens = random.choices(_TOKENS, k=random.randrange(80))
    return ("network_config:\n" * (random.random() < 0.5) + "".join(tokens)).encode()


def _hostile(random: Random) -> bytes:
    return hostile.document(random, LARGEST_FILE)


#: Classes of documents with the share that each has of a run.
CLASSES: Mapping[str, Tuple[Maker, int]] = {
    "valid": (_valid, 15),
    "network": (_network, 15),
    "nearly valid": (_nearly_valid, 20),
    "nearly a real one": (_nearly_a_real_one, 20),
    "broken text": (_broken_text, 14),
    "garbage": (_garbage, 15),
    "hostile": (_hostile, 1),
}


def document(name: str) -> bytes:
    """The document of this name: ``class/seed/number``, or ``shape/name/bytes``."""
    kind, middle, last = name.split("/")
    if kind == "shape":
        return hostile.SHAPES[middle](int(last)).encode()
    return CLASSES[kind][0](Random(name))


def endless(seed: str) -> Iterator[Tuple[str, bytes]]:
    """Documents of all classes by their shares, the same ones for the same seed."""
    order = Random(seed)
    names = list(CLASSES)
    weights = [share for _, share in CLASSES.values()]
    number = 0
    while True:
        name = f"{order.choices(names, weights)[0]}/{seed}/{number}"
        yield name, document(name)
        number += 1


def shapes(size: int = LARGEST_FILE) -> Iterator[Tuple[str, bytes]]:
    """Every hostile shape once, as large as a file may be."""
    for name in hostile.SHAPES:
        yield f"shape/{name}/{size}", document(f"shape/{name}/{size}")


def until(documents: Iterable[Tuple[str, bytes]], end: float) -> Iterator[Tuple[str, bytes]]:
    for one in documents:
        if time.monotonic() > end:
            return
        yield one


class Tally:
    """What came of the documents so far."""

    def __init__(self) -> None:
        self.counts: CounterOf[Tuple[str, str]] = Counter()
        self.slowest: List[Trial] = []
        self.largest: List[Trial] = []
        self.offenders: List[Trial] = []

    def add(self, trial: Trial) -> None:
        self.counts[trial.name.split("/")[0], trial.verdict.outcome] += 1
        if trial.verdict.outcome in BAD:
            self.offenders.append(trial)
        self.slowest = sorted((*self.slowest, trial), key=lambda one: -one.seconds)[:5]
        self.largest = sorted((*self.largest, trial), key=lambda one: -one.peak)[:5]

    def table(self) -> str:
        """Documents by class and outcome."""
        kinds = list(dict.fromkeys(kind for kind, _ in self.counts))
        outcomes = [one for one in OUTCOMES if any(self.counts[kind, one] for kind in kinds)]
        width = [max(6, len(one)) for one in outcomes]
        head = " " * 18 + "".join(f"  {one:>{n}}" for one, n in zip(outcomes, width))
        rows = [
            f"{kind:<18}" + "".join(f"  {self.counts[kind, one]:>{n}}" for one, n in zip(outcomes, width))
            for kind in kinds
        ]
        return "\n".join((head, *rows))

    def worst(self) -> str:
        """The slowest document and the one that took most memory."""
        slow, large = self.slowest[0], self.largest[0]
        return (
            f"slowest {slow.seconds:.2f} s ({slow.name}),"
            f" most memory {large.peak / 1024**2:.0f} MiB ({large.name})"
        )

    def line(self, seed: str) -> str:
        """The whole run in one line."""
        total = sum(self.counts.values())
        return f"{total} documents, seed {seed}: {len(self.offenders)} bad; {self.worst()}"


def save(trial: Trial, directory: Path) -> Path:
    """Keep a document for whoever looks into it."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / (trial.name.replace("/", "-").replace(" ", "_") + ".yaml")
    file.write_bytes(trial.data)
    file.with_suffix(".txt").write_text(
        f"{trial.name}\n{trial.verdict.outcome}, {trial.seconds:.1f} s\n{trial.verdict.detail}\n",
        encoding="utf-8",
    )
    return file
