"""The pre-authentication encoding by securesystemslib, the library of TUF and in-toto.

Reads a line {"type": text, "payload": base64} at a time and writes the encoding in
base64. A line {"envelope": {...}} is read as an envelope first, and written once more.
"""

import base64
import json
import sys

from securesystemslib.dsse import Envelope

for line in sys.stdin:
    asked = json.loads(line)
    if "envelope" in asked:
        envelope = Envelope.from_dict(asked["envelope"])
        told = {"pae": envelope.pae(), "payload": envelope.payload}
        told = {name: base64.b64encode(value).decode() for name, value in told.items()}
        told["again"] = envelope.to_dict()
    else:
        envelope = Envelope(base64.b64decode(asked["payload"]), asked["type"], {})
        told = {"pae": base64.b64encode(envelope.pae()).decode()}
    print(json.dumps(told))
