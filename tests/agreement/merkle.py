"""Roots and proofs of trees, made and checked by pymerkle.

Reads {"leaves": [hex], "sizes": [n], "every": k} on standard input and writes one
JSON document a size: its root, and for every k-th index and old size the proofs of
RFC 6962 in hexadecimal. Nothing here is by Countersign.
"""

import json
import sys
import warnings

from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

# Version 7 renamed it; 6 is what older Pythons get.
warnings.simplefilter("ignore", DeprecationWarning)


def make(leaves):
    # The defaults are RFC 6962: SHA-256, a zero byte before leaves, a one before nodes.
    tree = InmemoryTree(algorithm="sha256")
    assert tree.security, "without the prefixes it would be another tree"
    for leaf in leaves:
        tree.append_entry(leaf)
    return tree


def inclusion(tree, index, size, root):
    proof = tree.prove_inclusion(index + 1, size)  # counts from one
    leaf = tree.get_leaf(index + 1)
    verify_inclusion(leaf, root, proof)
    assert proof.path[0] == leaf  # the RFC leaves the leaf itself out
    return [node.hex() for node in proof.path[1:]]


def consistency(tree, old, size, root):
    """pymerkle's proof starts at the first leaf that is new, and so leads to the
    first subtree that is whole; the RFC's starts with that subtree, and leaves the
    old root out where it is one subtree."""
    if old in (0, size):
        return []
    proof = tree.prove_consistency(old, size)
    verify_consistency(tree.get_state(old), root, proof)
    whole = proof.subset.index(1)
    new = proof.path[0]
    for bit, node in zip(proof.rule, proof.path[1:whole]):
        pair = (new, node) if bit == 0 else (node, new)
        new = proof.hasher.hash_pair(*pair)
    rest = proof.path[whole + 1 :]
    start = [proof.path[whole]] if any(proof.subset[whole + 1 :]) else []
    return [node.hex() for node in start + [new] + rest]


def main():
    asked = json.load(sys.stdin)
    leaves = [bytes.fromhex(leaf) for leaf in asked["leaves"]]
    tree = make(leaves)
    for size in asked["sizes"]:
        root = tree.get_state(size) if size else make([]).hash_empty()
        step = asked["every"]
        told = {
            "size": size,
            "root": root.hex(),
            "inclusion": {i: inclusion(tree, i, size, root) for i in range(0, size, step)},
            "consistency": {i: consistency(tree, i, size, root) for i in range(0, size + 1, step)},
        }
        print(json.dumps(told))


main()
