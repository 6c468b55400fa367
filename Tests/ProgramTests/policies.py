"""Eviction policies by their definitions, in float64: the tokens of a KV head that a block leaves.

Scores are of all tokens that the head holds; those of the highest scores stay, of equal ones the
older. Keys are those after rotary embedding.
"""

import numpy as np

# The policies, with tokens at the start (sinks) and at the end (recent) that none of them evicts.
RUNS = [dict(policy=name, sinks=0, recent=0) for name in (
    "full", "keydiff", "keydiff-stream", "keydiff-normalized", "keydiff-pairwise", "keydiff-median", "keydiff-dot",
    "keydiff-euclidean", "sink", "tova", "h2o", "snapkv", "l2")] + [
    dict(policy="keydiff", sinks=4, recent=12), dict(policy="h2o", sinks=2, recent=8)]

# SnapKV: the queries that are looked at and the tokens that stay; the width of the pooling.
SNAPKV_WINDOW, SNAPKV_KERNEL = 32, 7
SINK_COUNT = 4


class Head:
    """What a KV head holds of a text."""

    def __init__(self, dim):
        self.keys, self.values = np.zeros((0, dim)), np.zeros((0, dim))
        self.positions = np.zeros(0, int)
        self.sums = np.zeros(0)  # H2O's, of all blocks so far
        self.marks = np.zeros(0)  # keydiff-stream's scores, made when the tokens came
        self.stream = np.zeros(dim)  # the sum of all unit keys before rotary embedding
        self.seen = []  # the weights of the block, one array a query head

    def append(self, keys, values, positions, plain):
        """Tokens of a block; plain: their keys before rotary embedding."""
        units = plain / np.linalg.norm(plain, axis=1)[:, None]
        self.stream = self.stream + units.sum(0)
        cosines = -units @ self.stream / np.linalg.norm(self.stream)
        around = np.concatenate([cosines[:1], cosines, cosines[-1:]])
        marks = (around[:-2] + 2 * cosines + around[2:]) / 4
        self.marks = np.concatenate([self.marks, marks])
        self.keys, self.values = np.vstack([self.keys, keys]), np.vstack([self.values, values])
        self.positions = np.concatenate([self.positions, positions])
        self.sums = np.concatenate([self.sums, np.zeros(len(positions))])
        self.seen = []

    def see(self, weights):
        """Weights [query, token] of a query head."""
        self.seen.append(weights)

    def evict(self, run, budget):
        policy, weights = run["policy"], np.array(self.seen)
        self.sums = self.sums + weights.sum((0, 1))
        if policy == "full" or len(self.positions) <= budget:
            return
        scores = np.array(self.scores(policy, weights, budget), float)
        newest = self.positions.max()
        scores[self.positions < run["sinks"]] = np.inf
        scores[self.positions > newest - run["recent"]] = np.inf
        ranked = sorted(range(len(scores)), key=lambda slot: (-scores[slot], self.positions[slot]))
        self.keep(sorted(ranked[:budget], key=lambda slot: self.positions[slot]))

    def keep_latest(self, count):
        """What a layer with a window keeps, whatever the policy."""
        self.keep(list(range(max(len(self.positions) - count, 0), len(self.positions))))

    def keep(self, keep):
        self.keys, self.values = self.keys[keep], self.values[keep]
        self.positions, self.sums = self.positions[keep], self.sums[keep]
        self.marks = self.marks[keep]

    def scores(self, policy, weights, budget):
        """Scores of all tokens; weights [query head, query, token]."""
        lengths = np.linalg.norm(self.keys, axis=1)
        units = self.keys / lengths[:, None]
        mean = self.keys.mean(0)
        match policy:
            case "keydiff": return -units @ mean
            case "keydiff-stream":
                stays = (self.positions < SINK_COUNT) | (self.positions > self.positions.max() - budget // 4)
                return np.where(stays, np.inf, self.marks)
            case "keydiff-normalized": return -units @ units.mean(0)
            case "keydiff-pairwise": return [-sum(a @ b for b in units) for a in units]
            case "keydiff-median": return -units @ np.median(self.keys, 0)
            case "keydiff-dot": return -self.keys @ mean
            case "keydiff-euclidean": return np.linalg.norm(self.keys - mean, axis=1)
            case "l2": return -lengths
            case "sink": return np.where(self.positions < SINK_COUNT, np.inf, self.positions)
            case "tova": return weights[:, -1].mean(0)
            case "h2o": return self.sums
            case "snapkv": return self.pooled(weights[:, -SNAPKV_WINDOW:].sum((0, 1)))

    def pooled(self, sums):
        """The mean over each token and its neighbours in the text; nothing lies beyond the ends."""
        around, count = SNAPKV_KERNEL // 2, len(sums)
        scores = [sum(sums[place] for place in range(at - around, at + around + 1) if 0 <= place < count)
                  / SNAPKV_KERNEL for at in range(count)]
        recent = self.positions > self.positions.max() - SNAPKV_WINDOW
        return np.where(recent, np.inf, scores)
