//! Ways to import a module, each a small file that collects what it got in `R`.

/// As many as [`outside`] knows.
pub const OUTSIDE: usize = OUT.len();

/// As many as [`inside`] knows.
pub const INSIDE: usize = IN.len();

/// `LANE` is the dotted name of the lane, `TOP` its first part.
const OUT: [&str; 44] = [
    "import LANE.q.a\nR = [LANE.q.a.f()]\n",
    "import LANE.q.a as m\nR = [m.f()]\n",
    "import LANE.q.sub.b, LANE.other\nR = [LANE.q.sub.b.h(), LANE.other.g()]\n",
    "import LANE.q.sub.b, os, LANE.q.a as z\nR = [LANE.q.sub.b.h(), z.f(), os.sep]\n",
    "from LANE import q, other\nR = [q.NAME, other.g()]\n",
    "from LANE import (\n    q,  # noqa: F401\n    other as o,\n)\nR = [q.NAME, o.g()]\n",
    "from LANE import other, \\\n    q as z\nR = [z.NAME, other.g()]\n",
    "from LANE import other, q, qq  # noqa: E501\nR = [q.NAME, other.g(), qq.f()]\n",
    "from LANE import (other, q)\nR = [q.NAME, other.g()]\n",
    "from LANE import q as q\nR = [q.NAME]\n",
    "from LANE.q import a, sub\nR = [a.f(), sub.__name__.count('.') > 0]\n",
    "from LANE.q.a import f as g, T\nR = [g(), T.__name__]\n",
    "from LANE.q.a import *\nR = [f()]\n",
    "from LANE.q import *\nR = [NAME]\n",
    "def fn():\n    import LANE.q.a\n    return LANE.q.a.f()\nR = [fn()]\n",
    "def fn():\n\tfrom LANE import q, other\n\treturn q.NAME + other.g()\nR = [fn()]\n",
    "import LANE.q.a\ndef fn(TOP):\n    return TOP.upper()\nR = [fn('x'), LANE.q.a.f()]\n",
    "import LANE.q.a\nR = [[TOP for TOP in 'ab'], LANE.q.a.f()]\n",
    "import LANE.q.a\nR = [[LANE.q.a.f() for _ in 'ab'], (lambda: LANE.q.a.f())()]\n",
    "try:\n    import LANE.q\nexcept ImportError:\n    TOP = None\nR = [TOP is None]\n",
    "import importlib\nR = [importlib.import_module('LANE.q.a').f()]\n",
    "from importlib import import_module as load, import_module\nn = 'a'\nR = [import_module(f'LANE.q.{n}').f(), import_module('LANE.q.' + n).f(), import_module('LANE.q.%s' % n).f()]\n",
    "from unittest import mock\nimport LANE.q.a\nwith mock.patch('LANE.q.a.f', lambda: 'patched'):\n    R = [LANE.q.a.f()]\nR += [LANE.q.a.f()]\n",
    "from unittest.mock import patch\nfrom LANE.q import a\n@patch(\"LANE.q.a.f\")\ndef fn(it):\n    it.return_value = 'patched'\n    return a.f()\nR = [fn()]\n",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import LANE.q.a\n    from LANE import q\ndef fn(x: 'LANE.q.a.T') -> 'q.a.T':\n    return x\nR = [1]\n",
    "import LANE.q.a\nfrom typing import get_type_hints\ndef fn(x: 'LANE.q.a.T', y: LANE.q.a.T) -> None: ...\nR = [sorted(it.__name__ for it in get_type_hints(fn).values())]\n",
    "import LANE.q.a; R = [LANE.q.a.f()]; import LANE.other; R += [LANE.other.g()]\n",
    "if True: from LANE import q, other\nR = [q.NAME, other.g()]\n",
    "from LANE import q, other; R = [q.NAME]; R += [other.g()]\n",
    "class K:\n    from LANE.q.a import f\nR = [K.f()]\n",
    "class K:\n    import LANE.q.a\nR = [K.LANE.q.a.f()]\n",
    "core = pkg = q = 5\nimport LANE.q.a\nR = [LANE.q.a.f()]\n",
    "def fn(core, pkg, q):\n    import LANE.q.a\n    return [core, pkg, q, LANE.q.a.f()]\nR = fn(1, 2, 3)\n",
    "import LANE.q\nimport LANE.other\nR = [LANE.q.NAME, LANE.other.g()]\n",
    "import LANE.q\nR = [LANE.q.NAME, TOP.__name__]\n",
    "import sys\nimport LANE.q.a\nR = [sys.modules['LANE.q.a'].f(), 'LANE.q.a' in sys.modules]\n",
    "def load():\n    global TOP\n    import LANE.q.a\nload()\nR = [LANE.q.a.f()]\n",
    "R = [__import__('LANE.q.a', fromlist=['f']).f()]\n",
    "import core.kept\nimport LANE.q.a\nR = [core.kept.K, LANE.q.a.f()]\n",
    "from LANE.qq import f\nimport LANE.qq\nR = [f(), LANE.qq.f()]\n",
    "try:\n    from LANE.q.missing import nothing\nexcept ImportError:\n    nothing = 'none'\nR = [nothing]\n",
    "import LANE.q.a\nLANE.q.a.EXTRA = 1\nR = [LANE . q . a . EXTRA]\ndel LANE.q.a.EXTRA\n",
    "from LANE . q . a import(f)\nfrom LANE.q import(a)\nR = [f(), a.f()]\n",
    "import LANE.q.a\nm = LANE.q\nR = [m.a.f(), LANE.q.a.T().__class__.__name__]\nclass D(LANE.q.a.T):\n    x: LANE.q.a.T = LANE.q.a.T()\n",
];

/// Said from a file beside the module.
const BESIDE: [&str; 16] = [
    "from . import q\nR = [q.NAME]\n",
    "from . import q, other\nR = [q.NAME, other.g()]\n",
    "from . import (q as x, other,)\nR = [x.NAME, other.g()]\n",
    "from .q import a\nR = [a.f()]\n",
    "from .q.a import f as ff\nR = [ff()]\n",
    "from .q import *\nR = [NAME]\n",
    "from .q.sub import b\nfrom .other import g\nR = [b.h(), g()]\n",
    "from importlib import import_module\nR = [import_module('.q.a', __package__).f()]\n",
    "def fn():\n    from .q.sub.b import h\n    return h()\nR = [fn()]\n",
    "from .import q\nfrom .q.a import(f)\nR = [q.NAME, f()]\n",
    "from . import other as o, \\\n  q\nR = [q.NAME, o.g()]\n",
    "from . . q import a\nR = [1]\n",
    "from .qq import f\nfrom . import qq\nR = [f(), qq.f()]\n",
    "from .q import (\n    # the first\n    a,\n    sub,\n)\nR = [a.f()]\n",
    "from . import (\n    # the first\n    q,\n    # the second\n    other,\n)\nR = [q.NAME, other.g()]\n",
    "from . import (\n    other,\n    q\n)\nR = [q.NAME, other.g()]\n",
];

/// Said within the module, two packages down.
const IN: [&str; 18] = [
    "from ..a import f\nR = [f()]\n",
    "from .. import a\nR = [a.f()]\n",
    "from ... import other\nR = [other.g()]\n",
    "from ...other import g\nR = [g()]\n",
    "from ... import q\nR = [q.NAME]\n",
    "from ... import other, q\nR = [q.NAME, other.g()]\n",
    "from ...q.a import f\nR = [f()]\n",
    "from LANE.q.a import f\nR = [f()]\n",
    "import LANE.q.sub.b\nR = [LANE.q.sub.b.h()]\n",
    "from LANE import other\nfrom LANE.other import g\nR = [g(), other.g()]\n",
    "from . import b\nfrom .b import h\nR = [h(), b.h()]\n",
    "try:\n    from ...missing import x\nexcept ImportError:\n    x = 'none'\nR = [x]\n",
    "from importlib import import_module\nR = [import_module('...other', __package__).g(), import_module('..a', __package__).f()]\n",
    "from importlib import import_module\nR = [import_module('.a', 'LANE.q').f(), import_module('.q.a', 'LANE').f()]\n",
    "def fn():\n    from ...other import g\n    from ... import other as o, q as z\n    return g() + o.g() + z.NAME\nR = [fn()]\n",
    "from ...import other\nR = [other.g()]\n",
    "import sys\nR = [sys.modules[__name__].__name__ == __name__]\n",
    "import LANE.other, LANE.q.a\nR = [LANE.other.g(), LANE.q.a.f()]\n",
];

fn named(source: &str, lane: &str) -> String {
    let top = lane.split('.').next().unwrap();
    source.replace("LANE", lane).replace("TOP", top)
}

/// A file that imports it by its whole name.
pub fn outside(form: usize, lane: &str) -> String {
    named(OUT[form], lane)
}

/// A file beside it.
pub fn beside(form: usize) -> String {
    BESIDE[form % BESIDE.len()].to_owned()
}

/// A file in it.
pub fn inside(form: usize, lane: &str) -> String {
    named(IN[form], lane)
}

/// The same with other line endings or a mark in front.
pub fn ending(source: &str, which: usize) -> String {
    match which % 4 {
        1 => source.replace('\n', "\r\n"),
        2 => format!("\u{feff}{source}"),
        3 => format!("# -*- coding: utf-8 -*-\n'''é'''\n{source}"),
        _ => source.to_owned(),
    }
}
