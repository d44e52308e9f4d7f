"""Markdown as a forge shows it: rendered by GitHub's own renderer, laid out by a real browser."""

import html
import json
import os
import pathlib
import re
import subprocess

import cmarkgfm
from cmarkgfm.cmark import Options

HERE = pathlib.Path(__file__).parent
PROJECT = HERE.parent.parent

# A forge keeps HTML that it allows; what it would take out is left in, so that a test can find it.
OPTIONS = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_GITHUB_PRE_LANG


def render(markdown, is_comment=False):
    """Returns the HTML of a file, or of a comment, in which line breaks are kept."""
    breaks = Options.CMARK_OPT_HARDBREAKS if is_comment else 0
    return cmarkgfm.github_flavored_markdown_to_html(markdown, OPTIONS | breaks)


def coloured(page):
    """Colours the lines of a difference, as a forge does."""

    def block(match):
        kinds = {"+": "insertion", "-": "deletion", "@": "hunk"}
        lines = match[2].split("\n")
        spans = ('<span class="%s">%s</span>' % (kinds[line[0]], line) if line[:1] in kinds else line for line in lines)
        return match[1] + "\n".join(spans) + match[3]

    return re.sub(r'(<pre lang="diff"><code>)(.*?)(</code></pre>)', block, page, flags=re.DOTALL)


def document(body, base=PROJECT):
    """Returns a page with the style of a forge, its links relative to a folder; `ran` says that a script of the text ran."""
    style = (HERE / "page.css").read_text()
    return (
        '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<base href="%s/">'
        "<script>alert = () => { ran = true }</script>"
        '<style>%s</style><body><article class="markdown-body">%s</article>' % (base.as_uri(), style, body)
    )


def frames(pages, widths):
    """Returns one page with a frame for each page and width: a frame is as narrow as it is told to be, a window is not."""
    parts = []
    for name, page in pages.items():
        for width in widths:
            parts.append(
                '<p>%s, %d px</p><iframe name="%s %d" width="%d" height="400" frameborder="0" srcdoc="%s"></iframe>'
                % (name, width, name, width, width, html.escape(page))
            )
    script = (HERE / "measure.js").read_text()
    # Written as text, so that what a page says cannot end it.
    return '<!doctype html><meta charset="utf-8"><body>%s<pre id="facts" hidden></pre><script>%s</script>' % (
        "".join(parts),
        script,
    )


def look(pages, widths, folder, size=(1000, 4000)):
    """Lays out each page at each width; returns what there is to see, by name and width.

    `folder` then holds `frames.html`, and `frames.png` for people.
    """
    folder = pathlib.Path(folder)
    (folder / "frames.html").write_text(frames(pages, widths))
    dump = browse(folder, (folder / "frames.html").as_uri(), "--dump-dom", size=size, picture=folder / "frames.png")
    found = re.search(r'<pre id="facts" hidden="">(.*?)</pre>', dump, flags=re.DOTALL)
    if not found or not found[1]:
        raise AssertionError("the browser measured nothing: %s" % dump[-2000:])
    return {fact.pop("name"): fact for fact in json.loads(html.unescape(found[1]))}


def browse(folder, address, *arguments, size, picture=None):
    """Runs the browser without a window, and returns its standard output."""
    command = [
        os.environ.get("CHAOSC_TEST_BROWSER", "chromium"),
        "--headless=new",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--no-first-run",
        "--disable-background-networking",
        "--user-data-dir=%s" % (pathlib.Path(folder) / "profile"),
        "--window-size=%d,%d" % size,
        "--virtual-time-budget=20000",
        *arguments,
    ]
    # Its sandbox refuses to start as root, as which tests run in containers; the pages are our own.
    if os.geteuid() == 0:
        command.append("--no-sandbox")
    if picture:
        command.append("--screenshot=%s" % picture)
    run = subprocess.run([*command, address], capture_output=True, text=True, timeout=120)
    if run.returncode != 0:
        raise AssertionError("the browser ended with %d: %s" % (run.returncode, run.stderr[-2000:]))
    return run.stdout
