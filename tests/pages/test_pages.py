"""What chaosc writes for people on a forge, as a browser shows it: whole, folded, within the page, and nothing of it alive.

The texts are those that other tests hold against the program: tests/view, tests/granted, out/. `CHAOSC_TEST_PAGES=FOLDER`
keeps what was shown: `FOLDER/*/frames.png` is for looking at, `frames.html` for a browser.
"""

import os
import pathlib
import re
import tempfile
import unittest

from browser import PROJECT, browse, coloured, document, look, render

WIDE, NARROW = 900, 390

# Everything that chaosc writes, and nothing that somebody else could have.
ELEMENTS = set("h1 h2 h3 h4 p strong em code pre span ul li table thead tbody tr th td br wbr details summary".split())
ATTRIBUTES = {"class", "lang"}


def markdown(folder):
    return {str(path.relative_to(PROJECT)): path.read_text() for path in sorted((PROJECT / folder).rglob("*.md"))}


def show(name, texts, is_comment=True):
    """Lays out the texts; each fact is found by name and width."""
    assert texts, "no pages"
    pages = {path: document(coloured(render(text, is_comment)), (PROJECT / path).parent) for path, text in texts.items()}
    if kept := os.environ.get("CHAOSC_TEST_PAGES"):
        folder = pathlib.Path(kept) / name
        folder.mkdir(parents=True, exist_ok=True)
        return look(pages, (WIDE, NARROW), folder)
    # The browser may still be writing its profile.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return look(pages, (WIDE, NARROW), folder)


class Pages(unittest.TestCase):
    """Pages that are laid out once for all tests of a class."""

    texts, facts = {}, {}

    def each(self):
        for name, text in self.texts.items():
            for width in (WIDE, NARROW):
                where = "%s %d" % (name, width)
                facts = self.facts[where]
                self.assertEqual(facts["viewport"], width)
                yield where, text, facts

    def assert_inert(self, where, facts):
        self.assertEqual(set(facts["elements"]) - ELEMENTS, set(), where)
        self.assertEqual(set(facts["attributes"]) - ATTRIBUTES, set(), where)
        self.assertEqual(facts["references"], [], where)
        self.assertFalse(facts["ran"], where)


def cells(line):
    """How many cells a row of the source has: signs that are text are written as something else."""
    return line.count("|") - line.count("\\|") - 1


class Diff(Pages):
    """`--format markdown` of a diff, tests/view/*/expected.md."""

    @classmethod
    def setUpClass(cls):
        cls.texts = markdown("tests/view")
        cls.facts = show("diff", cls.texts)

    def test_every_row_is_a_row_of_a_table(self):
        for where, text, facts in self.each():
            lines = [line for line in text.splitlines() if line.startswith("|")]
            heads = [line for line in lines if line.startswith("| --- ")]
            rows = [row for table in facts["tables"] for row in table["rows"]]
            self.assertEqual(len(facts["tables"]), len(heads), where)
            self.assertEqual(len(rows), len(lines) - 2 * len(heads), where)
            self.assertEqual({cells(line) for line in lines} | {2}, {2}, where)
            self.assertEqual({len(row) for row in rows} | {2}, {2}, where)
            self.assertTrue(all(all(cell.strip() for cell in row) for row in rows), where)

    def test_nothing_of_the_markup_is_text(self):
        for where, text, facts in self.each():
            # Where the text itself has signs, nothing tells them from signs of ours.
            if "hostile" not in where:
                self.assertEqual([line for line in facts["paragraphs"] if "|" in line], [], where)
                self.assertEqual(re.findall(r"&#\d+;|&nbsp;|</?(?:code|br|wbr|details|summary)>|\*\*", facts["text"]), [], where)

    def test_nothing_is_wider_than_the_page(self):
        for where, text, facts in self.each():
            self.assertEqual(facts["width"], facts["viewport"], where)
            for table in facts["tables"]:
                self.assertFalse(table["wide"], "%s: %s has to be pushed aside to be read" % (where, table["head"]))
                # Narrower is a word a line.
                self.assertGreaterEqual(table["narrowest"], 60, where)

    def test_differences_are_folded_and_coloured(self):
        for where, text, facts in self.each():
            self.assertEqual(len(facts["details"]), text.count("<details>\n"), where)
            for part in facts["details"]:
                self.assertFalse(part["open"], where)
                self.assertTrue(part["folded"], where)
                self.assertEqual(part["language"], "diff", where)
                self.assertTrue(part["text"].strip(), where)

    def test_nothing_comes_alive(self):
        for where, text, facts in self.each():
            self.assert_inert(where, facts)

    def test_hostile_texts_are_shown_as_they_are(self):
        facts = self.facts["tests/view/hostile/expected.md %d" % WIDE]
        for text in ("| pipe | `tick` ```", "<img src=x onerror=alert(1)>", "</details>", "~~z~~", "*/ --> <!--"):
            self.assertIn(text, facts["text"].replace("\u200b", ""))


class Permissions(Pages):
    """`chaosc permissions --format markdown`, which is out/permissions.md."""

    @classmethod
    def setUpClass(cls):
        cls.texts = markdown("tests/granted") | {"out/permissions.md": (PROJECT / "out/permissions.md").read_text()}
        cls.facts = show("permissions", cls.texts)

    def test_each_line_is_shown(self):
        for where, text, facts in self.each():
            grants = re.findall(r"^- ", text, flags=re.MULTILINE)
            reasons = re.findall(r"^  - ", text, flags=re.MULTILINE)
            self.assertEqual(facts["items"], len(grants) + len(reasons), where)
            self.assertEqual(facts["inner"], len(reasons), where)

    def test_no_line_ends_within_a_sentence(self):
        for where, text, facts in self.each():
            self.assertEqual([line for line in facts["breaks"] if not line.endswith(".")], [], where)

    def test_it_stays_on_the_page_and_inert(self):
        for where, text, facts in self.each():
            self.assertEqual(facts["width"], facts["viewport"], where)
            self.assertEqual(facts["tables"], [], where)
            self.assert_inert(where, facts)

    def test_hostile_texts_are_shown_as_they_are(self):
        facts = self.facts["tests/granted/hostile/expected.md %d" % WIDE]
        for text in ("<script>alert(1)</script>", "a | b", "@everyone", "#1", "https://evil.example", "![x](y)", "&lt;"):
            self.assertIn(text, facts["text"].replace("\u200b", ""))


class Documents(Pages):
    """README.md and docs/, as who comes to the project sees them."""

    @classmethod
    def setUpClass(cls):
        cls.texts = {"README.md": (PROJECT / "README.md").read_text()} | markdown("docs")
        # One of a hundred examples; its tables and blocks are those of the others.
        cls.texts["docs/diagnostics.md"] = cls.texts["docs/diagnostics.md"].partition("\n## activity-fails")[0]
        cls.facts = show("documents", cls.texts, is_comment=False)

    def test_every_row_is_a_row_of_a_table(self):
        for where, text, facts in self.each():
            heads = re.findall(r"^\|(?: ?-+ ?\|)+$", text, flags=re.MULTILINE)
            lines = re.findall(r"^\|.*\|$", text, flags=re.MULTILINE)
            self.assertEqual(len(facts["tables"]), len(heads), where)
            self.assertEqual(sum(len(table["rows"]) for table in facts["tables"]), len(lines) - 2 * len(heads), where)
            for table in facts["tables"]:
                self.assertEqual({len(row) for row in table["rows"]}, {len(table["head"])}, where)

    def test_it_fits_the_page_and_its_pictures_are_there(self):
        for where, text, facts in self.each():
            self.assertEqual(facts["width"], facts["viewport"], where)
            for image in facts["images"]:
                self.assertGreater(image["width"], 100, where)
                self.assertGreater(len(image["words"]), 20, where)
            if where == "README.md %d" % WIDE:
                self.assertEqual(len(facts["images"]), 1)
                self.assertEqual([table["head"] for table in facts["tables"] if table["wide"]], [], where)


class Picture(unittest.TestCase):
    """docs/pictures/terminal.svg: every line lies in the panel, and reads on it whatever the page."""

    def test_every_line_lies_in_the_panel(self):
        picture = (PROJECT / "docs/pictures/terminal.svg").read_text()
        script = """<pre id="facts" hidden></pre><script>
            const panel = document.querySelector("svg > rect").getBoundingClientRect();
            const lines = [...document.querySelectorAll("svg text")].map((line) => line.getBoundingClientRect());
            const inside = (box) => box.left >= panel.left && box.right <= panel.right && box.bottom <= panel.bottom;
            const overlap = lines.filter((box, number) => number && box.top < lines[number - 1].top + 12);
            document.querySelector("#facts").textContent =
                [lines.length, lines.filter((box) => !inside(box)).length, overlap.length].join(" ");
        </script>"""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            page = pathlib.Path(folder) / "page.html"
            page.write_text("<!doctype html><meta charset=utf-8>" + picture + script)
            dump = browse(folder, page.as_uri(), "--dump-dom", size=(1000, 1200))
        lines, outside, overlapping = re.search(r'id="facts" hidden="">(\d+) (\d+) (\d+)<', dump).groups()
        self.assertEqual(int(lines), picture.count("<text"))
        self.assertGreater(int(lines), 20)
        self.assertEqual((outside, overlapping), ("0", "0"))

    def test_every_colour_stands_out(self):
        picture = (PROJECT / "docs/pictures/terminal.svg").read_text()
        colours = re.findall(r'fill="(#\w{6})"', picture)

        def luminance(colour):
            parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
            parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

        panel = luminance(colours[0])
        for colour in set(colours) - {colours[0]}:
            # What WCAG asks of small text.
            self.assertGreater((luminance(colour) + 0.05) / (panel + 0.05), 4.5, colour)
