"""Reads a whole commit with Python's own `ast` and finds out who imports what, by
other code than Countersign's; compares. Input: {repo, rev, roots, edges}, each edge
[path, line, level, module, name, target]. Prints figures and what differs."""
import ast
import json
import posixpath
import subprocess
import sys
import warnings

warnings.simplefilter("ignore")
sys.setrecursionlimit(20_000)
asked = json.load(sys.stdin)
repo, rev, roots = asked["repo"], asked["rev"], asked["roots"]


def git(*arguments, given=None):
    command = ["git", "-C", repo, *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


blobs = {}
for entry in git("ls-tree", "-r", "-z", rev).split(b"\0"):
    if not entry:
        continue
    meta, path = entry.split(b"\t", 1)
    mode, kind, blob = meta.split()
    if kind == b"blob" and mode != b"120000" and path.endswith(b".py"):
        blobs[path.decode("utf-8", "surrogateescape")] = blob.decode()

files = set(blobs)
directories = set()
for path in files:
    parent = posixpath.dirname(path)
    while parent and parent not in directories:
        directories.add(parent)
        parent = posixpath.dirname(parent)

wanted = "\n".join(blobs.values()).encode()
batch = git("cat-file", "--batch", given=wanted)
sources, at = {}, 0
for path in blobs:
    end = batch.index(b"\n", at)
    size = int(batch[at:end].split()[2])
    sources[path] = batch[end + 1 : end + 1 + size]
    at = end + size + 2


def step(directory, part):
    """(path without .py, may go on) of a part of a name in a directory."""
    below = posixpath.join(directory, part)
    if below + "/__init__.py" in files:
        return below, True
    if below + ".py" in files:
        return below, False
    if below in directories:
        return below, True
    return None


def walk(directory, parts):
    """How far a name leads from a directory: (path, may go on, parts used)."""
    here, more, used = directory, True, 0
    for part in parts:
        found = step(here, part) if more else None
        if not found:
            break
        (here, more), used = found, used + 1
    return here, more, used


def lead(path, level, module, name):
    parts = module.split(".") if module else []
    home = posixpath.dirname(path)
    if level:
        base = home.split("/") if home else []
        if level - 1 > len(base):
            return None
        base = "/".join(base[: len(base) - (level - 1)])
        here, more, used = walk(base, parts)
        if parts and not used:
            return None
    else:
        looked = list(roots)
        if home not in looked and posixpath.join(home, "__init__.py") not in files:
            looked.append(home)
        for root in looked:
            here, more, used = walk(root, parts)
            if used:
                break
        else:
            return None
    if name not in (None, "*") and used == len(parts) and more:
        below = step(here, name)
        if below:
            return below[0]
    return here


found, broken = set(), []
forms = {}
for path, source in sources.items():
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        broken.append(path)
        continue
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            said = [(a.lineno, 0, a.name, None) for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            said = [(a.lineno, node.level, module, a.name) for a in node.names]
        else:
            continue
        for line, level, module, name in said:
            target = lead(path, level, module, name)
            if target is not None:
                found.add((path, line, level, module, name, target))
                kind = "star" if name == "*" else "relative" if level else "from" if name else "import"
                forms[kind] = forms.get(kind, 0) + 1

unread = set(broken)
ours = {tuple(edge) for edge in asked["edges"] if edge[0] not in unread}
print(
    json.dumps(
        {
            "files": len(files),
            "unread": len(broken),
            "edges": len(found),
            "ours": len(ours),
            "forms": forms,
            "missing": sorted(map(list, found - ours), key=str)[:20],
            "invented": sorted(map(list, ours - found), key=str)[:20],
        }
    )
)
