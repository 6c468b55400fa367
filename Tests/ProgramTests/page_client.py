"""Uses a service's page in a headless browser: asks, stops, begins anew, and looks at its layout.

usage: page_client.py CHROMIUM PORT FOLDER

Screenshots go to FOLDER. The browser is driven through its debugging pipe (Chrome DevTools Protocol).
"""

import base64
import json
import os
import subprocess
import sys
import time

BROWSER, PORT, FOLDER = sys.argv[1:4]


class Page:
    """One page, and the protocol's commands to it."""

    def __init__(self):
        commands, self.sent = os.pipe()
        self.events, answers = os.pipe()
        self.buffer, self.count, self.session, self.seen = b"", 0, None, []

        def pipes():
            # By way of copies: a descriptor that has its number already would be closed.
            first, second = os.dup(commands), os.dup(answers)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self.browser = subprocess.Popen(
            [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={FOLDER}/profile", "about:blank"],
            preexec_fn=pipes, close_fds=False, stderr=subprocess.DEVNULL,
        )
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(domain + ".enable")

    def ask(self, method, **parameters):
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.sent, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.buffer:
                self.buffer += os.read(self.events, 65536)
            first, self.buffer = self.buffer.split(b"\0", 1)
            event = json.loads(first)
            if event.get("id") == self.count:
                assert "error" not in event, event
                return event["result"]
            self.seen.append(event)

    def run(self, code):
        result = self.ask("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not self.run(condition):
            assert time.monotonic() < end, (condition, self.run("document.body.innerText"))
            time.sleep(0.05)

    def size(self, width, height, scheme):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def shoot(self, name):
        data = self.ask("Page.captureScreenshot")["data"]
        with open(f"{FOLDER}/{name}.png", "wb") as file:
            file.write(base64.b64decode(data))

    def key(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)


page = Page()
page.size(390, 800, "light")
page.ask("Page.navigate", url=f"http://127.0.0.1:{PORT}/")
page.wait("document.readyState === 'complete' && document.getElementById('model').textContent !== ''")
page.shoot("empty")

# The message box has the focus; Enter sends.
page.ask("Input.insertText", text="What is the capital of France?")
page.key("Enter", 13)
page.wait("document.getElementById('state').textContent === 'The answer is whole.'")
assert "Paris" in page.run("document.querySelector('article.assistant p').textContent")
figures = page.run("document.querySelector('.figures').textContent")
assert "tokens read" in figures and "/s" in figures, figures
page.wait("/^Memory: \\d+ MiB\\.$/.test(document.getElementById('memory').textContent)")
assert page.run("document.activeElement.id") == "text"

# A second question goes on with the first, and is stopped by the keyboard.
page.run("document.getElementById('max').value = 2000")
page.ask("Input.insertText", text="Tell me a very long story.")
page.key("Enter", 13)
page.wait("document.querySelectorAll('article.assistant')[1]?.querySelector('p').textContent.length > 20")
assert page.run("document.activeElement.id") == "stop"
page.key("Escape", 27)
page.wait("document.getElementById('state').textContent === 'Stopped.'")
for width, height in ((390, 800), (1100, 800)):
    for scheme in ("light", "dark"):
        page.size(width, height, scheme)
        time.sleep(0.3)
        assert page.run("document.documentElement.scrollWidth <= innerWidth"), width
        page.shoot(f"{scheme}-{width}")
colours = []
for scheme in ("light", "dark"):
    page.size(390, 800, scheme)
    colours.append(page.run("getComputedStyle(document.body).backgroundColor"))
assert colours[0] != colours[1], colours
page.run("document.getElementById('open-settings').click()")
page.wait("document.getElementById('settings').open")
page.shoot("settings")
unnamed = "[...document.querySelectorAll('input, textarea, button')].filter(e => !(e.labels?.length || e.textContent.trim())).length"
assert page.run(unnamed) == 0
page.key("Escape", 27)
page.wait("!document.getElementById('settings').open")
page.run("document.getElementById('fresh').click()")
assert page.run("document.querySelectorAll('article').length") == 0

# Nothing but the service was asked for, and nothing was complained of.
for event in page.seen:
    if event["method"] == "Network.requestWillBeSent":
        url = event["params"]["request"]["url"]
        assert url.startswith((f"http://127.0.0.1:{PORT}/", "data:", "about:")), url
    assert event["method"] != "Runtime.exceptionThrown", event
    if event["method"] == "Log.entryAdded":
        assert event["params"]["entry"]["level"] != "error", event
page.session = None
page.ask("Browser.close")
page.browser.wait()
print("all as it should be")
