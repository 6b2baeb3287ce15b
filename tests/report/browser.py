"""A headless Chromium that tests talk to over a pipe, by the DevTools protocol: no library and no port."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_KEYS = {"Enter": ("\r", 13), "Tab": ("", 9), "Escape": ("", 27), " ": (" ", 32)}


def found_browser() -> str | None:
    """Return the browser to use: that of the variable CHROMIUM, else one of the path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Tab:
    """A page of the browser; `problems` are errors on its console and requests it made."""

    def __init__(self, write: int, read: int) -> None:
        self._write = write
        self._read = read
        self._left = b""
        self._number = 0
        self._session: str | None = None
        self._is_loaded = False
        self.problems: list[str] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            got = os.read(self._read, 1 << 20)
            assert got, "the browser has ended"
            self._left += got
        text, _, self._left = self._left.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            self.problems.append(str(params["exceptionDetails"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in {"error", "warning"}:
            self.problems.append(str(params["entry"]))
        elif method == "Network.requestWillBeSent" and not params["request"]["url"].startswith("file:"):
            self.problems.append(params["request"]["url"])
        elif method == "Page.loadEventFired":
            self._is_loaded = True

    def open(self, path: Path, fragment: str = "", *, width: int = 1200, height: int = 900) -> None:
        """Open a file and wait until it is there."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.send("Page.navigate", url=path.resolve().as_uri() + fragment)
        self.wait("document.readyState === 'complete'")

    def heights_without_scripts(self, path: Path, selector: str) -> list[float]:
        """Open a file with scripts off and return how high each element shows that a selector finds."""
        self.send("Emulation.setScriptExecutionDisabled", value=True)
        try:
            self._is_loaded = False
            self.send("Page.navigate", url=path.resolve().as_uri())
            while not self._is_loaded:
                self._next()
            root = self.send("DOM.getDocument")["root"]["nodeId"]
            nodes = self.send("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"]
            return [self.send("DOM.getBoxModel", nodeId=node)["model"]["height"] for node in nodes]
        finally:
            self.send("Emulation.setScriptExecutionDisabled", value=False)

    def value(self, script: str) -> Any:
        """Return what a script evaluates to, awaited."""
        result = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, script: str) -> None:
        """Wait at most ten seconds until a script evaluates to true."""
        waiting = (
            f"new Promise((done, fail) => {{ const end = Date.now() + 10000; const look = () => ({script}) ? "
            f"done(true) : Date.now() > end ? fail('waited in vain') : setTimeout(look, 10); look(); }})"
        )
        assert self.value(waiting) is True

    def press(self, key: str) -> None:
        """Press a key."""
        text, code = _KEYS[key]
        self.send(
            "Input.dispatchKeyEvent", type="keyDown", key=key, code=key, text=text, windowsVirtualKeyCode=code
        )
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """Write what is seen as PNG, or the whole page."""
        shot = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def browser(profile: Path) -> Iterator[Tab]:
    """Start a browser, and end it."""
    program = found_browser()
    assert program is not None
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()

    def wire() -> None:
        """Put the pipe where the browser looks for it: it reads from 3 and writes to 4."""
        os.dup2(to_read, 63)
        os.dup2(from_write, 64)
        os.dup2(63, 3)
        os.dup2(64, 4)

    options = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
        "--no-first-run", "--disable-background-networking", f"--user-data-dir={profile}",
    ]  # fmt: skip
    process = subprocess.Popen(
        [program, *options],
        preexec_fn=wire,  # noqa: PLW1509 - nothing else runs in this process yet
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(from_write)
    try:
        yield Tab(to_write, from_read)
    finally:
        os.close(to_write)
        os.close(from_read)
        process.kill()
        process.wait()
