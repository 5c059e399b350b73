# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Reads arguments and calls the command; torch is imported only by commands that compute."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from assay_rl._server import serving
from assay_rl.client import AssayError, Client

_EXAMPLES = """examples:
  trainer demo                                      warm up, reinforce, score, write a report
  trainer demo --resume                             go on after an interruption
  trainer regrade train-demo/rollouts.jsonl         the same rewards, bit for bit?
  trainer sft-data train-demo/rollouts.jsonl --out rewarded.jsonl
  trainer sft rewarded.jsonl --model train-demo/warmed-up.pt --out tuned.pt --steps 100
  trainer eval aime.jsonl --model tuned.pt --runs 16
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code: 0 done, 1 found otherwise, 2 misused."""
    parser = _parser()
    options = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        with _ending_on_sigterm():
            return command(options)
    except (AssayError, OSError, ValueError, RuntimeError) as error:
        sys.stderr.write(f"trainer: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("trainer: interrupted\n")
        return 130


@contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Makes SIGTERM unwind the stack, so that a server of our own ends with us."""

    def end(signum: int, _frame: FrameType | None) -> NoReturn:
        sys.exit(128 + signum)

    previous = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trainer",
        description="Trains language models on rewards from Assay.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_demo(commands)
    _add_bench(commands)
    _add_sft_data(commands)
    _add_sft(commands)
    _add_eval(commands)
    _add_regrade(commands)
    return parser


_Commands = argparse._SubParsersAction  # the only name that argparse has for it


def _add_demo(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "demo",
        help="a small model learns arithmetic in seven languages, on a CPU in minutes",
        description="Warms a small decoder up on faulty texts, reinforces it on rewards from an "
        "`assay serve` of its own, and scores it on problems that it never saw.",
        epilog="examples:\n  trainer demo --seed 2 --out runs/2\n"
        "  trainer demo --shuffle-rewards --out runs/control\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=_demo)
    parser.add_argument("--out", type=Path, default=Path("train-demo"), help="folder for results")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--method", choices=("sft+rl", "sft", "rl"), default="sft+rl")
    parser.add_argument("--warm-up-steps", type=int, default=600, metavar="N")
    parser.add_argument("--steps", type=int, default=150, metavar="N", help="of reinforcement")
    parser.add_argument("--held-out", type=int, default=200, metavar="N", help="problems to score")
    parser.add_argument("--warmed-up", type=Path, metavar="FILE", help="start from this checkpoint")
    parser.add_argument(
        "--shuffle-rewards", action="store_true", help="control: deal rewards out at random"
    )
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    _add_threads(parser)
    _add_server(parser)


def _add_bench(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "bench-demo",
        help="the demo with several seeds, its controls, and a table",
        description="For each seed: fine-tuning then reinforcement, the same with shuffled "
        "rewards, fine-tuning alone, reinforcement alone. Exit code 1 if the demo's claims fail.",
        epilog="example: trainer bench-demo --seeds 1 2 3 4 5 --out runs",
    )
    parser.set_defaults(command=_bench)
    parser.add_argument("--out", type=Path, default=Path("train-demo-bench"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=150, metavar="N")
    parser.add_argument("--warm-up-steps", type=int, default=600, metavar="N")
    parser.add_argument("--held-out", type=int, default=200, metavar="N")
    _add_threads(parser)
    _add_server(parser)


def _add_sft_data(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "sft-data",
        help="write chats from the fully rewarded rollouts of a log",
        epilog="example: trainer sft-data train-demo/rollouts.jsonl --out rewarded.jsonl",
    )
    parser.set_defaults(command=_sft_data)
    parser.add_argument("log", type=Path, help="rollouts.jsonl of a run")
    parser.add_argument("--out", type=Path, required=True)


def _add_sft(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "sft",
        help="fine-tune on chats, the assistant's tokens alone counting",
        epilog="example: trainer sft rewarded.jsonl --general general.jsonl "
        "--model train-demo/warmed-up.pt --out tuned.pt",
    )
    parser.set_defaults(command=_sft)
    parser.add_argument("data", type=Path, help='JSON Lines of {"messages": [...]}')
    parser.add_argument(
        "--model", type=Path, required=True, help="checkpoint, or folder of a Hugging Face model"
    )
    parser.add_argument("--out", type=Path, required=True, help="checkpoint, or folder, to write")
    parser.add_argument("--general", type=Path, help="chats of other kinds to mix in")
    parser.add_argument("--general-share", type=float, default=0.1, metavar="SHARE")
    parser.add_argument("--steps", type=int, default=100, metavar="N")
    parser.add_argument("--batch-chats", type=int, default=64, metavar="N")
    parser.add_argument("--learning-rate", type=float, default=1e-3, metavar="RATE")
    parser.add_argument("--seed", type=int, default=1)
    _add_threads(parser)


def _add_eval(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "eval",
        help="pass@1 and maj@k on a benchmark file, graded by Assay",
        epilog="example: trainer eval gpqa.jsonl --completions written.jsonl",
    )
    parser.set_defaults(command=_eval)
    parser.add_argument("problems", type=Path, help="JSON Lines")
    parser.add_argument(
        "--shape", default="auto", choices=("auto", "aime", "math", "gpqa", "livecodebench")
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--model", type=Path, help="checkpoint, or folder of a Hugging Face model")
    source.add_argument(
        "--completions", type=Path, help='JSON Lines of {"completions": [...]}, a line a problem'
    )
    parser.add_argument("--runs", type=int, default=4, metavar="K", help="completions a problem")
    parser.add_argument("--max-tokens", type=int, default=256, metavar="N")
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument(
        "--no-system-prompt",
        action="store_true",
        help="give the problem alone, as the demo's model expects it",
    )
    parser.add_argument("--seed", type=int, default=1)
    _add_threads(parser)
    _add_server(parser)


def _add_regrade(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "regrade",
        help="grade a log again and compare every number; exit code 1 if one differs",
        epilog="example: trainer regrade train-demo/rollouts.jsonl --url http://127.0.0.1:8080",
    )
    parser.set_defaults(command=_regrade)
    parser.add_argument("log", type=Path, help="rollouts.jsonl of a run")
    _add_server(parser)


def _add_threads(parser: argparse.ArgumentParser) -> None:
    # The demo's matrices are small: a second thread mostly waits for the first.
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="PyTorch's")


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", help="Assay nodes that run already, with commas between them")
    parser.add_argument(
        "--assay",
        type=Path,
        metavar="FILE",
        help="program to serve with, else $ASSAY or this repository's build",
    )


@contextmanager
def _client(options: argparse.Namespace) -> Iterator[Client]:
    if options.url:
        with Client(options.url) as client:
            yield client
    else:
        with serving(options.assay) as server, Client(server.url) as client:
            yield client


def _set_threads(options: argparse.Namespace) -> None:
    import torch

    torch.set_num_threads(options.threads)


def _demo(options: argparse.Namespace) -> int:
    from assay_rl.cli._commands import demo

    _set_threads(options)
    with _client(options) as client:
        return demo(options, client)


def _bench(options: argparse.Namespace) -> int:
    from assay_rl.cli._bench import bench

    _set_threads(options)
    with _client(options) as client:
        return bench(options, client)


def _sft_data(options: argparse.Namespace) -> int:
    from assay_rl.cli._commands import sft_data

    return sft_data(options)


def _sft(options: argparse.Namespace) -> int:
    from assay_rl.cli._commands import sft

    _set_threads(options)
    return sft(options)


def _eval(options: argparse.Namespace) -> int:
    from assay_rl.cli._commands import evaluate_file

    _set_threads(options)
    with _client(options) as client:
        return evaluate_file(options, client)


def _regrade(options: argparse.Namespace) -> int:
    from assay_rl.cli._commands import regrade_log

    with _client(options) as client:
        return regrade_log(options, client)
