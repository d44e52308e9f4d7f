// Looks at each page as it is laid out in its frame, and leaves what it found in the document.
"use strict";

// What a forge makes a link, a mention or a reference of, in the text outside of code.
const REFERENCES = /(^|[^\w])[@#!~%&$]\w/;

function facts(frame) {
    const page = frame.contentDocument;
    const body = page.querySelector(".markdown-body");
    const all = [...body.querySelectorAll("*")];
    const wide = (element) => element.scrollWidth > element.clientWidth;
    const texts = [];
    const walker = page.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const isCode = walker.currentNode.parentElement.closest("code, pre, a");
        if (!isCode) texts.push(walker.currentNode.data);
    }
    return {
        viewport: frame.clientWidth,
        // Of the whole page: a scroll bar at its foot.
        width: page.documentElement.scrollWidth,
        height: page.documentElement.scrollHeight,
        elements: [...new Set(all.map((element) => element.localName))].sort(),
        attributes: [...new Set(all.flatMap((element) => element.getAttributeNames()))].sort(),
        tables: [...body.querySelectorAll("table")].map((table) => ({
            head: [...table.querySelectorAll("th")].map((cell) => cell.textContent),
            rows: [...table.querySelectorAll("tbody tr")].map((row) => [...row.cells].map((cell) => cell.innerText)),
            wide: wide(table),
            // Of its narrowest cell that holds words, in pixels.
            narrowest: Math.min(...[...table.querySelectorAll("td")].filter((cell) => cell.innerText.trim()).map((cell) => cell.clientWidth)),
        })),
        details: [...body.querySelectorAll("details")].map((part) => ({
            open: part.open,
            summary: part.querySelector("summary").innerText,
            // A folded part is as tall as its summary.
            folded: part.clientHeight <= part.querySelector("summary").offsetHeight + 1,
            text: part.querySelector("pre")?.textContent ?? null,
            language: part.querySelector("pre")?.lang ?? null,
        })),
        headings: [...body.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((heading) => heading.textContent),
        images: [...body.querySelectorAll("img")].map((image) => ({ width: image.naturalWidth, words: image.alt })),
        // Where a comment begins a new line, in the text around.
        breaks: [...body.querySelectorAll("p > br")].map((one) => one.previousSibling?.textContent ?? ""),
        items: body.querySelectorAll("li").length,
        inner: body.querySelectorAll("li li").length,
        paragraphs: [...body.querySelectorAll("p, li")].map((paragraph) => paragraph.textContent),
        text: body.textContent,
        references: texts.filter((text) => REFERENCES.test(text)),
        ran: frame.contentWindow.ran === true || window.ran === true,
    };
}

window.addEventListener("load", () => {
    const frames = [...document.querySelectorAll("iframe")];
    const found = frames.map((frame) => ({ name: frame.name, ...facts(frame) }));
    for (const frame of frames) frame.height = frame.contentDocument.documentElement.scrollHeight;
    document.querySelector("#facts").textContent = JSON.stringify(found);
});
