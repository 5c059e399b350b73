# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Training on rewards from Assay, as in Magistral (arXiv 2506.10910)."""
