"""End with 0 where the service in this container answers."""

from __future__ import annotations

import os
import sys
from urllib.error import URLError
from urllib.request import urlopen

URL = f"http://127.0.0.1:{os.environ.get('UVICORN_PORT', '5005')}/health"

if __name__ == "__main__":
    try:
        with urlopen(URL, timeout=2) as answer:
            sys.exit(answer.status != 200)
    except (URLError, TimeoutError) as error:
        sys.exit(f"{URL}: {error}")
