# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Language models as the trainer sees them: tokenizer, decoder, sampler, and adapters."""

from assay_rl.policy._decoder import Decoder, DecoderCache, DecoderConfig
from assay_rl.policy._model import CausalModel, ChatTokenizer
from assay_rl.policy._sampler import ModelSampler, Sample, Sampler, SamplingOptions
from assay_rl.policy._tokenizer import Tokenizer

__all__ = [
    "CausalModel",
    "ChatTokenizer",
    "Decoder",
    "DecoderCache",
    "DecoderConfig",
    "ModelSampler",
    "Sample",
    "Sampler",
    "SamplingOptions",
    "Tokenizer",
]
