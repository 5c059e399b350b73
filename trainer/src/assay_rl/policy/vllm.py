# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Sampling by vLLM, where it is installed.

Needs a GPU build of ``vllm``, which no test here has: the call is written to its documented
interface (``LLM.generate`` with ``TokensPrompt`` and ``SamplingParams(logprobs=0)``) and untested.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay_rl.policy._sampler import Sample, SamplingOptions


class VLLMSampler:
    """Samples with a ``vllm.LLM``; see ``Sampler``. Entropies are not measured.

    Args:
        engine: made with ``logprobs_mode="processed_logprobs"``, so that log-probabilities are
            those of the temperature that is sampled with.
        end_id: token that ends a completion.
    """

    def __init__(self, engine: Any, end_id: int) -> None:
        self._engine = engine
        self._end_id = end_id

    def __call__(
        self, prompts: Sequence[Sequence[int]], options: SamplingOptions, seed: int
    ) -> list[Sample]:
        """Returns one completion per prompt, each with a seed of its own."""
        from vllm import SamplingParams

        settings = [
            SamplingParams(
                temperature=options.temperature,
                max_tokens=options.max_tokens,
                logprobs=0,  # the chosen token's alone
                stop_token_ids=[self._end_id],
                seed=(seed + place) % 2**63,
                detokenize=False,
            )
            for place in range(len(prompts))
        ]
        asked = [{"prompt_token_ids": list(prompt)} for prompt in prompts]
        samples = []
        for request in self._engine.generate(asked, settings, use_tqdm=False):
            output = request.outputs[0]
            tokens = list(output.token_ids)
            logprobs = [
                step[token].logprob for token, step in zip(tokens, output.logprobs, strict=True)
            ]
            samples.append(Sample(tokens, logprobs, [], output.finish_reason == "stop"))
        return samples
