# SPDX-License-Identifier: ISC
"""A Chromium without a screen, steered as a user would."""

import os

from parts.case import Skip
from parts.process import find_program

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}


class Browser:
    """
    screenshots  where they are kept: SCREENSHOTS, or the case's directory
    """

    def __init__(self, world):
        self.world = world
        self.driver = None
        self.screenshots = os.environ.get("SCREENSHOTS") or world.directory
        os.makedirs(self.screenshots, exist_ok=True)

    def start(self):
        try:
            from selenium import webdriver
            from selenium.webdriver.chrome.service import Service
        except ImportError:
            raise Skip("selenium is missing: apt-get install python3-selenium") from None
        options = webdriver.ChromeOptions()
        options.binary_location = find_program("chromium", "chromium")
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--hide-scrollbars", "--force-device-scale-factor=1", "--window-size=1180,800",
                         "--user-data-dir=" + self.world.path("profile")):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(find_program("chromedriver", "chromium-driver")),
                                       options=options)
        return self

    def end(self):
        if self.driver is not None:
            self.driver.quit()
            self.driver = None

    def open(self, url):
        self.driver.get(url)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def text(self, selector):
        """The text of the first element, or None."""
        return self.run("const e = document.querySelector(arguments[0]); return e && e.innerText", selector)

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])].filter((e) => !e.closest('[hidden]'))"
                        ".map((e) => e.innerText)", selector)

    def keys(self, *keys):
        """Typed where the focus is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def command(self, name, **arguments):
        return self.driver.execute_cdp_cmd(name, arguments)

    def scheme(self, name):
        """light or dark, as the system asks for it"""
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def phone(self):
        self.command("Emulation.setDeviceMetricsOverride", **PHONE)

    def shot(self, name):
        self.driver.save_screenshot(os.path.join(self.screenshots, name + ".png"))

    def complaints(self):
        """What the console has of our page, but for answers that did not come."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if "://127." in entry["message"] and "ERR_CONNECTION_REFUSED" not in entry["message"]]
